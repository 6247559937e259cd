"""Readers of files that hold networks, see `tests.hostile.readers`."""

import json
from unittest import mock

import numpy as np
import tensorflow as tf

from lowlevel import files, nets
from lowlevel.nets import mlp
from lowlevel.prediction import anomaly, detector_file, trained
from lowlevel.prediction.predictor import Predictor
from lowlevel.prediction.serving import TrainedNetwork
from lowlevel.prediction.text_predictor import TextPredictor
from lowlevel.storage import (
    checkpoint,
    configs,
    hdf5,
    kept_checkpoints,
    records,
    run_directory,
    weights_file,
)

NET = mlp.Config((2, 2, 1), 2, (3,))
CONFIG = {
    "net": "mlp",
    "net_config": {"image_shape": [2, 2, 1], "num_classes": 2, "widths": [3]},
    "class_names": ["no", "yes"],
    "preprocessing": {"divide_by": 255, "image_files": "resize"},
    "training": {"precision": "float32"},
    "predicts_with": "best epoch",
    "about": {},
}
RECORD = {
    "step": 6,
    "history": [
        {"epoch": 1, "step": 3, "loss": 0.5, "val_loss": 0.25},
        {"epoch": 2, "step": 6, "loss": 0.25, "val_loss": 0.5},
    ],
    "running": {"loss": [1.5, 40.0], "accuracy": [3, 40]},
    "seconds": 0.5,
    "config": CONFIG,
}
NUMBERS_AT_MOST = 40_000  # in a network of a config


def variables():
    """The variables of the network of `CONFIG`, by name."""
    return nets.make("mlp", NET).variables.all()


def text(value):
    """A value as the bytes of a JSON file."""
    return json.dumps(value).encode()


# A run, of which one file is another.


def prepare_run(folder):
    """A run with a checkpoint."""
    run = run_directory.RunDirectory(folder / "run")
    run.open(CONFIG)
    tensors = {f"variables/{name}": value for name, value in variables().items()}
    run.save(tensors, RECORD | {"history": RECORD["history"][:1], "step": 3})
    return run.save(tensors, RECORD)


def write_in(path, name, content):
    """Writes a file of a checkpoint and sets the manifest right, as anyone can."""
    manifest = json.loads((path / checkpoint.MANIFEST).read_text())
    (path / name).write_bytes(content)
    manifest[name] = files.fingerprint(path / name)
    (path / checkpoint.MANIFEST).write_text(json.dumps(manifest))


def newest(folder):
    return folder / "run" / kept_checkpoints.checkpoint_name(2, 6)


def record_seeds(folder):
    prepare_run(folder)
    return {"record": text(RECORD)}


def read_record(content, folder):
    path = newest(folder)
    write_in(path, checkpoint.RECORD, content)
    record = checkpoint.read_record(path)
    config, _ = trained.find_checkpoint(folder / "run")
    TrainedNetwork.from_config(config, folder)
    records.check(record, path, ["loss", "accuracy"])
    records.check_step(record, path, 6)
    return record


def manifest_seeds(folder):
    return {"manifest": (prepare_run(folder) / checkpoint.MANIFEST).read_bytes()}


def read_manifest(content, folder):
    path = newest(folder)
    (path / checkpoint.MANIFEST).write_bytes(content)
    return checkpoint.read_record(path)


def index_seeds(folder):
    path = prepare_run(folder)
    return {"index": (path / "variables.index").read_bytes()}


def read_index(content, folder):
    path = newest(folder)
    write_in(path, "variables.index", content)
    checkpoint.read_record(path)
    made = variables()
    checkpoint.restore(path, {f"variables/{name}": value for name, value in made.items()})
    return made


def run_config_seeds(folder):
    prepare_run(folder)
    return {"config": text(CONFIG)}


def read_run_config(content, folder):
    run = run_directory.RunDirectory(folder / "run")
    (run.path / run_directory.CONFIG).write_bytes(content)
    run.check_ours()
    run.check_config(CONFIG, defaults={"training": {"seed": 0}})
    return run.read_config()


# Configs alone.


