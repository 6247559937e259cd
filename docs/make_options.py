#!/usr/bin/env python3
"""Writes docs/options.md: every option of every script, taken from the scripts' own parsers.

    python docs/make_options.py

Imports no TensorFlow. The page does not depend on the version of Python.
"""

import argparse
import contextlib
import importlib.util
import inspect
import sys
from pathlib import Path
from unittest import mock

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "options.md"
PARSING = ("parse_args", "parse_intermixed_args")  # where a script hands over to its parser

INTRODUCTION = """\
# Options of the scripts

Made from the scripts by `python docs/make_options.py`; a test fails when this page is out of date.
`python scripts/NAME.py --help` says the same. How a run is stopped, resumed and started over is
described in [Training](training.md).
"""


def parser_of(script):
    """The `argparse.ArgumentParser` of a script, which is stopped when it comes to parse."""
    found = []

    def stop(parser, *args, **keywords):
        found.append(parser)
        raise SystemExit

    spec = importlib.util.spec_from_file_location(script.stem, script)
    module = importlib.util.module_from_spec(spec)
    with (
        mock.patch.multiple(argparse.ArgumentParser, **dict.fromkeys(PARSING, stop)),
        contextlib.suppress(SystemExit),
    ):
        spec.loader.exec_module(module)  # a script without functions parses here
        module.parse_arguments()
    return found[0]


def page():
    """The text of docs/options.md."""
    scripts = sorted((ROOT / "scripts").glob("*.py"))
    index = [f"- [`{script.name}`](#{script.stem})" for script in scripts]
    sections = [section(script.name, parser_of(script)) for script in scripts]
    return "\n".join([INTRODUCTION, *index, "", "\n".join(sections)])


def section(name, parser):
    """What the page says of one script: its description, its usage, and a table per group."""
    actions = [action for action in parser._actions if not isinstance(action, argparse._HelpAction)]
    positional = [values(action) for action in actions if not action.option_strings]
    usage = " ".join([f"python scripts/{name}", *positional, "[options]"])
    parts = [
        f"## {name.removesuffix('.py')}",
        inspect.cleandoc(parser.description),
        f"Usage: `{usage}`",
    ]
    for group in parser._action_groups:
        rows = [row(parser, action) for action in group._group_actions if action in actions]
        if rows:
            title = group.title.removeprefix("positional ")
            parts.append(f"**{title[0].upper()}{title[1:]}**")
            if group.description:
                parts.append(group.description)
            kind = "argument" if title == "arguments" else "option"
            parts.append("\n".join([f"| {kind} | meaning |", "|---|---|", *rows]))
    return "\n\n".join(parts) + "\n"


def row(parser, action):
    """The line of the table for one argument."""
    name = " ".join(filter(None, [", ".join(action.option_strings), values(action)]))
    text = (action.help or "") % (vars(action) | {"prog": parser.prog})
    return f"| `{in_cell(name)}` | {in_cell(text)} |"


def values(action):
    """What follows an option, such as `N` or `N [N ...]`; or the name of a positional argument."""
    if action.nargs == 0:
        return ""
    name = action.metavar or (action.dest.upper() if action.option_strings else action.dest)
    if action.choices is not None and action.metavar is None:
        name = f"{{{','.join(map(str, action.choices))}}}"
    return {"+": f"{name} [{name} ...]", "*": f"[{name} ...]"}.get(action.nargs, name)


def in_cell(text):
    """Text as a cell of a Markdown table holds it."""
    return text.replace("|", r"\|").replace("<", "&lt;")


def main():
    """Writes the page."""
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
