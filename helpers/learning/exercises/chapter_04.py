"""Exercises for chapter 04: macvlan."""

from helpers.learning.checks import answers, attached, has_address, has_network, reaches, says
from helpers.learning.exercise import Exercise

_LAN = r"lan=$(ip -4 -brief address show eth0 | grep -o '192\.168\.[0-9]*')"
_EMPTY = "docker ps -aq --filter network=pub_net | xargs -r docker rm -f && docker network rm pub_net"
_CREATE = (
    "docker network create -d macvlan --subnet=$lan.0/24 --gateway=$lan.1 --ip-range=$lan.192/28"
    " -o parent=eth0"
)
_DEPARTMENT = (
    "docker network create -d macvlan --subnet=10.10.10.0/24 -o parent=eth0.10 vlan10\n"
    "docker run -dit --name {name} --network vlan10 --ip {address} busybox"
)

EXERCISES = [
    Exercise(
        "04-1",
        "easy",
        "Start a second web server, `nginx2`, on `pub_net`, at the LAN address that ends in .200. `client`"
        " must be able to fetch its page.",
        checks=[
            attached("nginx2", {"pub_net"}, exactly=True),
            has_address(
                "nginx2", "pub_net", "{lan}.200", hint="`docker run --help` lists an option for the address."
            ),
            answers("http://{lan}.200/", machine="client"),
        ],
        solution={"host": f"{_LAN}\ndocker run -dit --name nginx2 --network pub_net --ip $lan.200 nginx"},
        undo={"host": "docker rm -f nginx2"},
    ),
    Exercise(
        "04-2",
        "real life",
        "The address that ends in .202 turns out to be your printer's. Recreate `pub_net` so that the Engine"
        " never assigns that address, without changing the range.",
        checks=[
            has_network("pub_net", driver="macvlan", interface="eth0"),
            says(
                "in the range .192/28, the address .202 is reserved",
                "docker network inspect pub_net | jq -r '.[0].IPAM.Config[0]"
                " | .IPRange, .AuxiliaryAddresses[]' | cut -d . -f 4 | xargs",
                "192/28 202",
                hint="`docker network create --help` mentions auxiliary addresses.",
            ),
        ],
        solution={"host": f"{_LAN}\n{_EMPTY}\n{_CREATE} --aux-address printer=$lan.202 pub_net"},
        undo={"host": f"{_LAN}\n{_EMPTY}\n{_CREATE} pub_net"},
    ),
    Exercise(
        "04-3",
        "hard",
        "Two departments share one cable. On both machines, create a macvlan network `vlan10` with the parent"
        " `eth0.10` and the subnet 10.10.10.0/24. Start a busybox on each, `desk1` at 10.10.10.11 on `host`"
        " and `desk2` at 10.10.10.12 on `client`; the two must reach each other. (Run `tcpdump -e` on a"
        " machine to see the VLAN ID.)",
        checks=[
            has_network("vlan10", driver="macvlan", interface="eth0.10"),
            has_network("vlan10", driver="macvlan", interface="eth0.10", machine="client"),
            reaches("desk1", "10.10.10.12"),
            reaches("desk2", "10.10.10.11", machine="client"),
        ],
        solution={
            "host": _DEPARTMENT.format(name="desk1", address="10.10.10.11"),
            "client": _DEPARTMENT.format(name="desk2", address="10.10.10.12"),
        },
        undo={
            "host": "docker rm -f desk1\ndocker network rm vlan10",
            "client": "docker rm -f desk2\ndocker network rm vlan10",
        },
    ),
]
