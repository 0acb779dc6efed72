"""Scripts in other languages: files that get their values as arguments, never text inside Python."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers import scripts
from helpers.paths import PROJECT

HOUSES = [PROJECT / "helpers", PROJECT / "tools"]
# What a learner types is shown as text: the exercises' solutions.
EXEMPT = PROJECT / "helpers/learning/exercises"
MODULES = [
    path for house in HOUSES for path in sorted(house.rglob("*.py")) if not path.is_relative_to(EXEMPT)
]
SCRIPTS = [path for house in HOUSES for path in sorted(house.glob("*/scripts/*")) if path.is_file()]

# Deliberately simple: what no sentence for a reader contains, and few programs of several lines go without.
ANYWHERE = [
    r"[;\n]\s*(do|then)\b.*\b(done|fi)\b",  # a shell's loop or condition
    r"^\w+\(\) [({]",  # its function
    r"<<-?\s*['\"]?[A-Z{]",  # its here-document
    r"\$\?",  # its exit code
    r"^import [\w., ]+\n|^from [\w.]+ import ",  # Python
    r"\bmy [$(@%]|\bsub \w+ \{",  # Perl
]
IN_SEVERAL_LINES = [
    r"\$[(1-9@*?!]|\$\{",  # a shell's expansion
    r"^\s*(set -e|exec |cd |[a-z_]+=\S*$)",  # commands that only a script has
    r"^\s*(def|class) \w+.*:$",
]


def programs(source: str) -> Iterator[str]:
    """String constants that look like a program; a docstring may show one."""
    tree = ast.parse(source)
    read: set[ast.AST] = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if node in read:
            continue
        if isinstance(node, ast.JoinedStr):
            read.update(node.values)
            text = "".join(str(part.value) if isinstance(part, ast.Constant) else "0" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
        else:
            continue
        marks = [*ANYWHERE, *(IN_SEVERAL_LINES if "\n" in text.strip() else [])]
        if any(re.search(mark, text, re.MULTILINE | re.DOTALL) for mark in marks):
            yield text


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PROJECT)))
def test_no_program_hides_in_a_string(path: Path) -> None:
    assert not list(programs(path.read_text("utf-8"))), "make it a file, see helpers/scripts.py"


@pytest.mark.parametrize(
    "hidden",
    [
        "'''\nround=0\nuntil [ -e STOP ]; do\n  sleep 1\ndone\n'''",
        "f'for attempt in $(seq {count}); do {attempt}; done'",
        "'if [ -e x ]; then rm x; fi'",
        "'now() { date +%s; }'",
        "'sh /dev/fd/3 3<<\\'{end}\\''",
        "f'{ping}; echo $?'",
        "f\"cat > /run/x <<'END'\\n{config}END\"",
        "'cd /opt\\nrm -f x\\n'",
        "'''\ncp $1 x\ncp $2 y\n'''",
        "'import os, sys\\nprint(os.name)'",
        "'''\ndef f():\n    pass\n'''",
        "'sub carry { my ($from, $to) = @_; }'",
        "'said=$(ping x)\\n' 'echo $said'",
    ],
)
def test_a_program_in_a_string_is_found(hidden: str) -> None:
    assert list(programs(f"x = {hidden}"))


@pytest.mark.parametrize(
    "prose",
    [
        "'Known causes:\\n1. A firewall.\\n2. The MTU: then look at `ip link`.'",
        "'touch /run/stop'",
        "f'{name}\\nafter {seconds} s'",
    ],
)
def test_a_sentence_is_no_program(prose: str) -> None:
    assert not list(programs(f"x = {prose}"))


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: str(path.relative_to(PROJECT)))
def test_a_module_beside_it_sends_each_script(path: Path) -> None:
    assert any(f'"{path.name}"' in module.read_text("utf-8") for module in path.parents[1].glob("*.py"))


@pytest.mark.parametrize("house", [PROJECT / "helpers", PROJECT / "notebooks"], ids=lambda path: path.name)
def test_timeout_bounds_a_containers_wget(house: Path) -> None:
    """``wget -T`` crashes in Debian 12's busybox: exit code 139, whatever the address is."""
    texts = {
        path.name: path.read_text("utf-8")
        for kind in ("py", "sh", "ipynb")
        for path in house.rglob(f"*.{kind}")
    }
    assert len(texts) > 5
    assert not [name for name, text in texts.items() if re.search(r"wget [^\n|]*-T", text)]


VALUES = ["", "two words", "$HOME `id` $(id)", "a'b\"c\\n", "*", "-e", "ä\x1f"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("tell.sh", "for value; do printf '%s\\036' \"$value\"; done"),
        ("tell.py", "import sys\nprint(end=''.join(value + '\\x1e' for value in sys.argv[1:]))"),
        ("tell.pl", 'print "$_\\036" for @ARGV;'),
    ],
)
def test_a_value_reaches_a_script_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str
) -> None:
    package = name.replace(".", "_")  # one that no other test has imported
    (tmp_path / package / "scripts").mkdir(parents=True)
    (tmp_path / package / "__init__.py").touch()
    (tmp_path / package / "scripts" / name).write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    command = scripts.command(package, name, *VALUES, 2.5)
    if shutil.which(scripts.argv(package, name)[0]) is None:
        pytest.skip("this computer has no interpreter for it")
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.split("\x1e")[:-1] == [*VALUES, "2.5"]
