"""What models say, of whatever holds their images."""

from __future__ import annotations

import copy
import logging
import pickle
from pathlib import Path

import doubleback as db
import numpy as np
import pytest


def test_logits_are_those_of_each_image_alone(model: db.Model, digits: db.data.Data) -> None:
    x = digits.x_test[:130]
    logits = model.logits(x)
    assert logits.shape == (130, 10) and logits.dtype == np.float32
    assert np.array_equal(logits, np.concatenate([model.logits(x[place : place + 1]) for place in range(130)]))
    assert np.array_equal(model.predict(x), logits.argmax(1))
    assert np.mean(model.predict(digits.x_test) == digits.y_test) > 0.8


def test_images_may_lie_anyhow_in_memory(model: db.Model, digits: db.data.Data) -> None:
    x = np.ascontiguousarray(digits.x_test[:20])
    expected = model.logits(x)
    bytes_ = np.zeros(x.nbytes + 1, np.uint8)
    unaligned = bytes_[1:].view(np.float32).reshape(x.shape)
    unaligned[...] = x
    others = {
        "strided": np.repeat(x, 2, axis=3)[..., ::2],
        "columns first": np.asfortranarray(x),
        "reversed": x[::-1].copy()[::-1],
        "channels last": np.ascontiguousarray(x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2),
        "other bytes": x.astype(">f4"),
        "doubles": x.astype(np.float64),
        "unaligned": unaligned,
        "read only": np.frombuffer(x.tobytes(), np.float32).reshape(x.shape),
    }
    for name, other in others.items():
        assert np.array_equal(model.logits(other), expected), name


def test_whatever_gives_an_array_is_taken(model: db.Model, digits: db.data.Data) -> None:
    x = digits.x_test[:3]
    expected = model.logits(x)

    class WithArray:
        def __array__(self, dtype: object = None, copy: object = None) -> np.ndarray:
            return x

    class WithDLPack:
        def __dlpack__(self, **options: object) -> object:
            return x.__dlpack__(**options)

        def __dlpack_device__(self) -> object:
            return x.__dlpack_device__()

    assert np.array_equal(model.logits(WithArray()), expected)
    assert np.array_equal(model.logits(WithDLPack()), expected)


