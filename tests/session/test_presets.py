"""Presets: what they order, how they are kept, handed on, and refused where they are wrong."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from dicomdir_studio.errors import StorageError
from dicomdir_studio.fileset import FileSet, Layout
from dicomdir_studio.media.folders import ExtraFolder
from dicomdir_studio.media.orders import Target
from dicomdir_studio.media.producing import prepare
from dicomdir_studio.media.udf.revision import Revision
from dicomdir_studio.session.preset_form import as_json, from_json
from dicomdir_studio.session.preset_store import PresetStore, read_preset
from dicomdir_studio.session.presets import (
    BUILT_IN,
    Preset,
    PresetError,
    PresetTarget,
    contradictions,
)

if TYPE_CHECKING:
    from pathlib import Path

OWN = Preset(
    "Ward 4 \N{GREEK SMALL LETTER ALPHA}",
    "For the ward",
    PresetTarget.ZIP,
    "STD-GEN-ZIP-MAIL",
    "32GB",
    Layout.KEEP,
    has_readme=True,
    institution="Klinik",
    deflate=True,
    is_encrypted=True,
    is_spanned=True,
    folders=(ExtraFolder("viewer", "VIEW"),),
    has_receipt=True,
    note="Ring 123",
    address="Street 1\nTown",
    fields=(("Ward", "4"), ("Order", "")),
    paper="Letter",
)


@pytest.mark.parametrize("preset", BUILT_IN, ids=lambda preset: preset.name)
def test_what_comes_with_the_program_can_be_made(preset: Preset, tmp_path: Path) -> None:
    """Each is free of conflicts, and its order can be prepared for what it takes."""
    from tests.media.samples import write_series

    assert contradictions(preset) == []
    file_set = FileSet()
    file_set.add_many(write_series(tmp_path / "s", 0, 0, count=2))
    order = preset.order(str(tmp_path / "out"))
    assert order.target is not Target.FOLDER or preset.target.suffix == ""
    assert len(prepare(file_set, order, tmp_path).span.plans) == 1


OF_BD = Preset(
    "Large",
    target=PresetTarget.DISC,
    profile="STD-GEN-BD",
    medium="BD-25",
    udf_only=Revision.UDF_2_60,
)


@pytest.mark.parametrize("preset", [*BUILT_IN, OWN, OF_BD], ids=lambda preset: preset.name)
def test_the_form_holds_every_value(preset: Preset) -> None:
    """What is written as JSON reads back the same."""
    assert from_json(json.loads(json.dumps(as_json(preset))), "x") == preset


def test_own_presets_are_kept(tmp_path: Path) -> None:
    """Saved, there for the next store, listed after the built-in, removed."""
    store = PresetStore()
    store.save(OWN)
    again = PresetStore()
    assert again.get(OWN.name.upper()) == OWN
    assert [one.name for one in again.presets()] == [*(one.name for one in BUILT_IN), OWN.name]
    again.remove(OWN.name)
    assert PresetStore().presets() == list(BUILT_IN)
    with pytest.raises(PresetError, match="of your own"):
        again.remove("Patient")


def test_an_own_preset_stands_for_a_built_in() -> None:
    """A change of a built-in preset is one's own under its name, and goes back on removal."""
    store = PresetStore()
    store.save(replace(store.get("patient"), institution="Praxis"))
    assert len(PresetStore().presets()) == len(BUILT_IN)
    assert PresetStore().get("Patient").institution == "Praxis"
    store.remove("PATIENT")
    assert store.get("Patient") in BUILT_IN


