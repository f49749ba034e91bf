"""Where a medium plan can go: a folder, a ZIP file, an image of a disc."""

from __future__ import annotations

from dicomdir_studio.media.targets.folder import write_folder
from dicomdir_studio.media.targets.iso_image import volume_identifier, write_iso
from dicomdir_studio.media.targets.receipt import MediumReceipt
from dicomdir_studio.media.targets.stick import container_on, write_stick
from dicomdir_studio.media.targets.udf_image import write_udf
from dicomdir_studio.media.targets.zip_archive import write_zip

__all__ = [
    "MediumReceipt",
    "container_on",
    "volume_identifier",
    "write_folder",
    "write_iso",
    "write_stick",
    "write_udf",
    "write_zip",
]
