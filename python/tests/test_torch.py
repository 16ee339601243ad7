"""Models of torch, beside torch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import doubleback as db
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="from_torch needs torch")
nn = torch.nn


class Net(nn.Module):  # type: ignore[misc, name-defined]
    """Has batch norm and dropout, and a part that stays in training mode."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 8, 5, stride=2, bias=False)
        self.norm = nn.BatchNorm2d(8)
        self.drop = nn.Dropout(0.5)
        self.dense = nn.Linear(8 * 12 * 12, 10)

    def forward(self, x: Any) -> Any:
        return self.dense(self.drop(torch.relu(self.norm(self.conv(x)))).flatten(1))


@pytest.fixture(scope="module")
def module() -> Any:
    torch.manual_seed(0)
    net = Net()
    optimizer = torch.optim.Adam(net.parameters(), 1e-3)
    digits = db.data.load("mnist-mini")
    for start in range(0, 4000, 100):
        x, y = digits.x_train[start : start + 100], digits.y_train[start : start + 100]
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(torch.from_numpy(x)), torch.from_numpy(y)).backward()
        optimizer.step()
    return net


def test_a_module_is_taken_over_and_stays_as_it_was(module: Any, digits: db.data.Data) -> None:
    module.train()
    module.norm.eval()
    model = db.from_torch(module, torch.from_numpy(digits.x_test[:1]))
    assert module.training and module.drop.training and not module.norm.training
    assert any(layer["kind"] == "batch-norm" for layer in model.summary()["layers"])
    module.eval()
    x, y = torch.from_numpy(digits.x_test[:50]).requires_grad_(), digits.y_test[:50]
    theirs = module(x)
    ours = model.logits(x)
    assert isinstance(ours, torch.Tensor) and torch.allclose(ours, theirs, atol=1e-4)
    nn.functional.cross_entropy(theirs, torch.from_numpy(y), reduction="sum").backward()
    assert torch.allclose(model.input_gradient(x, y), x.grad, atol=1e-5)


def test_tensors_come_back_as_tensors(module: Any, digits: db.data.Data) -> None:
    model = db.from_torch(module, torch.from_numpy(digits.x_test[:2]))
    x, y = torch.from_numpy(digits.x_test[:20]), torch.from_numpy(digits.y_test[:20])
    attacked = model.attack(x, y, db.PGD(eps=0.2, steps=5))
    assert isinstance(attacked.examples, torch.Tensor)
    module.eval()
    assert np.array_equal(module(attacked.examples).argmax(1).numpy(), attacked.prediction)
    assert isinstance(model.predict(x), torch.Tensor)
    channels_last = x.to(memory_format=torch.channels_last)
    assert torch.equal(model.logits(channels_last), model.logits(x))
    assert torch.equal(model.logits(x.double()), model.logits(x))


def test_normalization_becomes_a_layer(module: Any, digits: db.data.Data) -> None:
    model = db.from_torch(module, torch.from_numpy(digits.x_test[:2]), normalize=([0.1307], [0.3081]))
    module.eval()
    x = torch.from_numpy(digits.x_test[:20])
    assert torch.allclose(model.logits(x), module((x - 0.1307) / 0.3081), atol=1e-4)
    with pytest.raises(db.InputError, match="normalize: "):
        db.from_torch(module, torch.from_numpy(digits.x_test[:2]), normalize="imagnet")


def test_what_cannot_be_taken_over_is_refused(digits: db.data.Data) -> None:
    class Odd(nn.Module):  # type: ignore[misc, name-defined]
        def forward(self, x: Any) -> Any:
            return torch.fft.rfft(x.flatten(1)).real[:, :10]

    with pytest.raises(db.InputError, match="Odd: torch cannot export it to ONNX: "):
        db.from_torch(Odd(), torch.from_numpy(digits.x_test[:2]))
    with pytest.raises(db.InputError, match="example: expected"):
        db.from_torch(Odd(), torch.from_numpy(digits.x_test[0]))


def test_weights_go_back_into_a_module(module: Any, digits: db.data.Data) -> None:
    model = db.from_torch(module, torch.from_numpy(digits.x_test[:2]))
    fresh = Net()
    assert model.to_torch(fresh) is fresh
    for name, tensor in module.state_dict().items():
        if not name.endswith("num_batches_tracked"):
            assert torch.equal(fresh.state_dict()[name], tensor), name


def test_a_state_dict_has_the_names_and_sizes_of_the_module(module: Any, digits: db.data.Data) -> None:
    model = db.from_torch(module, torch.from_numpy(digits.x_test[:2]))
    found, theirs = model.state_dict(), module.state_dict()
    assert {name: found[name].shape for name in found} == {name: tuple(theirs[name].shape) for name in theirs}
    assert found["norm.num_batches_tracked"].dtype == np.int64
    assert np.array_equal(found["dense.weight"], theirs["dense.weight"].numpy())
    assert set(model.state_dict(names="original")) <= set(theirs)


def test_folded_batch_norms_become_the_identity(module: Any, digits: db.data.Data, tmp_path: Path) -> None:
    path, x = tmp_path / "folded.onnx", torch.from_numpy(digits.x_test[:20])
    module.eval()
    torch.onnx.export(module, (x,), str(path), dynamo=False)
    model = db.load(path)
    assert not any(layer["kind"] == "batch-norm" for layer in model.summary()["layers"])
    fresh = Net()
    with pytest.warns(UserWarning, match="1 batch norm that the model has folded became the identity"):
        model.to_torch(fresh)
    fresh.eval()
    assert torch.allclose(fresh(x), module(x), atol=1e-4)
    assert torch.allclose(fresh(x), model.logits(x), atol=1e-4)


def test_what_does_not_fit_a_module_is_named(module: Any, digits: db.data.Data) -> None:
    model = db.from_torch(module, torch.from_numpy(digits.x_test[:2]))
    other = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
    before = other[1].weight.clone()
    with pytest.raises(db.InputError, match=r"module: .*not in the model: `1\.weight`, `1\.bias`"):
        model.to_torch(other)
    assert torch.equal(other[1].weight, before)
    with pytest.raises(db.InputError, match=r"module: expected a torch\.nn\.Module, found dict"):
        model.to_torch({})
    with pytest.raises(db.InputError, match="names"):
        model.state_dict(names="theirs")  # type: ignore[arg-type]


def test_a_model_is_written_as_onnx(module: Any, digits: db.data.Data, tmp_path: Path) -> None:
    path, x = tmp_path / "model.onnx", digits.x_test[:20]
    model = db.from_torch(module, torch.from_numpy(x[:2]), normalize=([0.1307], [0.3081]))
    model.to_onnx(path)
    back = db.load(path)
    assert np.allclose(back.logits(x), model.logits(x), atol=1e-4)
    assert back.bounds == model.bounds
    onnxruntime = pytest.importorskip("onnxruntime")
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    assert np.allclose(session.run(["logits"], {"images": x})[0], model.logits(x), atol=1e-4)
    model.to_onnx(path, batch=4)
    assert onnxruntime.InferenceSession(str(path)).get_inputs()[0].shape == [4, 1, 28, 28]
