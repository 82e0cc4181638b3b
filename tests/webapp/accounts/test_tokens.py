from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from webapp.accounts import tokens
from webapp.accounts.models import ApiToken
from webapp.accounts.refusals import AccountInvalid

pytestmark = pytest.mark.django_db


def test_a_token_speaks_for_its_user(alice, bob):
    assert tokens.authenticate(tokens.create(alice, "export")).user == alice
    assert tokens.authenticate(tokens.create(bob, "export")).user == bob


def test_two_tokens_of_one_name_are_two(alice):
    assert tokens.create(alice, "export") != tokens.create(alice, "export")


def test_a_token_begins_so_that_a_leaked_one_can_be_recognised(alice):
    token = tokens.create(alice, "export")
    assert token.startswith("gh_")
    assert len(token) >= 43


def test_only_the_hash_is_kept(alice):
    token = tokens.create(alice, "export")
    columns = ApiToken.objects.values().get()
    assert token[3:] not in str(columns)
    assert columns["token_hash"] == hashlib.sha256(token.encode()).hexdigest()


@pytest.mark.parametrize("text", ["", "gh_", "gh_" + "x" * 43, "\x00", "é", "\udcff", "x" * 10_000])
def test_what_is_no_token_speaks_for_nobody(alice, text):
    tokens.create(alice, "export")
    assert tokens.authenticate(text) is None


def test_the_hash_of_a_token_is_no_token(alice):
    assert tokens.authenticate(tokens.hash_of(tokens.create(alice, "export"))) is None


def test_a_removed_token_and_one_of_a_deactivated_user_speak_for_nobody(alice, bob):
    removed, deactivated = tokens.create(alice, "export"), tokens.create(bob, "export")
    ApiToken.objects.filter(user=alice).delete()
    bob.is_active = False
    bob.save()
    assert [tokens.authenticate(removed), tokens.authenticate(deactivated)] == [None, None]


def test_its_use_is_recorded_and_not_written_again_within_a_minute(alice):
    token = tokens.create(alice, "export")
    assert ApiToken.objects.get().last_used_at is None
    tokens.authenticate(token)
    first = ApiToken.objects.get().last_used_at
    tokens.authenticate(token)
    assert ApiToken.objects.get().last_used_at == first
    an_hour_ago = timezone.now() - timedelta(hours=1)
    ApiToken.objects.update(last_used_at=an_hour_ago)
    tokens.authenticate(token)
    assert ApiToken.objects.get().last_used_at > an_hour_ago


@pytest.mark.parametrize("name", ["", "  ", "x" * 61])
def test_a_token_needs_a_name_that_fits(alice, name):
    with pytest.raises(AccountInvalid, match="1 to 60"):
        tokens.create(alice, name)
    with pytest.raises(CommandError, match="1 to 60"):
        call_command("create_token", "alice", name)


def test_the_command_prints_the_token_alone(alice, capsys):
    call_command("create_token", "alice", "export")
    printed = capsys.readouterr()
    assert printed.err == ""
    token = tokens.authenticate(printed.out.removesuffix("\n"))
    assert (token.user, token.scopes) == (alice, ["read"])


def test_the_command_takes_scopes_and_days(alice, capsys):
    call_command("create_token", "alice", "trader", "--scopes", "trade", "read", "--days", "7")
    token = tokens.authenticate(capsys.readouterr().out.strip())
    assert token.scopes == ["read", "trade"]
    assert timedelta(days=6) < token.expires_at - timezone.now() <= timedelta(days=7)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("scopes", ["admin"], "no scope “admin”; there are read, trade"),
        ("scopes", [], "at least one scope"),
        ("days", 0, "1 to 365 whole days, not “0”"),
        ("days", 366, "not “366”"),
        ("days", "-1", "not “-1”"),
        ("days", "1.5", "not “1.5”"),
        ("days", "", "not “”"),
        ("days", "٣", "not “٣”"),
        ("days", "9" * 100, "1 to 365 whole days"),
    ],
)
def test_a_token_that_would_be_wrong_is_not_made(alice, field, value, said):
    with pytest.raises(AccountInvalid) as refused:
        tokens.create(alice, "export", **{field: value})
    assert said in refused.value.errors[field]
    assert not ApiToken.objects.exists()


def test_an_expired_token_speaks_for_nobody(alice):
    text = tokens.create(alice, "export")
    token = tokens.authenticate(text)
    assert tokens.still_valid(token)
    ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert tokens.authenticate(text) is None
    assert not tokens.still_valid(token)


def test_a_revoked_token_speaks_for_nobody(alice):
    text = tokens.create(alice, "export")
    token = tokens.authenticate(text)
    tokens.revoke(user=alice, token_id=token.pk)
    assert tokens.authenticate(text) is None
    assert not tokens.still_valid(token)


def test_another_users_token_can_not_be_revoked(alice, bob):
    token = tokens.authenticate(tokens.create(alice, "export"))
    with pytest.raises(ApiToken.DoesNotExist):
        tokens.revoke(user=bob, token_id=token.pk)
    assert tokens.still_valid(token)


def test_nobody_has_more_tokens_than_can_be_looked_through(alice, bob):
    for number in range(tokens.MOST_TOKENS):
        tokens.create(alice, f"export {number}")
    with pytest.raises(AccountInvalid, match="Revoke one first"):
        tokens.create(alice, "one more")
    tokens.create(bob, "his first")


def test_the_command_names_a_user_that_does_not_exist():
    with pytest.raises(CommandError, match="no user 'nobody'"):
        call_command("create_token", "nobody", "export")
