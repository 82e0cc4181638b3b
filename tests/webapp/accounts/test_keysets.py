from __future__ import annotations

import json
import stat
import threading
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from brokers.gateways.relay.keys import read_key
from webapp.accounts import sealing
from webapp.accounts.keysets import KeysetFiles, rotate
from workers.unsealing import Opener


@pytest.fixture
def files(tmp_path: Path, settings) -> KeysetFiles:
    """Where the settings point to; nothing is there yet."""
    pair = KeysetFiles.in_folder(tmp_path / "made" / "here")
    settings.PUBLIC_KEYSET, settings.PRIVATE_KEYSET, settings.RELAY_KEY = pair.public, pair.private, pair.relay_key
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


def test_the_command_makes_a_key_for_relays_that_a_relay_can_read_and_its_owner_alone(files):
    call_command("create_keysets")
    assert len(read_key(files.relay_key)) == 32
    assert mode(files.relay_key) == 0o600


def test_the_command_adds_the_key_to_a_pair_that_is_older_and_never_changes_it(files):
    call_command("create_keysets")
    files.relay_key.unlink()
    private = files.private.read_text()
    call_command("create_keysets")
    key = files.relay_key.read_text()
    call_command("create_keysets")
    assert (files.private.read_text(), files.relay_key.read_text()) == (private, key)


def test_the_command_does_nothing_when_there_is_a_pair(files):
    call_command("create_keysets")
    before = files.private.read_text(), files.public.read_text()
    call_command("create_keysets")
    assert (files.private.read_text(), files.public.read_text()) == before


def test_the_command_writes_into_the_folder_it_was_given(tmp_path):
    call_command("create_keysets", "--dir", str(tmp_path / "elsewhere"))
    assert {path.name for path in (tmp_path / "elsewhere").glob("[!.]*")} == {
        "public.json",
        "private.json",
        "relay.key",
    }


def test_a_process_that_is_not_told_of_secret_files_makes_them_beside_the_public_one(files, settings):
    settings.PRIVATE_KEYSET = settings.RELAY_KEY = None
    call_command("create_keysets")
    assert files.private.exists()
    assert files.relay_key.exists()


def test_the_command_says_nothing_of_the_keys(files, capsys):
    call_command("create_keysets")
    call_command("rotate_keysets")
    said = "".join(capsys.readouterr())
    assert str(files.private) in said
    assert files.relay_key.read_text().strip() not in said
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
