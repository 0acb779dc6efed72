"""What an update leaves behind: a proxy that remembers where the container before was."""

from helpers.learning.checks import answers, attached, says
from helpers.learning.clinic.case import Case, Way, source, updated
from helpers.learning.clinic.scene import Container, Network, Scene

_CONFIGURATION = "/root/proxy/nginx.conf"
_REMEMBERS = "location / { proxy_pass http://api; }"
# The directory, not the file: editors save to a new file, and a mounted file would remain the old one.
_MOUNTED = "/root/proxy:/etc/nginx"
_CONFIGURE = f"""mkdir -p /root/proxy
sed -e /mime.types/d -e 's|root /usr/share/nginx/html;|{_REMEMBERS}|' \\
    /usr/local/share/lab/nginx.conf >{_CONFIGURATION}"""
_PAGE = "echo api >/usr/share/nginx/html/index.html; exec nginx"
_UPDATE = updated("api", "shop")
_ASK = "curl -fs --retry 10 --retry-delay 1 --retry-max-time 10 http://127.0.0.1:8080/"
_RELOAD = "docker exec proxy nginx -s reload"
_FIXED = """docker network disconnect shop api
docker network connect --ip 10.86.0.10 shop api
docker restart -t 0 proxy"""


def _asks_again(resolver: str) -> str:
    asking = f"resolver {resolver}; set $api api; proxy_pass http://$api;"
    return f"sed -i 's|proxy_pass http://api;|{asking}|' {_CONFIGURATION}\n{_RELOAD}"


A_PROXY_REMEMBERS = Case(
    "09-12",
    "real life",
    "“Whenever `api` is updated, and a new container takes its place, `proxy` answers 502 until somebody"
    " restarts it. It has just happened again. `api` itself is well: its name resolves, its page is there.”"
    + source("docker-nginx#600", "https://github.com/nginx/docker-nginx/issues/600"),
    checks=[
        answers(
            "http://127.0.0.1:8080/",
            hint="To which address does the proxy send the request (`tcpdump -ni any tcp port 80`), and which"
            " one does `api` have now? When does nginx ask for it (`docker exec proxy cat"
            " /etc/nginx/nginx.conf`)?",
        ),
        says(
            "after each of two more updates of api, proxy has its page within ten seconds",
            f"{_UPDATE} && {_ASK} && {_UPDATE} && {_ASK}",
            "api\napi",
            hint="The next update brings the fault back. Either nginx asks again (`resolver`, and a variable"
            " in proxy_pass; Docker's resolver says that its answers are good for 600 s, which `valid=`"
            " overrides), or the address stays the same.",
        ),
        answers(
            "http://{host}:8080/", hint="`proxy` is published on every address of the machine: leave it so."
        ),
        attached("proxy", {"shop"}, exactly=True),
        attached("api", {"shop"}, exactly=True),
    ],
    scene=Scene(
        networks={"shop": Network("10.86.0.0/24")},
        containers={
            "api": Container("nginx", {"shop": ()}, command=_PAGE),
            "job": Container(networks={"shop": ()}),
            "proxy": Container("nginx", {"shop": ()}, ports=["8080:80"], volumes=[_MOUNTED]),
        },
        before={"host": _CONFIGURE},
        after={"host": _UPDATE},
    ),
    way=Way(
        "curl -fs --max-time 3 -o /dev/null http://127.0.0.1:8080/",
        "tcp[tcpflags] & tcp-syn != 0 and tcp[tcpflags] & tcp-ack == 0 and (dst port 80 or dst port 8080)",
        {"the machine's loopback": "lo", "proxy's port": "proxy", "api's port": "api"},
    ),
    solution={"host": _asks_again("127.0.0.11 valid=2s")},
    other={"host": _FIXED},
    wrong={
        "a restart of proxy": {"host": "docker restart -t 0 proxy"},
        "a resolver whose answers are good for ten minutes": {"host": _asks_again("127.0.0.11")},
    },
)
