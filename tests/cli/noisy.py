"""The program with a library beneath it that prints what it thinks: ``python -m tests.cli.noisy``.

Every file that is opened makes it write a line to the descriptors of both outputs, as C
libraries do.
"""

from __future__ import annotations

import contextlib
import os
import sys
from typing import Any

from dicomdir_studio import __main__ as program


def main() -> int:
    """Run the program with its arguments."""
    opened = os.open

    def noisy_open(*arguments: Any, **options: Any) -> int:
        descriptor = opened(*arguments, **options)
        for number in (1, 2):
            with contextlib.suppress(OSError):
                os.write(number, b"noise\n")
        return descriptor

    os.open = noisy_open
    return program.main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
