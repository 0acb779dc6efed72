"""A room: the real hub, proxy and spawner, on a Docker host of the tests' own, with learners who use it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest

from helpers.paths import BUILD, PROJECT
from helpers.waiting import NotYet, wait_until
from tests.room.docker_host import DockerHost, run, told
from tools.bench import journey
from tools.publish import chromium
from tools.room import software

SCREENSHOTS = BUILD / "screenshots"
URL = "http://127.0.0.1:8000"
IDLE_S = 60
HUB_S, LEARNER_S = 180, 900
FIRST_LAB = "import helpers.lab\nlab = helpers.lab.Lab()\nprint(sorted(lab.machines))"

pytestmark = pytest.mark.timeout(3 * LEARNER_S)


class Hub:
    """``python3 -m tools hub`` in the network of a Docker host."""

    def __init__(self, host: DockerHost, state: Path, *options: str) -> None:
        self.host, self.state, self.options = host, state, options
        self.start()

    def start(self) -> None:
        environment = {**os.environ, "DOCKER_HOST": self.host.url, "XDG_STATE_HOME": str(self.state)}
        self.log = self.state / "hub.log"
        self.log.touch()
        started = self.log.read_text().count("is now running")
        with self.log.open("a") as log:
            self._process = subprocess.Popen(
                self.host.inside(sys.executable, "-m", "tools", "hub", f"--url={URL}", *self.options),
                cwd=PROJECT,
                env=environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

        def answers() -> NotYet | None:
            said = self.log.read_text()
            return None if said.count("is now running") > started else NotYet(said[-500:])

        wait_until(answers, tried="Starting the hub", within_s=HUB_S, next_step="Look at its log.")

    def kill(self) -> None:
        """End all its processes at once, as a power cut would."""
        ours = psutil.Process(self._process.pid)
        for one in [ours, *ours.children(recursive=True)]:
            one.kill()
        self._process.wait(30)

    def stop(self) -> None:
        """End it as the leader does, with Ctrl-C; if it does not end, as a power cut would."""
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(180)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    @property
    def passwords(self) -> tuple[str, str]:
        """The room's, and the leader's."""
        room, leader = json.loads((self.state / "docker-networking-lab/room/passwords.json").read_text())
        return room, leader

    def learner(self, name: str, what: str, password: str = "") -> subprocess.CompletedProcess[str]:
        """Let a learner log in and run something, in a process of their own."""
        return self.script("learner", name, password or self.passwords[0], what)

    def script(self, module: str, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one of this directory's modules for a learner."""
        command = [sys.executable, "-m", f"tests.room.{module}", URL, name, *arguments]
        return run(self.host.inside(*command), LEARNER_S)

    def does(self, name: str, what: str) -> Any:
        """As `learner`, for what has to succeed; return what the learner saw."""
        done = self.learner(name, what)
        assert done.returncode == 0, f"{told(done)}\n{self.log.read_text()[-3000:]}"
        return json.loads(done.stdout)

    def containers(self) -> dict[str, Any]:
        """The learners' containers, by learner."""
        found = self.host.client.containers.list(all=True, filters={"label": "docker-networking-room"})
        return {one.name.removeprefix("room-"): one for one in found}


