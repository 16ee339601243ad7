"""A model that exists only in Python."""

from __future__ import annotations

import threading
from pathlib import Path

import doubleback as db
import numpy as np
import pytest

X = np.full((3, 1, 2, 2), 0.5, np.float32)
Y = np.array([0, 1, 2])


class Odd(Exception):
    pass


def broken(at: int, error: BaseException) -> db.Model:
    """Fails at the so-manieth call of a function."""
    calls = []
    weights = np.eye(4, 3, dtype=np.float32)

    def called() -> None:
        calls.append(threading.get_ident())
        if len(calls) == at:
            raise error

    def logits(x: np.ndarray) -> np.ndarray:
        called()
        return x.reshape(-1, 4) @ weights

    def vjp(x: np.ndarray, cotangent: np.ndarray) -> np.ndarray:
        called()
        return (cotangent @ weights.T).reshape(x.shape)

    return db.from_functions(logits, vjp, shape=(1, 2, 2), classes=3)


@pytest.mark.parametrize("at", [1, 2, 5])
def test_what_a_function_raises_comes_out_unchanged(at: int) -> None:
    error = Odd("of its own kind", at)
    with pytest.raises(Odd) as caught:
        broken(at, error).attack(X, Y, db.PGD(eps=0.1, steps=10))
    assert caught.value is error and caught.traceback[-1].name == "called"


def test_functions_are_called_by_the_caller(linear: db.Model) -> None:
    threads = set()

    def logits(x: np.ndarray) -> np.ndarray:
        threads.add(threading.get_ident())
        return linear.logits(x)

    model = db.from_functions(logits, lambda x, c: linear.vjp(x, c)[1], shape=(1, 2, 2), classes=3)
    assert np.array_equal(model.logits(X), linear.logits(X))
    model.attack(X, Y, db.FGSM(eps=0.1))
    assert threads == {threading.get_ident()}


@pytest.mark.parametrize("threads", [1, 2])
def test_functions_may_ask_other_models_whatever_the_threads(linear: db.Model, threads: int) -> None:
    before = db.num_threads()
    expected = linear.attack(X, Y, db.PGD(eps=0.1, steps=5)).examples
    wrapped = db.from_functions(linear.logits, lambda x, c: linear.vjp(x, c)[1], shape=(1, 2, 2), classes=3)
    twice = db.from_functions(wrapped.logits, lambda x, c: wrapped.vjp(x, c)[1], shape=(1, 2, 2), classes=3)
    found: list[np.ndarray] = []
    try:
        db.num_threads(threads)

        def attack() -> None:
            found.append(twice.attack(X, Y, db.PGD(eps=0.1, steps=5)).examples)

        callers = [threading.Thread(target=attack) for _ in range(4)]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()
    finally:
        db.num_threads(before)
    assert len(found) == 4 and all(np.array_equal(one, expected) for one in found)


def test_what_functions_return_must_fit() -> None:
    def message(logits: object, vjp: object = None) -> str:
        model = db.from_functions(lambda x: logits, lambda x, c: vjp, shape=(1, 2, 2), classes=3)
        with pytest.raises(db.InputError) as caught:
            model.input_gradient(X, Y)
        return str(caught.value)

    fitting = np.zeros((3, 3))
    assert message(np.zeros((3, 4))) == "what the function `logits` returned: expected [3, 3], found [3, 4]"
    assert message(None) == "what the function `logits` returned: expected floats, found object"
    assert "`vjp` returned: expected [3, 1, 2, 2], found [3, 4]" in message(fitting, np.zeros((3, 4)))
    with pytest.raises(db.InputError, match="not a range"):
        db.from_functions(len, len, shape=(1, 2, 2), classes=3, bounds=(1, 0))
    with pytest.raises(db.InputError, match="has no layers"):
        db.from_functions(len, len, shape=(1, 2, 2), classes=3).stages()


def wrapped(model: db.Model) -> db.Model:
    """The same as two functions."""
    return db.from_functions(model.logits, lambda x, c: model.vjp(x, c)[1], shape=model.shape, classes=10)


def test_an_audit_of_functions_is_that_of_the_network(model: db.Model, digits: db.data.Data, tmp_path: Path) -> None:
    x, y = digits.x_test[:12], digits.y_test[:12]

    def numbers(audited: db.Model, out: Path | None = None) -> dict[str, object]:
        found = audited.audit(x, y, eps=0.1, suite="custom", attacks=["apgd-ce", "fab"], out=out).to_dict()
        for attack in found["attacks"].values():
            del attack["seconds"]
            attack.pop("joules", None)
        return {name: found[name] for name in ("clean_accuracy", "robust_accuracy", "attacks", "flags", "images")}

    functions = wrapped(model)
    assert numbers(functions) == numbers(model)
    # It is found again; one of other functions is not taken for it.
    assert numbers(functions, tmp_path) == numbers(wrapped(model), tmp_path)
    other = db.train(digits.x_train[:200], digits.y_train[:200], steps=2, batch=100, seed=1, progress=False)
    with pytest.raises(db.InputError, match="another audit"):
        numbers(wrapped(other), tmp_path)
    report = functions.audit(x, y, eps=0.1, suite="custom", attacks=["fgsm"]).save_report(tmp_path / "report")
    assert "functions" in report.read_text()


def test_what_a_function_raises_comes_out_of_an_audit() -> None:
    error = Odd("of its own kind")
    with pytest.raises(Odd) as caught:
        broken(7, error).audit(X, Y, eps=0.1, suite="custom", attacks=["fgsm"])
    assert caught.value is error


def test_examples_of_functions_are_kept(model: db.Model, digits: db.data.Data, tmp_path: Path) -> None:
    x, y = digits.x_test[:20], digits.y_test[:20]
    found = wrapped(model).attack(x, y, db.FGSM(eps=0.2), out=tmp_path / "found.npz")
    again = wrapped(model).attack(x, y, db.FGSM(eps=0.2), out=tmp_path / "found.npz")
    assert np.array_equal(found.examples, again.examples)
    other = db.train(digits.x_train[:200], digits.y_train[:200], steps=2, batch=100, seed=1, progress=False)
    with pytest.raises(db.InputError, match="something else than this attack"):
        wrapped(other).attack(x, y, db.FGSM(eps=0.2), out=tmp_path / "found.npz")
