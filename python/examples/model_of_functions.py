"""Attacks a model that exists only in Python: nearest class means, by squared distance."""

from __future__ import annotations

import doubleback as db
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


class NearestMean:
    """The logit of a class is minus the squared distance from the mean of its images."""

    def __init__(self, x: Floats, y: NDArray[np.int64], classes: int) -> None:
        self.means = np.stack([x[y == label].mean(0) for label in range(classes)])

    def logits(self, x: Floats) -> Floats:
        differences = x[:, None] - self.means[None]
        logits: Floats = -np.square(differences).sum((2, 3, 4))
        return logits

    def vjp(self, x: Floats, cotangent: Floats) -> Floats:
        differences = x[:, None] - self.means[None]
        gradient: Floats = np.einsum("nk,nkchw->nchw", cotangent, -2 * differences)
        return gradient


def main() -> None:
    digits = db.data.load("mnist-mini")
    means = NearestMean(digits.x_train, digits.y_train, 10)
    model = db.from_functions(means.logits, means.vjp, shape=(1, 28, 28), classes=10)
    x, y = digits.x_test[:200], digits.y_test[:200]
    print("clean accuracy", np.mean(model.predict(x) == y))
    attacks: list[db.Attack] = [db.FGSM(eps=0.1), db.PGD(eps=0.1, steps=20), db.DeepFool()]
    for attack in attacks:
        print(model.attack(x, y, attack))


if __name__ == "__main__":
    main()
