"""What the build of the embedded engine settles before it begins, and what it deletes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from helpers.engine import builder, embedded, images, vm
from helpers.engine.reachable import Endpoint
from helpers.errors import LabError
from helpers.setup import debian, offline


def test_whoever_may_not_become_root_is_told_before_anything_is_deleted_or_built(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refuse(tried: str, next_step: str) -> None:
        raise LabError(tried, "sudo: a password is required", next_step)

    older = tmp_path / "older"
    older.mkdir()
    monkeypatch.setattr(embedded, "_entries", lambda: tmp_path)
    monkeypatch.setattr(debian, "authenticate", refuse)
    monkeypatch.setattr(builder, "make", lambda target: pytest.fail("it was built"))
    with pytest.raises(LabError, match="a password is required") as caught:
        embedded._build(tmp_path / "new")
    assert "LAB_ENGINE=docker" in caught.value.next_step
    assert list(tmp_path.iterdir()) == [older]


def test_where_dockerd_does_not_run_the_machine_image_is_left_to_the_virtual_machine(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(argv: list[str]) -> list[str]:
        return ["sh", "-c", "echo operation not permitted >&2; exit 1"] if argv[0] == "unshare" else argv

    root, archive = tmp_path / "root", tmp_path / "machine.tar"
    root.mkdir()
    archive.touch()
    monkeypatch.setattr(builder, "as_root", refuse)
    assert not builder.is_image_to_import(tmp_path)
    builder._import(root, archive, tmp_path)
    assert builder.is_image_to_import(tmp_path)
    assert [one.name for one in root.iterdir()] == [builder.MACHINE_ARCHIVE.lstrip("/")]
    said = "".join(capsys.readouterr())
    assert "Leaving that to the virtual machine" in said
    assert "operation not permitted" in said


def test_a_build_deletes_only_what_nobody_uses(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    cache, run = tmp_path / "cache", tmp_path / "run"
    others = {"bookworm-1", "bookworm-2", "forky-1.partial"}  # it may be just being built
    by_use = [*sorted(others), "trixie-3", "trixie-1", "trixie-2", "trixie-2.partial"]
    for seconds, name in enumerate(by_use):
        (cache / name).mkdir(parents=True)
        os.utime(cache / name, (seconds, seconds))
    (run / "engine-gw1").mkdir(parents=True)
    (run / "engine-gw1" / "entry").write_text(str(cache / "trixie-1"))
    monkeypatch.setattr(images, "SUITE", "trixie")
    monkeypatch.setattr(embedded, "_entries", lambda: cache)
    monkeypatch.setattr(embedded, "run_dir", lambda: run)
    monkeypatch.setattr(debian, "authenticate", lambda *_: None)
    monkeypatch.setattr(builder, "make", lambda target: (target / "disk").touch())
    embedded._build(cache / "trixie-4")
    assert {one.name for one in cache.iterdir()} == {*others, "trixie-1", "trixie-2", "trixie-4"}
    assert (cache / "trixie-4" / "disk").exists()


def test_two_checkouts_do_not_delete_each_others_engines(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(embedded, "_entries", lambda: tmp_path)
    monkeypatch.setattr(embedded, "run_dir", lambda: tmp_path / "run")
    monkeypatch.setattr(debian, "install", lambda *_: None)
    monkeypatch.setattr(images, "SUITE", "trixie")
    monkeypatch.setattr(debian, "authenticate", lambda *_: None)
    monkeypatch.setattr(builder, "make", lambda target: (target / builder.DISK).touch())
    for changed in ("trixie-b1", "trixie-b2", "trixie-b3"):  # one changes its definitions, the other does not
        for name in ("trixie-a", changed):
            monkeypatch.setattr(embedded, "_entry", lambda name=name: tmp_path / name)
            for earlier in tmp_path.iterdir():  # the clock of a file system may be coarse
                os.utime(earlier, (0, earlier.stat().st_mtime - 1))
            embedded._provided()
        assert {one.name for one in tmp_path.iterdir()} == {"trixie-a", changed}


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv(offline.STORE, str(tmp_path / "store"))
    return tmp_path / "store"


def test_what_a_store_lacks_is_never_built(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (store / "trixie-older").mkdir(parents=True)
    monkeypatch.setattr(builder, "make", lambda target: pytest.fail("it was built"))
    with pytest.raises(LabError, match="it has trixie-older"):
        embedded.provide()


def test_a_store_is_only_read(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = embedded._entry()
    assert entry.parent == store
    entry.mkdir(parents=True)
    (entry / builder.DISK).touch()
    asked: list[str] = []
    monkeypatch.setattr(debian, "install", lambda packages, why: asked.extend(packages))
    before = [one.stat().st_mtime_ns for one in (store, entry, entry / builder.DISK)]
    assert embedded.provide() == entry
    assert [one.stat().st_mtime_ns for one in (store, entry, entry / builder.DISK)] == before
    assert "mmdebstrap" not in asked  # nor anything else that only builds
    lacking = embedded._prepared_directory(entry, vm.KVM)
    assert lacking.parent.parent == embedded._entries()
    stored = entry / embedded._prepared_directory(entry, vm.TCG).name
    stored.mkdir()
    assert embedded._prepared_directory(entry, vm.TCG) == stored


def test_kvm_that_fails_is_tried_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tried: list[vm.Accelerator] = []

    def boot(entry: Path, accelerator: vm.Accelerator) -> Endpoint:
        tried.append(accelerator)
        raise LabError("Embedded engine: waiting for the guest", "QEMU has ended", "Repeat.")

    monkeypatch.setattr(embedded, "run_dir", lambda: tmp_path)
    monkeypatch.setattr(embedded, "_booted", boot)
    monkeypatch.setattr(vm, "kvm_is_offered", lambda: True)
    assert embedded._accelerated(tmp_path) is embedded._accelerated(tmp_path) is None
    assert tried == [vm.KVM]
    assert "continuing with emulation" in "".join(capsys.readouterr())
