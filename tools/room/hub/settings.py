"""What `tools.room.start` tells the hub: a file that only its owner can read, because passwords are in it."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

VARIABLE = "ROOM_SETTINGS"
HUB_PORT = 8081  # where learners' containers reach the hub
LEADERS_PORT = 8082  # of the leader's page, behind the proxy
LEADER = "leader"
BRIDGE = "room-"  # what the names of the learners' bridges begin with, for the firewall's rules


@dataclass(frozen=True, kw_only=True)
class Options:
    """What the leader may say; see the help of ``python3 -m tools hub``.

    Attributes
    ----------
    url:
        Where the hub listens: ``https://0.0.0.0:8000``.
    certificate, key:
        Paths, or "" without TLS.
    unencrypted:
        Whether to listen without TLS beyond this computer.
    learners:
        How many at once.
    expected:
        Learners whose servers are started before they come.
    idle_s, age_s:
        Seconds after which a server that is not used, or that is old, is ended.
    culls_every_s:
        Seconds between two looks at them.
    internet:
        Whether containers reach more than the hub.
    """

    url: str
    certificate: str
    key: str
    unencrypted: bool
    learners: int
    expected: list[str]
    idle_s: int
    age_s: int
    culls_every_s: int
    internet: bool


@dataclass(frozen=True, kw_only=True)
class Settings(Options):
    """One room.

    Attributes
    ----------
    place:
        The directory of the hub's database, its cookies' secret and the learners' own passwords.
    image:
        The course's image.
    memory_bytes, processors:
        What each learner may take.
    room_password, leader_password:
        The second is the leader's alone.
    proxy:
        The command that starts configurable-http-proxy.
    """

    place: str
    image: str
    memory_bytes: int
    processors: float
    room_password: str
    leader_password: str
    proxy: list[str]

    def write(self, path: Path) -> None:
        """Write it, readable by the owner only."""
        path.touch(mode=0o600)
        path.write_text(json.dumps(asdict(self)))


def read() -> Settings:
    """Read what ROOM_SETTINGS names."""
    return Settings(**json.loads(Path(os.environ[VARIABLE]).read_text()))
