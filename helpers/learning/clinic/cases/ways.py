"""Ways out: from a container to its machine, from both to a VPN, through one of two networks."""

from helpers.learning.checks import answers, attached, reaches, says
from helpers.learning.clinic.case import Case, Way, serve, source
from helpers.learning.clinic.scene import Container, Network, Scene

_STOP = "pkill -x python3; sleep 1"
_LAN_ADDRESS = "$(hostname -i | cut -d ' ' -f 1)"
_RUN = "docker rm -f app\ndocker run -dit --name app"
_PRICES = "http://host.docker.internal:9000/"
_ENTRY = "172.17.0.1 host.docker.internal"

SERVICE_ON_THE_HOST = Case(
    "09-2",
    "easy",
    "“`app` needs the price list that my machine serves on port 9000, for containers only. On my colleague's"
    " Mac, `http://host.docker.internal:9000/` works; here the name is unknown.”"
    + source("docker/for-linux#264", "https://github.com/docker/for-linux/issues/264"),
    checks=[
        answers(
            _PRICES,
            source="app",
            hint="On Linux, nobody enters that name unless asked: `docker run --help | grep add-host`."
            " Which of the machine's addresses does the service listen on (`ss -tln`)? `host-gateway` stands"
            " for the one on docker0. To a container that exists, the option cannot be added: remove"
            " `app`, and run it again.",
        ),
        says(
            "app gets the price list after it was started again",
            f"docker restart -t 0 app >/dev/null\n"
            f"docker exec app timeout 3 wget -q -O /dev/null {_PRICES} 2>&1 && echo a page",
            "a page",
            hint="What was changed inside the container is gone: Docker writes /etc/hosts anew whenever it"
            " starts a container. Tell Docker, not the container.",
        ),
        attached(
            "app", {"shop"}, exactly=True, hint="On the host network, `app` would have lost its isolation."
        ),
        reaches("app", "cache", hint="`app` needs `cache` by name as well."),
        answers(
            "http://{host}:9000/",
            status=0,
            hint="Now the price list is open to the whole LAN. It was for containers only.",
        ),
    ],
    scene=Scene(
        networks={"shop": Network()},
        containers={"app": Container(networks={"shop": ()}), "cache": Container(networks={"shop": ()})},
        before={"host": serve("172.17.0.1", 9000)},
        undo={"host": _STOP},
    ),
    way=Way(
        f"docker exec app timeout 3 wget -q -O /dev/null {_PRICES}",
        "tcp[tcpflags] & tcp-syn != 0 and dst port 9000",
        {"app's port": "app", "the bridge": "shop"},
    ),
    solution={"host": f"{_RUN} --network shop --add-host host.docker.internal:host-gateway busybox"},
    other={"host": f"echo {_ENTRY} >/root/hosts\n{_RUN} --network shop -v /root/hosts:/etc/hosts:ro busybox"},
    wrong={
        "a line in the container's /etc/hosts": {
            "host": f"docker exec app sh -c 'echo {_ENTRY} >>/etc/hosts'"
        },
        "the service listens everywhere": {
            "host": f"{_STOP}\n{serve('0.0.0.0', 9000)}\n"
            f"{_RUN} --network shop --add-host host.docker.internal:{_LAN_ADDRESS} busybox"
        },
    },
)

_OFFICE = "172.30.1.10"
_VPN = f"""ip netns add office
ip link add tun0 type veth peer name eth0 netns office
ip link set tun0 up
ip addr add 10.255.0.1/30 dev tun0
ip netns exec office sh -c 'ip link set eth0 up; ip link set lo up; ip addr add 10.255.0.2/30 dev eth0
    ip addr add {_OFFICE}/32 dev lo; ip route add default via 10.255.0.1'
ip route add 172.30.0.0/16 via 10.255.0.2 dev tun0 metric 50"""
_AGAIN = (
    "docker rm -f web app\ndocker network rm reports\n"
    "docker network create --subnet {} reports\n"
    "docker run -dit --name web --network reports -p 8080:80 nginx\n"
    "docker run -dit --name app --network reports busybox"
)

