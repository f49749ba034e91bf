"""Burning by IMAPI, the image mastering interface of Windows, through PowerShell."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING, Any, Final

from dicomdir_studio.media.burning import Drive, LoadedDisc
from dicomdir_studio.media.errors import BurningError
from dicomdir_studio.media.programs import ask, watch
from dicomdir_studio.media.volumes.windows import POWERSHELL
from dicomdir_studio.standard.media import SECTOR_SIZE

if TYPE_CHECKING:
    from dicomdir_studio.media.programs import Ask
    from dicomdir_studio.monitor import Monitor

_KINDS: Final = {
    2: "CD-R",
    3: "CD-RW",
    5: "DVD-RAM",
    6: "DVD+R",
    7: "DVD+RW",
    8: "DVD+R DL",
    9: "DVD-R",
    10: "DVD-RW",
    11: "DVD-R DL",
    13: "DVD+RW DL",
    18: "BD-R",
    19: "BD-RE",
}
"""IMAPI_MEDIA_PHYSICAL_TYPE of what can be written."""

_REWRITABLE: Final = re.compile(r"RW|RAM|BD-RE")
_LETTER: Final = re.compile(r"[A-Z]:")
_NO_DISC: Final = "C0AA0202"
"""IMAPI_E_RECORDER_MEDIA_NO_MEDIA."""

_HEAD: Final = "$ErrorActionPreference='Stop'; "
_LIST: Final = (
    "$found=@(); foreach ($id in (New-Object -ComObject IMAPI2.MsftDiscMaster2)) {"
    "$r=New-Object -ComObject IMAPI2.MsftDiscRecorder2; $r.InitializeDiscRecorder($id); "
    "$found+=@{Letter=([string]@($r.VolumePathNames)[0]); Vendor=$r.VendorId; "
    "Product=$r.ProductId}}; ConvertTo-Json -Compress -InputObject @($found)"
)
_CHOOSE: Final = (
    "$r=$null; foreach ($id in (New-Object -ComObject IMAPI2.MsftDiscMaster2)) {"
    "$one=New-Object -ComObject IMAPI2.MsftDiscRecorder2; $one.InitializeDiscRecorder($id); "
    "if (@($one.VolumePathNames) -contains '{letter}\\') {{$r=$one}}}}; "
    "if (-not $r) {{throw 'no such drive'}}; "
)
_DATA: Final = (
    "$d=New-Object -ComObject IMAPI2.MsftDiscFormat2Data; $d.Recorder=$r; "
    "$d.ClientName='DICOMDIR Studio'; "
)
_DISC: Final = (
    "ConvertTo-Json -Compress -InputObject @{Kind=[int]$d.CurrentPhysicalMediaType; "
    "Blank=[bool]$d.MediaHeuristicallyBlank; Free=[long]$d.FreeSectorsOnMedia}"
)
_BLANK: Final = (
    "$e=New-Object -ComObject IMAPI2.MsftDiscFormat2Erase; $e.Recorder=$r; "
    "$e.ClientName='DICOMDIR Studio'; $e.FullErase=$false; $e.EraseMedia()"
)
# A COM stream over the image, which no object of PowerShell's own gives.
_WRITE: Final = (
    "Add-Type -TypeDefinition 'using System; using System.Runtime.InteropServices; "
    "using System.Runtime.InteropServices.ComTypes; public static class Image {"
    '[DllImport("shlwapi.dll", CharSet=CharSet.Unicode, PreserveSig=false)] '
    "public static extern void SHCreateStreamOnFileW(string path, uint mode, out IStream made); "
    "public static IStream Open(string path) {IStream made; "
    "SHCreateStreamOnFileW(path, 0x20, out made); return made;}}'; "
    "$d.ForceMediaToBeClosed=$true; $d.Write([Image]::Open($env:DICOMDIR_STUDIO_IMAGE))"
)


class Imapi:
    """Burns by IMAPI (see `dicomdir_studio.media.burning.Burner`).

    Parameters
    ----------
    run : callable, optional
        Runs programs.
    program : tuple of str, optional
        What runs a script.
    """

    def __init__(self, run: Ask = ask, program: tuple[str, ...] = POWERSHELL) -> None:
        self._run = run
        self._program = program

    def drives(self) -> list[Drive]:
        """Return the drives that this user may use."""
        told = self._told(_LIST, "")
        return [
            Drive(str(one["Letter"]).rstrip("\\"), _label(one))
            for one in (told if isinstance(told, list) else [])
            if one.get("Letter")
        ]

    def disc(self, drive: str) -> LoadedDisc:
        """Return what is in a drive.

        Raises
        ------
        BurningError
            If there is no such drive.
        """
        try:
            told = self._told(_chosen(drive) + _DATA + _DISC, drive)
        except BurningError as error:
            if _NO_DISC in (error.why or "").upper():
                return LoadedDisc("", is_blank=False, is_rewritable=False, writable=0)
            raise
        kind = _KINDS.get(told.get("Kind", 0), "a disc that cannot be written")
        return LoadedDisc(
            kind,
            is_blank=bool(told.get("Blank")),
            is_rewritable=bool(_REWRITABLE.search(kind)),
            writable=int(told.get("Free") or 0) * SECTOR_SIZE,
        )

    def blank(self, drive: str, monitor: Monitor) -> None:
        """Blank a rewritable disc.

        Raises
        ------
        BurningError
            If it cannot be blanked.
        """
        self._long(_chosen(drive) + _BLANK, drive, "Blanking the disc", monitor)

    def write(self, drive: str, image: str, monitor: Monitor, *, simulated: bool) -> None:
        """Write an image at once and close the disc.

        Raises
        ------
        BurningError
            If it failed, in which case the disc may be spoilt, or is to be simulated, which
            IMAPI does not do.
        OperationCancelledError
            If the user cancelled; a disc that is written once is spoilt.
        """
        if simulated:
            raise BurningError(
                "Windows cannot simulate the burning of a disc",
                where=drive,
                remedy="Burn it; the image itself was verified when it was made",
            )
        # By the environment, so that no letter of a name can be part of the script.
        environment = {"DICOMDIR_STUDIO_IMAGE": os.path.abspath(image)}
        script = _chosen(drive) + _DATA + _WRITE
        self._long(script, drive, "Burning the disc", monitor, environment)

    def eject(self, drive: str) -> None:
        """Open the tray."""
        self._answered(_chosen(drive) + "$r.EjectMedia()", drive)

    def readable(self, drive: str) -> str:
        """Return the path at which the disc's bytes can be read back."""
        return rf"\\.\{drive}"

    def _answered(self, script: str, drive: str) -> str:
        """Return what a script prints."""
        answer = self._run((*self._program, _HEAD + script))
        if answer.code:
            raise _failed(drive, answer.reason if "no such" in answer.err else answer.err)
        return answer.out

    def _told(self, script: str, drive: str) -> Any:
        """Return what a script prints as JSON."""
        words = self._answered(script, drive)
        try:
            return json.loads(words or "[]")
        except ValueError as error:
            raise _failed(drive, words) from error

    def _long(
        self,
        script: str,
        drive: str,
        phase: str,
        monitor: Monitor,
        environment: dict[str, str] | None = None,
    ) -> None:
        """Run a script to its end; IMAPI tells PowerShell of no progress."""
        monitor.start(phase, None, "bytes")
        try:
            words = (*self._program, _HEAD + script)
            answer = watch(words, monitor, lambda _: None, environment)
        except OSError as error:
            raise BurningError("PowerShell cannot be run", why=str(error)) from error
        if answer.code:
            raise _failed(drive, answer.out)


def _chosen(drive: str) -> str:
    """Return the script that finds the recorder with a letter."""
    if not _LETTER.fullmatch(drive):
        raise BurningError(
            "The drive is not named by a letter", where=drive, remedy="Name it as E:"
        )
    return _CHOOSE.replace("{letter}", drive).replace("{{", "{").replace("}}", "}")


def _label(told: dict[str, Any]) -> str:
    """Return vendor and product of a drive."""
    return " ".join(f"{told.get('Vendor') or ''} {told.get('Product') or ''}".split())


def _failed(drive: str, words: str) -> BurningError:
    """Return the error with Windows' own reason."""
    return BurningError(
        "Windows' burning program failed",
        where=drive or None,
        why=" ".join(words.split())[:300] or "it said nothing",
        remedy="Check drive and disc; do not use a disc that was being written",
    )
