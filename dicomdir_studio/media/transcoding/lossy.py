"""One instance compressed with loss, on express request: a new instance derived from the old.

The Standard asks for a SOP Instance UID of its own, what was done and how much, and a reference
to the source (PS3.3 C.7.6.1.1.5, C.7.6.1.1.3, C.12.4).
"""

from __future__ import annotations

import io
import os
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from dicomdir_studio.deferred import pydicom
from dicomdir_studio.errors import InstanceError
from dicomdir_studio.media.transcoding.frames import Shape, decoded_frames, native_frames, unclean
from dicomdir_studio.media.transcoding.instance import Copied, traits_of
from dicomdir_studio.media.transcoding.routes import EXPLICIT_LITTLE as PLAIN
from dicomdir_studio.media.transcoding.routes import (
    JPEG_2000,
    JPEG_BASELINE,
    NATIVE,
    hindrance,
    syntax_name,
)
from dicomdir_studio.media.transcoding.source_file import SourceFile
from dicomdir_studio.phrases import said

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydicom.dataset import Dataset

    from dicomdir_studio.media.transcoding.frames import Cells

_METHODS: Final = {JPEG_BASELINE: "ISO_10918_1", JPEG_2000: "ISO_15444_1"}
_DESCRIPTION_LENGTH: Final = 1024
_AS_IT_IS: Final = said("Leave it as it is, or compress it without loss")
_PADDING: Final = 0x00280120
_COLOURS: Final = 3


@dataclass(frozen=True, slots=True)
class LossyChoice:
    """A lossy compression that the user asked for.

    Attributes
    ----------
    syntax : str
        JPEG Baseline (8 bits, grey or RGB) or JPEG 2000 (8 to 16 bits, grey or RGB).
    amount : int
        For JPEG its quality, 1 to 95; for JPEG 2000 the ratio that is aimed at, 2 or more.
    """

    syntax: str = JPEG_BASELINE
    amount: int = 90

    def __post_init__(self) -> None:
        """Refuse what no encoder does."""
        fits = {JPEG_BASELINE: 1 <= self.amount <= 95, JPEG_2000: self.amount >= 2}
        if not fits.get(self.syntax):
            message = f"{syntax_name(self.syntax)} with {self.amount} is not offered"
            raise ValueError(message)


def compress_with_loss(source: str, target: str, choice: LossyChoice) -> Copied:
    """Write a lossy copy of an image as a new instance that is derived from it.

    Parameters
    ----------
    source, target : str
        The file, which is not touched, and the copy, which must not exist.
    choice : LossyChoice
        How.

    Returns
    -------
    Copied
        With the SOP Instance UID of the copy: the same for the same source and choice.

    Raises
    ------
    InstanceError
        If the instance has no place in that compression.
    OSError
        If the copy cannot be written.
    """
    with SourceFile(source) as opened:
        why = _unfit(opened, choice)
        if why:
            raise InstanceError(
                said("The instance cannot be compressed to {0}", syntax_name(choice.syntax)),
                where=source,
                why=why,
                remedy=_AS_IT_IS,
            )
        shape = Shape.of(opened)
        streams = [_encoded(cells, shape, choice) for cells in _frames(opened, shape)]
    image = pydicom.dcmread(source)
    uid = _derive(image, choice, shape, sum(map(len, streams)))
    image.PixelData = pydicom.encaps.encapsulate(streams)
    image["PixelData"].VR = "OB"
    with open(target, "xb") as out:
        image.save_as(out, enforce_file_format=True)
    status = os.stat(target)
    return Copied(target, choice.syntax, status.st_size, status.st_mtime_ns, uid)


def _unfit(source: SourceFile, choice: LossyChoice) -> str:
    """Return why an instance has no place in a lossy compression, "" if it has."""
    traits, shape = traits_of(source), Shape.of(source)
    why = hindrance(traits, PLAIN)
    if why:
        return why
    kinds = {"MONOCHROME1", "MONOCHROME2", "RGB"}
    if not traits.has_pixels or traits.decoded_photometric not in kinds:
        why = f"{traits.photometric or 'an instance without pixels'} is not compressed with loss"
    elif traits.allocated not in {8, 16} or traits.high != traits.stored - 1 or traits.stored < 8:
        why = f"pixels of {traits.stored} of {traits.allocated} bits are not compressed"
    elif choice.syntax == JPEG_BASELINE and (traits.allocated != 8 or traits.is_signed):
        why = "JPEG Baseline holds unsigned pixels of 8 bits alone; JPEG 2000 holds more"
    elif traits.allocated == 16 and traits.stored == 8:
        why = "readers do not agree on pixels of 8 bits in cells of 16"
    elif source.found(_PADDING) is not None:
        why = "its Pixel Padding Value would be blurred into the image"
    elif any(unclean(cells, shape) for cells in _frames(source, shape)):
        why = "there is more than pixels in their cells, such as an overlay"
    return why


