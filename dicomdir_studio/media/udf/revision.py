"""The revisions of UDF that are laid here, and what of a file system depends on them."""

from __future__ import annotations

import enum


class Revision(enum.Enum):
    """A revision of OSTA's Universal Disk Format, as media of PS3.12 ask for it."""

    UDF_1_50 = "1.50"
    UDF_2_50 = "2.50"
    UDF_2_60 = "2.60"

    @property
    def code(self) -> int:
        """How descriptors write it: 0x0250 is 2.50 (UDF 2.1.5.3)."""
        return int(self.value.replace(".", ""), 16)

    @property
    def number(self) -> str:
        """How PS3.12 and `standard.media` write it, without a zero at its end."""
        return self.value.removesuffix("0")

    @property
    def oldest_reader(self) -> int:
        """The revision that a reader must know, at least (UDF 2.2.6.4).

        What 2.60 adds is for writing; readers of 2.50 read it.
        """
        return Revision.UDF_2_50.code if self.has_metadata_partition else self.code

    @property
    def has_metadata_partition(self) -> bool:
        """Whether directories lie in a partition of their own, twice (UDF 2.50 2.2.10)."""
        return self is not Revision.UDF_1_50

    @property
    def standard(self) -> bytes:
        """The edition of ECMA-167, as the volume recognition sequence says it (3/9.1)."""
        return b"NSR03" if self.has_metadata_partition else b"NSR02"

    @property
    def tag_version(self) -> int:
        """The version in descriptor tags (ECMA-167 3/7.2.2)."""
        return 3 if self.has_metadata_partition else 2
