"""What the build of the embedded engine settles before it begins, and what it deletes."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from helpers import suites
from helpers.engine import builder, embedded, entries, images, states, vm
from helpers.engine.reachable import Endpoint
from helpers.engine.variants import GENERATIONS, PLAIN, Variant
from helpers.errors import LabError
from helpers.setup import debian, offline

TRIXIE, ALL = Variant(("trixie",)), Variant(("trixie", "bookworm", "forky"))


def test_whoever_may_not_become_root_is_told_before_anything_is_deleted_or_built(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refuse(tried: str, next_step: str) -> None:
        raise LabError(tried, "sudo: a password is required", next_step)

    older = tmp_path / "older"
    older.mkdir()
    monkeypatch.setattr(entries, "cached", lambda: tmp_path)
    monkeypatch.setattr(debian, "authenticate", refuse)
    monkeypatch.setattr(builder, "make", lambda *_: pytest.fail("it was built"))
    with pytest.raises(LabError, match="a password is required") as caught:
        entries._build(PLAIN, tmp_path / "new")
    assert "LAB_ENGINE=docker" in caught.value.next_step
    assert list(tmp_path.iterdir()) == [older]


@pytest.mark.parametrize("variant", [TRIXIE, ALL])
def test_where_dockerd_does_not_run_the_machine_images_are_left_to_the_virtual_machine(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str], variant: Variant
) -> None:
    def refuse(argv: list[str]) -> list[str]:
        return ["sh", "-c", "echo operation not permitted >&2; exit 1"] if argv[0] == "unshare" else argv

    root = tmp_path / "root"
    root.mkdir()
    archives = {suite: tmp_path / builder._archive(suite) for suite in variant.suites}
    for archive in archives.values():
        archive.touch()
    monkeypatch.setattr(builder, "as_root", refuse)
    assert not builder.are_images_to_import(tmp_path)
    builder._import(root, archives, tmp_path)
    assert builder.are_images_to_import(tmp_path)
    imports = builder.import_command(variant.suites).split(" && ")
    assert len(imports) == len(variant.suites)
    for suite, command in zip(variant.suites, imports, strict=True):
        *_, archive_there, image = command.split()
        assert (root / archive_there.lstrip("/")).exists()
        assert image == images.machine_image(suite)
    said = "".join(capsys.readouterr())
    assert "Leaving that to the virtual machine" in said
    assert "operation not permitted" in said


def test_a_root_file_system_that_fails_ends_the_build_before_the_next_one_begins(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    begun: list[str] = []

    def fail(definition: str, suite: str, *_: object) -> None:
        if begun:
            time.sleep(0.5)  # meanwhile the failure of the first is noticed
        begun.append(f"{definition} {suite}")
        raise LabError("Running mmdebstrap", "no mirror", "Repeat.")

    monkeypatch.setattr(builder, "_mmdebstrap", fail)
    monkeypatch.setattr(builder, "_AT_ONCE", 1)
    with pytest.raises(LabError, match="no mirror"):
        builder._make_file_systems(tmp_path, dict.fromkeys(ALL.suites, tmp_path), tmp_path)
    assert begun[0] == "vm trixie"
    assert len(begun) <= 2


def test_an_engine_has_the_machine_image_of_each_of_its_suites(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made: list[tuple[str, str, str]] = []
    monkeypatch.setattr(
        builder, "_mmdebstrap", lambda what, suite, target, *_: made.append((what, suite, target.name))
    )
    archives = {suite: tmp_path / builder._archive(suite) for suite in ALL.suites}
    builder._make_file_systems(tmp_path / "root", archives, tmp_path)
    assert sorted(made) == [
        *(("machine", suite, f"machine-{suite}.tar") for suite in sorted(ALL.suites)),
        ("vm", "trixie", "root"),
    ]


def test_a_build_deletes_only_what_nobody_uses(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    cache, run = tmp_path / "cache", tmp_path / "run"
    # The .partial may be just being built.
    others = {
        "bookworm-1",
        "bookworm-2",
        "forky-1.partial",
        f"{ALL.name}-1",
        f"{ALL.name}-2",
        f"{ALL.name}-3",
    }
    by_use = [*sorted(others), "trixie-3", "trixie-1", "trixie-2", "trixie-2.partial"]
    for seconds, name in enumerate(by_use):
        (cache / name).mkdir(parents=True)
        os.utime(cache / name, (seconds, seconds))
    for instance, entry in (("engine-gw1", "trixie-1"), ("engine-generations", f"{ALL.name}-2")):
        (run / instance).mkdir(parents=True)
        (run / instance / "entry").write_text(str(cache / entry))
    monkeypatch.setattr(entries, "cached", lambda: cache)
    monkeypatch.setattr(entries, "run_dir", lambda: run)
    monkeypatch.setattr(debian, "authenticate", lambda *_: None)
    monkeypatch.setattr(builder, "make", lambda target, suites: (target / "+".join(suites)).touch())
    entries._build(TRIXIE, cache / "trixie-4")
    left = {*others, "trixie-1", "trixie-2", "trixie-4"}
    assert {one.name for one in cache.iterdir()} == left
    assert (cache / "trixie-4" / "trixie").exists()

    entries._build(ALL, cache / f"{ALL.name}-4")
    assert {one.name for one in cache.iterdir()} == left - {f"{ALL.name}-1"} | {f"{ALL.name}-4"}
    assert (cache / f"{ALL.name}-4" / ALL.name).exists()


def test_the_variants_have_entries_locks_and_directories_of_their_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("LAB_INSTANCE", "engine-test-variants")
    plain, generations = entries.place(PLAIN), entries.place(GENERATIONS)
    assert plain.name.startswith(f"{images.SUITE}-")
    assert generations.name.startswith(f"{suites.DEFAULT}+")
    assert plain.parent == generations.parent == entries.cached()
    assert PLAIN.directory.name == "engine-test-variants"
    assert GENERATIONS.directory.name == "engine-test-variants-generations"
    with entries.building(PLAIN), entries.building(GENERATIONS):
        assert len(list(entries.cached().parent.glob("*.lock"))) == 2
    embedded.stop("engine-test-variants*")


def test_two_checkouts_do_not_delete_each_others_engines(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(entries, "cached", lambda: tmp_path)
    monkeypatch.setattr(entries, "run_dir", lambda: tmp_path / "run")
    monkeypatch.setattr(debian, "install", lambda *_: None)
    monkeypatch.setattr(debian, "authenticate", lambda *_: None)
    monkeypatch.setattr(builder, "make", lambda target, _: (target / builder.DISK).touch())
    for changed in ("trixie-b1", "trixie-b2", "trixie-b3"):  # one changes its definitions, the other does not
        for name in ("trixie-a", changed):
            monkeypatch.setattr(entries, "place", lambda _, name=name: tmp_path / name)
            for earlier in tmp_path.iterdir():  # the clock of a file system may be coarse
                os.utime(earlier, (0, earlier.stat().st_mtime - 1))
            entries.provided(TRIXIE)
        assert {one.name for one in tmp_path.iterdir()} == {"trixie-a", changed}


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv(offline.STORE, str(tmp_path / "store"))
    return tmp_path / "store"


@pytest.mark.parametrize(("variant", "advice"), [(PLAIN, "bundle"), (GENERATIONS, "bundle --generations")])
def test_what_a_store_lacks_is_never_built(
    store: Path, monkeypatch: pytest.MonkeyPatch, variant: Variant, advice: str
) -> None:
    (store / "trixie-older").mkdir(parents=True)
    monkeypatch.setattr(builder, "make", lambda *_: pytest.fail("it was built"))
    with pytest.raises(LabError, match="it has trixie-older") as caught:
        embedded.provide(variant)
    assert advice in caught.value.next_step


@pytest.mark.parametrize("variant", [PLAIN, GENERATIONS])
def test_a_store_is_only_read(store: Path, monkeypatch: pytest.MonkeyPatch, variant: Variant) -> None:
    entry = entries.place(variant)
    assert entry.parent == store
    entry.mkdir(parents=True)
    (entry / builder.DISK).touch()
    asked: list[str] = []
    monkeypatch.setattr(debian, "install", lambda packages, why: asked.extend(packages))
    before = [one.stat().st_mtime_ns for one in (store, entry, entry / builder.DISK)]
    assert embedded.provide(variant) == entry
    assert [one.stat().st_mtime_ns for one in (store, entry, entry / builder.DISK)] == before
    assert "mmdebstrap" not in asked  # nor anything else that only builds
    lacking = states.place(entry, vm.KVM)
    assert lacking.parent.parent == entries.cached()
    stored = entry / states.place(entry, vm.TCG).name
    stored.mkdir()
    assert states.place(entry, vm.TCG) == stored


def test_kvm_that_fails_is_tried_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tried: list[vm.Accelerator] = []

    def boot(variant: Variant, entry: Path, accelerator: vm.Accelerator) -> Endpoint:
        tried.append(accelerator)
        raise LabError("Embedded engine: waiting for the guest", "QEMU has ended", "Repeat.")

    monkeypatch.setattr(embedded, "run_dir", lambda: tmp_path)
    monkeypatch.setattr(embedded, "_booted", boot)
    monkeypatch.setattr(vm, "kvm_is_offered", lambda: True)
    for variant in (PLAIN, GENERATIONS):
        assert embedded._accelerated(variant, tmp_path) is None
    assert tried == [vm.KVM]
    assert "continuing with emulation" in "".join(capsys.readouterr())
