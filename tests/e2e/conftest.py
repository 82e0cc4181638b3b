"""The whole stack, started as `make demo` starts it, and Debian's Chromium. Nothing is replaced."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from deploy.local import stack as local_stack
from deploy.local.stack import ROOT, Stack
from tests.e2e.steps import PASSWORD, RECORD_CLICKED_PRICE, Visitor, new_name

CHROMIUM = ["--disable-gpu", "--disable-background-networking", "--disable-component-update", "--no-first-run"]
# An answer that refuses (409, 422) is logged by the browser itself; the tests assert on what the page says.
REFUSED = "Failed to load resource"
DEADLINE_MS = 20_000
# A machine that runs many browsers answers late, and a test that waits in vain fails anyway.
expect.set_options(timeout=DEADLINE_MS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("e2e")


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    # A tool that tries the whole API asks more in a minute than a program would.
    extra = {"GATEHOUSE_API_REQUESTS_PER_MINUTE": "100000"}
    wanted = Stack(var=Path(os.environ["GATEHOUSE_VAR"]) / "stack", port=free_port(), durable=False, extra=extra)
    with local_stack.running(wanted) as running:
        yield running


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    """With a failure comes what the stack's parts said last."""
    report = yield
    if report.failed:
        for log in sorted((Path(os.environ["GATEHOUSE_VAR"]) / "stack" / "log").glob("*.log")):
            report.sections.append((f"the end of {log.name}", "\n".join(log.read_text().splitlines()[-25:])))
    return report


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Not for the whole session: while Playwright runs, no other event loop can."""
    path = shutil.which("chromium")
    if path is None:
        pytest.fail("chromium is missing; `make test` says how to install it")
    expect.set_options(timeout=DEADLINE_MS)  # its own 5 s are over soon on a busy machine
    as_root = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*CHROMIUM, *as_root])
        yield browser
        browser.close()


@dataclass
class Watched:
    """What went wrong in a browser while nobody asserted on it."""

    stack: Stack
    wrongs: list[str] = field(default_factory=list)

    def context(self, context: BrowserContext, expected: tuple[str, ...]) -> None:
        context.on("weberror", lambda error: self.wrongs.append(f"script error: {error.error}"))
        context.on("console", partial(self._console, (REFUSED, *expected)))
        context.on("request", self._request)

    def _console(self, expected: tuple[str, ...], message: Any) -> None:
        if message.type == "error" and not message.text.startswith(expected):
            self.wrongs.append(f"console: {message.text}")

    def _request(self, request: Any) -> None:
        if urlsplit(request.url).hostname not in (local_stack.HOST, None):
            self.wrongs.append(f"request to another host: {request.url}")


@pytest.fixture
def visit(browser: Browser, stack: Stack) -> Iterator[Any]:
    """Opens a browser of its own for a person: `visit()` gives a Visitor, who isn't signed in.

    Errors on its console fail the test, but for those that begin with what is `expected`.
    """
    watched, contexts = Watched(stack), []

    def open_browser(*expected: str) -> Visitor:
        context = browser.new_context(
            base_url=stack.url, viewport={"width": 1440, "height": 900}, accept_downloads=True, locale="en-GB"
        )
        context.set_default_timeout(DEADLINE_MS)
        context.add_init_script(RECORD_CLICKED_PRICE)
        watched.context(context, expected)
        contexts.append(context)
        return Visitor(context.new_page(), stack)

    yield open_browser
    for context in contexts:
        context.close()
    assert watched.wrongs == []


@pytest.fixture
def alice(visit: Any) -> Visitor:
    """Signed up, with an account that is READY. A name of its own for each test."""
    visitor: Visitor = visit()
    visitor.sign_up(new_name("alice-"), PASSWORD)
    visitor.connect(new_name("walter"))
    visitor.sees_state("READY")
    return visitor


@pytest.fixture(scope="session")
def superuser(stack: Stack) -> str:
    name, words = new_name("admin-"), ("createsuperuser", "--noinput", "--email", "", "--username")
    command_line(stack, "manage.py", *words, name, DJANGO_SUPERUSER_PASSWORD=PASSWORD)
    return name


@pytest.fixture
def administrator(visit: Any, superuser: str) -> Visitor:
    visitor: Visitor = visit()
    visitor.sign_in(superuser, PASSWORD)
    return visitor


@pytest.fixture
def manage(stack: Stack) -> Any:
    """`python manage.py ...` on the running stack, as an operator has it; what it printed."""
    return partial(command_line, stack, "manage.py")


@pytest.fixture
def celery(stack: Stack) -> Any:
    """`celery -A workers.app ...` on the running stack; what it printed."""
    return partial(command_line, stack, "-m", "celery", "-A", "workers.app")


def command_line(stack: Stack, *words: str, **extra: str) -> str:
    result = subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env=stack.environment(private=False) | extra,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


@pytest.fixture
def new_tab() -> Any:
    def open_tab(page: Page) -> Page:
        return page.context.new_page()

    return open_tab
