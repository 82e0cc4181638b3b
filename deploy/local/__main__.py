"""`python -m deploy.local demo`, which is what `make demo` runs."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from deploy.local import demo
from deploy.local.processes import LocalError
from deploy.local.stack import ROOT

PLACES = ("process", "docker")


def main() -> None:
    arguments = parse()
    try:
        demo.run(
            var=arguments.var.resolve(),
            port=port_number(arguments.port),
            gateways=gateways_place(arguments.gateways),
            with_parent=arguments.with_parent,
        )
    except LocalError as error:
        sys.exit(f"make demo: {error}")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m deploy.local")
    parser.add_argument("command", choices=["demo"])
    parser.add_argument("--port", default="8000", help="of 127.0.0.1, for the pages")
    parser.add_argument("--gateways", default="process", help=f"where gateways run: {' or '.join(PLACES)}")
    parser.add_argument("--var", type=Path, default=ROOT / "var", help="the folder for data, keys and logs")
    parser.add_argument("--with-parent", action="store_true", help="stop when the process that started this one ends")
    return parser.parse_args()


def gateways_place(text: str) -> str:
    if text not in PLACES:
        raise LocalError(f"GATEWAYS is {text!r}; it must be {' or '.join(PLACES)}, as in: make demo GATEWAYS=docker")
    return text


def port_number(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise LocalError(f"PORT is {text!r}; it must be a number from 1 to 65535, as in PORT=8100 make demo")
    return int(text)


if __name__ == "__main__":
    main()
