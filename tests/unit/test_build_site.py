"""The parts of a site build that need neither MkDocs nor a network: index of models, swap, server."""

import hashlib
import http.client
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import build_site
import models_index
import pages
from project import BuildError
from static_server import StaticServer


@pytest.fixture
def models(tmp_path: Path) -> Path:
    (tmp_path / "small").mkdir()
    (tmp_path / "small" / "model.safetensors").write_bytes(b"weights")
    (tmp_path / "small" / "merges.txt").write_bytes(b"a b\n")
    (tmp_path / "models.json").write_text('[{"name": "small", "title": "A small one"}]', "utf-8")
    return tmp_path


def test_the_index_has_each_files_path_size_and_hash_and_leaves_out_what_is_absent(models: Path) -> None:
    models_index.write(models / "out" / "index.json", models / "models.json")
    assert json.loads((models / "out" / "index.json").read_text("utf-8")) == [
        {
            "name": "small",
            "title": "A small one",
            "files": {
                "weights": {
                    "path": "small/model.safetensors",
                    "bytes": 7,
                    "sha256": hashlib.sha256(b"weights").hexdigest(),
                },
                "merges": {
                    "path": "small/merges.txt",
                    "bytes": 4,
                    "sha256": hashlib.sha256(b"a b\n").hexdigest(),
                },
            },
        }
    ]


def test_a_model_without_weights_ends_the_build(models: Path) -> None:
    (models / "small" / "model.safetensors").unlink()
    with pytest.raises(BuildError, match=r"'small' has no weights.*model\.safetensors"):
        models_index.write(models / "index.json", models / "models.json")


@pytest.mark.parametrize("text", ["", "{}", "[]", '[{"name": 1, "title": "x"}]', '["small"]'])
def test_a_malformed_list_of_models_ends_the_build(models: Path, text: str) -> None:
    (models / "models.json").write_text(text, "utf-8")
    with pytest.raises(BuildError, match=r"models\.json"):
        models_index.write(models / "index.json", models / "models.json")


def test_a_build_replaces_the_whole_folder(tmp_path: Path) -> None:
    site = tmp_path / "dist" / "site"
    for name in ("first", "second"):
        with build_site.replacing(site) as new:
            new.mkdir()
            (new / name).touch()
        assert [path.name for path in site.iterdir()] == [name]
    assert [path.name for path in site.parent.iterdir()] == ["site"]


def test_a_build_that_fails_leaves_the_old_folder_and_nothing_else(tmp_path: Path) -> None:
    site = tmp_path / "site"
    site.mkdir()
    (site / "old").touch()

    def fail() -> None:
        with build_site.replacing(site) as new:
            new.mkdir()
            (new / "half").touch()
            raise BuildError("no")

    with pytest.raises(BuildError):
        fail()
    assert [path.name for path in tmp_path.iterdir()] == ["site"]
    assert [path.name for path in site.iterdir()] == ["old"]


def test_an_address_without_a_protocol_is_refused() -> None:
    assert pages.checked("https://a.github.io/b") == "https://a.github.io/b/"
    with pytest.raises(BuildError, match=r"expected one like https://.*got 'a\.github\.io'"):
        pages.checked("a.github.io")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[StaticServer]:
    root = tmp_path / "root"
    (root / "sub").mkdir(parents=True)
    (tmp_path / "secret").write_text("secret", "utf-8")
    for name in ("index.html", "sub/index.html", "404.html", "a.mjs", "b.wasm", "c.bin", "d.safetensors"):
        (root / name).write_text(f"this is {name}", "utf-8")
    with StaticServer(root, "127.0.0.1", 0, "/base/") as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


def ask(
    server: StaticServer, path: str, method: str = "GET", **headers: str
) -> tuple[int, dict[str, str], str]:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=5)
    connection.request(
        method, path, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )
    response = connection.getresponse()
    body = response.read().decode()
    connection.close()
    return response.status, dict(response.getheaders()), body


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("", "text/html; charset=utf-8"),
        ("a.mjs", "text/javascript; charset=utf-8"),
        ("b.wasm", "application/wasm"),
        ("c.bin", "application/octet-stream"),
        ("d.safetensors", "application/octet-stream"),
    ],
)
def test_files_have_the_types_that_browsers_ask_for(
    server: StaticServer, path: str, content_type: str
) -> None:
    status, headers, body = ask(server, f"/base/{path}?query=1")
    assert (status, headers["Content-Type"]) == (200, content_type)
    assert body == f"this is {path or 'index.html'}"


def test_a_rebuilt_file_is_seen_and_an_unchanged_one_not_sent_again(server: StaticServer) -> None:
    _, headers, _ = ask(server, "/base/a.mjs")
    assert headers["Cache-Control"] == "no-cache"
    assert ask(server, "/base/a.mjs", If_None_Match=headers["ETag"])[::2] == (304, "")
    (server.root / "a.mjs").write_text("this is new!!", "utf-8")
    assert ask(server, "/base/a.mjs", If_None_Match=headers["ETag"])[::2] == (200, "this is new!!")


def test_a_folder_without_its_slash_and_the_root_are_redirected_into_the_sub_path(
    server: StaticServer,
) -> None:
    assert ask(server, "/base/sub")[1]["Location"] == "/base/sub/"
    assert ask(server, "/")[1]["Location"] == "/base/"
    assert ask(server, "/base")[1]["Location"] == "/base/"
    assert ask(server, "/base/sub/")[2] == "this is sub/index.html"


@pytest.mark.parametrize("path", ["/base/none", "/elsewhere", "/base/../secret", "/base/%2e%2e/secret"])
def test_what_is_not_below_the_root_is_the_sites_own_404_page(
    server: StaticServer, path: str, capfd: pytest.CaptureFixture[str]
) -> None:
    status, _, body = ask(server, path)
    assert (status, body) == (404, "this is 404.html")
    assert capfd.readouterr().err.count("\n") == 1


def test_head_sends_no_body(server: StaticServer) -> None:
    status, headers, body = ask(server, "/base/a.mjs", "HEAD")
    assert (status, headers["Content-Length"], body) == (200, "13", "")


def test_a_port_in_use_is_an_error_that_names_the_option(server: StaticServer) -> None:
    port = server.server_address[1]
    with pytest.raises(BuildError, match=rf"127\.0\.0\.1:{port}.*\n.*--port {port + 1}"):
        StaticServer(server.root, "127.0.0.1", port)
