"""The shipped tables against the collection of facts that they were built from, where it is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from dicomdir_studio.standard.profiles import PROFILES, Scope
from dicomdir_studio.standard.records import RECORD_TYPES, RETIRED_RECORD_TYPES, ROOT
from dicomdir_studio.standard.sop_classes import SOP_CLASSES
from tests.standard.expectations import FACTS

if TYPE_CHECKING:
    from dicomdir_studio.standard.record_keys import RecordKey

pytestmark = pytest.mark.skipif(
    not FACTS.is_dir(),
    reason="the collection of facts is not beside this checkout; the tables are tested without",
)

# Where the table of F.5 is silent and C.12.1.1.2 speaks.
SILENT_ON_CHARACTER_SETS = {"IMPLANT", "IMPLANT ASSY", "IMPLANT GROUP"}


def _facts(name: str) -> dict[str, Any]:
    """Return one file of the collection."""
    found: dict[str, Any] = json.loads((FACTS / f"{name}.json").read_text(encoding="utf-8"))
    return found


def _tag(text: str) -> int:
    """Return a tag written as (gggg,eeee)."""
    return int(text.strip("()").replace(",", ""), 16)


def _rows(keys: tuple[RecordKey, ...]) -> dict[int, tuple[str, str, str]]:
    """Return keyword, VR and type of keys by tag."""
    return {key.tag: (key.keyword, key.vr, key.type) for key in keys}


def test_sop_classes() -> None:
    """Every class has the record type of the facts, and none is missing."""
    facts = {row["uid"]: row["record_type"] for row in _facts("sopclass_record")["sop_classes"]}
    assert {uid: row.record_type for uid, row in SOP_CLASSES.items()} == facts


def test_record_types() -> None:
    """Section, place and keys of every current type are those of the facts."""
    facts = {row["type"]: row for row in _facts("records")["records"]}
    assert set(RECORD_TYPES) == set(facts)
    for name, fact in facts.items():
        row = RECORD_TYPES[name]
        keys = {_tag(k["tag"]): (k["keyword"], k["vr"], k["type"]) for k in fact["keys"]}
        if name in SILENT_ON_CHARACTER_SETS:
            keys[0x00080005] = ("SpecificCharacterSet", "CS", "1C")
        assert _rows(row.keys) == keys
        assert row.section == fact["section"]
        if name != "PRIVATE":
            assert list(row.parents) == fact["parents"]
            assert list(row.children) == fact["children"]
            assert row.references_instance == fact["references_instance"]


def test_retired_record_types() -> None:
    """The retired types have their old parents."""
    facts = _facts("records")["retired"]["old_parents"]
    assert set(RETIRED_RECORD_TYPES) == set(facts)
    for name, parents in facts.items():
        if name != "MRDR":
            expected = [parents] if isinstance(parents, str) else parents
            assert list(RETIRED_RECORD_TYPES[name].parents) == expected
    assert RETIRED_RECORD_TYPES["MRDR"].parents == ()
    assert RETIRED_RECORD_TYPES["TOPIC"].parents == (ROOT,)


def test_profiles() -> None:
    """Identifier, annex, classes, syntaxes and keys of every profile are those of the facts."""
    facts = {row["identifier"]: row for row in _facts("profiles")["profiles"]}
    assert set(PROFILES) == set(facts)
    for name, fact in facts.items():
        profile = PROFILES[name]
        assert profile.annex == fact["annex"]
        assert profile.is_secure == fact["secure"]
        classes = fact["sop_classes"]
        if isinstance(classes, list):
            assert list(profile.sop_classes) == classes
        elif not classes.startswith("dental"):
            assert profile.scope is not Scope.LISTED
        keys = {
            (kind, key.tag, key.keyword)
            for kind, rows in profile.record_keys.items()
            for key in rows
        }
        assert keys == {
            (key["record"], _tag(key["tag"]), key["keyword"])
            for key in fact["additional_dicomdir_keys"]
        }


def test_transfer_syntaxes_of_profiles() -> None:
    """What a profile lets a class be encoded in is what the facts list for it."""
    for fact in _facts("profiles")["profiles"]:
        profile = PROFILES[fact["identifier"]]
        for scope, syntaxes in fact["transfer_syntaxes"].items():
            if scope == "DICOMDIR":
                continue
            uid = scope if scope.startswith("1.") else next(iter(profile.sop_classes), "1.2.3")
            multi_frame = scope.startswith("multi-frame")
            allowed = profile.transfer_syntaxes_for(uid, multi_frame=multi_frame)
            if isinstance(syntaxes, str):
                assert allowed is None
            else:
                assert allowed is not None
                assert allowed >= set(syntaxes) if multi_frame else allowed == set(syntaxes)
