"""Progress bars, in a terminal of any width."""

import io

import pytest
import tqdm

from lowlevel import progress
from lowlevel.progress import bar_format


@pytest.mark.parametrize("columns", [20, 30, 40, 50, 60, 80, 100])
@pytest.mark.parametrize("postfix", ["loss 0.1234", "loss 12.3456", ""])
def test_no_word_is_cut(columns, postfix):
    stream = io.StringIO()
    desc = "epoch 3/10"
    options = {"file": stream, "ncols": columns, "bar_format": bar_format(columns, len(desc))}
    with tqdm.tqdm(desc=desc, total=469, **options) as bar:
        bar.set_postfix_str(postfix, refresh=False)
        bar.update(123)
        bar.refresh()
    line = stream.getvalue().split("\r")[-2].strip()
    assert len(line) <= columns
    if columns >= 40 and postfix:
        assert line.rstrip("]").endswith(postfix)
    if columns >= 40:
        assert line.startswith("epoch 3/10: ")


def test_a_line_before_anything_is_done(monkeypatch, capsys):
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0)
    with progress.Progress("epoch 1/2", 10) as counted:
        counted.advance("loss 1.0000", 0)
    assert capsys.readouterr().err.startswith("epoch 1/2: 0/10 loss 1.0000, ")
