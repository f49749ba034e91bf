"""Changes UDF images byte by byte, and reads what is left in them."""

from __future__ import annotations

import contextlib
import hashlib
import struct
from binascii import crc_hqx
from typing import TYPE_CHECKING

from dicomdir_studio.media.targets import write_udf
from dicomdir_studio.media.udf_reading import UdfError, UdfImage
from tests.media.udf_images import layout_of, tree_plan

if TYPE_CHECKING:
    from pathlib import Path

    from dicomdir_studio.media.udf.layout import Layout
    from dicomdir_studio.media.udf.revision import Revision

SECTOR = 2048
START = 288


def flipped(image: Path, *places: int) -> None:
    """Turn round the bits of single bytes of an image."""
    with image.open("r+b") as file:
        for place in places:
            file.seek(place)
            byte = file.read(1)[0]
            file.seek(place)
            file.write(bytes([byte ^ 0xFF]))


def written(tmp_path: Path, revision: Revision) -> tuple[Path, Layout, dict[str, str]]:
    """Return an image, where everything in it lies, and its sums."""
    plan = tree_plan(40)
    image = tmp_path / "a.iso"
    receipt = write_udf(plan, image, revision=revision, verified=False)
    return image, layout_of(plan, revision), receipt.digests


def read_all(image: Path) -> dict[str, str]:
    """Return the SHA-256 of every file that can be read; what cannot must say so."""
    sums = {}
    with contextlib.suppress(UdfError), UdfImage(image) as found:
        for file in found.files():
            with contextlib.suppress(UdfError):
                sums[file.name] = hashlib.sha256(b"".join(found.pieces(file))).hexdigest()
    return sums


def altered(image: Path, sector: int, place: int, data: bytes, begin: int = 0) -> None:
    """Put bytes into the descriptor at a sector, and make its sums right again."""
    with image.open("r+b") as file:
        file.seek(sector * SECTOR)
        block = bytearray(file.read(SECTOR))
        block[begin + place : begin + place + len(data)] = data
        (length,) = struct.unpack_from("<H", block, begin + 10)
        body = bytes(block[begin + 16 : begin + 16 + length])
        struct.pack_into("<H", block, begin + 8, crc_hqx(body, 0))
        block[begin + 4] = 0
        block[begin + 4] = sum(block[begin : begin + 16]) & 0xFF
        file.seek(sector * SECTOR)
        file.write(block)
