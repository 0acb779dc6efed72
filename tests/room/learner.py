"""A learner at a browser, as the hub and JupyterLab see it: logs in, opens the page, runs a chapter's cells.

Run as a script it is a process of its own, in the network of the room:
``learner.py URL NAME PASSWORD CODE|CHAPTER.ipynb``.
"""

from __future__ import annotations

import json
import sys
import time
import uuid
from typing import Any
from urllib.parse import urlsplit

import requests
import websocket

START_S, CELL_S = 180, 600
WORD = "a word of my own"


class Learner:
    """One learner's session."""

    def __init__(self, url: str, name: str) -> None:
        self.url, self.name = url, name
        self.session = requests.Session()
        self._server = f"{url}/user/{name}"

    def log_in(self, password: str, word: str = WORD, rules: str = "accepted") -> requests.Response:
        """Fill in the form; the answer is 403 for whoever does not come in."""
        page = self.session.get(f"{self.url}/hub/login", timeout=30)
        form = {"username": self.name, "password": password, "word": word, "rules": rules}
        form["_xsrf"] = self.session.cookies.get("_xsrf", path="/hub/") or ""
        return self.session.post(page.url, data=form, timeout=120)

    def open(self) -> float:
        """Open JupyterLab, and return after how many seconds its page was there."""
        started = time.monotonic()
        answer = self.session.get(f"{self.url}/hub/spawn", timeout=120)
        while not (answer.ok and "jupyter-config-data" in answer.text):
            if answer.status_code == 429 or time.monotonic() - started > START_S:
                answer.raise_for_status()
                raise TimeoutError(answer.text[-500:])
            time.sleep(0.5)
            answer = self.session.get(f"{self._server}/lab", timeout=120)
        return time.monotonic() - started

    def kernel(self) -> Kernel:
        """Start a kernel where the chapters are."""
        started = self._post("api/kernels", {"name": "python3", "path": ""})
        return Kernel(self, started["id"])

    def cells(self, chapter: str) -> list[str]:
        """Return the code of the learner's copy of a chapter."""
        answer = self.session.get(f"{self._server}/api/contents/{chapter}", timeout=60)
        answer.raise_for_status()
        cells = answer.json()["content"]["cells"]
        return [cell["source"] for cell in cells if cell["cell_type"] == "code"]

    def channels(self, kernel: str) -> websocket.WebSocket:
        """Connect to a kernel, as the page does."""
        address = self._server.replace("http", "ws", 1) + f"/api/kernels/{kernel}/channels"
        pairs = {one.name: one.value for one in self.session.cookies if one.path in ("/", self._path)}
        cookies = "; ".join(f"{name}={value}" for name, value in pairs.items())
        return websocket.create_connection(address, timeout=CELL_S, cookie=cookies, origin=self.url)

    @property
    def _path(self) -> str:
        return f"{urlsplit(self._server).path}/"

    def _post(self, path: str, body: Any) -> Any:
        token = self.session.cookies.get("_xsrf", path=self._path)
        headers = {"X-XSRFToken": token or ""}
        answer = self.session.post(f"{self._server}/{path}", json=body, headers=headers, timeout=60)
        answer.raise_for_status()
        return answer.json()


class Kernel:
    """A kernel that runs cells."""

    def __init__(self, learner: Learner, name: str) -> None:
        self._channels = learner.channels(name)

    def run(self, code: str) -> str:
        """Run a cell, and return what it printed.

        Raises
        ------
        RuntimeError
            If the cell raises, or the kernel dies.
        """
        asked = uuid.uuid4().hex
        header = {
            "msg_id": asked,
            "msg_type": "execute_request",
            "username": "",
            "session": asked,
            "version": "5.3",
        }
        content = {"code": code, "silent": False, "store_history": True, "allow_stdin": False}
        message = {
            "header": header,
            "parent_header": {},
            "metadata": {},
            "content": content,
            "channel": "shell",
        }
        self._channels.send(json.dumps(message))
        printed = ""
        while True:
            answer = json.loads(self._channels.recv())
            if answer["content"].get("execution_state") in ("restarting", "dead"):
                raise RuntimeError(f"{code}\nThe kernel died.")
            if answer["parent_header"].get("msg_id") != asked:
                continue
            match answer["msg_type"], answer["content"]:
                case "stream", {"text": text}:
                    printed += text
                case "execute_result" | "display_data", {"data": {"text/plain": text}}:
                    printed += text
                case "error", {"traceback": lines}:
                    raise RuntimeError("\n".join([code, *lines]))
                case "status", {"execution_state": "idle"}:
                    return printed


def main(url: str, name: str, password: str, what: str) -> None:
    """Log in and run what is asked for; print how long each part took and what cells printed, as JSON."""
    learner = Learner(url, name)
    began = time.monotonic()
    answer = learner.log_in(password)
    if not answer.ok:
        sys.exit(f"{answer.status_code}: {answer.text}")
    opened = learner.open()
    logged_in = time.monotonic() - began
    kernel = learner.kernel()
    cells = learner.cells(what) if what.endswith(".ipynb") else [what]
    ran: list[float] = []
    printed = ""
    for cell in cells:
        started = time.monotonic()
        printed += kernel.run(cell)
        ran.append(round(time.monotonic() - started, 1))
    print(
        json.dumps({"login": round(logged_in, 1), "open": round(opened, 1), "cells": ran, "printed": printed})
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
