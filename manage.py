#!/usr/bin/env python
"""Django's command line. Without GATEHOUSE_* variables it speaks to the stack that `make demo` runs here."""

import os
import sys
from pathlib import Path

from django.core.management import execute_from_command_line

LOCAL_STACK = Path(__file__).resolve().parent / "var" / "environment"


def use_local_stack() -> None:
    if LOCAL_STACK.exists() and not any(name.startswith("GATEHOUSE_") for name in os.environ):
        os.environ.update(line.partition("=")[::2] for line in LOCAL_STACK.read_text().splitlines())


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")
    use_local_stack()
    execute_from_command_line(sys.argv)
