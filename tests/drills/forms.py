"""A form as a browser sends it: what its fields were painted with."""

from __future__ import annotations

from html.parser import HTMLParser


def fields_of(page: str) -> dict[str, str]:
    """By name. A box without its tick is left out, and so is a button."""
    reader = _Reader()
    reader.feed(page)
    return reader.fields


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self._choosing = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        name = given.get("name", "")
        if tag == "input" and name and _is_sent(given):
            self.fields[name] = given.get("value", "on")
        elif tag == "select":
            self._choosing = name
        elif tag == "option" and self._choosing and ("selected" in given or self._choosing not in self.fields):
            self.fields[self._choosing] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._choosing = ""


def _is_sent(given: dict[str, str]) -> bool:
    return given.get("type") not in ("submit", "button") and (
        given.get("type") not in ("checkbox", "radio") or "checked" in given
    )
