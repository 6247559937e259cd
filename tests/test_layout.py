"""The rules of the layout: imports point downwards, no Keras, no pickle, short files."""

import ast
import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE, SCRIPTS = ROOT / "lowlevel", ROOT / "scripts"
SOURCES = sorted([*PACKAGE.rglob("*.py"), *SCRIPTS.glob("*.py")])
ONE_PAGE = SCRIPTS / "mnist_on_one_page.py"

MAY_IMPORT_KERAS = {"scripts.compare_with_keras"}  # by name, where it is used

# A file may import from its own row or from a lower one.
ROWS = {
    "lowlevel": 0,
    "lowlevel.arrays": 0,
    "lowlevel.replicas": 0,
    "lowlevel.checks": 0,
    "lowlevel.files": 0,
    "lowlevel.keywords": 0,
    "lowlevel.meeting": 0,
    "lowlevel.progress": 0,
    "lowlevel.seeds": 0,
    "lowlevel.shipped": 0,
    "lowlevel.target_checks": 0,
    "lowlevel.types": 0,
    "lowlevel.ops": 1,
    "lowlevel.variables": 2,
    "lowlevel.cluster": 2,
    "lowlevel.joined_stores": 2,
    "lowlevel.initializers": 2,
    "lowlevel.data": 2,
    "lowlevel.update_rules": 3,
    "lowlevel.optimizer": 3,
    "lowlevel.optimizers": 3,
    "lowlevel.schedules": 3,
    "lowlevel.losses": 3,
    "lowlevel.metrics": 3,
    "lowlevel.average_precision": 3,
    "lowlevel.gradients": 3,
    "lowlevel.nets": 4,
    "lowlevel.storage": 4,
    "lowlevel.training": 5,
    "lowlevel.prediction": 6,
    "lowlevel.exchange": 6,
    "lowlevel.reports": 6,
    "lowlevel.inspection": 6,
    "lowlevel.model": 6,
    "lowlevel.cli": 7,
    "lowlevel.__main__": 7,
    "scripts": 8,
}


def module_name(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def row_of(module):
    """The row of a module: its own, or its package's."""
    while module not in ROWS:
        module = module.rpartition(".")[0]
        assert module, "a module without a row: add it to ROWS"
    return ROWS[module]


def imported_modules(path):
    """All modules that a file imports, at its top or inside a function, in full."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                is_module = node.module.startswith("lowlevel") and (
                    (ROOT / inner.replace(".", "/")).is_dir()
                    or (ROOT / inner.replace(".", "/")).with_suffix(".py").is_file()
                )
                yield inner if is_module else node.module


@pytest.mark.parametrize("path", SOURCES, ids=module_name)
def test_imports_point_downwards(path):
    own = row_of(module_name(path))
    for imported in imported_modules(path):
        if imported.split(".")[0] == "lowlevel":
            assert row_of(imported) <= own, f"{path} imports {imported} from a higher row"


@pytest.mark.parametrize("path", SOURCES, ids=module_name)
def test_no_keras_no_internals_no_pickle(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for imported in imported_modules(path):
        assert imported.split(".")[0] not in {"keras", "tf_keras", "pickle", "shelve", "joblib"}
        assert not imported.startswith(("tensorflow.python", "tensorflow.keras"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            assert node.attr != "keras", f"{path}:{node.lineno} reaches for Keras"
        if isinstance(node, ast.keyword) and node.arg == "allow_pickle":
            assert node.value.value is False


def test_one_script_alone_imports_keras_by_name():
    imports = re.compile(r"""(import_extra|import_module|__import__)\(\s*["'](tf_)?keras""")
    found = {module_name(path) for path in SOURCES if imports.search(path.read_text("utf-8"))}
    assert found == MAY_IMPORT_KERAS


@pytest.mark.parametrize("path", SOURCES, ids=module_name)
def test_files_are_short_and_start_by_saying_what_they_are(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 250
    assert ast.get_docstring(ast.parse(text))


def test_files_of_pages_are_short_start_by_saying_what_they_are_and_are_all_used():
    from lowlevel.inspection import explain

    files = sorted((PACKAGE / "inspection" / "page").glob("*.js"))
    assert sorted(explain.SCRIPTS) == [file.name for file in files]
    for file in files:
        lines = file.read_text(encoding="utf-8").splitlines()
        assert len(lines) <= 250 and lines[0].startswith("// "), file


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=module_name)
def test_options_are_known_to_the_command_line_alone(path):
    if path.parent.name != "cli":
        options = r"--(fresh|resume|run-dir|learning-rate|steps|epochs|seed|invert|plot|data-dir)\b"
        assert not re.search(options, path.read_text(encoding="utf-8"))


def test_one_page_is_one_page_and_stands_alone():
    assert len(ONE_PAGE.read_text(encoding="utf-8").splitlines()) <= 120
    standard = {"argparse", "gzip", "hashlib", "math", "os", "zlib", "pathlib"}
    assert set(imported_modules(ONE_PAGE)) - standard == {"tensorflow", "numpy", "tqdm"}


@pytest.mark.parametrize("path", SOURCES, ids=module_name)
def test_public_things_have_docstrings(path):
    if path == ONE_PAGE:
        return
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            in_script = path.parent == SCRIPTS and node.name in {"main", "parse_arguments"}
            assert in_script or ast.get_docstring(node), f"{path}: {node.name}"


def test_choices_of_the_command_line_are_those_of_the_package():
    """They are written twice so that --help need not import TensorFlow."""
    from lowlevel import optimizers, schedules
    from lowlevel.cli import arguments

    assert arguments.SCHEDULES == schedules.NAMES
    assert arguments.OPTIMIZERS == optimizers.NAMES


def test_exports_of_ops_are_complete():
    ops = importlib.import_module("lowlevel.ops")
    assert sorted(ops.__all__) == ops.__all__
    for name in ops.__all__:
        assert callable(getattr(ops, name))
