"""Optimizers, schedules and augmentation of trainings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import doubleback as db
import numpy as np
import pytest

EVERYTHING: dict[str, Any] = {
    "optimizer": "sgd",
    "learning_rate": 0.05,
    "momentum": 0.9,
    "nesterov": True,
    "weight_decay": 5e-4,
    "schedule": "cosine",
    "warmup": 2,
    "accumulate": 2,
    "clip_norm": 0.05,
    "average": 0.5,
    "crop": 2,
    "flip": True,
    "label_smoothing": 0.1,
}


def trained(digits: db.data.Data, **options: Any) -> db.Trained:
    x, y = digits.x_train[:200], digits.y_train[:200]
    return db.train(x, y, **({"steps": 8, "batch": 50, "progress": False} | options))


def test_each_option_changes_the_training(digits: db.data.Data) -> None:
    x = digits.x_test[:8]
    seen = [trained(digits).logits(x), trained(digits, **EVERYTHING).logits(x)]
    for name in EVERYTHING:
        # Those that need another one.
        without = {"nesterov"} if name == "momentum" else {"learning_rate"} if name == "optimizer" else set()
        if name == "optimizer":
            options = {"optimizer": "adamw"}
        else:
            options = {one: value for one, value in EVERYTHING.items() if one not in {name} | without}
        seen.append(trained(digits, **options).logits(x))
    for place, one in enumerate(seen):
        assert np.isfinite(one).all()
        assert not any(np.array_equal(one, other) for other in seen[:place]), place


def test_what_was_chosen_stands_with_the_model(digits: db.data.Data, tmp_path: Path) -> None:
    out = tmp_path / "a.safetensors"
    first = trained(digits, out=out, **EVERYTHING)
    # Finished, the same call gives the same model.
    again = trained(digits, out=out, **EVERYTHING)
    assert np.array_equal(first.logits(digits.x_test[:8]), again.logits(digits.x_test[:8]))
    data = out.read_bytes()
    assert b"cosine over 8 steps" in data and b"label_smoothing" in data
    plain = tmp_path / "plain.safetensors"
    trained(digits, out=plain)
    assert b"label_smoothing" not in plain.read_bytes()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"weight_decay": 0.1}, "choose `adamw`"),
        ({"optimizer": "adamw", "momentum": 0.9}, "choose `sgd`"),
        ({"optimizer": "sgd", "nesterov": True}, "Nesterov's form needs it"),
        ({"schedule": "one-cycle", "warmup": 2}, "rises by itself"),
        ({"crop": 28}, "the smaller side of an image"),
        ({"average": 1.0}, "above 0 and below 1"),
        ({"label_smoothing": 1.0}, "at least 0 and below 1"),
        ({"accumulate": 0}, "at least 1"),
        ({"schedule": "cosin"}, "cosine"),
    ],
)
def test_what_cannot_be_is_refused(digits: db.data.Data, options: dict[str, Any], says: str) -> None:
    with pytest.raises(db.InputError, match=says):
        trained(digits, **options)
