"""pydicom and numpy, imported when something of them is first used.

The import of the one costs more than reading the headers of ten thousand files, that
of the other as much as planning their DICOMDIR. Neither indexing a folder nor listing
a File-set needs pydicom, and indexing needs no numpy.
"""

from __future__ import annotations

import importlib
import threading
from typing import TYPE_CHECKING, Any

_ONE_AT_A_TIME = threading.RLock()


def brought(name: str) -> Any:
    """Return a module of a package that imports much, the package imported before it.

    Two threads that import parts of one package from two ends each wait for what the other
    has begun; Python ends that by handing out modules that are half done, and the import
    fails. So whatever imports pydicom or numpy in a thread does it here.

    Parameters
    ----------
    name : str
        The package, or a module of it with dots.
    """
    with _ONE_AT_A_TIME:
        importlib.import_module(name.partition(".")[0])
        return importlib.import_module(name)


if TYPE_CHECKING:
    import numpy as np
    import pydicom
    import pydicom.charset
    import pydicom.data
    import pydicom.datadict
    import pydicom.dataelem
    import pydicom.dataset
    import pydicom.errors
    import pydicom.filebase
    import pydicom.filereader
    import pydicom.filewriter
    import pydicom.multival
    import pydicom.tag
    import pydicom.uid
    import pydicom.valuerep

    __all__ = ["brought", "np", "pydicom"]
else:

    class _Deferred:
        """Stands for a package until an attribute or a module of it is asked for."""

        def __init__(self, name: str) -> None:
            self._name = name

        def __getattr__(self, name: str) -> Any:
            """Import the package, or the module of it; the next look-up finds it at once."""
            with _ONE_AT_A_TIME:
                package = brought(self._name)
                try:
                    value = getattr(package, name)
                except AttributeError:
                    value = brought(f"{self._name}.{name}")
                setattr(self, name, value)
            return value

    np = _Deferred("numpy")
    pydicom = _Deferred("pydicom")
