"""Icons on request: what they show, where they go, and that they can be undone."""

from __future__ import annotations

import os
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset

from dicomdir_studio.errors import InstanceError, OperationCancelledError
from dicomdir_studio.fileset import FileSet, Layout
from dicomdir_studio.media import iconing
from dicomdir_studio.media.icons import icon_of
from dicomdir_studio.media.palettes import palette_of
from dicomdir_studio.media.rendering import rendered
from dicomdir_studio.session.icons import IconOptions, add_icons
from dicomdir_studio.session.opening import open_file_set
from dicomdir_studio.session.staged_work import StagedWork, restore
from tests.fileset.twins import quietly
from tests.media.samples import ct_image
from tests.monitors import Cancelling

if TYPE_CHECKING:
    import numpy.typing as npt

    from tests.judges import Judges

SIDE = 16
FOLDER = Path(str(get_testdata_file("CT_small.dcm"))).parent
# Cut off, without a sound number of frames, or coded in what no decoder kept here reads: JPEG of
# 12 bits, a JPEG 2000 stream with a sequence delimiter in it.
UNDECODABLE = frozenset(
    (
        "JPEG-lossy.dcm", "JPGExtended.dcm", "MR_truncated.dcm", "badVR.dcm",
        "JPEG2000-embedded-sequence-delimiter.dcm",
    )
)  # fmt: skip


def saved(path: Path, image: Dataset) -> Path:
    """Write an image."""
    image.file_meta.MediaStorageSOPClassUID = image.SOPClassUID
    image.file_meta.MediaStorageSOPInstanceUID = image.SOPInstanceUID
    image.save_as(path, enforce_file_format=True)
    return path


def item_of(value: bytes) -> Dataset:
    """Return the one Item of an encoded icon as pydicom reads it."""
    element = b"\x88\0\0\2SQ\0\0" + len(value).to_bytes(4, "little") + value
    whole = pydicom.filereader.read_dataset(
        BytesIO(element), is_implicit_VR=False, is_little_endian=True
    )
    (item,) = whole.IconImageSequence
    assert isinstance(item, Dataset)
    return item


def greys(item: Dataset) -> npt.NDArray[Any]:
    """Return the pixels of a grey icon."""
    return np.frombuffer(item.PixelData, np.uint8).reshape(item.Rows, item.Columns)


def colours(item: Dataset) -> npt.NDArray[Any]:
    """Return the pixels of an icon with a palette, as RGB."""
    luts = [
        np.frombuffer(item[tag].value, "<u2") >> 8 for tag in (0x00281201, 0x00281202, 0x00281203)
    ]
    return np.stack([lut[greys(item)] for lut in luts], axis=-1)


def image_with(pixels: npt.NDArray[Any], **changes: Any) -> Dataset:
    """Return a CT image with other pixels."""
    image = ct_image(0, 0, 0)
    image.Rows, image.Columns = pixels.shape[:2]
    image.PixelData = pixels.astype("<u2").tobytes()
    for keyword, value in changes.items():
        setattr(image, keyword, value)
    return image


RAMP = np.arange(SIDE * SIDE).reshape(SIDE, SIDE)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, RAMP),
        ({"PhotometricInterpretation": "MONOCHROME1"}, 255 - RAMP),
        ({"PresentationLUTShape": "INVERSE"}, 255 - RAMP),
        ({"WindowCenter": 64.5, "WindowWidth": 129}, np.clip(RAMP / 128 * 255, 0, 255)),
        (
            {"WindowCenter": 64, "WindowWidth": 128, "VOILUTFunction": "LINEAR_EXACT"},
            np.clip(RAMP / 128 * 255, 0, 255),
        ),
        (
            {"WindowCenter": 128, "WindowWidth": 64, "VOILUTFunction": "SIGMOID"},
            255 / (1 + np.exp(-4 * (RAMP - 128) / 64)),
        ),
        ({"WindowCenter": [64.5, 500], "WindowWidth": [129, 9]}, np.clip(RAMP / 128 * 255, 0, 255)),
        (
            {
                "RescaleSlope": 2, "RescaleIntercept": -100, "WindowCenter": 100.5,
                "WindowWidth": 201,
            },
            np.clip((2 * RAMP - 100) / 200 * 255, 0, 255),
        ),
        ({"WindowCenter": 0, "WindowWidth": 0}, RAMP),
    ],
    ids=["plain", "monochrome1", "inverse", "linear", "exact", "sigmoid", "two windows", "rescaled",
         "no window"],
)  # fmt: skip
def test_each_window(tmp_path: Path, changes: dict[str, Any], expected: npt.NDArray[Any]) -> None:
    """Grey values are those that PS3.3 C.11 asks for, of every way to say it."""
    path = saved(tmp_path / "one", image_with(RAMP, **changes))
    icon = greys(item_of(icon_of(path, SIDE, SIDE)))
    assert np.abs(icon.astype(float) - expected).max() <= 1.01


