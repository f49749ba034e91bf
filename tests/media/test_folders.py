"""Further folders beside the File-set: what may lie there, under which names, and where."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import pytest

from dicomdir_studio.errors import StorageError
from dicomdir_studio.media.capacity import usage
from dicomdir_studio.media.errors import UnfitForMediumError
from dicomdir_studio.media.folders import ExtraFolder, folder_files
from dicomdir_studio.media.orders import Order
from dicomdir_studio.media.pdi import Publisher
from dicomdir_studio.media.producing import prepare, produce
from dicomdir_studio.monitor import Monitor

if TYPE_CHECKING:
    from pathlib import Path

    from dicomdir_studio.fileset import FileSet
    from tests.judges import Judges


@pytest.fixture
def viewer(tmp_path: Path) -> Path:
    """Make a viewer's folder, with what a system leaves about."""
    folder = tmp_path / "viewer"
    (folder / "lib").mkdir(parents=True)
    (folder / "viewer.exe").write_bytes(b"MZ" * 500)
    (folder / "lib" / "core.dll").write_bytes(b"x" * 3000)
    (folder / "autorun.inf").write_text("[autorun]\r\nopen=VIEWER\\VIEWER.EXE\r\n")
    (folder / ".DS_Store").write_bytes(b"x")
    (folder / "Thumbs.db").write_bytes(b"x")
    return folder


def test_a_folder_lies_beside_and_autorun_stays_out(
    sample_set: FileSet, viewer: Path, tmp_path: Path, judges: Judges
) -> None:
    """Names are in capitals, README names the folder, the DICOMDIR does not."""
    out = tmp_path / "a.iso"
    order = Order(str(out), publisher=Publisher(), has_pages=False, folders=(_extra(viewer),))
    (receipt,) = produce(prepare(sample_set, order, tmp_path))
    assert receipt.verified
    listed = judges.ask("isoinfo", "-f", "-i", out).words
    assert "/VIEWER/VIEWER.EXE;1" in listed
    assert "/VIEWER/LIB/CORE.DLL;1" in listed
    for name in ("AUTORUN", "THUMBS", "DS_STORE"):
        assert name not in listed
    assert (
        "VIEWER        further content"
        in judges.ask("isoinfo", "-i", out, "-x", "/README.TXT;1").words
    )
    assert "VIEWER" not in judges.ask("isoinfo", "-i", out, "-x", "/DICOMDIR.;1").words


def test_autorun_goes_into_the_root_when_asked(
    sample_set: FileSet, viewer: Path, tmp_path: Path
) -> None:
    """AUTORUN.INF of the folder's top lies in the root of the medium then."""
    out = tmp_path / "a.zip"
    order = Order(str(out), folders=(_extra(viewer),), has_autorun=True)
    produce(prepare(sample_set, order, tmp_path))
    with zipfile.ZipFile(out) as archive:
        names = set(archive.namelist())
    assert {"AUTORUN.INF", "VIEWER/VIEWER.EXE", "VIEWER/LIB/CORE.DLL"} < names
    assert "VIEWER/AUTORUN.INF" not in names


def test_every_medium_of_a_set_has_the_folders(
    large_set: FileSet, viewer: Path, tmp_path: Path
) -> None:
    """What is divided keeps the folders on each medium, and none grows too large."""
    order = Order(
        str(tmp_path / "a.iso"), capacity=900_000, is_spanned=True, folders=(_extra(viewer),)
    )
    production = prepare(large_set, order, tmp_path)
    assert len(production.span.plans) > 1
    for plan in production.span.plans:
        assert "VIEWER/VIEWER.EXE" in {name for name, _ in plan.sizes()}
        assert usage(plan.sizes(), order.container).total <= 900_000


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("long-name.exe", "is not of the 8.3 form"),
        ("a.b/x.txt", "is not of the 8.3 form"),
        ("1/2/3/4/5/6/7/x.txt", "lies deeper than 8 levels"),
        ("DICOMDIR", "it is a DICOM file"),
    ],
)
def test_what_has_no_place_is_refused(viewer: Path, name: str, why: str) -> None:
    """Names that level 1 does not have are told with the file; nothing is renamed in secret."""
    path = viewer / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    with pytest.raises(UnfitForMediumError, match=why) as caught:
        folder_files([_extra(viewer)], Monitor())
    assert str(path) in str(caught.value)


def test_images_do_not_hide_beside(viewer: Path, sample_dir: Path) -> None:
    """A DICOM file belongs into the File-set, where the DICOMDIR names it."""
    image = next((sample_dir / "98892003" / "MR1").iterdir())
    (viewer / "IMG").write_bytes(image.read_bytes())
    with pytest.raises(UnfitForMediumError, match="it is a DICOM file"):
        folder_files([_extra(viewer)], Monitor())


def test_links_to_folders_are_told(viewer: Path, tmp_path: Path) -> None:
    """A link to a folder is not left out in silence."""
    (tmp_path / "else").mkdir()
    (viewer / "MORE").symlink_to(tmp_path / "else", target_is_directory=True)
    with pytest.raises(UnfitForMediumError, match="a link to a folder"):
        folder_files([_extra(viewer)], Monitor())


def test_two_names_that_become_one_are_told(viewer: Path) -> None:
    """Names that differ in case only would be one name on the medium."""
    (viewer / "VIEWER.EXE").write_bytes(b"other")
    with pytest.raises(UnfitForMediumError, match="its name is taken"):
        folder_files([_extra(viewer)], Monitor())


@pytest.mark.parametrize("name", ["IHE_PDI", "README.TXT", "DICOMDIR", "AUTORUN.INF"])
def test_names_with_a_meaning_are_kept_free(viewer: Path, name: str) -> None:
    """Nothing else takes the names that IHE and the Standard give a meaning."""
    with pytest.raises(UnfitForMediumError, match="is reserved"):
        folder_files([ExtraFolder(str(viewer), name)], Monitor())


def test_the_folders_of_images_hold_nothing_else(
    sample_set: FileSet, viewer: Path, tmp_path: Path
) -> None:
    """A further folder cannot share a folder with DICOM files."""
    order = Order(str(tmp_path / "a"), folders=(ExtraFolder(str(viewer), "pt000000"),))
    with pytest.raises(UnfitForMediumError, match="name of a folder of the File-set"):
        prepare(sample_set, order, tmp_path)


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    """A wrong path is an error, not an empty folder; a file that cannot be read likewise."""
    with pytest.raises(UnfitForMediumError, match="it is not a folder"):
        folder_files([ExtraFolder(str(tmp_path / "none"))], Monitor())
    (tmp_path / "V").mkdir()
    (tmp_path / "V" / "LINK").symlink_to(tmp_path / "gone")
    with pytest.raises(StorageError):
        folder_files([ExtraFolder(str(tmp_path / "V"))], Monitor())


def _extra(folder: Path) -> ExtraFolder:
    """Return a folder to be put beside."""
    return ExtraFolder(str(folder))
