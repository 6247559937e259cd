"""A run's directory and a SavedModel: any bytes in their files are right or refused."""

import json

import pytest
from hypothesis import given

from lowlevel import files
from lowlevel.checks import CheckpointError
from lowlevel.prediction import trained
from lowlevel.storage import checkpoint
from tests.hostile import networks, properties


@properties.few(25)
@given(properties.contents("record"))
def test_any_bytes_are_a_record_or_refused(content):
    properties.outcome("record", content)


@properties.few(60)
@given(properties.contents("manifest"))
def test_any_bytes_are_a_manifest_or_refused(content):
    properties.outcome("manifest", content)


@properties.few(40)
@given(properties.contents("index"))
def test_any_bytes_are_an_index_of_variables_or_refused(content):
    properties.outcome("index", content)


@properties.few(25)
@given(properties.contents("saved_model"))
def test_any_bytes_are_the_manifest_of_a_savedmodel_or_refused(content):
    properties.outcome("saved_model", content)


@pytest.mark.parametrize("name", ["../secret", "/etc/hostname", "run/../../secret", "."])
def test_a_manifest_names_no_file_outside(tmp_path, name, monkeypatch):
    """Neither a checkpoint's nor a SavedModel's: such a file is not even looked at."""
    (tmp_path / "secret").write_text("secret")
    content = networks.text({name: files.fingerprint(tmp_path / "secret")})
    (tmp_path / "model").mkdir()
    networks.saved_model_seeds(tmp_path / "model")
    (tmp_path / "model" / trained.SAVED_MODEL_MANIFEST).write_bytes(content)
    path = networks.prepare_run(tmp_path)
    manifest = json.loads((path / checkpoint.MANIFEST).read_text()) | json.loads(content)
    (path / checkpoint.MANIFEST).write_text(json.dumps(manifest))
    monkeypatch.setattr(files, "fingerprint", lambda file: pytest.fail(f"{file} is read"))
    with pytest.raises(CheckpointError, match="is not as it was written"):
        trained.load(tmp_path / "model")
    monkeypatch.undo()
    looked_at = []
    matches = files.matches
    monkeypatch.setattr(files, "matches", lambda *a: [looked_at.append(a[0]), matches(*a)][1])
    with pytest.raises(CheckpointError, match="is not as it was written"):
        checkpoint.read_record(path)
    assert {file.resolve().parent for file in looked_at} == {path.resolve()}
