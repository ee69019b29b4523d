"""A file from the network to the disk: with progress, resumed where it stopped, verified before it counts."""

import errno
import hashlib
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.client import HTTPException, HTTPMessage, IncompleteRead
from pathlib import Path
from typing import IO

from tqdm import tqdm

from picogpt.errors import DownloadError

CHUNK_BYTES = 1 << 20
TIMEOUT_S = 30
PAUSES_S = (1, 2, 4, 8)  # after a lost connection; one that brought something starts the count again
RETRY = "Check the connection and run the same again: it goes on from where it stopped."


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects, and keeps the sha256 that the hub names before it hands over to its CDN."""

    def __init__(self) -> None:
        self.linked_sha256 = ""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        self.linked_sha256 = headers.get("X-Linked-ETag", self.linked_sha256).strip('"')
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def fetch(url: str, path: Path, sha256: str = "") -> None:
    """Download `url` to `path`, by way of `path` + ".part", which a later call goes on from.

    The file must have `sha256`; without one, that which the server names in X-Linked-ETag (as Hugging Face
    does for large files). Raises DownloadError: no network, refusal, no space, wrong bytes.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    announced = _fetch_with_retries(url, part)
    _verify(part, sha256 or announced, url)
    part.replace(path)


def _fetch_with_retries(url: str, part: Path) -> str:
    pauses: Iterator[int] = iter(())  # a first attempt that brings nothing is not worth waiting for
    while True:
        n_before = _size(part)
        try:
            return _attempt(url, part)
        except (OSError, HTTPException) as error:
            _raise_if_final(error, url, part)
            if _size(part) > n_before:
                pauses = iter(PAUSES_S)
            pause = next(pauses, None)
            if pause is None:
                raise DownloadError(f"{url} could not be fetched: {_reason(error)}.", RETRY) from error
            time.sleep(pause)


def _attempt(url: str, part: Path) -> str:
    """Fetch what `part` lacks; the sha256 that the server announces, or ""."""
    redirects, done = _Redirects(), _size(part)
    headers = {"User-Agent": "picogpt"} | ({"Range": f"bytes={done}-"} if done else {})
    try:
        response = urllib.request.build_opener(redirects).open(
            urllib.request.Request(url, headers=headers), timeout=TIMEOUT_S
        )
    except urllib.error.HTTPError as error:
        if error.code == 416 and done:  # nothing is missing: the hash will tell
            return redirects.linked_sha256
        raise
    with response:
        if response.status != 206:  # the server knows no ranges: from the beginning
            done = 0
        _save(response, part, done)
    return redirects.linked_sha256


def _save(response: IO[bytes], part: Path, done: int) -> None:
    length = response.headers.get("Content-Length")  # type: ignore[attr-defined]
    total = done + int(length) if length else None
    bar = tqdm(total=total, initial=done, unit="B", unit_scale=True, desc=part.stem, dynamic_ncols=True)
    with part.open("ab" if done else "wb") as out, bar:
        while chunk := response.read(CHUNK_BYTES):
            out.write(chunk)
            bar.update(len(chunk))
    if total is not None and _size(part) < total:  # read(n) does not mind a connection that ends early
        raise IncompleteRead(b"", total - _size(part))


def _raise_if_final(error: Exception, url: str, part: Path) -> None:
    """Raise DownloadError for what another attempt would not mend."""
    if isinstance(error, urllib.error.HTTPError) and error.code < 500 and error.code != 429:
        raise DownloadError(f"{url} answered {error.code} {error.reason}.", "Is the name right?") from error
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        raise DownloadError(
            f"The disk is full; {part} keeps what has arrived.", "Make room, then the same again."
        )


def _reason(error: Exception) -> str:
    if isinstance(error, IncompleteRead):
        return f"the connection was lost with {error.expected:,} bytes to go"
    return f"no connection ({getattr(error, 'reason', error)})"


def _verify(part: Path, sha256: str, url: str) -> None:
    if not sha256:
        return
    with part.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != sha256:
        part.unlink()
        raise DownloadError(
            f"{url}: expected sha256 {sha256}, got {found}; the bytes are deleted.",
            "Run the same again to fetch them anew.",
        )


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0
