"""Which transfer syntax an instance can be turned to without loss (PS3.5 8.2, 10, Annex A)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from dicomdir_studio.deferred import pydicom
from dicomdir_studio.phrases import said

if TYPE_CHECKING:
    from collections.abc import Collection

    from dicomdir_studio.part10.header import InstanceHeader

IMPLICIT_LITTLE: Final = "1.2.840.10008.1.2"
EXPLICIT_LITTLE: Final = "1.2.840.10008.1.2.1"
DEFLATED: Final = "1.2.840.10008.1.2.1.99"
EXPLICIT_BIG: Final = "1.2.840.10008.1.2.2"
JPEG_BASELINE: Final = "1.2.840.10008.1.2.4.50"
JPEG_LOSSLESS: Final = "1.2.840.10008.1.2.4.57"
JPEG_LOSSLESS_SV1: Final = "1.2.840.10008.1.2.4.70"
JPEG_LS: Final = "1.2.840.10008.1.2.4.80"
JPEG_LS_NEAR: Final = "1.2.840.10008.1.2.4.81"
JPEG_2000_LOSSLESS: Final = "1.2.840.10008.1.2.4.90"
JPEG_2000: Final = "1.2.840.10008.1.2.4.91"
RLE: Final = "1.2.840.10008.1.2.5"

NATIVE: Final = frozenset((IMPLICIT_LITTLE, EXPLICIT_LITTLE, DEFLATED, EXPLICIT_BIG))
"""Transfer syntaxes that do not compress pixels."""

COMPRESSED: Final = (JPEG_LOSSLESS_SV1, JPEG_LS, JPEG_2000_LOSSLESS, RLE)
"""Compressed transfer syntaxes that instances are turned to, the most widely read first."""

_EXACT: Final = frozenset((*COMPRESSED, JPEG_LOSSLESS, JPEG_LS_NEAR, JPEG_2000))
"""Compressed ones whose decoding is exact; of JPEG 2000 only if the stream says so itself."""

_PHOTOMETRIC: Final = frozenset(("MONOCHROME1", "MONOCHROME2", "PALETTE COLOR", "RGB", "YBR_FULL"))
_SIGNED: Final = frozenset(("MONOCHROME1", "MONOCHROME2"))

WANTED: Final = frozenset(
    (
        0x00280002, 0x00280004, 0x00280100, 0x00280101, 0x00280102, 0x00280103, 0xFFFAFFFA,
    )
)  # fmt: skip
"""Elements of a header that `PixelTraits.of` looks at."""


class PixelTraits(NamedTuple):
    """What of an instance decides to which transfer syntaxes it can be turned.

    Attributes
    ----------
    syntax : str
        Its Transfer Syntax UID.
    has_pixels : bool
        Whether it has Pixel Data of any kind.
    samples, allocated, stored, high : int
        Samples per Pixel, Bits Allocated, Bits Stored and High Bit; 0 where absent.
    is_signed : bool
        Pixel Representation.
    photometric : str
        Photometric Interpretation.
    is_sealed : bool
        Whether it has digital signatures, which cover its encoded form (PS3.15 C).
    """

    syntax: str
    has_pixels: bool
    samples: int
    allocated: int
    stored: int
    high: int
    is_signed: bool
    photometric: str
    is_sealed: bool

    @classmethod
    def of(cls, header: InstanceHeader) -> PixelTraits:
        """Return the traits of an instance whose `WANTED` elements were read."""

        def number(tag: int) -> int:
            found = header.values.get(tag)
            return int.from_bytes(found[1][:2], "little") if found else 0

        return cls(
            syntax=header.transfer_syntax,
            has_pixels=header.has_pixels,
            samples=number(0x00280002) or 1,
            allocated=number(0x00280100),
            stored=number(0x00280101),
            high=number(0x00280102),
            is_signed=bool(number(0x00280103)),
            photometric=header.text(0x00280004),
            is_sealed=0xFFFAFFFA in header.values,
        )

    @property
    def decoded_photometric(self) -> str:
        """The Photometric Interpretation once a reversible colour transform is undone."""
        return "RGB" if self.photometric == "YBR_RCT" else self.photometric


def routes(traits: PixelTraits, allowed: Collection[str]) -> tuple[str, ...]:
    """Return the transfer syntaxes to turn an instance to without loss, the best first.

    What is not compressed stays so where that is allowed; what is compressed stays small.

    Parameters
    ----------
    traits : PixelTraits
        The instance.
    allowed : collection of str
        Transfer Syntax UIDs that would do.
    """
    plain = traits.syntax in NATIVE or not traits.has_pixels
    order = (EXPLICIT_LITTLE, *COMPRESSED) if plain else (*COMPRESSED, EXPLICIT_LITTLE)
    return tuple(uid for uid in order if uid in allowed and not hindrance(traits, uid))


def hindrance(traits: PixelTraits, syntax: str) -> str:
    """Return why an instance cannot be turned to a transfer syntax without loss, "" if it can."""
    why = ""
    if traits.is_sealed:
        why = said("it has a digital signature, which its present encoding is part of")
    elif not traits.has_pixels:
        why = "" if syntax == EXPLICIT_LITTLE else said("it has no pixels to compress")
    elif traits.syntax not in NATIVE:
        why = _not_decoded(traits)
    elif traits.syntax == EXPLICIT_BIG and traits.allocated > 16:
        why = said("programs do not agree on the order of words in Big Endian pixels of 32 bits")
    if why or syntax == EXPLICIT_LITTLE:
        return why
    if syntax not in COMPRESSED:
        return said("lossless conversion to {0} is not supported", syntax_name(syntax))
    return _not_compressed(traits) or _not_read(traits, syntax)


def _not_read(traits: PixelTraits, syntax: str) -> str:
    """Return why readers would break down over pixels in a compression (they were tried)."""
    if syntax == JPEG_LOSSLESS_SV1 and traits.stored < 8:
        return said(
            "GDCM, which many viewers use, breaks down over less than 8 bits in JPEG Lossless"
        )
    if syntax == JPEG_2000_LOSSLESS and traits.stored <= 8 < traits.allocated:
        return said("readers do not agree on JPEG 2000 of 8 bits in cells of 16")
    return ""


def _not_decoded(traits: PixelTraits) -> str:
    """Return why compressed pixels do not decode to the bit."""
    if traits.syntax not in _EXACT:
        return said("{0} does not decode to the same pixels everywhere", syntax_name(traits.syntax))
    if traits.allocated not in ({8, 16, 32} if traits.syntax == RLE else {8, 16}):
        return said("compressed pixels of {0} bits are not decoded", traits.allocated)
    return ""


def _not_compressed(traits: PixelTraits) -> str:
    """Return why pixels have no place in a lossless compression (PS3.5 8.2.1 to 8.2.4)."""
    kind, why = traits.decoded_photometric, ""
    if traits.allocated not in {8, 16} or not 1 <= traits.stored <= traits.allocated:
        why = said("pixels of {0} of {1} bits are not compressed", traits.stored, traits.allocated)
    elif traits.high != traits.stored - 1:
        why = said("the pixels do not lie in the lowest bits")
    elif kind not in _PHOTOMETRIC:
        why = said(
            "{0} would not be restored bit for bit",
            kind or said("an unknown Photometric Interpretation"),
        )
    elif traits.samples != (3 if kind in {"RGB", "YBR_FULL"} else 1):
        why = said("{0} samples per pixel do not go with {1}", traits.samples, kind)
    elif traits.is_signed and kind not in _SIGNED:
        why = said("signed pixels do not go with {0}", kind)
    elif kind == "YBR_FULL" and traits.allocated != 8:
        why = said("YBR_FULL is of 8 bits when compressed")
    return why


def syntax_name(uid: str) -> str:
    """Return a transfer syntax as PS3.6 calls it."""
    name: str = pydicom.uid.UID(uid).name
    return name
