"""What a workshop kit contains, with engines that the test makes."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

import tools.commands
from helpers.engine import embedded
from helpers.engine.images import SUITE, machine_image
from helpers.engine.reachable import Endpoint
from helpers.engine.variants import GENERATIONS, PLAIN, Variant
from helpers.setup import environment, offline
from tools.publish import handouts, kit

INSIDE = f"{kit.NAME}/kit"


@pytest.fixture
def saved(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[tuple[str, str]]:
    """The images that are saved, and the engine that each is from; everything else is left out of the kit."""

    def start(variant: Variant) -> Endpoint:
        return Endpoint(variant.name, "embedded engine", "embedded")

    def build(variant: Variant) -> tuple[Path, Path]:
        entry = tmp_path / "engine" / f"{variant.name}-0"
        (entry / "prepared-tcg-0").mkdir(parents=True)
        (entry / "disk.qcow2").touch()
        (entry / "prepared-tcg-0" / "state").touch()
        return entry, entry / "prepared-tcg-0"

    def save(url: str, image: str, target: Path) -> None:
        images.append((url, image))
        target.touch()

    def run(*argv: str) -> str:
        for option in argv:
            if option.startswith("--output="):
                tarfile.open(option.removeprefix("--output="), "w").close()
        return ""

    images: list[tuple[str, str]] = []
    monkeypatch.setattr(embedded, "start", start)
    monkeypatch.setattr(embedded, "build", build)
    monkeypatch.setattr(handouts, "write", lambda _: None)
    for name, replacement in {"_save_image": save, "_run": run}.items():
        monkeypatch.setattr(kit, name, replacement)
    monkeypatch.setattr(kit, "_fetch_wheels", lambda _: None)
    monkeypatch.setattr(kit, "fetch_debian", lambda *_: None)
    return images


def engines_and_images(archive: Path) -> set[str]:
    with tarfile.open(archive) as tar:
        names = [name.removeprefix(f"{INSIDE}/") for name in tar.getnames() if name != INSIDE]
    return set(names) - {offline.ABOUT}


def of_engine(variant: Variant) -> set[str]:
    entry = f"{offline.ENGINE}/{variant.name}-0"
    return {f"{entry}/disk.qcow2", f"{entry}/prepared-tcg-0/state"}


def test_a_kit_has_one_engine_and_one_machine_image(saved: list[tuple[str, str]], tmp_path: Path) -> None:
    archive = kit.write(tmp_path / "build" / "kit.tar.gz")
    assert engines_and_images(archive) == {offline.image_file(SUITE), *of_engine(PLAIN)}
    assert saved == [(PLAIN.name, machine_image(SUITE))]


def test_a_kit_of_the_generations_has_both_engines_and_every_machine_image_once(
    saved: list[tuple[str, str]], tmp_path: Path
) -> None:
    archive = kit.write(tmp_path / "build" / "kit.tar.gz", generations=True)
    images = {offline.image_file(suite) for suite in GENERATIONS.suites}
    assert engines_and_images(archive) == images | of_engine(PLAIN) | of_engine(GENERATIONS)
    further = [(GENERATIONS.name, machine_image(suite)) for suite in GENERATIONS.suites if suite != SUITE]
    assert saved == [(PLAIN.name, machine_image(SUITE)), *further]


@pytest.mark.parametrize("arguments", [[], ["--generations"]])
def test_the_verb_passes_the_option_on(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[bool] = []

    def write(*, generations: bool) -> Path:
        asked.append(generations)
        (tmp_path / "kit").touch()
        return tmp_path / "kit"

    monkeypatch.setattr(environment, "enter", lambda **_: None)
    monkeypatch.setattr(kit, "write", write)
    assert tools.commands.main(["bundle", *arguments]) == 0
    assert asked == [bool(arguments)]
