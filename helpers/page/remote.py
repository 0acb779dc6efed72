"""How to reach the page from another computer: through SSH."""

from __future__ import annotations

import getpass
import os
import socket
from ipaddress import IPv4Address, IPv6Address, ip_address

_SSH_PORT = "22"
_WILDCARDS = {"", "*", "0.0.0.0", "::", "[::]"}
_LOOPBACK = "127.0.0.1"


def connected() -> bool:
    """Whether this terminal is an SSH connection's."""
    return "SSH_CONNECTION" in os.environ


def directions(listening: str, port: int) -> str:
    """Return what to enter on the computer in front of the learner.

    Parameters
    ----------
    listening, port:
        The address and the TCP port at which JupyterLab listens on this computer.
    """
    target = _LOOPBACK if listening in _WILDCARDS else f"[{listening}]" if ":" in listening else listening
    user, (host, ssh_port) = _user(), _server()
    elsewhere = "" if ssh_port == _SSH_PORT else f" -p {ssh_port}"
    return (
        "JupyterLab runs on this computer. To reach it from yours, leave this running in a terminal there:\n"
        f"\n    ssh -N -L {port}:{target}:{port}{elsewhere} {user}@{host}\n"
        f"\nThen open the address below that contains {_LOOPBACK}:{port} in your browser.\n"
        f"If your own ssh command has something else for {user}@{host}, use that. If port {port} is taken\n"
        "on your computer, choose another one for the first number, and in the address."
    )


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # an account without a name, in a container
        return "USER"


def _server() -> tuple[str, str]:
    """The SSH server of this computer as the client reached it: address or name, and port.

    The address that the client's packets arrived at always works if nothing translates addresses in between;
    where something does, this computer's name is the better guess. Source: ssh(1), SSH_CONNECTION.
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
    """Whether the client can have used the server's address: it cannot have if it came from outside."""
    return not (server.is_loopback or server.is_link_local or (server.is_private and client.is_global))
