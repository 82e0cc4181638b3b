import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.processes import Child, Identity, LocalError, became_true, identify, spawn, sweep
from tests.services import ROOT

DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"


@pytest.fixture
def run_folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    sweep(tmp_path, deadline=0.1)


def start(run_folder: Path, code: str) -> Child:
    return spawn("child", [sys.executable, "-c", code], log=run_folder / "child.log", run_folder=run_folder)


def said(run_folder: Path, word: str) -> bool:
    return became_true(lambda: word in (run_folder / "child.log").read_text(), deadline=20)


def test_a_stopped_child_is_gone_and_so_is_its_record(run_folder: Path) -> None:
    child = start(run_folder, "import time; time.sleep(60)")
    assert child.record.exists()

    child.stop()

    assert child.exit_code() == -signal.SIGTERM
    assert not child.record.exists()


def test_a_child_that_ignores_the_stop_signal_is_killed(run_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    child = start(run_folder, DEAF)
    assert said(run_folder, "deaf")

    child.stop(deadline=0.2)

    assert child.exit_code() == -signal.SIGKILL
    assert "did not stop within 0.2 s" in capsys.readouterr().out


def test_a_child_dies_with_a_parent_that_was_killed(run_folder: Path) -> None:
    parent, child = orphan_maker(run_folder, "import time; print('up', flush=True); time.sleep(60)", "up")

    parent.kill()
    parent.wait(10)

    assert became_true(lambda: not child.lives(), deadline=10)


def test_a_sweep_ends_what_outlived_a_killed_parent(run_folder: Path) -> None:
    parent, child = orphan_maker(run_folder, DEAF, "deaf")
    parent.kill()
    parent.wait(10)
    assert child.lives()

    assert sweep(run_folder, deadline=0.2) == ["child"]

    assert not child.lives()
    assert list(run_folder.glob("*.json")) == []


def test_a_sweep_leaves_a_stranger_with_the_same_pid_alone(run_folder: Path) -> None:
    stranger = subprocess.Popen(["sleep", "60"])
    try:
        identity = identify(stranger.pid)
        assert identity is not None
        record = {"pid": stranger.pid, "started": identity.started - 1, "boot": identity.boot, "signal": 15}
        (run_folder / "old.json").write_text(json.dumps(record))

        assert sweep(run_folder) == []

        assert identity.lives()
    finally:
        stranger.kill()
        stranger.wait(10)


def test_a_process_that_was_not_waited_for_counts_as_ended() -> None:
    child = subprocess.Popen(["true"])
    assert became_true(lambda: identify(child.pid) is None, deadline=10)
    child.wait(10)


def test_a_record_that_is_not_one_is_named_in_the_refusal(run_folder: Path) -> None:
    (run_folder / "broken.json").write_text("{}")

    with pytest.raises(LocalError, match=r"broken\.json is not a process record"):
        sweep(run_folder)
    (run_folder / "broken.json").unlink()


def orphan_maker(run_folder: Path, code: str, word: str) -> tuple[subprocess.Popen[bytes], Identity]:
    """A parent of its own process, and the child that it started."""
    program = f"""
import sys, time
from pathlib import Path
from deploy.local.processes import spawn
folder = Path({str(run_folder)!r})
spawn("child", [sys.executable, "-c", {code!r}], log=folder / "child.log", run_folder=folder)
time.sleep(60)
"""
    parent = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, env=dict(os.environ))
    record = run_folder / "child.json"
    assert became_true(record.exists, deadline=20)
    assert said(run_folder, word)
    child = identify(json.loads(record.read_text())["pid"])
    assert child is not None
    return parent, child
