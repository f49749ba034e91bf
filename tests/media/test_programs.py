"""Programs of the system: run to their end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicomdir_studio.media.programs import Answer, ask

if TYPE_CHECKING:
    from pathlib import Path


def test_programs_are_run_to_their_end(tmp_path: Path) -> None:
    """Code, output and complaint come back; a program that is not there is an answer too."""
    script = tmp_path / "x"
    script.write_text("#!/bin/sh\necho out\necho bad >&2\nexit 3\n")
    script.chmod(0o755)
    assert ask([str(script)]) == Answer(3, "out\n", "bad\n")
    gone = ask([str(tmp_path / "none")])
    assert gone.code == 127
    assert "No such file" in gone.reason
    assert "said nothing" in Answer(1, "").reason
