#!/usr/bin/env python3
"""Runs chapters of docs/guide and writes what their Python blocks print into them.

    python docs/update_outputs.py [PAGE ...]

A Python block and the `text` block right after it are a cell: code and what it prints. The cells of
a page share a namespace, and a temporary directory. The tests run the same cells and compare.
"""

import argparse
import contextlib
import difflib
import io
import os
import sys
import tempfile
import unittest
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from sybil import Document, Region
from sybil.evaluators.python import PythonEvaluator
from sybil.parsers.markdown.lexers import FencedCodeBlockLexer

GUIDE = Path(__file__).resolve().parent / "guide"
CHAPTERS = "[0-9]*.md"
blocks_in = FencedCodeBlockLexer("python|text")
execute = PythonEvaluator()


def cells(document):
    """A parser for Sybil: each Python block, with the `text` block right after it as `output`.

    An output is None if there is no such block.
    """
    cell = None
    for block in blocks_in(document):
        if block.lexemes["language"] == "python":
            if cell is not None:
                yield cell
            source = block.lexemes["source"]
            cell = Region(block.start, block.end, source, check, {"output": None})
            cell.end_of_source = block.end
        elif cell is not None and not document.text[cell.end : block.start].strip():
            cell.lexemes["output"] = str(block.lexemes["source"])
            cell.end = block.end
            yield cell
            cell = None
        else:
            yield Region(block.start, block.end, evaluator=lambda _: "no Python block before it")
    if cell is not None:
        yield cell


def run(cell):
    """Executes a cell, a Sybil `Example`; returns what it prints, as lines."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        execute(cell)
    text = printed.getvalue()
    return text if text.endswith("\n") or not text else f"{text}\n"


def check(cell):
    """Executes a cell. Returns None, or how what it prints differs from what the page says.

    After a cell that has failed, the rest of the page is skipped.
    """
    if getattr(cell.document, "failed", False):
        raise unittest.SkipTest("a cell above it has failed")
    cell.document.failed = True
    printed, output = run(cell), cell.region.lexemes["output"]
    cell.document.failed = False
    if printed == (output or ""):
        return None
    lines = difflib.unified_diff(
        (output or "").splitlines(), printed.splitlines(), "the page says", "it prints", lineterm=""
    )
    return "\n".join([*lines, "If that is right, run `python docs/update_outputs.py`."])


@contextlib.contextmanager
def workplace(namespace):
    """What the cells of a page have around them: a temporary current directory, and a name."""
    namespace["__name__"] = "__main__"
    before = os.getcwd()
    with tempfile.TemporaryDirectory() as directory:
        os.chdir(directory)
        try:
            yield
        finally:
            os.chdir(before)


def updated(page):
    """The text of a page, a path, with the outputs of its cells as they are now."""
    document = Document.parse(str(page.resolve()), cells)
    parts, end = [], 0
    with workplace(document.namespace):
        for cell in document:
            if cell.region.evaluator is not check:
                cell.evaluate()  # raises
            printed = run(cell)
            parts.append(document.text[end : cell.region.end_of_source])
            parts.append(f"\n```text\n{printed}```" if printed else "")
            end = cell.end
    return "".join([*parts, document.text[end:]])


def main():
    """Updates the pages that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pages", nargs="*", type=Path, metavar="PAGE", help="(default: all)")
    pages = parser.parse_args().pages or sorted(GUIDE.glob(CHAPTERS))
    for page in pages:
        if not page.is_file() or not page.match(CHAPTERS):
            parser.exit(2, f"{page} is no chapter; chapters are files {CHAPTERS} in {GUIDE}.\n")
    for page in pages:
        before, now = page.read_text(encoding="utf-8"), updated(page)
        page.write_text(now, encoding="utf-8")
        print(f"{page.name}: {'as it was' if before == now else 'updated'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
