"""The engine that tests and the demo hold: a real one, shared with whoever else holds it now."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local import engine
from tests.engine import real_engine
from tests.services import ROOT

HOLDER = """
from pathlib import Path
from deploy.local import engine

with engine.held(Path("var")):
    print("holds", flush=True)
    input()
"""


@pytest.mark.docker
def test_an_engine_answers_for_as_long_as_somebody_holds_it(tmp_path: Path) -> None:
    with real_engine() as outer:
        with engine.held(tmp_path / "never-needed") as inner:
            assert inner == outer.url
        assert outer.client.ping()
        assert not (tmp_path / "never-needed").exists()


@pytest.mark.docker
def test_a_holder_that_is_killed_takes_nobody_s_engine_with_it() -> None:
    with real_engine() as outer:
        pipe = subprocess.PIPE
        with subprocess.Popen([sys.executable, "-c", HOLDER], cwd=ROOT, stdin=pipe, stdout=pipe) as holder:
            assert holder.stdout is not None
            assert holder.stdout.readline() == b"holds\n"
            holder.kill()
        assert outer.client.ping()


def test_nothing_answers_where_nobody_listens() -> None:
    assert not engine.answers("unix:///nonexistent/docker.sock")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give up what root may do")
def test_root_that_may_not_start_an_engine_is_told_so() -> None:
    program = "from deploy.local import engine; print(engine.why_not())"
    command = ["setpriv", "--bounding-set=-sys_admin", sys.executable, "-c", program]
    said = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True, timeout=60).stdout
    assert "root of this container isn't allowed to start one" in said
