"""A learner in a browser: logs in, runs a chapter, solves an exercise, closes the lid and comes back.

Run as a script it is a process of its own, in the network of the room:
``in_a_browser.py URL NAME PASSWORD DIRECTORY``, with a directory for screenshots.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import nbformat
from playwright.sync_api import Page, ViewportSize, expect

from tests.browser.support import (
    EXERCISE,
    PATIENCE,
    SECOND,
    SOLUTION,
    assert_all_hold,
    cells_of_exercise,
    from_top_to_bottom,
    opened,
    run,
    run_all,
    solve,
    source_of,
)
from tests.room.learner import WORD
from tools.publish import chromium

_START = 120 * SECOND
_SCREEN: ViewportSize = {"width": 1400, "height": 1000}
_FIRST, _OWN = "00_start_here.ipynb", "exercise.ipynb"


def main(url: str, name: str, password: str, screenshots: str) -> None:
    """Do all of it; an assertion fails where the learner would be stuck."""
    with chromium.launched("Testing a room in a browser") as browser:
        at_home = browser.new_context(viewport=_SCREEN)
        page = at_home.new_page()
        try:
            _log_in(page, url, name, password, Path(screenshots))
            notebook = opened(page, _FIRST)
            run_all(page)
            assert_all_hold(from_top_to_bottom(page, notebook))
            _solve(page, name, url)
            cookies = at_home.storage_state()
            at_home.close()  # the lid

            page = browser.new_context(storage_state=cookies, viewport=_SCREEN).new_page()
            _come_back(page, f"{url}/user/{name}/lab/tree/{_OWN}")
        finally:
            page.screenshot(path=Path(screenshots) / f"room_{name}.png")


def _log_in(page: Page, url: str, name: str, password: str, screenshots: Path) -> None:
    page.goto(url)
    page.fill("#username_input", name)
    page.fill("#password_input", password)
    page.fill("#word_input", WORD)
    page.check("[name=rules]")
    page.screenshot(path=screenshots / "room_login.png")
    page.click("#login_submit")
    page.wait_for_url(re.compile(f"/user/{name}/lab"), timeout=_START)


def _solve(page: Page, name: str, url: str) -> None:
    _put(page, f"{url}/user/{name}", _OWN, source_of(*EXERCISE))
    page.goto(f"{url}/user/{name}/lab/tree/{_OWN}")
    solve(page, opened(page, _OWN))
    page.keyboard.press("Control+S")
    expect(page.locator(".jp-mod-current.jp-mod-dirty")).to_have_count(0, timeout=PATIENCE)


def _come_back(page: Page, address: str) -> None:
    """What was written, its outputs, the kernel and the lab are as they were left."""
    page.goto(address)
    _, checked, own, close = cells_of_exercise(opened(page, _OWN))
    expect(own).to_contain_text(SOLUTION)
    expect(checked).to_contain_text("done, the only check passes")
    run(page, own)
    expect(own.locator(".jp-OutputArea")).to_contain_text("already exists", timeout=PATIENCE)
    run(page, close)
    expect(close).to_contain_text(re.compile(r"\[\d+\]"), timeout=PATIENCE)


def _put(page: Page, server: str, name: str, notebook: nbformat.NotebookNode) -> None:
    """Save a notebook among the learner's, as JupyterLab does."""
    cookies = {one["name"]: one for one in page.context.cookies(f"{server}/") if one["path"] != "/hub/"}
    answer = page.request.put(
        f"{server}/api/contents/{name}",
        headers={"X-XSRFToken": cookies["_xsrf"]["value"], "Content-Type": "application/json"},
        data=json.dumps({"type": "notebook", "content": notebook}),
    )
    assert answer.ok, answer.text()


if __name__ == "__main__":
    main(*sys.argv[1:])
