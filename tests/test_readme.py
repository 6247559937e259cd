"""The README's Python runs as pasted, one block after another."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_python_blocks_run(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    blocks = re.findall(r"^```python\n(.*?)^```", (ROOT / "README.md").read_text(), re.M | re.S)
    assert len(blocks) >= 3
    for block in blocks:
        exec(compile(block, "README.md", "exec"), {})
    assert "(3, 3, 1, 16)" in capsys.readouterr().out


def test_options_are_those_of_the_script():
    readme = (ROOT / "README.md").read_text()
    table = readme[readme.index("| option of") : readme.index("Ctrl-C saves")]
    source = (ROOT / "scripts/train_mnist.py").read_text()
    source += (ROOT / "lowlevel/training/arguments.py").read_text()
    options = set(re.findall(r'"(--[a-z-]+)"', source)) - {"--dataset", "--data-dir"}
    assert set(re.findall(r"`(--[a-z-]+)", table)) == options
