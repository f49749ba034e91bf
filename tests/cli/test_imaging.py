"""image, profiles and burn."""

from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING

import pytest

from dicomdir_studio.cli import imaging
from dicomdir_studio.errors import OperationCancelledError
from dicomdir_studio.media.producing import write_medium
from dicomdir_studio.session.opening import open_file_set

if TYPE_CHECKING:
    from pathlib import Path

    from dicomdir_studio.media.medium_plan import MediumPlan
    from dicomdir_studio.media.orders import Order
    from dicomdir_studio.media.targets import MediumReceipt
    from dicomdir_studio.monitor import Monitor
    from tests.cli.conftest import Terminal
    from tests.judges import Judges


def test_image_makes_an_image(
    terminal: Terminal, sample_dir: Path, tmp_path: Path, judges: Judges
) -> None:
    """An image of a disc that xorriso reads, verified, and its size is said."""
    out = tmp_path / "a.iso"
    ended = terminal(
        "image", sample_dir, out, "--profile", "std-gen-cd", "--medium", "CD-74", "--verify"
    )
    assert ended.code == 0, ended.err
    assert "31 instances" in ended.out
    assert "verified" in ended.out
    assert judges.ask("xorriso", "-indev", out, "-toc").code == 0


def test_papers_without_a_folder_come_before_the_image(
    terminal: Terminal, sample_dir: Path, tmp_path: Path
) -> None:
    """A label or receipt that cannot be written later is refused before anything is made."""
    for paper in ("--label", "--receipt"):
        ended = terminal("image", sample_dir, tmp_path / "a.iso", paper, tmp_path / "no" / "p.pdf")
        assert ended.code == 2
        assert f"There is no folder {tmp_path / 'no'}" in ended.err
        assert not (tmp_path / "a.iso").exists()
    ended = terminal("image", sample_dir, tmp_path / "a", "--receipt", tmp_path / "a" / "r.pdf")
    assert ended.code == 0, ended.err
    assert (tmp_path / "a" / "r.pdf").is_file()


@pytest.mark.parametrize(
    ("profile", "medium", "is_told"),
    [
        ("STD-GEN-DVD-JPEG", "CD-80", True),
        ("STD-GEN-CD", "DVD+R", True),
        ("STD-GEN-CD", "CD-80", False),
        ("STD-GEN-DVD-JPEG", "DVD+R", False),
        ("STD-GEN-DVD-JPEG", "1GB", False),
    ],
)
def test_a_disc_that_the_profile_is_not_for_is_told(
    terminal: Terminal, sample_dir: Path, tmp_path: Path, profile: str, medium: str, is_told: bool
) -> None:
    """What is made fits, but does not conform on such a disc, and that is said."""
    words = ("--profile", profile, "--medium", medium, "--dry-run")
    ended = terminal("image", sample_dir, tmp_path / "a.iso", *words)
    assert ended.code == 0, ended.err
    assert (f"a medium on {medium} does not conform" in ended.err) is is_told


@pytest.mark.parametrize(
    ("words", "version"),
    [
        (("--profile", "STD-GEN-BD", "--medium", "BD-25"), "2.50"),
        (("--profile", "STD-GEN-BD", "--udf-only", "2.60"), "2.60"),
        (("--profile", "STD-GEN-DVD-RAM", "--medium", "DVD-RAM"), "1.50"),
        (("--udf-only", "2.50"), "2.50"),
    ],
)
def test_image_makes_an_image_with_udf_alone(
    words: tuple[str, ...],
    version: str,
    terminal: Terminal,
    sample_dir: Path,
    tmp_path: Path,
    judges: Judges,
) -> None:
    """BD and DVD-RAM have their revisions of UDF; the image is listed again."""
    out = tmp_path / "a.iso"
    ended = terminal("image", sample_dir, out, *words, "--verify")
    assert ended.code == 0, ended.err
    assert "verified" in ended.out
    assert f"Version = {version}" in judges.ask("7z", "l", "-tUdf", out).words
    listed = terminal("ls", out)
    assert listed.code == 0, listed.err
    assert "31 instances" in listed.out


