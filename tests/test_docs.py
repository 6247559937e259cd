"""README.md and docs/: their blocks run, their links lead somewhere, nothing is out of date.

Python blocks run one after another, each in a namespace of its own. Shell blocks run too, but for
those with a comment `<!-- not run: why -->` on the line before; where they only start scripts, and
outside the README, in this process, which has TensorFlow already. The blocks of one page share a
directory with copies of `scripts/` and of the network that ships, in which they may write.

The chapters of docs/guide are run by docs/conftest.py, which compares what they print as well.
"""

import importlib
import os
import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import keras
import pytest

from lowlevel import shipped

ROOT = Path(__file__).resolve().parent.parent
README, DOCS = ROOT / "README.md", ROOT / "docs"
GUIDE = DOCS / "guide"
CHAPTERS = sorted(GUIDE.glob("[0-9]*.md"))
PAGES = sorted([README, *DOCS.glob("*.md"), *GUIDE.glob("*.md")])
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
SCRIPT = re.compile(r"python (scripts/\w+\.py[\w ./-]*)")
NOT_RUN = re.compile(r"<!-- not run: \S[^\n]* -->\n\Z")


def name_of(page):
    return str(page.relative_to(ROOT))


def blocks_of(page):
    """(language, block, whether it is to be run) of each block."""
    text = page.read_text(encoding="utf-8")
    for fence in FENCE.finditer(text):
        language, block = fence.groups()
        runs = language in ("python", "sh") and not NOT_RUN.search(text[: fence.start()])
        yield language, block, runs


PAGES_THAT_RUN = [
    page for page in PAGES if page not in CHAPTERS and any(runs for *_, runs in blocks_of(page))
]


def prose_of(page):
    """The text of a page without its blocks, and without code in lines."""
    return re.sub(r"`[^`\n]*`", "`code`", FENCE.sub("", page.read_text(encoding="utf-8")))


def anchors_of(page):
    """The anchors that GitHub gives the headings of a page."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    headings = [heading.lower() for heading in re.findall(r"^#+ (.*)$", text, re.M)]
    return {re.sub(r"[^\w\- ]", "", heading).replace(" ", "-") for heading in headings}


@pytest.fixture
def workplace(tmp_path, monkeypatch):
    """The current directory while a page's blocks run; in it, `python` is this Python."""
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    shutil.copytree(shipped.MNIST, tmp_path / "lowlevel" / "shipped" / "mnist")
    commands = tmp_path / "bin"
    commands.mkdir()
    python = commands / "python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    monkeypatch.setenv("PATH", f"{commands}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("LOWLEVEL_CACHE", str(tmp_path / "cache"))  # nothing is in it
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("page", PAGES_THAT_RUN, ids=name_of)
def test_blocks_run(page, workplace, monkeypatch):
    for language, block, runs in blocks_of(page):
        if not runs:
            continue
        scripts = [SCRIPT.fullmatch(line) for line in block.splitlines()]
        if language == "python":
            exec(compile(block, name_of(page), "exec"), {"__name__": "__main__"})
        elif page != README and all(scripts):
            for script in scripts:
                monkeypatch.setattr(sys, "argv", script[1].split())
                with pytest.raises(SystemExit) as stop:
                    runpy.run_path(sys.argv[0], run_name="__main__")
                assert not stop.value.code, script[0]
        else:
            done = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", block], capture_output=True, text=True
            )
            assert done.returncode == 0, f"{block}{done.stdout}{done.stderr}"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_block_says_what_it_is(page):
    """So that none escapes by the name of its language."""
    for language, block, runs in blocks_of(page):
        if page in CHAPTERS:  # there is nothing there that runs a shell
            assert language in ("python", "text", "") or not runs, block
        else:
            assert language in ("python", "sh", ""), block
        assert language or not re.search(r"^(python|import|from) ", block, re.M), block
    assert page.read_text(encoding="utf-8").count("```") == 2 * len(list(blocks_of(page)))
    for comment in re.findall(r"<!--.*?-->\n?.*", page.read_text(encoding="utf-8")):
        assert re.fullmatch(r"<!-- not run: \S[^\n]* -->\n```sh", comment)


def test_lines_that_are_not_run_name_scripts_and_options_that_exist():
    options = (DOCS / "options.md").read_text(encoding="utf-8")
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for line in re.findall(r"python scripts/([a-z_]+\.py[^`|\n]*)", text):
            # A script may be given another one with its options.
            for script, given in re.findall(r"([a-z_]+)\.py((?:(?![a-z_]+\.py).)*)", line):
                section = options[options.index(f"\n## {script}\n") :].split("\n## ")[1]
                for option in re.findall(r"--[a-z-]+", given):
                    assert f"| `{option}" in section, f"{page}: {line}"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", prose_of(page)):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        linked = (page.parent / path).resolve() if path else page
        assert linked.exists(), f"{page}: {target}"
        assert linked.is_relative_to(ROOT)
        if anchor:
            assert anchor in anchors_of(linked), f"{page}: {target}"


