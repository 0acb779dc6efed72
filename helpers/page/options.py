"""What may follow ``lab``: JupyterLab's own options, checked before anything is set up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from difflib import get_close_matches
from importlib import import_module

from jupyter_server.serverapp import ServerApp
from jupyterlab.labapp import LabApp
from traitlets.config import Configurable

from helpers.errors import LabError

_STOPPING = {"h", "help", "help-all", "version"}


def check(arguments: Sequence[str]) -> None:
    """Refuse what JupyterLab would refuse or ignore when it starts, which may be minutes away.

    An option that asks for help or for the version is answered, and this process then ends.

    Raises
    ------
    LabError
        If there is no such option.
    SystemExit
        If a value is wrong or a file is missing; JupyterLab's own message says which.
    """
    server = ServerApp()
    server.aliases.update(LabApp.aliases)
    server.classes = [LabApp, *server.classes]  # --help-all describes them
    known = set(_options(server))
    for argument in arguments:
        name = argument.lstrip("-").partition("=")[0]
        if argument.startswith("-") and ".".join(name.split(".")[:2]) not in known:
            similar = [f"--{one}" for one in get_close_matches(name, known)]
            raise LabError(
                f"Starting JupyterLab with {argument}",
                f"it has no option --{name}" + (f"; it has {', '.join(similar)}" if similar else ""),
                "`python3 -m helpers lab --help` lists our options, `--help-all` JupyterLab's.",
            )
    server.parse_command_line(list(arguments))


def _options(server: ServerApp) -> Iterator[str]:
    """Yield the options' names without dashes: ``port``, ``no-browser``, ``ServerApp.port``."""
    yield from _STOPPING
    for names in (*server.aliases, *server.flags):
        yield from [names] if isinstance(names, str) else names
    server.find_server_extensions()
    for extension in server.jpserver_extensions:
        with suppress(ImportError):  # JupyterLab also continues without it
            import_module(extension)  # defines its classes
    for configurable in _subclasses(Configurable):
        for trait in configurable.class_trait_names(config=True):
            yield f"{configurable.__name__}.{trait}"


def _subclasses(of: type[Configurable]) -> Iterator[type[Configurable]]:
    for one in of.__subclasses__():
        yield one
        yield from _subclasses(one)
