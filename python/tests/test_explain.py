"""Explanations: each class of the table, in closed forms, beside the command, and what is refused."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import doubleback as db
import numpy as np
import pytest
from doubleback import _doubleback, explain
from doubleback._explain_base import Method
from test_manners import interrupted

CLASSES = [one for one in map(explain.__dict__.get, explain.__all__) if dataclasses.is_dataclass(one)]
TABLE = {entry["name"]: entry for entry in json.loads(_doubleback.methods())}
LAYERS = [kind for kind in CLASSES if TABLE[kind.name]["layers"]]
# Less work than by default.
FEW = {"masks": 20, "draws": 5, "steps": 5}
# Of `linear`: values by classes.
WEIGHTS = np.array([[2, 0, 0], [0, 2, 0], [0, 0, 2], [0.5, 0.5, 0.5]], np.float32)
X = np.array([[[[0.9, 0.5], [0.4, 0.1]]], [[[0.3, 0.5], [0.2, 0.6]]]], np.float32)
Y = np.array([0, 2])


def small(kind: type) -> Method:
    names = {one.name for one in dataclasses.fields(kind)}
    return kind(**{name: value for name, value in FEW.items() if name in names})  # type: ignore[no-any-return]


def background(kind: type, x: np.ndarray) -> np.ndarray | None:
    return x if TABLE[kind.name]["background"] else None


def test_every_method_of_the_table_is_a_class_with_its_defaults() -> None:
    assert sorted(kind.name for kind in CLASSES) == sorted(TABLE) and len(CLASSES) == 18
    for kind in CLASSES:
        options = TABLE[kind.name]["options"]
        # How many images of a data set the command draws, and how: here they are given.
        drawn = {"background_images"}
        if "background_images" in options and not {"draws", "masks"} & set(options):
            drawn.add("seed")
        assert json.loads(kind()._options()) == {name: value for name, value in options.items() if name not in drawn}


def test_closed_forms_of_a_linear_model(linear: db.Model) -> None:
    gradient = WEIGHTS.T[Y].reshape(X.shape)

    def found(method: Method, **options: object) -> np.ndarray:
        explained = linear.explain(X, Y, method, **options)  # type: ignore[arg-type]
        assert explained.attribution.dtype == np.float32 and np.array_equal(explained.target, Y)
        assert np.array_equal(explained.logits, linear.logits(X))
        return explained.attribution

    assert np.array_equal(found(explain.Gradient()), gradient)
    negative = db.from_functions(
        lambda x: -linear.logits(x), lambda x, c: -linear.vjp(x, c)[1], shape=(1, 2, 2), classes=3
    )
    assert np.array_equal(negative.explain(X, Y, explain.Saliency()).attribution, gradient)
    assert np.allclose(found(explain.InputXGradient()), X * gradient)
    for rule in ("gauss-legendre", "trapezoid", "riemann-left", "riemann-middle", "riemann-right"):
        integrated = linear.explain(X, Y, explain.IntegratedGradients(steps=3, rule=rule))  # type: ignore[arg-type]
        assert np.allclose(integrated.attribution, X * gradient, atol=1e-6)
        assert integrated.gap is not None and np.abs(integrated.gap).max() < 1e-6
    black = linear.explain(X, Y, explain.IntegratedGradients(baseline="mean"), background=X)
    assert np.allclose(black.attribution, (X - X.mean(0)) * gradient, atol=1e-6)
    of_one = explain.ExpectedGradients(draws=7)
    assert np.allclose(found(of_one, background=X[:1]), (X - X[:1]) * gradient, atol=1e-6)
    assert np.allclose(found(explain.SmoothGrad(draws=4)), gradient)
    assert np.allclose(found(explain.SmoothGradSquared(draws=4)), gradient**2)
    assert np.allclose(found(explain.VarGrad(draws=4)), 0, atol=1e-9)
    assert np.allclose(found(explain.SmoothGrad(of=explain.Saliency, draws=4)), np.abs(gradient))
    assert np.allclose(found(explain.Occlusion(window=1)), X * gradient, atol=1e-6)
    logits = linear.logits(X).astype(np.float64)
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    assert np.allclose(found(explain.Score()), ((1 - 3 * p) @ WEIGHTS.T).reshape(X.shape), atol=1e-5)
    # Masks that keep all: the probability at each value.
    kept = np.broadcast_to(p[np.arange(2), Y][:, None, None, None], X.shape)
    assert np.allclose(found(explain.RISE(masks=3, keep=1)), kept, atol=1e-5)
    moved = found(explain.ITGSM(steps=2, step_size=0.05))
    # Towards the target its own value grows, those of the other classes fall; all of them share the last one.
    own, others = moved.reshape(2, 4)[[0, 1], Y], moved.reshape(2, 4)[[0, 1], [1, 0]]
    assert np.allclose(own, 0.1, atol=1e-6) and np.allclose(others, -0.1, atol=1e-6)


# The command draws a background from the training images, which a call is given.
@pytest.mark.parametrize(
    "kind", [kind for kind in CLASSES if not TABLE[kind.name]["background"]], ids=lambda kind: kind.__name__
)
def test_the_command_gives_the_same_bits(kind: type, model: db.Model, digits: db.data.Data, tmp_path: Path) -> None:
    model.save(tmp_path / "model.safetensors")
    method = small(kind)
    options = {name: value for name, value in FEW.items() if hasattr(method, name)}
    words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    out = tmp_path / "maps.npz"
    command = ["explain", "--model", str(tmp_path / "model.safetensors"), "--dataset", "mnist-mini"]
    command += ["--method", method.name, "--index", "3,14,15", "--out", str(out), *words]
    done = subprocess.run([sys.executable, "-m", "doubleback", *command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    expected = np.load(out)
    places = expected["index"]
    found = model.explain(digits.x_test[places], digits.y_test[places], method)
    assert np.array_equal(found.attribution, expected["attribution"])
    assert np.array_equal(found.target, expected["target"]) and np.array_equal(found.logits, expected["logits"])
    assert ("gap" in expected.files) == (found.gap is not None)
    if found.gap is not None:
        assert np.array_equal(found.gap, expected["gap"])


def test_attributions_depend_on_nothing_but_the_image(model: db.Model, digits: db.data.Data) -> None:
    x, y = digits.x_test[:300], digits.y_test[:300]
    for method in (explain.SmoothGrad(draws=2), explain.GradCAM(), explain.Occlusion(window=14, stride=14)):
        whole = model.explain(x, y, method).attribution
        assert np.array_equal(whole[290:], model.explain(x[290:], y[290:], method).attribution)
        assert np.array_equal(whole[:5], model.explain(x[:5], y[:5], method, internal_batch=3).attribution)


def test_a_class_may_be_one_for_all_or_the_predicted_one(model: db.Model, digits: db.data.Data) -> None:
    x, y = digits.x_test[:20], digits.y_test[:20]
    predicted = model.explain(x, "predicted", explain.Gradient())
    assert np.array_equal(predicted.target, model.predict(x))
    assert np.array_equal(model.explain(x, 3, explain.Gradient()).target, np.full(20, 3))
    threes = model.explain(x, np.full(20, 3), explain.Gradient()).attribution
    assert np.array_equal(model.explain(x, np.int64(3), explain.Gradient()).attribution, threes)
    with pytest.raises(db.InputError, match="or \"predicted\", found 'true'"):
        model.explain(x, "true", explain.Gradient())
    with pytest.raises(db.InputError, match="10 is not below the 10 classes"):
        model.explain(x, 10, explain.Gradient())
    with pytest.raises(db.InputError, match="labels: expected 20, found 2"):
        model.explain(x, y[:2], explain.Gradient())


def test_maps_of_a_stage_are_resized(model: db.Model, digits: db.data.Data) -> None:
    x, y = digits.x_test[:5], digits.y_test[:5]
    cam = model.explain(x, y, explain.GradCAM(stage="pool1", signed=True))
    height, width, _ = model.stages()["pool1"]
    assert cam.attribution.shape == (5, 1, height, width)
    nearest = cam.resized((2 * height, 2 * width), "nearest").attribution
    assert np.array_equal(nearest, cam.attribution.repeat(2, 2).repeat(2, 3))
    whole = cam.resized()
    assert whole.attribution.shape == (5, 1, 28, 28) and whole.upsampling == "bilinear"
    # From the method's own map, not from one that was resized before.
    assert np.array_equal(cam.resized((5, 5)).resized().attribution, whole.attribution)
    with pytest.raises(db.InputError, match="Did you mean `nearest`"):
        cam.resized(upsampling="nearst")  # type: ignore[arg-type]
    with pytest.raises(db.InputError, match="size of an attribution"):
        cam.resized((0, 3))
    guided = model.explain(x, y, explain.GuidedGradCAM(stage="pool1"))
    positive = model.explain(x, y, explain.GradCAM(stage="pool1")).resized()
    backprop = model.explain(x, y, explain.GuidedBackprop())
    assert np.array_equal(guided.attribution, backprop.attribution * positive.attribution)


@pytest.mark.parametrize("kind", LAYERS, ids=lambda kind: kind.__name__)
def test_methods_that_look_at_layers_refuse_a_model_of_functions(kind: type, linear: db.Model) -> None:
    with pytest.raises(db.InputError, match=r"has no layers\. Give a model of"):
        linear.explain(X, Y, kind())
    with pytest.raises(db.InputError, match="has no layers"):
        linear.explain(X, Y, explain.SmoothGrad(of=kind))


@pytest.mark.parametrize("kind", [kind for kind in CLASSES if kind not in LAYERS], ids=lambda kind: kind.__name__)
def test_other_methods_run_on_a_model_of_functions(kind: type, model: db.Model, digits: db.data.Data) -> None:
    # Without flat background: among equal values of a pooling window an explanation of a network takes the first, and `vjp`, as attacks have it, any.
    noise = np.random.default_rng(0).uniform(0.05, 0.1, (3, 1, 28, 28))
    x, y = (0.8 * digits.x_test[:3] + noise).astype(np.float32), digits.y_test[:3]
    functions = db.from_functions(model.logits, lambda x, c: model.vjp(x, c)[1], shape=model.shape, classes=10)
    given = background(kind, digits.x_train[:4])
    found = functions.explain(x, y, small(kind), background=given)
    expected = model.explain(x, y, small(kind), background=given)
    # Occlusion asks a network only for what a window reaches.
    assert np.allclose(found.attribution, expected.attribution, atol=1e-4)
    assert kind.__name__ in repr(found) and len(found) == 3
    assert "<table>" in found._repr_html_() and found._repr_html_().count("<img") == 3


def test_what_cannot_be_explained_is_refused(model: db.Model, digits: db.data.Data) -> None:
    x, y = digits.x_test[:2], digits.y_test[:2]

    def message(method: object, **options: object) -> str:
        with pytest.raises(db.InputError) as caught:
            model.explain(x, y, method, **options)  # type: ignore[arg-type]
        return str(caught.value)

    assert "background: none is not images" in message(explain.ExpectedGradients())
    assert "background: none is not images" in message(explain.Occlusion(baseline="mean"))
    assert message(explain.Gradient(), background=x) == (
        "background: gradient takes none with these options. Leave it out"
    )
    wide = message(explain.ExpectedGradients(), background=np.zeros((2, 1, 28, 27), np.float32))
    assert wide == "background: expected [n, 1, 28, 28], found [2, 1, 28, 27]"
    bad = digits.x_train[:3].copy()
    bad[1, 0, 2, 2] = np.nan
    assert "background: image 1 is not finite" in message(explain.ExpectedGradients(), background=bad)
    assert "steps" in message(explain.IntegratedGradients(steps=0))
    assert "Did you mean `blur`" in message(explain.IntegratedGradients(baseline="blurr"))  # type: ignore[arg-type]
    assert "Did you mean `saliency`" in message(explain.SmoothGrad(of="salience"))
    assert "adds no noise itself" in message(explain.SmoothGrad(of=explain.VarGrad))
    assert "with its default options" in message(explain.SmoothGrad(of=explain.IntegratedGradients(steps=3)))
    assert "or its name" in message(explain.SmoothGrad(of=3))  # type: ignore[arg-type]
    assert message(explain.Gradient).endswith("Give Gradient()")
    assert "found 'gradient'" in message("gradient")
    assert "unknown layer" in message(explain.GradCAM(stage="conv9"))
    assert "internal batch: 0 is not at least 1" in message(explain.Gradient(), internal_batch=0)
    assert "of the right kind" in message(explain.Occlusion(window=2.5))  # type: ignore[arg-type]
    images = x.copy()
    images[1, 0, 3, 3] = np.inf
    with pytest.raises(db.InputError, match="image 1"):
        model.explain(images, y, explain.Gradient())


def test_of_tensors_come_tensors(model: db.Model, digits: db.data.Data) -> None:
    torch = pytest.importorskip("torch", reason="tensors are torch's")
    x, y = torch.from_numpy(digits.x_test[:4]), torch.from_numpy(digits.y_test[:4])
    found = model.explain(x, y, explain.GradCAM())
    assert isinstance(found.attribution, torch.Tensor) and isinstance(found.resized().attribution, torch.Tensor)
    expected = model.explain(digits.x_test[:4], digits.y_test[:4], explain.GradCAM())
    assert np.array_equal(found.attribution.numpy(), expected.attribution)
    assert "<img" in found._repr_html_()


def test_ctrl_c_ends_an_explanation_within_a_batch(model: db.Model, digits: db.data.Data) -> None:
    x, y = digits.x_test[:64], digits.y_test[:64]
    error = interrupted(lambda: model.explain(x, y, explain.RISE(masks=1_000_000)))
    assert str(error) == "interrupted. Nothing was kept: call it again to start over"
    assert len(model.logits(x)) == 64


def test_ctrl_c_ends_an_explanation_of_functions_before_the_next_call() -> None:
    calls, steps = [], 100_000

    def vjp(x: np.ndarray, cotangent: np.ndarray) -> np.ndarray:
        calls.append(len(x))
        return (cotangent @ WEIGHTS.T).reshape(x.shape)

    functions = db.from_functions(lambda x: x.reshape(-1, 4) @ WEIGHTS, vjp, shape=(1, 2, 2), classes=3)
    interrupted(
        lambda: functions.explain(X, Y, explain.IntegratedGradients(steps=steps, rule="trapezoid"), internal_batch=1)
    )
    assert 0 < len(calls) < steps


def test_progress_is_told(model: db.Model, digits: db.data.Data, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[tuple[str, int]] = []

    class Bar:
        def __init__(self, total: int, desc: str, leave: bool, disable: bool | None) -> None:
            self.desc, self.n = desc, 0

        def update(self, steps: int) -> None:
            self.n += steps
            heard.append((self.desc, self.n))

        def close(self) -> None:
            pass

    class Module:
        tqdm = Bar

    monkeypatch.setitem(sys.modules, "tqdm.auto", Module)  # type: ignore[arg-type]
    x, y = digits.x_test[:10], digits.y_test[:10]
    found = model.explain(x, y, explain.Gradient(), progress=True)
    db.metrics.Sparseness()(model, x, y, found, progress=True)
    assert heard == [("gradient", 10), ("sparseness", 10)]


def test_the_example_runs(tmp_path: Path) -> None:
    example = Path(__file__).parents[1] / "examples/explanations.py"
    done = subprocess.run([sys.executable, str(example)], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "IntegratedGradients" in done.stdout and "lower is better" in done.stdout
