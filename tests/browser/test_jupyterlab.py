"""The course as a learner sees it: JupyterLab in a browser, on a real Engine."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import SCREENSHOTS
from tests.browser.support import (
    CHAPTER,
    EXERCISE,
    PATIENCE,
    SECOND,
    START,
    assert_all_hold,
    cells_of_exercise,
    choose,
    errors,
    from_top_to_bottom,
    idle,
    opened,
    run,
    run_all,
    solve,
    source_of,
    to,
)

pytestmark = [pytest.mark.usefixtures("photograph"), pytest.mark.timeout(900)]


def test_the_address_leads_to_the_course_map_and_a_chapter_runs(page: Page, address: str) -> None:
    page.goto(address)
    notebook = opened(page, "00_start_here.ipynb")
    run_all(page)
    assert_all_hold(from_top_to_bottom(page, notebook))

    _unfold_and_fold(page, notebook)

    # The link at its end leads to the next chapter.
    notebook.get_by_role("link", name=re.compile("01 Meet the default bridge")).last.click()
    opened(page, "01_default_bridge.ipynb")


def test_an_interrupted_cell_leaves_the_lab_usable(page: Page, address: str, notebooks: Path) -> None:
    _write(
        notebooks / "interrupted.ipynb",
        START,
        "%%on host --timeout 300\nsleep 300",
        "%%on host\necho still $(hostname)",
        "lab.close()",
    )
    page.goto(to(address, "interrupted.ipynb"))
    notebook = opened(page, "interrupted.ipynb")
    choose(page, "Run", "Run All Cells")
    sleeping = notebook.locator(".jp-CodeCell").nth(1)
    expect(notebook.locator(".jp-CodeCell").first).to_contain_text("[1]", timeout=CHAPTER)
    expect(sleeping).to_contain_text("[*]")
    page.wait_for_timeout(3 * SECOND)  # until the command has reached the machine
    choose(page, "Kernel", "Interrupt Kernel")
    expect(sleeping.locator(".jp-OutputArea")).to_contain_text("interrupted", timeout=PATIENCE)
    idle(page)
    # The interrupt ended “Run All Cells”: the cells below are run by hand, as a learner would do.
    for cell, said in ((2, "still host"), (3, "")):
        below = notebook.locator(".jp-CodeCell").nth(cell)
        if not re.search(r"\[\d+\]", below.inner_text()):
            run(page, below)
        expect(below).to_contain_text(re.compile(r"\[\d+\]"), timeout=PATIENCE)
        expect(below).to_contain_text(said)
    assert errors(notebook) == []


def test_an_exercise_is_solved_on_the_page_and_the_kernel_restarted(
    page: Page, address: str, notebooks: Path
) -> None:
    _write(notebooks / "exercise.ipynb", *EXERCISE)
    page.goto(to(address, "exercise.ipynb"))
    notebook = opened(page, "exercise.ipynb")
    start, checked, _, close = cells_of_exercise(notebook)
    solve(page, notebook)

    # The lab of a restarted kernel is still being removed: the next lab starts alongside it, empty.
    choose(page, "Kernel", "Restart Kernel and Clear Outputs of All Cells…")
    page.locator(".jp-Dialog .jp-mod-accept").click()
    expect(start).not_to_contain_text("LAN:", timeout=PATIENCE)
    idle(page)
    run(page, start)
    expect(start).to_contain_text("LAN: 192.168.", timeout=CHAPTER)
    run(page, checked)
    expect(checked).to_contain_text("0 of 1 checks pass. It was done on", timeout=PATIENCE)
    run(page, close)
    idle(page)


def test_a_terminal_in_jupyterlab_opens_a_shell_on_a_machine(
    page: Page, address: str, notebooks: Path
) -> None:
    wait = "%%on host\nuntil cat /tmp/typed 2>/dev/null; do sleep 1; done"
    _write(notebooks / "terminal.ipynb", START, wait, "lab.close()")
    page.goto(to(address, "terminal.ipynb"))
    notebook = opened(page, "terminal.ipynb")
    start, typed, close = (notebook.locator(".jp-CodeCell").nth(number) for number in range(3))
    run(page, start)
    expect(start).to_contain_text("LAN: 192.168.", timeout=CHAPTER)

    page.get_by_role("menuitem", name="File", exact=True).click()
    entries = page.locator(".lm-Menu-itemLabel")
    entries.filter(has_text=re.compile("^New$")).hover()
    entries.filter(has_text=re.compile("^Terminal$")).click()
    terminal = page.locator(".jp-Terminal .xterm-screen")
    expect(terminal).to_be_visible(timeout=PATIENCE)
    page.wait_for_timeout(2 * SECOND)  # until its shell is listening
    terminal.click()
    page.keyboard.type("python3 -m helpers shell host\n")
    page.keyboard.type("echo typed on $(hostname) >/tmp/typed; exit\n")

    page.locator(".lm-TabBar-tabLabel").filter(has_text="terminal.ipynb").click()
    run(page, typed)
    expect(typed.locator(".jp-OutputArea")).to_contain_text("typed on host", timeout=PATIENCE)
    page.locator(".lm-TabBar-tabLabel").filter(has_text="Terminal 1").click()
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / "terminal.png")
    page.locator(".lm-TabBar-tabLabel").filter(has_text="terminal.ipynb").click()
    run(page, close)
    idle(page)


def _unfold_and_fold(page: Page, notebook: Locator) -> None:
    """Open the code of the first folded claim, below which its verdict stands, and fold it again."""
    scrolled = notebook.locator(".jp-WindowedPanel-outer")
    claim = notebook.locator(".jp-CodeCell").filter(has=page.locator(".jp-InputPlaceholder")).first
    for position in range(0, int(scrolled.evaluate("element => element.scrollHeight")), 600):
        scrolled.evaluate(f"element => element.scrollTo(0, {position})")
        page.wait_for_timeout(SECOND // 2)
        if claim.count():
            break
    expect(claim.locator(".jp-OutputArea-output").first).to_contain_text(re.compile("^✓ "))
    expect(claim.locator(".jp-InputArea-editor")).to_have_count(0)
    unfolded = notebook.locator(".jp-CodeCell.jp-mod-selected")
    claim.locator(".jp-InputPlaceholder").click()
    expect(unfolded.locator(".jp-InputArea-editor")).to_contain_text(".claim(")
    page.screenshot(path=SCREENSHOTS / "claim_unfolded.png")
    unfolded.locator(".jp-InputCollapser").click()
    expect(unfolded.locator(".jp-InputPlaceholder")).to_be_visible()


def _write(path: Path, *cells: str) -> None:
    nbformat.write(source_of(*cells), path)
