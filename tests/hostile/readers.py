"""Every reader of files from outside, each as a function of bytes.

A reader writes the bytes to a file, in a folder with what else it needs, and reads it as the
package does. It asserts of the value what any right value has.
"""

import dataclasses
from collections.abc import Callable

from lowlevel.checks import CheckpointError, ConfigError, DataError
from lowlevel.prediction import detector_file
from tests.hostile import damage, datasets, index_files, networks


@dataclasses.dataclass(frozen=True)
class Reader:
    """A reader of one kind of file.

    Attributes:
        read: function of (content, folder): the value that the package reads.
        prepare: function of (folder) that writes what else the reader needs, and returns whole
            files: bytes by name.
        error: the errors that it may raise.
        damages: functions that damage such a file, see `damage`.
    """

    read: Callable
    prepare: Callable
    error: type | tuple = DataError
    damages: tuple = (damage.some_bytes,)


BOTH = (damage.some_bytes, damage.gzipped)
JSON = (damage.json_value, damage.json_value, damage.some_bytes)
READERS = {
    "idx": Reader(datasets.read_idx, datasets.idx_seeds, damages=BOTH),
    "cifar10": Reader(datasets.read_cifar10, datasets.cifar10_seeds, damages=BOTH),
    "polarity": Reader(datasets.read_polarity, datasets.polarity_seeds, damages=BOTH),
    "text": Reader(datasets.read_text, datasets.text_seeds),
    "table": Reader(datasets.read_table, datasets.table_seeds),
    "image": Reader(
        datasets.read_image, datasets.image_seeds, damages=(damage.some_bytes, damage.png)
    ),
    "config": Reader(networks.read_config, networks.config_seeds, CheckpointError, JSON),
    "record": Reader(networks.read_record, networks.record_seeds, CheckpointError, JSON),
    "manifest": Reader(networks.read_manifest, networks.manifest_seeds, CheckpointError, JSON),
    "run_config": Reader(
        networks.read_run_config, networks.run_config_seeds, (CheckpointError, ConfigError), JSON
    ),
    "saved_model": Reader(
        networks.read_saved_model, networks.saved_model_seeds, CheckpointError, JSON
    ),
    "index": Reader(
        networks.read_index,
        networks.index_seeds,
        CheckpointError,
        (damage.some_bytes, index_files.entries, index_files.entries),
    ),
    "weights": Reader(networks.read_weights, networks.weights_seeds, CheckpointError),
    "detector_arrays": Reader(
        networks.detector_reader(detector_file.ARRAYS),
        networks.arrays_seeds,
        CheckpointError,
        (damage.some_bytes, damage.zipped),
    ),
    "detector_facts": Reader(
        networks.detector_reader(detector_file.FACTS), networks.facts_seeds, CheckpointError, JSON
    ),
}