def test_a_lookup_table_and_padding(tmp_path: Path) -> None:
    """A VOI LUT is applied; padding does not take part in the stretching."""
    lut = Dataset()
    lut.LUTDescriptor, lut.LUTData = [256, 0, 8], np.arange(255, -1, -1).astype("<u2").tobytes()
    lut["LUTDescriptor"].VR, lut["LUTData"].VR = "US", "OW"
    image = image_with(RAMP, VOILUTSequence=[lut])
    icon = greys(item_of(icon_of(saved(tmp_path / "lut", image), SIDE, SIDE)))
    assert np.abs(icon.astype(float) - (255 - RAMP)).max() <= 1
    padded = RAMP.copy()
    padded[:4] = 4000
    image = image_with(padded)
    image.add_new("PixelPaddingValue", "US", 4000)
    icon = greys(item_of(icon_of(saved(tmp_path / "padded", image), SIDE, SIDE)))
    assert icon[-1, -1] == 255
    assert icon[4, 0] == 0


@pytest.mark.parametrize(("asked", "shown"), [(None, 1), (1, 0), (3, 2), (9, 1)])
def test_the_representative_frame(tmp_path: Path, asked: int | None, shown: int) -> None:
    """The frame that the image names, else the middle one, with its own window."""
    frames = np.stack([np.full((SIDE, SIDE), number * 100) for number in range(3)])
    image = image_with(frames[0], NumberOfFrames=3)
    image.PixelData = frames.astype("<u2").tobytes()
    image.PerFrameFunctionalGroupsSequence = []
    for number in range(3):
        group, voi = Dataset(), Dataset()
        voi.WindowCenter, voi.WindowWidth = number * 100 + 1.5, 10 + 10 * number
        group.FrameVOILUTSequence = [voi]
        image.PerFrameFunctionalGroupsSequence.append(group)
    if asked is not None:
        image.RepresentativeFrameNumber = asked
    icon = greys(item_of(icon_of(saved(tmp_path / "frames", image), SIDE, SIDE)))
    # One below the centre: the wider the window of the frame, the brighter it is.
    expected = (0.5 - 1 / (9 + 10 * shown)) * 255
    assert np.abs(icon.astype(float) - expected).max() <= 1


@pytest.mark.parametrize(
    "changes", [{"PixelAspectRatio": [2, 1]}, {"PixelSpacing": [1.0, 0.5]}], ids=str
)
def test_pixels_that_are_not_square(tmp_path: Path, changes: dict[str, Any]) -> None:
    """An image of 16 by 32 pixels twice as high as wide is square in its icon."""
    path = saved(tmp_path / "wide", image_with(np.full((16, 32), 9), **changes, WindowCenter=5,
                                              WindowWidth=2))  # fmt: skip
    icon = greys(item_of(icon_of(path, 64, 64)))
    assert (icon == 255).all()
    plain = saved(tmp_path / "plain", image_with(np.full((16, 32), 9), WindowCenter=5,
                                                WindowWidth=2))  # fmt: skip
    assert (greys(item_of(icon_of(plain, 64, 64))) == 255).mean() == 0.5


def pictured() -> list[str]:
    """Return the names of pydicom's bundled images."""
    found = []
    for path in sorted(FOLDER.glob("*.dcm")):
        image = quietly(pydicom.dcmread, path, force=True, stop_before_pixels=True)
        if "Rows" in image and image.get("file_meta", {}).get("TransferSyntaxUID"):
            found.append(path.name)
    return found


@pytest.mark.parametrize("name", pictured())
def test_every_bundled_image(name: str) -> None:
    """Images of every kind and coding get an icon of their brightness that pydicom reads."""
    path = FOLDER / name
    if name in UNDECODABLE:
        with pytest.raises(InstanceError, match="No picture"):
            quietly(rendered, path)
        return
    frame = quietly(rendered, path)
    item = item_of(quietly(icon_of, path, 64, 64, colour=True))
    assert (item.Rows, item.Columns, item.BitsAllocated) == (64, 64, 8)
    coloured = frame.pixels.ndim == 3
    assert item.PhotometricInterpretation == ("PALETTE COLOR" if coloured else "MONOCHROME2")
    shown = colours(item) if coloured else greys(item)
    assert shown.max() > shown.min()
    # As a whole it has the brightness of what it was made of, where it fills the icon.
    if frame.pixels.shape[0] == frame.pixels.shape[1] and frame.aspect == 1:
        assert abs(shown.mean() - frame.pixels.mean()) < 4


def test_a_palette_is_close() -> None:
    """Few colours are kept exactly; of many each pixel is near its own."""
    generator = np.random.default_rng(5)
    few = generator.integers(0, 256, (200, 3), dtype=np.uint8)
    picture = few[generator.integers(0, 200, (64, 64))]
    indices, palette = palette_of(picture)
    assert (palette[indices] == picture).all()
    smooth = np.stack(np.broadcast_arrays(
        np.arange(64)[:, None] * 4, np.arange(64)[None] * 4, np.array([[128]])
    ), axis=-1).astype(np.uint8)  # fmt: skip
    indices, palette = palette_of(smooth)
    assert np.abs(palette[indices].astype(int) - smooth).max() <= 16


