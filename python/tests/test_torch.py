"""Models of torch, beside torch."""

from __future__ import annotations

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
