from __future__ import annotations

import argparse
import math

import pytest

from tests.benchmarks import takeover

ARGUMENTS = argparse.Namespace(sessions=3, rounds=1)


def test_a_session_that_never_moved_took_for_ever() -> None:
    assert takeover.timed({"a": 1.0, "b": 2.0}, 3) == [1.0, 2.0, math.inf]


def test_percentiles_count_it_instead_of_leaving_it_out() -> None:
    seconds = [1.0] * 98 + [math.inf] * 2
    assert takeover.percentile(seconds, 50) == 1.0
    assert takeover.percentile(seconds, 98) == 1.0
    assert takeover.percentile(seconds, 99) == math.inf


def test_it_fails_loudly_when_one_never_moved(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match=r"FAILED.*1 of 3 \(kill -9 to READY"):
        takeover.report(ARGUMENTS, {takeover.HELD: [1.0, 2.0, 3.0], takeover.READY: [2.0, 3.0, math.inf]})
    assert "p99    inf s" in capsys.readouterr().out


def test_it_ends_well_when_all_moved() -> None:
    takeover.report(ARGUMENTS, {takeover.HELD: [1.0, 2.0, 3.0], takeover.READY: [2.0, 3.0, 4.0]})
