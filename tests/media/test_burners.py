"""The burners of macOS and Windows by what their tools print; cancelling, full discs, queues."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from dicomdir_studio.errors import OperationCancelledError
from dicomdir_studio.media import burners
from dicomdir_studio.media.burning import (
    BurnOptions,
    Drive,
    LoadedDisc,
    burn,
    volume_name,
)
from dicomdir_studio.media.drutil import Drutil
from dicomdir_studio.media.errors import BurningCancelledError, BurningError, MediumTooSmallError
from dicomdir_studio.media.imapi import Imapi
from dicomdir_studio.media.orders import Order
from dicomdir_studio.media.producing import prepare, produce
from dicomdir_studio.media.programs import Answer
from dicomdir_studio.media.targets import write_iso
from dicomdir_studio.media.xorriso import Xorriso
from dicomdir_studio.monitor import Monitor

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from dicomdir_studio.fileset import FileSet
    from dicomdir_studio.media.burning import Burner
    from dicomdir_studio.media.medium_plan import MediumPlan
    from tests.judges import Judges

DRUTIL_LIST = """\
   Vendor   Product           Rev   Bus       SupportLevel
1  MATSHITA DVD-R   UJ-898    HE13  ATAPI     Apple Shipping
2  HL-DT-ST DVDRW  GX40N      RQ00  USB       Unsupported
"""
DRUTIL_BLANK = """\
 Vendor   Product           Rev
 MATSHITA DVD-R   UJ-898    HE13

           Type: CD-R                 Name: /dev/disk2
       Sessions: 0                  Tracks: 0
   Overwritable:   79:57:71         blocks:   359846 / 736.96MB / 702.82MiB
     Space Free:   79:57:71         blocks:   359846 / 736.96MB / 702.82MiB
     Space Used:   00:00:00         blocks:        0 /   0.00MB /   0.00MiB
    Writability: appendable, blank, overwritable
"""
DRUTIL_FULL = """\
           Type: DVD-RW               Name: /dev/disk3
       Sessions: 1                  Tracks: 1
     Space Free:                    blocks:        0 /   0.00MB /   0.00MiB
    Writability: overwritable
"""
DRUTIL_EMPTY = """\
 Vendor   Product           Rev
 MATSHITA DVD-R   UJ-898    HE13

           Type: No Media Inserted
"""


class Tool:
    """Answers with the same words each time and notes what it was asked."""

    def __init__(self, out: str, code: int = 0, err: str = "") -> None:
        self._answer = Answer(code, out, err)
        self.asked: list[tuple[str, ...]] = []

    def __call__(self, words: Sequence[str]) -> Answer:
        """Note the words and answer."""
        self.asked.append(tuple(words))
        return self._answer


def script(tmp_path: Path, body: str) -> str:
    """Write a program that stands for one of another system; it notes its words."""
    path = tmp_path / "tool"
    path.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {tmp_path}/words\n{body}\n')
    path.chmod(0o755)
    return str(path)


# macOS


def test_drives_of_macos_are_listed() -> None:
    """By the number that drutil gives them, with vendor and product."""
    assert Drutil(Tool(DRUTIL_LIST)).drives() == [
        Drive("1", "MATSHITA DVD-R UJ-898"),
        Drive("2", "HL-DT-ST DVDRW GX40N"),
    ]
    assert Drutil(Tool("No devices found.\n")).drives() == []


@pytest.mark.parametrize(
    ("told", "disc"),
    [
        (
            DRUTIL_BLANK,
            LoadedDisc("CD-R", is_blank=True, is_rewritable=False, writable=359_846 * 2048),
        ),
        (DRUTIL_FULL, LoadedDisc("DVD-RW", is_blank=False, is_rewritable=True, writable=0)),
        (DRUTIL_EMPTY, LoadedDisc("", is_blank=False, is_rewritable=False, writable=0)),
    ],
)
def test_discs_of_macos_are_read(told: str, disc: LoadedDisc) -> None:
    """Kind, state and room come from drutil's status."""
    assert Drutil(Tool(told)).disc("1") == disc


def test_macos_reads_the_raw_device_back() -> None:
    """Past the cache; a disc that the system does not show is an error."""
    assert Drutil(Tool(DRUTIL_BLANK)).readable("1") == "/dev/rdisk2"
    with pytest.raises(BurningError, match="do not hand it out unread"):
        Drutil(Tool(DRUTIL_EMPTY)).readable("1")
    with pytest.raises(BurningError, match="no such drive"):
        Drutil(Tool("", 1, "drutil: no drive")).disc("7")


def test_macos_burns(tmp_path: Path) -> None:
    """Drutil gets drive and image, leaves the disc in, and its percents are handed on."""
    program = script(tmp_path, "echo ' 10%'; echo 'Burning 60% 100%'")

    class Counting(Monitor):
        done = 0

        def advance(self, amount: int = 1, detail: str = "") -> None:
            self.done += amount

    monitor = Counting()
    burner = Drutil(program=program)
    burner.write("2", str(tmp_path / "a.iso"), monitor, simulated=True)
    assert monitor.done == 100
    words = (tmp_path / "words").read_text().split("\n")[:-1]
    expected = ["-drive", "2", "burn", "-noverify", "-noappendable", "-mount", "-test"]
    expected.append(str(tmp_path / "a.iso"))
    assert words == expected
    burner.blank("2", monitor)
    assert (tmp_path / "words").read_text().split() == ["-drive", "2", "erase", "quick"]


