"""Which pixels of digits speak for their class, by several methods, and how far these are to be believed."""

from __future__ import annotations

import doubleback as db
import numpy as np
from doubleback import explain, metrics


def main() -> None:
    digits = db.data.load("mnist-mini")
    model = db.train(digits.x_train[:2000], digits.y_train[:2000], steps=60, batch=64)
    x, y = digits.x_test[:20], digits.y_test[:20]
    methods: list[explain.Method] = [
        explain.Gradient(),
        explain.IntegratedGradients(steps=20),
        explain.SmoothGrad(of=explain.InputXGradient, draws=10),
        explain.GradCAM(),
    ]
    # A map of a stage has its size; metrics want that of the images.
    found = [model.explain(x, y, method).resized() for method in methods]
    questions: list[metrics.Metric] = [
        metrics.Deletion(step=28),
        metrics.Sparseness(),
        metrics.MaxSensitivity(samples=5),
    ]
    for explained in found:
        print(explained)
        for metric in questions:
            print("   ", metric(model, x, y, explained))
    print(metrics.RankAgreement()(model, x, y, found[0], others=found[1:]))
    against = [float(np.minimum(explained.attribution, 0).sum()) for explained in found]
    print("what speaks against the classes:", against)


if __name__ == "__main__":
    main()
