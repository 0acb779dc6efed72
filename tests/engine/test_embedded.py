"""The embedded engine: only its owner has access, and it recovers when its processes are killed.

The second half kills processes, so it runs a separate embedded engine from the same cache entry.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psutil
import pytest
import requests

from helpers.engine import Engine, connect, embedded, images, stock
from helpers.errors import LabError
from helpers.lab import Lab
from helpers.paths import cache_dir, engine_dir, run_dir
from tests.engine.support import mode, python, wait_until_empty

ODD = "My Disk, 100% 'übel': {x}"  # what ssh, QEMU and a shell each read in a way of their own
CONNECT = "from helpers.engine import connect; print(connect().client.info()['ID'])"

THREE = [images.SUITE] * stock.SIZE

pytestmark = [
    pytest.mark.usefixtures("embedded_engine"),
    pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning"),
]


@pytest.fixture
def ssh_port() -> int:
    return int((engine_dir() / "ssh_port").read_text())


def test_its_directories_are_accessible_only_to_their_owner() -> None:
    for directory in (run_dir(), engine_dir(), cache_dir(), cache_dir() / "engine"):
        assert mode(directory) == "0o700", directory


def test_its_sockets_disks_and_keys_are_accessible_only_to_their_owner(embedded_engine: Engine) -> None:
    entry = Path((engine_dir() / "entry").read_text())
    prepared = next(entry.glob("prepared-*"))
    running = engine_dir()
    for path in (running / "docker.sock", entry / "ssh_key", entry / "host_key", prepared / "disk.qcow2"):
        assert mode(path) == "0o600", path
    assert mode(entry) == mode(prepared) == "0o700"
    assert (prepared / "state").stat().st_size > 0


def test_its_only_port_is_ssh_on_loopback(ssh_port: int) -> None:
    listening = [
        (one.laddr.ip, one.laddr.port)
        for one in _qemu().net_connections("inet")
        if one.status == psutil.CONN_LISTEN
    ]
    assert listening == [("127.0.0.1", ssh_port)]


def test_ssh_refuses_anyone_without_the_key(ssh_port: int, tmp_path: Path) -> None:
    stranger = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", stranger], check=True)
    options = ["-oStrictHostKeyChecking=no", "-oUserKnownHostsFile=/dev/null", "-oBatchMode=yes"]
    key = ["-oIdentitiesOnly=yes", "-i", str(stranger)]
    command = ["ssh", "-F", "none", *options, *key, "-p", str(ssh_port)]
    done = subprocess.run([*command, "root@127.0.0.1", "id"], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (255, "")
    assert "Permission denied (publickey)" in done.stderr


@pytest.fixture
def own_engine(embedded_engine: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """Give the test its own instance, and a cache at an odd path; the built disk is shared, and only read."""
    built = Path((engine_dir() / "entry").read_text())
    instance = f"{engine_dir().name}-recovers"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / ODD))
    monkeypatch.setenv("LAB_INSTANCE", instance)
    monkeypatch.setenv("LAB_ENGINE", "embedded")
    (cache_dir() / "engine").mkdir(mode=0o700)
    (cache_dir() / "engine" / built.name).symlink_to(built)
    yield engine_dir()
    embedded.stop(instance)


def test_it_recovers_from_killed_processes(own_engine: Path) -> None:
    # Two notebooks start at once: one boots the engine, the other waits.
    both = [python(CONNECT, {}), python(CONNECT, {})]
    first, second = (one.communicate(timeout=180)[0].strip() for one in both)
    assert first == second != ""
    (qemu,) = _processes(own_engine / "qmp.sock")
    assert list(cache_dir().glob("*.qcow2")) == []  # the running disk goes with its process

    # The forwarding ssh process is killed: the same virtual machine can be reached again.
    (forward,) = _processes(own_engine / "docker.sock")
    forward.kill()
    forward.wait(10)
    engine = connect()
    assert engine.client.info()["ID"] == first
    assert _processes(own_engine / "qmp.sock") == [qemu]

    # QEMU is killed while a lab runs: there is soon a readable error, and then a new engine.
    with Lab(engine=engine) as lab:
        host = lab["host"]
        assert host.run("true").exit_code == 0
        qemu.kill()
        started = time.monotonic()
        with pytest.raises(LabError, match="its Engine has ended"):
            host.run("true")
        assert time.monotonic() - started < 30
        with pytest.raises(requests.ConnectionError):
            host.docker.ping()
        started = time.monotonic()
    assert time.monotonic() - started < 30
    assert not (run_dir() / "labs" / lab.id).exists()
    engine.close()

    started = time.monotonic()
    again = connect()
    assert time.monotonic() - started < 60
    kinds = [one.labels.get(images.LABEL) for one in again.client.containers.list(all=True)]
    assert kinds == [stock.KIND] * stock.SIZE
    again.close()
    assert len(_processes(own_engine / "qmp.sock")) == 1

    assert embedded.stop(own_engine.name)
    # The forwarding ssh ends by itself, when QEMU's end of its connection is gone.
    assert wait_until_empty(lambda: _processes(own_engine), 10) == []
    assert not own_engine.exists() or list(own_engine.iterdir()) == []


def test_it_starts_from_a_store_that_is_only_read(
    own_engine: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (link,) = (cache_dir() / "engine").iterdir()
    # Other workers of pytest use the built entry meanwhile: its directory shows that, and no file in it does.
    store = tmp_path / "store"
    entry = store / link.name
    entry.mkdir(parents=True)
    for one in link.resolve().iterdir():
        (entry / one.name).symlink_to(one)
    link.unlink()
    before = _times(store)
    monkeypatch.setenv("LAB_STORE", str(store))
    connect().close()
    assert Path((own_engine / "entry").read_text()) == entry
    assert _times(store) == before
    assert not list((cache_dir() / "engine").rglob("state"))


def _times(store: Path) -> dict[Path, int]:
    """When each file of a store, and each directory, was written last; links are followed."""
    (entry,) = store.iterdir()
    within = [one for linked in entry.iterdir() for one in (linked, *linked.resolve().rglob("*"))]
    return {one: one.stat().st_mtime_ns for one in (store, entry, *within)}


def test_it_is_renewed_for_a_lab_that_finds_too_few_machines_in_stock(own_engine: Path) -> None:
    with Lab(stock.SIZE):
        (first,) = _processes(own_engine / "qmp.sock")
    using = embedded.use()

    other = connect()
    embedded.start(machines=THREE, using=using)
    assert _processes(own_engine / "qmp.sock") == [first]  # somebody else is connected

    other.client.volumes.create("a-learners-own")
    other.close()
    embedded.start(machines=THREE, using=using)
    assert _processes(own_engine / "qmp.sock") == [first]  # it holds something that would be missed

    other = connect()
    other.client.volumes.get("a-learners-own").remove()
    other.close()
    embedded.start(using=using)
    assert _processes(own_engine / "qmp.sock") == [first]  # no lab is wanted
    using.close()

    with Lab(stock.SIZE) as lab:
        (second,) = _processes(own_engine / "qmp.sock")
        assert second != first
        assert all(machine.run("true").exit_code == 0 for machine in lab.machines.values())
        with closing(connect(machines=THREE)):
            assert _processes(own_engine / "qmp.sock") == [second]  # the lab's own connection counts, too


def _qemu() -> psutil.Process:
    return psutil.Process(int((engine_dir() / "qemu.pid").read_text()))


def _processes(named: Path) -> list[psutil.Process]:
    """Return the processes that have this path on their command line."""
    found = psutil.process_iter(["cmdline"])
    return [one for one in found if any(str(named) in word for word in one.info["cmdline"] or [])]
