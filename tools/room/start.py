"""The hub of a room on this computer: JupyterHub, its proxy, and a container for each learner."""

from __future__ import annotations

import ipaddress
import json
import os
import secrets
import signal
import subprocess
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from urllib.parse import urlsplit

import docker.errors
import psutil

from helpers.engine import reachable, resources
from helpers.errors import LabError
from helpers.paths import PROJECT, state_dir
from helpers.steps import say
from tools.room import firewall, image, software
from tools.room.hub import settings

GIB = 2**30
MEMORY_BYTES = 4 * GIB
PROCESSORS = 0.5  # under emulation a chapter keeps one busy half of the time
_HOST_BYTES = 2 * GIB  # the hub, dockerd and the system itself
_END_S = 120
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # those that nobody confuses on a projector


def run(options: settings.Options) -> int:
    """Run the hub until it is stopped; return its exit code.

    Raises
    ------
    LabError
        If it would be reached unencrypted from other computers, the image or an Engine is missing, or it
        cannot be installed or protected.
    """
    refuse_unencrypted(options)
    endpoint = _engine_with_image()
    python, proxy = software.provide()
    place = state_dir() / "room"
    place.mkdir(mode=0o700, exist_ok=True)
    room_password, leader_password = _passwords(place / "passwords.json")
    learners = admitted(options.learners)
    file = place / "settings.json"
    settings.Settings(
        **asdict(replace(options, learners=learners)),
        place=str(place),
        image=image.NAME,
        memory_bytes=MEMORY_BYTES,
        processors=PROCESSORS,
        room_password=room_password,
        leader_password=leader_password,
        proxy=proxy,
    ).write(file)
    environment = {
        **os.environ,
        settings.VARIABLE: str(file),
        "PYTHONPATH": str(PROJECT),
        "DOCKER_HOST": endpoint,
        "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}",
    }
    _tell(options.url, learners, room_password, leader_password)
    config = PROJECT / "tools" / "room" / "hub" / "jupyterhub_config.py"
    with firewall.closed(), suppress(KeyboardInterrupt):
        return _until_it_ends([str(python), "-m", "jupyterhub", f"--config={config}"], environment, place)
    return 0


def admitted(asked: int) -> int:
    """Return how many learners may be here at once: as many as this computer carries, or (not 0) as asked.

    More than its processors carry make each other wait; more than its memory holds would end each other.
    """
    by_memory = max(1, (psutil.virtual_memory().total - _HOST_BYTES) // MEMORY_BYTES)
    by_processors = max(1, int(resources.processors() / PROCESSORS))
    return min(by_memory, asked or by_processors)


def refuse_unencrypted(options: settings.Options) -> None:
    """Refuse to listen without TLS where others could listen in.

    Raises
    ------
    LabError
        If the address is not loopback, there is no certificate, and nobody has said that this is meant.
    """
    if bool(options.certificate) != bool(options.key):
        raise LabError("Reading the certificate", "one of the two files is not given", "Give both or none.")
    host = urlsplit(options.url).hostname or ""
    with suppress(ValueError):
        if ipaddress.ip_address(host).is_loopback:
            return
    if host != "localhost" and not options.certificate and not options.unencrypted:
        raise LabError(
            f"Listening on {options.url}",
            "passwords and all that learners do would cross the network unencrypted",
            "Give --certificate and --key; or listen on 127.0.0.1 behind Caddy (docs/room.md); or say "
            "--unencrypted, in a network of your own.",
        )


def _until_it_ends(command: list[str], environment: dict[str, str], place: Path) -> int:
    # A session of its own, so that it gets one signal: a second one would cut short what it does at its end.
    hub = subprocess.Popen(command, env=environment, cwd=place, start_new_session=True)
    for number in (signal.SIGINT, signal.SIGTERM):  # a shell's background job ignores the first by default
        signal.signal(number, signal.default_int_handler)
    try:
        return hub.wait()
    finally:
        hub.terminate()  # it ends the learners' servers
        try:
            hub.wait(_END_S)
        except subprocess.TimeoutExpired:
            hub.kill()


def _engine_with_image() -> str:
    endpoint = reachable.resolve()
    client = reachable.open_client(endpoint)
    try:
        client.images.get(image.NAME)
    except docker.errors.ImageNotFound as error:
        raise LabError(
            f"Looking for {image.NAME} on the Engine at {endpoint.url}",
            "it has no such image",
            "Build it: python3 -m tools image.",
        ) from error
    finally:
        client.close()
    return endpoint.url


def _passwords(path: Path) -> tuple[str, str]:
    """Return the room's password and the leader's own; they stay the same until the file is deleted."""
    if not path.exists():
        room = "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(3))
        path.touch(mode=0o600)
        path.write_text(json.dumps([room, secrets.token_urlsafe(32)]))
    room, leader = json.loads(path.read_text())
    return room, leader


def _tell(url: str, learners: int, room: str, leader: str) -> None:
    say(
        f"The room is at {url}, for {learners} learners at once.\n"
        f"  its password: {room}\n"
        f"  yours, as {settings.LEADER}: {leader}\n"
        "Ctrl-C ends it; notebooks and progress stay."
    )
