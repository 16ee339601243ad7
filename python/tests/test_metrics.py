"""Metrics of explanations: each class of the table, in closed forms, beside the library, and what is refused."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
from pathlib import Path

import doubleback as db
import numpy as np
import pytest
from doubleback import _doubleback, explain, metrics
from test_manners import interrupted

HELPERS = (metrics.Noise, metrics.Squares)
CLASSES = [
    one for one in map(metrics.__dict__.get, metrics.__all__) if dataclasses.is_dataclass(one) and one not in HELPERS
]
TABLE = {entry["name"]: entry for entry in json.loads(_doubleback.metrics())}
# Less work than by default.
FEW = {"step": 98, "samples": 3, "shares": (0.2, 0.6), "reach": "all"}
# Of a model whose first logit weighs four pixels.
WEIGHTS = np.array([[4, 0], [3, 0], [2, 0], [1, 0]], np.float32)
ONES = np.ones((1, 1, 1, 4), np.float32)
MAP = np.array([4, 3, 2, 1], np.float32).reshape(1, 1, 1, 4)
FIRST = np.array([0])


@pytest.fixture
def row() -> db.Model:
    """Logits (4a + 3b + 2c + d, 0) of images of one row."""
    return db.from_functions(
        lambda x: x.reshape(-1, 4) @ WEIGHTS,
        lambda x, c: (c @ WEIGHTS.T).reshape(x.shape),
        shape=(1, 1, 4),
        classes=2,
    )


def small(kind: type) -> metrics.Metric:
    names = {one.name for one in dataclasses.fields(kind)}
    options: dict[str, object] = {name: value for name, value in FEW.items() if name in names}
    if "attack" in names:
        options["attack"] = db.PGD(eps=0.1, steps=3)
    if "perturbation" in names:
        options["perturbation"] = metrics.Squares(side=7, stride=7)
    return kind(**options)  # type: ignore[no-any-return]


def test_every_metric_of_the_table_is_a_class_with_its_defaults() -> None:
    assert sorted(kind.name for kind in CLASSES) == sorted(TABLE) and len(CLASSES) == 14
    for kind in CLASSES:
        assert json.loads(kind()._options()) == TABLE[kind.name]["options"], kind
        assert issubclass(kind, metrics.RepeatingMetric) == TABLE[kind.name]["asks_again"]
        assert issubclass(kind, metrics.ComparingMetric) == TABLE[kind.name]["compares"]


def test_closed_forms_of_a_linear_model(row: db.Model) -> None:
    def of(metric: metrics.Metric, maps: np.ndarray = MAP, **options: object) -> float:
        found = metric(row, ONES, FIRST, maps, **options)  # type: ignore[arg-type]
        assert found.values.shape == (1,) and found.values.dtype == np.float64
        assert found.mean == found.values[0] and found.interval is None and found.undefined == {}
        return float(found.values[0])

    # The logit falls from 10 over 6, 3 and 1 to 0.
    assert of(metrics.Deletion(answer="logit")) == pytest.approx(3.75)
    assert of(metrics.Deletion(answer="logit", order="least-first")) == pytest.approx(6.25)
    assert of(metrics.Deletion(answer="logit", step=3)) == pytest.approx(0.75 * 5.5 + 0.25 * 0.5)
    assert of(metrics.Insertion(answer="logit", fill="black")) == pytest.approx(6.25)
    # Ones are turned to zeros, as they are deleted.
    assert of(metrics.PixelFlipping(answer="logit")) == pytest.approx(3.75)
    assert of(metrics.Completeness(baseline="black")) == pytest.approx(0, abs=1e-6)
    assert of(metrics.Completeness(baseline="black"), 2 * MAP) == pytest.approx(10)
    assert of(metrics.Infidelity()) == pytest.approx(0, abs=1e-6)
    # Squares of one pixel: the map says twice what the model does, 4, 3, 2 and 1 too much.
    one = metrics.Squares(side=1)
    assert of(metrics.Infidelity(perturbation=one), 2 * MAP) == pytest.approx(30 / 4)
    assert of(metrics.Infidelity(perturbation=one, scaled=True), 2 * MAP) == pytest.approx(0, abs=1e-6)
    noise = metrics.Noise(deviation=0.1, samples=5)
    assert of(metrics.Infidelity(perturbation=noise)) == pytest.approx(0, abs=1e-6)
    assert of(metrics.Sparseness()) == pytest.approx((-3 * 1 - 1 * 2 + 1 * 3 + 3 * 4) / 40)
    shares = np.array([0.4, 0.3, 0.2, 0.1])
    assert of(metrics.Complexity()) == pytest.approx(-(shares * np.log(shares)).sum())
    assert of(metrics.Smoothness()) == pytest.approx(3 / 10)
    # The gradient of a linear model is the same everywhere, and its order too.
    assert of(metrics.MaxSensitivity(samples=3), method=explain.Gradient()) == pytest.approx(0, abs=1e-6)
    assert of(metrics.Stability(attack=db.FGSM(eps=0.1)), method=explain.Gradient()) == pytest.approx(1)
    assert of(metrics.RankAgreement(), others=[MAP, -MAP]) == pytest.approx(0)
    assert of(metrics.RankAgreement(absolute=True), others=[-MAP]) == pytest.approx(1)
    top = metrics.TopAgreement(share=0.5)
    assert of(top, others=[np.array([4, 1, 3, 2], np.float32).reshape(MAP.shape)]) == pytest.approx(0.5)


def test_values_have_a_mean_with_an_interval_and_what_they_are(row: db.Model) -> None:
    # Values 1, 2, 3 and 6 of four images: by how much the sum of the map misses 10.
    maps = np.concatenate([MAP * (10 + gap) / 10 for gap in (1, 2, 3, 6)])
    found = metrics.Completeness(baseline="black")(row, ONES.repeat(4, 0), FIRST.repeat(4), maps)
    assert np.allclose(found.values, [1, 2, 3, 6], atol=1e-5) and len(found) == 4
    assert found.mean == pytest.approx(3, abs=1e-5)
    # Student's t of three degrees of freedom: 3.182.
    assert found.interval == pytest.approx((-0.4374, 6.4374), abs=1e-3)
    assert (found.direction, found.units) == ("lower is better", "units of the logit")
    assert found.question == "Does the map say by how much the answer changes?"
    assert "3 (-0.4374 to 6.437) units of the logit; lower is better" in repr(found)
    assert "<table>" in found._repr_html_() and "Completeness" in found._repr_html_()
    least = metrics.Deletion(order="least-first", answer="logit")(row, ONES, FIRST, MAP)
    assert (least.direction, least.units) == ("higher is better", "mean logit")


def test_what_is_undefined_is_nan_and_counted(row: db.Model) -> None:
    maps = np.concatenate([MAP, 0 * MAP, 2 * MAP])
    x, y = ONES.repeat(3, 0), FIRST.repeat(3)
    found = metrics.Sparseness()(row, x, y, maps)
    assert np.array_equal(np.isnan(found.values), [False, True, False])
    assert found.undefined == {"the map is zero everywhere": 1} and found.mean == pytest.approx(0.25)
    assert "1 of 3 images are undefined: the map is zero everywhere" in repr(found)
    other = np.concatenate([MAP, MAP, 0 * MAP])
    compared = metrics.RankAgreement()(row, x, y, maps, others=[other])
    assert compared.undefined == {
        "the map is zero everywhere": 1,
        "the maps of all other methods are zero everywhere": 1,
    }
    assert compared.mean == pytest.approx(1) and compared.interval is None
    # Where one of two others says nothing, the mean is that of the rest.
    beside = metrics.RankAgreement()(row, x, y, maps, others=[other, np.concatenate([MAP, MAP, -MAP])])
    assert beside.undefined == {"the map is zero everywhere": 1} and beside.values[[0, 2]] == pytest.approx([1, -1])
    nothing = metrics.Sparseness()(row, x, y, 0 * maps)
    assert nothing.mean is None and np.isnan(nothing.values).all() and "undefined" in repr(nothing)
    maps[2, 0, 0, 1] = np.nan
    with pytest.raises(db.InputError, match="that of image 2 is not finite"):
        metrics.Sparseness()(row, x, y, maps)


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_no_value_depends_on_the_images_around(kind: type, model: db.Model, digits: db.data.Data) -> None:
    x, y = digits.x_test[:70], digits.y_test[:70]
    metric, method = small(kind), explain.IntegratedGradients(steps=3)
    explained = model.explain(x, y, method)
    compares = isinstance(metric, metrics.ComparingMetric)
    other = model.explain(x, y, explain.Gradient())

    def of(places: slice, maps: object, **options: object) -> np.ndarray:
        others = {"others": [other.attribution[places]]} if compares else {}
        found = metric(model, x[places], y[places], maps, **others, **options)  # type: ignore[arg-type]
        assert found.undefined == {} and found.question and found.units
        return found.values

    whole = of(slice(0, 70), explained)
    assert whole.shape == (70,) and np.isfinite(whole).all()
    some = model.explain(x[66:], y[66:], method)
    assert np.array_equal(of(slice(66, 70), some), whole[66:])
    assert np.array_equal(of(slice(66, 70), some, internal_batch=5), whole[66:])
    if compares or kind is metrics.Completeness:
        return
    # An array is measured as what `explain` gave, if a metric that asks again is told the method.
    again = {"method": method} if isinstance(metric, metrics.RepeatingMetric) else {}
    assert np.array_equal(of(slice(0, 70), explained.attribution, **again), whole)


def test_values_are_those_of_the_library(model: db.Model, digits: db.data.Data, tmp_path: Path) -> None:
    """As the library's example `measure_explanations` gives them."""
    folder = os.environ.get("DOUBLEBACK_EXAMPLES")
    program = Path(folder or "nowhere") / "measure_explanations"
    if not program.exists():
        pytest.skip("DOUBLEBACK_EXAMPLES: no folder of the library's built examples")
    x, y = digits.x_test[:12], digits.y_test[:12]
    explained = model.explain(x, y, explain.Gradient())
    model.save(tmp_path / "model.safetensors")
    np.savez(tmp_path / "arrays.npz", images=x, maps=explained.attribution, targets=y.astype(np.float32))
    asked = [small(kind) for kind in CLASSES if not issubclass(kind, metrics.ComparingMetric)]
    asked = [metrics.Completeness(baseline="mean") if isinstance(one, metrics.Completeness) else one for one in asked]
    wanted = json.dumps({"metrics": [{"metric": one.name, **json.loads(one._options())} for one in asked]})
    words = [program, tmp_path / "model.safetensors", tmp_path / "arrays.npz", wanted]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    expected = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(expected) == len(asked) == 12
    for metric, theirs in zip(asked, expected, strict=True):
        found = metric(model, x, y, explained)
        assert np.array_equal(found.values, theirs["values"]), metric
        assert found.mean == theirs["mean"] and list(found.interval or ()) == theirs["interval"]
        assert found.direction == theirs["better"]


