"""What `ibflex2`, a reader of IB's Flex, makes of our CSV: `python -m tests.conformance.flex_reader < fills.csv`.

It takes XML alone, so each row's cells are handed to it as the attributes of a trade, word for word. An attribute that
Flex doesn't have, or a value that isn't of its type, it refuses. One JSON object for each row goes to stdout.
"""

from __future__ import annotations

import csv
import json
import sys
from xml.etree import ElementTree

from ibflex import parser  # type: ignore[import-not-found]  # in an environment of its own

# Flex's XML calls these otherwise than its CSV; the others begin with a small letter there.
IN_XML = {
    "ClientAccountID": "accountId",
    "CurrencyPrimary": "currency",
    "AssetClass": "assetCategory",
    "ISIN": "isin",
    "Put/Call": "putCall",
    "Buy/Sell": "buySell",
}
STATEMENT = {
    "accountId": "DU1000001",
    "fromDate": "2026-01-01",
    "toDate": "2026-12-31",
    "period": "",
    "whenGenerated": "2027-01-01;00:00:00",
}


def main() -> None:
    rows = list(csv.DictReader(sys.stdin))
    for row, trade in zip(rows, parser.parse(report(rows)).FlexStatements[0].Trades, strict=True):
        print(json.dumps({name: shown(getattr(trade, in_xml(name))) for name in row}))


def report(rows: list[dict[str, str]]) -> bytes:
    response = ElementTree.Element("FlexQueryResponse", queryName="fills", type="AF")
    statements = ElementTree.SubElement(response, "FlexStatements", count="1")
    trades = ElementTree.SubElement(ElementTree.SubElement(statements, "FlexStatement", STATEMENT), "Trades")
    for row in rows:
        ElementTree.SubElement(trades, "Trade", {in_xml(name): value for name, value in row.items()})
    return ElementTree.tostring(response)


def in_xml(name: str) -> str:
    small = "ib" + name[2:] if name.startswith("IB") else name[0].lower() + name[1:]
    return IN_XML.get(name, small)


def shown(value: object) -> str | None:
    """An enum as its value; what is unset is None."""
    return None if value is None else str(getattr(value, "value", value))


if __name__ == "__main__":
    main()
