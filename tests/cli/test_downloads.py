"""What the scripts offer in place of a dataset that cannot be downloaded."""

import dataclasses
import re

import pytest

from lowlevel.cli import downloads
from lowlevel.data import auto_mpg, cifar10, mnist, sentence_polarity
from tests.scripts import tools

SCRIPTS = {  # by dataset: what downloads it, the name of its files there, and a command
    "mnist": (mnist, "FILES", ["train_mnist.py", "--dataset", "mnist"]),
    "cifar10": (cifar10, "FILES", ["train_cifar10.py"]),
    "sentence-polarity": (sentence_polarity, "DOWNLOAD", ["train_text.py"]),
    "auto-mpg": (auto_mpg, "FILES", ["train_auto_mpg.py"]),
}


@pytest.mark.parametrize("dataset", downloads.INSTEAD)
def test_without_a_network_other_data_is_offered(monkeypatch, capfd, tmp_path, dataset):
    module, name, (script, *words) = SCRIPTS[dataset]
    nowhere = dataclasses.replace(getattr(module, name), mirrors=("http://127.0.0.1:9/",))
    monkeypatch.setattr(module, name, nowhere)
    monkeypatch.setenv("LOWLEVEL_CACHE", str(tmp_path))
    result = tools.run_here(script, words, monkeypatch, capfd)
    assert (result.status, result.out, result.err.count("\n")) == (2, "", 1)
    assert f"127.0.0.1:9. Without a download: {downloads.INSTEAD[dataset]}." in result.err
    known = tools.run_here(script, ["--help"], monkeypatch, capfd).out
    for option in re.findall(r"--[\w-]+", downloads.INSTEAD[dataset]):
        assert f"{option} " in known