def test_image_makes_a_zip_file_with_pages(
    terminal: Terminal, sample_dir: Path, tmp_path: Path
) -> None:
    """README and pages lie in the ZIP file; the label is said."""
    out = tmp_path / "a.zip"
    ended = terminal(
        "image", sample_dir, out, "--pdi", "--institution", "Clinic", "--deflate", "--verify"
    )
    assert ended.code == 0, ended.err
    with zipfile.ZipFile(out) as archive:
        names = archive.namelist()
        assert b"Clinic" in archive.read("README.TXT")
    assert {"DICOMDIR", "README.TXT", "INDEX.HTM", "IHE_PDI/ST000000.HTM"} <= set(names)
    assert "DICOM PLUS WEB" in ended.out


def test_image_makes_a_folder(terminal: Terminal, sample_dir: Path, tmp_path: Path) -> None:
    """Without a suffix it is a folder, a File-set that opens."""
    ended = terminal("image", sample_dir, tmp_path / "stick", "--profile", "STD-GEN-USB-JPEG")
    assert ended.code == 0, ended.err
    assert len(open_file_set(tmp_path / "stick")) == 31


def test_image_divides(terminal: Terminal, sample_dir: Path, tmp_path: Path) -> None:
    """What does not fit on one medium goes on several; without --span it is refused."""
    out = tmp_path / "a.iso"
    refused = terminal("image", sample_dir, out, "--medium", "180kB")
    assert refused.code == 2
    assert "does not fit on one medium" in refused.err
    ended = terminal("image", sample_dir, out, "--medium", "180kB", "--span")
    assert ended.code == 0, ended.err
    assert (tmp_path / "a_1OF2.iso").stat().st_size <= 180_000
    assert (tmp_path / "a_2OF2.iso").stat().st_size <= 180_000


def test_image_dry_run_writes_nothing(terminal: Terminal, sample_dir: Path, tmp_path: Path) -> None:
    """A dry run says what would be made and makes nothing."""
    ended = terminal("image", sample_dir, tmp_path / "a.iso", "--dry-run", "--pdi")
    assert ended.code == 0
    assert "31 instances" in ended.out
    assert not (tmp_path / "a.iso").exists()


def test_image_says_what_is_in_the_way(
    terminal: Terminal, sample_dir: Path, tmp_path: Path
) -> None:
    """A profile that does not fit is refused, each obstacle with its instances."""
    ended = terminal("image", sample_dir, tmp_path / "a.iso", "--profile", "STD-XABC-CD")
    assert ended.code == 2
    assert "does not allow MR Image Storage" in ended.err
    assert "PT000001/" in ended.err
    assert not (tmp_path / "a.iso").exists()


def test_image_leaves_missing_files_out(
    terminal: Terminal, sample_dir: Path, tmp_path: Path
) -> None:
    """An instance whose file is gone is left out and told; that is done in part."""
    next((sample_dir / "98892003" / "MR1").iterdir()).unlink()
    ended = terminal("image", sample_dir, tmp_path / "a.zip")
    assert ended.code == 1
    assert "30 instances" in ended.out
    assert "left out" in ended.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--profile", "STD-NONE"), "there is no profile"),
        (("--medium", "floppy"), "neither a size nor one of CD-74"),
        (("--udf-only", "2.00"), "not one of 1.50, 2.50, 2.60"),
        (("--udf-only", "2.50", "--joliet"), "no Joliet"),
    ],
)
def test_image_names_a_wrong_word(
    words: tuple[str, str], message: str, terminal: Terminal, sample_dir: Path, tmp_path: Path
) -> None:
    """An unknown profile or medium is told."""
    ended = terminal("image", sample_dir, tmp_path / "a.iso", *words)
    assert ended.code == 2
    assert message in ended.err


