"""Published ports: one that resets, one that the firewall does not close."""

from helpers.learning.checks import answers, attached
from helpers.learning.clinic.case import Case, Way, source
from helpers.learning.clinic.scene import Container, Network, Scene

_CONFIGURATION = "/root/web/nginx.conf"
_MOUNTED = f"{_CONFIGURATION}:/etc/nginx/nginx.conf"
# Two servers in one container: the page, and one that is for administrators inside the container only.
_ADMIN = "server { listen 127.0.0.1:8081; root /usr/share/nginx/html; }"
_CONFIGURE = f"""mkdir -p /root/web
sed -e 's/listen 80;/listen 127.0.0.1:80;/' -e '/^http/a {_ADMIN}' \\
    /usr/local/share/lab/nginx.conf >{_CONFIGURATION}"""
_WEB = f"docker run -dit --name web -v {_MOUNTED}"
_RESTART = "docker restart -t 0 web"

RESETS = Case(
    "09-1",
    "easy",
    "“My web server is published with `-p 8080:80`. In the container, its page is there; on the machine,"
    " `curl 127.0.0.1:8080` says *reset by peer* or *Empty reply*. The page on port 8081 is for"
    " administrators, and must stay inside the container.”"
    + source("moby#10900", "https://github.com/moby/moby/issues/10900"),
    checks=[
        answers(
            "http://127.0.0.1:8080/",
            hint="The way leads to the container and ends there: nginx listens on another address. Where does"
            " its configuration come from (`docker inspect web`, “Mounts”)? `sed -i` and editors save to a"
            " new file; the container has the old one until it is restarted. A reload is not enough.",
        ),
        answers("http://{host}:8080/", hint="The page must be there on every address of the machine."),
        attached(
            "web",
            {"shop"},
            exactly=True,
            hint="On the host network the page would be there, and `web` would have lost its isolation.",
        ),
        answers("http://web/", source="till", hint="`till` has to reach the page by name as well."),
        answers("http://127.0.0.1:8081/", source="web", hint="The administrators' page must still work."),
        answers(
            "http://web:8081/",
            source="till",
            status=0,
            hint="Now the administrators' page is open to other containers. Change one `listen` only.",
        ),
    ],
    scene=Scene(
        networks={"shop": Network()},
        containers={
            "web": Container("nginx", {"shop": ()}, ports=["8080:80"], volumes=[_MOUNTED]),
            "till": Container(networks={"shop": ()}),
        },
        before={"host": _CONFIGURE},
    ),
    way=Way(
        "curl -fs --max-time 3 -o /dev/null http://127.0.0.1:8080/",
        "tcp[tcpflags] & tcp-syn != 0 and tcp[tcpflags] & tcp-ack == 0 and (dst port 80 or dst port 8080)",
        {"the machine's loopback": "lo", "the bridge": "shop", "web's port": "web"},
    ),
    solution={"host": f"sed -i 's/listen 127.0.0.1:80;/listen 80;/' {_CONFIGURATION}\n{_RESTART}"},
    other={
        "host": "docker rm -f web\n"
        f"{_WEB} --network shop -p 8080:80 nginx"
        " sh -c 'sed s/127.0.0.1:80\\;/0.0.0.0:80\\;/ /etc/nginx/nginx.conf >/etc/nginx/own.conf;"
        " exec nginx -c /etc/nginx/own.conf'"
    },
    wrong={
        "host network": {
            "host": f"docker rm -f web\nsed -i 's/127.0.0.1:80;/8080;/' {_CONFIGURATION}\n"
            f"{_WEB} --network host nginx"
        },
        "every server listens everywhere": {"host": f"sed -i 's/127.0.0.1://' {_CONFIGURATION}\n{_RESTART}"},
    },
)

_DROP = "-i eth0 -p tcp"
_OURS = f"DOCKER-USER {_DROP} -m conntrack --ctorigdstport 8080 --ctdir ORIGINAL -j DROP"

PAST_THE_FIREWALL = Case(
    "09-3",
    "real life",
    "“The firewall of my server drops port 8080 in INPUT, so that only the server itself sees the"
    " administrators' page. And yet everybody on the LAN gets it! The shop on port 80 is for everybody.”"
    + source("moby#4737", "https://github.com/moby/moby/issues/4737"),
    checks=[
        answers(
            "http://{host}:8080/",
            machine="client",
            status=0,
            hint="Does the rule in INPUT match at all (`iptables -nvL INPUT`)? Which chain do packets to a"
            " container pass instead, and which port do they have there, rewritten by Docker's rules? Or: on"
            " which address could the port be published?",
        ),
        answers(
            "http://127.0.0.1:8080/",
            hint="The server itself has to get the administrators' page: its port must remain published.",
        ),
        answers(
            "http://{host}/",
            machine="client",
            hint="The shop is shut, too. Close one port, not all of Docker's.",
        ),
        answers("http://admin/", source="till", hint="`till` has to reach `admin` by name, as before."),
        attached("admin", {"shop"}, exactly=True),
    ],
    scene=Scene(
        machines=("host", "client"),
        networks={"shop": Network()},
        containers={
            "admin": Container("nginx", {"shop": ()}, ports=["8080:80"]),
            "site": Container("nginx", {"shop": ()}, ports=["80:80"]),
            "till": Container(networks={"shop": ()}),
        },
        after={"host": f"iptables -I INPUT {_DROP} --dport 8080 -j DROP"},
    ),
    way=Way(
        "curl -fs --max-time 3 -o /dev/null http://{host}:8080/",
        "tcp[tcpflags] & tcp-syn != 0 and tcp[tcpflags] & tcp-ack == 0 and (dst port 80 or dst port 8080)",
        {"the machine's eth0": "eth0", "the bridge": "shop", "admin's port": "admin"},
        machine="client",
    ),
    solution={
        "host": "docker rm -f admin\ndocker run -dit --name admin --network shop -p 127.0.0.1:8080:80 nginx"
    },
    other={"host": f"iptables -I {_OURS}"},
    wrong={
        "nothing is published": {
            "host": "docker rm -f admin\ndocker run -dit --name admin --network shop nginx"
        },
        "everything from the LAN is dropped": {"host": f"iptables -I DOCKER-USER {_DROP} -j DROP"},
    },
)
