"""JupyterLab as `make lab` starts it, on a learner's copies, and Debian's Chromium to view it."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, Queue
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page

from helpers import copies
from helpers.engine import Engine, connect
from helpers.page import server
from helpers.paths import BUILD, PROJECT, copies_dir
from helpers.setup import debian
from helpers.waiting import NotYet, wait_until
from tests.jupyterlab import JUPYTERLAB
from tools.publish import chromium

SCREENSHOTS = BUILD / "screenshots"
_START_S = 120


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    engine = connect()
    yield engine
    engine.close()


@pytest.fixture(scope="module")  # while it is open, no other event loop can run in this process
def browser() -> Iterator[Browser]:
    if not chromium.program() and not debian.is_debian():
        pytest.skip(f"none of {', '.join(chromium.PROGRAMS)} is installed, and this is not Debian")
    with chromium.launched("Testing in a browser") as browser:
        yield browser


@pytest.fixture(scope="session")
def notebooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the copies of a learner who begins."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        copies.prepare()
        return copies_dir()


@pytest.fixture(scope="session")
def address(engine: Engine, notebooks: Path) -> Iterator[str]:
    """Start JupyterLab for a learner without any progress; return the address that it prints."""
    del engine  # only so that the engine is running before a chapter needs it
    server.decline_news()
    with jupyterlab([*JUPYTERLAB, "--no-browser"], state=notebooks.parents[1]) as (address, _):
        yield address


@contextmanager
def jupyterlab(command: list[str], *, state: Path, directory: Path = PROJECT) -> Iterator[tuple[str, str]]:
    """Start JupyterLab for a learner with files in `state`; yield its address and what was said before."""
    learner = {"XDG_STATE_HOME": str(state), "LAB_PROGRESS": "on", "LAB_STEPS": "on"}
    server = subprocess.Popen(
        command,
        cwd=directory,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, **learner},
    )
    printed: Queue[str] = Queue()
    threading.Thread(target=_read, args=(server, printed), daemon=True).start()
    try:
        said, address = _address(printed)
        wait_until(lambda: _answers(address), tried=f"Opening {address}", within_s=_START_S, next_step="-")
        yield f"{address}&reset", said  # do not restore tabs that an earlier reader left open
    finally:
        server.terminate()
        server.wait(60)


def _read(server: subprocess.Popen[str], printed: Queue[str]) -> None:
    assert server.stdout
    for line in server.stdout:
        printed.put(line)


def _address(printed: Queue[str]) -> tuple[str, str]:
    said = ""
    while not (found := re.search(r"http://127\.\S+token=\w+", said)):
        try:
            said += printed.get(timeout=_START_S)
        except Empty:
            pytest.fail(f"JupyterLab printed no address within {_START_S} s; its output:\n{said}")
    return said, found.group()


def _answers(address: str) -> bool | NotYet:
    """Whether JupyterLab listens already: it prints its address just before."""
    try:
        socket.create_connection(("127.0.0.1", urlsplit(address).port or 0), timeout=1).close()
    except OSError as error:
        return NotYet(str(error))
    return True


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    yield page
    page.close()


@pytest.fixture
def photograph(page: Page, request: pytest.FixtureRequest) -> Iterator[None]:
    """Save a screenshot of the page at the end of each test, even if it fails."""
    yield
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{request.node.name}.png")