def test_presets_are_handed_on(tmp_path: Path) -> None:
    """Exported, imported elsewhere, run from the file; never over a file or another preset."""
    path = tmp_path / "ward.json"
    PresetStore.export_file([OWN], path)
    assert read_preset(path) == OWN
    other = PresetStore(tmp_path / "other.json")
    assert other.import_file(path) == [OWN]
    assert other.import_file(path) == [OWN]
    other.save(replace(OWN, note="mine"))
    with pytest.raises(PresetError, match="other presets of the same name"):
        other.import_file(path)
    assert other.get(OWN.name).note == "mine"
    other.import_file(path, replaced=True)
    assert PresetStore(tmp_path / "other.json").get(OWN.name) == OWN
    with pytest.raises(PresetError, match="already exists"):
        PresetStore.export_file([OWN], path)
    PresetStore.export_file(BUILT_IN, tmp_path / "all.json")
    with pytest.raises(PresetError, match="holds 4 presets"):
        read_preset(tmp_path / "all.json")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 2}, "later version"),
        ({"version": "1"}, "no version"),
        ({"version": True}, "no version"),
        ({"presets": {}}, "no list"),
        ({"presets": [3]}, "not int"),
        ({"presets": [{}]}, "no name"),
        ({"presets": [{"name": "a", "colour": 1}]}, "'colour' has no meaning"),
        ({"presets": [{"name": ""}]}, "'name' is to be"),
        ({"presets": [{"name": "a\u0007"}]}, "'name' is to be"),
        ({"presets": [{"name": "a", "profile": "STD-NONE"}]}, "'profile' is to be"),
        ({"presets": [{"name": "a", "profile": "STD-GEN-SEC-CD"}]}, "'profile' is to be"),
        ({"presets": [{"name": "a", "medium": "floppy"}]}, "'medium' is to be"),
        ({"presets": [{"name": "a", "target": "tape"}]}, "one of folder, zip, iso, disc, stick"),
        ({"presets": [{"name": "a", "verified": "yes"}]}, "true or false, not 'yes'"),
        ({"presets": [{"name": "a", "layout": 1}]}, "standard or keep"),
        ({"presets": [{"name": "a", "folders": ["x"]}]}, "'folders' is to be"),
        ({"presets": [{"name": "a", "folders": [{"source": "x", "y": 1}]}]}, "'folders' is to"),
        ({"presets": [{"name": "a", "fields": [1]}]}, "an object of texts"),
        ({"presets": [{"name": "a", "paper": "A7"}]}, "one of A4, Letter"),
        ({"presets": [{"name": "a"}, {"name": "A"}]}, "same name"),
        ({"presets": [{"name": "a", "is_spanned": True}]}, "needs a medium"),
        ({"presets": [{"name": "a", "is_encrypted": True}]}, "only a ZIP file"),
        ({"presets": [{"name": "a", "profile": "STD-GEN-USB-JPEG"}]}, "is not written to an image"),
        ({"presets": [{"name": "a", "has_autorun": True}]}, "there is none"),
        ({"presets": [{"name": "a", "udf_only": "2.00"}]}, "one of 1.50, 2.50, 2.60, or null"),
        ({"presets": [{"name": "a", "udf_only": "2.50", "joliet": True}]}, "no Joliet"),
        (
            {"presets": [{"name": "a", "udf_only": "2.50", "profile": "STD-GEN-CD"}]},
            "it has no UDF",
        ),
        (
            {"presets": [{"name": "a", "udf_only": "2.50", "target": "folder"}]},
            "only an image has Joliet and UDF",
        ),
    ],
)
def test_a_wrong_file_is_refused_whole(
    change: dict[str, Any], message: str, tmp_path: Path
) -> None:
    """The message names the file and what is wrong in it, and nothing is taken."""
    path = tmp_path / "p.json"
    path.write_text(json.dumps({"version": 1, "presets": [], **change}))
    store = PresetStore()
    with pytest.raises(PresetError, match=message) as caught:
        store.import_file(path)
    assert str(path) in str(caught.value)
    assert store.presets() == list(BUILT_IN)


@pytest.mark.parametrize("text", ["", "{", "[]", '"x"', "\N{NULL}"])
def test_what_is_no_json_object_is_refused(text: str, tmp_path: Path) -> None:
    """A file of something else is told."""
    (tmp_path / "p.json").write_text(text)
    with pytest.raises(PresetError):
        PresetStore().import_file(tmp_path / "p.json")
    with pytest.raises(PresetError, match="no such file"):
        read_preset(tmp_path / "none.json")
    with pytest.raises(StorageError):
        read_preset(tmp_path)


@pytest.mark.parametrize("text", ["{", '{"version": 9, "presets": []}'])
def test_own_presets_that_cannot_be_read_are_not_lost(text: str) -> None:
    """A broken file or one of a later program is told and never written over."""
    path = PresetStore().path
    path.parent.mkdir(parents=True)
    path.write_text(text)
    store = PresetStore()
    assert store.fault is not None
    assert store.presets() == list(BUILT_IN)
    with pytest.raises(PresetError):
        store.save(OWN)
    assert path.read_text() == text


def test_a_preset_that_contradicts_itself_is_not_kept() -> None:
    """The same check for what a window saves as for what a file holds."""
    with pytest.raises(PresetError, match="pages go with README"):
        PresetStore().save(Preset("a", has_pages=True))


@pytest.mark.parametrize(
    ("preset", "out", "made"),
    [
        (BUILT_IN[0], "a", "a.iso"),
        (BUILT_IN[0], "a.ISO", "a.ISO"),
        (BUILT_IN[2], "stick", "stick"),
        (BUILT_IN[3], "a.v1", "a.v1.zip"),
    ],
)
def test_the_order_goes_where_the_preset_says(preset: Preset, out: str, made: str) -> None:
    """A path without a suffix gets that of the target."""
    assert preset.order(out).out == made


@pytest.mark.parametrize(
    ("preset", "out"), [(BUILT_IN[0], "a.zip"), (BUILT_IN[2], "a.iso"), (BUILT_IN[3], "a.iso")]
)
def test_another_target_is_refused(preset: Preset, out: str) -> None:
    """A path that means another target than the preset is told, not bent."""
    with pytest.raises(PresetError, match="writes to"):
        preset.order(out)


def test_an_encrypted_preset_needs_a_password() -> None:
    """Nothing is written in clear where the preset says encrypted, nor is the password kept."""
    with pytest.raises(PresetError, match="Give a password"):
        OWN.order("a.zip")
    assert OWN.order("a.zip", password="pw").password == "pw"
    assert "pw" not in repr(OWN.order("a.zip", password="pw"))
    assert OWN.summary() == (
        "a ZIP file, STD-GEN-ZIP-MAIL, 32GB, README, encrypted, divided if need be, verified, "
        "receipt, folder VIEW"
    )
