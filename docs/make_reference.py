#!/usr/bin/env python3
"""Writes the API reference: a page of HTML for each module of the package, from its docstrings.

    python docs/make_reference.py [DIRECTORY]

pdoc makes the pages (`pip install --editable '.[docs]'`). They need no network. Open index.html in
the directory, which is docs/reference if none is named.
"""

import argparse
import importlib
import inspect
import pkgutil
import re
import sys
import warnings
from pathlib import Path

import lowlevel
from lowlevel.checks import ConfigError, LowlevelError, import_extra, reason_of
from lowlevel.cli import command_line

ROOT = Path(__file__).resolve().parent.parent
FIRST_PAGE = "lowlevel.html"

# What pdoc's own pages lack: the modules of a package in a table, and `__call__`.
TEMPLATE = """\
{% extends "default/module.html.jinja2" %}
{% block style %}
{{ super() }}
<style>
nav.pdoc h2 { font-size: 1.4rem; }
main.pdoc table.modules td { padding: 0.2rem 0.7rem; vertical-align: top; }
main.pdoc table.modules p { margin: 0; }
</style>
{% endblock %}
{% block module_contents %}
{% if module.submodules %}
<table class="modules">
{% for part in module.submodules %}
{% set first = part.docstring.partition("\\n\\n")[0] | to_markdown | to_html %}
<tr>
<td>{{ part.taken_from | link(text=part.name) }}</td>
<td>{{ first | linkify(shorten=False) }}</td>
</tr>
{% endfor %}
</table>
{% endif %}
{{ super() }}
{% endblock %}
{% macro is_public(doc) %}
{% if doc.name == "__call__" and doc.docstring %}true{% endif %}
{{ default_is_public(doc) }}
{% endmacro %}
"""


class Word:
    """Stands in signatures for an alias of `lowlevel.types`: its name says more than its value."""

    def __init__(self, text):
        self.text = text

    def __repr__(self):
        return self.text

    def __or__(self, other):
        return Word(f"{self} | {inspect.formatannotation(other)}")

    def __ror__(self, other):
        return Word(f"{inspect.formatannotation(other)} | {self}")


def import_modules():
    """Imports the whole package, with the types called in signatures what its sources call them."""
    command_line.quiet_tensorflow()
    import tensorflow as tf

    names = (
        "DType",
        "Operation",
        "Tensor",
        "TensorShape",
        "TensorSpec",
        "Variable",
        "data.Dataset",
    )
    for name in names:
        place, _, short = f"tf.{name}".rpartition(".")
        value = tf.data.Dataset if name == "data.Dataset" else getattr(tf, name)
        value.__module__, value.__qualname__ = place, short
    types = importlib.import_module("lowlevel.types")
    aliases = {name: getattr(types, name) for name in types.__annotations__}
    for name in aliases:
        setattr(types, name, Word(f"lowlevel.types.{name}"))
    found = pkgutil.walk_packages(lowlevel.__path__, "lowlevel.")
    modules = [lowlevel, *(importlib.import_module(module.name) for module in found)]
    for name, value in aliases.items():
        setattr(types, name, value)
    for name in lowlevel.__all__:  # pdoc looks for what is there, not for what would be imported
        setattr(lowlevel, name, getattr(lowlevel, name))
    return modules


def link_imported(context, html, link):
    """HTML with links on names in backticks that the module imports, and on errors it raises.

    pdoc itself links those that the module defines, and those written in full.
    """

    def linked(match):
        value = vars(context["module"].obj).get(match[0])
        if inspect.ismodule(value):
            return link(context, (value.__name__, ""), match[0])
        if inspect.isclass(value) or inspect.isfunction(value):
            return link(context, (value.__module__, value.__qualname__), match[0])
        return match[0]

    names = r"(?<=<code>)[A-Za-z]\w*(?=</code>)|(?<=<strong>)\w+Error(?=:</strong>)"
    return type(html)(re.sub(names, linked, html))


def pages(pdoc, modules):
    """The text of each page, by its name."""
    render = pdoc.render
    render.configure(docformat="google")
    jinja2 = importlib.import_module("jinja2")
    own = jinja2.DictLoader({"module.html.jinja2": TEMPLATE})
    render.env.loader = jinja2.ChoiceLoader([own, render.env.loader])
    linkify, link = (render.env.filters[name] for name in ("linkify", "link"))
    render.env.filters["linkify"] = jinja2.pass_context(
        lambda context, *args, **options: link_imported(
            context, linkify(context, *args, **options), link
        )
    )
    docs = {module.__name__: pdoc.doc.Module(module) for module in modules}
    for name, doc in docs.items():  # all of them, and not those alone that `__all__` names
        doc.submodules = [docs[other] for other in docs if other.rpartition(".")[0] == name]
    docs["lowlevel"].submodules.append(docs["lowlevel.training.hooks"])  # `lowlevel.hooks`
    made = {f"{name.replace('.', '/')}.html": render.html_module(docs[name], docs) for name in docs}
    made |= {"index.html": render.html_index(docs), "search.js": render.search_index(docs)}
    return {name: tidy(text) for name, text in made.items()}


def tidy(text):
    """A page without the place of this clone, in which an alias of `lowlevel.types` is one word."""
    text = text.replace(f"{ROOT}/", "")
    return re.sub(r">lowlevel\.types\.(\w+)</a>", r">\1</a>", text)


def check_directory(directory):
    """Raises ConfigError unless the directory is new, empty, or holds a reference."""
    if directory.exists() and not directory.is_dir():
        raise ConfigError(f"{directory} is not a directory.")
    if directory.is_dir() and any(directory.iterdir()) and not (directory / FIRST_PAGE).is_file():
        raise ConfigError(
            f"{directory} holds something other than a reference; name a new directory."
        )


def write(directory, made):
    """Writes all pages, and removes those of modules that are gone."""
    for old in (directory / "lowlevel").rglob("*.html"):
        old.unlink()
    for name, text in made.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def main():
    """Writes the reference. Exits with 1 if pdoc warns, with 2 if the reference cannot be made."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("directory", type=Path, nargs="?", default=ROOT / "docs" / "reference")
    directory = parser.parse_args().directory
    try:
        check_directory(directory)
        pdoc = import_extra("pdoc", "docs")
        modules = import_modules()
        with warnings.catch_warnings(record=True) as met:
            warnings.simplefilter("always")
            made = pages(pdoc, modules)
        write(directory, made)
    except LowlevelError as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"cannot write to {directory}: {reason_of(error)}.", file=sys.stderr)
        return 2
    for warning in met:
        print(f"warning: {warning.message}", file=sys.stderr)
    print(f"wrote {len(modules)} pages; open {directory / 'index.html'}")
    return 1 if met else 0


if __name__ == "__main__":
    sys.exit(main())
