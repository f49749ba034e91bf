"""README.TXT, pages and pictures beside the DICOM files of a medium."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image
from pydicom.data import get_testdata_file

from dicomdir_studio.errors import InstanceError, OperationCancelledError
from dicomdir_studio.fileset import FileSet
from dicomdir_studio.media.capacity import Container, usage
from dicomdir_studio.media.gallery import Gallery, make_gallery
from dicomdir_studio.media.medium_plan import MediumPlan, TextFile, plan_medium
from dicomdir_studio.media.pdi import PortableData, Publisher
from dicomdir_studio.media.pictures import jpeg, picture_of
from dicomdir_studio.media.spanning import Room, span
from dicomdir_studio.media.targets import write_folder, write_iso
from dicomdir_studio.standard.pdi import is_short_name
from tests.media.samples import ct_image, write_series
from tests.monitors import Cancelling

if TYPE_CHECKING:
    from pathlib import Path

    from tests.judges import Judges

PUBLISHER = Publisher("Clinic of Examples", "+1 555 0100", datetime(2026, 3, 1, tzinfo=UTC))


@pytest.fixture
def gallery(sample_plan: MediumPlan, tmp_path: Path) -> Gallery:
    """Make pictures of the sample File-set."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    return make_gallery(sample_plan, folder)


def decoded(data: bytes) -> np.ndarray[Any, Any]:
    """Return the pixels of a baseline JPEG file, shape (rows, columns, samples)."""
    assert data.startswith(b"\xff\xd8\xff")
    assert data.endswith(b"\xff\xd9")
    assert b"\xff\xc0" in data, "not baseline"
    pixels = np.asarray(Image.open(io.BytesIO(data)))
    return pixels if pixels.ndim == 3 else pixels[..., np.newaxis]


class References(HTMLParser):
    """Collects what a page refers to."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note links and pictures; nothing else may load anything."""
        assert tag not in ("script", "iframe", "object", "embed", "link")
        self.found += [value or "" for name, value in attrs if name in ("href", "src")]


@pytest.mark.parametrize("shape", [(33, 47), (33, 47, 3), (1, 1), (1, 1, 3)])
def test_jpeg_shows_the_pixels(shape: tuple[int, ...]) -> None:
    """Pixels come back from the JPEG much as they went in, in grey and in colour."""
    ramp = np.linspace(0, 255, int(np.prod(shape))).reshape(shape).astype(np.uint8)
    found = decoded(jpeg(ramp)).reshape(shape).astype(int)
    assert np.abs(found - ramp).max() < 12


@pytest.mark.parametrize(
    "name", ["CT_small.dcm", "examples_palette.dcm", "examples_rgb_color.dcm", "rtdose.dcm"]
)
def test_pictures_are_small_and_use_their_range(name: str) -> None:
    """Grey, palette, colour and multi-frame images give pictures that show something."""
    pixels = decoded(picture_of(str(get_testdata_file(name))))
    assert max(pixels.shape[:2]) <= 512
    assert int(pixels.max()) - int(pixels.min()) > 100


def test_the_window_of_the_image_is_used(tmp_path: Path) -> None:
    """Values beyond the window are black and white; MONOCHROME1 is turned round."""
    for kind, ends in (("MONOCHROME2", (0, 255)), ("MONOCHROME1", (255, 0))):
        path = tmp_path / f"{kind}.dcm"
        image = ct_image(0, 0, 0, 64, PhotometricInterpretation=kind)
        image.WindowCenter, image.WindowWidth = 2000, 1000
        image.save_as(path, enforce_file_format=True)
        shown = decoded(picture_of(path))
        assert np.abs(np.subtract((shown[0, 0, 0], shown[-1, -1, 0]), ends, dtype=int)).max() < 4


def test_a_large_image_is_reduced(tmp_path: Path) -> None:
    """A picture has 512 pixels a side at most, in proportion."""
    (path,) = write_series(tmp_path, 0, 0, count=1, side=1100)
    assert decoded(picture_of(path)).shape == (512, 512, 1)


