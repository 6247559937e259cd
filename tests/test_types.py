"""Types: mypy is content with the package and what README.md and docs/ show; all is annotated."""

import importlib
import importlib.util
import inspect
import pkgutil
import subprocess
import sys

import pytest

import lowlevel
from tests.test_docs import CHAPTERS, PAGES, README, ROOT, blocks_of

MODULES = sorted(
    module.name for module in pkgutil.walk_packages(lowlevel.__path__, f"{lowlevel.__name__}.")
)


def mypy(tmp_path, *paths):
    """What mypy says about these files, by the settings in setup.cfg: its status, and its text."""
    if importlib.util.find_spec("mypy") is None:
        pytest.skip("mypy is not installed: it comes with the extra `test`")
    command = ["-m", "mypy", "--config-file", "setup.cfg", "--cache-dir", tmp_path / "cache"]
    done = subprocess.run(
        [sys.executable, *command, *paths], cwd=ROOT, capture_output=True, text=True
    )
    return done.returncode, done.stdout + done.stderr


def test_mypy_is_content_with_the_package_and_with_blocks_of_pages(tmp_path):
    files = []
    for page in PAGES:
        blocks = [block for language, block, _ in blocks_of(page) if language == "python"]
        assert blocks or page != README
        if page in CHAPTERS:  # its blocks go on from each other
            blocks = ["\n".join(blocks)]
        for block in blocks:
            files.append(tmp_path / f"page_{page.stem.replace('-', '_')}_{len(files)}.py")
            files[-1].write_text(block, encoding="utf-8")
    status, text = mypy(tmp_path, "lowlevel", *files)
    assert status == 0, text


def test_mypy_sees_a_wrong_argument(tmp_path):
    """So that the test above can fail: the types are found, and they are not `Any` throughout."""
    file = tmp_path / "wrong.py"
    file.write_text(
        "from lowlevel import ops\n\nops.max_pool2d([[[[1.0]]]], window='2')\n", "utf-8"
    )
    status, text = mypy(tmp_path, file)
    assert status == 1
    assert 'Argument "window" to "max_pool2d" has incompatible type "str"' in text


def functions_of(module):
    """The public functions and methods that a module defines, by name."""
    for name, value in vars(module).items():
        if name.startswith("_") or getattr(value, "__module__", None) != module.__name__:
            continue
        if inspect.isfunction(value):
            yield name, value
        elif inspect.isclass(value):
            for method, member in vars(value).items():
                function = getattr(member, "fget", getattr(member, "__func__", member))
                function = getattr(function, "func", function)  # of a cached property
                public = not method.startswith("_") or method in ("__init__", "__call__")
                if public and inspect.isfunction(function):
                    yield f"{name}.{method}", function


@pytest.mark.parametrize("name", MODULES)
def test_what_is_public_says_its_types(name):
    for what, function in functions_of(importlib.import_module(name)):
        signature = inspect.signature(function)
        untyped = [
            parameter.name
            for parameter in signature.parameters.values()
            if parameter.name not in ("self", "cls") and parameter.annotation is parameter.empty
        ]
        if signature.return_annotation is signature.empty:
            untyped.append("its result")
        assert not untyped, f"{name}.{what}: no type of {', '.join(untyped)}"


def test_the_types_are_installed_with_the_package():
    assert (ROOT / "lowlevel" / "py.typed").is_file()
    assert "lowlevel =\n    py.typed\n" in (ROOT / "setup.cfg").read_text(encoding="utf-8")
