"""JupyterLab as `make lab` starts it, with a copy of the chapters, and Debian's Chromium to view it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from queue import Empty, Queue

import pytest
from playwright.sync_api import Browser, Page

from helpers.commands import lab
from helpers.engine import Engine, connect
from helpers.paths import BUILD, NOTEBOOKS
from helpers.setup import debian
from tools.publish import chromium

SCREENSHOTS = BUILD / "screenshots"
_START_S = 120


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    engine = connect()
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not chromium.program() and not debian.is_debian():
        pytest.skip(f"none of {', '.join(chromium.PROGRAMS)} is installed, and this is not Debian")
    with chromium.launched("Testing in a browser") as browser:
        yield browser


@pytest.fixture(scope="session")
def notebooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the chapters, because JupyterLab saves what it opens."""
    return Path(shutil.copytree(NOTEBOOKS, tmp_path_factory.mktemp("course") / "notebooks"))


@pytest.fixture(scope="session")
def address(engine: Engine, notebooks: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start JupyterLab for a learner without any progress; return the address that it prints."""
    del engine  # only so that the engine is running before a chapter needs it
    lab.decline_news()
    learner = {
        "XDG_STATE_HOME": str(tmp_path_factory.mktemp("state")),
        "LAB_PROGRESS": "on",
        "LAB_STEPS": "on",
    }
    server = subprocess.Popen(
        [*lab.JUPYTERLAB, f"--ServerApp.root_dir={notebooks}", "--no-browser"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, **learner},
    )
    printed: Queue[str] = Queue()
    threading.Thread(target=_read, args=(server, printed), daemon=True).start()
    try:
        yield f"{_address(printed)}&reset"  # do not restore tabs that an earlier reader left open
    finally:
        server.terminate()
        server.wait(60)


def _read(server: subprocess.Popen[str], printed: Queue[str]) -> None:
    assert server.stdout
    for line in server.stdout:
        printed.put(line)


def _address(printed: Queue[str]) -> str:
    said = ""
    while not (found := re.search(r"http://127\.\S+token=\w+", said)):
        try:
            said += printed.get(timeout=_START_S)
        except Empty:
            pytest.fail(f"JupyterLab printed no address within {_START_S} s; its output:\n{said}")
    return found.group()


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
