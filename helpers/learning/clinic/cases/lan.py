"""Across the LAN: a container with an address there, and networks that span two machines."""

from helpers.learning.checks import Check, attached, reaches, resolves, says
from helpers.learning.clinic.case import Case, Way, serve, source
from helpers.learning.clinic.scene import Container, Network, Scene

_SHIM = """ip link add {name} link eth0 type macvlan mode bridge
ip addr add {address}/32 dev {name}
ip link set {name} up
ip route add {printers} dev {name}"""
_LAN = "$(ip -4 -brief address show eth0 | grep -o '192[.]168[.][0-9]*')"
_PRINTER = "docker run -dit --name printer"

NOT_FROM_ITS_OWN_MACHINE = Case(
    "09-9",
    "hard",
    "“`printer` has an address on the LAN, by macvlan. Every computer there reaches it, except the one that"
    " it runs on. Its address must stay.”"
    + source("libnetwork#1915", "https://github.com/moby/libnetwork/issues/1915"),
    checks=[
        reaches(
            None,
            "{lan}.200",
            hint="The kernel passes nothing between an interface and the macvlan interfaces on it. Two"
            " macvlan interfaces on the same parent do reach each other: does the machine have one?",
        ),
        reaches(None, "{lan}.200", machine="client", hint="The other computers must still reach it."),
        attached(
            "printer",
            {"pub_net"},
            exactly=True,
            hint="On a bridge as well, the machine reaches it at a second address. It was to keep this one.",
        ),
        reaches("printer", "{client}", hint="`printer` must still reach the other computers."),
    ],
    scene=Scene(
        machines=("host", "client"),
        networks={"pub_net": Network("{lan}.0/24", "macvlan", options={"parent": "eth0"})},
        containers={"printer": Container(networks={"pub_net": ()}, address="{lan}.200")},
        undo={"host": "ip link delete shim; ip link delete lan0"},
    ),
    way=Way(
        "ip neigh flush nud all to {lan}.200; ping -c 1 -W 2 {lan}.200",
        "arp or icmp[icmptype] == icmp-echo",
        {"the machine's eth0": "eth0"},
    ),
    solution={"host": _SHIM.format(name="shim", address=f"{_LAN}.240", printers=f"{_LAN}.200/32")},
    other={"host": _SHIM.format(name="lan0", address=f"{_LAN}.193", printers=f"{_LAN}.192/28")},
    wrong={
        "a second network": {"host": "docker network connect bridge printer"},
        "host network": {"host": f"docker rm -f printer\n{_PRINTER} --network host busybox"},
    },
)

_TWO = ("manager", "machine1")
_SHOP = {"shop": Network(driver="overlay", machine="manager")}
_APP = Container(networks={"shop": ()}, machine="manager")
_DROP = "INPUT -i eth0 -p udp --dport 4789 -j DROP"

NO_TUNNEL = Case(
    "09-10",
    "real life",
    "“`app` on `manager` knows the address of `db` on `machine1`: the name resolves. And yet no packet"
    " arrives. `docker node ls` has both machines as ready. Somebody has hardened `machine1` lately; its port"
    " 9000 must stay shut.”" + source("moby#30972", "https://github.com/moby/moby/issues/30972"),
    checks=[
        reaches(
            "app",
            "db",
            machine="manager",
            hint="Names come through the gossip on port 7946, packets through a tunnel. On which port"
            " (`tcpdump -ni eth0 udp` on both machines), and which rule has counted them"
            " (`iptables -nvL INPUT`)?",
        ),
        reaches("db", "app", machine="machine1", hint="The other way round, too."),
        attached("db", {"shop"}, exactly=True, machine="machine1"),
        attached("app", {"shop"}, exactly=True, machine="manager"),
        says(
            "port 9000 of machine1 is shut",
            "nc -z -w 2 machine1 9000 && echo open || echo shut",
            "shut",
            machine="manager",
            hint="Now everything is open. Take out the one rule, or let the tunnel in before it.",
        ),
    ],
    scene=Scene(
        machines=_TWO,
        swarm=True,
        networks=_SHOP,
        containers={
            "app": _APP,
            "db": Container(networks={"shop": ()}, machine="machine1"),
        },
        before={"machine1": f"{serve('0.0.0.0', 9000)}\niptables -A {_DROP}"},
        after={"machine1": "iptables -A INPUT -i eth0 -p tcp --dport 9000 -j DROP"},
        undo={"machine1": "pkill -x python3"},
    ),
    way=Way(
        "docker exec app ping -c 1 -W 2 db",
        "udp dst port 4789 or icmp[icmptype] == icmp-echo",
        {"machine1's eth0": "eth0", "db's port": "db"},
        machine="manager",
        on="machine1",
    ),
    solution={"machine1": f"iptables -D {_DROP}"},
    other={"machine1": "iptables -I INPUT -p udp --dport 4789 -j ACCEPT"},
    wrong={
        "every rule is removed": {"machine1": "iptables -F"},
        "everything is let in": {"machine1": "iptables -I INPUT -j ACCEPT"},
    },
)


