"""How to reach the page from another computer, through SSH."""

from __future__ import annotations

import os
import socket
from ipaddress import IPv4Address, IPv6Address, ip_address

from helpers.accounts import user_name

_SSH_PORT = "22"
_WILDCARDS = {"", "*", "0.0.0.0", "::", "[::]"}
_LOOPBACK = "127.0.0.1"


def connected() -> bool:
    """Return whether this terminal belongs to an SSH connection."""
    return "SSH_CONNECTION" in os.environ


def directions(listening: str, port: int) -> str:
    """Return what to type on the computer in front of the learner.

    Parameters
    ----------
    listening, port:
        The address and the TCP port on which JupyterLab listens on this computer.
    """
    target = _LOOPBACK if listening in _WILDCARDS else f"[{listening}]" if ":" in listening else listening
    user, (host, ssh_port) = user_name() or "USER", _server()
    elsewhere = "" if ssh_port == _SSH_PORT else f" -p {ssh_port}"
    return (
        "JupyterLab runs on this computer. To reach it from yours, keep this running in a terminal there:\n"
        f"\n    ssh -N -L {port}:{target}:{port}{elsewhere} {user}@{host}\n"
        f"\nThen open the address below that contains {_LOOPBACK}:{port} in your browser.\n"
        f"If you normally use something else than {user}@{host}, use that. If port {port} is already in use\n"
        "on your computer, choose another one for the first number after -L, and in the address."
    )


def _server() -> tuple[str, str]:
    """Return this computer's SSH server as the client reached it: address or name, and port.

    The address at which the client's packets arrived always works unless something translates addresses in
    between; in that case, this computer's name is the better guess. Source: ssh(1), SSH_CONNECTION.
    """
    fields = os.environ["SSH_CONNECTION"].split()
    if len(fields) != 4:
        return socket.getfqdn(), _SSH_PORT
    client, _, server, port = fields
    try:
        reachable = _reachable(ip_address(client), ip_address(server))
    except ValueError:  # sshd writes UNKNOWN if it was not reached through TCP
        return socket.getfqdn(), _SSH_PORT
    return (server, port) if reachable else (socket.getfqdn(), _SSH_PORT)


def _reachable(client: IPv4Address | IPv6Address, server: IPv4Address | IPv6Address) -> bool:
    """Return whether the client can have used the server's address: not a private one from outside."""
    return not (server.is_loopback or server.is_link_local or (server.is_private and client.is_global))
