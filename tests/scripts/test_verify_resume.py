"""verify_resume.py: what it says, and that every training script survives many kills."""

import pytest

from tests.scripts import tools


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["no_such.py"], "there is no script"),
        (["train_mnist.py", "--run-dir=x"], "--run-dir is chosen by this script"),
        (["--kills", "0", "train_mnist.py"], "--kills"),
        ([], "SCRIPT"),
    ],
)
def test_wrong_arguments(monkeypatch, capfd, arguments, said):
    result = tools.run_here("verify_resume.py", arguments, monkeypatch, capfd)
    assert result.status == 2
    assert said in result.err
    assert len(result.err.splitlines()) == 1


def test_a_script_that_fails(monkeypatch, capfd):
    arguments = ["--quiet", "train_mnist.py", "--epochs", "none"]
    result = tools.run_here("verify_resume.py", arguments, monkeypatch, capfd)
    assert result.status == 2
    assert "failed with status 2" in result.err
    assert "--epochs" in result.err
