"""Trainings that begin with a model."""

from __future__ import annotations

from pathlib import Path

import doubleback as db
import numpy as np
import pytest


def test_layers_that_are_frozen_stay(digits: db.data.Data, model: db.Model) -> None:
    x, y = digits.x_train[:120], digits.y_train[:120]
    before = model.state_dict()
    tuned = db.train_from(
        model, x, y, defense=db.defenses.DoubleBackprop(1.0), steps=3, batch=40, freeze=["conv1"], progress=False
    )
    after = tuned.state_dict()
    assert before.keys() == after.keys()
    for name, values in before.items():
        assert np.array_equal(values, after[name]) == name.startswith("conv1."), name
    # What was given stays as it was.
    assert all(np.array_equal(values, model.state_dict()[name]) for name, values in before.items())


def test_a_training_goes_on_where_it_was(tmp_path: Path, digits: db.data.Data, model: db.Model) -> None:
    x, y = digits.x_train[:120], digits.y_train[:120]
    whole = db.train_from(model, x, y, steps=6, batch=40, progress=False)
    db.train_from(model, x, y, steps=3, batch=40, out=tmp_path / "m.safetensors", progress=False)
    longer = db.train_from(model, x, y, steps=6, batch=40, out=tmp_path / "m.safetensors", progress=False)
    assert np.array_equal(whole.logits(digits.x_test[:8]), longer.logits(digits.x_test[:8]))
    assert longer.summary()["card"]["from"] == model.name


def test_a_new_head_has_other_classes(digits: db.data.Data, model: db.Model) -> None:
    y = digits.y_train[:120] % 3
    tuned = db.train_from(model, digits.x_train[:120], y, steps=2, batch=40, new_head=True, progress=False)
    assert tuned.classes == ["0", "1", "2"]
    assert tuned.logits(digits.x_test[:4]).shape == (4, 3)


def test_what_cannot_be_meant_is_refused(digits: db.data.Data, model: db.Model) -> None:
    x, y = digits.x_train[:40], digits.y_train[:40]
    with pytest.raises(db.errors.InputError, match="unknown layer `conv9`"):
        db.train_from(model, x, y, steps=1, freeze=["conv9"])
    with pytest.raises(db.errors.InputError, match="learning rate of a layer"):
        db.train_from(model, x, y, steps=1, layer_rates={"conv1": -1.0})
