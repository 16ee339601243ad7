"""The console script is the command line."""

from __future__ import annotations

import signal
import subprocess
import sys
import sysconfig
from pathlib import Path

import doubleback as db
import numpy as np

MODULE = [sys.executable, "-m", "doubleback"]


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*MODULE, *words], capture_output=True, text=True, check=False)


def test_it_says_its_version_and_what_is_wrong() -> None:
    assert run("--version").stdout == f"doubleback {db.__version__}\n"
    wrong = run("attac")
    assert wrong.returncode == 2 and wrong.stdout == ""
    assert wrong.stderr.startswith("error: unrecognized subcommand 'attac'") and wrong.stderr.count("\n") == 1
    missing = run("inspect", "nowhere.safetensors")
    assert missing.returncode == 2 and missing.stderr.startswith("error: nowhere.safetensors: ")


def test_it_reads_what_python_wrote(model: db.Model, digits: db.data.Data, tmp_path: Path) -> None:
    model.save(tmp_path / "model.safetensors")
    out = tmp_path / "examples.npz"
    words = ["attack", "--model", str(tmp_path / "model.safetensors"), "--dataset", "mnist-mini", "--attack", "pgd"]
    done = run(*words, "--eps", "0.1", "--count", "40", "--out", str(out))
    assert done.returncode == 0, done.stderr
    found = np.load(next(tmp_path.glob("examples*.npz")))
    here = model.attack(found["originals"], found["label"], db.PGD(eps=0.1))
    # The same engine: the same bits.
    assert np.array_equal(here.examples, found["examples"])
    assert np.array_equal(here.prediction, found["prediction"]) and np.array_equal(here.success, found["success"])


def test_the_script_is_installed() -> None:
    script = Path(sysconfig.get_path("scripts")) / "doubleback"
    done = subprocess.run([script, "data", "list"], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "mnist-mini" in done.stdout


PLAN = """
datasets = ["mnist-mini"]
steps = 3
batch = 32
[[defense]]
name = "doubleback"
lambda = [0.5]
[measure]
test_eps = [0.1]
test_images = 32
"""


def test_a_sweep_starts_the_script_again(tmp_path: Path) -> None:
    """Each of its trainings is a process of the same program, whether that is the script or the module."""
    (tmp_path / "plan.toml").write_text(PLAN)
    script = str(Path(sysconfig.get_path("scripts")) / "doubleback")
    for name, program in {"script": [script], "module": MODULE}.items():
        words = [*program, "sweep", str(tmp_path / "plan.toml"), "--out", str(tmp_path / name), "--jobs", "2"]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        cells = sorted(path.name for path in (tmp_path / name / "cells").iterdir())
        assert len(cells) == 2 and all(
            (tmp_path / name / "cells" / cell / "model.safetensors").exists() for cell in cells
        )
    assert (tmp_path / "script/results.json").read_bytes() == (tmp_path / "module/results.json").read_bytes()
    trained = db.load(tmp_path / "script/cells" / cells[0] / "model.safetensors")
    assert trained.summary()["card"]["steps"] == "3"


def test_ctrl_c_ends_a_command(tmp_path: Path) -> None:
    words = ["train", "--dataset", "mnist-mini", "--defense", "normal", "--steps", "100000"]
    process = subprocess.Popen(
        [*MODULE, "--log-format", "json", *words, "--out", str(tmp_path / "a.safetensors")],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    # It has begun once it says how far it is.
    process.stderr.readline()
    process.send_signal(signal.SIGINT)
    _, said = process.communicate()
    assert process.returncode == 130 and "interrupted" in said
