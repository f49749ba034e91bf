"""Burning by drutil, which every macOS has."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final

from dicomdir_studio.media.burning import Drive, LoadedDisc
from dicomdir_studio.media.errors import BurningError
from dicomdir_studio.media.programs import ask, watch
from dicomdir_studio.standard.media import SECTOR_SIZE

if TYPE_CHECKING:
    from dicomdir_studio.media.programs import Ask
    from dicomdir_studio.monitor import Monitor

# Number, vendor and product, then revision, bus and, after a wider gap, how it is supported.
_DRIVE: Final = re.compile(r"\s*(\d+)\s+(\S.*\S)\s+\S+\s+\S+\s{2,}\S.*")
_TYPE: Final = re.compile(r"^\s*Type:\s*(.*?)(?:\s{2,}Name:\s*(\S*))?\s*$", re.MULTILINE)
_FREE: Final = re.compile(r"^\s*Space Free:.*?blocks:\s*(\d+)", re.MULTILINE)
_WRITABLE: Final = re.compile(r"^\s*Writability:\s*(.*)$", re.MULTILINE)
_PERCENT: Final = re.compile(r"(\d+)\s*%")
_REWRITABLE: Final = re.compile(r"RW|RAM|BD-RE")
_NO_DISC: Final = "No Media"


class Drutil:
    """Burns by drutil (see `dicomdir_studio.media.burning.Burner`).

    Parameters
    ----------
    run : callable, optional
        Runs programs.
    program : str, optional
        What is run to burn.
    """

    def __init__(self, run: Ask = ask, program: str = "drutil") -> None:
        self._run = run
        self._program = program

    def drives(self) -> list[Drive]:
        """Return the drives that this user may use."""
        answer = self._run((self._program, "list"))
        found = (_DRIVE.match(line) for line in answer.out.splitlines())
        return [Drive(one[1], " ".join(one[2].split())) for one in found if one]

    def disc(self, drive: str) -> LoadedDisc:
        """Return what is in a drive.

        Raises
        ------
        BurningError
            If there is no such drive.
        """
        words = self._status(drive)
        kind, _ = _kind(words)
        free, writable = _FREE.search(words), _WRITABLE.search(words)
        return LoadedDisc(
            kind,
            is_blank=bool(writable and "blank" in writable[1]),
            is_rewritable=bool(_REWRITABLE.search(kind)),
            writable=int(free[1]) * SECTOR_SIZE if free and kind else 0,
        )

    def blank(self, drive: str, monitor: Monitor) -> None:
        """Blank a rewritable disc.

        Raises
        ------
        BurningError
            If it cannot be blanked.
        """
        self._long((*self._on(drive), "erase", "quick"), drive, "Blanking the disc", monitor)

    def write(self, drive: str, image: str, monitor: Monitor, *, simulated: bool) -> None:
        """Write an image at once and close the disc, or go through the motions.

        Raises
        ------
        BurningError
            If it failed; the disc may be spoilt.
        OperationCancelledError
            If the user cancelled; a disc that is written once is spoilt.
        """
        # -mount leaves the disc in, so that it can be read back; -noverify, since we do that.
        test = ("-test",) if simulated else ()
        path = os.path.abspath(image)
        close = ("-noverify", "-noappendable", "-mount")
        words = (*self._on(drive), "burn", *close, *test, path)
        self._long(words, drive, "Simulating" if simulated else "Burning the disc", monitor)

    def eject(self, drive: str) -> None:
        """Open the tray."""
        answer = self._run((*self._on(drive), "tray", "eject"))
        if answer.code:
            raise BurningError("The disc cannot be ejected", where=drive, why=answer.reason)

    def readable(self, drive: str) -> str:
        """Return the path at which the disc's bytes can be read back."""
        _, name = _kind(self._status(drive))
        if not name:
            raise BurningError(
                "The system does not show the disc that was burned",
                where=drive,
                remedy="Take it out and put it in again; do not hand it out unread",
            )
        # The raw device is read past the system's cache.
        return name.replace("/dev/disk", "/dev/rdisk")

    def _on(self, drive: str) -> tuple[str, ...]:
        """Return the words that name a drive."""
        return (self._program, "-drive", drive)

    def _status(self, drive: str) -> str:
        """Return what drutil prints about a drive and its disc."""
        answer = self._run((*self._on(drive), "status"))
        if answer.code or not _TYPE.search(answer.out):
            raise BurningError(
                "There is no such drive",
                where=drive,
                why=answer.reason,
                remedy="Choose one of those listed",
            )
        return answer.out

    def _long(self, words: tuple[str, ...], drive: str, phase: str, monitor: Monitor) -> None:
        """Run the program to its end, with progress in percent."""
        monitor.start(phase, 100, "percent")
        done = 0

        def heard(line: str) -> None:
            nonlocal done
            for percent in map(int, _PERCENT.findall(line)):
                monitor.advance(max(percent - done, 0))
                done = max(done, percent)

        try:
            answer = watch(words, monitor, heard)
        except OSError as error:
            raise BurningError("The burning program cannot be run", why=str(error)) from error
        if answer.code:
            raise BurningError(
                "The burning program failed",
                where=drive,
                why=answer.reason,
                remedy="Check drive and disc; do not use a disc that was being written",
            )


def _kind(words: str) -> tuple[str, str]:
    """Return the kind of the disc, "" for none, and the device that it is."""
    found = _TYPE.search(words)
    if found is None or _NO_DISC in found[1]:
        return "", ""
    return found[1].strip(), found[2] or ""
