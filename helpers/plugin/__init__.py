"""A network plugin for Docker: its sources (`wire`), and what installs it on the machines of a lab."""

from helpers.plugin.calls import CallLog, messages, of_managed_plugin, of_socket_plugin
from helpers.plugin.deploy import SocketPlugin, build, kill_managed, start
from helpers.plugin.inspection import links
from helpers.plugin.registry import serve as serve_registry

__all__ = [
    "CallLog",
    "SocketPlugin",
    "build",
    "kill_managed",
    "links",
    "messages",
    "of_managed_plugin",
    "of_socket_plugin",
    "serve_registry",
    "start",
]
