"""An Engine without the machine image builds it: the route of everyone who has Docker.

A second embedded engine stands in for the user's: its stock and its machine image are removed, and a minimal
Debian is imported under the name of the base image, which elsewhere comes from a registry.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import docker
import pytest

from helpers import programs
from helpers.engine import Engine, embedded, images, reachable, stock
from helpers.errors import LabError
from helpers.paths import engine_dir
from helpers.setup import debian
from tests.engine.support import wait_until_empty
from tools.soak import lab_objects, user, visit

BASE = f"debian:{images.SUITE}-slim"
SOURCES = "/etc/apt/sources.list"
CHAPTERS = ("00", "06")
BUILD_AND_CHAPTERS_S = 2700  # five minutes for the build alone under emulation; sixteen on a busy computer


@pytest.fixture(scope="module")
def users_engine(
    embedded_engine: Engine, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[docker.DockerClient, str]]:
    instance, directory = f"{engine_dir().name}-build", tmp_path_factory.mktemp("user")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAB_INSTANCE", instance)
        try:
            endpoint = embedded.start()
            # What an earlier run measured of the very same Engine is not to be found.
            patch.setenv("XDG_CACHE_HOME", str(directory / "cache"))
            patch.setenv("XDG_STATE_HOME", str(directory / "state"))
            with closing(reachable.open_client(endpoint)) as client, user.settled(client):
                remove_what_is_ours(client)
                import_base_image(client, directory / "base.tar")
                yield client, endpoint.url
        finally:
            embedded.stop(instance)


def test_without_a_way_to_debian_the_build_ends_at_once_with_the_reason(
    users_engine: tuple[docker.DockerClient, str],
) -> None:
    client, url = users_engine
    whole = client.images.get(BASE)
    cut_off = f"FROM {BASE}\nRUN echo deb http://deb.example.invalid/debian {images.SUITE} main > {SOURCES}\n"
    client.images.build(fileobj=io.BytesIO(cut_off.encode()), tag=BASE, rm=True)
    try:
        with pytest.raises(LabError, match=r"Could not resolve 'deb\.example\.invalid'"):
            visit.carry_out(url, "run", "00", timeout=300)
    finally:
        whole.tag(BASE)
        client.images.prune()


@pytest.mark.timeout(3300)
def test_chapters_pass_on_an_image_that_the_users_engine_builds(
    users_engine: tuple[docker.DockerClient, str],
) -> None:
    client, url = users_engine
    before, labelled = user.inventory(client), lab_objects.objects(client, images.LABEL)
    said = visit.carry_out(url, "run", *CHAPTERS, timeout=BUILD_AND_CHAPTERS_S)
    assert f"✓ Building the machine image {images.MACHINE_IMAGE}" in said
    assert "(DOCKER_HOST)" in said
    assert f"{len(CHAPTERS)} passed, 0 failed" in said
    built = client.images.get(images.MACHINE_IMAGE)
    assert built.labels == {images.LABEL: "image"}
    assert any("customize.sh" in layer["CreatedBy"] for layer in built.history())

    def left() -> dict[str, Any]:
        now = lab_objects.objects(client, images.LABEL)
        return {name: now[name] for name in now.keys() - labelled.keys()}

    wait_until_empty(left, 60)
    # A stock of machines would be among what is left.
    assert set(user.changed(before, user.inventory(client))) == {("image", built.id)}


def remove_what_is_ours(client: docker.DockerClient) -> None:
    """Leave what a user has, and nothing of the lab's."""
    blank: dict[str, Any] = {"label": f"{images.LABEL}={stock.KIND}"}
    for container in client.containers.list(all=True, filters=blank):
        container.remove(force=True, v=True)
    for network in client.networks.list(filters=blank):
        network.remove()
    client.images.remove(images.MACHINE_IMAGE, force=True)


def import_base_image(client: docker.DockerClient, archive: Path) -> None:
    minimal = ["mmdebstrap", "--variant=minbase", "--dpkgopt=path-exclude=/usr/share/doc/*"]
    minimal += [f"--aptopt={setting}" for setting in images.apt_settings()]
    programs.run(debian.as_root([*minimal, images.SUITE, str(archive)]), timeout_s=600)
    repository, _, tag = BASE.partition(":")
    client.api.import_image_from_file(str(archive), repository=repository, tag=tag)
