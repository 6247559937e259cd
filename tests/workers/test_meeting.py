"""Workers meet before they train: all are awaited, the missing are named, liars are refused."""

import json
import socket
import threading
import time

import pytest

from lowlevel import meeting
from lowlevel.checks import ConfigError, WorkerLostError
from lowlevel.cli.workers import free_ports


def addresses(count):
    return [f"127.0.0.1:{port}" for port in free_ports(count)]


@pytest.fixture(autouse=True)
def little_patience(monkeypatch):
    monkeypatch.setattr(meeting, "LATE_SECONDS", 0.5)


class Meeting:
    """Workers that meet, each in a thread; afterwards `ends` has None or an error of each."""

    def __init__(self, *workers, seconds=20.0):
        self.ends = [None] * len(workers)
        self.threads = [
            threading.Thread(target=self._meet, args=(place, *worker, seconds))
            for place, worker in enumerate(workers)
        ]
        for thread in self.threads:
            thread.start()

    def _meet(self, place, workers, index, about, seconds):
        try:
            meeting.meet(workers, index, about, seconds)
        except Exception as error:
            self.ends[place] = error

    def wait(self):
        for thread in self.threads:
            thread.join(timeout=30)
            assert not thread.is_alive()
        return [end and f"{type(end).__name__}: {end}" for end in self.ends]


def connect(address):
    """A connection to a chief, once it listens."""
    for _ in range(100):
        try:
            return socket.create_connection(meeting.split(address), timeout=10)
        except ConnectionRefusedError:
            time.sleep(0.02)
    raise AssertionError(f"nobody listens at {address}")


def test_all_meet_whoever_comes_first_and_their_ports_are_free_again():
    workers = addresses(4)
    early = Meeting((workers, 2, ""), (workers, 1, ""))
    late = Meeting((workers, 0, ""), (workers, 3, ""))
    assert early.wait() + late.wait() == [None] * 4
    for address in workers:
        socket.create_server(("", meeting.split(address)[1])).close()


def test_who_is_missing_is_named(monkeypatch, capsys):
    monkeypatch.setattr(meeting, "SILENT_SECONDS", 0.3)
    workers = addresses(3)
    ends = Meeting((workers, 0, ""), (workers, 2, ""), seconds=1).wait()
    for end in ends:
        assert end.startswith(f"WorkerLostError: worker 1 at {workers[1]} did not come in 1 second")
    assert capsys.readouterr().err.count(f"waiting for worker 1 at {workers[1]}\n") == 2


def test_without_a_chief_the_chief_is_named():
    workers = addresses(3)
    with pytest.raises(WorkerLostError, match=f"^worker 0 at {workers[0]} did not"):
        meeting.meet(workers, 1, seconds=0.5)


def test_a_worker_that_leaves_is_awaited_again():
    workers = addresses(2)
    assert "worker 0" in Meeting((workers, 1, ""), seconds=0.5).wait()[0]
    chief = Meeting((workers, 0, ""))
    with connect(workers[0]) as passing:
        hello = {"index": 1, "workers": workers, "about": "", "token": ""}
        passing.sendall(json.dumps(hello).encode())  # and no end of the line
    assert Meeting((workers, 1, "")).wait() + chief.wait() == [None, None]


def test_liars_are_refused_in_all_workers():
    workers = addresses(3)
    others = [*workers[:2], addresses(1)[0]]
    ends = Meeting((workers, 0, ""), (workers, 1, ""), (others, 2, "")).wait()
    assert ends[0].startswith("ConfigError: worker 2 has other addresses")
    assert ends == ends[:1] * 3
    ends = Meeting((workers, 0, "a 1"), (workers, 1, "a 1"), (workers, 2, "a 2")).wait()
    assert ends[0].startswith("ConfigError: worker 2 has a 2, but the chief a 1")
    assert ends == ends[:1] * 3


def test_two_of_one_number_are_refused(monkeypatch):
    workers = addresses(3)
    ends = Meeting((workers, 1, ""), (workers, 1, ""), seconds=0.5).wait()
    assert sum("of worker 1 cannot be used" in str(end) for end in ends) == 1  # on one machine
    # On machines of their own each has its port.
    monkeypatch.setattr(meeting, "_take_port", _take_chiefs_port_alone)
    ends = Meeting((workers, 0, ""), (workers, 1, ""), (workers, 1, "")).wait()
    assert ends == ["ConfigError: two workers have the number 1 in TF_CONFIG."] * 3


_take_port = meeting._take_port


def _take_chiefs_port_alone(workers, index):
    return _take_port(workers, 0) if index == 0 else socket.socket()


def test_a_second_chief_is_refused():
    workers = addresses(2)
    elsewhere = Meeting((workers, 0, ""))
    with connect(workers[0]) as chief:
        hello = {"index": 0, "workers": workers, "about": "", "token": "another"}
        chief.sendall(json.dumps(hello).encode() + b"\n")
        assert b"two workers have the number 0" in chief.recv(1000)
    assert "number 0" in elsewhere.wait()[0]


@pytest.mark.parametrize(
    "words",
    [
        b"GET / HTTP/1.0\r\n\r\n", b"\x00\xff\n", b"[]\n", b"{}\n", b"1" * 2**17,
        b'{"index": [], "workers": 3, "about": {}, "token": null, "more": 1}\n',
    ],
)  # fmt: skip
def test_strangers_are_sent_away(words):
    workers = addresses(2)
    chief = Meeting((workers, 0, ""))
    stranger = connect(workers[0])
    try:
        stranger.sendall(words)
        assert stranger.recv(10) == b""
    except ConnectionError:
        pass
    assert Meeting((workers, 1, "")).wait() + chief.wait() == [None, None]


def test_another_program_at_the_address_of_the_chief_is_not_the_chief():
    workers = addresses(2)
    with socket.create_server(meeting.split(workers[0])) as other:
        worker = Meeting((workers, 1, ""), seconds=1)
        connection, _ = other.accept()
        connection.sendall(b"SSH-2.0\r\n")
        assert "worker 0" in worker.wait()[0]
        connection.close()


@pytest.mark.parametrize("address", ["here", "here:", ":1", "here:0", "here:65536", "a:b", 3, None])
def test_an_address_has_a_host_and_a_port(address):
    with pytest.raises(ConfigError, match="host:port"):
        meeting.split(address)


def test_addresses_of_version_six():
    assert meeting.split("[::1]:2222") == ("::1", 2222)