def test_what_is_no_image_is_told(tmp_path: Path) -> None:
    """A plan without pixels and a damaged file give an error that names them."""
    with pytest.raises(InstanceError, match="rtplan"):
        picture_of(str(get_testdata_file("rtplan.dcm")))
    (tmp_path / "x").write_bytes(b"x" * 200)
    with pytest.raises(InstanceError, match="No picture can be made"):
        picture_of(tmp_path / "x")


def test_the_readme_says_what_ihe_asks(sample_plan: MediumPlan) -> None:
    """Institution and contact, application, layout, disclaimer; plain ASCII, short lines."""
    (readme,) = PortableData(PUBLISHER, sample_plan).on(sample_plan).extras
    assert isinstance(readme, TextFile)
    assert readme.name == "README.TXT"
    text = readme.data.decode("ascii")
    for words in (
        "Clinic of Examples", "+1 555 0100", "DICOMDIR Studio", "2026-03-01", "PYDICOM_TEST",
        "not for diagnosis", "31 DICOM files",
    ):  # fmt: skip
        assert words in text
    assert all(len(line) < 80 for line in text.split("\r\n"))
    assert "INDEX.HTM" not in text


def test_the_label_names_patient_date_and_content(
    sample_plan: MediumPlan, gallery: Gallery, sample_set: FileSet
) -> None:
    """One patient is named; of several only their number."""
    assert PortableData(PUBLISHER, sample_plan).label(sample_plan) == [
        "2 patients", "2026-03-01", "Clinic of Examples", "DICOM ONLY",
    ]  # fmt: skip
    sample_set.stage_removal(sample_set.find(PatientID="98890234"))
    one = plan_medium(sample_set)
    label = PortableData(PUBLISHER, one, gallery).label(one)
    assert label[0] == "Doe, Archibald"
    assert label[-1] == "DICOM PLUS WEB"


def test_a_medium_with_pages_is_in_order(
    sample_plan: MediumPlan, gallery: Gallery, tmp_path: Path, judges: Judges
) -> None:
    """Names are of 8.3 form, pages well-formed, every link leads to a file, judges accept it."""
    plan = PortableData(PUBLISHER, sample_plan, gallery).on(sample_plan)
    root = tmp_path / "out"
    write_folder(plan, root)
    judges.accept(root, instances=31)
    assert sorted(path.name for path in root.iterdir()) == [
        "DICOMDIR", "IHE_PDI", "INDEX.HTM", "PT000000", "PT000001", "README.TXT",
    ]  # fmt: skip
    seen = set()
    for page in (root / "INDEX.HTM", *(root / "IHE_PDI").glob("*.HTM")):
        text = page.read_text(encoding="utf-8")
        ET.fromstring(text)  # noqa: S314 - our own page
        for reference in References(text).found:
            assert not reference.startswith(("http:", "https:", "/", "file:"))
            target = (page.parent / reference).resolve()
            assert target.is_file()
            seen.add(target)
    web = list((root / "IHE_PDI").iterdir())
    assert set(web) <= seen
    assert all(
        path.suffix in {".HTM", ".JPG", ".GIF", ".PNG"} and is_short_name(path.name) for path in web
    )
    assert len([path for path in web if path.suffix == ".JPG"]) == 31


