"""Burning by xorriso into its own file drive, end to end, and what keeps a disc from it."""

from __future__ import annotations

import hashlib
import stat
from typing import TYPE_CHECKING

import pytest

from dicomdir_studio.errors import OperationCancelledError
from dicomdir_studio.media import burning
from dicomdir_studio.media.burning import BurnOptions, Drive, LoadedDisc, burn
from dicomdir_studio.media.errors import (
    BurningCancelledError,
    BurningError,
    MediumTooSmallError,
    MediumVerificationError,
)
from dicomdir_studio.media.targets import write_iso, write_udf
from dicomdir_studio.media.udf.revision import Revision
from dicomdir_studio.media.xorriso import Xorriso
from dicomdir_studio.monitor import Monitor
from tests.monitors import Cancelling

if TYPE_CHECKING:
    from pathlib import Path

    from dicomdir_studio.media.medium_plan import MediumPlan
    from tests.judges import Judges


@pytest.fixture
def image(sample_plan: MediumPlan, tmp_path: Path) -> Path:
    """Write the image of a disc."""
    write_iso(sample_plan, tmp_path / "a.iso")
    return tmp_path / "a.iso"


@pytest.fixture
def burner(judges: Judges) -> Xorriso:
    """Find xorriso."""
    return Xorriso(judges.find("xorriso"))


class FakeBurner:
    """A burner that notes what it was asked, with discs as a test has them."""

    def __init__(self, tmp_path: Path, *discs: LoadedDisc) -> None:
        self.discs = list(discs)
        self.done: list[str] = []
        self._out = tmp_path / "disc"

    def drives(self) -> list[Drive]:
        """Return one drive."""
        return [Drive("/dev/x", "Fake")]

    def disc(self, drive: str) -> LoadedDisc:
        """Return the next disc; the last one stays."""
        return self.discs.pop(0) if len(self.discs) > 1 else self.discs[0]

    def blank(self, drive: str, monitor: Monitor) -> None:
        """Note it."""
        self.done.append("blank")

    def write(self, drive: str, image: str, monitor: Monitor, *, simulated: bool) -> None:
        """Note it and copy the image."""
        self.done.append("simulate" if simulated else "write")
        with open(image, "rb") as source:  # noqa: PTH123
            self._out.write_bytes(source.read())

    def eject(self, drive: str) -> None:
        """Note it."""
        self.done.append("eject")

    def readable(self, drive: str) -> str:
        """Return where the copy lies."""
        return str(self._out)


class CancelIn(Monitor):
    """A user who cancels as soon as a phase has begun."""

    def __init__(self, phase: str) -> None:
        super().__init__()
        self._phase = phase
        self._has_begun = False

    def start(self, phase: str, total: int | None = None, unit: str = "") -> None:
        """Note that the phase begins."""
        self._has_begun = phase.startswith(self._phase)

    def check(self) -> None:
        """Cancel in it."""
        if self._has_begun:
            raise OperationCancelledError


class PatientBurner(FakeBurner):
    """A burner that tells of its phases and lets them be cancelled."""

    def blank(self, drive: str, monitor: Monitor) -> None:
        """Begin to blank."""
        monitor.start("Blanking the disc")
        monitor.check()
        super().blank(drive, monitor)

    def write(self, drive: str, image: str, monitor: Monitor, *, simulated: bool) -> None:
        """Begin to write."""
        monitor.start("Burning the disc")
        monitor.check()
        super().write(drive, image, monitor, simulated=simulated)


BLANK = LoadedDisc("CD-R", is_blank=True, is_rewritable=False, writable=700_000_000)
FULL = LoadedDisc("CD-R", is_blank=False, is_rewritable=False, writable=0)
FULL_RW = LoadedDisc("CD-RW", is_blank=False, is_rewritable=True, writable=0)
EMPTY = LoadedDisc("", is_blank=False, is_rewritable=False, writable=0)


