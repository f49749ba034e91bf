"""The character set of records, corrected once a person has chosen how they read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pydicom
import pytest
from pydicom.uid import generate_uid

from dicomdir_studio.errors import FileSetError
from dicomdir_studio.fileset import FileSet, Layout
from tests.bundled import sample
from tests.fileset.names import CHINESE, CYRILLIC, disc_with
from tests.folders import digest, files_below

if TYPE_CHECKING:
    from pathlib import Path

    from tests.judges import Judges


def names(file_set: FileSet) -> list[str]:
    """Return the patients' names."""
    return [str(node.get("PatientName")) for node in file_set.tree.children]


def test_the_choice_is_one_edit_and_is_written(tmp_path: Path, judges: Judges) -> None:
    """What was chosen is declared, undone, redone and written; files and values stay."""
    value = CHINESE.encode("gb18030")
    path = disc_with(tmp_path, (None, value), ("ISO_IR 100", b"M\xfcller^J\xf6rg"))
    before = files_below(tmp_path)
    file_set = FileSet(path, salvage=True)
    first, second, third = file_set.tree.children
    unsound, sound = file_set.readings()
    assert (unsound.declared, unsound.sound, unsound.records) == ("", False, (first,))
    assert (sound.declared, sound.sound, sound.records) == ("ISO_IR 100", True, (second,))
    offered = {reading.term: reading.samples for reading in unsound.readings}
    assert offered["GB18030"] == (CHINESE,)
    assert "ISO_IR 192" not in offered
    change = file_set.apply_charset("GB18030")
    assert change.rewritten == (first,)
    assert (file_set.has_edits, file_set.edit_count) == (True, 1)
    assert file_set.rewritten_records == [first]
    assert file_set.undo_text == "Read the text of 1 record as GB18030"
    assert names(file_set) == [CHINESE, "Müller^Jörg", str(third.get("PatientName"))]
    assert len(file_set.find(PatientName=CHINESE)) == 2
    assert file_set.undo().rewritten == (first,)
    assert names(file_set)[0] != CHINESE
    assert not file_set.has_edits
    file_set.redo()
    file_set.write(layout=Layout.KEEP)
    assert not file_set.has_edits
    after = files_below(tmp_path)
    assert after.pop("DICOMDIR") != before.pop("DICOMDIR")
    assert after == before
    written = pydicom.dcmread(path).DirectoryRecordSequence
    patients = [record for record in written if record.DirectoryRecordType == "PATIENT"]
    assert [record.get("SpecificCharacterSet") for record in patients] == [
        "GB18030", "ISO_IR 100", None,
    ]  # fmt: skip
    assert patients[0].PatientName == CHINESE
    assert patients[0]["PatientName"].value.original_string.rstrip() == value
    again = FileSet(path, salvage=True)
    assert again.findings == []
    assert names(again)[:2] == [CHINESE, "Müller^Jörg"]
    judges.accept(tmp_path, instances=6)


@pytest.mark.parametrize(
    ("term", "codec", "name"),
    [
        ("windows-1251", "cp1251", CYRILLIC),
        ("koi8-r", "koi8_r", CYRILLIC),
        ("shift_jis", "cp932", "Yamada^Tarou=山田^太郎ソ表"),
        ("euc-kr", "cp949", "Hong^Gildong=洪^吉洞=홍^길동"),
        ("big5", "cp950", "Wang=王^小東功"),
        ("windows-1252", "cp1252", "Dupont^Zoë–Œuvre"),  # noqa: RUF001 - a dash of Windows
    ],
)
def test_sets_that_are_not_of_the_standard(
    tmp_path: Path, term: str, codec: str, name: str
) -> None:
    """Text in a set that cannot be declared is offered, and rewritten as Unicode."""
    path = disc_with(tmp_path, (None, name.encode(codec)))
    file_set = FileSet(path, salvage=True)
    (group,) = file_set.readings()
    assert name in {reading.samples[0] for reading in group.readings}
    assert names(FileSet(path, salvage=True, charset=term))[0] == name
    file_set.apply_charset(term)
    assert names(file_set)[0] == name
    file_set.write(layout=Layout.KEEP)
    patient = pydicom.dcmread(path).DirectoryRecordSequence[0]
    assert (patient.SpecificCharacterSet, patient.PatientName) == ("ISO_IR 192", name)


def test_groups_of_their_own(tmp_path: Path) -> None:
    """Patients whose bytes are of different sets are offered, and corrected, by themselves."""
    path = disc_with(
        tmp_path,
        (None, CHINESE.encode("utf-8")),
        (None, CYRILLIC.encode("iso8859_5")),
        (None, b"Yamada=\x1b$B;3ED\x1b(B"),
    )
    file_set = FileSet(path, salvage=True)
    likely = {group.records[0].index: group.readings[0].term for group in file_set.readings()}
    assert likely[0] == "ISO_IR 192"
    assert likely[2] == "\\ISO 2022 IR 87"
    choice = {0: "ISO_IR 192", 1: "ISO_IR 144", 2: "\\ISO 2022 IR 87"}
    for group in file_set.readings():
        assert len(group.records) == 1
        file_set.apply_charset(choice[group.records[0].index], group.records)
    assert names(file_set) == [CHINESE, CYRILLIC, "Yamada=山田"]
    assert all(group.sound for group in file_set.readings())