def test_macos_tells_what_failed(tmp_path: Path) -> None:
    """Drutil's own words; a program that is not there, a tray that stays shut."""
    burner = Drutil(program=script(tmp_path, "echo 'Burn failed: power calibration'; exit 1"))
    with pytest.raises(BurningError, match="power calibration"):
        burner.write("1", "a.iso", Monitor(), simulated=False)
    with pytest.raises(BurningError, match="cannot be run"):
        Drutil(program=str(tmp_path / "none")).blank("1", Monitor())
    with pytest.raises(BurningError, match="cannot be ejected"):
        Drutil(Tool("", 1, "busy")).eject("1")
    tool = Tool("")
    Drutil(tool).eject("1")
    assert tool.asked == [("drutil", "-drive", "1", "tray", "eject")]


# Windows


def told(value: Any) -> Tool:
    """Return PowerShell that prints a value."""
    return Tool(json.dumps(value))


def test_drives_of_windows_are_listed() -> None:
    """By their letters; a recorder without one cannot be read back and is left out."""
    drives = [
        {"Letter": "D:\\", "Vendor": "HL-DT-ST", "Product": "DVDRAM GUE1N "},
        {"Letter": "", "Vendor": "X", "Product": "Y"},
    ]
    assert Imapi(told(drives)).drives() == [Drive("D:", "HL-DT-ST DVDRAM GUE1N")]
    assert Imapi(told([])).drives() == []


@pytest.mark.parametrize(
    ("answer", "disc"),
    [
        (
            {"Kind": 2, "Blank": True, "Free": 359_845},
            LoadedDisc("CD-R", is_blank=True, is_rewritable=False, writable=359_845 * 2048),
        ),
        (
            {"Kind": 19, "Blank": False, "Free": 0},
            LoadedDisc("BD-RE", is_blank=False, is_rewritable=True, writable=0),
        ),
        (
            {"Kind": 4, "Blank": False, "Free": 0},
            LoadedDisc(
                "a disc that cannot be written", is_blank=False, is_rewritable=False, writable=0
            ),
        ),
    ],
)
def test_discs_of_windows_are_read(answer: dict[str, Any], disc: LoadedDisc) -> None:
    """Kind, state and room come from IMAPI."""
    assert Imapi(told(answer)).disc("D:") == disc


def test_windows_tells_an_empty_drive_from_a_fault() -> None:
    """No disc is a state, all else an error with Windows' words; letters alone name drives."""
    empty = Tool("", 1, "Exception from HRESULT: 0xC0AA0202\nAt line:1 char:9")
    assert not Imapi(empty).disc("D:").kind
    with pytest.raises(BurningError, match="0x80070005"):
        Imapi(Tool("", 1, "Access is denied. (0x80070005)")).disc("D:")
    with pytest.raises(BurningError, match="not named by a letter"):
        Imapi(told({})).disc("D:'; Remove-Item x")
    with pytest.raises(BurningError):
        Imapi(Tool("no JSON")).drives()
    assert Imapi(told({})).readable("D:") == "\\\\.\\D:"


def test_windows_burns(tmp_path: Path) -> None:
    """The script closes the disc and gets the image by the environment, not by its text."""
    image = tmp_path / "it's $(x).iso"
    shell = script(tmp_path, f'printf "%s" "$DICOMDIR_STUDIO_IMAGE" > {tmp_path}/image')
    burner = Imapi(program=(shell,))
    burner.write("D:", str(image), Monitor(), simulated=False)
    assert (tmp_path / "image").read_text() == str(image)
    words = (tmp_path / "words").read_text()
    assert "ForceMediaToBeClosed=$true" in words
    assert "-contains 'D:\\'" in words
    assert "it's" not in words
    assert words.count("{") == words.count("}")
    burner.blank("D:", Monitor())
    assert "EraseMedia()" in (tmp_path / "words").read_text()
    with pytest.raises(BurningError, match="cannot simulate"):
        burner.write("D:", str(image), Monitor(), simulated=True)
    failing = Imapi(program=(script(tmp_path, "echo 'write failed'; exit 1"),))
    with pytest.raises(BurningError, match="write failed"):
        failing.write("D:", str(image), Monitor(), simulated=False)
    with pytest.raises(BurningError, match="PowerShell cannot be run"):
        Imapi(program=(str(tmp_path / "none"),)).blank("D:", Monitor())
    tool = Tool("")
    Imapi(tool).eject("D:")
    assert tool.asked[0][-1].endswith("$r.EjectMedia()")


# Every system


