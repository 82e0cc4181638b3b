"""An account shared: its owner invites a person by username, who accepts. Either may end it at once.

The owner types a name and learns nothing of who is here: a name that nobody has is invited like any other, and what
the invited person doesn't do looks the same as what nobody can do. So only who accepts is known to be here.
Whatever ends or narrows a right is told to the account's open sockets, which ask anew what their users may.
"""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils import timezone

from webapp.accounts import alerts
from webapp.accounts.models import AccountShare, BrokerAccount, User
from webapp.accounts.refusals import AccountInvalid, NotAllowed
from webapp.accounts.selectors import oldest_open
from webapp.audit import recording as audit
from webapp.audit.recording import Action
from webapp.bus import announce

# Of one account: nobody trades with more, and a list of guessed names is no use.
MOST = 20


def invite(*, account: BrokerAccount, username: str, role: str) -> AccountShare:
    """Raises AccountInvalid for what can't be meant; an unknown username isn't told from a known one."""
    username = username.strip()
    if errors := _problems(account, username, role):
        raise AccountInvalid(errors)
    invited = User.objects.filter(username=username, is_active=True).first()
    try:
        with transaction.atomic():
            share = AccountShare.objects.create(account=account, username=username, user=invited, role=role)
            _record(Action.ACCOUNT_SHARED, share, f"Invited as a {role}.")
            return share
    except IntegrityError:
        raise AccountInvalid({"username": f"{username} is on the list already. Change the role there."}) from None


def accept(share: AccountShare) -> None:
    """By the person who was invited. Raises AccountInvalid for one that is over."""
    with transaction.atomic():
        waiting = AccountShare.objects.filter(pk=share.pk, user=share.user, accepted_at=None, declined_at=None)
        if share.user is None or not waiting.filter(invited_at__gt=oldest_open()).update(accepted_at=timezone.now()):
            raise AccountInvalid({"": "This invitation is over. Ask for another one."})
        _record(Action.SHARE_CHANGED, share, "Accepted.")
        # What there was to know before isn't news to who comes now.
        alerts.mark_seen(user=share.user, up_to=[(share.account_id, share.account.last_event_number)])


def decline(share: AccountShare) -> None:
    """By the person who was invited; its owner sees one that waits, and then one that is over."""
    AccountShare.objects.filter(pk=share.pk, accepted_at=None).update(declined_at=timezone.now())


def change_role(*, share: AccountShare, role: str) -> None:
    """Raises AccountInvalid for a role that there isn't."""
    if role not in AccountShare.Role.values:
        raise AccountInvalid({"role": _no_such(role)})
    with transaction.atomic():
        if AccountShare.objects.filter(pk=share.pk).exclude(role=role).update(role=role):
            _record(Action.SHARE_CHANGED, share, f"A {role} from now on.")
            _tell(share)


def end(share: AccountShare, *, left: bool = False) -> None:
    """Taken back by its owner, or left by the other. What that person had open closes."""
    with transaction.atomic():
        if AccountShare.objects.filter(pk=share.pk).delete()[0]:
            _record(Action.SHARE_REVOKED, share, "Left." if left else "Taken back by the owner.")
            _tell(share)


def leave(*, account: BrokerAccount, by: User) -> None:
    """Raises NotAllowed for the owner, who has nothing to leave."""
    share = account.shares.filter(user=by).first()
    if share is None:
        raise NotAllowed(f"{account.name} is your own. Nothing was changed.")
    end(share, left=True)


def _problems(account: BrokerAccount, username: str, role: str) -> dict[str, str]:
    errors = {}
    if not 1 <= len(username) <= 150 or not username.isprintable():
        errors["username"] = "Enter the name that the other person signs in with here."
    elif username == account.user.get_username():
        errors["username"] = "This account is your own."
    elif account.shares.count() >= MOST:
        errors["username"] = f"An account is shared with {MOST} people at most. Take one off the list first."
    if role not in AccountShare.Role.values:
        errors["role"] = _no_such(role)
    return errors


def _no_such(role: str) -> str:
    return f"The role is viewer or trader, not {role[:20]!r}."


def _record(action: Action, share: AccountShare, text: str) -> None:
    audit.record(action, account=share.account, subject=share.username, text=text)


def _tell(share: AccountShare) -> None:
    # Robust: the row is the truth, and each socket asks by itself every few seconds.
    transaction.on_commit(lambda: announce.access_changed(share.account_id), robust=True)