def _frames(source: SourceFile, shape: Shape) -> Iterator[Cells]:
    """Yield the frames of an instance."""
    if source.syntax in NATIVE:
        return native_frames(source, shape)
    return decoded_frames(source, shape)


def _encoded(cells: Cells, shape: Shape, choice: LossyChoice) -> bytes:
    """Return a frame, compressed, of even length."""
    if choice.syntax == JPEG_BASELINE:
        from PIL import Image  # noqa: PLC0415 - when it is needed

        out = io.BytesIO()
        image = Image.fromarray(cells if shape.samples == _COLOURS else cells[..., 0])
        image.save(out, "JPEG", quality=choice.amount, subsampling=1)
        data = out.getvalue()
    else:
        from openjpeg.utils import encode_buffer  # noqa: PLC0415 - when it is needed

        data = bytes(
            encode_buffer(
                cells.tobytes(),
                shape.columns,
                shape.rows,
                shape.samples,
                shape.stored,
                shape.is_signed,
                photometric_interpretation=1 if shape.samples == _COLOURS else 0,
                use_mct=shape.samples == _COLOURS,
                compression_ratios=[choice.amount],
            )
        )
    return data + b"\0" if len(data) & 1 else data


def _derive(image: Dataset, choice: LossyChoice, shape: Shape, length: int) -> str:
    """Tell in a data set that it is derived, how and of what; return its new UID."""
    ratio = f"{shape.frames * shape.frame_bytes / length:.2f}"
    old = str(image.SOPInstanceUID)
    new = f"2.25.{uuid.uuid5(uuid.NAMESPACE_OID, f'{old} {choice.syntax} {choice.amount}').int}"
    how = f"{syntax_name(choice.syntax)}, {_METHODS[choice.syntax]}, ratio {ratio}"
    image.LossyImageCompression = "01"
    _append(image, "LossyImageCompressionRatio", ratio)
    _append(image, "LossyImageCompressionMethod", _METHODS[choice.syntax])
    kinds = list(image.get("ImageType") or ["ORIGINAL", "PRIMARY"])
    image.ImageType = ["DERIVED", *kinds[1:]]
    told = f"{image.get('DerivationDescription', '') or ''} Lossy compression: {how}".strip()
    image.DerivationDescription = told[-_DESCRIPTION_LENGTH:]
    image.DerivationCodeSequence = [
        *image.get("DerivationCodeSequence", []),
        _code("113040", "Lossy Compression"),
    ]
    item = pydicom.dataset.Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = image.SOPClassUID, old
    item.SpatialLocationsPreserved = "YES"
    item.PurposeOfReferenceCodeSequence = [_code("121320", "Uncompressed predecessor")]
    image.SourceImageSequence = [*image.get("SourceImageSequence", []), item]
    for keyword in ("SmallestImagePixelValue", "LargestImagePixelValue"):
        if keyword in image:
            delattr(image, keyword)  # they need not hold any more, and may be left out
    if shape.samples == _COLOURS:
        is_jpeg = choice.syntax == JPEG_BASELINE
        image.PhotometricInterpretation = "YBR_FULL_422" if is_jpeg else "YBR_ICT"
        image.PlanarConfiguration = 0
    image.SOPInstanceUID = new
    image.file_meta.MediaStorageSOPInstanceUID = pydicom.uid.UID(new)
    image.file_meta.TransferSyntaxUID = pydicom.uid.UID(choice.syntax)
    return new


def _append(image: Dataset, keyword: str, value: str) -> None:
    """Append a value to those that an element has, the latest compression last."""
    found = image.get(keyword)
    if found is None or found == "":
        setattr(image, keyword, value)
        return
    several: list[Any] = list(found) if isinstance(found, pydicom.multival.MultiValue) else [found]
    setattr(image, keyword, [*several, value])


def _code(value: str, meaning: str) -> Dataset:
    """Return a code of DICOM's own (PS3.16)."""
    item = pydicom.dataset.Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, "DCM", meaning
    return item
