"""Which pages may hold a figure in a frame."""

import asyncio

import pytest

httpx = pytest.importorskip("httpx")
pytest.importorskip("fastapi", reason="the extra 'app' is not installed")


def policy(origins: list[str], path: str) -> str:
    from leadtime.interfaces.api import create_app

    async def get() -> "httpx.Response":
        transport = httpx.ASGITransport(create_app(embed_from=origins))
        async with httpx.AsyncClient(transport=transport, base_url="http://leadtime") as client:
            return await client.get(path)

    answer = asyncio.run(get())
    assert answer.status_code == 200
    return next(
        part.strip() for part in answer.headers["content-security-policy"].split(";") if "frame-ancestors" in part
    )


def test_only_the_embedded_page_may_be_held_and_only_where_the_server_says() -> None:
    assert policy([], "/") == "frame-ancestors 'none'"
    assert policy([], "/embed") == "frame-ancestors 'self'"
    assert policy(["https://example.org"], "/") == "frame-ancestors 'none'"
    assert policy(["https://example.org", "http://localhost:8000"], "/embed") == (
        "frame-ancestors 'self' https://example.org http://localhost:8000"
    )
    assert policy(["https://example.org"], "/static/app.js") == "frame-ancestors 'none'"


@pytest.mark.parametrize(
    "origin",
    [
        "*",
        "example.org",
        "https://*",
        "https://a b",
        "https://example.org/path",
        "https://x; script-src *",
        "",
        "data:",
        "https://a\nb",
    ],
)
def test_what_is_no_origin_is_refused(origin: str) -> None:
    from leadtime.errors import BadInputError
    from leadtime.interfaces.api import create_app

    with pytest.raises(BadInputError, match="no origin"):
        create_app(embed_from=[origin])