def test_gradients_are_pullbacks(model: db.Model, digits: db.data.Data) -> None:
    x, y = digits.x_test[:70], digits.y_test[:70]
    logits = model.logits(x).astype(np.float64)
    p = np.exp(logits - logits.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    again, gradient = model.vjp(x, (p - np.eye(10)[y]).astype(np.float32))
    assert np.array_equal(again, model.logits(x)) and gradient.shape == x.shape
    # The model's own input_gradient rounds otherwise, which chooses another of equal values in a pooling window.
    functions = db.from_functions(model.logits, lambda x, c: model.vjp(x, c)[1], shape=(1, 28, 28), classes=10)
    assert np.allclose(gradient, functions.input_gradient(x, y), atol=1e-5)
    # Along the gradient of the margin, the margin grows as the gradient says.
    margin = model.input_gradient(x, y, loss="margin")
    step = 1e-3 * margin / np.linalg.norm(margin.reshape(70, -1), axis=1)[:, None, None, None]

    def margins(x: np.ndarray) -> np.ndarray:
        z = model.logits(x).astype(np.float64)
        own = z[np.arange(70), y]
        z[np.arange(70), y] = -np.inf
        return z.max(1) - own

    grown = (margins(x + step) - margins(x - step)) / 2
    assert np.median(np.abs(grown / (step * margin).sum((1, 2, 3)) - 1)) < 0.01


def test_stages_have_latents(model: db.Model, digits: db.data.Data) -> None:
    stages = model.stages()
    assert next(iter(stages)) == "input" and stages["input"] == (28, 28, 1)
    name = list(stages)[2]
    assert model.latents(digits.x_test[:5], name).shape == (5, *stages[name])
    last = list(stages)[-1]
    assert np.array_equal(model.latents(digits.x_test[:5], last).reshape(5, 10), model.logits(digits.x_test[:5]))


def test_models_are_written_read_pickled_and_copied(model: db.Trained, digits: db.data.Data, tmp_path: Path) -> None:
    expected = model.logits(digits.x_test[:5])
    model.save(tmp_path / "model.safetensors")
    read = db.load(tmp_path / "model.safetensors")
    for other in (read, pickle.loads(pickle.dumps(model)), copy.copy(model), copy.deepcopy(model)):
        assert np.array_equal(other.logits(digits.x_test[:5]), expected)
        assert other.classes == model.classes and other.bounds == model.bounds == (0, 1)
    again = pickle.loads(pickle.dumps(model))
    assert isinstance(again, db.Trained) and again.curve == model.curve
    assert repr(read).startswith(f"<{tmp_path / 'model.safetensors'}: small-cnn, 312,202 parameters; images of 1x28x28")
    assert read.summary()["parameters"] == 312_202


def test_errors_say_whose_fault_it_is(model: db.Model, digits: db.data.Data, tmp_path: Path) -> None:
    x, y = digits.x_test[:2], digits.y_test[:2]

    def message(kind: type[BaseException], *call: object, **options: object) -> str:
        function, *arguments = call
        with pytest.raises(kind) as caught:
            function(*arguments, **options)  # type: ignore[operator]
        assert type(caught.value).__module__ == "doubleback.errors"
        assert "\n" not in str(caught.value)
        return str(caught.value)

    assert issubclass(db.InputError, ValueError) and issubclass(db.MissingError, FileNotFoundError)
    assert issubclass(db.DeviceError, RuntimeError) and issubclass(db.InternalError, RuntimeError)
    assert issubclass(db.Interrupted, KeyboardInterrupt)
    assert "nowhere.onnx" in message(db.MissingError, db.load, tmp_path / "nowhere.onnx")
    (tmp_path / "empty.onnx").touch()
    assert "is empty" in message(db.InputError, db.load, tmp_path / "empty.onnx")
    assert "Give x[None] for one image" in message(db.InputError, model.logits, x[0])
    assert message(db.InputError, model.logits, x[:, :, :27]) == "x: expected [n, 1, 28, 28], found [2, 1, 27, 28]"
    assert "at least one image" in message(db.InputError, model.logits, x[:0])
    assert "astype('float32') / 255" in message(db.InputError, model.logits, (x * 255).astype(np.uint8))
    assert "10 is not below the 10 classes" in message(db.InputError, model.input_gradient, x, [1, 10])
    assert "below 0" in message(db.InputError, model.input_gradient, x, [1, -1])
    assert "labels: expected 2, found 1" in message(db.InputError, model.input_gradient, x, [1])
    assert "Give their argmax" in message(db.InputError, model.input_gradient, x, np.eye(10, dtype=int)[:2])
    assert "unknown loss" in message(db.InputError, model.input_gradient, x, y, loss="hinge")
    assert "unknown layer" in message(db.InputError, model.latents, x, "conv9")
    bad = x.copy()
    bad[1, 0, 3, 3] = np.nan
    assert message(db.InputError, model.predict, bad).startswith("model: its logits for image 1 are not finite")
    assert "unknown data set" in message(db.InputError, db.data.load, "mnist-mimi")


def test_what_a_file_leaves_open_is_assumed_aloud(caplog: pytest.LogCaptureFixture) -> None:
    fixture = Path(__file__).parents[2] / "crates/doubleback-cli/tests/fixtures/import"
    with caplog.at_level(logging.WARNING, "doubleback"):
        model = db.load(fixture / "small.onnx")
    assert model.bounds == (0, 1)
    assert any("pixel values from 0 to 1 are assumed; `bounds=` says otherwise" in note for note in caplog.messages)
    said = np.load(fixture / "said.npz")
    assert db.load(fixture / "small.onnx", check=fixture / "said.npz").notes[-1].startswith("the logits of")
    assert len(said.files) >= 2
    assert db.load(fixture / "small.onnx", bounds=(-1, 1)).bounds == (-1, 1)


def test_threads_change_no_bit(model: db.Model, digits: db.data.Data) -> None:
    before = db.num_threads()
    try:
        expected = model.logits(digits.x_test[:64])
        for threads in (1, 3):
            assert db.num_threads(threads) == threads == db.num_threads()
            assert np.array_equal(model.logits(digits.x_test[:64]), expected)
        with pytest.raises(db.InputError, match="at least 1"):
            db.num_threads(0)
    finally:
        db.num_threads(before)
