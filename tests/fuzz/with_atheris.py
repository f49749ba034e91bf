"""Coverage-guided fuzzing: ``python -m tests.fuzz.with_atheris header|directory FOLDER [options]``.

The options are libFuzzer's, such as ``-max_total_time=600``. Found cases are kept below FOLDER.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from tempfile import mkdtemp

import atheris  # type: ignore[import-not-found, import-untyped, unused-ignore]

with atheris.instrument_imports(include=["dicomdir_studio"]):
    from tests.fuzz import targets

_SECONDS = 1.0


def main() -> None:
    """Fuzz one target until libFuzzer is told to stop."""
    target, kept = sys.argv[1], Path(sys.argv[2])
    fuzzed = {"header": targets.header, "directory": targets.directory}[target]
    seeds = {"header": targets.header_seeds, "directory": targets.directory_seeds}[target]()
    memory = Path("/dev/shm")  # noqa: S108 - files that live for one run
    folder = Path(mkdtemp(dir=memory if memory.is_dir() else None))
    targets.prepare(folder)
    corpus = kept / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for place, seed in enumerate(seeds):
        (corpus / f"seed{place:03d}").write_bytes(seed)

    def one_input(data: bytes) -> None:
        begun = time.process_time()
        fuzzed(data, folder)
        taken = time.process_time() - begun
        if taken > _SECONDS:
            message = f"{len(data)} bytes took {taken:.1f} s"
            raise TimeoutError(message)

    options = ["-max_len=32768", f"-artifact_prefix={kept}/", "-rss_limit_mb=1500"]
    atheris.Setup([sys.argv[0], *options, *sys.argv[3:], str(corpus)], one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
