"""What a failure costs: pings or requests over time, while a machine loses its link or its power."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from helpers.errors import LabError
from helpers.probes import dns
from helpers.probes.access_logs import requests_by_replica
from helpers.probes.balanced import wait_until_balanced
from helpers.probes.load import http_timeline
from helpers.probes.over_time import reachability_timeline
from helpers.probes.overlay import overlays, wait_until_reached
from helpers.probes.services import tasks
from helpers.waiting import NotYet, wait_until

if TYPE_CHECKING:
    from helpers.lab import Machine

DOWN_S, UP_S, END_S = 4, 10, 16  # of a link
MISSED_S = 90  # about 7 s without other load
IN_A_ROW = 10  # on a busy Engine, a machine that has just been found again may be missed once more
OFF_S, AFTER_S = 5, 7  # all answered before the power is off; requests after everything has recovered


def link_failure(
    machine: Machine, source: str, target: str, *, victim: Machine
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Ping twice a second while another machine's interface on the LAN goes down, and later up again.

    Parameters
    ----------
    machine, source:
        The container that pings, and the machine that it runs on.
    target:
        A name, which the container resolves before anything happens.
    victim:
        The machine whose ``eth0`` goes down.

    Returns
    -------
    attempts, events : DataFrame
        As for :func:`helpers.probes.reachability_timeline`; "link down" lasts until the victim is no longer a
        peer of the source's networks, "link up" until the target has answered ten times in a row.

    Raises
    ------
    LabError
        If the name does not resolve, the victim remains a peer for 90 s, or the target does not answer again
        within two minutes.
    """
    address = dns.address(machine, source, target)

    def down() -> None:
        victim.run("ip link set eth0 down")
        # If the link came back just before it is missed, the target would answer, and then be cut off again.
        _wait_until_missed(machine, source, victim)

    def up() -> None:
        victim.run("ip link set eth0 up")
        wait_until_reached(machine, source, address, in_a_row=IN_A_ROW)

    events = [(DOWN_S, "link down", down), (UP_S, "link up", up)]
    return reachability_timeline(machine, source, address, seconds=END_S, interval=0.5, events=events)


def _wait_until_missed(machine: Machine, source: str, victim: Machine) -> None:
    networks = list(machine.container(source).attrs["NetworkSettings"]["Networks"])

    def look() -> NotYet | None:
        found = overlays(machine)
        used = found[found["name"].isin(networks)]
        still = used["name"][[victim.address in peers for peers in used["peers"]]]
        return NotYet(f"it is a peer of {', '.join(still)}") if len(still) else None

    wait_until(
        look,
        tried=f"Waiting until {machine.name} misses {victim.name}",
        within_s=MISSED_S,
        every_s=0.5,
        next_step=f"See /var/log/dockerd.log on {machine.name}.",
    )


def power_failure(
    manager: Machine, *others: Machine, victim: Machine, service: str, url: str
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Request a page from the manager four times a second while a machine with a replica loses power.

    Parameters
    ----------
    manager, others:
        The machines that remain.
    victim:
        The machine that loses power.
    service, url:
        The service, and where the manager requests its page.

    Returns
    -------
    attempts : DataFrame
        As for :func:`helpers.probes.http_timeline` · by (str: the replica and the machine to which the
        request went) · dead (bool: that was the replica that has lost power, so the request was lost).
    events : DataFrame
        As for :func:`helpers.probes.reachability_timeline`; "loses power" lasts until the service has all its
        replicas again and every machine knows about them.
    moments : DataFrame
        What happened by itself meanwhile: label · t_s, after_s (seconds since the first attempt, and
        since the power was off; NaN if it did not happen).

    Raises
    ------
    LabError
        If the victim has no replica of the service, some requests are lost before anything has happened, or
        the service does not recover.
    """
    running = tasks(manager, service).query("desired == 'running'")
    gone = running.loc[running["node"] == victim.name, "task"]
    if gone.empty:
        raise LabError(
            f"Switching {victim.name} off while {service} is in use",
            f"its replicas are on {', '.join(sorted(set(running['node']))) or 'no machine'}",
            "Choose a machine that has one.",
        )

    def pull_the_plug() -> None:
        victim.power_off()
        wait_until_balanced(manager, *others, service=service)

    attempts, events = http_timeline(
        manager,
        url,
        marker="load",
        seconds=OFF_S + AFTER_S,
        steady_s=OFF_S,
        events=[(OFF_S, f"{victim.name} loses power", pull_the_plug)],
    )
    logged = requests_by_replica([manager, *others], service, "load").set_index("number")
    answered_by = attempts["number"].map(logged["replica"] + " on " + logged["node"])
    # A live machine refuses at once if its server does not listen yet; a dead one sends nothing.
    refused = attempts["error"].str.contains("refused|reset")
    attempts = attempts.assign(
        by=answered_by.fillna(f"{' or '.join(gone)} on {victim.name}"), dead=~attempts["ok"] & ~refused
    )
    return attempts, events, _moments(attempts, events, tasks(manager, service), gone.iloc[0])


def _moments(attempts: pd.DataFrame, events: pd.DataFrame, history: pd.DataFrame, gone: str) -> pd.DataFrame:
    """When the dead replica was last asked, and when its replacement was created, ran and was known."""
    off, converged = events[["t_s", "done_s"]].iloc[0]
    start = attempts["at"].iloc[0] - pd.Timedelta(attempts["t_s"].iloc[0], "s")
    replacement = history[(history["task"] == gone) & (history["desired"] == "running")].iloc[-1]
    at = {
        "last request to the dead replica": attempts.loc[attempts["dead"], "t_s"].max(),
        "manager creates a replacement": (replacement["created"] - start).total_seconds(),
        "replacement runs": (replacement["since"] - start).total_seconds(),
        "all machines know about it": converged,
    }
    moments = pd.DataFrame(list(at.items()), columns=["label", "t_s"])
    return moments.assign(after_s=moments["t_s"] - off)
