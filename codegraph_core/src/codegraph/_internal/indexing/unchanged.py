"""The fast path: is the tree still as it was when the current snapshot was made?

A walk's outcome is decided by the state of few things: the known files, the directories, the ignore
files, and files without extension whose `#!` line may name a language. Their size, modification and change
times are kept with the snapshot. Looking again costs one `lstat` each and no listing.

A time that was not older than the clock's grain when it was recorded proves nothing (a write in the same
tick leaves it as it is), so what is that young is compared by content.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
import time
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import attrgetter, itemgetter
from pathlib import Path
from typing import Any, Final

import blake3
import pyarrow as pa
import xxhash
from attrs import evolve, frozen

from codegraph._internal.discovery import Watched, WatchKind, path_text

STATE_NAME: Final = "walk"
GRAIN_NS: Final = 2_000_000_000
"""The coarsest clock that files are stamped with (FAT: 2 s)."""

RETRIED: Final = "files that were given up are tried again"

ContentHashes = Callable[[], Mapping[bytes, str | None]]
_FORMAT: Final = 2
_CODEC: Final = pa.Codec("lz4_raw")
"""Paths and times are alike: packed, they are a fifth, and a commit has so much less to write to its log."""
_HEAD_BYTES: Final = 256
_AT_ONCE: Final = 64
_NEVER_NS: Final = -1
"""A time that no file has."""


@frozen(kw_only=True)
class Record:
    """What `encode` kept: columns by entry, sorted by location."""

    environment: str
    recorded_ns: int
    absent: list[bytes]
    kinds: bytes
    sizes: Sequence[int]
    mtimes: Sequence[int]
    ctimes: Sequence[int]
    digests: Sequence[int]
    locations: list[bytes]
    retry_ns: int = 0
    """Wall clock after which files that were given up are tried again; 0 where there are none."""
    other: int | None = None
    """Files of no known language that an incremental run's walk found; None where the snapshot's summary says it."""

    @property
    def is_due(self) -> bool:
        """Whether files that were given up are to be tried again."""
        return 0 < self.retry_ns <= time.time_ns()

    def position(self, location: bytes) -> int | None:
        """Return where an entry is; None where there is none of that location."""
        position = bisect_left(self.locations, location)
        found = position < len(self.locations) and self.locations[position] == location
        return position if found else None

    def unsure(self, threshold: int, start: int = 0) -> Iterator[int]:
        """Give the entries, from some position on, that are not just as they were, or whose times prove nothing.

        Costs one `lstat` for each entry, those of a few dozen in one go. Nothing is made for all entries at once: that
        many objects would have Python look for garbage among everything it has, which takes longer than the `lstat`s.

        Args:
            threshold: A change time from here on proves nothing.
            start: Where to begin.
        """
        lstat, times, locations = os.lstat, attrgetter("st_mtime_ns", "st_size", "st_ctime_ns"), self.locations
        for first in range(start, len(locations), _AT_ONCE):
            some = slice(first, first + _AT_ONCE)
            ctimes = self.ctimes[some]
            try:
                now = list(map(times, map(lstat, locations[some])))
            except OSError:  # the caller finds out which
                yield from range(first, first + len(ctimes))
                continue
            known = list(zip(self.mtimes[some], self.sizes[some], ctimes, strict=True))
            if now != known or max(ctimes) >= threshold:
                yield from (
                    place
                    for place, (one, other) in enumerate(zip(now, known, strict=True), first)
                    if one != other or other[2] >= threshold
                )

    def moved(self, now: Mapping[int, Watched], *, recorded_ns: int) -> Record:
        """Return the record with some entries as they are now.

        Args:
            now: By position, an entry of the same kind and location with its present size and times.
            recorded_ns: Wall clock before it was looked at.
        """
        columns = [array(code, column) for code, column in zip("qqqQ", self._columns(), strict=True)]
        for position, entry in now.items():
            for column, value in zip(columns, (*entry[2:], _digest_of(entry, recorded_ns)), strict=True):
                column[position] = value
        sizes, mtimes, ctimes, digests = columns
        return evolve(self, recorded_ns=recorded_ns, sizes=sizes, mtimes=mtimes, ctimes=ctimes, digests=digests)

    def doubting(
        self, entries: Mapping[bytes, tuple[WatchKind, int]], absent: Sequence[bytes], *, environment: str
    ) -> Record:
        """Return the record with some entries that the next look takes for changed, whatever the times on the disk are.

        Args:
            entries: By location, the kind (of an entry that is new; another keeps its own) and the digest of what is no
                change all the same; 0 for none.
            absent: What must not appear.
            environment: Hash of everything but the tree.
        """
        columns = [array(code, column) for code, column in zip("qqqQ", self._columns(), strict=True)]
        kinds, locations = bytearray(self.kinds), list(self.locations)
        for location, (kind, same) in entries.items():
            values = (0, _NEVER_NS, _NEVER_NS, same)
            position = bisect_left(locations, location)
            if position < len(locations) and locations[position] == location:
                for column, value in zip(columns, values, strict=True):
                    column[position] = value
                continue
            kinds.insert(position, kind)
            locations.insert(position, location)
            for column, value in zip(columns, values, strict=True):
                column.insert(position, value)
        sizes, mtimes, ctimes, digests = columns
        return evolve(
            self, environment=environment, absent=list(absent), kinds=bytes(kinds), locations=locations,
            sizes=sizes, mtimes=mtimes, ctimes=ctimes, digests=digests,
        )  # fmt: skip

    def elsewhere(self, before: bytes, now: bytes, *, environment: str) -> Record:
        """Return what a look at another copy of the tree compares: names and content, since no time proves anything.

        Args:
            before: The raw path with a slash of the folder that was recorded.
            now: That of the copy.
            environment: Hash of everything but the tree, of the copy.
        """
        kept = [index for index, location in enumerate(self.locations) if location.startswith(before)]
        never = array("q", [_NEVER_NS] * len(kept))
        return evolve(
            self,
            environment=environment,
            absent=[now + location[len(before) :] for location in self.absent if location.startswith(before)],
            kinds=bytes(self.kinds[index] for index in kept),
            locations=[now + self.locations[index][len(before) :] for index in kept],
            sizes=array("q", [self.sizes[index] for index in kept]),
            mtimes=never,
            ctimes=never,
            digests=array("Q", [self.digests[index] for index in kept]),
        )

    def to_bytes(self) -> bytes:
        """Return the blob that is stored with a snapshot."""
        content = b"".join(
            [
                self.kinds,
                *(array(code, column).tobytes() for code, column in zip("qqqQ", self._columns(), strict=True)),
                b"\0".join(self.locations),
            ]
        )
        packed: bytes = _CODEC.compress(content, asbytes=True)
        head = {
            "format": _FORMAT,
            "size": len(content),
            "checksum": xxhash.xxh3_64_hexdigest(packed),
            "environment": self.environment,
            "recorded_ns": self.recorded_ns,
            "count": len(self.locations),
            "absent": [location.hex() for location in self.absent],
            "retry_ns": self.retry_ns,
            "other": self.other,
        }
        return json.dumps(head, sort_keys=True).encode() + b"\n" + packed

    def _columns(self) -> tuple[Sequence[int], ...]:
        return self.sizes, self.mtimes, self.ctimes, self.digests


def encode(watched: Sequence[Watched], *, environment: str, recorded_ns: int, retry_ns: int = 0) -> bytes:
    """Return the blob that is stored with a snapshot.

    Args:
        watched: What the walk saw.
        environment: Hash of everything but the tree that the result depends on.
        recorded_ns: Wall clock before the walk began.
        retry_ns: As in `Record`.
    """
    return record(watched, environment=environment, recorded_ns=recorded_ns, retry_ns=retry_ns).to_bytes()


def record(
    watched: Sequence[Watched], *, environment: str, recorded_ns: int, retry_ns: int = 0, other: int | None = None
) -> Record:
    """Return what `encode` keeps; the arguments are its, and `other` is as in `Record`."""
    present = sorted((item for item in watched if item[2] >= 0), key=itemgetter(1))
    # A column at a time: nothing else runs meanwhile, and a call for each entry takes longer than all the rest.
    kinds, locations, sizes, mtimes, ctimes = zip(*present, strict=True) if present else ((),) * 5
    digests = array("Q", bytes(8 * len(present)))
    source = int(WatchKind.SOURCE)
    for index, kind in enumerate(bytes(kinds)):
        if kind != source:
            digests[index] = _digest_of(present[index], recorded_ns)
    return Record(
        environment=environment,
        recorded_ns=recorded_ns,
        absent=[item[1] for item in watched if item[2] < 0],
        kinds=bytes(kinds),
        sizes=array("q", sizes),
        mtimes=array("q", mtimes),
        ctimes=array("q", ctimes),
        digests=digests,
        locations=list(locations),
        retry_ns=retry_ns,
        other=other,
    )


def _digest_of(entry: Watched, recorded_ns: int) -> int:
    """Return the digest that is kept of an entry, or 0 for none.

    Directories and rule files can be young for long; sources have a hash in the snapshot.
    """
    kind, location, _size, mtime, ctime = entry
    if kind == WatchKind.SOURCE:
        return 0
    young = max(mtime, ctime) >= recorded_ns - GRAIN_NS
    if not young and kind != WatchKind.RULES:
        return 0
    found = digest(kind, location)
    try:
        now = os.lstat(location)
    except OSError:
        return 0
    return found if (now.st_mtime_ns, now.st_ctime_ns) == (mtime, ctime) else 0


def other_folder(before: str, now: str) -> bytes | None:
    """Return the folder that was recorded where two environments differ in nothing else; None where they do.

    Args:
        before: The environment of the record, as `freshness.environment_digest` gives it.
        now: The present one.
    """
    digest, _, root = before.partition(":")
    return bytes.fromhex(root) if digest == now.partition(":")[0] and root else None


def environment_reason(before: str, now: str) -> str:
    """Say what differs between two environments."""
    folder = other_folder(before, now)
    if folder is not None:
        return f"the snapshot is of another folder, {path_text(folder)}"
    return "settings, plugins or versions changed"


@frozen
class Look:
    """What a first look at the tree found.

    Args:
        reason: Why the tree may have changed; an empty string when it has not.
        until: So many entries of the record, from its start, have the size and the time that they had.
        doubtful: Those among them whose times prove nothing.
    """

    reason: str
    until: int = 0
    doubtful: Sequence[int] = ()


def difference(
    blob: bytes | None,
    *,
    environment: str,
    content_hashes: ContentHashes,
    verified_ns: int = 0,
    paranoid: bool = False,
) -> str:
    """Say why the tree may have changed, or return an empty string when it has not.

    Args:
        blob: What `encode` gave, or None.
        environment: Hash to compare with.
        content_hashes: Gives the BLAKE3 of every file in the snapshot by absolute raw path; called only
            when a file's times prove nothing.
        verified_ns: Wall clock before the last look that found nothing changed, or 0.
        paranoid: Compare every file by content.
    """
    return look(
        decode(blob),
        environment=environment,
        content_hashes=content_hashes,
        verified_ns=verified_ns,
        paranoid=paranoid,
    ).reason


def look(
    record: Record | None,
    *,
    environment: str,
    content_hashes: ContentHashes,
    verified_ns: int = 0,
    paranoid: bool = False,
) -> Look:
    """Look until something differs; the arguments are those of `difference`, but for the record."""
    if record is None:
        return Look("there is no record of the last walk")
    if record.environment != environment:
        return Look(environment_reason(record.environment, environment))
    if record.is_due:
        return Look(RETRIED)
    threshold = max(record.recorded_ns, verified_ns) - GRAIN_NS
    doubtful: list[int] = []
    location, index = b"", 0
    try:
        for index in record.unsure(threshold):
            location = record.locations[index]
            status = os.lstat(location)
            if status.st_mtime_ns != record.mtimes[index] or status.st_size != record.sizes[index]:
                return Look(f"{path_text(location)} changed", index, doubtful)
            if status.st_ctime_ns != record.ctimes[index] or record.ctimes[index] >= threshold:
                doubtful.append(index)
    except OSError:
        return Look(f"{path_text(location)} is gone", index, doubtful)
    everything = len(record.locations)
    for location in record.absent:
        if os.path.lexists(location):
            return Look(f"{path_text(location)} appeared", everything, doubtful)
    if paranoid:
        hashed = (i for i, kind in enumerate(record.kinds) if kind == WatchKind.SOURCE or record.digests[i])
        doubtful = sorted({*doubtful, *hashed})
    return Look(_compare(record, doubtful, content_hashes) if doubtful else "", everything, doubtful)


def _compare(record: Record, doubtful: Sequence[int], content_hashes: ContentHashes) -> str:
    """Compare entries whose times prove nothing by content."""
    hashes: Mapping[bytes, str | None] | None = None
    for index in doubtful:
        location, kind = record.locations[index], record.kinds[index]
        if kind == WatchKind.SOURCE:
            hashes = content_hashes() if hashes is None else hashes
            known = hashes.get(location)
            if known is None or content_hash(location) != known:
                return f"{path_text(location)} changed"
        elif record.digests[index] == 0 or digest(kind, location) != record.digests[index]:
            # Without a digest the entry was old when it was recorded, and its change time moved since.
            return f"{path_text(location)} changed"
    return ""


def decode(blob: bytes | None) -> Record | None:
    if not blob:
        return None
    try:
        line, _, packed = blob.partition(b"\n")
        head: dict[str, Any] = json.loads(line)
        if head["format"] != _FORMAT:
            return None
        if xxhash.xxh3_64_hexdigest(packed) != head["checksum"]:  # LZ4 unpacks half a block without a word
            return None
        count, rest = int(head["count"]), _CODEC.decompress(packed, int(head["size"]), asbytes=True)
        position = count
        columns = []
        for code in "qqqQ":
            column = array(code)
            column.frombytes(rest[position : position + 8 * count])
            position += 8 * count
            columns.append(column)
        locations = rest[position:].split(b"\0") if count else []
        if any(len(column) != count for column in columns) or len(locations) != count:
            return None
        return Record(
            environment=str(head["environment"]),
            recorded_ns=int(head["recorded_ns"]),
            absent=[bytes.fromhex(item) for item in head["absent"]],
            kinds=rest[:count],
            sizes=columns[0],
            mtimes=columns[1],
            ctimes=columns[2],
            digests=columns[3],
            locations=locations,
            retry_ns=int(head.get("retry_ns", 0)),
            other=None if head.get("other") is None else int(head["other"]),
        )
    except (ValueError, KeyError, TypeError, OSError):  # the last one for what cannot be unpacked
        return None


def digest(kind: int, location: bytes) -> int:
    """Return a hash of what matters about an entry that is no source file; never 0."""
    hasher = xxhash.xxh3_64()
    try:
        if kind == WatchKind.DIRECTORY:
            with os.scandir(location) as entries:
                for name, mark in sorted((entry.name, _type_mark(entry)) for entry in entries):
                    hasher.update(mark + name + b"\0")
        else:
            content, mode = _read(location, _HEAD_BYTES if kind == WatchKind.CANDIDATE else None)
            hasher.update(b"x" if mode & 0o111 else b"-")
            hasher.update(content)
    except OSError as error:
        hasher.update(str(error.errno).encode())
    return hasher.intdigest() or 1


def digest_of_rules(content: bytes) -> int:
    """Return what `digest` gives of a file of kind RULES that nobody may run."""
    return xxhash.xxh3_64_intdigest(b"-" + content) or 1


def _type_mark(entry: os.DirEntry[bytes]) -> bytes:
    if entry.is_symlink():
        return b"l"
    return b"d" if entry.is_dir(follow_symlinks=False) else b"f" if entry.is_file(follow_symlinks=False) else b"o"


def content_hash(location: bytes) -> str:
    try:
        return blake3.blake3(_read(location, None)[0]).hexdigest()
    except OSError:
        return ""


def _read(location: bytes, limit: int | None) -> tuple[bytes, int]:
    handle = os.open(location, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:  # a stream of Python's own costs as much as all of this
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(0, "not a regular file")
        wanted = status.st_size + 1 if limit is None else limit
        content = os.read(handle, wanted)
        while (limit is None or len(content) < limit) and (more := os.read(handle, wanted)):
            content += more
        return content if limit is None else content[:limit], status.st_mode
    finally:
        os.close(handle)


# -- when the tree was last looked at ----------------------------------------------------------------


def read_verified(cache_dir: Path, snapshot_id: str) -> int:
    """Return the wall clock before the last look that found a snapshot up to date, or 0."""
    try:
        noted, _, moment = (cache_dir / "verified").read_text("ascii").strip().partition(" ")
        return int(moment) if noted == snapshot_id else 0
    except (OSError, ValueError):
        return 0


def write_verified(cache_dir: Path, snapshot_id: str, moment_ns: int) -> None:
    """Note that a snapshot was found up to date; what was too young to trust before need not be read again.

    Losing the note only costs reading it again, so a cache that cannot be written is no error.
    """
    temporary = cache_dir / f"verified.{os.getpid()}.{time.monotonic_ns()}"
    with contextlib.suppress(OSError):
        temporary.write_text(f"{snapshot_id} {moment_ns}\n", "ascii")
        temporary.replace(cache_dir / "verified")