def test_maps_of_a_stage_are_measured_at_the_size_of_the_images(model: db.Model, digits: db.data.Data) -> None:
    x, y = digits.x_test[:6], digits.y_test[:6]
    cam = model.explain(x, y, explain.GradCAM(signed=True))
    with pytest.raises(db.InputError, match=r"attribution: expected \[6, 1, 28, 28\].*`resized\(\)`"):
        metrics.Sparseness()(model, x, y, cam)

    # The method is asked again in the same way: maps of nearest values change by as much as those of the stage, 4 by 4 pixels, of which each is 49.
    def changes(upsampling: str) -> np.ndarray:
        metric = metrics.MaxSensitivity(samples=3, relative=False)
        return metric(model, x, y, cam.resized(upsampling=upsampling)).values  # type: ignore[arg-type]

    assert cam.attribution.shape == (6, 1, 4, 4)
    drawn = np.random.default_rng(0).uniform(-0.02, 0.02, (50, *x.shape[1:])).astype(np.float32)
    moved = [model.explain(x + noise, y, cam.method).attribution - cam.attribution for noise in drawn]
    lengths = np.sqrt(49 * np.square(moved).sum((2, 3, 4)))
    # Other draws than the metric's, whose greatest of three lies among them.
    nearest = changes("nearest")
    assert (nearest > lengths.min(0)).all() and (nearest < 1.5 * lengths.max(0)).all()
    assert (changes("bilinear") < nearest).all()