def test_an_image_is_burned_and_read_back(burner: Xorriso, image: Path, tmp_path: Path) -> None:
    """What xorriso wrote to its file drive begins with the image, byte for byte."""
    drive = f"stdio:{tmp_path / 'disc'}"
    assert burner.disc(drive).is_blank
    (disc,) = burn(burner, drive, [image], BurnOptions(ejected=False))
    data = image.read_bytes()
    assert disc.verified
    assert disc.sha256 == hashlib.sha256(data).hexdigest()
    assert (tmp_path / "disc").read_bytes()[: len(data)] == data
    assert not burner.disc(drive).is_blank


@pytest.mark.parametrize("revision", Revision)
def test_an_image_with_udf_alone_is_burned_and_read_back(
    revision: Revision, burner: Xorriso, sample_plan: MediumPlan, tmp_path: Path
) -> None:
    """Images of BD and DVD-RAM burn as they are, and are asked for by their File-set ID."""
    image, disc = tmp_path / "a.iso", tmp_path / "disc"
    write_udf(sample_plan, image, revision=revision)
    (burned,) = burn(burner, f"stdio:{disc}", [image], BurnOptions(ejected=False))
    assert burned.verified
    assert disc.read_bytes()[: image.stat().st_size] == image.read_bytes()
    assert burning.volume_name(image) == "PYDICOM_TEST"


def test_a_written_disc_is_blanked_only_when_asked(
    burner: Xorriso, image: Path, tmp_path: Path
) -> None:
    """A disc with something on it is refused, and blanked on request."""
    drive = f"stdio:{tmp_path / 'disc'}"
    burn(burner, drive, [image])
    with pytest.raises(BurningError, match="not blank"):
        burn(burner, drive, [image])
    (again,) = burn(burner, drive, [image], BurnOptions(blanked=True))
    assert again.verified


def test_a_simulation_writes_nothing(burner: Xorriso, image: Path, tmp_path: Path) -> None:
    """Going through the motions leaves the disc blank."""
    drive = f"stdio:{tmp_path / 'disc'}"
    (disc,) = burn(burner, drive, [image], BurnOptions(simulated=True))
    assert not disc.verified
    assert burner.disc(drive).is_blank


def test_copies_and_a_set_ask_for_each_disc(image: Path, tmp_path: Path) -> None:
    """Each disc but the first is asked for by image and copy."""
    fake = FakeBurner(tmp_path, BLANK)
    asked: list[tuple[str, int]] = []
    discs = burn(
        fake,
        "/dev/x",
        [image, image],
        BurnOptions(copies=2),
        ask_for_disc=lambda path, copy: asked.append((path, copy)),
    )
    assert asked == [(str(image), 2), (str(image), 1), (str(image), 2)]
    assert [disc.copy for disc in discs] == [1, 2, 1, 2]
    assert fake.done == ["write", "eject"] * 4


