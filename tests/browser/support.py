"""What a learner does in JupyterLab, done by Playwright."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

import pytest
from playwright.sync_api import Locator, Page, expect

SECOND = 1000  # in Playwright's milliseconds
PATIENCE = 60 * SECOND
CHAPTER = 400 * SECOND


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
    parts = urlsplit(page.url)
    for _ in range(60):
        answer = page.request.get(urlunsplit((*parts[:2], "/api/sessions", "", "")))
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


def to(address: str, name: str) -> str:
    """The address of another notebook, with the same token."""
    parts = urlsplit(address)
    return urlunsplit(parts._replace(path=f"/lab/tree/{name}"))
