"""Network namespaces: which containers have their own, and which share the machine's.

Source: network_namespaces(7).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from helpers.answers import understood
from helpers.probes import inside
from helpers.probes.frame import typed

if TYPE_CHECKING:
    from helpers.lab import Machine


@inside.probe
def namespaces(machine: Machine, *containers: str) -> pd.DataFrame:
    """The network namespace of each container's first process.

    Returns
    -------
    DataFrame
        container, namespace ("net:[4026531840]": the kernel's number for it) · shared (bool: it is the
        machine's own), one row per container.

    Raises
    ------
    LabError
        If a container is not running.
    """
    processes = [inside.process(machine.container(name)) for name in containers]
    links = " ".join(f"/proc/{process}/ns/net" for process in ["self", *processes])
    printed = machine.run(f"readlink {links}").stdout
    with understood("the numbers of network namespaces"):
        own, *found = printed.split()
        rows = [
            {"container": name, "namespace": one, "shared": one == own}
            for name, one in zip(containers, found, strict=True)
        ]
        return typed(rows, {"container": "str", "namespace": "str", "shared": "bool"})