def test_drives_are_listed_as_xorriso_tells_them(tmp_path: Path) -> None:
    """The list of drives is read with vendor and product; without drives it is empty."""
    program = tmp_path / "xorriso"
    program.write_text(
        "#!/bin/sh\n"
        "echo \"0  -dev '/dev/sr0' rwrw-- :  'HL-DT-ST' 'DVDRAM GH24 ' \"\n"
        "echo \"1  -dev '/dev/sr1' rwrw-- :  'ASUS    ' 'BW-16D1HT' \"\n"
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    assert Xorriso(str(program)).drives() == [
        Drive("/dev/sr0", "HL-DT-ST DVDRAM GH24"),
        Drive("/dev/sr1", "ASUS BW-16D1HT"),
    ]


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (
            """Media current: CD-R
Media status : is blank
Media blocks : 0 readable , 359845 writable , 359845 overall
""",
            LoadedDisc("CD-R", is_blank=True, is_rewritable=False, writable=359_845 * 2048),
        ),
        (
            """Media current: DVD-RW sequential recording
Media status : is written , is closed
Media blocks : 1000 readable , 0 writable , 1000 overall
""",
            LoadedDisc(
                "DVD-RW sequential recording", is_blank=False, is_rewritable=True, writable=0
            ),
        ),
        ("Media current: is not recognizable\nMedia status : is not present\n", EMPTY),
    ],
)
def test_discs_are_read_as_xorriso_tells_them(
    told: str, expected: LoadedDisc, tmp_path: Path
) -> None:
    """Kind, state and room of a disc come from the table of contents."""
    program = tmp_path / "xorriso"
    program.write_text(f"#!/bin/sh\ncat <<'END'\n{told}END\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    assert Xorriso(str(program)).disc("/dev/sr0") == expected


@pytest.mark.parametrize(
    ("disc", "options", "message"),
    [
        (EMPTY, BurnOptions(), "no disc in the drive"),
        (FULL, BurnOptions(blanked=True), "not blank"),
        (FULL_RW, BurnOptions(), "Have it blanked"),
        (FULL_RW, BurnOptions(blanked=True, simulated=True), "not blank"),
    ],
)
def test_a_disc_that_cannot_be_written_is_refused(
    disc: LoadedDisc, options: BurnOptions, message: str, image: Path, tmp_path: Path
) -> None:
    """Nothing is asked of the drive if the disc will not do."""
    fake = FakeBurner(tmp_path, disc)
    with pytest.raises(BurningError, match=message):
        burn(fake, "/dev/x", [image], options)
    assert fake.done == []


def test_a_disc_that_is_too_small_is_refused(image: Path, tmp_path: Path) -> None:
    """The image's length and the disc's room are told; nothing is written."""
    small = LoadedDisc("CD-R", is_blank=True, is_rewritable=False, writable=2048)
    fake = FakeBurner(tmp_path, small)
    with pytest.raises(MediumTooSmallError, match="the disc takes 2,048"):
        burn(fake, "/dev/x", [image])
    assert fake.done == []


def test_a_rewritable_disc_is_blanked_first(image: Path, tmp_path: Path) -> None:
    """Blanked, looked at anew, written."""
    fake = FakeBurner(tmp_path, FULL_RW, BLANK)
    burn(fake, "/dev/x", [image], BurnOptions(blanked=True, ejected=False))
    assert fake.done == ["blank", "write"]


def test_a_disc_that_differs_is_not_handed_out(
    image: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disc that reads back otherwise, or ends early, is an error."""
    fake = FakeBurner(tmp_path, BLANK)
    spoilt = tmp_path / "spoilt"
    data = bytearray(image.read_bytes())
    monkeypatch.setattr(fake, "readable", lambda _: str(spoilt))
    data[100_000] ^= 1
    spoilt.write_bytes(data)
    with pytest.raises(MediumVerificationError, match="SHA-256 differs"):
        burn(fake, "/dev/x", [image])
    spoilt.write_bytes(data[:-2048])
    with pytest.raises(MediumVerificationError, match="2,048 bytes early"):
        burn(fake, "/dev/x", [image])
    spoilt.unlink()
    with pytest.raises(MediumVerificationError, match="cannot be read back"):
        burn(fake, "/dev/x", [image])


def test_what_is_no_image_is_not_burned(tmp_path: Path) -> None:
    """A file without an ISO 9660 volume, or none at all, is refused."""
    (tmp_path / "x").write_bytes(b"x" * 2048)
    for name in ("x", "none"):
        with pytest.raises(BurningError, match="image"):
            burn(FakeBurner(tmp_path, BLANK), "/dev/x", [tmp_path / name])


@pytest.mark.parametrize("kind", ["iso", "bridge", *Revision])
def test_an_image_that_is_cut_off_is_not_burned(
    sample_plan: MediumPlan, tmp_path: Path, kind: str | Revision
) -> None:
    """One whose end did not arrive is refused: read back, the disc would be like it."""
    path = tmp_path / "image.iso"
    if isinstance(kind, Revision):
        write_udf(sample_plan, path, revision=kind)
    else:
        write_iso(sample_plan, path, udf=kind == "bridge")
    whole = path.read_bytes()
    burner = FakeBurner(tmp_path, BLANK)
    for length in (len(whole) - 100, len(whole) // 2 // 4096 * 4096, 40 * 4096):
        path.write_bytes(whole[:length])
        with pytest.raises(BurningError, match=f"cut off.*it has {length:,} bytes"):
            burn(burner, "drive", [path])
    path.write_bytes(whole)
    burn(burner, "drive", [path])


def test_a_failing_program_is_told_with_its_reason(tmp_path: Path, image: Path) -> None:
    """The program's own words about a failure are in the error."""
    program = tmp_path / "xorriso"
    program.write_text("#!/bin/sh\necho 'libburn : FAILURE : SCSI error on write'\nexit 5\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    with pytest.raises(BurningError, match="SCSI error on write"):
        Xorriso(str(program)).write("/dev/x", str(image), Monitor(), simulated=False)
    with pytest.raises(BurningError, match="SCSI error on write"):
        Xorriso(str(program)).disc("/dev/x")
    with pytest.raises(BurningError, match="does not answer"):
        Xorriso(str(tmp_path / "none")).disc("/dev/x")


def test_cancelling_ends_the_program(tmp_path: Path, image: Path) -> None:
    """A burn that is cancelled does not leave the program running."""
    program = tmp_path / "xorriso"
    program.write_text("#!/bin/sh\nwhile true; do echo working; sleep 0.1; done\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    with pytest.raises(OperationCancelledError):
        Xorriso(str(program)).write("/dev/x", str(image), Cancelling(), simulated=False)


@pytest.mark.parametrize(
    ("phase", "told"),
    [
        ("Blanking", "do not use the disc"),
        ("Burning", "do not use the disc"),
        ("Reading the disc back", "it is burned, but was not compared"),
    ],
)
def test_cancelling_says_what_became_of_the_disc(
    phase: str, told: str, image: Path, tmp_path: Path
) -> None:
    """From the moment the disc is changed, the error is of a type of its own."""
    fake = PatientBurner(tmp_path, FULL_RW, BLANK)
    with pytest.raises(BurningCancelledError, match=told):
        burn(fake, "/dev/x", [image], BurnOptions(blanked=True), monitor=CancelIn(phase))
    assert "eject" not in fake.done


def test_cancelling_before_the_laser_is_on_spoils_nothing(image: Path, tmp_path: Path) -> None:
    """A simulation, or a burn that has not begun, is cancelled like anything else."""
    fake = PatientBurner(tmp_path, BLANK)
    with pytest.raises(OperationCancelledError) as caught:
        burn(fake, "/dev/x", [image], BurnOptions(simulated=True), monitor=CancelIn("Burning"))
    assert not isinstance(caught.value, BurningCancelledError)
    monitor = CancelIn("Waiting")
    monitor.start("Waiting")
    with pytest.raises(OperationCancelledError) as caught:
        burn(fake, "/dev/x", [image], monitor=monitor)
    assert not isinstance(caught.value, BurningCancelledError)
    assert fake.done == []


def test_progress_is_read_from_the_program(tmp_path: Path, image: Path) -> None:
    """The megabytes that xorriso tells are handed on as bytes."""
    program = tmp_path / "xorriso"
    program.write_text(
        "#!/bin/sh\n"
        "echo 'xorriso : UPDATE :    3 of    9 MB written (fifo 100%) [buf 100%]'\n"
        "echo 'xorriso : UPDATE :    9 of    9 MB written (fifo 100%) [buf 100%]'\n"
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)

    class Counting(Monitor):
        done = 0

        def advance(self, amount: int = 1, detail: str = "") -> None:
            self.done += amount

    monitor = Counting()
    Xorriso(str(program)).write("/dev/x", str(image), monitor, simulated=False)
    assert monitor.done == 9 << 20


def test_a_missing_program_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without xorriso the error says what to install."""
    monkeypatch.setattr("shutil.which", lambda _: None)
    with pytest.raises(BurningError, match="xorriso is not installed"):
        Xorriso()
    assert burning.BurnOptions().copies == 1
