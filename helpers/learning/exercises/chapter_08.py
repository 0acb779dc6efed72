"""Exercises for chapter 08: network plugins."""

from helpers.learning.checks import attached, reaches, says
from helpers.learning.exercise import Exercise

_PLUGIN = "manager:5000/lab/net-plugin"
_INSTALL = f"docker plugin install --grant-all-permissions {_PLUGIN}:1.0"
_REMOVE = f"docker plugin disable -f {_PLUGIN}:1.0\ndocker plugin rm {_PLUGIN}:1.0"


def _upgrade(version: str) -> str:
    upgrade = "docker plugin upgrade --grant-all-permissions --skip-remote-check"
    return (
        f"docker plugin disable {_PLUGIN}:1.0\n"
        f"{upgrade} {_PLUGIN}:1.0 {_PLUGIN}:{version}\n"
        f"docker plugin enable {_PLUGIN}:1.0"
    )


EXERCISES = [
    Exercise(
        "08-1",
        "easy",
        "The chapter has removed the plugin from `manager`. Install it again from the lab's own registry.",
        checks=[
            says(
                "the plugin is installed and enabled",
                "docker plugin ls --format '{{.Name}} {{.Enabled}}'",
                f"{_PLUGIN}:1.0 true",
                machine="manager",
                hint="The article's command does this, with a different plugin name.",
            )
        ],
        solution={"manager": _INSTALL},
        undo={"manager": _REMOVE},
    ),
    Exercise(
        "08-2",
        "real life",
        "A shop on two machines: with the plugin as its driver, create a network `shop` to which you can"
        " connect containers by hand. `till` on `manager` and `shelf` on `machine1`, both busybox, must reach"
        " each other by name.",
        checks=[
            attached("till", {"shop"}, exactly=True, machine="manager"),
            attached("shelf", {"shop"}, exactly=True, machine="machine1"),
            reaches("till", "shelf", machine="manager"),
            reaches("shelf", "till", machine="machine1"),
        ],
        solution={
            "manager": f"{_INSTALL}\n"
            f"docker network create --driver {_PLUGIN}:1.0 --attachable shop\n"
            "docker run -dit --name till --network shop busybox",
            "machine1": "docker run -dit --name shelf --network shop busybox",
        },
        undo={
            "machine1": "docker rm -f shelf",
            "manager": f"docker rm -f till\ndocker network rm shop\n{_REMOVE}",
        },
    ),
    Exercise(
        "08-3",
        "hard",
        "A new release: build version 1.1 of the plugin from `/root/net-plugin` on `manager` (change"
        " something in it), push it to the registry, and upgrade `machine1` to it without removing the"
        " installed plugin.",
        checks=[
            says(
                "machine1 runs version 1.1",
                "docker plugin ls --no-trunc --format '{{.PluginReference}} {{.Enabled}}'",
                f"{_PLUGIN}:1.1 true",
                machine="machine1",
                hint="See `docker plugin upgrade --help`. A running plugin cannot be upgraded.",
            )
        ],
        solution={
            "manager": f"docker plugin create {_PLUGIN}:1.1 /root/net-plugin\n"
            f"docker plugin push {_PLUGIN}:1.1",
            "machine1": _upgrade("1.1"),
        },
        undo={
            "machine1": _upgrade("1.0"),
            "manager": f"docker plugin rm {_PLUGIN}:1.1",
        },
    ),
]