def test_index_lists_every_page():
    linked = set(re.findall(r"\]\((\w[\w-]*\.md)\)", (DOCS / "README.md").read_text()))
    assert linked == {page.name for page in DOCS.glob("*.md")} - {"README.md"}


def test_guide_lists_every_chapter():
    linked = re.findall(r"^\d+\. \[.*\]\(([\w-]+\.md)\)", (GUIDE / "README.md").read_text(), re.M)
    assert linked == [chapter.name for chapter in CHAPTERS]


@pytest.mark.parametrize("chapter", CHAPTERS, ids=name_of)
def test_exercises_have_solutions_that_are_executed(chapter):
    exercises = chapter.read_text(encoding="utf-8").partition("\n## Exercises\n")[2]
    solutions = re.findall(r"^<details>.*?^</details>$", exercises, re.M | re.S)
    assert len(solutions) == len(re.findall(r"^\*\*\d+\.\*\*", exercises, re.M)) > 0
    assert all("```python\n" in solution for solution in solutions)


@pytest.mark.parametrize("chapter", CHAPTERS, ids=name_of)
def test_functions_compile_without_a_warning_where_they_are_typed(chapter):
    """AutoGraph warns of each function whose source it cannot read, as at Python's prompt."""
    for _, block, runs in blocks_of(chapter):
        if runs:
            assert len(re.findall(r"@?tf\.function\b", block)) == block.count("autograph=False"), (
                block
            )


def test_names_in_code_exist():
    """Such as `ops.conv2d`; and Keras's in the tables of what is what."""
    modules = {
        name: importlib.import_module(f"lowlevel.{path}{name}")
        for path, names in {
            "": ("ops", "losses", "metrics", "optimizers", "schedules", "gradients"),
            "nets.": ("parts",),
            "training.": ("hooks",),
        }.items()
        for name in names
    }
    in_code = re.compile(rf"(?<![\w./])({'|'.join(modules)})\.(?!py\b|jsonl\b)(\w+)")
    keras_modules = keras.layers, keras.losses, keras.metrics, keras.optimizers, keras.callbacks
    for page in PAGES:
        text = FENCE.sub("", page.read_text(encoding="utf-8"))
        for span in re.findall(r"`([^`\n]+)`", text):
            for module, name in in_code.findall(span):
                assert hasattr(modules[module], name), f"{page}: {module}.{name}"
        for table in re.findall(r"^\| Keras \| here.*\n\|[-|]*\n((?:\|.*\n)*)", text, re.M):
            for row in table.splitlines():
                for name in re.findall(r"`([A-Z]\w+)", row.split(" | ")[0]):
                    known = any(hasattr(module, name) for module in keras_modules)
                    assert known or hasattr(keras.optimizers.schedules, name), f"{page}: {name}"


def test_readme_is_one_look():
    text = README.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 200
    quick_start = text[text.index("## Quick start") :].split("\n## ")[0]
    commands = [block for language, block in FENCE.findall(quick_start) if language == "sh"]
    assert len(commands) == 2
    assert "scripts/train_mnist.py" in commands[0]
    assert "-m pytest" in commands[1]


def test_readme_names_every_network():
    from lowlevel.nets import NETS

    text = README.read_text(encoding="utf-8")
    table = text.partition("## What is in it")[2].partition("\n## ")[0]
    assert set(re.findall(r"\[`(\w+)`\]\(lowlevel/nets/\1\.py\)", table)) == set(NETS)


def test_options_are_current():
    """Made without TensorFlow, as the command promises that writes the page."""
    code = (
        "import runpy, sys; page = runpy.run_path(sys.argv[1])['page'](); "
        "assert 'tensorflow' not in sys.modules; sys.stdout.write(page)"
    )
    made = subprocess.run(
        [sys.executable, "-c", code, str(DOCS / "make_options.py")], capture_output=True, text=True
    )
    assert made.returncode == 0, made.stderr
    page = (DOCS / "options.md").read_text(encoding="utf-8")
    assert page == made.stdout, "docs/options.md is out of date: run `python docs/make_options.py`"


def test_the_page_of_a_step_is_current():
    """Its script and style are those of the package, and it is small enough to be looked at."""
    from lowlevel.inspection import explain

    page, files = DOCS / "step.html", ROOT / "lowlevel" / "inspection" / "page"
    text = page.read_text(encoding="utf-8")
    for name in ("page.css", *explain.SCRIPTS):
        part = (files / name).read_text(encoding="utf-8")
        assert part in text, f"docs/{page.name} is out of date: run `python docs/make_step_page.py`"
    assert page.stat().st_size < 3 * 2**20
    assert (DOCS / "step.png").stat().st_size < 300 * 1024
