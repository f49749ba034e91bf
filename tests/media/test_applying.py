"""A profile applied: copies transcoded without loss, the DICOMDIR right, the sources untouched."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.uid import ImplicitVRLittleEndian

from dicomdir_studio.errors import OperationCancelledError
from dicomdir_studio.fileset import FileSet
from dicomdir_studio.media import applying
from dicomdir_studio.media.applying import NotTranscodedError, with_profile
from dicomdir_studio.media.conformance import fit_profiles
from dicomdir_studio.media.medium_plan import MediumPlan, plan_medium
from dicomdir_studio.media.orders import Order
from dicomdir_studio.media.producing import ProfileNotMetError, prepare, produce
from dicomdir_studio.monitor import Monitor
from dicomdir_studio.standard.profiles import PROFILES
from tests.bundled import TEST_FILES
from tests.media.pixel_images import KINDS, instance, written
from tests.media.samples import ct_image

if TYPE_CHECKING:
    from tests.judges import Judges

SYNTAX_OF = {
    "CT_small.dcm": "1.2.840.10008.1.2.1",
    "MR_small_RLE.dcm": "1.2.840.10008.1.2.5",
    "MR_small_jp2klossless.dcm": "1.2.840.10008.1.2.4.90",
    "MR_small_jpeg_ls_lossless.dcm": "1.2.840.10008.1.2.4.80",
    "MR_small_bigendian.dcm": "1.2.840.10008.1.2.2",
}
PLAIN = "1.2.840.10008.1.2.1"
SV1 = "1.2.840.10008.1.2.4.70"


@pytest.fixture
def mixed(tmp_path: Path) -> dict[str, Path]:
    """Give instances of one kind in five transfer syntaxes, by their SOP Instance UID."""
    found = {}
    (tmp_path / "sources").mkdir()
    for number, name in enumerate(SYNTAX_OF):
        image = dcmread(TEST_FILES / name)
        assert image.file_meta.TransferSyntaxUID == SYNTAX_OF[name]
        image.SOPInstanceUID = f"1.2.3.{number}"
        image.file_meta.MediaStorageSOPInstanceUID = image.SOPInstanceUID
        path = tmp_path / "sources" / name
        image.save_as(path, enforce_file_format=True)
        found[image.SOPInstanceUID] = path
    return found


def planned(paths: dict[str, Path]) -> tuple[FileSet, MediumPlan]:
    """Return a new File-set of some files and its plan."""
    file_set = FileSet()
    assert not file_set.add_many(paths.values(), missing_keys="fill").refused
    return file_set, plan_medium(file_set)


def frames(path: Path) -> np.ndarray:
    """Return the pixels of an instance."""
    return dcmread(path).pixel_array


@pytest.mark.parametrize(
    ("profile", "expected", "switch"),
    [
        ("STD-GEN-CD", {PLAIN}, "-Pgp"),
        ("STD-GEN-DVD-JPEG", {PLAIN, SV1}, "-Pdv"),
        ("STD-GEN-DVD-J2K", {PLAIN, "1.2.840.10008.1.2.4.90"}, "-Pd2"),
        ("STD-GEN-USB-JPEG", {PLAIN, SV1}, "-Pfl"),
    ],
)
def test_a_medium_has_allowed_transfer_syntaxes_alone(
    profile: str,
    expected: set[str],
    switch: str,
    mixed: dict[str, Path],
    scratch: Path,
    tmp_path: Path,
    judges: Judges,
) -> None:
    """Copies are transcoded, the DICOMDIR says so, the pixels are the same, judges agree."""
    before = {uid: path.read_bytes() for uid, path in mixed.items()}
    file_set, plan = planned(mixed)
    assert not fit_profiles(plan)[profile].fits
    out = tmp_path / "out"
    produce(prepare(file_set, Order(str(out), PROFILES[profile]), scratch))
    assert {uid: path.read_bytes() for uid, path in mixed.items()} == before
    judges.accept(out, instances=5)
    loaded = FileSet(out / "DICOMDIR")
    assert not loaded.findings
    assert fit_profiles(plan_medium(loaded))[profile].fits
    syntaxes = set()
    for found in loaded:
        image = dcmread(found.path)
        assert found.TransferSyntaxUID == image.file_meta.TransferSyntaxUID
        assert found.SOPInstanceUID == image.SOPInstanceUID
        syntaxes.add(found.TransferSyntaxUID)
        np.testing.assert_array_equal(frames(Path(found.path)), frames(mixed[found.SOPInstanceUID]))
    assert syntaxes == expected
    assert_dcmmkdir_takes(judges, switch, out, tmp_path / "judged")


def assert_dcmmkdir_takes(judges: Judges, switch: str, medium: Path, work: Path) -> None:
    """Fail unless dcmmkdir makes a DICOMDIR for the profile out of the medium's files."""
    shutil.copytree(medium, work)
    (work / "DICOMDIR").unlink()
    verdict = judges.ask("dcmmkdir", switch, "+r", "+id", ".", "--invent", cwd=work)
    assert verdict.code == 0, verdict.words
    assert not verdict.errors, verdict.errors
    assert len(dcmread(work / "DICOMDIR").DirectoryRecordSequence) >= 5


