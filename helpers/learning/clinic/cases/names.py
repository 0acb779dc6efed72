"""Names: of another project's service, and of what is outside."""

from helpers.learning.checks import attached, reaches, resolves, says
from helpers.learning.clinic.case import Case, Way, source
from helpers.learning.clinic.scene import Container, Network, Scene

_PAGE = "echo {} >/usr/share/nginx/html/index.html; exec nginx"

_ASK = "docker exec app timeout 9 wget -q -O - $(yes http://db/ | head -n 12) | sort -u | xargs"

ONE_NAME_FOR_TWO = Case(
    "09-8",
    "real life",
    "“Since the database was replaced, every second request of `app` gets old data. There is one `db`, and it"
    " is the new one; the old container only serves the archive now, under its own name, `db-2019`.”"
    + source("moby#43016", "https://github.com/moby/moby/issues/43016"),
    checks=[
        resolves(
            "app",
            "db",
            hint="How many addresses does Docker's resolver give for `db`, and whose are they? An alias"
            " belongs to the connection of a container to a network.",
        ),
        says(
            "twelve requests of app for `db` all reach the new database",
            _ASK,
            "new",
            hint="The name leads to the wrong one of the two.",
        ),
        says(
            "the archive still answers as db-2019",
            "docker exec app timeout 3 wget -q -O - http://db-2019/",
            "old",
            hint="`app` needs the archive as well: take its alias away, not the container.",
        ),
        attached("db-2019", {"shop"}, exactly=True),
        attached("app", {"shop"}, exactly=True),
    ],
    scene=Scene(
        networks={"shop": Network()},
        containers={
            "db-2019": Container("nginx", {"shop": ("db",)}, command=_PAGE.format("old")),
            "db-new": Container("nginx", {"shop": ("db",)}, command=_PAGE.format("new")),
            "app": Container(networks={"shop": ()}),
        },
    ),
    way=Way(
        # Twelve requests: each has an even chance of reaching the wrong one.
        f'test "$({_ASK})" = new',
        "tcp[tcpflags] & tcp-syn != 0 and tcp[tcpflags] & tcp-ack == 0 and dst port 80",
        {"app's port": "app", "the old one's port": "db-2019"},
    ),
    solution={"host": "docker network disconnect shop db-2019\ndocker network connect shop db-2019"},
    other={
        "host": "docker rm -f db-2019\n"
        f"docker run -dit --name db-2019 --network shop nginx sh -c '{_PAGE.format('old')}'"
    },
    wrong={
        "the old one is removed": {"host": "docker rm -f db-2019"},
        "a restart of app": {"host": "docker restart -t 0 app"},
    },
)

_API = "docker rm -f blog-api\ndocker run -dit --name blog-api --network blog --network-alias api busybox"

TWO_PROJECTS = Case(
    "09-4",
    "real life",
    "“Two Compose projects on one machine, `shop` and `blog`. `shop-web` has to call the blog's `api`, but"
    " the name is unknown there. The two databases are nobody else's business.”"
    + source("compose#2075", "https://github.com/docker/compose/issues/2075"),
    checks=[
        reaches(
            "shop-web",
            "api",
            hint="A name resolves on a network that both containers are connected to, and an alias such as"
            " `api` only on those where the container was given it: `docker network connect --help`.",
        ),
        reaches("shop-web", "shop-db", hint="`shop-web` needs its own database as well."),
        reaches("blog-api", "blog-db", hint="`blog-api` needs its own database as well."),
        reaches(
            "blog-api",
            "shop-db",
            answered=False,
            hint="Now the blog reaches the shop's database. The two that talk need a network of their own.",
        ),
        reaches(
            "shop-web",
            "blog-db",
            answered=False,
            hint="Now the shop reaches the blog's database. The two that talk need a network of their own.",
        ),
    ],
    scene=Scene(
        networks={"shop": Network(), "blog": Network()},
        containers={
            "shop-db": Container(networks={"shop": ("db",)}),
            "shop-web": Container(networks={"shop": ("web",)}),
            "blog-db": Container(networks={"blog": ("db",)}),
            "blog-api": Container(networks={"blog": ("api",)}),
        },
    ),
    way=Way(
        "docker exec shop-web ping -c 1 -W 1 api",
        "icmp[icmptype] == icmp-echo",
        {"shop-web's port": "shop-web", "blog-api's port": "blog-api"},
    ),
    solution={
        "host": "docker network create calls\n"
        "docker network connect calls shop-web\n"
        "docker network connect --alias api calls blog-api"
    },
    other={
        "host": f"docker network create --internal private\n{_API}\n"
        "docker network connect --alias api private blog-api\ndocker network connect private shop-web"
    },
    wrong={
        "the api joins the shop": {"host": "docker network connect --alias api shop blog-api"},
        "the shop's web joins the blog": {"host": "docker network connect blog shop-web"},
    },
)

_MACHINES_SERVER = "$(grep -v 127 /etc/resolv.conf | grep -m 1 -o '[0-9.]*$')"
_DEAD = "192.0.2.53"  # RFC 5737: an address that nobody has

DEAD_NAME_SERVER = Case(
    "09-6",
    "easy",
    "“`app` cannot look up any name outside, `client` for example, and `cache`, on the same network, can. Its"
    " neighbours' names work in both.”" + source("moby#49665", "https://github.com/moby/moby/issues/49665"),
    checks=[
        resolves(
            "app",
            "client",
            hint="Docker's resolver passes on what it does not know. To whom? `docker inspect` of both"
            " containers, and the end of /etc/resolv.conf in each, show the difference.",
        ),
        resolves("app", "host", hint="Every name outside has to resolve, not only one."),
        resolves("app", "cache", hint="Names of neighbours come from Docker's own resolver: keep it."),
        attached("app", {"shop"}, exactly=True),
        resolves("cache", "client", hint="`cache` was in order."),
    ],
    scene=Scene(
        machines=("host", "client"),
        networks={"shop": Network()},
        containers={
            "app": Container(networks={"shop": ()}, dns=[_DEAD]),
            "cache": Container(networks={"shop": ()}),
        },
    ),
    way=Way(
        "docker exec app timeout 3 nslookup client",
        f"udp port 53 and dst host {_DEAD}",
        {"app's port": "app", "the bridge": "shop", "the machine's eth0": "eth0"},
    ),
    solution={"host": "docker rm -f app\ndocker run -dit --name app --network shop busybox"},
    other={
        "host": "docker rm -f app\n"
        f"docker run -dit --name app --network shop --dns {_MACHINES_SERVER} busybox"
    },
    wrong={
        "the name in /etc/hosts": {
            "host": "docker exec app sh -c 'echo 192.0.2.7 client >>/etc/hosts'",
        },
        "another name server in the container": {
            "host": f'docker exec app sh -c "echo nameserver {_MACHINES_SERVER} >/etc/resolv.conf"'
        },
    },
)