@pytest.fixture(scope="module")
def hub(host: DockerHost, learners: list[str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    software.provide()  # in the network of the Docker host, nothing can be fetched
    started = Hub(host, tmp_path_factory.mktemp("state"), f"--learners={len(learners)}")
    yield started
    started.stop()
    assert started.containers() == {}
    assert host.client.networks.list(filters={"label": "docker-networking-room"}) == []
    rules = run(host.inside("iptables", "--list-rules"), 30).stdout
    assert "DOCKER-NETWORKING-ROOM" not in rules


def test_whoever_may_not_come_in_stays_out(hub: Hub) -> None:
    room, leader = hub.passwords
    for name, password in (("ada", "a-guess-of-mine"), ("leader", room), ("ada", leader)):
        done = hub.learner(name, "1", password)
        assert "403" in done.stderr, told(done)
    assert hub.containers() == {}


@pytest.mark.soak
def test_a_roomful_at_once(
    hub: Hub, learners: list[str], record_property: Callable[[str, object], None]
) -> None:
    with ThreadPoolExecutor(len(learners)) as at_once:
        seen = list(at_once.map(lambda name: hub.does(name, "00_start_here.ipynb"), learners))
    to_lab = len(journey.up_to_the_lab().cells)
    for one in seen:
        assert "claims hold" in one["printed"]
        record_property("login", one["login"])  # these are what `make bench` reads
        record_property("lab", sum(one["cells"][:to_lab]))
        record_property("chapter", sum(one["cells"]))
    full = hub.learner("one-too-many", "1")
    assert "429" in full.stderr, told(full)
    assert "The room is full" in full.stderr


def test_a_learner_in_a_browser_closes_the_lid_and_comes_back(hub: Hub) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    chromium.provide("Testing a room in a browser")  # not inside: nothing can be fetched there
    done = hub.script("in_a_browser", "ada", hub.passwords[0], str(SCREENSHOTS))
    assert done.returncode == 0, told(done)


def test_nobody_reaches_another_learner_or_this_computer(hub: Hub) -> None:
    hub.does("ada", "1")
    hub.does("bob", "1")
    there = hub.containers()["bob"]
    (network,) = there.attrs["NetworkSettings"]["Networks"].values()
    own = hub.containers()["ada"].attrs["NetworkSettings"]["Networks"]
    gateway = next(iter(own.values()))["Gateway"]
    probe = (
        "import socket\ndef reaches(host, port):\n    try:\n"
        "        socket.create_connection((host, port), 2).close()\n        return True\n"
        "    except OSError:\n        return False\n"
        f"print([p for p in (22, 2222, 8888, *range(32768, 32800)) if reaches('{network['IPAddress']}', p)],"
        f" [p for p in (22, 8000, 8001, 8081, 8082) if reaches('{gateway}', p)])"
    )
    assert hub.does("ada", probe)["printed"] == "[] [8081]\n"
    inside = (
        f"{FIRST_LAB}\nmachine = lab['host']\n"
        f"print([machine.run('curl --silent --max-time 3 http://{network['IPAddress']}:8888/').exit_code,"
        f" machine.run('curl --silent --max-time 3 http://{gateway}:8001/').exit_code])\nlab.close()"
    )
    refused = hub.does("ada", inside)["printed"].splitlines()[-1]
    assert "0" not in refused.strip("[]").split(", "), refused


def test_no_learner_sees_the_leaders_page_or_anothers_notebooks(hub: Hub) -> None:
    script = (
        "import sys\nfrom tests.room.learner import Learner\n"
        "who = Learner(sys.argv[1], 'ada'); who.log_in(sys.argv[2])\n"
        "print(who.session.get(sys.argv[1] + '/services/room/').status_code,"
        " who.session.get(sys.argv[1] + '/user/bob/lab').status_code,"
        " Learner(sys.argv[1], 'bob').log_in(sys.argv[2], word='a guess').status_code)\n"
        "leader = Learner(sys.argv[1], 'leader'); leader.log_in(sys.argv[3])\n"
        "print(leader.session.get(sys.argv[1] + '/services/room/').text)"
    )
    done = run(hub.host.inside(sys.executable, "-c", script, URL, *hub.passwords), LEARNER_S)
    codes, _, page = done.stdout.partition("\n")
    assert codes == "403 403 403", told(done)
    assert "ada" in page
    assert "bob" in page


def test_a_learner_who_takes_all_memory_hurts_nobody_else(hub: Hub) -> None:
    with ThreadPoolExecutor(2) as at_once:
        greedy = at_once.submit(hub.learner, "ada", "taken = [bytearray(10**8) for _ in range(100)]")
        time.sleep(5)
        other = at_once.submit(hub.does, "bob", f"{FIRST_LAB}\nprint(lab['host'].run('echo right').stdout)")
        assert "right" in other.result()["printed"]
        greedy.result()


def test_what_a_learner_has_done_survives_a_kill_a_restart_and_the_cull(hub: Hub) -> None:
    hub.does("ada", "from pathlib import Path; Path('notes.md').write_text('mine')\n" + FIRST_LAB)
    before = _home(hub, "ada")
    hub.containers()["ada"].kill()
    hub.kill()
    hub.options = (*hub.options, f"--idle-s={IDLE_S}", "--culls-every-s=10")
    hub.start()
    assert hub.does("ada", "print(open('notes.md').read())")["printed"] == "mine\n"
    wait_until(
        lambda: NotYet(str(hub.containers())) if hub.containers() else None,
        tried="Culling idle learners",
        within_s=IDLE_S + 120,
        next_step="Look at the hub's log.",
    )
    seen = hub.does("ada", FIRST_LAB)
    assert seen["cells"][0] <= 30
    assert _home(hub, "ada") == before


def _home(hub: Hub, name: str) -> dict[str, str]:
    """What the learner has written and done, as digests by path."""
    state = "/home/learner/.local/state/docker-networking-lab"
    found = hub.containers()[name].exec_run(
        ["sh", "-c", f"find {state} -type f -not -path '*/.ipynb_checkpoints/*' -exec sha256sum {{}} +"]
    )
    pairs = (line.split(maxsplit=1) for line in found.output.decode().splitlines())
    return {path: digest for digest, path in pairs}
