"""Requests to stop: each signal, and the end of a time, with statuses of their own."""

import os
import signal
import time

import pytest

from lowlevel.training.interruption import OUT_OF_TIME, SIGNALS, Interruption


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_is_a_request_and_later_ones_act_as_before(number):
    before = signal.getsignal(number)
    with Interruption() as interruption:
        assert not interruption.requested()
        os.kill(os.getpid(), number)
        assert interruption.requested()
        assert interruption.status == 128 + number
        assert signal.getsignal(number) == before
    assert signal.getsignal(number) == before


def test_a_second_ctrl_c_acts_at_once():
    with Interruption(), pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)


def test_what_is_ignored_stays_ignored(monkeypatch):
    """So that a run under nohup outlives its terminal."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Interruption() as interruption:
            os.kill(os.getpid(), signal.SIGHUP)
            assert not interruption.requested()
    finally:
        signal.signal(signal.SIGHUP, before)


def test_the_end_of_a_time():
    later = Interruption(time.monotonic() + 1000)
    assert not later.requested()
    assert later.status is None
    over = Interruption(time.monotonic())
    assert over.status is None  # nothing was stopped by it yet
    assert over.requested()
    assert over.status == OUT_OF_TIME
