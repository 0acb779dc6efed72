"""The course as a learner sees it: JupyterLab in a browser, on a real Engine."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import nbformat
import pytest
from playwright.sync_api import Locator, Page, expect

from helpers.paths import PROJECT
from tests.browser.conftest import SCREENSHOTS

pytestmark = [pytest.mark.usefixtures("photograph"), pytest.mark.timeout(900)]

_SECOND = 1000  # in Playwright's milliseconds
_PATIENCE = 60 * _SECOND
_CHAPTER = 400 * _SECOND
_STEPS = re.compile(r"\s*(✓ .*\s*)*")  # set-up is reported on the error stream
START = """
%load_ext helpers.learning
from helpers.lab import Lab
from helpers.learning import check
lab = Lab()
lab
""".strip()


def test_the_address_leads_to_the_course_map_and_a_chapter_runs(page: Page, address: str) -> None:
    page.goto(address)
    notebook = _opened(page, "00_start_here.ipynb")
    _run_all(page)
    seen = _from_top_to_bottom(page, notebook)
    assert seen["errors"] == []
    assert seen["figures"], "no figure is shown"
    verdicts = [text for text in seen["tables"] if "observed" in text]
    assert len(verdicts) == 1
    assert "✓ yes" in re.sub(r"\s+", " ", verdicts[0])
    assert "✗" not in verdicts[0]

    # The link at its end leads to the next chapter.
    notebook.get_by_role("link", name=re.compile("01 Meet the default bridge")).last.click()
    _opened(page, "01_default_bridge.ipynb")


def test_an_interrupted_cell_leaves_the_lab_usable(page: Page, address: str, notebooks: Path) -> None:
    _write(
        notebooks / "interrupted.ipynb",
        START,
        "%%on host --timeout 300\nsleep 300",
        "%%on host\necho still $(hostname)",
        "lab.close()",
    )
    page.goto(_to(address, "interrupted.ipynb"))
    notebook = _opened(page, "interrupted.ipynb")
    _choose(page, "Run", "Run All Cells")
    sleeping = notebook.locator(".jp-CodeCell").nth(1)
    expect(notebook.locator(".jp-CodeCell").first).to_contain_text("[1]", timeout=_CHAPTER)
    expect(sleeping).to_contain_text("[*]")
    page.wait_for_timeout(3 * _SECOND)  # until the command has reached the machine
    _choose(page, "Kernel", "Interrupt Kernel")
    expect(sleeping.locator(".jp-OutputArea")).to_contain_text("interrupted", timeout=_PATIENCE)
    _idle(page)
    # The interrupt ended “Run All Cells”: the cells below are run by hand, as a learner would do.
    for cell, said in ((2, "still host"), (3, "")):
        below = notebook.locator(".jp-CodeCell").nth(cell)
        if not re.search(r"\[\d+\]", below.inner_text()):
            _run(page, below)
        expect(below).to_contain_text(re.compile(r"\[\d+\]"), timeout=_PATIENCE)
        expect(below).to_contain_text(said)
    assert _errors(notebook) == []


def test_an_exercise_is_solved_on_the_page_and_the_kernel_restarted(
    page: Page, address: str, notebooks: Path
) -> None:
    _write(notebooks / "exercise.ipynb", START, 'check("00-1")', "%%on host\n", "lab.close()")
    page.goto(_to(address, "exercise.ipynb"))
    notebook = _opened(page, "exercise.ipynb")
    start, checked, own, close = (notebook.locator(".jp-CodeCell").nth(number) for number in range(4))
    _run(page, start)
    expect(start).to_contain_text("LAN: 192.168.", timeout=_CHAPTER)
    _run(page, checked)
    expect(checked).to_contain_text("0 of 1 checks pass", timeout=_PATIENCE)

    own.locator(".jp-InputArea-editor").click()
    page.keyboard.press("Control+End")
    page.keyboard.insert_text("docker network create playground")
    page.keyboard.press("Shift+Enter")
    expect(own.locator(".jp-OutputArea")).to_contain_text(re.compile(r"[0-9a-f]{64}"), timeout=_PATIENCE)
    _run(page, checked)
    expect(checked).to_contain_text("done, the only check passes", timeout=_PATIENCE)

    # The lab of a restarted kernel is still being removed: the next lab starts alongside it, empty.
    _choose(page, "Kernel", "Restart Kernel and Clear Outputs of All Cells…")
    page.locator(".jp-Dialog .jp-mod-accept").click()
    expect(start).not_to_contain_text("LAN:", timeout=_PATIENCE)
    _idle(page)
    _run(page, start)
    expect(start).to_contain_text("LAN: 192.168.", timeout=_CHAPTER)
    _run(page, checked)
    expect(checked).to_contain_text("0 of 1 checks pass. It was done on", timeout=_PATIENCE)
    _run(page, close)
    _idle(page)


def test_a_terminal_in_jupyterlab_opens_a_shell_on_a_machine(
    page: Page, address: str, notebooks: Path
) -> None:
    wait = "%%on host\nuntil cat /tmp/typed 2>/dev/null; do sleep 1; done"
    _write(notebooks / "terminal.ipynb", START, wait, "lab.close()")
    page.goto(_to(address, "terminal.ipynb"))
    notebook = _opened(page, "terminal.ipynb")
    start, typed, close = (notebook.locator(".jp-CodeCell").nth(number) for number in range(3))
    _run(page, start)
    expect(start).to_contain_text("LAN: 192.168.", timeout=_CHAPTER)

    page.get_by_role("menuitem", name="File", exact=True).click()
    entries = page.locator(".lm-Menu-itemLabel")
    entries.filter(has_text=re.compile("^New$")).hover()
    entries.filter(has_text=re.compile("^Terminal$")).click()
    terminal = page.locator(".jp-Terminal .xterm-screen")
    expect(terminal).to_be_visible(timeout=_PATIENCE)
    page.wait_for_timeout(2 * _SECOND)  # until its shell is listening
    terminal.click()
    page.keyboard.type(f"cd {PROJECT} && python3 -m helpers shell host\n")
    page.keyboard.type("echo typed on $(hostname) >/tmp/typed; exit\n")

    page.locator(".lm-TabBar-tabLabel").filter(has_text="terminal.ipynb").click()
    _run(page, typed)
    expect(typed.locator(".jp-OutputArea")).to_contain_text("typed on host", timeout=_PATIENCE)
    page.locator(".lm-TabBar-tabLabel").filter(has_text="Terminal 1").click()
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / "terminal.png")
    page.locator(".lm-TabBar-tabLabel").filter(has_text="terminal.ipynb").click()
    _run(page, close)
    _idle(page)


def _opened(page: Page, name: str) -> Locator:
    """The notebook with this name, once it is the visible tab."""
    expect(page.locator(".jp-mod-current .lm-TabBar-tabLabel").filter(has_text=name)).to_be_visible(
        timeout=_PATIENCE
    )
    notebook = page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")
    expect(notebook.locator(".jp-Cell").first).to_be_visible(timeout=_PATIENCE)
    _wait_for_kernel(page, name)
    _idle(page)
    return notebook


def _wait_for_kernel(page: Page, name: str) -> None:
    """Wait until the notebook's kernel has started: an earlier click would open the kernel dialog."""
    parts = urlsplit(page.url)
    for _ in range(60):
        answer = page.request.get(urlunsplit((*parts[:2], "/api/sessions", "", "")))
        kernels = {one["path"]: one["kernel"]["execution_state"] for one in answer.json()}
        if kernels.get(name) == "idle":
            return
        page.wait_for_timeout(_SECOND)
    pytest.fail(f"no kernel for {name} within a minute; running kernels: {kernels}")


