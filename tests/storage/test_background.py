"""Saving in the background: what is saved, when an error is raised, one save at a time."""

import threading

import pytest
import tensorflow as tf

from lowlevel.checks import CheckpointError
from lowlevel.storage.background import BackgroundSaver
from lowlevel.training import loop
from tests.training import small_run


class Slow:
    """A directory whose saves wait until they may go on; it keeps what it was given."""

    def __init__(self, error=None):
        self.saved, self.error, self.may_go_on = [], error, threading.Event()

    def save(self, tensors, record):
        assert self.may_go_on.wait(timeout=30)
        if self.error:
            raise self.error
        self.saved.append(({name: float(tensor) for name, tensor in tensors.items()}, record))


def test_what_is_saved_is_what_was_there_at_the_beginning():
    directory, variable, record = Slow(), tf.Variable(1.0), {"history": [1]}
    saver = BackgroundSaver()
    saver.begin(directory, {"a": variable}, record)
    variable.assign(2.0)
    record["history"].append(2)
    saver.check()  # nothing has failed yet, and it does not wait
    assert directory.saved == []
    directory.may_go_on.set()
    saver.finish()
    assert directory.saved == [({"a": 1.0}, {"history": [1]})]


def test_a_save_waits_for_the_one_before():
    directory, variable = Slow(), tf.Variable(1.0)
    saver = BackgroundSaver()
    saver.begin(directory, {"a": variable}, {})
    second = threading.Thread(target=saver.begin, args=(directory, {"a": variable}, {}))
    second.start()
    second.join(timeout=0.2)
    assert second.is_alive()
    directory.may_go_on.set()
    second.join(timeout=30)
    saver.finish()
    assert len(directory.saved) == 2


def test_an_error_is_raised_once_by_whichever_asks_first():
    for ask in (BackgroundSaver.finish, lambda saver: saver.begin(Slow(), {}, {})):
        saver = BackgroundSaver()
        directory = Slow(CheckpointError("full"))
        directory.may_go_on.set()
        saver.begin(directory, {}, {})
        with pytest.raises(CheckpointError, match="full"):
            ask(saver)
        saver.finish()


def test_training_stops_at_the_next_steps_after_a_save_that_failed(tmp_path):
    run = small_run.make(tmp_path)
    run.open()
    failed = threading.Event()

    def fail(tensors, record):
        failed.set()
        raise CheckpointError("the disk is full.")

    run.directory.save = fail
    steps = []

    def wait_for_failure():
        if steps:
            assert failed.wait(timeout=30)
            run._saver._thread.submit(bool).result()  # the save before it is over
        steps.append(int(run.state.step))
        return False

    with pytest.raises(CheckpointError, match="the disk is full"):
        loop.train(run, loop.RunLength(9, save_every=1), (), wait_for_failure, quiet=True)
    assert int(run.state.step) == 1


def test_at_the_end_of_training_the_last_save_is_on_disk(tmp_path):
    run = small_run.train(tmp_path, max_steps=4)
    assert run.directory.newest()[1]["step"] == 4
