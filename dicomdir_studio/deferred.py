"""pydicom, imported when something of it is first used.

Its import costs more than reading the headers of five thousand files, and neither
indexing a folder nor listing a File-set needs any of it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pydicom
    import pydicom.charset
    import pydicom.datadict
    import pydicom.dataelem
    import pydicom.dataset
    import pydicom.errors
    import pydicom.filebase
    import pydicom.filereader
    import pydicom.filewriter
    import pydicom.tag
    import pydicom.uid
    import pydicom.valuerep

    __all__ = ["pydicom"]
else:

    class _Deferred:
        """Stands for a package until an attribute or a module of it is asked for."""

        def __init__(self, name: str) -> None:
            self._name = name

        def __getattr__(self, name: str) -> Any:
            """Import the package, or the module of it; the next look-up finds it at once."""
            package = importlib.import_module(self._name)
            try:
                value = getattr(package, name)
            except AttributeError:
                value = importlib.import_module(f"{self._name}.{name}")
            setattr(self, name, value)
            return value

    pydicom = _Deferred("pydicom")
