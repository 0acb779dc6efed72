"""The glossary's terms, and links to them from where each chapter first uses one."""

from __future__ import annotations

import re
from collections.abc import Sequence

from nbformat import NotebookNode

_GLOSSARY = re.compile(r"```\{glossary\}\n(.*?)```", flags=re.DOTALL)
_ENTRY = re.compile(r"^(?=\S)(.+)$", flags=re.MULTILINE)
# Code, links, URLs, HTML, headings, tables and labels are left unchanged.
_CODE = r"```.*?```|`[^`]*`"
_UNTOUCHED = r"\[[^\]]*\]\([^)]*\)|https?://\S+|<[^>]*>|^\#[^\n]*|^\|[^\n]*|\*\*[^*\n]*:\*\*|\{term\}`[^`]*`"


def terms(page: str) -> list[str]:
    """Return the terms that a MyST Markdown page defines, in the order of the page."""
    return [term for block in _GLOSSARY.findall(page) for term in _ENTRY.findall(block)]


def link(notebook: NotebookNode, words: Sequence[str]) -> set[str]:
    """Turn the first use of each term in a chapter's text into MyST's role ``{term}``, in place.

    A term may be capitalized and may have a plural s; the longest match wins. A term that appears only as
    code, such as ``docker0``, is linked there. The title cell is left unchanged.

    Returns
    -------
    set of str
        The terms that were found.
    """
    names = "|".join(map(_either_case, sorted(words, key=len, reverse=True)))
    text = rf"(?P<untouched>{_UNTOUCHED}|{_CODE})|(?<![\w-])(?P<word>{names})s?(?![\w-])"
    code = rf"(?P<untouched>{_UNTOUCHED}|```.*?```)|`(?P<word>{names})`"
    by_name = {word.lower(): word for word in words}
    found: set[str] = set()

    def linked(match: re.Match[str]) -> str:
        word = match["word"] and by_name[match["word"].lower()]
        if not word or word in found:
            return match.group()
        found.add(word)
        return f"{{term}}`{match.group().strip('`')} <{word}>`"

    for pattern in (text, code):
        for cell in notebook.cells[1:]:
            if cell.cell_type == "markdown":
                cell.source = re.sub(pattern, linked, cell.source, flags=re.DOTALL | re.MULTILINE)
    return found


def _either_case(word: str) -> str:
    first = word[0]
    return rf"[{first.upper()}{first.lower()}]{re.escape(word[1:])}"
