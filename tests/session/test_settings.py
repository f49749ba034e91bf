"""Settings: kept, migrated, and set aside when broken."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from dicomdir_studio.session import places, settings
from dicomdir_studio.session.settings import MAX_RECENT, Settings, SettingsStore

if TYPE_CHECKING:
    from pathlib import Path


def test_nothing_kept_yet_gives_the_defaults(tmp_path: Path) -> None:
    """A first start has empty settings and nothing to say."""
    store = SettingsStore(tmp_path / "settings.json")
    assert store.settings == Settings()
    assert store.notice is None


def test_what_is_saved_comes_back(tmp_path: Path) -> None:
    """Recent File-sets, the window's state and preferences survive the program."""
    path = tmp_path / "new" / "settings.json"
    store = SettingsStore(path)
    store.settings.remember(tmp_path / "Müller")
    store.settings.window["geometry"] = "AdnQywADAAA="
    store.settings.preferences["layout"] = {"keep": True}
    assert store.save()
    again = SettingsStore(path)
    assert again.settings == store.settings
    assert [name.name for name in path.parent.iterdir()] == ["settings.json"]


def test_the_default_place_is_the_systems_own(home: Path) -> None:
    """Without a path the settings go where the system keeps settings."""
    store = SettingsStore()
    store.save()
    assert store.path == home / "config" / "settings.json"
    assert store.path.is_file()


def test_places_follow_the_system_without_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings, data and logs have folders that end with the program's name."""
    monkeypatch.delenv(places.HOME_VARIABLE)
    for folder in (places.config_dir(), places.data_dir(), places.log_dir()):
        assert "dicomdir-studio" in str(folder)


def test_recent_are_latest_first_and_none_twice(tmp_path: Path) -> None:
    """Opening a known File-set moves it to the front, and the list has an end."""
    kept = Settings()
    for number in range(MAX_RECENT + 3):
        kept.remember(tmp_path / str(number))
    kept.remember(tmp_path / "5")
    assert kept.recent[:2] == [str(tmp_path / "5"), str(tmp_path / str(MAX_RECENT + 2))]
    assert len(kept.recent) == MAX_RECENT == len(set(kept.recent))
    kept.forget(tmp_path / "5")
    assert str(tmp_path / "5") not in kept.recent


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "Expecting"),
        ("[]", "JSON object"),
        ("{}", "no version"),
        ('{"version": 99}', "later program"),
    ],
)
def test_a_broken_file_is_kept_aside(tmp_path: Path, text: str, reason: str) -> None:
    """A file that cannot be used is reported and kept, and saving does not touch it."""
    path = tmp_path / "settings.json"
    path.write_text(text)
    store = SettingsStore(path)
    assert store.settings == Settings()
    assert store.notice is not None
    assert reason in store.notice
    store.save()
    (kept,) = tmp_path.glob("settings.json.broken-*")
    assert kept.read_text() == text
    assert str(kept) in store.notice


def test_values_of_another_kind_are_left_out(tmp_path: Path) -> None:
    """One wrong value does not cost the others."""
    path = tmp_path / "settings.json"
    stored = {"version": 1, "recent": ["/a", 3], "window": {"geometry": 1, "columns": "AA"}}
    path.write_text(json.dumps({**stored, "preferences": []}))
    store = SettingsStore(path)
    assert store.notice is None
    assert store.settings == Settings(recent=["/a"], window={"columns": "AA"})


def test_older_versions_are_migrated_step_by_step() -> None:
    """Each version knows the way to the next, and the last one is ours."""

    def from_1(old: dict[str, Any]) -> dict[str, Any]:
        return {"recents": [old["last"]]}

    def from_2(old: dict[str, Any]) -> dict[str, Any]:
        return {"recent": old["recents"]}

    migrated = settings._migrated({"version": 1, "last": "/disc"}, 3, {1: from_1, 2: from_2})
    assert migrated == {"recent": ["/disc"]}


def test_a_folder_that_cannot_be_written_costs_only_the_settings(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Saving where it is impossible says False and logs why, and does not raise."""
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    store = SettingsStore(tmp_path / "settings.json")
    store.path = blocked / "settings.json"
    assert not store.save()
    assert "not kept" in caplog.text


def test_a_failed_replacement_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A write that fails at its last step leaves the old settings and no rubbish."""
    store = SettingsStore(tmp_path / "settings.json")
    store.settings.remember("/first")
    store.save()

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    store.settings.remember("/second")
    assert not store.save()
    assert SettingsStore(store.path).settings.recent == [os.path.abspath("/first")]  # noqa: PTH100
    assert [name.name for name in tmp_path.iterdir()] == ["settings.json"]
