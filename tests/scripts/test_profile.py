"""scripts/profile.py as a person runs it."""

import pytest

from lowlevel.nets import mlp
from tests.scripts import tools
from tests.training import small_run


@pytest.fixture
def profile(monkeypatch, capfd):
    return lambda *words: tools.run_here("profile.py", words, monkeypatch, capfd)


def test_a_run_is_profiled_as_it_was_trained(profile, tmp_path):
    small_run.train(tmp_path / "run", max_steps=1)
    directory = tmp_path / "profile"
    result = profile(tmp_path / "run", "--steps", 1, "--top", 3, "--tensorboard", directory)
    assert (result.status, result.err) == (0, "")
    lines = result.out.splitlines()
    assert lines[0] == "conv_net, 40 examples, float32, momentum"
    assert [line.split()[0] for line in lines if line.endswith("share")] == [
        "layer",
        "kind",
        "operation",
    ]
    assert lines[-1] == f"wrote a profile to {directory}"
    assert list(directory.glob("plugins/profile/*/*.xplane.pb"))


def test_what_xla_compiles_in_training_is_not_compiled_here(profile, tmp_path):
    images = small_run.DATASET.image_shape
    net = ("mlp", mlp.Config(images, 10, (5,)))
    small_run.train(tmp_path / "run", max_steps=1, net=net, jit_compile=True)
    result = profile(tmp_path / "run", "--steps", 1)
    assert "the run's own step is compiled by XLA" in result.out.splitlines()[1]


def test_a_name_and_options(profile):
    result = profile("mlp", "--batch-size", 2, "--precision", "bfloat16", "--steps", 1)
    assert "XLA" not in result.out
    assert result.out.splitlines()[0] == "mlp, 2 examples, bfloat16, adam"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("nothing",), "net must be one of"),
        (("digit_encoder",), "digit_encoder has no task of its own"),
        (("mlp", "--steps", 0), "--steps: it must be a whole number of at least 1, not 0"),
        ((), "the following arguments are required: NET"),
    ],
)
def test_mistakes_get_a_sentence(profile, words, message):
    result = profile(*words)
    assert (result.status, result.out) == (2, "")
    assert message in result.err
    assert result.err.count("\n") == 1
