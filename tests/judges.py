"""The independent programs that judge what we write (DCMTK, dicom3tools, GDCM, pydicom)."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pydicom
import pydicom.fileset
import pytest

_WHERE_FROM = {
    "dcmdump": "Debian's dcmtk",
    "dcmmkdir": "Debian's dcmtk",
    "dciodvfy": "dicom3tools",
    "dcdirdmp": "dicom3tools",
    "gdcminfo": "python-gdcm",
    "xorriso": "Debian's xorriso",
    "strace": "Debian's strace",
    "isoinfo": "Debian's genisoimage",
    "genisoimage": "Debian's genisoimage",
    "unzip": "Debian's unzip",
    "7z": "Debian's p7zip-full",
    "udfinfo": "Debian's udftools",
    "mkudffs": "Debian's udftools",
    "udfclient": "Debian's udfclient",
    "grub-fstest": "Debian's grub-common",
    "mcopy": "Debian's mtools",
    "mkfs.fat": "Debian's dosfstools",
    "fsck.fat": "Debian's dosfstools",
    "pdftotext": "Debian's poppler-utils",
    "pdftoppm": "Debian's poppler-utils",
    "sha256sum": "GNU coreutils",
    "mkfs.vfat": "Debian's dosfstools",
    "fsck.vfat": "Debian's dosfstools",
    "fusefat": "Debian's fusefat",
    "mkfs.exfat": "Debian's exfatprogs",
    "fsck.exfat": "Debian's exfatprogs",
    "dump.exfat": "Debian's exfatprogs",
    "mount.exfat-fuse": "Debian's exfat-fuse",
    "losetup": "Debian's mount",
}
_SECONDS = 120


@dataclass(frozen=True)
class Verdict:
    """What a judge said: its exit code and its words, output and error together."""

    judge: str
    code: int
    words: str

    @property
    def errors(self) -> list[str]:
        """Return the lines that accuse: ``Error ...`` of dicom3tools, ``E: ...`` of DCMTK."""
        return [line for line in self.words.splitlines() if line.startswith(("Error", "E: "))]


class Judges:
    """Finds each judge when a test asks for it.

    A judge that is not installed skips the test on a person's machine and says what
    is missing; where ``CI`` is set it fails the test.
    """

    dcmdump = property(lambda self: self.find("dcmdump"))
    dciodvfy = property(lambda self: self.find("dciodvfy"))
    dcdirdmp = property(lambda self: self.find("dcdirdmp"))
    gdcminfo = property(lambda self: self.find("gdcminfo"))
    dcmmkdir = property(lambda self: self.find("dcmmkdir"))

    def find(self, name: str) -> str:
        """Return the path of the judge `name`, else skip the test, or fail it in CI."""
        beside_python = str(Path(sys.executable).parent)
        found = shutil.which(name, path=os.pathsep.join([beside_python, os.environ["PATH"]]))
        if found is None:
            reason = f"{name} is not installed (it comes from {_WHERE_FROM.get(name, name)})"
            if os.environ.get("CI"):
                pytest.fail(reason)
            pytest.skip(reason)
        return found

    def ask(self, name: str, *words: str | Path, cwd: Path | None = None) -> Verdict:
        """Run the judge `name` with `words` and return what it said."""
        done = subprocess.run(
            [self.find(name), *map(str, words)],
            cwd=cwd,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_SECONDS,
            check=False,
        )
        return Verdict(name, done.returncode, done.stdout.decode("utf-8", "replace"))

    def accept(
        self, root: Path, *, instances: int | None = None, despite: tuple[str, ...] = ()
    ) -> None:
        """Fail unless every judge accepts the DICOMDIR in `root`.

        Asks dcmdump, dciodvfy (no Error line), dcdirdmp, gdcminfo and
        pydicom.fileset, the last for the number of `instances` too. Errors with a text of
        `despite` are about the instances themselves, which no record may contradict.
        """
        dicomdir = root / "DICOMDIR"
        for name in ("dcmdump", "dciodvfy", "dcdirdmp", "gdcminfo"):
            verdict = self.ask(name, dicomdir)
            errors = [line for line in verdict.errors if not any(map(line.__contains__, despite))]
            assert not errors, f"{name} found:\n" + "\n".join(errors[:20])
            if not verdict.errors:
                assert verdict.code == 0, f"{name} ended so:\n{verdict.words[-2000:]}"
        theirs = pydicom.fileset.FileSet(pydicom.dcmread(dicomdir))
        count = len(theirs)
        # It leaves a temporary folder to the garbage collector, which warns.
        theirs._stage["t"].cleanup()
        assert instances is None or count == instances

    def append(self, root: Path, file_id: str) -> None:
        """Fail unless dcmmkdir can append the file at `file_id` (with slashes) to the DICOMDIR."""
        verdict = self.ask("dcmmkdir", "+A", file_id, cwd=root)
        assert verdict.code == 0, f"dcmmkdir +A ended with {verdict.code}:\n{verdict.words}"
