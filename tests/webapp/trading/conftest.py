"""Property tests here cross PostgreSQL, on a machine that may be busy: how long one example takes says nothing."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("crossing", deadline=None)
settings.load_profile("crossing")
