from __future__ import annotations

import logging
import traceback
from uuid import uuid4

import pytest

from webapp.accounts import credentials, sealing
from webapp.accounts.models import BrokerAccount, Credential
from workers.unsealing import Login, Opener, UnsealingFailed

PASSWORD = "correct horse battery"


@pytest.mark.django_db
def test_a_stored_login_opens_in_a_worker(account, keysets):
    credentials.store(account=account, username="alice-at-broker", password=PASSWORD)
    assert Opener().login_of(account.id) == Login(username="alice-at-broker", password=PASSWORD)


@pytest.mark.django_db
def test_a_login_that_was_moved_to_another_account_does_not_open(account, bob, keysets):
    credentials.store(account=account, username="alice-at-broker", password=PASSWORD)
    bobs = BrokerAccount.objects.create(user=bob, name="Paper", trading_mode="paper")
    Credential.objects.filter(account=account).update(account=bobs)
    with pytest.raises(UnsealingFailed, match=str(bobs.id)):
        Opener().login_of(bobs.id)


@pytest.mark.django_db
def test_an_account_without_a_login_says_so(account, keysets):
    with pytest.raises(UnsealingFailed, match="No broker login is stored"):
        Opener().login_of(account.id)


def test_a_changed_ciphertext_does_not_open(keysets):
    account_id = uuid4()
    sealed = bytearray(sealing.seal(b"secret", account_id=account_id))
    sealed[-1] ^= 1
    with pytest.raises(UnsealingFailed):
        Opener().open(bytes(sealed), account_id=account_id)


def test_a_process_without_a_private_keyset_opens_nothing(keysets, settings):
    account_id = uuid4()
    sealed = sealing.seal(b"secret", account_id=account_id)
    settings.PRIVATE_KEYSET = None
    with pytest.raises(UnsealingFailed, match="GATEHOUSE_PRIVATE_KEYSET"):
        Opener().open(sealed, account_id=account_id)


def test_a_private_keyset_that_can_not_be_read_is_said_to_be(keysets, settings):
    keysets.private.unlink()
    with pytest.raises(UnsealingFailed, match="No such file"):
        Opener().open(b"", account_id=uuid4())


@pytest.mark.parametrize("content", ["", "{}", "not a keyset", "\xff"])
def test_a_broken_private_keyset_fails_without_showing_what_it_holds(keysets, content):
    keysets.private.write_text(content, encoding="latin-1")
    with pytest.raises(UnsealingFailed):
        Opener().open(b"", account_id=uuid4())


def test_a_failure_shows_neither_the_key_nor_the_ciphertext(keysets, caplog):
    sealed = sealing.seal(b"secret", account_id=uuid4())
    with pytest.raises(UnsealingFailed) as failure:
        Opener().open(sealed, account_id=uuid4())
    logging.getLogger(__name__).error("could not open", exc_info=failure.value)
    said = caplog.text + "".join(traceback.format_exception(failure.value))
    assert "doesn't open" in said
    assert keysets.private.read_text() not in said
    assert repr(sealed) not in said


def test_a_login_prints_without_its_password():
    login = Login(username="alice-at-broker", password=PASSWORD)
    assert PASSWORD not in f"{login} {login!r}"
    assert "alice-at-broker" in repr(login)
