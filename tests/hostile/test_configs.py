"""Configs: any JSON is a network that fits its files, or refused before anything is made."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowlevel import checks, nets
from lowlevel.checks import CheckpointError, ConfigError
from lowlevel.prediction.latent_encoder import LatentEncoder
from lowlevel.storage import checkpoint, run_directory
from lowlevel.variables import VariableStore
from tests.hostile import networks, properties, watch


@properties.few(25)
@given(properties.contents("config"))
def test_any_bytes_are_a_network_or_refused(content):
    properties.outcome("config", content)


@properties.few(60)
@given(properties.contents("run_config"))
def test_any_bytes_are_the_config_of_a_run_or_refused(content):
    properties.outcome("run_config", content)


@properties.few(40)
@given(st.sampled_from(sorted(nets.NETS)), st.dictionaries(st.text(), st.integers(), min_size=1))
def test_fields_that_no_network_has_are_refused(name, fields):
    with pytest.raises(ConfigError, match="has the fields") as raised:
        nets.config_from_dict(name, fields)
    watch.check_sentence(str(raised.value))


def refused(**changes):
    """The sentence that a config is refused with, in less than two seconds."""
    start = time.process_time()
    result = properties.outcome("config", networks.text(networks.CONFIG | changes))
    assert watch.refused(result)
    assert time.process_time() - start < 2
    return str(result)


MODULES = ["os", "os.system", "lowlevel.nets.mlp", "builtins.eval", "__import__('os')", "../mlp"]


@pytest.mark.parametrize("name", MODULES)
def test_a_config_names_no_module(name):
    assert "net must be one of" in refused(net=name)
    fields = {"__class__": name, "widths": [3]}
    assert "has the fields" in refused(net_config=fields)


CLAIMS = {
    "mlp": {"widths": [1] * (checks.MAX_LAYERS + 1)},
    "regression": {"features": 2**63},
    "text_classifier": {"words": 10**30},
    "conv_net": {"image_shape": [10**6, 10**6, 1]},
    "grid_detector": {"filters": [2**31, 2**31]},
    "mini_inception": {"blocks": [[1]] * 50_000},
    "vision_transformer": {"depth": 10**9},
    "strided_net": {"image_shape": [2**64, 19, 1]},
    "bottle_autoencoder": {"encoder": {"filters": [10**9] * 6}},
}


@pytest.mark.parametrize("name", CLAIMS)
def test_huge_claims_are_refused_before_a_variable_is_made(name, monkeypatch):
    made = []
    add = VariableStore._add
    monkeypatch.setattr(
        VariableStore, "_add", lambda *arguments: [made.append(arguments), add(*arguments)]
    )
    refused(net=name, net_config=CLAIMS[name])
    assert len(made) < 20


def test_the_encoder_alone_is_no_larger_than_its_checkpoint(tmp_path, monkeypatch):
    path = networks.prepare_run(tmp_path)
    encoder = {
        "image_shape": [7, 7, 1],
        "filters": [2, 10**5],
        "kernels": [3, 3],
        "strides": [2, 2],
    }
    decoder = {
        "latent_size": 25_000, "first_shape": [1, 1, 10**5],
        "filters": [10**5, 2, 1], "kernels": [3, 3, 1], "strides": [2, 2, 1],
    }  # fmt: skip
    config = networks.CONFIG | {
        "net": "bottle_autoencoder",
        "net_config": {"encoder": encoder, "decoder": decoder},
    }
    record = networks.RECORD | {"config": config}
    networks.write_in(path, checkpoint.RECORD, networks.text(record))
    with pytest.raises(CheckpointError, match="numbers, more than are in epoch-0001"):
        LatentEncoder(tmp_path / "run")


def test_what_a_terminal_obeys_is_escaped_and_what_is_long_is_cut():
    error = ConfigError(f"\x1b[2J{'a' * 5000}\r\n.")
    assert str(error).startswith("\\x1b[2Ja")
    assert str(error).endswith("a\\r\\n.")
    assert len(str(error)) < checks.LONGEST_MESSAGE + 10


def test_a_name_in_a_config_of_another_run_is_escaped(tmp_path):
    networks.prepare_run(tmp_path)
    run = run_directory.RunDirectory(tmp_path / "run")
    config = json.loads(networks.text(networks.CONFIG)) | {"\x1b[2J": 1}
    (run.path / run_directory.CONFIG).write_text(json.dumps(config))
    with pytest.raises(ConfigError, match=r"\\x1b\[2J is 1 there and null here"):
        run.check_config(networks.CONFIG)
