from __future__ import annotations

from uuid import uuid4

import pytest
import tink
from tink import hybrid, json_proto_keyset_format

from webapp.accounts import keysets as keyset_files
from webapp.accounts import sealing
from workers.unsealing import Opener

SECRET = b"a password that nobody else uses"


def files(keysets) -> keyset_files.KeysetFiles:
    return keyset_files.KeysetFiles.in_folder(keysets.public.parent)


def test_what_was_sealed_for_an_account_opens_for_it(keysets):
    account_id = uuid4()
    assert Opener().open(sealing.seal(SECRET, account_id=account_id), account_id=account_id) == SECRET


def test_sealing_twice_gives_two_ciphertexts_without_the_plaintext_in_them(keysets):
    account_id = uuid4()
    first, second = (sealing.seal(SECRET, account_id=account_id) for _ in range(2))
    assert first != second
    assert SECRET not in first + second


def test_the_public_keyset_can_not_open_what_it_sealed(keysets):
    sealing.seal(SECRET, account_id=uuid4())
    public = json_proto_keyset_format.parse_without_secret(keysets.public.read_text())
    with pytest.raises(tink.TinkError, match="HybridDecrypt"):
        public.primitive(hybrid.HybridDecrypt)


def test_the_public_keyset_holds_no_secret_key(keysets):
    assert "ASYMMETRIC_PUBLIC" in keysets.public.read_text()
    assert "PRIVATE" not in keysets.public.read_text().upper()


def test_a_process_that_was_given_the_private_keyset_for_the_public_one_seals_nothing(keysets, settings):
    settings.PUBLIC_KEYSET = keysets.private
    with pytest.raises(sealing.SealingFailed, match="contains secret key material"):
        sealing.seal(SECRET, account_id=uuid4())


def test_after_a_rotation_old_ciphertexts_still_open_and_new_ones_use_the_new_key(keysets):
    account_id = uuid4()
    old = sealing.seal(SECRET, account_id=account_id)
    keys_before = keysets.private.read_text()
    keyset_files.rotate(files(keysets))
    new = sealing.seal(SECRET, account_id=account_id)
    assert [Opener().open(sealed, account_id=account_id) for sealed in (old, new)] == [SECRET, SECRET]
    # Tink puts the key's id in front of what it sealed.
    assert old[:5] != new[:5]
    keysets.private.write_text(keys_before)
    assert Opener().open(old, account_id=account_id) == SECRET
    with pytest.raises(Exception, match="doesn't open"):
        Opener().open(new, account_id=account_id)


@pytest.mark.parametrize("content", [None, "", "{}", "not a keyset", "\x00\xff"])
def test_a_broken_keyset_is_named_and_the_secret_is_not(keysets, content, caplog):
    keysets.public.unlink()
    if content is not None:
        keysets.public.write_text(content, encoding="latin-1")
    with pytest.raises(sealing.SealingFailed) as failure:
        sealing.seal(SECRET, account_id=uuid4())
    assert str(keysets.public) in str(failure.value)
    assert_holds_no_secret(failure.value, caplog.text)


def assert_holds_no_secret(error: BaseException, log: str) -> None:
    chain = [error, error.__cause__, error.__context__]
    said = log + "".join(f"{link!s}{link!r}{getattr(link, 'args', '')}" for link in chain if link)
    assert SECRET.decode() not in said
