"""Machines on a LAN: `Lab` and its parts."""

from helpers.lab.command import Completed
from helpers.lab.lab import Lab
from helpers.lab.machine import Machine, NoSuchContainer

__all__ = ["Completed", "Lab", "Machine", "NoSuchContainer"]
