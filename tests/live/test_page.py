"""The page's files: compressed for whoever takes that, and only sent again when they changed."""

import gzip
import os
from pathlib import Path

import httpx
import pytest

from live.page import Page, is_known
from live.settings import FRONTEND
from tests.conftest import RunningServer

MOST_BYTES = 100_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "page"
    folder.mkdir()
    (folder / "main.js").write_text("export const answer = 42;\n" * 20)
    (folder / "secret.key").write_text("secret")
    (tmp_path / "outside.js").write_text("export {};")
    return folder


@pytest.mark.parametrize(
    ("accepts", "encoding"),
    [
        *((accepted, "gzip") for accepted in ("gzip, deflate, br", "GZIP;q=0.5", "*")),
        *((other, "") for other in ("", "br", "identity", "gzip;q=0", "gzip;q=0.000, *")),
    ],
)
def test_the_copy_is_one_that_the_client_takes(folder: Path, accepts: str, encoding: str) -> None:
    file = Page(folder).find("main.js")
    assert file
    body, _, found = file.copy_for(accepts)
    assert found == encoding
    assert (gzip.decompress(body) if encoding else body) == (folder / "main.js").read_bytes()


@pytest.mark.parametrize(
    "name", ["secret.key", "absent.js", "../outside.js", "/main.js", "", ".", "..", "a\0.js"]
)
def test_nothing_else_is_served(folder: Path, name: str) -> None:
    assert Page(folder).find(name) is None


def test_an_edited_file_is_read_again(folder: Path) -> None:
    page = Page(folder)
    before = page.find("main.js")
    (folder / "main.js").write_text("export {};")
    os.utime(folder / "main.js", ns=(1, 1))
    after = page.find("main.js")
    assert before
    assert after
    assert after.plain == after.copy_for("gzip"), "compressing made it longer"
    assert after.plain.tag != before.plain.tag


def test_what_a_client_has_is_told_by_its_tag() -> None:
    assert is_known('"a-gzip"', 'W/"b", W/"a-gzip"')
    assert is_known('"a"', "*")
    assert not is_known('"a"', '"a-gzip"')
    assert not is_known('"a"', "")


def test_all_of_the_page_takes_less_than_100_kb_of_the_network(server: RunningServer) -> None:
    sizes = {}
    with httpx.Client(base_url=server.url, timeout=60) as http:
        for path in FRONTEND.iterdir():
            with http.stream("GET", path.name) as response:
                sizes[path.name] = sum(len(chunk) for chunk in response.iter_raw())
                assert response.status_code == 200
                assert response.headers["vary"] == "Accept-Encoding"
                assert response.headers["cache-control"] == "no-cache"
                tag = response.headers["etag"]
            again = http.get(path.name, headers={"If-None-Match": tag})
            assert (again.status_code, again.headers["etag"], again.content) == (304, tag, b"")
    assert sum(sizes.values()) <= MOST_BYTES


def test_whoever_takes_no_gzip_gets_the_file(server: RunningServer) -> None:
    plain = httpx.get(f"{server.url}main.js", headers={"Accept-Encoding": "identity"}, timeout=60)
    assert "content-encoding" not in plain.headers
    assert plain.content == (FRONTEND / "main.js").read_bytes()
    assert httpx.get(server.url, timeout=60).text == (FRONTEND / "index.html").read_text()
    assert httpx.get(f"{server.url}absent.js", timeout=60).json()["error"]["code"] == "not_found"
