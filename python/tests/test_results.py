"""Audits and trainings, and what they leave."""

from __future__ import annotations

import json
from pathlib import Path

import doubleback as db
import numpy as np
import pytest
from doubleback import explain


def test_an_audit_is_its_report(model: db.Model, digits: db.data.Data, tmp_path: Path) -> None:
    x, y = digits.x_test[:20], digits.y_test[:20]
    methods = [explain.Gradient(), explain.IntegratedGradients(steps=3)]
    audit = model.audit(x, y, eps=0.1, suite="custom", attacks=["fgsm", "bim"], explain=methods)
    assert audit.clean_accuracy == np.mean(model.predict(x) == y)
    assert audit.robust_accuracy is not None and audit.interval is not None
    assert audit.interval[0] <= audit.robust_accuracy <= audit.interval[1]
    assert list(audit.attacks) == ["fgsm", "bim"]
    assert "20 images, eps 0.1 (linf)" in repr(audit) and "<table>" in audit._repr_html_()
    report = audit.save_report(tmp_path / "report")
    assert report.read_text().startswith("<!DOCTYPE html>")
    assert json.loads((tmp_path / "report/results.json").read_text()) == audit.to_dict()
    maps = json.loads((tmp_path / "report/examples.json").read_text())["maps"]
    assert [(found["method"], found.get("steps")) for found in maps] == [
        ("gradient", None),
        ("integrated-gradients", 3),
    ]
    # The same call finds it there.
    again = model.audit(x, y, eps=0.1, suite="custom", attacks=["fgsm", "bim"], out=tmp_path / "report")
    assert again.to_dict() == audit.to_dict()
    shorter = model.audit(x, y, eps=0.1, suite="custom", attacks=["pgd"], options={"steps": 5})
    assert shorter.to_dict()["settings"]["attacks"][0]["settings"]["steps"] == 5
    text = shorter.save_report(tmp_path / "shorter").read_text()
    assert "the same call in Python" in text and "--dataset arrays" not in text
    with pytest.raises(db.InputError, match="options of the attacks"):
        model.audit(x, y, eps=0.1, options={"steps": 5})
    with pytest.raises(db.InputError, match="another audit"):
        model.audit(x, y, eps=0.2, suite="custom", attacks=["fgsm", "bim"], out=tmp_path / "report")
    with pytest.raises(db.InputError, match="pixel value"):
        model.audit(x * 2, y, eps=0.1)


def test_every_defense_trains(digits: db.data.Data) -> None:
    x, y = digits.x_train[:100], digits.y_train[:100]
    ways = [
        db.Normal(),
        db.DoubleBackprop(weight=1),
        db.CertaintySensitivity(weight=1, norm="l1"),
        db.Entropy(weight=1, output="logits"),
        db.DistilledLabel(weight=1, temperature=10),
        db.Distillation(temperature=10),
        db.AdversarialTraining(eps=0.1),
        db.PGDTraining(eps=0.1, steps=2),
        db.Trades(eps=0.1, beta=3, steps=2, norm="l2"),
        db.Both(weight=1, eps=0.1),
    ]
    assert {type(way).__name__ for way in ways} == set(db.defenses.__all__) - {"Defense"}
    found = {}
    for way in ways:
        model = db.train(x, y, defense=way, steps=2, batch=50, progress=False)
        found[way.name] = model.logits(x[:3])
        assert model.summary()["card"]["defense"] == way.name
    names = list(found)
    for place, one in enumerate(names):
        for other in names[:place]:
            assert not np.array_equal(found[one], found[other]), (one, other)


def test_trainings_take_names_and_refuse_what_cannot_be(digits: db.data.Data) -> None:
    x, y = digits.x_train[:64], digits.y_train[:64]
    names = [f"digit {label}" for label in range(10)]
    model = db.train(
        x, y, steps=2, batch=32, classes=names, validation=(digits.x_validation[:32], digits.y_validation[:32])
    )
    assert model.classes == names and model.curve[-1]["validation_accuracy"] is not None
    assert model.attack(x[:2], y[:2], db.TGSM(eps=0.1, target="digit 3")).success.shape == (2,)
    smooth = db.train(x, y, steps=2, batch=32, activation="softplus:10", defense=db.DoubleBackprop(weight=1))
    assert "conv1.softplus" in str(smooth.summary())
    with pytest.raises(db.InputError, match="unknown activation `slu`"):
        db.train(x, y, activation="slu")
    with pytest.raises(db.InputError, match="unknown architecture `small-cnm`"):
        db.train(x, y, arch="small-cnm")  # type: ignore[arg-type]
    with pytest.raises(db.InputError, match="lambda: -1 is not"):
        db.train(x, y, defense=db.DoubleBackprop(weight=-1), steps=1)
    with pytest.raises(db.InputError, match="pixel value"):
        db.train(x * 2, y, steps=1)
    with pytest.raises(db.InputError, match="steps"):
        db.train(x, y, steps=0)
