"""docs/update_outputs.py: runs the cells of a page, compares what they print, or writes it."""

import os
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parent.parent / "docs"
GOOD = """\
# A page

```python
x = 1
```

Text in between.

```python
print("one")
print(x + 1)
```
```text
one
2
```

```python
import pathlib

_ = pathlib.Path("left.txt").write_text("")
```
"""
STALE = GOOD.replace("one\n2\n", "one\n3\n")
SILENT = GOOD.replace("```text\none\n2\n```\n", "")
RAISES = GOOD.replace("x = 1\n", "x = 1 / 0\n")
APART = GOOD.replace("```text\n", "It prints\n\n```text\n")


@pytest.fixture
def tool():
    return runpy.run_path(str(DOCS / "update_outputs.py"))


@pytest.fixture
def page(tmp_path, monkeypatch):
    """A chapter to be, in the current directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path / "01-page.md"


@pytest.mark.parametrize("text", [GOOD, STALE, SILENT])
def test_outputs_are_written(text, tool, page):
    page.write_text(text)
    before = os.getcwd()
    assert tool["updated"](page) == GOOD
    assert os.getcwd() == before
    assert [path.name for path in page.parent.iterdir()] == ["01-page.md"]


def test_what_is_printed_no_longer_loses_its_block(tool, page):
    page.write_text(GOOD.replace('print("one")\nprint(x + 1)\n', "y = 2\n"))
    assert "```text" not in tool["updated"](page)


def test_a_text_block_without_code_is_an_error(tool, page):
    page.write_text(APART)
    with pytest.raises(AssertionError, match=r"(?s)line 15.*no Python block before it"):
        tool["updated"](page)


def test_pytest_runs_the_cells_and_says_what_is_wrong(tmp_path):
    pages = {"good": GOOD, "stale": STALE, "silent": SILENT, "apart": APART, "raises": RAISES}
    (tmp_path / "guide").mkdir()
    for name, text in pages.items():
        (tmp_path / "guide" / f"01-{name}.md").write_text(text)
    for name in ("conftest.py", "update_outputs.py"):
        shutil.copy(DOCS / name, tmp_path)
    command = ["-m", "pytest", "-p", "no:cacheprovider", "-v", "--rootdir", tmp_path, tmp_path]
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True, cwd=tmp_path)
    text = done.stdout
    assert done.returncode == 1, text
    assert "5 failed, 9 passed, 2 skipped" in text, text
    for line, outcome in [(3, "PASSED"), (9, "PASSED"), (18, "PASSED")]:
        assert f"guide/01-good.md::line:{line},column:1 {outcome}" in text
    for name, line in [("stale", 9), ("silent", 9), ("apart", 9), ("apart", 15), ("raises", 3)]:
        assert f"guide/01-{name}.md::line:{line},column:1 FAILED" in text
    assert "--- the page says\n+++ it prints\n@@ -1,2 +1,2 @@\n one\n-3\n+2\n" in text
    assert "@@ -0,0 +1,2 @@\n+one\n+2\nIf that is right, run `python docs/update" in text
    assert "no Python block before it" in text
    assert "01-raises.md:4: ZeroDivisionError" in text


def test_the_command_updates_pages_and_refuses_what_is_not_there(page):
    page.write_text(STALE)
    command = [sys.executable, DOCS / "update_outputs.py", page]
    assert subprocess.run(command, capture_output=True).stdout == b"01-page.md: updated\n"
    assert page.read_text() == GOOD
    assert subprocess.run(command, capture_output=True).stdout == b"01-page.md: as it was\n"
    for other in ("01-absent.md", DOCS / "model.md"):
        done = subprocess.run([*command, other], capture_output=True, text=True)
        assert done.returncode == 2
        assert done.stderr.startswith(f"{other} is no chapter; chapters are files [0-9]*.md in ")
