"""The machine images: their definition, and their build on an Engine that does not have them yet.

There is one for each suite; MACHINE_IMAGE is that of the chosen suite.

A machine contains nginx:latest and busybox:latest as archives, so one image has everything that a lab needs,
and nothing is pulled from a registry when a chapter runs. `helpers.engine.builder` makes the same image with
mmdebstrap for the embedded engine.
"""

from __future__ import annotations

import hashlib
import os
import re
import shlex
from pathlib import Path

import docker
import docker.errors

from helpers import suites
from helpers.answers import understood
from helpers.engine import contexts
from helpers.errors import LabError
from helpers.paths import NAME
from helpers.setup import offline
from helpers.steps import say, step
from helpers.text import without_colours

DEFINITIONS = Path(__file__).resolve().parent.parent / "images"
SUITE = suites.chosen()
LABEL = NAME
_EVIDENCE_LINES = 10

# A mirror that does not answer ends a build within seconds and with the reason; by default apt-get waits for
# minutes, and goes on without the lists, to find that there are no such packages.
_APT_SETTINGS = ("Acquire::http::Timeout=20", "Acquire::Retries=2", "APT::Update::Error-Mode=any")
_APT_VARIABLE = "LAB_APT_OPTIONS"
_APT_SETTING = re.compile(r'([\w:/.-]+)=([^"\n]*)')
EXPIRED = f"If a mirror's Release file has expired, set {_APT_VARIABLE}=Acquire::Check-Valid-Until=false."


def key(*definitions: str, suite: str = SUITE) -> str:
    """Identify the content of definitions, e.g. ``key("machine")``, by 12 hex digits of its SHA-256."""
    digest = hashlib.sha256(suite.encode())
    for definition in definitions:
        for path in sorted(p for p in (DEFINITIONS / definition).rglob("*") if p.is_file()):
            digest.update(str(path.relative_to(DEFINITIONS)).encode())
            digest.update(b"\0x" if os.access(path, os.X_OK) else b"\0-")
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def packages(definition: str, suite: str = SUITE) -> list[str]:
    """Return the Debian packages of a definition, such as "machine".

    A line of packages.txt is a name, followed by ``[!suite]`` for a suite in which it is left out.

    Source: Debian Policy, 7.1, whose lists of architectures have that form.
    """
    lines = (DEFINITIONS / definition / "packages.txt").read_text().splitlines()
    return [name for name, *without in map(str.split, lines) if f"[!{suite}]" not in without]


def apt_settings() -> list[str]:
    """Return what a build sets in apt, as lines of apt.conf(5): our own settings, then LAB_APT_OPTIONS.

    That variable has the words that would follow ``--option`` of apt-get: ``Acquire::Retries=5``.

    Raises
    ------
    LabError
        If a word in that variable has another form.
    """
    given = os.environ.get(_APT_VARIABLE, "")
    try:
        read = [_APT_SETTING.fullmatch(word) for word in (*_APT_SETTINGS, *shlex.split(given))]
    except ValueError:  # a quotation that does not end
        read = [None]
    found = [f'{setting[1]} "{setting[2]}"' for setting in read if setting]
    if len(found) < len(read):
        raise LabError(
            f"Reading the options for apt in {_APT_VARIABLE}",
            given,
            "Write NAME=VALUE, as after apt-get's --option, with spaces between several of them.",
        )
    return found


REPOSITORY = f"{NAME}/machine"


def machine_image(suite: str) -> str:
    """Return the name of the image of machines with a suite's Engine."""
    return f"{REPOSITORY}:{suite}-{key('machine', suite=suite)}"


MACHINE_IMAGE = machine_image(SUITE)


def ensure(client: docker.DockerClient, url: str, suite: str = SUITE) -> None:
    """Build a machine image on an Engine that does not have it, from ``debian:<suite>-slim``.

    Parameters
    ----------
    client:
        The client of that Engine.
    url:
        Its address, for which Docker's configuration may set proxies.
    suite:
        Of the machines; default: the chosen one.

    Raises
    ------
    LabError
        If the Engine cannot build it; with the end of the build's own output.
    """
    image = machine_image(suite)
    if _is_there(client, image):
        return
    if archive := offline.machine_image(suite):
        _load(client, archive, image)
        return
    said = ""
    with step(f"Building the machine image {image}", about="2 min") as building:
        try:
            # Without credentials: the base image is public, and a credential helper may be missing, prompt or
            # hang. A base image that the user has already pulled with their own login is not pulled again.
            for message in client.api.build(
                path=str(DEFINITIONS / "machine"),
                tag=image,
                buildargs={
                    **_proxies(url),
                    "SUITE": suite,
                    "PACKAGES": " ".join(packages("machine", suite)),
                    "APT_SETTINGS": "".join(f"{setting};\n" for setting in apt_settings()),
                },
                labels={LABEL: "image"},
                rm=True,
                forcerm=True,
                decode=True,
                timeout=1800,
            ):
                if "error" in message:
                    raise _failure(suite, said, message["error"])
                # What a command prints comes in pieces, its errors in colour; a status is a line.
                printed = str(message.get("stream") or "") or f"{message.get('status') or ''}\n"
                said += (printed := without_colours(printed))
                if printed.strip():
                    building.update(printed.strip().splitlines()[0][:60])
        except docker.errors.APIError as error:
            raise _failure(suite, said, str(error.explanation or error)) from error
        except docker.errors.StreamParseError as error:
            raise _failure(suite, said, f"an answer that cannot be parsed: {error}") from error


def remove(client: docker.DockerClient) -> list[str]:
    """Remove the machine images of all suites and versions; return those that are still in use.

    Parameters
    ----------
    client:
        The client of the Engine that has them.
    """
    kept = []
    for image in client.images.list(REPOSITORY, filters={"label": f"{LABEL}=image"}):
        for tag in image.tags:
            try:
                client.images.remove(tag)
            except docker.errors.APIError:  # some container uses it
                kept.append(tag)
    return kept


def _proxies(url: str) -> dict[str, str]:
    try:
        return contexts.proxies(contexts.config_dir(os.environ), url)
    except LabError as unreadable:  # the build may not need them
        say(f"Continuing without the proxies in Docker's configuration: {unreadable.gist}")
        return {}


def _load(client: docker.DockerClient, archive: Path, image: str) -> None:
    with (
        step(f"Loading the machine image {image} from {archive}", about="1 min"),
        archive.open("rb") as file,
    ):
        client.images.load(file)
    if not _is_there(client, image):
        raise LabError(
            f"Loading {image} from {archive}",
            "the archive contains another image",
            "Use the project that came with the kit, or make a new kit: python3 -m tools bundle.",
        )


@understood("the Engine's answer about an image")
def _is_there(client: docker.DockerClient, image: str) -> bool:
    try:
        client.images.get(image)
    except docker.errors.ImageNotFound:
        return False
    return True


def _failure(suite: str, said: str, error: str) -> LabError:
    before = [line for line in said.splitlines() if line.strip()]
    return LabError(
        f"Building the machine image from debian:{suite}-slim",
        "\n".join([*before[-_EVIDENCE_LINES:], error]),
        f"Check that the Engine can reach its image registry and Debian's packages, then repeat. {EXPIRED} "
        f"If only the registry refuses: run `docker pull debian:{suite}-slim`, which uses your own login, "
        "and repeat. Or set LAB_ENGINE=embedded (Debian and Ubuntu), which needs no image registry.",
    )
