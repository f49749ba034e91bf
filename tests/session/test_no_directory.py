"""What is no DICOMDIR is called what it is, and the way on fits what lies beside it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from pydicom.data import get_testdata_file

from dicomdir_studio.errors import FileSetError, OperationCancelledError
from dicomdir_studio.fileset import FileSet, Layout
from dicomdir_studio.session.no_directory import NoDirectoryError, holds_dicom
from dicomdir_studio.session.opening import open_file_set
from tests.monitors import Cancelling

CT = Path(str(get_testdata_file("CT_small.dcm")))

OTHERS = {
    "it is a text file": b"Please burn this again. Gr\xc3\xbc\xc3\x9fe" * 90,
    "it is a PDF document": b"%PDF-1.4\n\0",
    "it is a JPEG image": b"\xff\xd8\xff\xe0",
    "it is a PNG image": b"\x89PNG\r\n\x1a\n",
    "it is a Windows program": b"MZ\x90\0\3",
    "it contains nothing of a DICOMDIR": bytes(range(1, 256)) * 3,
    "its header is damaged, and it contains no directory record": bytes(128) + b"DICM" + bytes(99),
    "it is a DICOM file of the SOP Class CT Image Storage": CT.read_bytes(),
}


def refused(path: Path, *, salvage: bool = True) -> NoDirectoryError:
    """Return the error for a path that is no File-set."""
    with pytest.raises(NoDirectoryError) as caught:
        open_file_set(path, salvage=salvage)
    assert caught.value.why
    assert caught.value.remedy
    return caught.value


@pytest.mark.parametrize("salvage", [True, False])
@pytest.mark.parametrize("why", OTHERS)
def test_it_is_called_what_it_is(tmp_path: Path, why: str, *, salvage: bool) -> None:
    """The error names the file and its kind, whatever its name; nothing offers to replace it."""
    for name in ("DICOMDIR", "scan.bin"):
        path = tmp_path / name
        path.write_bytes(OTHERS[why])
        error = refused(path, salvage=salvage)
        assert (error.what, error.where, error.why) == (
            "The file is not a DICOMDIR",
            str(path),
            why,
        )
        assert not error.folder
    assert "Choose the DICOMDIR" in str(error.remedy)
    shutil.copyfile(CT, tmp_path / "IM1")
    assert "Rename it" in str(refused(tmp_path / "DICOMDIR").remedy)


@pytest.mark.parametrize("salvage", [True, False])
@pytest.mark.parametrize(("length", "why"), [(0, "0 bytes"), (5_000, "all of its 5,000 bytes")])
def test_an_empty_one_beside_files_leads_to_a_new_one(
    sample_dir: Path, length: int, why: str, *, salvage: bool
) -> None:
    """Opened by file or folder it is refused, and the File-set made as told has every file."""
    path = sample_dir / "DICOMDIR"
    before = {str(one.path): one.SOPInstanceUID for one in FileSet(path)}
    path.write_bytes(bytes(length))
    for given in (path, sample_dir):
        error = refused(given, salvage=salvage)
        assert error.what == "The DICOMDIR is empty"
        assert why in str(error.why)
        assert error.where == str(path)
        assert error.folder == str(sample_dir)
    file_set = FileSet()
    file_set.add_many([one for one in sample_dir.rglob("*") if one.is_file() and one != path])
    file_set.write(error.folder, layout=Layout.KEEP)
    after = {str(one.path): one.SOPInstanceUID for one in open_file_set(sample_dir)}
    assert before.items() <= after.items()


def test_an_empty_one_alone_offers_nothing_that_cannot_be(tmp_path: Path) -> None:
    """Where no DICOM files lie beside it, no File-set can be made of them."""
    (tmp_path / "DICOMDIR").touch()
    (tmp_path / "README.TXT").write_text("no DICOM" * 40)
    error = refused(tmp_path)
    assert "There are no DICOM files next to it" in str(error.remedy)
    assert not error.folder


def test_an_empty_file_of_another_name_is_not_replaced(tmp_path: Path) -> None:
    """Whose name is not DICOMDIR is not taken for a directory that was lost."""
    shutil.copyfile(CT, tmp_path / "IM1")
    for name, what in (("notes.txt", "The file is empty"), ("dicomdir", "The DICOMDIR is empty")):
        (tmp_path / name).touch()
        error = refused(tmp_path / name)
        assert error.what == what
        assert not error.folder
        (tmp_path / name).unlink()


def test_a_folder_of_files_without_one_offers_it_too(tmp_path: Path) -> None:
    """Files in a folder without a DICOMDIR are half a File-set; other files are none."""
    (tmp_path / "README.TXT").write_text("no DICOM" * 40)
    assert not refused(tmp_path).folder
    (tmp_path / "a" / "b").mkdir(parents=True)
    shutil.copyfile(CT, tmp_path / "a" / "b" / "IM1")
    assert refused(tmp_path).folder == str(tmp_path)


def test_in_an_archive_it_is_named_as_a_person_knows_it(sample_dir: Path, tmp_path: Path) -> None:
    """No temporary folder is named, nor a File-set offered that would be gone with it."""
    (sample_dir / "DICOMDIR").write_bytes(b"")
    archive = Path(shutil.make_archive(str(tmp_path / "disc"), "zip", sample_dir))
    error = refused(archive)
    assert error.where == str(archive / "DICOMDIR")
    assert "Unpack it" in str(error.remedy)
    assert not error.folder


def test_a_broken_one_is_no_foreign_file(sample_dir: Path) -> None:
    """A DICOMDIR that is cut off is salvaged; without salvage it is damaged, not another file."""
    path = sample_dir / "DICOMDIR"
    path.write_bytes(path.read_bytes()[:5_000])
    assert len(open_file_set(path)) > 0
    with pytest.raises(FileSetError, match="damaged") as caught:
        open_file_set(path, salvage=False)
    assert not isinstance(caught.value, NoDirectoryError)


def test_looking_beside_it_can_be_cancelled_and_ends(tmp_path: Path) -> None:
    """Of a folder with very many files so many are looked at, and no link is followed."""
    (tmp_path / "DICOMDIR").touch()
    (tmp_path / "round").symlink_to(tmp_path)
    assert not holds_dicom(str(tmp_path))
    with pytest.raises(OperationCancelledError):
        holds_dicom(str(tmp_path), Cancelling())
    for number in range(2_001):
        (tmp_path / f"A{number}").touch()
    shutil.copyfile(CT, tmp_path / "B")
    assert not holds_dicom(str(tmp_path))