@pytest.mark.parametrize(
    ("platform", "kind"), [("linux", Xorriso), ("darwin", Drutil), ("win32", Imapi)]
)
def test_each_system_has_its_burner(
    platform: str, kind: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Behind the one interface."""
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr("shutil.which", lambda name, **_: f"/bin/{name}")
    assert isinstance(burners.burner_here(), kind)


@pytest.mark.parametrize("which", ["xorriso", "drutil", "imapi"])
def test_a_silent_program_is_cancelled_at_once(which: str, tmp_path: Path) -> None:
    """Cancelling does not wait for the next line, and ends the program."""
    program = script(tmp_path, f"echo $$ > {tmp_path}/pid; exec sleep 30")

    class Stop(Monitor):
        def check(self) -> None:
            if (tmp_path / "pid").exists():
                raise OperationCancelledError

    made: dict[str, Callable[[], Burner]] = {
        "xorriso": lambda: Xorriso(program),
        "drutil": lambda: Drutil(program=program),
        "imapi": lambda: Imapi(program=(program,)),
    }
    begun = time.monotonic()
    with pytest.raises(OperationCancelledError):
        made[which]().write("D:", "a.iso", Stop(), simulated=False)
    assert time.monotonic() - begun < 10
    pid = (tmp_path / "pid").read_text().strip()
    assert subprocess.run(["ps", "-p", pid], capture_output=True, check=False).returncode != 0


# xorriso's file drive, end to end


def test_a_burn_is_cancelled_in_the_middle(
    sample_plan: MediumPlan, tmp_path: Path, judges: Judges
) -> None:
    """The image stays, nothing runs on, and the same disc can be blanked and burned anew."""
    burner = Xorriso(judges.find("xorriso"))
    image = tmp_path / "a.iso"
    write_iso(sample_plan, image)
    with image.open("r+b") as file:
        file.truncate(400 << 20)
    drive = f"stdio:{tmp_path / 'disc'}"

    class Stop(Monitor):
        burned = 0

        def advance(self, amount: int = 1, detail: str = "") -> None:
            self.burned += amount

        def check(self) -> None:
            disc = tmp_path / "disc"
            if disc.exists() and disc.stat().st_size > 4 << 20:
                raise OperationCancelledError

    with pytest.raises(BurningCancelledError, match="do not use the disc"):
        burn(burner, drive, [image], BurnOptions(ejected=False), monitor=Stop())
    assert image.stat().st_size == 400 << 20
    write_iso(sample_plan, tmp_path / "b.iso")
    options = BurnOptions(blanked=True, ejected=False)
    (again,) = burn(burner, drive, [tmp_path / "b.iso"], options)
    assert again.verified


def test_a_disc_without_room_is_refused(
    sample_plan: MediumPlan, tmp_path: Path, judges: Judges
) -> None:
    """An image that is larger than what the drive says is free is not begun."""
    burner = Xorriso(judges.find("xorriso"))
    image = tmp_path / "a.iso"
    write_iso(sample_plan, image)
    drive = f"stdio:{tmp_path / 'disc'}"
    room = burner.disc(drive).writable
    with image.open("r+b") as file:
        file.truncate((room // 2048 + 1_000_000) * 2048)
    # Sparse, so nothing is read of it: only its length counts here.
    with pytest.raises(MediumTooSmallError, match="does not fit on the disc"):
        small_measure(burner, drive, image)
    assert not (tmp_path / "disc").exists() or (tmp_path / "disc").stat().st_size == 0


def small_measure(burner: Xorriso, drive: str, image: Path) -> None:
    """Prepare a burn without the sum of an image that is larger than the disk."""
    from dicomdir_studio.media import burning

    burning._prepare(burner, drive, image.stat().st_size, BurnOptions(), Monitor())


def test_the_discs_of_a_set_are_burned_one_by_one(
    sample_set: FileSet, tmp_path: Path, judges: Judges
) -> None:
    """Each image of a spanned set goes on its own disc, asked for, and reads back as it is."""
    burner = Xorriso(judges.find("xorriso"))
    order = Order(str(tmp_path / "a.iso"), capacity=180_000, is_spanned=True)
    images = [receipt.path for receipt in produce(prepare(sample_set, order, tmp_path))]
    assert [volume_name(image) for image in images] == ["PYDICOM_TES_1OF2", "PYDICOM_TES_2OF2"]
    disc = tmp_path / "disc"

    def change(image: str, copy: int) -> None:
        disc.rename(tmp_path / f"burned{copy}")
        assert volume_name(image).endswith("2OF2")

    discs = burn(burner, f"stdio:{disc}", images, ask_for_disc=change)
    assert [one.verified for one in discs] == [True, True]
    for burned, name in ((tmp_path / "burned1", "1OF2"), (disc, "2OF2")):
        verdict = judges.ask("xorriso", "-indev", f"stdio:{burned}", "-toc")
        assert name in verdict.words


def test_an_image_that_is_not_there_has_no_name(tmp_path: Path) -> None:
    """It is told before the first disc is burned."""
    with pytest.raises(BurningError, match="cannot be read"):
        volume_name(tmp_path / "none.iso")