SUBNET_TAKEN = Case(
    "09-5",
    "real life",
    "“Since I started this project, I no longer reach the office's server, 172.30.1.10, through the VPN:"
    " neither from my machine nor from `app`. Without the project, everything works.”"
    + source("docker/for-linux#599", "https://github.com/docker/for-linux/issues/599"),
    checks=[
        reaches(
            None,
            _OFFICE,
            hint="`ip route get 172.30.1.10` names the interface. Whose is it, and who should have it?"
            " `docker network create --subnet` lets you choose another range.",
        ),
        reaches(
            "app",
            _OFFICE,
            hint="`app` takes the office's address for one on its own network. Look at its subnet.",
        ),
        reaches("app", "web", hint="`app` needs `web` by name, as before."),
        answers("http://{host}:8080/", hint="The page of `web` must be published, as before."),
        attached("web", {"reports"}, exactly=True),
        attached("app", {"reports"}, exactly=True),
    ],
    scene=Scene(
        networks={"reports": Network("172.30.0.0/16")},
        containers={
            "web": Container("nginx", {"reports": ()}, ports=["8080:80"]),
            "app": Container(networks={"reports": ()}),
        },
        before={"host": _VPN},
        undo={"host": "ip netns delete office; ip link delete tun0"},
    ),
    way=Way(
        f"ping -c 1 -W 2 {_OFFICE}",
        f"icmp[icmptype] == icmp-echo and dst host {_OFFICE}",
        {"the VPN's interface": "tun0"},
    ),
    solution={"host": _AGAIN.format("10.77.0.0/24")},
    other={"host": _AGAIN.format("172.30.200.0/24")},
    wrong={
        "the office's part of the range goes to the VPN": {
            "host": "ip route add 172.30.1.0/24 via 10.255.0.2 dev tun0"
        },
        "the bridge's route is removed": {
            "host": "ip route del 172.30.0.0/16 dev "
            "br-$(docker network inspect reports --format '{{.Id}}' | cut -c 1-12)"
        },
    },
)

_NO_MASQUERADE = {"com.docker.network.bridge.enable_ip_masquerade": "false"}

WRONG_WAY_OUT = Case(
    "09-7",
    "hard",
    "“`app` has two networks: `backend`, where its database is, and `public`. It reaches the database,"
    " but nothing outside, the LAN's gateway for example. The database must not get"
    " out.”" + source("moby#20179", "https://github.com/moby/moby/issues/20179"),
    checks=[
        reaches(
            "app",
            "{lan}.1",
            hint="`ip route` in `app`: which network has the default route? What decides that between two?",
        ),
        reaches("app", "db", hint="`app` needs its database as well."),
        reaches("db", "{lan}.1", answered=False, hint="Now the database gets out. It was not to."),
        attached("db", {"backend"}, exactly=True),
    ],
    scene=Scene(
        networks={"backend": Network("10.81.0.0/24", options=_NO_MASQUERADE), "public": Network()},
        containers={
            "db": Container(networks={"backend": ()}),
            "app": Container(networks={"backend": (), "public": ()}),
        },
    ),
    way=Way(
        "docker exec app ping -c 1 -W 2 {lan}.1",
        "icmp[icmptype] == icmp-echo and dst host {lan}.1",
        {"the bridge of backend": "backend", "the machine's eth0": "eth0"},
    ),
    solution={
        "host": "docker network create a_public\ndocker network connect a_public app\n"
        "docker network disconnect public app"
    },
    other={
        "host": "docker rm -f app db\ndocker network rm backend\ndocker network create --internal backend\n"
        "docker run -dit --name db --network backend busybox\n"
        "docker run -dit --name app --network public busybox\ndocker network connect backend app"
    },
    wrong={
        "backend is masqueraded": {
            "host": "iptables -t nat -A POSTROUTING -s 10.81.0.0/24 -o eth0 -j MASQUERADE"
        },
        "app leaves backend": {"host": "docker network disconnect backend app"},
    },
)
