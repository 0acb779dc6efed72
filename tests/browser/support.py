"""What a learner does in JupyterLab, done by Playwright."""

from __future__ import annotations

import re
from urllib.parse import urlsplit, urlunsplit

import nbformat
import pytest
from playwright.sync_api import Locator, Page, expect

SECOND = 1000  # in Playwright's milliseconds
PATIENCE = 60 * SECOND
CHAPTER = 400 * SECOND

START = """
%load_ext helpers.learning
from helpers.lab import Lab
from helpers.learning import check
lab = Lab()
lab
""".strip()
EXERCISE = (START, 'check("00-1")', "%%on host\n", "lab.close()")
SOLUTION = "docker network create playground"


def opened(page: Page, name: str) -> Locator:
    """The notebook with this name, once it is the visible tab."""
    expect(page.locator(".jp-mod-current .lm-TabBar-tabLabel").filter(has_text=name)).to_be_visible(
        timeout=PATIENCE
    )
    notebook = page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")
    expect(notebook.locator(".jp-Cell").first).to_be_visible(timeout=PATIENCE)
    _wait_for_kernel(page, name)
    idle(page)
    return notebook


def _wait_for_kernel(page: Page, name: str) -> None:
    """Wait until the notebook's kernel has started: an earlier click would open the kernel dialog."""
    server = page.url.partition("/lab")[0]
    for _ in range(60):
        answer = page.request.get(f"{server}/api/sessions")
        kernels = {one["path"]: one["kernel"]["execution_state"] for one in answer.json()}
        if kernels.get(name) == "idle":
            return
        page.wait_for_timeout(SECOND)
    pytest.fail(f"no kernel for {name} within a minute; running kernels: {kernels}")


def idle(page: Page) -> None:
    status = page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Notebook-ExecutionIndicator")
    expect(status).to_have_attribute("data-status", "idle", timeout=CHAPTER)


def run(page: Page, cell: Locator) -> None:
    cell.locator(".jp-InputArea-editor").click()
    page.keyboard.press("Shift+Enter")


def choose(page: Page, menu: str, entry: str) -> None:
    page.get_by_role("menuitem", name=menu, exact=True).click()
    page.get_by_text(entry, exact=True).click()


def run_all(page: Page) -> None:
    choose(page, "Run", "Run All Cells")
    page.wait_for_timeout(2 * SECOND)  # until the kernel is busy
    idle(page)


def from_top_to_bottom(page: Page, notebook: Locator) -> dict[str, list[str]]:
    """Scroll through a notebook, which renders only what is visible, and collect what it shows."""
    seen: dict[str, dict[str, None]] = {"errors": {}, "tables": {}, "figures": {}}
    scrolled = notebook.locator(".jp-WindowedPanel-outer")
    height = int(scrolled.evaluate("element => element.scrollHeight"))
    for position in range(0, height, 600):
        scrolled.evaluate(f"element => element.scrollTo(0, {position})")
        page.wait_for_timeout(SECOND // 2)
        seen["errors"] |= dict.fromkeys(errors(notebook))
        seen["tables"] |= dict.fromkeys(notebook.locator(".jp-RenderedHTMLCommon table").all_inner_texts())
        for figure in notebook.locator(".jp-RenderedImage img").all():
            if figure.evaluate("image => image.naturalWidth > 100 && image.clientWidth > 100"):
                seen["figures"][str(figure.get_attribute("src"))[-80:]] = None
    return {kind: list(texts) for kind, texts in seen.items()}


def assert_all_hold(seen: dict[str, list[str]]) -> None:
    """What was collected has one table of verdicts, all of which hold, a figure, and no error."""
    assert seen["errors"] == []
    assert seen["figures"], "no figure is shown"
    verdicts = [text for text in seen["tables"] if "observed" in text]
    assert len(verdicts) == 1
    assert "✓ holds" in re.sub(r"\s+", " ", verdicts[0])
    assert "✗" not in verdicts[0]


def errors(notebook: Locator) -> list[str]:
    selector = (
        "[data-mime-type='application/vnd.jupyter.stderr'], [data-mime-type='application/vnd.jupyter.error']"
    )
    return notebook.locator(selector).all_inner_texts()


def source_of(*cells: str) -> nbformat.NotebookNode:
    """A notebook with these cells of code."""
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    code = [nbformat.v4.new_code_cell(cell) for cell in cells]
    notebook: nbformat.NotebookNode = nbformat.v4.new_notebook(cells=code, metadata=kernel)
    return notebook


def cells_of_exercise(notebook: Locator) -> list[Locator]:
    return [notebook.locator(".jp-CodeCell").nth(number) for number in range(len(EXERCISE))]


def solve(page: Page, notebook: Locator) -> None:
    """Start the lab, be told that nothing has been done, do it, and be told that it is done."""
    start, checked, own, _ = cells_of_exercise(notebook)
    run(page, start)
    expect(start).to_contain_text("LAN: 192.168.", timeout=CHAPTER)
    run(page, checked)
    expect(checked).to_contain_text("0 of 1 checks pass", timeout=PATIENCE)
    own.locator(".jp-InputArea-editor").click()
    page.keyboard.press("Control+End")
    page.keyboard.insert_text(SOLUTION)
    page.keyboard.press("Shift+Enter")
    expect(own.locator(".jp-OutputArea")).to_contain_text(re.compile(r"[0-9a-f]{64}"), timeout=PATIENCE)
    run(page, checked)
    expect(checked).to_contain_text("done, the only check passes", timeout=PATIENCE)


def to(address: str, name: str) -> str:
    """The address of another notebook, with the same token."""
    parts = urlsplit(address)
    return urlunsplit(parts._replace(path=f"/lab/tree/{name}"))
