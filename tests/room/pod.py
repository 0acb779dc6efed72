"""Prints the pod that values for Zero to JupyterHub make: by KubeSpawner itself, without a cluster, as JSON.

Runs in an environment of its own, as tests/room/cluster.lock pins it: ``pod.py VALUES``. Fails if Kubernetes
would refuse the pod.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import kubernetes_validate
import kubespawner.spawner
import yaml
from kubernetes_asyncio.client import ApiClient
from kubespawner import KubeSpawner

KUBERNETES = "1.30"


def traits(values: dict[str, Any]) -> dict[str, Any]:
    """Return KubeSpawner's configuration, as the chart derives it from its section ``singleuser``."""
    one = values["singleuser"]
    home = one["storage"]["homeMountPath"]
    return {
        "image": f"{one['image']['name']}:{one['image']['tag']}",
        "cmd": one["cmd"],
        "uid": one["uid"],
        "fs_gid": one["fsGid"],
        "allow_privilege_escalation": one["allowPrivilegeEscalation"],
        "mem_limit": one["memory"]["limit"],
        "mem_guarantee": one["memory"]["guarantee"],
        "cpu_limit": one["cpu"]["limit"],
        "cpu_guarantee": one["cpu"]["guarantee"],
        "extra_pod_config": one["extraPodConfig"],
        "extra_container_config": one["extraContainerConfig"],
        "extra_resource_limits": one.get("extraResource", {}).get("limits", {}),
        "volumes": [{"name": "home", "persistentVolumeClaim": {"claimName": "claim-ada"}}],
        "volume_mounts": [{"name": "home", "mountPath": home}],
    }


async def manifest(values: dict[str, Any]) -> dict[str, Any]:
    """Return a learner's pod, as the hub would send it."""
    spawner = KubeSpawner(_mock=True, **traits(values))
    spawner.user = SimpleNamespace(name="ada", escaped_name="ada", id=1, url="/user/ada/")
    spawner.get_env = dict  # asks the hub
    async with ApiClient() as client:
        found: dict[str, Any] = client.sanitize_for_serialization(await spawner.get_pod_manifest())
        return found


def main(path: str) -> None:
    """Print it."""
    kubespawner.spawner.load_config = lambda **_: None  # looks for a cluster, which a manifest does not need
    pod = asyncio.run(manifest(yaml.safe_load(Path(path).read_text())))
    kubernetes_validate.validate(pod, KUBERNETES, strict=True)
    print(json.dumps(pod, indent=1))


if __name__ == "__main__":
    main(*sys.argv[1:])
