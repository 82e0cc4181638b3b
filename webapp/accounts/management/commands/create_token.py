from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from webapp.accounts import tokens
from webapp.accounts.models import User
from webapp.accounts.refusals import AccountInvalid


class Command(BaseCommand):
    help = "Make an API token for a user and print it, alone, on standard output. It can't be shown again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", help="The username.")
        parser.add_argument("name", help="What the token is for.")
        parser.add_argument("--scopes", nargs="+", default=[str(tokens.READ)], help="read, trade or both; read alone.")
        parser.add_argument("--days", default=tokens.DAYS, help=f"How long it lasts, {tokens.DAYS} days if not said.")

    def handle(self, *_args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["user"]).first()
        if user is None:
            raise CommandError(f"There is no user {options['user']!r}.")
        try:
            token = tokens.create(user, options["name"], scopes=options["scopes"], days=options["days"])
        except AccountInvalid as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(token)
