"""JupyterHub's configuration file, for the room that `settings` describes."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from tools.room.hub import settings
from tools.room.hub.authenticator import RoomAuthenticator
from tools.room.hub.spawner import LABEL, RoomSpawner

c: Any = get_config()  # type: ignore[name-defined] # noqa: F821
room = settings.read()
place, here = Path(room.place), Path(__file__).resolve().parent

c.JupyterHub.bind_url = room.url
c.JupyterHub.ssl_cert, c.JupyterHub.ssl_key = room.certificate, room.key
c.JupyterHub.hub_bind_url = f"http://0.0.0.0:{settings.HUB_PORT}"  # the host's firewall admits learners only
c.JupyterHub.hub_connect_ip = "127.0.0.1"  # for the proxy; a container is told its network's gateway
c.JupyterHub.db_url = f"sqlite:///{place / 'hub.sqlite'}"
c.JupyterHub.cookie_secret_file = str(place / "cookie-secret")
c.JupyterHub.template_paths = [str(here / "templates")]
c.JupyterHub.active_server_limit = room.learners
c.JupyterHub.concurrent_spawn_limit = 0  # the limit above is the one that counts
c.ConfigurableHTTPProxy.command = room.proxy
c.ConfigurableHTTPProxy.pid_file = str(place / "proxy.pid")

c.JupyterHub.authenticator_class = RoomAuthenticator
c.RoomAuthenticator.words = str(place / "words.json")
c.RoomAuthenticator.allow_all = True
c.RoomAuthenticator.admin_users = {settings.LEADER}
c.RoomAuthenticator.user_password = room.room_password
c.RoomAuthenticator.admin_password = room.leader_password

c.JupyterHub.spawner_class = RoomSpawner
c.RoomSpawner.image = room.image
c.RoomSpawner.pull_policy = "never"
c.RoomSpawner.remove = True
c.RoomSpawner.prefix = "room"
c.RoomSpawner.hub_port = settings.HUB_PORT
c.RoomSpawner.internet = room.internet
c.RoomSpawner.volumes = {"room-{username}": "/home/learner"}
c.RoomSpawner.mem_limit = room.memory_bytes
c.RoomSpawner.extra_create_kwargs = {"user": "1000:1000", "labels": {LABEL: "learner"}}
c.RoomSpawner.extra_host_config = {
    "cap_drop": ["ALL"],
    "security_opt": ["no-new-privileges"],
    "memswap_limit": room.memory_bytes,
    "cpu_shares": int(1024 * room.processors),  # a share, not a limit: what nobody else needs can be had
    "pids_limit": 2048,
}
# By default, both are told only every five minutes who is active.
c.JupyterHub.last_activity_interval = min(300, room.idle_s // 4)
c.RoomSpawner.environment = {"JUPYTERHUB_ACTIVITY_INTERVAL": str(min(300, room.idle_s // 4))}
c.Spawner.start_timeout = c.Spawner.http_timeout = 120

c.JupyterHub.services = [
    {
        "name": "culler",
        "command": [
            *(sys.executable, "-m", "jupyterhub_idle_culler", f"--timeout={room.idle_s}"),
            *(f"--max-age={room.age_s}", f"--cull-every={room.culls_every_s}"),
        ],
    },
    {
        "name": "room",
        "url": f"http://127.0.0.1:{settings.LEADERS_PORT}",
        "command": [sys.executable, "-m", "tools.room.hub.leader"],
        "environment": {name: os.environ[name] for name in ("DOCKER_HOST", "PYTHONPATH")},
        "oauth_no_confirm": True,
    },
]
c.JupyterHub.load_roles = [
    {
        "name": "culler",
        "scopes": ["list:users", "read:users:activity", "read:servers", "delete:servers"],
        "services": ["culler"],
    },
]
if room.expected:
    c.JupyterHub.services.append(
        {
            "name": "expect",
            "command": [sys.executable, "-m", "tools.room.hub.expect", *room.expected],
            "environment": {"PYTHONPATH": os.environ["PYTHONPATH"]},
        }
    )
    c.JupyterHub.load_roles.append(
        {"name": "expect", "scopes": ["admin:users", "servers"], "services": ["expect"]}
    )
