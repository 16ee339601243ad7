"""Signals, forks, threads, logs, progress."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import doubleback as db
import numpy as np
import pytest


def interrupted(
    work: Callable[[], object], when: Callable[[], bool] | None = None, after: float = 0.2
) -> db.Interrupted:
    """What comes of work during which Ctrl-C is pressed: after so many seconds, or once something is so."""
    over = threading.Event()

    def press() -> None:
        if when is None:
            over.wait(after)
        else:
            while not when() and not over.wait(0.005):
                pass
        if not over.is_set():
            os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=press)
    thread.start()
    try:
        with pytest.raises(db.Interrupted) as caught:
            work()
    finally:
        over.set()
        thread.join()
    return caught.value


def test_ctrl_c_ends_an_attack(model: db.Model, digits: db.data.Data) -> None:
    x, y = digits.x_test[:256], digits.y_test[:256]
    error = interrupted(lambda: model.attack(x, y, db.PGD(eps=0.3, steps=1_000_000)))
    assert str(error) == "interrupted. Nothing was kept: call it again to start over"
    # The model is as it was.
    assert len(model.logits(x)) == 256


def test_an_interrupted_attack_goes_on_to_the_same_bits(model: db.Model, digits: db.data.Data, tmp_path: Path) -> None:
    x, y = digits.x_test[:600], digits.y_test[:600]
    attack = db.PGD(eps=0.2, steps=20)
    kept = tmp_path / "found.work"
    error = interrupted(
        lambda: model.attack(x, y, attack, out=tmp_path / "found.npz"), lambda: any(kept.glob("part-*.json"))
    )
    assert "make the same call again to go on" in str(error)
    assert list(kept.glob("part-*.json")) and not (tmp_path / "found.npz").exists()
    found = model.attack(x, y, attack, out=tmp_path / "found.npz")
    whole = model.attack(x, y, attack)
    assert not kept.exists() and sorted(tmp_path.iterdir()) == [tmp_path / "found.npz"]
    # It is read again, and is what other tools read.
    for other in (found, model.attack(x, y, attack, out=tmp_path / "found.npz")):
        for name in ("examples", "success", "prediction", "gradients", "l2"):
            assert np.array_equal(getattr(other, name), getattr(whole, name))
    assert np.array_equal(np.load(tmp_path / "found.npz")["examples"], whole.examples)
    with pytest.raises(db.InputError, match="something else than this attack"):
        model.attack(x, y, db.PGD(eps=0.1, steps=20), out=tmp_path / "found.npz")


def test_an_interrupted_ensemble_goes_on_to_the_same_bits(
    model: db.Model, digits: db.data.Data, tmp_path: Path
) -> None:
    x, y = digits.x_test[:40], digits.y_test[:40]
    attack, kept = db.AutoAttack(eps=0.1), tmp_path / "found.work"
    interrupted(
        lambda: model.attack(x, y, attack, out=tmp_path / "found.npz"), lambda: any(kept.glob("part-0-apgd-ce-*.json"))
    )
    assert not (tmp_path / "found.npz").exists()
    # Another call's work is not touched.
    with pytest.raises(db.InputError, match="differs in its attack"):
        model.attack(x, y, db.AutoAttack(eps=0.2), out=tmp_path / "found.npz")
    found = model.attack(x, y, attack, out=tmp_path / "found.npz")
    whole = model.attack(x, y, attack)
    for name in ("examples", "success", "prediction", "gradients", "forwards", "l2", "zero_gradient"):
        assert np.array_equal(getattr(found, name), getattr(whole, name)), name
    assert sorted(tmp_path.iterdir()) == [tmp_path / "found.npz"]


def test_an_interrupted_training_goes_on_to_the_same_bits(digits: db.data.Data, tmp_path: Path) -> None:
    x, y = digits.x_train[:500], digits.y_train[:500]

    def train(name: str) -> db.Trained:
        defense = db.DoubleBackprop(weight=1)
        return db.train(x, y, defense=defense, steps=30, batch=50, curve_every=7, out=tmp_path / name, progress=False)

    whole = train("whole.safetensors")
    error = interrupted(lambda: train("parts.safetensors"))
    assert "make the same call again to go on" in str(error)
    assert list((tmp_path / "parts.work").glob("*.checkpoint.safetensors"))
    parts = train("parts.safetensors")
    assert np.array_equal(parts.logits(x[:9]), whole.logits(x[:9])) and parts.curve == whole.curve
    assert (tmp_path / "parts.safetensors").read_bytes() == (tmp_path / "whole.safetensors").read_bytes()
    assert not (tmp_path / "parts.work").exists()


def test_an_interrupted_audit_goes_on_to_the_same_numbers(
    model: db.Model, digits: db.data.Data, tmp_path: Path
) -> None:
    x, y = digits.x_test[:300], digits.y_test[:300]

    def audit(name: str) -> dict[str, object]:
        found = model.audit(x, y, eps=0.3, suite="custom", attacks=["bim", "pgd"], out=tmp_path / name).to_dict()
        for attack in found["attacks"].values():
            del attack["seconds"]
            attack.pop("joules", None)
        return found

    # The first batch of the first attack is kept, of which there are two.
    kept = tmp_path / "parts/work"
    interrupted(lambda: audit("parts"), lambda: any(kept.glob("part-bim-*")))
    assert not (tmp_path / "parts/results.json").exists()
    assert audit("parts") == audit("whole")
    assert not kept.exists()


def test_another_signals_exception_comes_out(model: db.Model, digits: db.data.Data) -> None:
    def late(*_: object) -> None:
        raise TimeoutError("late")

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, 0.1)
    try:
        with pytest.raises(TimeoutError, match="late"):
            model.attack(digits.x_test[:64], digits.y_test[:64], db.PGD(eps=0.3, steps=1_000_000))
    finally:
        signal.signal(signal.SIGALRM, before)


def test_other_threads_run_meanwhile(model: db.Model, digits: db.data.Data) -> None:
    """Without the interpreter's lock: a thread of Python's counts while another one attacks, and two attack at once."""
    x, y = digits.x_test[:128], digits.y_test[:128]
    expected = model.attack(x, y, db.PGD(eps=0.3, steps=5)).examples
    found: list[np.ndarray] = []

    def attack() -> None:
        found.append(model.attack(x, y, db.PGD(eps=0.3, steps=5)).examples)

    threads = [threading.Thread(target=attack) for _ in range(2)]
    for thread in threads:
        thread.start()
    counted = 0
    while any(thread.is_alive() for thread in threads):
        counted += 1
    assert counted > 1000
    assert len(found) == 2 and all(np.array_equal(one, expected) for one in found)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:.*fork.*")
def test_a_forked_process_computes_the_same(model: db.Model, digits: db.data.Data) -> None:
    x = digits.x_test[:64]
    expected = model.logits(x)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(writer, b"same" if np.array_equal(model.logits(x), expected) else b"other")
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        said = pipe.read()
    os.waitpid(child, 0)
    assert said == b"same"
    assert np.array_equal(model.logits(x), expected)


def test_progress_is_told_to_tqdm(model: db.Model, digits: db.data.Data, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[tuple[str, int]] = []

    class Bar:
        def __init__(self, total: int, desc: str, leave: bool, disable: bool | None) -> None:
            self.total, self.desc, self.n, self.initial = total, desc, 0, 0

        def update(self, steps: int) -> None:
            self.n += steps
            heard.append((self.desc, self.n))

        def close(self) -> None:
            heard.append(("closed", self.n))

    class Module:
        tqdm = Bar

    monkeypatch.setitem(sys.modules, "tqdm.auto", Module)  # type: ignore[arg-type]
    model.attack(digits.x_test[:300], digits.y_test[:300], db.FGSM(eps=0.1), progress=True)
    assert heard[-2:] == [("fgsm", 300), ("closed", 300)]
    heard.clear()
    model.attack(digits.x_test[:3], digits.y_test[:3], db.FGSM(eps=0.1), progress=False)
    assert heard == []
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)  # type: ignore[arg-type]
    model.attack(digits.x_test[:3], digits.y_test[:3], db.FGSM(eps=0.1))
    with pytest.raises(ImportError):
        model.attack(digits.x_test[:3], digits.y_test[:3], db.FGSM(eps=0.1), progress=True)


MEMORY = """
import resource, sys
import doubleback as db
import numpy as np

