"""Downloads, from a server on this machine."""

import dataclasses
import functools
import gzip
import hashlib
import http.server
import threading
import time

import pytest

from lowlevel.checks import DataError
from lowlevel.data import digit_datasets, download, mnist
from tests.idx_files import write_random

NOBODY_LISTENS = "http://127.0.0.1:9/"


class Handler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


@pytest.fixture
def serve():
    """Serves directories; returns a function from directory to URL."""
    servers = []

    def start(directory):
        handler = functools.partial(Handler, directory=str(directory))
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}/"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("LOWLEVEL_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "mnist"


@pytest.fixture
def mirror(tmp_path):
    """A directory of four gzipped files, as a mirror of MNIST has them."""
    return write_random(tmp_path / "mirror", gzipped=True)


def files_of(directory, *mirrors):
    digests = {
        path.name: hashlib.sha256(gzip.decompress(path.read_bytes())).hexdigest()
        for path in directory.iterdir()
    }
    return download.Files("mnist", mirrors, digests)


def test_downloads_once(mirror, serve, cache):
    files = files_of(mirror, serve(mirror))
    assert not download.is_cached(files)
    assert download.fetch(files) == cache
    assert mnist.read_directory(cache).num_classes == 3
    assert download.is_cached(files)
    assert sorted(path.name for path in cache.iterdir()) == sorted(files.sha256)
    # The second time nobody is asked.
    assert download.fetch(dataclasses.replace(files, mirrors=(NOBODY_LISTENS,))) == cache


def test_another_wrapping_of_the_same_bytes_is_taken(mirror, serve, cache):
    files = files_of(mirror, serve(mirror))
    for path in mirror.iterdir():
        path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()), compresslevel=1))
    download.fetch(files)


def test_falls_back_to_the_next_mirror(mirror, serve, tmp_path, cache):
    wrong = write_random(tmp_path / "wrong", train=41, gzipped=True)
    for first in (NOBODY_LISTENS, serve(wrong)):
        files = files_of(mirror, first, serve(mirror))
        download.fetch(files)
        for path in cache.iterdir():
            path.unlink()


@pytest.mark.parametrize("damage", [lambda b: b[:-9], lambda b: b"<html>sign in</html>"])
def test_wrong_bytes_never_reach_the_cache(mirror, serve, cache, damage):
    files = files_of(mirror, serve(mirror))
    path = mirror / f"{mnist.TRAIN_IMAGES}.gz"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DataError, match=r"cannot be downloaded from any mirror"):
        download.fetch(files)
    assert not (cache / path.name).exists()
    assert not list(cache.glob("download-*"))


def test_a_damaged_cache_is_named(mirror, serve, cache):
    files = files_of(mirror, serve(mirror))
    download.fetch(files)
    path = cache / f"{mnist.TEST_LABELS}.gz"
    path.write_bytes(gzip.compress(b"something else"))
    with pytest.raises(DataError, match=f"{path.name} does not hold the bytes of mnist"):
        download.fetch(files)


def test_no_network_is_found_out_in_time(monkeypatch):
    """A server that accepts and never answers is the slowest way of having no network."""
    import socket

    assert download.SECONDS_TO_FIND_A_MIRROR < 10
    monkeypatch.setattr(download, "SECONDS_TO_FIND_A_MIRROR", 1.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        files = dataclasses.replace(mnist.FILES, mirrors=(url, NOBODY_LISTENS))
        start = time.monotonic()
        with pytest.raises(DataError, match=r"no answer from 127\.0\.0\.1"):
            download.fetch(files)
        assert time.monotonic() - start < 3


def test_cache_that_cannot_be_written(mirror, serve, tmp_path):
    (tmp_path / "cache").write_text("a file where a directory should be")
    with pytest.raises(DataError, match="cannot be written"):
        download.fetch(files_of(mirror, serve(mirror)))


def test_auto_falls_back_to_the_sample_and_says_why(monkeypatch, capsys):
    monkeypatch.setattr(mnist, "FILES", dataclasses.replace(mnist.FILES, mirrors=(NOBODY_LISTENS,)))
    assert digit_datasets.load("auto").name == "sample"
    error = capsys.readouterr().err
    assert "no answer from 127.0.0.1" in error
    assert "Using the packaged sample" in error
    with pytest.raises(DataError, match="mnist cannot be downloaded"):
        digit_datasets.load("mnist")


def test_auto_prefers_the_directory_then_the_cache(mirror, serve, monkeypatch):
    assert digit_datasets.load("auto", mirror).num_classes == 3
    monkeypatch.setattr(mnist, "FILES", files_of(mirror, serve(mirror)))
    assert digit_datasets.load("auto").num_classes == 3
    monkeypatch.setattr(mnist, "FILES", dataclasses.replace(mnist.FILES, mirrors=(NOBODY_LISTENS,)))
    assert digit_datasets.load_offline().num_classes == 3


def test_offline_never_downloads(monkeypatch):
    monkeypatch.setattr(download, "find_mirror", None)
    assert digit_datasets.load_offline().name == "sample"


def test_a_file_that_is_checked_as_it_is(serve, tmp_path, cache):
    """As CIFAR-10's archive is: its own bytes are known, not what decompresses from them."""
    (tmp_path / "mirror").mkdir()
    content = gzip.compress(b"an archive", mtime=1)
    (tmp_path / "mirror" / "a.tar.gz").write_bytes(content)
    url = serve(tmp_path / "mirror")
    known = {"a.tar.gz": hashlib.sha256(content).hexdigest()}
    files = download.Files("plain", (NOBODY_LISTENS, url), known, hashed_decompressed=False)
    assert (download.fetch(files) / "a.tar.gz").read_bytes() == content
    repacked = {"a.tar.gz": hashlib.sha256(gzip.compress(b"an archive", mtime=2)).hexdigest()}
    other = dataclasses.replace(files, dataset="other", sha256=repacked)
    with pytest.raises(DataError):
        download.fetch(other)


def test_only_mnist_is_called_mnist(tmp_path, mnist_directory):
    for name, expected in (("mine", "mine"), ("mnist", "mnist-folder")):
        assert digit_datasets.load("auto", write_random(tmp_path / name)).name == expected
    assert digit_datasets.load_offline(mnist_directory).name == "mnist"
