"""Static files under ASGI, where a warning fails the test."""

from __future__ import annotations

from django.test import AsyncClient

from tests.services import ROOT

ADDRESS = "/static/gatehouse/css/base.css"
FILE = ROOT / "webapp/pages/static/gatehouse/css/base.css"


async def test_a_file_is_sent_whole() -> None:
    response = await AsyncClient().get(ADDRESS)
    assert not response.streaming
    assert response.content == FILE.read_bytes()
    assert response["Content-Type"].startswith("text/css")
    assert response["Content-Length"] == str(len(response.content))


async def test_a_head_and_an_unchanged_file_have_no_body() -> None:
    client = AsyncClient()
    head = await client.head(ADDRESS)
    unchanged = await client.get(ADDRESS, headers={"If-Modified-Since": head["Last-Modified"]})
    assert (head.status_code, head.content) == (200, b"")
    assert (unchanged.status_code, unchanged.content) == (304, b"")


async def test_a_part_of_a_file_is_that_part() -> None:
    response = await AsyncClient().get(ADDRESS, headers={"Range": "bytes=2-9"})
    assert (response.status_code, response.content) == (206, FILE.read_bytes()[2:10])


async def test_a_page_that_names_no_icon_gets_ours() -> None:
    client = AsyncClient()
    moved = await client.get("/favicon.ico")
    icon = await client.get(moved["Location"])
    assert (moved.status_code, icon.status_code, icon["Content-Type"]) == (302, 200, "image/svg+xml")


async def test_the_chart_s_library_is_served_as_a_module_and_nothing_else_of_npm_s_is() -> None:
    client = AsyncClient()
    module = await client.get("/static/lightweight-charts/lightweight-charts.standalone.production.mjs")
    assert (module.status_code, module["Content-Type"].partition(";")[0]) == (200, "text/javascript")
    for path in ("../package.json", "package.json", "node_modules/axe-core/axe.js"):
        assert (await client.get(f"/static/lightweight-charts/{path}")).status_code == 404
