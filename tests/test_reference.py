"""The API reference: made without a warning, with all that is public, its links lead somewhere."""

import ast
import html.parser
import importlib
import importlib.util
import inspect
import subprocess
import sys

import pytest

from tests.test_docs import ROOT
from tests.test_types import MODULES, functions_of

MAKE = ROOT / "docs" / "make_reference.py"


class Page(html.parser.HTMLParser):
    """The anchors of a page, the targets of its links, and the text that is seen."""

    def __init__(self, path):
        super().__init__()
        self.anchors, self.targets, self.text = set(), [], []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.anchors.add(attributes.get("id"))
        # Those with ${...} are in the script that fills the page with what is searched for.
        for target in filter(None, map(attributes.get, ("href", "src"))):
            if not target.startswith(("data:", "${")):
                self.targets.append(target)
                # What is elsewhere is for a reader to follow, never for the page to load.
                assert tag == "a" or "//" not in target, target

    def handle_data(self, data):
        self.text.append(data)


def make(*arguments):
    command = [sys.executable, MAKE, *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    """The pages by their paths, made once: it takes ten seconds and more."""
    if importlib.util.find_spec("pdoc") is None:
        pytest.skip("pdoc is not installed: it comes with the extra `docs`")
    directory = tmp_path_factory.mktemp("made") / "reference"
    done = make(directory)
    assert (done.returncode, done.stderr) == (0, "")
    assert "index.html" in done.stdout
    return {path: Page(path) for path in directory.rglob("*.html")}


def page_of(reference, module):
    """The page of a module."""
    end = f"reference/{module.replace('.', '/')}.html"
    return next(page for path, page in reference.items() if path.as_posix().endswith(end))


def public_names(name):
    """What a module makes public: what `__all__` lists, or all that its source defines."""
    module = importlib.import_module(name)
    if hasattr(module, "__all__"):
        return [each for each in module.__all__ if not inspect.ismodule(getattr(module, each))]
    names = []
    for node in ast.parse(inspect.getsource(module)).body:
        targets = getattr(node, "targets", [getattr(node, "target", None)])
        names += [target.id for target in targets if isinstance(target, ast.Name)]
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.append(node.name)
    return [each for each in names if not each.startswith("_")]


@pytest.mark.slow
def test_every_public_name_is_in_it(reference):
    names = {name: public_names(name) for name in ["lowlevel", *MODULES]}
    for name in MODULES:
        module = importlib.import_module(name)
        for function, _ in functions_of(module):
            owner, _, method = function.partition(".")
            constructed = method == "__init__"  # one without arguments says no more than its class
            if constructed and not inspect.signature(getattr(module, owner)).parameters:
                continue
            if owner in names[name]:
                names[name].append(function)
    assert "Model.fit" in names["lowlevel.model"]
    assert "Network.__call__" in names["lowlevel.nets"] + names["lowlevel.nets.network"]
    missing = [
        f"{module}.{name}"
        for module, members in names.items()
        for name in members
        if name not in page_of(reference, module).anchors
    ]
    assert not missing


@pytest.mark.slow
def test_every_module_is_in_the_table_of_its_package(reference):
    for module in MODULES:
        package, _, name = module.rpartition(".")
        target = f"{package.rpartition('.')[2]}/{name}.html"
        assert target in page_of(reference, package).targets, module


@pytest.mark.slow
def test_links_lead_somewhere(reference):
    count = 0
    for path, page in reference.items():
        for target in page.targets:
            if "//" in target:
                continue
            file, _, anchor = target.partition("#")
            linked = (path.parent / file).resolve() if file else path
            assert linked in reference or linked.is_file(), f"{path}: {target}"
            if anchor:
                assert anchor in reference[linked].anchors, f"{path}: {target}"
            count += 1
    assert count > 1000


@pytest.mark.slow
def test_types_have_the_names_that_a_reader_knows(reference):
    targets = page_of(reference, "lowlevel.ops.conv").targets
    assert {"../types.html#ArrayLike", "../types.html#Tensor"} <= set(targets)
    for path, page in reference.items():
        text = "".join(page.text)
        assert "tensorflow.python" not in text, path
        assert str(ROOT) not in text, path


def test_a_directory_with_something_else_is_left_alone(tmp_path):
    (tmp_path / "lowlevel").mkdir()
    (tmp_path / "lowlevel" / "mine.html").write_text("mine")
    done = make(tmp_path)
    assert done.returncode == 2
    assert done.stderr == (
        f"{tmp_path} holds something other than a reference; name a new directory.\n"
    )
    assert (tmp_path / "lowlevel" / "mine.html").read_text() == "mine"
    assert make(MAKE).stderr == f"{MAKE} is not a directory.\n"
