"""Where workers meet before the engine joins them: all are awaited, and who is missing is named.

The engine's own start waits for an hour in silence, and Ctrl-C does not end it. So the workers
first meet at the chief's address: each says who it is, and all go on when all are there.
"""

import json
import secrets
import selectors
import socket
import sys
import threading
import time
from collections.abc import Sequence
from typing import Any

from lowlevel.checks import ConfigError, WorkerLostError, reason_of

SECONDS = 600.0  # that workers wait for each other
SILENT_SECONDS = 5.0  # before they say whom they wait for
LATE_SECONDS = 2.0  # in which the chief still tells late ones why it has refused a worker
LONGEST_LINE = 2**16


def meet(workers: Sequence[str], index: int, about: str = "", seconds: float = SECONDS) -> None:
    """Waits until all workers are there.

    Args:
        workers: their addresses, "host:port"; the first is the chief's.
        index: which of them this one is.
        about: what must be alike in all, such as versions.
        seconds: how long to wait.

    Raises:
        ConfigError: the port of this worker is in use, or two workers have the same number, other
            addresses or another `about`.
        WorkerLostError: not all of them have come in time; the text names those.
    """
    own = _take_port(workers, index)
    host = None
    try:
        hello = {"index": index, "workers": list(workers), "about": about}
        hello["token"] = secrets.token_hex(8)  # by which the chief knows itself
        if index == 0:
            host = _Host(own, hello)
        _ask(workers, hello, seconds)
    finally:
        if host is not None:
            host.stop()
        own.close()


def split(address: Any) -> tuple[str, int]:
    """(host, port) of an address "host:port". Raises ConfigError if it is not one."""
    host, _, port = str(address).rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 2**16:
        raise ConfigError(f"an address of TF_CONFIG must be host:port, not {address!r}.")
    return host.strip("[]"), int(port)


def _take_port(workers, index):
    """A socket that listens at this worker's port, and so keeps others from it."""
    _, port = split(workers[index])
    two = socket.has_dualstack_ipv6()
    own = socket.socket(socket.AF_INET6 if two else socket.AF_INET)
    try:
        own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if two:
            own.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        own.bind(("", port))
        own.listen()  # else another one could take it, too
    except OSError as error:
        own.close()
        raise ConfigError(
            f"port {port} of worker {index} cannot be used: {reason_of(error)}; another worker of "
            f"this number may run on this machine."
        ) from error
    return own


def _ask(workers, hello, seconds):
    """Says who this worker is, and waits for the chief's word."""
    begin, missing, is_said = time.monotonic(), [0], False
    for answer in _talk(split(workers[0]), hello):
        if answer.get("go"):
            return
        if "error" in answer:
            raise ConfigError(str(answer["error"]))
        missing = _known(answer.get("missing"), workers) or missing
        names = ", ".join(f"worker {n} at {workers[n]}" for n in missing)
        waited = time.monotonic() - begin
        if waited > SILENT_SECONDS and not is_said:
            print(f"waiting for {names}", file=sys.stderr, flush=True)
            is_said = True
        if waited > seconds:
            raise WorkerLostError(
                f"{names} did not come in {seconds:g} seconds: start all workers, with TF_CONFIG "
                f"alike but for the index, on machines that reach each other."
            )


def _talk(address, hello):
    """What the chief answers, as often as it takes; without end."""
    while True:
        try:
            with socket.create_connection(address, timeout=2) as connection:
                connection.sendall(_line(hello))
                connection.settimeout(0.2)
                yield from _answers(connection)
        except OSError:  # it is not there yet, or no longer
            pass
        yield {"missing": [0]}
        time.sleep(0.2)


def _known(missing, workers):
    """Numbers of workers in an answer; whatever else it may hold is left out."""
    numbers = missing if isinstance(missing, list) else []
    return [n for n in numbers if type(n) is int and 0 <= n < len(workers)]


def _line(message):
    return json.dumps(message).encode() + b"\n"


def _answers(connection):
    """The messages that come in, and an empty one after each short silence, up to the end."""
    text = b""
    while len(text) < LONGEST_LINE:
        try:
            received = connection.recv(4096)
        except TimeoutError:
            yield {}
            continue
        if not received:
            return
        *lines, text = (text + received).split(b"\n")
        for line in lines:
            message = _read(line)
            if message is None:  # another program has this address
                return
            yield message


def _read(line):
    """A message as a dict; None if it is not one."""
    try:
        message = json.loads(line)
    except ValueError:
        return None
    return message if isinstance(message, dict) else None


class _Host:
    """The chief's side: answers each worker in a thread, and lets all go when all are there."""

    def __init__(self, server: socket.socket, hello: dict) -> None:
        """Takes a socket that listens, and what the chief says of itself."""
        self._hello, self._server = hello, server
        self._there: dict[int, socket.socket] = {}
        self._error: str | None = None
        self._texts: dict[socket.socket, bytes] = {}
        self._selector = selectors.DefaultSelector()
        self._selector.register(server, selectors.EVENT_READ)
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread, and closes what it has opened."""
        if self._error is not None:
            time.sleep(LATE_SECONDS)
        self._is_over.set()
        self._thread.join()

    def _run(self):
        while not self._is_over.is_set():
            for key, _ in self._selector.select(0.1):
                if key.fileobj is self._server:
                    connection, _ = self._server.accept()
                    connection.settimeout(1)
                    self._texts[connection] = b""
                    self._selector.register(connection, selectors.EVENT_READ)
                else:
                    self._receive(key.fileobj)
        for connection in [*self._texts]:
            self._drop(connection)
        self._selector.close()

    def _receive(self, connection):
        try:
            received = connection.recv(4096)
        except OSError:
            received = b""
        text = self._texts[connection] + received
        self._texts[connection] = text
        if not received or len(text) > LONGEST_LINE:
            self._drop(connection)
        elif b"\n" in text and connection not in self._there.values():
            self._welcome(connection, _read(text.partition(b"\n")[0]))

    def _welcome(self, connection, hello):
        if hello is None or set(hello) != set(self._hello):  # a stranger
            self._drop(connection)
            return
        index, self._error = hello["index"], self._error or self._what_differs(hello)
        if self._error is not None:
            self._send({"error": self._error}, [connection, *self._there.values()])
            return
        self._there[index] = connection
        missing = [n for n in range(len(self._hello["workers"])) if n not in self._there]
        self._send({"missing": missing} if missing else {"go": True}, [*self._there.values()])

    def _what_differs(self, hello):
        """Why this worker cannot be one of the cluster, in a sentence; or None."""
        index = hello["index"]
        if hello["workers"] != self._hello["workers"]:
            return f"worker {index} has other addresses in TF_CONFIG than the chief."
        if not _known([index], hello["workers"]):
            return f"TF_CONFIG has no worker {index}."
        if index in self._there or (index == 0 and hello["token"] != self._hello["token"]):
            return f"two workers have the number {index} in TF_CONFIG."
        if hello["about"] != self._hello["about"]:
            return f"worker {index} has {hello['about']}, but the chief {self._hello['about']}."
        return None

    def _send(self, message, connections):
        for connection in connections:
            try:
                connection.sendall(_line(message))
            except OSError:
                self._drop(connection)

    def _drop(self, connection):
        """Forgets a connection; its worker, if it was one, is missing again."""
        if self._texts.pop(connection, None) is None:
            return
        self._there = {n: other for n, other in self._there.items() if other is not connection}
        self._selector.unregister(connection)
        connection.close()
