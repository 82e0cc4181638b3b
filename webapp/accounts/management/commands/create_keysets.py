from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from webapp.accounts import keysets, relay_key


class Command(BaseCommand):
    help = (
        "Make the pair of keysets that broker logins are sealed and opened with, and the key that workers show to "
        "gateways' relays. What exists is kept."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dir", type=Path, help="The folder for public.json, private.json and relay.key.")

    def handle(self, *_args: Any, **options: Any) -> None:
        folder: Path | None = options["dir"]
        files = keysets.KeysetFiles.in_folder(folder) if folder else keysets.KeysetFiles.from_settings()
        try:
            created, created_key = keysets.create(files), relay_key.create(files)
        except (keysets.KeysetProblem, OSError) as problem:
            raise CommandError(str(problem)) from problem
        self.stdout.write(f"{'Wrote' if created else 'Kept'} {files.public} and {files.private}.")
        self.stdout.write(f"{'Wrote' if created_key else 'Kept'} {files.relay_key}.")