@pytest.fixture
def file_set(tmp_path: Path) -> FileSet:
    """Write a File-set of two series of three images, and a document without pixels."""
    files = [
        saved(tmp_path / f"{series}{number}", ct_image(0, series, number))
        for series in range(2)
        for number in range(3)
    ]
    made = FileSet()
    made.add_many([*files, str(get_testdata_file("waveform_ecg.dcm"))], missing_keys="fill")
    made.write(tmp_path / "set")
    return made


def test_records_of_images_and_series(file_set: FileSet, judges: Judges) -> None:
    """Each gets one, as one edit; it is undone, redone, written, and accepted by every judge."""
    root = str(file_set.path)
    before = {one.path: pydicom.dcmread(one.path) for one in file_set}
    report = add_icons(file_set)
    assert sorted(node.record_type for node in report.records) == ["IMAGE"] * 6 + ["SERIES"] * 2
    assert not report.refused
    assert report.change.rewritten == tuple(report.records)
    assert file_set.undo_text == "Put icons into 8 records"
    assert all(node.has_icon for node in report.records)
    file_set.undo()
    assert not any(node.has_icon for node in file_set.tree)
    file_set.redo()
    assert add_icons(file_set).records == []
    file_set.write(layout=Layout.KEEP)
    assert {one.path: pydicom.dcmread(one.path) for one in file_set} == before
    again = FileSet(f"{root}/DICOMDIR")
    assert sum(node.has_icon for node in again.tree) == 8
    judges.accept(file_set.root_path, instances=7)


def test_a_series_shows_its_middle_image(file_set: FileSet) -> None:
    """The icon of a series is that of its middle image."""
    add_icons(file_set)
    series = next(node for node in file_set.tree if node.record_type == "SERIES" and node.has_icon)
    images = [node for node in series.children if node.has_icon]
    assert series.get("IconImageSequence") == images[1].get("IconImageSequence")


def test_the_budget(file_set: FileSet) -> None:
    """Within the budget series come first; what goes beyond is counted, not cut."""
    size = len(icon_of(next(iter(file_set)).path, 64, 64))
    report = add_icons(file_set, None, IconOptions(budget=3 * size))
    assert [node.record_type for node in report.records] == ["SERIES", "SERIES", "IMAGE"]
    assert (report.beyond, report.bytes) == (5, 3 * size)


def test_other_sizes_and_a_selection(file_set: FileSet) -> None:
    """A size of one's own, for the records of chosen instances only."""
    (first, *_) = file_set
    report = add_icons(file_set, [first], IconOptions(24, 32, series=False))
    (node,) = report.records
    assert node is first.node
    icon = node.get("IconImageSequence")[0]
    assert (icon.Rows, icon.Columns) == (24, 32)
    with pytest.raises(InstanceError, match="cannot have"):
        add_icons(file_set, None, IconOptions(0, 64))


def test_a_file_that_cannot_be_decoded_is_told_of(file_set: FileSet) -> None:
    """One image that is damaged does not keep the others from their icons."""
    broken = next(one for one in file_set if one.node.record_type == "IMAGE")
    with open(broken.path, "r+b") as file:  # noqa: PTH123 - a str
        file.truncate(600)
    report = add_icons(file_set, None, IconOptions(series=False))
    assert [path for path, _ in report.refused] == [broken.path]
    assert len(report.records) == 5


def fall(*_: object, **__: object) -> bytes:
    """End the process as a decoder with a double free does."""
    os.abort()


def test_a_decoder_that_dies_takes_nothing_with_it(
    file_set: FileSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Decoders of compressed pixels run apart: the program and the File-set live on."""
    monkeypatch.setattr(iconing, "icon_of", fall)
    monkeypatch.setattr(iconing, "NATIVE", frozenset())
    report = add_icons(file_set, None, IconOptions(images=False))
    assert len(report.refused) == 2
    assert all("broke down over the file" in str(error) for _, error in report.refused)
    assert not report.records
    assert not file_set.can_undo


def test_cancelling_stages_nothing(file_set: FileSet) -> None:
    """Cancelled half-way, no record has changed and nothing is to be undone."""
    with pytest.raises(OperationCancelledError):
        add_icons(file_set, monitor=Cancelling(3))
    assert not file_set.can_undo
    assert not any(node.has_icon for node in file_set.tree)


def test_icons_and_a_charset_survive_a_crash(file_set: FileSet) -> None:
    """Both ways of rewriting one record are done again, in their order."""
    root = str(file_set.path)
    fresh = open_file_set(root)
    patient_text = [node for node in fresh.tree if node.record_type == "IMAGE"]
    add_icons(fresh, None, IconOptions(32, 32, colour=False))
    work = StagedWork.of(fresh)
    assert {record.recipes for record in work.records} == {("icon 32 32 grey",)}
    again = open_file_set(root)
    assert not restore(again, work).refused
    assert StagedWork.of(again).records == work.records
    assert len(patient_text) == 6
