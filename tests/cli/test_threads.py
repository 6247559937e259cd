"""One thread for small networks: chosen before TensorFlow begins, and the same bits."""

import os
import subprocess
import sys

import pytest

from tests.scripts import tools

CHOOSE = """
import os, sys
sys.modules["keras"] = None  # TensorFlow comes sooner without it
import tensorflow as tf
from lowlevel.cli import threads

def chosen(net):
    tf.config.threading.set_intra_op_parallelism_threads(0)
    threads.choose(net)
    return tf.config.threading.get_intra_op_parallelism_threads()

print(chosen("text_classifier"), chosen("conv_net"))
os.environ["TF_NUM_INTRAOP_THREADS"] = "2"
print(chosen("text_classifier"))
del os.environ["TF_NUM_INTRAOP_THREADS"]
tf.zeros([1])
threads.choose("text_classifier")
print(tf.config.threading.get_intra_op_parallelism_threads())
"""


def test_which_networks_get_one_thread():
    environment = {name: value for name, value in os.environ.items() if "INTRAOP" not in name}
    words = [sys.executable, "-c", CHOOSE]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["1 0", "0", "0"]


@pytest.mark.slow
def test_the_bits_do_not_depend_on_the_threads(tmp_path, sentence_polarity_directory):
    words = "train_text.py", "--data-dir", sentence_polarity_directory, "--epochs", 1, "--steps", 60
    ends = [
        tools.run(*words, "--run-dir", tmp_path / count, TF_NUM_INTRAOP_THREADS=count).last_lines
        for count in ("1", "2")
    ]
    assert ends[0] == ends[1]
    assert "sha256" in ends[0][1]