def test_a_medium_with_pages_fits_an_image(
    sample_plan: MediumPlan, gallery: Gallery, tmp_path: Path
) -> None:
    """All of it has names that level 1 takes, and is counted to the sector."""
    plan = PortableData(PUBLISHER, sample_plan, gallery).on(sample_plan)
    receipt = write_iso(plan, tmp_path / "a.iso")
    assert receipt.bytes == usage(plan.sizes(), Container.ISO).total


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    """Markup and control characters in a disc's values do not get into the pages."""
    nasty = "<script>\x08&\"'" + "<" * 60
    paths = write_series(
        tmp_path / "s", 0, 0, count=2, SeriesDescription=nasty[:64], StudyDescription=nasty[:64]
    )
    file_set = FileSet()
    file_set.add_many(paths)
    plan = plan_medium(file_set)
    data = PortableData(PUBLISHER, plan, make_gallery(plan, tmp_path))
    most = dict(data.at_most([file.name for file in plan.files]))
    for extra in data.on(plan).extras:
        assert extra.size <= most[extra.name]
        if isinstance(extra, TextFile) and extra.name.endswith(".HTM"):
            assert b"<script" not in extra.data
            ET.fromstring(extra.data)  # noqa: S314 - our own page


def test_a_series_shows_some_of_its_images(tmp_path: Path) -> None:
    """Of a long series a few are shown, spread evenly, and the page says how many."""
    file_set = FileSet()
    file_set.add_many(write_series(tmp_path / "s", 0, 0, count=30, side=2))
    plan = plan_medium(file_set)
    gallery = make_gallery(plan, tmp_path, per_series=3)
    numbers = sorted(int(name[-6:]) for name in gallery.pictures)
    assert numbers == [5, 15, 25]
    pages = [e for e in PortableData(PUBLISHER, plan, gallery).on(plan).extras if "ST" in e.name]
    assert isinstance(pages[0], TextFile)
    assert b"3 of 30 shown" in pages[0].data


def test_a_spanned_set_has_pages_on_each_disc(large_set: FileSet, tmp_path: Path) -> None:
    """Each disc has its own README with the number and the pages of its own images."""
    plan = plan_medium(large_set)
    data = PortableData(PUBLISHER, plan, make_gallery(plan, tmp_path))
    room = Room(1_000_000)
    divided = span(plan, room, beside=data.at_most)
    assert len(divided.plans) > 1
    shown = 0
    for part in divided.plans:
        full = data.on(part)
        assert usage(full.sizes(), Container.ISO).total <= room.capacity
        readme = next(e for e in full.extras if e.name == "README.TXT")
        assert isinstance(readme, TextFile)
        assert f"Disc {part.number} of {part.of}".encode() in readme.data
        assert data.label(part)[-1] == f"{part.number} of {part.of}"
        shown += sum(extra.name.endswith(".JPG") for extra in full.extras)
    assert shown == 60


def test_what_has_no_picture_is_noted(sample_plan: MediumPlan, tmp_path: Path) -> None:
    """An image that cannot be decoded is left without a picture, and told."""
    source = sample_plan.files[0].source
    with open(source, "r+b") as file:  # noqa: PTH123
        file.truncate(400)
    gallery = make_gallery(sample_plan, tmp_path)
    assert [name for name, _ in gallery.failed] == [sample_plan.files[0].name]
    assert len(gallery.pictures) == 30


def test_making_pictures_can_be_cancelled(sample_plan: MediumPlan, tmp_path: Path) -> None:
    """The person can stop it."""
    with pytest.raises(OperationCancelledError):
        make_gallery(sample_plan, tmp_path, monitor=Cancelling())


def test_a_page_names_people_in_their_script(tmp_path: Path) -> None:
    """A name in several scripts is shown in all of them."""
    path = tmp_path / "a.dcm"
    image = ct_image(0, 0, 0)
    image.SpecificCharacterSet = "ISO_IR 192"
    image.PatientName = "Yamada^Tarou=山田^太郎"
    image.save_as(path, enforce_file_format=True)
    file_set = FileSet()
    file_set.add_many([path])
    plan = plan_medium(file_set)
    extras = PortableData(PUBLISHER, plan, make_gallery(plan, tmp_path)).on(plan).extras
    index = next(extra for extra in extras if extra.name == "INDEX.HTM")
    assert isinstance(index, TextFile)
    text = io.BytesIO(index.data).read().decode("utf-8")
    assert "Yamada, Tarou (山田^太郎)" in text