@pytest.mark.parametrize(
    ("text", "fits"), [("4.7GB", True), ("1MiB", True), ("0.1MB", False), ("100", False)]
)
def test_sizes_are_read(
    text: str, fits: bool, terminal: Terminal, sample_dir: Path, tmp_path: Path
) -> None:
    """A size is taken in decimal and binary units."""
    ended = terminal("image", sample_dir, tmp_path / "a.iso", "--medium", text, "--dry-run")
    assert (ended.code == 0) is fits, ended.err


def test_profiles_lists_all(terminal: Terminal, sample_dir: Path) -> None:
    """Every profile has a line with how the File-set stands to it."""
    ended = terminal("profiles", sample_dir)
    assert ended.code == 0
    lines = {line.split()[0]: line for line in ended.out.splitlines()}
    assert len(lines) == 82
    assert lines["STD-GEN-CD"].endswith("  fits")
    assert lines["STD-GEN-USB-JPEG"].endswith("fits if written with it")
    assert lines["STD-GEN-SEC-CD"].endswith("not offered")
    assert "does not allow" in lines["STD-XABC-CD"]


def test_profiles_tells_one_in_full(terminal: Terminal, sample_dir: Path) -> None:
    """Of one profile each obstacle is told with clause, instances and remedy."""
    ended = terminal("profiles", sample_dir, "--profile", "STD-CTMR-CD")
    assert ended.code == 0
    assert "SOP Class: STD-CTMR-CD does not allow Computed Radiography" in ended.out
    assert "PS3.11 E" in ended.out
    assert "Leave these instances out" in ended.out


def test_profiles_speaks_json(terminal: Terminal, sample_dir: Path) -> None:
    """JSON holds every obstacle with all its instances."""
    ended = terminal("profiles", sample_dir, "--json")
    rows = {row["profile"]: row for row in json.loads(ended.out)}
    assert rows["STD-GEN-CD"]["fits"] is True
    assert sum(len(o["instances"]) for o in rows["STD-XABC-CD"]["obstacles"]) == 31