db.num_threads(2)
model = db.load(sys.argv[1])
x = np.random.default_rng(0).random((int(sys.argv[2]), 1, 28, 28), np.float32)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
model.logits(x)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * (1 if sys.platform == "darwin" else 1024))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="this system does not say how much memory was taken")
def test_images_are_not_copied_as_a_whole(model: db.Model, tmp_path: Path) -> None:
    model.save(tmp_path / "model.safetensors")
    images = 50_000
    words = [sys.executable, "-c", MEMORY, str(tmp_path / "model.safetensors"), str(images)]
    taken = int(subprocess.run(words, capture_output=True, text=True, check=True).stdout)
    assert taken < 64 << 20 < images * 784 * 4, f"{taken >> 20} MB beside the images"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells the peak of a process")
def test_an_attack_takes_little_memory_beside_its_examples(tmp_path: Path) -> None:
    """A network of which a batch's activations take 50 MB, and memory that huge pages would double."""
    program = """
import os, re
import numpy as np
import doubleback as db
assert "MIMALLOC_ARENA_EAGER_COMMIT" not in os.environ
def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1]) / 1024
db.num_threads(2)
digits = db.data.load("mnist-mini")
model = db.train(digits.x_train[:16], digits.y_train[:16], arch="small-cnn", steps=1, batch=8, progress=False)
x = np.random.default_rng(0).random((2000, 1, 28, 28), np.float32)
before = peak()
model.attack(x, np.zeros(2000, int), db.FGSM(eps=0.1), progress=False)
print(peak() - before - x.nbytes / 2**20)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path, check=True)
    assert float(done.stdout) < 64