def _idle(page: Page) -> None:
    status = page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Notebook-ExecutionIndicator")
    expect(status).to_have_attribute("data-status", "idle", timeout=_CHAPTER)


def _choose(page: Page, menu: str, entry: str) -> None:
    page.get_by_role("menuitem", name=menu, exact=True).click()
    page.get_by_text(entry, exact=True).click()


def _run_all(page: Page) -> None:
    _choose(page, "Run", "Run All Cells")
    page.wait_for_timeout(2 * _SECOND)  # until the kernel is busy
    _idle(page)


def _from_top_to_bottom(page: Page, notebook: Locator) -> dict[str, list[str]]:
    """Scroll through a notebook, which renders only what is visible, and collect what it shows."""
    seen: dict[str, dict[str, None]] = {"errors": {}, "tables": {}, "figures": {}}
    scrolled = notebook.locator(".jp-WindowedPanel-outer")
    height = int(scrolled.evaluate("element => element.scrollHeight"))
    for position in range(0, height, 600):
        scrolled.evaluate(f"element => element.scrollTo(0, {position})")
        page.wait_for_timeout(_SECOND // 2)
        seen["errors"] |= dict.fromkeys(_errors(notebook))
        seen["tables"] |= dict.fromkeys(notebook.locator(".jp-RenderedHTMLCommon table").all_inner_texts())
        for figure in notebook.locator(".jp-RenderedImage img").all():
            if figure.evaluate("image => image.naturalWidth > 100 && image.clientWidth > 100"):
                seen["figures"][str(figure.get_attribute("src"))[-80:]] = None
    return {kind: list(texts) for kind, texts in seen.items()}


def _errors(notebook: Locator) -> list[str]:
    selector = (
        "[data-mime-type='application/vnd.jupyter.stderr'], [data-mime-type='application/vnd.jupyter.error']"
    )
    texts = notebook.locator(selector).all_inner_texts()
    return [text for text in texts if not _STEPS.fullmatch(text)]


def _run(page: Page, cell: Locator) -> None:
    cell.locator(".jp-InputArea-editor").click()
    page.keyboard.press("Shift+Enter")


def _write(path: Path, *sources: str) -> None:
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), path)


def _to(address: str, name: str) -> str:
    """The address of another notebook, with the same token."""
    parts = urlsplit(address)
    return urlunsplit(parts._replace(path=f"/lab/tree/{name}"))
