from __future__ import annotations

import json
import stat
import threading
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from webapp.accounts import sealing
from webapp.accounts.keysets import KeysetFiles, rotate
from workers.unsealing import Opener


@pytest.fixture
def files(tmp_path: Path, settings) -> KeysetFiles:
    """Where the settings point to; nothing is there yet."""
    pair = KeysetFiles.in_folder(tmp_path / "made" / "here")
    settings.PUBLIC_KEYSET, settings.PRIVATE_KEYSET = pair.public, pair.private
    return pair


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def seals_and_opens() -> bool:
    account_id = uuid4()
    return Opener().open(sealing.seal(b"secret", account_id=account_id), account_id=account_id) == b"secret"


def test_the_command_makes_a_pair_that_seals_and_opens(files):
    call_command("create_keysets")
    assert seals_and_opens()


def test_the_pair_is_readable_by_its_owner_alone(files):
    call_command("create_keysets")
    assert (mode(files.private.parent), mode(files.private), mode(files.public)) == (0o700, 0o600, 0o600)


def test_the_command_does_nothing_when_there_is_a_pair(files):
    call_command("create_keysets")
    before = files.private.read_text(), files.public.read_text()
    call_command("create_keysets")
    assert (files.private.read_text(), files.public.read_text()) == before


def test_the_command_writes_into_the_folder_it_was_given(tmp_path):
    call_command("create_keysets", "--dir", str(tmp_path / "elsewhere"))
    assert {path.name for path in (tmp_path / "elsewhere").glob("*.json")} == {"public.json", "private.json"}


def test_a_process_that_is_not_told_of_a_private_keyset_makes_it_beside_the_public_one(files, settings):
    settings.PRIVATE_KEYSET = None
    call_command("create_keysets")
    assert files.private.exists()


def test_the_command_says_nothing_of_the_keys(files, capsys):
    call_command("create_keysets")
    call_command("rotate_keysets")
    said = "".join(capsys.readouterr())
    assert str(files.private) in said
    assert not [key for key in json.loads(files.private.read_text())["key"] if key["keyData"]["value"] in said]


def test_a_lost_public_keyset_is_made_from_the_private_one(files):
    call_command("create_keysets")
    before = files.public.read_text()
    files.public.unlink()
    call_command("create_keysets")
    assert files.public.read_text() == before


def test_a_lost_private_keyset_is_an_error_and_nothing_is_written(files):
    call_command("create_keysets")
    files.private.unlink()
    with pytest.raises(CommandError, match="Put the private keyset back"):
        call_command("create_keysets")
    assert not files.private.exists()


def test_a_rotation_adds_a_primary_key_to_both_and_keeps_the_older_ones(files):
    call_command("create_keysets")
    old = json.loads(files.private.read_text())
    call_command("rotate_keysets")
    private, public = (json.loads(path.read_text()) for path in (files.private, files.public))
    assert private["key"][:-1] == old["key"]
    assert private["primaryKeyId"] == public["primaryKeyId"] == private["key"][-1]["keyId"] != old["primaryKeyId"]
    assert [key["keyId"] for key in public["key"]] == [key["keyId"] for key in private["key"]]
    assert mode(files.private) == 0o600
    assert seals_and_opens()


def test_a_rotation_without_a_pair_is_an_error(files):
    with pytest.raises(CommandError, match="create_keysets"):
        call_command("rotate_keysets")


def test_rotations_at_once_lose_no_key(files):
    call_command("create_keysets")
    threads = [threading.Thread(target=rotate, args=[files]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len({key["keyId"] for key in json.loads(files.private.read_text())["key"]}) == 5
    assert seals_and_opens()
