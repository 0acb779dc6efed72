"""How the probe's container is started."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import docker.errors
import pytest

from helpers.engine import probing


def test_the_probes_first_process_is_an_init() -> None:
    """GNU timeout 9.10 exits with 125, and says nothing, where it is a container's first process."""

    def create(image: str, **how: Any) -> None:
        started.append([*how["entrypoint"], *how["command"]])
        raise docker.errors.APIError("enough")

    started: list[list[str]] = []
    client = SimpleNamespace(containers=SimpleNamespace(create=create))
    with pytest.raises(probing.NotStarted):
        probing.run(client, "machine", {})  # type: ignore[arg-type]
    (command,) = started
    init = command[: command.index("timeout")]
    assert init == ["tini", "-g", "--"]
