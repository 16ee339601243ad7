"""Audits a model file on MNIST: `python audit_a_file.py model.onnx report/`."""

from __future__ import annotations

import sys

import doubleback as db


def main(path: str, folder: str) -> None:
    digits = db.data.load("mnist-mini", only="test")
    model = db.load(path)
    print(model)
    audit = model.audit(digits.x_test[:200], digits.y_test[:200], eps=0.1, out=folder)
    print(audit)
    for flag in audit.flags:
        print(f"{flag['name']}: {flag['detail']}")
    print("Report:", audit.save_report(folder))


if __name__ == "__main__":
    main(*sys.argv[1:])
