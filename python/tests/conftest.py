"""A small model that is trained once, and images of digits."""

from __future__ import annotations

import doubleback as db
import numpy as np
import pytest


@pytest.fixture(scope="session")
def digits() -> db.data.Data:
    return db.data.load("mnist-mini")


@pytest.fixture(scope="session")
def model(digits: db.data.Data) -> db.Trained:
    return db.train(digits.x_train[:2000], digits.y_train[:2000], steps=60, batch=64, progress=False)


@pytest.fixture
def linear() -> db.Model:
    """Three classes of images of four values, with weights that are easily followed."""
    weights = np.array([[2, 0, 0], [0, 2, 0], [0, 0, 2], [0.5, 0.5, 0.5]], np.float32)
    return db.from_functions(
        lambda x: x.reshape(-1, 4) @ weights,
        lambda x, cotangent: (cotangent @ weights.T).reshape(x.shape),
        shape=(1, 2, 2),
        classes=3,
    )
