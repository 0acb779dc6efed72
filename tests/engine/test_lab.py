"""A lab of one machine: its LAN, its labels, its command line, its Docker."""

from __future__ import annotations

import hashlib
import io
import ipaddress
import os
import shutil
import subprocess
import tarfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from docker.errors import APIError, ContainerError
from docker.models.containers import Container, ExecResult
from docker.types import IPAMConfig, IPAMPool

from helpers.engine import Engine, stock
from helpers.engine.images import MACHINE_IMAGE
from helpers.errors import LabError
from helpers.lab import Lab, Machine, labels, lan, ownership
from helpers.waiting import NotYet, wait_until
from tests.engine.support import mode
from tools.soak.lab_objects import of_lab

CREATED = f"{labels.KIND}.created"
ARTICLE = ipaddress.IPv4Network("192.168.99.0/24")


def test_the_machine_has_address_100_on_the_lan_and_its_own_name(lab: Lab, host: Machine) -> None:
    assert host.address == str(lab.lan.subnet[100])
    asked = host.run("hostname; ip -4 -json address show dev eth0 | jq -r '.[0].addr_info[0].local'")
    assert asked.stdout.split() == ["host", host.address]


def test_a_subnet_that_is_in_use_is_skipped(engine: Engine) -> None:
    client, mine = engine.client, labels.for_lab("lab-taken")
    created = []
    try:
        pool = IPAMConfig(pool_configs=[IPAMPool(subnet=str(ARTICLE))])
        with suppress(APIError):  # the lab of the other tests may already use it
            created.append(client.api.create_network("lab-taken", ipam=pool, labels=mine)["Id"])
        second = lan.create(client, "lab-taken-2", mine)
        created.append(second.id)
        assert second.subnet > ARTICLE
        assert second.gateway == str(second.subnet[1])
        third = lan.create(client, "lab-taken-3", mine)
        created.append(third.id)
        assert third.subnet > second.subnet
    finally:
        for network in created:
            client.api.remove_network(network)


def test_every_object_names_its_owner(engine: Engine, lab: Lab) -> None:
    found = of_lab(engine.client, lab.id)
    expected = labels.for_lab(lab.id)
    assert {name.split()[0] for name in found} >= {"container", "network"}
    for name, carried in found.items():
        assert carried[labels.LAB] == lab.id, name
        if carried[labels.KIND] == stock.KIND:  # labelled before it was claimed: the LAN has the other labels
            continue
        assert carried.keys() == expected.keys(), name
        assert {key for key in expected if carried[key] != expected[key]} <= {CREATED}, name
        assert labels.is_mine(carried)
    assert ownership.is_held(lab.id)


def test_an_unknown_machine_lists_the_known_ones(lab: Lab) -> None:
    with pytest.raises(LabError, match="this lab has host"):
        lab["machine7"]


def test_an_unknown_container_lists_the_known_ones(host: Machine) -> None:
    with pytest.raises(LabError, match="containers there: "):
        host.container("nobody")


def test_a_command_has_two_outputs_and_an_exit_code(host: Machine) -> None:
    done = host.run("echo out; echo 'größer' >&2; exit 7")
    assert (done.exit_code, done.stdout, done.stderr) == (7, "out\n", "größer\n")


def test_long_output_arrives_complete(host: Machine) -> None:
    assert len(host.run("head -c 2000000 /dev/zero | tr '\\0' x").stdout) == 2_000_000


def test_a_command_gets_empty_input(host: Machine) -> None:
    assert host.run("cat; echo end", timeout=20).stdout == "end\n"


def test_a_command_ends_at_its_timeout(host: Machine) -> None:
    started = time.monotonic()
    done = host.run("echo before; sleep 777; echo after", timeout=2)
    assert (done.exit_code, done.stdout) == (124, "before\n")
    assert time.monotonic() - started < 30
    assert host.run("pgrep -f '[s]leep 777'").stdout == ""


def test_a_command_that_ignores_the_signal_ends_too(host: Machine) -> None:
    started = time.monotonic()
    assert host.run("trap '' INT; while :; do sleep 1; done", timeout=2).exit_code != 0
    assert time.monotonic() - started < 40


