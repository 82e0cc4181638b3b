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

    def handle(self, *_args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["user"]).first()
        if user is None:
            raise CommandError(f"There is no user {options['user']!r}.")
        try:
            self.stdout.write(tokens.create(user=user, name=options["name"]))
        except AccountInvalid as refusal:
            raise CommandError(str(refusal)) from refusal
