"""Workers on hosts of their own: network namespaces, each with its address, joined by a cable.

Needs root and `ip`. What the documentation says of Slurm and Kubernetes is tried here, too.
"""

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time

import pytest

from lowlevel.cli import slurm
from tests.conftest import ROOT
from tests.workers.lives import MLP
from tests.workers.test_lives import LOST

yaml = pytest.importorskip("yaml")
IS_ROOT = os.geteuid() == 0 and shutil.which("ip") is not None
ADDRESSES = ("10.213.7.1", "10.213.7.2")
WORDS = [sys.executable, *MLP]
WORDS[1] = str(ROOT / "scripts" / WORDS[1])
MANIFEST = ROOT / "docs" / "kubernetes.yaml"


def ip(words):
    subprocess.run(["ip", *words.split()], check=True, capture_output=True)


@pytest.fixture
def hosts():
    """The names of two namespaces."""
    if not IS_ROOT:
        pytest.skip("needs root and ip")
    names = [f"lowlevel-{os.getpid()}-{index}" for index in range(2)]
    try:
        for name in names:
            ip(f"netns add {name}")
        ip(f"link add cable0 netns {names[0]} type veth peer name cable1 netns {names[1]}")
        for index, name in enumerate(names):
            ip(f"-n {name} addr add {ADDRESSES[index]}/24 dev cable{index}")
            ip(f"-n {name} link set cable{index} up")
            ip(f"-n {name} link set lo up")
        yield names
    finally:
        for name in names:
            subprocess.run(["ip", "netns", "delete", name], capture_output=True)


def start(host, words, **environment):
    """Runs a command on a host, as its only user."""
    environment = os.environ | {"OMP_NUM_THREADS": "1"} | environment
    environment.pop("TF_CPP_MIN_LOG_LEVEL", None)
    return subprocess.Popen(
        ["ip", "netns", "exec", host, *map(str, words)], env=environment, cwd=ROOT, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def tf_config(index):
    cluster = {"worker": [f"{address}:2222" for address in ADDRESSES]}
    return json.dumps({"cluster": cluster, "task": {"type": "worker", "index": index}})


def last_lines(processes):
    """What each has said, once all have ended well."""
    said = [process.communicate(timeout=120) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], said
    return said[0][0].splitlines()[-1]


@pytest.mark.slow
def test_two_hosts_train_as_two_processes_of_one_do(hosts, tmp_path):
    words = [*WORDS, "--epochs", 2, "--run-dir"]
    pair = [
        start(host, [*words, tmp_path / "run"], TF_CONFIG=tf_config(index))
        for index, host in enumerate(hosts)
    ]
    launch = [sys.executable, str(ROOT / "scripts" / "launch.py"), "-n", "2"]
    done = subprocess.run(
        [*launch, *map(str, [*words[1:], tmp_path / "one"])], capture_output=True, text=True
    )
    assert done.stdout.splitlines()[-1] == f"[0] {last_lines(pair)}"


@pytest.mark.slow
def test_a_cable_that_is_pulled_out_is_noticed(hosts, tmp_path):
    words = [*WORDS, "--epochs", 5000, "--run-dir", tmp_path / "run"]
    pair = [start(host, words, TF_CONFIG=tf_config(i)) for i, host in enumerate(hosts)]
    try:
        while "epoch 2/" not in pair[0].stdout.readline():
            assert pair[0].poll() is None
        ip(f"-n {hosts[1]} link set cable1 down")
        began = time.monotonic()
        for process in pair:
            _, errors = process.communicate(timeout=90)
            assert process.returncode == 75 and errors.endswith(f"train_mnist.py: {LOST}")
        assert time.monotonic() - began < 60
    finally:
        for process in pair:
            process.kill()


@pytest.mark.slow
def test_slurm_starts_tasks_on_two_hosts(hosts, tmp_path):
    scontrol = tmp_path / "scontrol"
    scontrol.write_text(f"#!/bin/sh\nprintf '%s\\n' {' '.join(ADDRESSES)}\n")
    scontrol.chmod(0o755)
    job = {
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "SLURM_JOB_ID": "1234",
        "SLURM_STEP_NODELIST": "n[1-2]",
        "SLURM_STEP_TASKS_PER_NODE": "1(x2)",
    }
    launch = [sys.executable, ROOT / "scripts" / "launch.py", "--slurm"]
    words = [*launch, *WORDS[1:], "--epochs", 1, "--run-dir", tmp_path / "run"]
    pair = [
        start(host, words, SLURM_PROCID=str(i), SLURMD_NODENAME=ADDRESSES[i], **job)
        for i, host in enumerate(hosts)
    ]
    assert "variables sha256" in last_lines(pair)
    assert slurm.FIRST_PORT > 1024


def manifest():
    service, job = yaml.safe_load_all(MANIFEST.read_text(encoding="utf-8"))
    return service, job


def test_the_manifest_fits_together():
    service, job = manifest()
    name, spec = job["metadata"]["name"], job["spec"]
    pod = spec["template"]["spec"]
    [container] = pod["containers"]
    assert (service["kind"], job["kind"]) == ("Service", "Job")
    assert service["spec"]["clusterIP"] == "None"
    assert service["spec"]["selector"] == {"job-name": name}
    assert pod["subdomain"] == service["metadata"]["name"]
    assert spec["completionMode"] == "Indexed"
    workers = {variable["name"]: variable["value"] for variable in container["env"]}["WORKERS"]
    assert int(workers) == spec["completions"] == spec["parallelism"]
    mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    assert mounts.keys() == {volume["name"] for volume in pod["volumes"]}
    assert f"--run-dir {mounts['runs']}/" in container["args"][0]
    # What the container would run, with its command replaced by one that shows TF_CONFIG.
    shown = container["args"][0].replace("exec python", "echo $TF_CONFIG #")
    environment = os.environ | {"WORKERS": workers, "JOB_COMPLETION_INDEX": "1"}
    text = subprocess.run(
        [*container["command"], shown], env=environment, capture_output=True, text=True, check=True
    ).stdout
    pods = [f"{name}-{index}.{pod['subdomain']}:2222" for index in range(int(workers))]
    assert json.loads(text) == {
        "cluster": {"worker": pods},
        "task": {"type": "worker", "index": 1},
    }


@pytest.mark.slow
def test_what_the_pods_run_trains_on_two_hosts(hosts, tmp_path):
    """Their names are in a file of hosts that `ip netns exec` lays over /etc/hosts."""
    _, job = manifest()
    [container] = job["spec"]["template"]["spec"]["containers"]
    text = container["args"][0].replace("/runs/mnist", str(tmp_path / "run"))
    text = text.replace("exec python", f"exec {shlex.quote(sys.executable)}")
    text = text.strip() + " --net mlp --dataset digits --epochs 5000\n"
    names = "".join(f"{a} lowlevel-{i}.lowlevel\n" for i, a in enumerate(ADDRESSES))
    folders = [f"/etc/netns/{host}" for host in hosts]
    try:
        for folder in folders:
            os.makedirs(folder)
            with open(f"{folder}/hosts", "w") as file:
                file.write(names + "127.0.0.1 localhost\n")
        pair = [
            start(host, ["sh", "-c", text], WORKERS="2", JOB_COMPLETION_INDEX=str(index))
            for index, host in enumerate(hosts)
        ]
        while "epoch 2/" not in pair[0].stdout.readline():
            assert pair[0].poll() is None
        pair[1].send_signal(signal.SIGTERM)  # as when a pod is moved
        for process in pair:
            process.communicate(timeout=60)
        assert [process.returncode for process in pair] == [75, 143]
    finally:
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)