def _on_an_overlay(container: str, machine: str) -> Check:
    names = f"docker inspect {container} --format '{{{{json .NetworkSettings.Networks}}}}' | jq -r 'keys[]'"
    return says(
        f"{container} is connected to an overlay network only",
        f"docker network inspect --format '{{{{.Driver}}}}' $({names})",
        "overlay",
        machine=machine,
        hint="`docker inspect` lists its networks. A new network may have another name.",
    )


# What a provider's network does, so nothing of it can be changed: longer packets of the tunnel are lost.
_LIMIT = "PREROUTING -i eth0 -p udp --dport 4789 -m length --length 1401:65535 -j DROP"
_BIG = "head -c 20000 /dev/zero >/usr/share/nginx/html/big; exec nginx"
_APP_ANEW = (
    "docker network create -d overlay --attachable --opt com.docker.network.driver.mtu={} narrow\n"
    "docker rm -f app\ndocker run -dit --name app --network narrow busybox"
)
_WEB_ANEW = f"docker rm -f web\ndocker run -dit --name web --network narrow nginx sh -c '{_BIG}'"

PAGES_HANG = Case(
    "09-11",
    "hard",
    "“Pings between `app` and `web` are answered, and so are requests for small pages. Large ones hang. The"
    " two machines are in the network of a provider that carries packets of at most 1400 bytes.”"
    + source("libnetwork#2661", "https://github.com/moby/libnetwork/issues/2661"),
    checks=[
        says(
            "app gets the whole of a large page",
            "docker exec app timeout 4 wget -q -O - http://web/big | wc -c",
            "20000",
            machine="manager",
            hint="How long may a packet be: `ping -s 1400`, and less? The tunnel adds 50 bytes to each, and"
            " the driver has to be told what the network below carries: com.docker.network.driver.mtu.",
        ),
        resolves("app", "web", machine="manager"),
        *(_on_an_overlay(name, machine) for name, machine in (("web", "machine1"), ("app", "manager"))),
        says(
            "the provider's network is as it was",
            "iptables -t raw -S PREROUTING | grep -c length",
            "1",
            machine="machine1",
            hint="The limit is the provider's. You cannot change that, only what you send.",
        ),
    ],
    scene=Scene(
        machines=_TWO,
        swarm=True,
        networks=_SHOP,
        containers={
            "app": _APP,
            "web": Container("nginx", {"shop": ()}, command=_BIG, machine="machine1"),
        },
        before=dict.fromkeys(_TWO, f"iptables -t raw -A {_LIMIT}"),
    ),
    way=Way(
        "docker exec app timeout 4 wget -q -O /dev/null http://web/big",
        "udp dst port 4789 and greater 1400",
        {"machine1's eth0": "eth0"},
        machine="manager",
        on="machine1",
    ),
    solution={"manager": _APP_ANEW.format(1400), "machine1": _WEB_ANEW},
    other={"manager": _APP_ANEW.format(1300), "machine1": _WEB_ANEW},
    wrong={
        "the provider's limit": dict.fromkeys(_TWO, "iptables -t raw -F PREROUTING"),
        "host network": {"machine1": "docker rm -f web\ndocker run -dit --name web --network host nginx"},
    },
)
