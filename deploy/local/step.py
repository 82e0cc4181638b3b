"""The launcher's short programs, each in a process of its own: `python -m deploy.local.step NAME`.

They need Django's settings, which need the services that the launcher starts first.
"""

from __future__ import annotations

import sys

import django
from django.core.management import call_command

from deploy.local.processes import LocalError


def main(name: str) -> None:
    django.setup()
    from deploy.local import demo_rows  # its models can't be imported any earlier

    steps = {"prepare": prepare, "demo_rows": demo_rows.make, "first_look": demo_rows.first_look}
    try:
        steps[name]()
    except LocalError as error:
        sys.exit(str(error))


def prepare() -> None:
    """Bring the keysets and the database to what the code expects."""
    from webapp.accounts.models import GatewaySession

    call_command("create_keysets")
    call_command("migrate", interactive=False, verbosity=1)
    # A worker that was killed can't release its leases. The folder's lock says that none is alive: nobody need wait.
    GatewaySession.objects.exclude(owner="").update(owner="", lease_expires_at=None)


if __name__ == "__main__":
    main(sys.argv[1])
