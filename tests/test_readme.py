"""The README's Python runs as pasted, one block after another."""

import re
from pathlib import Path

import pytest

from tests.scripts import tools

ROOT = Path(__file__).resolve().parent.parent


def test_python_blocks_run(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    blocks = re.findall(r"^```python\n(.*?)^```", (ROOT / "README.md").read_text(), re.M | re.S)
    assert len(blocks) >= 3
    for block in blocks:
        exec(compile(block, "README.md", "exec"), {})
    assert "(3, 3, 1, 16)" in capsys.readouterr().out


@pytest.mark.parametrize(
    "script", sorted(path.stem for path in (ROOT / "scripts").glob("train_*.py"))
)
def test_options_are_those_of_the_script(script, monkeypatch, capfd):
    readme = (ROOT / "README.md").read_text()
    table = readme[readme.index("| option |") : readme.index("Ctrl-C saves")]
    documented = set()
    for line in table.strip().splitlines()[2:]:
        options, scripts = line.split("|")[1:3]
        if ("all" in scripts) != (f"`{script}`" in scripts):  # "all but ..." names exceptions
            documented |= set(re.findall(r"--[a-z0-9-]+", options))
    shown = tools.run_here(f"{script}.py", ["--help"], monkeypatch, capfd).out
    options = set(re.findall(r"^  (?:-h, )?(--[a-z0-9-]+)", shown, re.M))
    assert documented == options - {"--help"}
