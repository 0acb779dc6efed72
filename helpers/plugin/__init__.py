"""A network plugin for Docker: its sources (`wire`), and what installs it on the machines of a lab."""

from helpers.plugin.calls import (
    CallLog,
    by_machine,
    discoveries,
    messages,
    of_managed_plugin,
    of_socket_plugin,
)
from helpers.plugin.deploy import SocketPlugin, build, kill_managed, start
from helpers.plugin.inspection import installed, links
from helpers.plugin.registry import serve as serve_registry

__all__ = [
    "CallLog",
    "SocketPlugin",
    "build",
    "by_machine",
    "discoveries",
    "installed",
    "kill_managed",
    "links",
    "messages",
    "of_managed_plugin",
    "of_socket_plugin",
    "serve_registry",
    "start",
]
