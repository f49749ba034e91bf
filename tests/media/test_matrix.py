"""The matrix of profiles against dcmmkdir's own profiles, instance by instance."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from pydicom.uid import UID

from dicomdir_studio.fileset import FileSet
from dicomdir_studio.media.conformance import ProfileFit, fit_profiles
from dicomdir_studio.media.medium_plan import plan_medium
from dicomdir_studio.media.pictures import jpeg
from dicomdir_studio.media.transcoding.instance import transcode
from dicomdir_studio.media.transcoding.routes import COMPRESSED, JPEG_BASELINE
from tests.media.samples import ct_image

if TYPE_CHECKING:
    from pathlib import Path

    from tests.judges import Judges

PROFILE_OF = {
    "-Pgp": "STD-GEN-CD",
    "-Pdv": "STD-GEN-DVD-JPEG",
    "-Pd2": "STD-GEN-DVD-J2K",
    "-Pbd": "STD-GEN-BD-JPEG",
    "-Pb2": "STD-GEN-BD-J2K",
    "-Pfl": "STD-GEN-USB-JPEG",
    "-Pf2": "STD-GEN-USB-J2K",
    "-Pmi": "STD-GEN-MIME",
    "-Pcm": "STD-CTMR-CD",
    "-Pbc": "STD-XABC-CD",
    "-Pxa": "STD-XA1K-CD",
    "-Pxd": "STD-XA1K-DVD",
    "-Pus": "STD-US-ID-SF-CDR",
    "-Pum": "STD-US-ID-MF-CDR",
    "-Pde": "STD-DEN-CD",
}
"""dcmmkdir's switches. Those of MPEG are left out: it refuses what its own text expects."""

CLASSES = {
    "CT": "1.2.840.10008.5.1.4.1.1.2",
    "MR": "1.2.840.10008.5.1.4.1.1.4",
    "XA": "1.2.840.10008.5.1.4.1.1.12.1",
    "US": "1.2.840.10008.5.1.4.1.1.6.1",
    "OT": "1.2.840.10008.5.1.4.1.1.7",
    "IO": "1.2.840.10008.5.1.4.1.1.1.3",
    "DX": "1.2.840.10008.5.1.4.1.1.1.1",
}
SYNTAXES = (
    "1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2", *COMPRESSED, JPEG_BASELINE,
)  # fmt: skip

KNOWN = {
    # E.3.4 takes Secondary Capture of 8 or 16 bits; dcmmkdir does not look.
    ("-Pcm", "OT", "1.2.840.10008.1.2.1"),
    ("-Pcm", "OT", "1.2.840.10008.1.2.4.70"),
    # Table B.3-1 takes lossy JPEG for XA alone; dcmmkdir for Secondary Capture too.
    ("-Pxd", "OT", JPEG_BASELINE),
}
"""Where the two differ, and why."""


def written(folder: Path, modality: str, syntax: str) -> Path:
    """Write an image of a modality in a transfer syntax, with pixels that decode."""
    few = modality in {"XA", "US"} or syntax == JPEG_BASELINE
    changes: dict[str, Any] = {"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7} if few else {}
    image = ct_image(0, 0, 0, 64, SOPClassUID=CLASSES[modality], Modality=modality, **changes)
    image.ImageType = ["ORIGINAL", "PRIMARY", "SINGLE PLANE" if modality == "XA" else "AXIAL"]
    image.ReferringPhysicianName, image.InstitutionName = "A^B", "Clinic"
    image.Manufacturer, image.ManufacturerModelName = "Maker", "Model"
    image.DetectorID, image.DetectorManufacturerName = "1", "Maker"
    image.DetectorManufacturerModelName = "Model"
    if few:
        image.PixelData = bytes(range(256)) * 16
    path = folder / "IM000000"
    folder.mkdir()
    plain = folder.with_suffix(".dcm")
    if syntax == JPEG_BASELINE:
        import numpy as np
        from pydicom.encaps import encapsulate

        stream = jpeg(np.arange(4096).astype(np.uint8).reshape(64, 64))
        image.PixelData = encapsulate([stream + b"\0" * (len(stream) % 2)])
        image["PixelData"].VR = "OB"
    if syntax in COMPRESSED:
        image.save_as(plain, enforce_file_format=True)
        transcode(str(plain), str(path), syntax)
    else:
        image.file_meta.TransferSyntaxUID = UID(syntax)
        image.save_as(path, enforce_file_format=True)
    return path


def takes(fit: ProfileFit) -> bool:
    """Return whether the instance itself, as it is encoded, fits a profile."""
    return all(one.is_completed and not one.becomes for one in fit.obstacles)


@pytest.mark.parametrize("modality", list(CLASSES))
def test_dcmmkdir_agrees_on_what_a_profile_takes(
    modality: str, tmp_path: Path, judges: Judges
) -> None:
    """120 verdicts of dcmmkdir for each modality are ours, but for the known ones."""
    paths = {uid: written(tmp_path / f"{n}", modality, uid) for n, uid in enumerate(SYNTAXES)}
    fits = {}
    for uid, path in paths.items():
        file_set = FileSet()
        assert not file_set.add_many([path], missing_keys="fill").refused
        fits[uid] = fit_profiles(plan_medium(file_set))

    def verdict(case: tuple[str, str]) -> tuple[tuple[str, str, str], bool, str]:
        switch, uid = case
        out = tmp_path / f"{switch}{uid}.dir"
        said = judges.ask(
            "dcmmkdir", switch, "--invent", "-Nrc", "+D", out, "IM000000", cwd=paths[uid].parent
        )
        return (switch, modality, uid), said.code == 0 and not said.errors, said.words

    with ThreadPoolExecutor(2) as pool:
        cases = [(switch, uid) for switch in PROFILE_OF for uid in SYNTAXES]
        verdicts = list(pool.map(verdict, cases))
    differing = [
        (case, words)
        for case, is_taken, words in verdicts
        if is_taken != takes(fits[case[2]][PROFILE_OF[case[0]]]) and case not in KNOWN
    ]
    assert not differing
    assert len(verdicts) == 120
