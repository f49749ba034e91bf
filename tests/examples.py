"""How many examples hypothesis makes where each reads or writes a file."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

relaxed = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
