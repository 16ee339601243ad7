"""Attacks: each class of the table, on a network and on a model of Python's."""

from __future__ import annotations

import dataclasses
import json

import doubleback as db
import numpy as np
import pytest
from doubleback import _doubleback, attacks

CLASSES = [one for one in map(attacks.__dict__.get, attacks.__all__) if dataclasses.is_dataclass(one)]
TABLE = {entry["name"]: entry for entry in json.loads(_doubleback.attacks())["attacks"]}
# Less work than by default.
FEW = {"steps": 5, "queries": 20, "searches": 2}


def small(kind: type) -> db.Attack:
    names = {one.name for one in dataclasses.fields(kind)}
    options: dict[str, float] = {name: value for name, value in FEW.items() if name in names}
    if kind is db.JSMA:
        # One pair of four values is half of them.
        options["gamma"] = 1.0
    return kind(**options, **({"eps": 0.3} if "eps" in names else {}))  # type: ignore[no-any-return]


def test_every_attack_of_the_table_is_a_class_with_its_defaults() -> None:
    of_table = [kind for kind in CLASSES if kind is not db.AutoAttack]
    assert [kind.name for kind in of_table].sort() == list(TABLE).sort()
    assert len(of_table) == len(TABLE) == 18
    for kind in of_table:
        options = TABLE[kind.name]["options"]
        made = kind(eps=0.1) if TABLE[kind.name]["takes_eps"] else kind()
        assert json.loads(made._options()) == options


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_it_runs_on_a_model_of_functions(kind: type, linear: db.Model) -> None:
    x = np.array([[[[0.9, 0.5], [0.4, 0.1]]], [[[0.3, 0.5], [0.2, 0.6]]]], np.float32)
    y = np.array([0, 1])
    if kind.__name__ in ("APGDT", "AutoAttack"):
        # Its loss needs four classes.
        weights = np.array([[2, 0, 0, 0], [0, 2, 0, 0], [0, 0, 2, 0], [0, 0, 0, 2]], np.float32)
        linear = db.from_functions(
            lambda x: x.reshape(-1, 4) @ weights,
            lambda x, c: (c @ weights.T).reshape(x.shape),
            shape=(1, 2, 2),
            classes=4,
        )
    found = linear.attack(x, y, small(kind))
    assert found.examples.shape == x.shape and found.examples.min() >= 0 and found.examples.max() <= 1
    assert np.array_equal(found.prediction, linear.predict(found.examples))
    assert np.allclose(found.linf, np.abs(found.examples - x).max((1, 2, 3)))
    assert len(found) == 2 and (found.gradients + found.forwards > 0).all()
    assert type(found.attack).__name__ in repr(found) and "<table>" in found._repr_html_()
    steps = 5 if kind in (db.IFGSM, db.ITGSM) else 1
    eps = getattr(found.attack, "eps", None)
    if eps is not None and getattr(found.attack, "norm", "linf") == "linf":
        assert found.linf.max() <= steps * eps + 1e-6


def test_success_is_what_the_model_says(model: db.Model, digits: db.data.Data) -> None:
    x, y = digits.x_test[:40], digits.y_test[:40]
    found = model.attack(x, y, db.PGD(eps=0.3, steps=10))
    assert np.array_equal(found.success, model.predict(found.examples) != y)
    assert found.accuracy < 0.5 and (found.gradients == 10).all()
    targets = (y + 3) % 10
    aimed = model.attack(x, y, db.PGD(eps=0.3, steps=10), targets=targets)
    assert np.array_equal(aimed.success, aimed.prediction == targets)
    assert aimed.success.mean() > np.mean(found.prediction == targets)
    tgsm = model.attack(x, y, db.TGSM(eps=0.3, target=4))
    assert np.array_equal(tgsm.success, tgsm.prediction == 4)


def test_attacks_do_not_depend_on_the_batch(model: db.Model, digits: db.data.Data) -> None:
    x, y = digits.x_test[:300], digits.y_test[:300]
    attack = db.PGD(eps=0.2, steps=2)
    alone = model.attack(x[290:], y[290:], attack).examples
    assert np.array_equal(model.attack(x, y, attack).examples[290:], alone)


def test_nearest_examples_have_a_distance(model: db.Model, digits: db.data.Data) -> None:
    x, y = digits.x_test[:10], digits.y_test[:10]
    found = model.attack(x, y, db.DeepFool())
    assert found.distance is not None
    assert np.array_equal(np.isfinite(found.distance), found.success)
    assert np.allclose(found.distance[found.success], found.l2[found.success])
    near = model.attack(x, y, db.DeepFool(eps=0.5))
    assert np.array_equal(near.success, found.distance <= 0.5)


def test_the_ensemble_is_the_audits(model: db.Model, digits: db.data.Data) -> None:
    x, y = digits.x_test[:12], digits.y_test[:12]
    ensemble = model.attack(x, y, db.AutoAttack(eps=0.25))
    audit = model.audit(x, y, eps=0.25)
    assert ensemble.accuracy == pytest.approx(audit.robust_accuracy)
    misclassified = model.predict(x) != y
    assert (ensemble.linf[misclassified] == 0).all() and ensemble.success[misclassified].all()


def test_wrong_options_are_refused(model: db.Model, digits: db.data.Data) -> None:
    x, y = digits.x_test[:2], digits.y_test[:2]
    with pytest.raises(db.InputError, match="8/255 may be meant"):
        model.attack(x, y, db.FGSM(eps=8))
    with pytest.raises(db.InputError, match="eps: expected a number"):
        model.attack(x, y, db.FGSM(eps="much"))  # type: ignore[arg-type]
    with pytest.raises(db.InputError, match="steps"):
        model.attack(x, y, db.PGD(eps=0.1, steps=0))
    with pytest.raises(db.InputError, match="unknown loss `hinge`"):
        model.attack(x, y, db.PGD(eps=0.1, loss="hinge"))  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        db.PGD(eps=0.1, stepz=3)  # type: ignore[call-arg]


def test_transfer_is_of_all_models_on_all(model: db.Model, digits: db.data.Data) -> None:
    other = db.train(digits.x_train[:500], digits.y_train[:500], steps=20, batch=64, seed=1, progress=False)
    x, y = digits.x_test[:50], digits.y_test[:50]
    found = db.transfer({"one": model, "other": other}, x, y, db.FGSM(eps=0.2))
    assert found.models == ["one", "other"] and found.accuracy.shape == (2, 2)
    examples = model.attack(x, y, db.FGSM(eps=0.2)).examples
    assert found.accuracy[0, 1] == np.mean(other.predict(examples) == y)
    assert found.clean_accuracy["one"] == np.mean(model.predict(x) == y)
    assert "one: " in repr(found) and "made on" in found._repr_html_()
    with pytest.raises(db.InputError, match="two have the same name"):
        db.transfer([model, other], x, y, db.FGSM(eps=0.2))