def test_a_terminal_shows_ctrl_c_and_the_commands_reaction(host: Machine) -> None:
    # A terminal sends the signal first and shows ^C then: a command that reacts at once may come before it.
    on_signal = "trap 'sleep 1; echo caught; exit 3' INT"
    done = host.run(f"{on_signal}; tty; while :; do sleep 0.2; done", tty=True, timeout=10)
    assert done.exit_code == 3
    assert done.stdout.splitlines() == ["/dev/pts/0", "^Ccaught"]
    assert done.stderr == ""


def test_the_tools_that_the_chapters_use_are_installed(host: Machine) -> None:
    tools = "docker ip bridge iptables tcpdump conntrack jq curl ss ipvsadm ping nc"
    missing = host.run(f"for tool in {tools}; do command -v $tool >/dev/null || echo $tool; done")
    assert missing.stdout == ""


def test_the_machine_starts_with_two_images_and_no_container(host: Machine) -> None:
    tags = sorted(tag for image in host.docker.images.list() for tag in image.tags)
    assert tags == ["busybox:latest", "nginx:latest"]


def test_run_gives_output_and_exit_code(host: Machine) -> None:
    run = host.docker.containers.run
    assert run("busybox", "hostname", hostname="inner", remove=True) == b"inner\n"
    with pytest.raises(ContainerError) as ended:
        run("busybox", ["sh", "-c", "exit 5"], remove=True)
    assert ended.value.exit_status == 5


def test_events_logs_exec_and_archives_work_through_the_tunnel(host: Machine) -> None:
    events = host.docker.events(decode=True, filters={"container": "web", "event": "start"})
    web = host.docker.containers.run("nginx", name="web", detach=True)
    try:
        assert next(events)["Actor"]["Attributes"]["name"] == "web"
        assert host.container("web").id == web.id

        answer = _answer_of_nginx(web)
        assert answer.exit_code == 0
        assert b"nginx" in answer.output
        exit_code, both = web.exec_run(["sh", "-c", "echo out; echo err >&2; exit 4"], demux=True)
        assert exit_code == 4
        assert list(both) == [b"out\n", b"err\n"]

        lines = web.logs(stream=True, follow=True)
        assert any(b"GET / HTTP/1.1" in line for line in lines)

        payload = os.urandom(5_000_000)
        assert web.put_archive("/tmp", _tar("payload", payload))
        chunks, _ = web.get_archive("/tmp/payload")
        assert _sha256(_untar(b"".join(chunks))) == _sha256(payload)
    finally:
        events.close()
        web.remove(force=True)


def _answer_of_nginx(web: Container) -> ExecResult:
    """Ask until it listens: that comes a moment after the container has started."""

    def ask() -> ExecResult | NotYet:
        answer = web.exec_run(["wget", "-qO-", "http://127.0.0.1/"])
        return NotYet(str(answer.output)) if answer.exit_code else answer

    return wait_until(ask, tried="Asking nginx for its page", within_s=30, next_step="Look at its log.")


def test_many_clients_use_the_tunnel_at_once(host: Machine) -> None:
    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(lambda _: host.docker.ping(), range(6))) == [True] * 6


@pytest.mark.skipif(not shutil.which("docker"), reason="there is no docker CLI here")
def test_the_docker_cli_works_through_the_tunnel(host: Machine) -> None:
    text = "line\n" * 20_000
    docker = ["docker", "-H", host.docker_host, "run", "-i", "--rm", "busybox"]
    echoed = subprocess.run([*docker, "cat"], input=text, capture_output=True, text=True, timeout=120)
    assert (echoed.returncode, echoed.stdout, echoed.stderr) == (0, text, "")
    failed = subprocess.run([*docker, "sh", "-c", "exit 6"], input="", timeout=120, text=True)
    assert failed.returncode == 6


def test_the_tunnels_socket_is_accessible_only_to_its_owner(host: Machine) -> None:
    path = Path(host.docker_host.removeprefix("unix://"))
    assert path.is_socket()
    assert mode(path) == "0o600"
    assert mode(path.parent) == "0o700"


def test_the_machine_uses_the_image_named_by_the_definition(engine: Engine, host: Machine) -> None:
    assert engine.client.containers.get(host.id).attrs["Config"]["Image"] == MACHINE_IMAGE


def _tar(name: str, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        entry = tarfile.TarInfo(name)
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def _untar(archived: bytes) -> bytes:
    with tarfile.open(fileobj=io.BytesIO(archived)) as archive:
        member = archive.extractfile(archive.getmembers()[0])
        assert member
        return member.read()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
