"""The corpora of the bench: fetched once from package archives into a cache outside the repository."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Final

from attrs import frozen

REPOSITORY: Final = Path(__file__).resolve().parents[2]


@frozen(kw_only=True)
class Corpus:
    """What is measured.

    Args:
        name: As on the command line.
        sdists: Python source distributions, `name==version`.
        npm: npm packages, `name@version`.
        by_hand: How to fetch it where neither client can; then `--path` names the folder.
    """

    name: str
    sdists: tuple[str, ...] = ()
    npm: tuple[str, ...] = ()
    by_hand: str = ""


CORPORA: Final = {
    corpus.name: corpus
    for corpus in (
        Corpus(name="django", sdists=("django==5.2.19",)),
        Corpus(name="pymix", sdists=("django==5.2.19", "sympy==1.14.0", "sqlalchemy==2.1.9")),
        Corpus(
            name="ts",
            npm=("effect@4.1.0", "viem@2.57.20", "zod@4.6.7", "rxjs@7.8.2"),
        ),
        Corpus(
            name="java",
            by_hand="unpack java.base/java of lib/src.zip in Debian's package openjdk-17-source",
        ),
        Corpus(
            name="kotlin",
            by_hand="unpack Debian's source packages kotlin 1.3.31 and kotlinx-coroutines 1.0.1, "
            "and keep only the .kt files of the former's compiler/ and libraries/ and of the latter",
        ),
        Corpus(
            name="go",
            by_hand="unpack Debian's package golang-1.19-src (the standard library) or golang-golang-x-tools-dev",
        ),
        Corpus(
            name="rust",
            by_hand="unpack library/ and compiler/ of Debian's package rust-src 1.63",
        ),
        Corpus(name="self"),
    )
}


def cache_folder() -> Path:
    """Return the folder of fetched corpora: CODEGRAPH_BENCH_CACHE, else the user's cache."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(os.environ.get("CODEGRAPH_BENCH_CACHE") or f"{base}/codegraph-bench")


def fetch(corpus: Corpus) -> Path:
    """Return the folder of a corpus, fetched and unpacked on first use; `self` is a copy of this repository's code.

    Raises:
        subprocess.CalledProcessError: pip or npm could not fetch it.
    """
    folder = cache_folder() / corpus.name
    if corpus.name == "self":
        return _copy_of_ourselves(folder)
    if folder.is_dir():
        return folder
    if corpus.by_hand:
        raise RuntimeError(f"{corpus.name} is not fetched by this script: {corpus.by_hand}, and name it with --path")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as work:
        archives, unpacked = Path(work, "archives"), Path(work, "unpacked")
        archives.mkdir()
        for requirement in corpus.sdists:
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:"]
            subprocess.run([*command, "--dest", str(archives), requirement], check=True)
        if corpus.npm:
            command = ["npm", "pack", "--silent", *corpus.npm]
            subprocess.run(command, cwd=archives, check=True, stdout=subprocess.DEVNULL)
        for archive in sorted(archives.iterdir()):
            with tarfile.open(archive) as tar:
                # npm archives all unpack to "package", so each has a folder of its own.
                tar.extractall(unpacked / archive.name.removesuffix(".tgz").removesuffix(".tar.gz"), filter="data")
        unpacked.rename(folder)
    return folder


def _copy_of_ourselves(folder: Path) -> Path:
    """Copy the tracked Python sources, so that neither caches nor builds of this checkout are measured."""
    shutil.rmtree(folder, ignore_errors=True)
    roots = ("bootstrap.py", "builtin_analyzers", "codegraph_core", "contrib", "hookspecs", "plugins", "tests")
    for path in sorted(found for root in roots for found in _python_files(REPOSITORY / root)):
        target = folder / path.relative_to(REPOSITORY)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    return folder


def _python_files(path: Path) -> list[Path]:
    left_out = {".venv", "target", "build", "__pycache__"}
    found = path.rglob("*.py") if path.is_dir() else [path]
    return [file for file in found if not left_out & set(file.parts)]
