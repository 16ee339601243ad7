"""Every block of Python on the pages of the package runs, in order."""

from __future__ import annotations

import contextlib
import doctest
import importlib.util
import io
import re
from pathlib import Path

import doubleback as db
import pytest
from doubleback import _open, data

DOCS = Path(__file__).parents[2] / "docs"
HAS_TORCH = importlib.util.find_spec("torch") is not None


def blocks(page: str) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```$", (DOCS / page).read_text(), re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("page", ["python.md", "python-from-others.md"])
def test_all_blocks_run(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": "page"}
    found = blocks(page)
    assert len(found) > 4
    for place, block in enumerate(found):
        if "torch" in block and not HAS_TORCH:
            # A model that is trained here stands for the one of torch.
            digits = names["digits"]
            assert isinstance(digits, db.data.Data)
            if "model" not in names:
                names["model"] = db.train(digits.x_train[:2000], digits.y_train[:2000], steps=60, batch=64)
            print(f"skipped: {page}, block {place + 1} needs torch")
            continue
        with contextlib.redirect_stdout(io.StringIO()):
            exec(compile(block, f"{page}, block {place + 1}", "exec"), names)
    if page == "python.md":
        assert (tmp_path / "audit/report.html").exists() and (tmp_path / "robust.safetensors").exists()


@pytest.mark.parametrize("module", [db, data, _open])
def test_examples_of_docstrings_are_right(module: object) -> None:
    tried = doctest.testmod(module)  # type: ignore[arg-type]
    assert tried.attempted > 0 and tried.failed == 0


def test_the_readme_runs(tmp_path: Path) -> None:
    text = (Path(__file__).parents[1] / "README.md").read_text()
    (block,) = re.findall(r"^```python\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    # Fewer steps than a reader takes.
    with contextlib.redirect_stdout(io.StringIO()) as said:
        exec(compile(block.replace("steps=400", "steps=5"), "README.md", "exec"), {})
    assert said.getvalue().startswith("<PGD(eps=0.1")
