"""One account's simulated gateway: what it saw, and how it is made to fail."""

from __future__ import annotations

import json
import re
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CONTROL_DEADLINE = 20.0

# IB's words for an order that is over.
OVER = ("Filled", "Cancelled", "ApiCancelled", "Inactive")

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class SimulatedGateway:
    """`folder` is the one that the process runtime keeps for it. It was started with a control port."""

    folder: Path

    def rows(self, *kinds: str) -> list[Row]:
        """The ledger's rows of these kinds, oldest first; a line that is still being written is left out."""
        path = self.folder / "ledger.jsonl"
        lines = path.read_text().splitlines(keepends=True) if path.exists() else []
        rows = [json.loads(line) for line in lines if line.endswith("\n")]
        return [row for row in rows if not kinds or row["kind"] in kinds]

    def open_orders(self) -> set[int]:
        """The perm_ids of what works at the broker, by its last word on each."""
        words = {row["perm_id"]: row["status"] for row in self.rows("status")}
        return {perm_id for perm_id, word in words.items() if word not in OVER}

    def record(self) -> Row:
        record: Row = json.loads((self.folder / "gateway.json").read_text())
        return record

    @property
    def pid(self) -> int:
        return int(self.record()["pid"])

    def tell(self, do: str, **arguments: Any) -> Row:
        """Make it do what a scenario can. Raises RuntimeError when it won't."""
        with socket.create_connection(("127.0.0.1", self._control_port()), timeout=CONTROL_DEADLINE) as control:
            control.sendall(json.dumps({"do": do, **arguments}).encode() + b"\n")
            answer: Row = json.loads(control.makefile().readline())
        if not answer.get("ok"):
            raise RuntimeError(f"the gateway did not {do}: {answer}")
        return answer

    def _control_port(self) -> int:
        log = (self.folder / "gateway.log").read_text()
        return int(re.findall(r"control on \S+:(\d+)", log)[-1])
