"""Burning by xorriso, the program of the libburnia project, in a process of its own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Final

from dicomdir_studio.media.burning import Drive, LoadedDisc
from dicomdir_studio.media.errors import BurningError
from dicomdir_studio.media.programs import watch
from dicomdir_studio.phrases import said
from dicomdir_studio.standard.media import SECTOR_SIZE

if TYPE_CHECKING:
    from dicomdir_studio.monitor import Monitor

FILE_DRIVE: Final = "stdio:"
"""How the address of a drive begins that is a plain file, for trying things out."""

_DRIVE: Final = re.compile(r"-dev '([^']+)'\s+\S+\s*:\s*'([^']*)'\s*'([^']*)'")
_CURRENT: Final = re.compile(r"^Media current: (.*)$", re.MULTILINE)
_STATUS: Final = re.compile(r"^Media status : (.*)$", re.MULTILINE)
_BLOCKS: Final = re.compile(r"^Media blocks : .*?(\d+) writable", re.MULTILINE)
_UPDATE: Final = re.compile(r"UPDATE :\s+(\d+) of\s+(\d+) MB written")
_REWRITABLE: Final = re.compile(r"RW|RAM|BD-RE|overwriteable")
_NONE: Final = ("is not recognizable", "is not present", "none")
_MEGABYTE: Final = 1 << 20
_SECONDS: Final = 120


class Xorriso:
    """Burns by xorriso (see `dicomdir_studio.media.burning.Burner`).

    Parameters
    ----------
    program : str, optional
        Its path; found on the search path by default.

    Raises
    ------
    BurningError
        If it is not installed.
    """

    def __init__(self, program: str | None = None) -> None:
        found = program or shutil.which("xorriso")
        if found is None:
            raise BurningError(
                said("The burning program xorriso is not installed"),
                remedy=said("Install it, or burn the image with the program that you have"),
            )
        self._program = found

    def drives(self) -> list[Drive]:
        """Return the drives that this user may use."""
        words = self._ask("-devices", tolerant=True)
        return [
            Drive(address, f"{vendor.strip()} {product.strip()}")
            for address, vendor, product in _DRIVE.findall(words)
        ]

    def disc(self, drive: str) -> LoadedDisc:
        """Return what is in a drive.

        Raises
        ------
        BurningError
            If there is no such drive.
        """
        words = self._ask("-outdev", drive, "-toc")
        current, status = _CURRENT.search(words), _STATUS.search(words)
        kind = current[1].strip() if current else ""
        if not kind or any(text in kind for text in _NONE):
            return LoadedDisc("", is_blank=False, is_rewritable=False, writable=0)
        blocks = _BLOCKS.search(words)
        return LoadedDisc(
            kind,
            is_blank=bool(status and "is blank" in status[1]),
            is_rewritable=bool(_REWRITABLE.search(kind)),
            writable=int(blocks[1]) * SECTOR_SIZE if blocks else 0,
        )

    def blank(self, drive: str, monitor: Monitor) -> None:
        """Blank a rewritable disc.

        Raises
        ------
        BurningError
            If it cannot be blanked.
        """
        self._run(("-outdev", drive, "-blank", "as_needed"), "Blanking the disc", monitor)

    def write(self, drive: str, image: str, monitor: Monitor, *, simulated: bool) -> None:
        """Write an image at once and close the disc, or go through the motions.

        Raises
        ------
        BurningError
            If it failed; the disc may be spoilt.
        OperationCancelledError
            If the user cancelled; a disc that is written once is spoilt.
        """
        dummy = ("-dummy",) if simulated else ()
        # An absolute path cannot be taken for an option.
        words = ("-as", "cdrecord", "-v", *dummy, f"dev={drive}", os.path.abspath(image))
        self._run(words, "Simulating" if simulated else "Burning the disc", monitor)

    def eject(self, drive: str) -> None:
        """Open the tray."""
        self._ask("-outdev", drive, "-eject", "all")

    def readable(self, drive: str) -> str:
        """Return the path at which the disc's bytes can be read back."""
        return drive.removeprefix(FILE_DRIVE)

    def _ask(self, *words: str, tolerant: bool = False) -> str:
        """Return what the program answers."""
        try:
            done = subprocess.run(
                [self._program, *words],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=_environment(),
                timeout=_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise BurningError(
                said("The burning program does not answer"), where=self._program, why=str(error)
            ) from error
        answer = done.stdout.decode("utf-8", "replace")
        if done.returncode and not tolerant:
            raise _failed(answer.splitlines(), words)
        return answer

    def _run(self, words: tuple[str, ...], phase: str, monitor: Monitor) -> None:
        """Run the program to its end, with progress; end it if the user cancels."""
        monitor.start(phase, None, "bytes")
        written = 0

        def heard(line: str) -> None:
            nonlocal written
            update = _UPDATE.search(line)
            if update is not None:
                now = int(update[1]) * _MEGABYTE
                monitor.advance(max(now - written, 0))
                written = max(written, now)

        try:
            answer = watch((self._program, *words), monitor, heard)
        except OSError as error:
            raise BurningError(
                said("The burning program cannot be run"), where=self._program, why=str(error)
            ) from error
        if answer.code:
            raise _failed(answer.out.splitlines(), words)


def _environment() -> dict[str, str]:
    """Return the environment in which the program answers in English."""
    return {**os.environ, "LC_ALL": "C"}


def _failed(told: list[str], words: tuple[str, ...]) -> BurningError:
    """Return the error with the program's own reason."""
    reasons = [line for line in told if ": FAILURE :" in line or ": FATAL :" in line]
    device = next((word for word in words if word.startswith(("/dev/", "dev=", FILE_DRIVE))), None)
    return BurningError(
        said("The burning program failed"),
        where=device,
        why=(reasons or told or ["it said nothing"])[0],
        remedy=said("Check drive and disc; do not use a disc that was being written"),
    )