def test_the_classes_are_those_that_were_explained(model: db.Model, digits: db.data.Data) -> None:
    x, y = digits.x_test[:6], digits.y_test[:6]
    other = (y + 1) % 10
    explained = model.explain(x, other, explain.Gradient())
    deletion = metrics.Deletion(step=98)
    found = deletion(model, x, None, explained)
    assert np.array_equal(found.values, deletion(model, x, other, explained.attribution).values)
    with pytest.raises(db.InputError, match=r"image 0 has another class.*`explained\.target`"):
        deletion(model, x, y, explained)
    with pytest.raises(db.InputError, match="3 classes"):
        deletion(model, x, other[:3], explained)
    with pytest.raises(db.InputError, match="does not say which classes"):
        deletion(model, x, None, explained.attribution)
    with pytest.raises(db.InputError, match="has another class"):
        metrics.RankAgreement()(model, x, None, explained, others=[model.explain(x, y, explain.Saliency())])


def test_what_cannot_be_measured_is_refused(model: db.Model, row: db.Model, digits: db.data.Data) -> None:
    x, y = digits.x_test[:4], digits.y_test[:4]
    maps = model.explain(x, y, explain.Gradient())

    def message(metric: metrics.Metric, explained: object = maps, asked: db.Model = model, **options: object) -> str:
        images, classes = (x, y) if asked is model else (ONES, FIRST)
        with pytest.raises(db.InputError) as caught:
            metric(asked, images, classes, explained, **options)  # type: ignore[arg-type]
        return str(caught.value)

    for repeating in (metrics.MaxSensitivity(), metrics.Stability(), metrics.Randomization()):
        assert "asks the method again" in message(repeating, maps.attribution)
        assert "Leave them out" in message(repeating, method=explain.Gradient())
        assert "such as IntegratedGradients()" in message(repeating, maps.attribution, method="gradient")
    assert "compares with what other methods say" in message(metrics.TopAgreement())
    assert "has no layers" in message(metrics.Randomization(), MAP, row, method=explain.Gradient())
    assert "has no layers" in message(metrics.MaxSensitivity(), MAP, row, method=explain.GradCAM())
    needing = explain.ExpectedGradients(draws=2)
    assert "background: none is not images" in message(metrics.MaxSensitivity(), maps.attribution, method=needing)
    assert "Name a baseline" in message(metrics.Completeness())
    assert "step" in message(metrics.Deletion(step=0))
    assert "expected one of `black`, `mean`, `blur`" in message(metrics.Deletion(fill="white"))  # type: ignore[arg-type]
    assert "shares" in message(metrics.ROAD(shares=(0.5, 0.2)))
    assert "expected Squares" in message(metrics.Infidelity(perturbation="noise"))  # type: ignore[arg-type]
    assert "ensemble" in message(metrics.Stability(attack=db.AutoAttack(eps=0.1)))
    assert "8/255 may be meant" in message(metrics.Stability(attack=db.PGD(eps=8)))
    assert "explained: expected [n, channels, height, width]" in message(metrics.Sparseness(), maps.attribution[0])
    assert "attribution: expected [4, 1, 28, 28]" in message(metrics.Sparseness(), maps.attribution[:2])
    assert "internal batch: 0" in message(metrics.Sparseness(), internal_batch=0)
    with pytest.raises(TypeError, match="others"):
        metrics.Sparseness()(model, x, y, maps, others=[maps])  # type: ignore[call-arg]