def test_a_set_that_stops_half_way_says_so(
    terminal: Terminal, sample_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the second of two media fails, the first stays, and that is done in part."""

    def failing(plan: MediumPlan, path: str, order: Order, *, monitor: Monitor) -> MediumReceipt:
        if plan.number == 2:
            raise OperationCancelledError
        return write_medium(plan, path, order, monitor=monitor)

    monkeypatch.setattr(imaging, "write_medium", failing)
    words = ("image", sample_dir, tmp_path / "a.iso", "--medium", "180kB", "--span")
    ended = terminal(*words)
    assert ended.code == 1
    assert "1 of 2 media were written" in ended.err
    assert (tmp_path / "a_1OF2.iso").exists()
    assert terminal(*words).code == 2
    assert not (tmp_path / "a_2OF2.iso").exists()


@pytest.fixture
def image(terminal: Terminal, sample_dir: Path, tmp_path: Path, judges: Judges) -> Path:
    """Make an image for xorriso to burn."""
    judges.find("xorriso")
    path = tmp_path / "a.iso"
    assert terminal("image", sample_dir, path).code == 0
    return path


def test_further_discs_are_asked_for(
    terminal: Terminal, image: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second copy is asked for; without a disc the first stays done."""
    asked: list[str] = []
    monkeypatch.setattr("click.confirm", asked.append)
    drive = f"stdio:{tmp_path / 'disc'}"
    ended = terminal("burn", image, "--drive", drive, "--copies", "2")
    assert ended.code == 1
    name = f"disc 2 of 2, PYDICOM_TEST ({image})"
    assert asked == [f"Put in a blank disc for {name}. Is it in?"]
    assert "Stopped after 1 disc" in ended.err


def test_burn_writes_a_disc(terminal: Terminal, image: Path, tmp_path: Path) -> None:
    """An image goes to xorriso's file drive and is read back."""
    disc = tmp_path / "disc"
    ended = terminal("burn", image, "--drive", f"stdio:{disc}", "--verify")
    assert ended.code == 0, ended.err
    assert "verified" in ended.out
    assert disc.read_bytes().startswith(image.read_bytes())
    again = terminal("burn", image, "--drive", f"stdio:{disc}")
    assert again.code == 2
    assert "not blank" in again.err


def test_a_burn_that_is_cancelled_says_what_the_disc_is(
    terminal: Terminal, image: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disc that is burned is never said to be unchanged, though reading it back was cancelled."""
    disc = tmp_path / "disc"

    def cancel(*_: object) -> None:
        raise OperationCancelledError

    monkeypatch.setattr("dicomdir_studio.media.burning._compare", cancel)
    ended = terminal("burn", image, "--drive", f"stdio:{disc}", "--verify")
    assert ended.code == 2
    assert disc.read_bytes().startswith(image.read_bytes())
    assert "it is burned, but was not compared" in ended.err
    assert "nothing was changed" not in ended.err


def test_burn_lists_drives(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each drive is listed with what is in it."""
    program = tmp_path / "xorriso"
    program.write_text(
        """#!/bin/sh
echo "0  -dev '/dev/sr0' rwrw-- :  'MAKER' 'DRIVE' "
echo "Media current: CD-R"
echo "Media status : is blank"
echo "Media blocks : 0 readable , 1000 writable , 1000 overall"
"""
    )
    program.chmod(0o755)
    monkeypatch.setattr("shutil.which", lambda _: str(program))
    ended = terminal("burn", "--list")
    assert ended.code == 0
    assert ended.out == "/dev/sr0  MAKER DRIVE  CD-R, blank, 2.0 MB free\n"
    assert "Name an image" in terminal("burn").err


def test_burn_needs_a_drive(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a drive, or without xorriso, that is said."""
    monkeypatch.setattr("shutil.which", lambda _: "/bin/true")
    assert "There is no drive" in terminal("burn", tmp_path / "a.iso").err
    assert "no drive that can burn" in terminal("burn", "--list").err
    monkeypatch.setattr("shutil.which", lambda _: None)
    ended = terminal("burn", tmp_path / "a.iso")
    assert ended.code == 2
    assert "xorriso is not installed" in ended.err


def test_image_stops_at_a_lying_record(terminal: Terminal, swapped: Path, tmp_path: Path) -> None:
    """Files under records of something else are listed and on no medium, unless asked for."""
    out = tmp_path / "out.iso"
    ended = terminal("image", swapped, out)
    assert ended.code == 2
    assert ended.err.count("names SOP Instance") == 2
    assert not out.exists()
    assert terminal("image", swapped, out, "--as-it-is").code == 0
    assert out.exists()


def test_image_tells_what_is_cut_off(terminal: Terminal, sample_dir: Path, tmp_path: Path) -> None:
    """A medium with a file that is cut off is made, the file is named, and it ends with 1."""
    cut = max(sample_dir.glob("77654033/CT2/*"))
    cut.write_bytes(cut.read_bytes()[:-100])
    ended = terminal("image", sample_dir, tmp_path / "out.iso")
    assert ended.code == 1
    assert "100 bytes are missing at the end" in ended.err
    assert cut.name in ended.err
    assert (tmp_path / "out.iso").exists()


def test_image_compresses_with_loss_on_request_alone(
    terminal: Terminal, sample_dir: Path, tmp_path: Path
) -> None:
    """A choice that no encoder knows is refused; images that cannot be are named."""
    for wish, words in (("gif:3", "neither jpeg:QUALITY"), ("jpeg:99", "is not offered")):
        ended = terminal("image", sample_dir, tmp_path / "a", "--lossy", wish)
        assert ended.code == 2
        assert words in ended.err
    ended = terminal("image", sample_dir, tmp_path / "b", "--lossy", "jpeg:90")
    assert ended.code != 0
    assert "8 bits alone" in ended.err
    assert not (tmp_path / "b").exists()