def test_patients_that_no_reading_fits_together(tmp_path: Path) -> None:
    """Where no reading fits all that declare alike, each patient is a group."""
    korean, chinese = b"A=\x1b$)C\xfb\xf3", b"A=\x1b$)A\xd5\xc5"
    path = disc_with(tmp_path, (None, korean), (None, chinese))
    found = FileSet(path, salvage=True).readings()
    assert [group.readings[0].term for group in found] == [
        "\\ISO 2022 IR 149", "\\ISO 2022 IR 58",
    ]  # fmt: skip


def test_a_choice_that_cannot_be(tmp_path: Path) -> None:
    """A set in which some bytes are no characters is refused, and nothing is changed."""
    path = disc_with(tmp_path, (None, CYRILLIC.encode("iso8859_5")), (None, CHINESE.encode()))
    file_set = FileSet(path, salvage=True)
    with pytest.raises(FileSetError, match="cannot be in 'ISO_IR 192'"):
        file_set.apply_charset("ISO_IR 192")
    with pytest.raises(FileSetError, match="no character set"):
        file_set.apply_charset("ISO_IR 999")
    assert not file_set.has_edits
    assert not file_set.can_undo


def test_what_is_sound_stays(tmp_path: Path) -> None:
    """By default only records that cannot be as declared change; all if none is unsound."""
    latin = ("ISO_IR 100", "Müller^Jörg".encode("latin-1"))
    path = disc_with(tmp_path, latin, (None, "Müller".encode()))
    file_set = FileSet(path, salvage=True)
    file_set.apply_charset("ISO_IR 192")
    assert names(file_set)[:2] == ["Müller^Jörg", "Müller"]
    path = disc_with(tmp_path, ("ISO_IR 100", "Żółć".encode("iso8859_2")))
    file_set = FileSet(path, salvage=True)
    assert [group.sound for group in file_set.readings()] == [True]
    file_set.apply_charset("ISO_IR 101")
    assert names(file_set)[0] == "Żółć"


def test_records_of_an_addition(tmp_path: Path) -> None:
    """An added file that declares no set is read as chosen; its bytes are copied as they are."""
    dataset = pydicom.dcmread(sample("CT_small.dcm"))
    dataset.SpecificCharacterSet = "ISO_IR 144"
    dataset.PatientName, dataset.SOPInstanceUID = CYRILLIC, generate_uid()
    dataset.save_as(tmp_path / "added.dcm")
    raw = (tmp_path / "added.dcm").read_bytes().replace(b"ISO_IR 144", b"ISO_IR 192")
    (tmp_path / "added.dcm").write_bytes(raw)
    file_set = FileSet()
    file_set.add(tmp_path / "added.dcm")
    file_set.apply_charset("ISO_IR 144")
    assert names(file_set) == [CYRILLIC]
    file_set.write(tmp_path / "set")
    (only,) = file_set
    assert digest(only.path) == digest(tmp_path / "added.dcm")
    assert names(FileSet(tmp_path / "set" / "DICOMDIR")) == [CYRILLIC]


def test_a_chosen_reading_leaves_what_declares_its_own(tmp_path: Path) -> None:
    """Opened with a character set, what is added and what was rewritten reads as it declares."""
    path = disc_with(tmp_path, (None, CHINESE.encode("gb18030")))
    dataset = pydicom.dcmread(sample("CT_small.dcm"))
    dataset.SpecificCharacterSet, dataset.PatientName = "ISO_IR 192", "Müller^Jörg"
    dataset.PatientID, dataset.SOPInstanceUID = "NEW", generate_uid()
    dataset.save_as(tmp_path / "added.dcm")
    file_set = FileSet(path, salvage=True, charset="GB18030")
    file_set.add(tmp_path / "added.dcm")
    assert (names(file_set)[0], names(file_set)[-1]) == (CHINESE, "Müller^Jörg")
    file_set.apply_charset("GB18030", [file_set.tree.children[0]])
    assert (names(file_set)[0], names(file_set)[-1]) == (CHINESE, "Müller^Jörg")


def test_kanji_are_not_of_the_set_of_katakana(tmp_path: Path) -> None:
    """Shift JIS under ISO_IR 13 is told of, since other readers know no kanji there."""
    path = disc_with(tmp_path, ("ISO_IR 13", "山田".encode("cp932")), ("ISO_IR 13", b"\xd4\xcf"))
    file_set = FileSet(path, salvage=True)
    assert len(file_set.findings) == 1
    assert names(file_set)[:2] == ["山田", "ﾔﾏ"]