def test_what_proves_to_hold_more_than_pixels_is_named(scratch: Path, tmp_path: Path) -> None:
    """An overlay in the pixel cells shows only when they are looked at; the file is named."""
    image, values = instance(("MONOCHROME2", 1, 16, 12, 0))
    values[0, 3, 3, 0] |= 0x8000
    image.PixelData = values.tobytes()
    image.SOPClassUID = "1.2.840.10008.5.1.4.1.1.12.1"
    image.Modality, image.BitsStored, image.HighBit = "XA", 10, 9
    image.Rows, image.Columns, image.ImageType = 67, 71, ["ORIGINAL", "PRIMARY", "SINGLE PLANE"]
    path = written(image, tmp_path / "a.dcm")
    _, plan = planned({"": path})
    profile = PROFILES["STD-XA1K-CD"]
    assert fit_profiles(plan)["STD-XA1K-CD"].fits_completed
    with pytest.raises(NotTranscodedError, match="overlay") as caught:
        with_profile(plan, profile, scratch, monitor=Monitor())
    assert caught.value.where == str(path)
    assert caught.value.remedy
    assert not list(scratch.iterdir())


class Impatient(Monitor):
    """Cancels when the second copy is made."""

    def __init__(self) -> None:
        self.copies = 0
        self.is_transcoding = False

    def start(self, phase: str, total: int | None = None, unit: str = "files") -> None:
        """Note the phase."""
        self.is_transcoding = phase.startswith("Transcoding")

    def advance(self, amount: int = 1, detail: str = "") -> None:
        """Count copies."""
        self.copies += self.is_transcoding

    def check(self) -> None:
        """Cancel."""
        if self.copies >= 2:
            raise OperationCancelledError


def test_cancelling_leaves_no_copy(mixed: dict[str, Path], scratch: Path) -> None:
    """What was made until then goes; the sources stay."""
    sums = {path: hashlib.sha256(path.read_bytes()).digest() for path in mixed.values()}
    _, plan = planned(mixed)
    with pytest.raises(OperationCancelledError):
        with_profile(plan, PROFILES["STD-GEN-CD"], scratch, monitor=Impatient())
    assert not list(scratch.iterdir())
    assert sums == {path: hashlib.sha256(path.read_bytes()).digest() for path in mixed.values()}


def test_what_dies_in_a_decoder_is_named(
    mixed: dict[str, Path], scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file over which the decoder ends the process is an error that names it."""
    monkeypatch.setattr(applying, "transcode_to_first", fall)
    _, plan = planned(mixed)
    with pytest.raises(NotTranscodedError, match="broke down") as caught:
        with_profile(plan, PROFILES["STD-GEN-CD"], scratch, monitor=Monitor())
    assert caught.value.where in {str(path) for path in mixed.values()}
    assert len(caught.value.errors) == 4


def fall(*_: object) -> None:
    """End the process as a decoder with a double free does."""
    os.abort()


def test_no_room_for_copies_is_said_before(
    mixed: dict[str, Path], scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk for temporary files is told with both numbers, and nothing is begun."""
    usage = shutil.disk_usage(scratch)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=10))
    _, plan = planned(mixed)
    with pytest.raises(OSError, match="10 are free"):
        with_profile(plan, PROFILES["STD-GEN-CD"], scratch, monitor=Monitor())
    assert not list(scratch.iterdir())


def test_what_cannot_be_mended_is_refused(scratch: Path, tmp_path: Path) -> None:
    """A lossy image does not fit a profile of lossless ones; the error has the reason."""
    source = dcmread(TEST_FILES / "SC_rgb_jpeg_dcmtk.dcm")
    path = written(source, tmp_path / "a.dcm")
    _, plan = planned({"": path})
    with pytest.raises(ProfileNotMetError, match="does not decode to the same pixels everywhere"):
        with_profile(plan, PROFILES["STD-GEN-CD"], scratch, monitor=Monitor())


def test_an_implicit_set_of_all_kinds_fits_after_it(scratch: Path, tmp_path: Path) -> None:
    """Thirteen kinds of pixels in Implicit VR go on a general-purpose CD."""
    paths = {}
    for number, kind in enumerate(KINDS):
        image, _ = instance(kind, syntax=ImplicitVRLittleEndian)
        image.SOPInstanceUID = f"1.2.3.4.{number}"
        paths[image.SOPInstanceUID] = written(image, tmp_path / f"{number}.dcm")
    _, plan = planned(paths)
    done = with_profile(plan, PROFILES["STD-GEN-CD"], scratch, monitor=Monitor())
    assert fit_profiles(done)["STD-GEN-CD"].fits
    assert all(Path(file.source).is_relative_to(scratch) for file in done.files)
    assert with_profile(done, PROFILES["STD-GEN-CD"], scratch, monitor=Monitor()) is done


def test_plain_images_are_not_copied_twice(scratch: Path, tmp_path: Path) -> None:
    """What the profile takes as it is goes from its source."""
    path = written(ct_image(0, 0, 0), tmp_path / "a.dcm")
    _, plan = planned({"": path})
    done = with_profile(plan, PROFILES["STD-GEN-DVD-JPEG"], scratch, monitor=Monitor())
    assert [file.source for file in done.files] == [str(path)]
    assert not list(scratch.iterdir())