def config_seeds(folder):
    with (folder / "variables").open("wb") as file:
        file.truncate(4 * NUMBERS_AT_MOST)
    small = {"image_shape": [8, 8, 1], "num_classes": 2}
    scaling = {"mean": 0.5, "std": 0.5, "low": -1, "high": 1}
    encoder = {"image_shape": [7, 7, 1], "filters": [2, 8], "kernels": [3, 3], "strides": [2, 2]}
    decoder = {
        "latent_size": 2, "first_shape": [1, 1, 8],
        "filters": [8, 2, 1], "kernels": [3, 3, 1], "strides": [2, 2, 1],
    }  # fmt: skip
    parts = {"encoder": encoder, "decoder": decoder}
    old = {name: {"net": f"bottle_{name}", "net_config": part} for name, part in parts.items()}
    of = {
        "grid_detector": small | {"filters": [2, 2]},
        "mini_inception": small | {"stem_filters": 2, "blocks": [[2, 2], [2]]},
        "mish_net": small | {"block": {"filters": 2}},
        "strided_net": {"image_shape": [19, 19, 1], "num_classes": 2},
        "vision_transformer": small | {"width": 4, "heads": 2, "depth": 1, "hidden": 2},
        "conv_net": small,
    }
    found = {name: CONFIG | {"net": name, "net_config": config} for name, config in of.items()}
    found["mlp"] = CONFIG
    found["bottle_autoencoder"] = {
        "net": "bottle_autoencoder", "net_config": parts, "preprocessing": scaling, "training": {}
    }  # fmt: skip
    found["old autoencoder"] = old | {"preprocessing": scaling, "training": {}}
    found["text_classifier"] = CONFIG | {
        "net": "text_classifier", "net_config": {"words": 3, "embedding_size": 2, "hidden": 2},
        "vocabulary": ["a", "b"],
    }  # fmt: skip
    found["regression"] = {
        "net": "regression", "net_config": {"features": 2, "widths": [2]},
        "preprocessing": {"mean": [0, 1], "std": [1, 2]}, "training": {},
    }  # fmt: skip
    return {name: text(config) for name, config in found.items()}


def read_config(content, folder):
    """A config as prediction takes it; ConfigErrors are of what its network cannot do."""
    path = folder / "config.json"
    path.write_bytes(content)
    network = TrainedNetwork.from_config(configs.read(path), folder)
    count = sum(int(np.prod(value.shape)) for value in network.variables.values())
    assert count <= NUMBERS_AT_MOST + len(content) / 4
    with mock.patch.object(trained, "load", lambda _: network):
        if network.network.name == "text_classifier":
            return TextPredictor(folder).vocabulary
    return Predictor(network).image_files if network.image_shape else network


def saved_model_seeds(folder):
    (folder / trained.SAVED_MODEL).write_bytes(b"")
    tensors = checkpoint.nest({f"network_variables/{k}": v for k, v in variables().items()})
    tf.train.Checkpoint(**tensors).write(str(folder / "variables" / "variables"))
    (folder / trained.SAVED_MODEL_CONFIG).write_bytes(text(CONFIG))
    read = ("variables/variables.index", trained.SAVED_MODEL_CONFIG)
    return {"manifest": text({name: files.fingerprint(folder / name) for name in read})}


def read_saved_model(content, folder):
    (folder / trained.SAVED_MODEL_MANIFEST).write_bytes(content)
    return trained.load(folder)


# Other files of numbers.


def weights_seeds(folder):
    path = folder / "weights.h5"
    weights_file.write(path, variables(), CONFIG)
    content = path.read_bytes()
    return {"weights": content, "older weights": content[: content.rindex(weights_file.MARK)]}


def read_weights(content, folder):
    path = folder / "weights.h5"
    path.write_bytes(content)
    with mock.patch.object(hdf5, "CPU_SECONDS", 2):
        network = trained.load(path)
    for value in network.variables.values():
        assert np.isfinite(value).all()
    return network


def save_detector(folder):
    random = np.random.default_rng(0)
    latents = random.normal(size=(20, 3))
    anomaly.fit(latents, "encoder", dimensions=2, components=1).save(folder)
    return folder / detector_file.FOLDER


def arrays_seeds(folder):
    return {"arrays": (save_detector(folder) / detector_file.ARRAYS).read_bytes()}


def facts_seeds(folder):
    return {"facts": (save_detector(folder) / detector_file.FACTS).read_bytes()}


def detector_reader(name):
    """The reader of one of a detector's two files, the other being whole."""

    def read(content, folder):
        (folder / detector_file.FOLDER / name).write_bytes(content)
        detector = anomaly.load(folder, "encoder")
        assert np.isfinite(detector.score(np.zeros((1, 3)))).all()
        return detector

    return read
