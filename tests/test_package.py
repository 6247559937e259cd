"""What `import lowlevel` gives: what is public, and nothing before it is used."""

import subprocess
import sys

import pytest

import lowlevel


def run(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)


def test_importing_the_package_imports_nothing_else():
    code = "import sys; before = set(sys.modules); import lowlevel; import json; "
    code += "print([name for name in set(sys.modules) - before if name[:3] in ('ten', 'num')])"
    assert run(code).stdout == "[]\n"


def test_each_public_name_is_there_once_it_is_used():
    code = "import sys; sys.modules['keras'] = None  # TensorFlow comes sooner without it\n"
    code += "import lowlevel as l; print([getattr(l, name).__name__ for name in l.__all__])"
    names = run(code).stdout
    assert "'Model', 'lowlevel.gradients', 'lowlevel.training.hooks'" in names


def test_dir_shows_what_is_public_and_nothing_else():
    from lowlevel import checks, cli  # noqa: F401

    assert dir(lowlevel) == sorted([*lowlevel.__all__, "__version__"])


def test_another_name_is_an_error_that_lists_what_there_is():
    with pytest.raises(AttributeError, match=r"no 'tensors'; it has Model, gradients, .*, ops"):
        lowlevel.tensors  # noqa: B018