def test_a_background_is_asked_about_again(model: db.Model, digits: db.data.Data) -> None:
    x, y = digits.x_test[:3], digits.y_test[:3]
    method = explain.IntegratedGradients(steps=3, baseline="background")
    explained = model.explain(x, y, method, background=digits.x_train[:4])
    metric = metrics.MaxSensitivity(samples=2)
    found = metric(model, x, y, explained)
    again = metric(model, x, y, explained.attribution, method=method, background=digits.x_train[:4])
    other = metric(model, x, y, explained.attribution, method=method, background=digits.x_train[4:8])
    assert np.array_equal(found.values, again.values) and not np.array_equal(found.values, other.values)


def test_classes_of_an_attack_may_be_named(digits: db.data.Data) -> None:
    names = [f"digit {label}" for label in range(10)]
    model = db.train(digits.x_train[:200], digits.y_train[:200], steps=2, batch=50, classes=names, progress=False)
    x, y = digits.x_test[:3], digits.y_test[:3]
    explained = model.explain(x, y, explain.Gradient())
    named = metrics.Stability(attack=db.TGSM(eps=0.1, target="digit 3"))(model, x, y, explained)
    numbered = metrics.Stability(attack=db.TGSM(eps=0.1, target=3))(model, x, y, explained)
    assert np.array_equal(named.values, numbered.values)


def test_ctrl_c_ends_a_metric(model: db.Model, digits: db.data.Data) -> None:
    x, y = digits.x_test[:64], digits.y_test[:64]
    explained = model.explain(x, y, explain.Gradient())
    error = interrupted(lambda: metrics.MaxSensitivity(samples=100_000)(model, x, y, explained))
    assert str(error) == "interrupted. Nothing was kept: call it again to start over"


def test_tensors_are_taken(model: db.Model, digits: db.data.Data) -> None:
    torch = pytest.importorskip("torch", reason="tensors are torch's")
    x, y = digits.x_test[:4], digits.y_test[:4]
    explained = model.explain(torch.from_numpy(x), torch.from_numpy(y), explain.Gradient())
    found = metrics.Infidelity()(model, torch.from_numpy(x), torch.from_numpy(y), explained)
    expected = metrics.Infidelity()(model, x, y, explained.attribution.numpy())
    assert np.array_equal(found.values, expected.values)
