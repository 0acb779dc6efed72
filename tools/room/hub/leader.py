"""The leader's page: who is here, how far each is. A service of the hub, which admits the leader alone."""

from __future__ import annotations

import io
import json
import os
import tarfile
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import docker
import docker.errors
from jupyterhub.services.auth import HubOAuthCallbackHandler, HubOAuthenticated
from tornado.httpserver import HTTPServer
from tornado.ioloop import IOLoop
from tornado.template import Template
from tornado.web import Application, RequestHandler, authenticated

from tools.room.hub.spawner import LABEL

_PROGRESS = "/home/learner/.local/state/docker-networking-lab/progress.json"
_MOST_BYTES = 100_000  # learners can write there what they like
_PAGE = Template(
    """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="30"><title>The room</title>
<style>body { font: 18px sans-serif; margin: 2em } td, th { padding: .3em 1em; text-align: left }</style>
</head>
<body><h1>{{ len(learners) }} in the room</h1>
<table><tr><th>name</th><th>chapters</th><th>checks</th><th>last</th></tr>
{% for name, chapters, checks, last in learners %}<tr><td>{{ name }}</td><td>{{ " ".join(chapters) }}</td>
<td>{{ checks }}</td><td>{{ last }}</td></tr>{% end %}</table></body></html>"""
)

Learner = tuple[str, list[str], int, str]  # name, chapters done, number of checks, the last of all done


class _Room(HubOAuthenticated, RequestHandler):  # type: ignore[misc]
    @authenticated
    async def get(self) -> None:
        learners = await IOLoop.current().run_in_executor(None, present)
        self.finish(_PAGE.generate(learners=learners))


def present() -> list[Learner]:
    """Return who has a container, with what the progress record in it says."""
    client = docker.from_env()
    try:
        found = client.containers.list(filters={"label": f"{LABEL}=learner"})
        return sorted(_learner(one) for one in found)
    finally:
        client.close()


def _learner(container: Any) -> Learner:
    done: list[str] = []
    with suppress(docker.errors.NotFound, ValueError, tarfile.TarError):
        record = json.loads(_read(container))
        done = (
            [name for name, day in record.items() if isinstance(day, str)] if isinstance(record, dict) else []
        )
    chapters = sorted(name for name in done if "-" not in name)
    return container.name.removeprefix("room-"), chapters, len(done) - len(chapters), done[-1] if done else ""


def _read(container: Any) -> bytes:
    chunks, status = container.get_archive(_PROGRESS)
    if status["size"] > _MOST_BYTES:
        return b"{}"
    with tarfile.open(fileobj=io.BytesIO(b"".join(chunks))) as tar:
        (member,) = tar.getmembers()
        file = tar.extractfile(member)
        return file.read() if file else b"{}"


def main() -> None:
    """Serve the page where the hub says."""
    prefix = os.environ["JUPYTERHUB_SERVICE_PREFIX"]
    handlers = [(prefix, _Room), (f"{prefix}oauth_callback", HubOAuthCallbackHandler)]
    url = urlsplit(os.environ["JUPYTERHUB_SERVICE_URL"])
    application = Application(handlers, cookie_secret=os.urandom(32))
    HTTPServer(application).listen(url.port or 80, url.hostname)
    IOLoop.current().start()


if __name__ == "__main__":
    main()
