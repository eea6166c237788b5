"""The walk over a directory tree: ignore rules, include and exclude globs, languages, odd files.

Paths are raw bytes throughout. Nothing is opened but rule files and, for executable files without an
extension, the first line; regular files are told from others by the directory entry alone.
"""

from __future__ import annotations

import gc
import os
import stat
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from enum import IntEnum
from pathlib import Path
from typing import Final

from attrs import field, frozen

from codegraph._internal.discovery.ignore import IgnoreRules, Rule, parse_rule, parse_rules
from codegraph._internal.discovery.languages import LanguageDetector
from codegraph._internal.discovery.paths import path_text
from codegraph._internal.settings.config import DEFAULT_EXCLUDES
from codegraph_hookspecs import Diagnostic, LanguagePack, SourceFile, module_name

NEVER_WALKED: Final = frozenset({b".git", b".hg", b".svn", b".codegraph"})
_RULE_FILE: Final = b".gitignore"
_RULE_FILE_LIMIT: Final = 100 * 1024 * 1024  # git's own PATTERN_MAX_FILE_SIZE
_FILES_BETWEEN_LOOKS: Final = 64


class WatchKind(IntEnum):
    """Why an entry's state matters to the question whether anything changed."""

    SOURCE = 0
    DIRECTORY = 1
    RULES = 2  # an ignore file, or a place where one outside the root may appear
    CANDIDATE = 3  # a file without extension, whose `#!` line may come to name a language


Watched = tuple[int, bytes, int, int, int]
"""Kind, absolute raw path, size, mtime_ns, ctime_ns; the last three are -1 for what does not exist."""


@frozen(kw_only=True)
class Discovery:
    """What a walk found.

    Args:
        sources: Files of a known language, sorted by raw path.
        other: Number of regular files of no known language (not ignored, not excluded).
        diagnostics: Entries that were passed over although their name is of a known language, and
            directories that could not be read; sorted by path.
        watched: Entries whose state decides whether a later walk would find the same; filled only when
            asked for, in no particular order.
        listing: Every folder of the walk, relative with a trailing slash ("" is the root), and the names in it;
            filled only when asked for, in no particular order.
    """

    sources: list[SourceFile] = field(factory=list)
    other: int = 0
    diagnostics: list[Diagnostic] = field(factory=list)
    watched: list[Watched] = field(factory=list)
    listing: list[tuple[bytes, list[bytes]]] = field(factory=list)


@frozen
class FirstFiles:
    """Who wants to begin with the first files before the last ones are found.

    Args:
        count: How many are worth being told of.
        begin: Called whenever so many more are known, with all that are: these very objects, in this order, begin
            `Discovery.sources`. Returns whether to call it again.
    """

    count: int
    begin: Callable[[Sequence[SourceFile]], bool]


def discover(
    root: Path,
    packs: Mapping[str, LanguagePack],
    *,
    include: Sequence[str] = (),
    exclude: Sequence[str] = DEFAULT_EXCLUDES,
    skip: Sequence[Path] = (),
    watch: bool = False,
    first: FirstFiles | None = None,
) -> Discovery:
    """Walk a directory tree and return its source files.

    Args:
        root: Directory to walk.
        packs: Languages in use, by name.
        include: Globs in .gitignore syntax relative to the root; when given, only files that match (or
            lie below a directory that does) are kept. The last matching glob decides.
        exclude: Globs in .gitignore syntax relative to the root, stronger than every .gitignore.
        skip: Directories that are not entered (the cache).
        watch: Also return `watched` and `listing`.
        first: Told of the first files while the walk goes on.

    Returns:
        The files; the order does not depend on the file system's.
    """
    skipped = frozenset(os.fsencode(path) for path in skip)
    walk = _Walk(os.fsencode(root), packs, _globs(include), _globs(exclude), skipped, watch, first)
    # The walk makes many small objects and no cycles; collecting in between costs a tenth of its time.
    collecting = gc.isenabled()
    gc.disable()
    try:
        return walk.run()
    finally:
        if collecting:
            gc.enable()


def _globs(patterns: Sequence[str]) -> IgnoreRules | None:
    rules: list[Rule] = []
    for pattern in patterns:
        rule = parse_rule(pattern.encode("utf-8", "surrogateescape"))
        if rule is not None:
            rules.append(rule)
    return IgnoreRules(rules) if rules else None


class _Walk:
    """One walk. Directories are visited from a stack, never by recursion."""

    def __init__(
        self,
        root: bytes,
        packs: Mapping[str, LanguagePack],
        include: IgnoreRules | None,
        exclude: IgnoreRules | None,
        skip: frozenset[bytes],
        watch: bool,
        first: FirstFiles | None,
    ) -> None:
        self.root = root.rstrip(b"/") or b"/"
        self.prefix = self.root if self.root.endswith(b"/") else self.root + b"/"
        self.detector = LanguageDetector(packs.values())
        self.include = include
        self.exclude = exclude
        self.skip = skip
        self.found: list[tuple[bytes, LanguagePack, os.stat_result]] = []
        self.odd: list[tuple[bytes, Diagnostic]] = []
        self.watch = watch
        self.watched: list[Watched] = []
        self.listing: list[tuple[bytes, list[bytes]]] = []
        self.other = 0
        self.first = first
        self.begun: list[SourceFile] = []
        self.next_look = 0 if first is None else first.count

    def run(self) -> Discovery:
        # An entry of the stack: path relative to the root with a trailing slash, rules from the nearest
        # rule file outwards, whether an include glob took a directory above.
        stack: list[tuple[bytes, tuple[IgnoreRules, ...], bool]] = [(b"", self._outer_rules(), self.include is None)]
        while stack:
            relative, rules, included = stack.pop()
            location = self.prefix + relative
            try:
                if self.watch:
                    self._watch(WatchKind.DIRECTORY, location)
                with os.scandir(location) as entries:
                    listing = list(entries)
            except OSError as error:
                self._report(
                    relative.rstrip(b"/") or b".", "unreadable-directory", f"cannot be listed: {error.strerror}"
                )
                continue
            if self.watch:
                self.listing.append((relative, [entry.name for entry in listing]))
            below = len(stack)
            self._visit(relative, location, listing, rules, included, stack)
            if self.first is not None:
                stack[below:] = sorted(stack[below:], key=lambda folder: folder[0], reverse=True)
                if stack and len(self.found) >= self.next_look:
                    self._look_for_first(self.first, stack[-1][0])
        return self._result()

    def _look_for_first(self, first: FirstFiles, following: bytes) -> None:
        """Tell of the files that no other can come before: folders are visited in order of their paths."""
        self.found.sort(key=lambda item: item[0])
        known, count = len(self.begun), bisect_left(self.found, following, key=lambda item: item[0])
        if count < known + first.count:
            self.next_look = len(self.found) + _FILES_BETWEEN_LOOKS
            return
        self.begun += [self._source(*item) for item in self.found[known:count]]
        self.next_look = count + first.count
        if not first.begin(tuple(self.begun)):
            self.first = None  # the rest of the walk needs no order

    def _visit(
        self,
        relative: bytes,
        location: bytes,
        listing: list[os.DirEntry[bytes]],
        rules: tuple[IgnoreRules, ...],
        included: bool,
        stack: list[tuple[bytes, tuple[IgnoreRules, ...], bool]],
    ) -> None:
        for entry in listing:
            name = entry.name
            if name == _RULE_FILE:
                own = self._read_rules(location + name, relative)
                if own is not None:
                    rules = (own, *rules)
            elif name == b".git" and relative:
                # A repository inside the repository: git applies none of the outer rules in it.
                own = self._read_rules(git_directory(location) + b"/info/exclude", relative)
                inner = self._read_rules(location + _RULE_FILE, relative)
                rules = tuple(r for r in (inner, own) if r is not None)
                break
        by_name, exclude, include = self.detector.by_name, self.exclude, self.include
        shebangs = self.detector.reads_shebangs
        found = self.found
        for entry in listing:
            name = entry.name
            path = relative + name
            if entry.is_dir(follow_symlinks=False):
                if name in NEVER_WALKED or (self.skip and entry.path in self.skip):
                    continue
                if (rules or exclude) and self._ignored(name, path, True, rules):
                    continue
                below = included
                if include is not None:
                    verdict = include.verdict(name, path, True)
                    below = included if verdict is None else verdict
                stack.append((path + b"/", rules, below))
                continue
            pack = by_name(name)
            if pack is None and not (shebangs and b"." not in name and entry.is_file(follow_symlinks=False)):
                if entry.is_file(follow_symlinks=False) and not self._ignored(name, path, False, rules):
                    self.other += 1
                continue
            if (rules or exclude) and self._ignored(name, path, False, rules):
                continue
            if include is not None:
                verdict = include.verdict(name, path, False)
                if not (included if verdict is None else verdict):
                    continue
            if not entry.is_file(follow_symlinks=False):
                self._odd_entry(path, entry)
                continue
            try:
                status = entry.stat(follow_symlinks=False)
            except OSError:
                continue  # it vanished between the listing and now: it is not there
            if pack is None:
                if self.watch:
                    self._watch(WatchKind.CANDIDATE, entry.path)
                pack = self.detector.by_shebang(entry.path) if status.st_mode & 0o111 else None
                if pack is None:
                    self.other += 1
                    continue
            found.append((path, pack, status))

    def _ignored(self, name: bytes, path: bytes, is_directory: bool, rules: tuple[IgnoreRules, ...]) -> bool:
        if self.exclude is not None:
            verdict = self.exclude.verdict(name, path, is_directory)
            if verdict is not None:
                return verdict
        for ruleset in rules:
            verdict = ruleset.verdict(name, path, is_directory)
            if verdict is not None:
                return verdict
        return False

    def _watch(self, kind: WatchKind, location: bytes) -> None:
        try:
            status = os.lstat(location)
        except OSError:
            self.watched.append((kind, location, -1, -1, -1))
            return
        self.watched.append((kind, location, status.st_size, status.st_mtime_ns, status.st_ctime_ns))

    def _read_rules(self, location: bytes, base: bytes) -> IgnoreRules | None:
        if self.watch:
            self._watch(WatchKind.RULES, location)
        try:
            # Git does not follow a .gitignore that is a symbolic link.
            handle = os.open(location, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            return None
        try:
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode) or status.st_size > _RULE_FILE_LIMIT:
                return None
            with os.fdopen(handle, "rb", closefd=False) as stream:
                content = stream.read(_RULE_FILE_LIMIT)
        except OSError:
            return None
        finally:
            os.close(handle)
        return parse_rules(content, base)

    def _outer_rules(self) -> tuple[IgnoreRules, ...]:
        """Return the rules that reach the root from outside: .git/info/exclude and folders above it.

        When the root itself is ignored from above, the person who names it wants it all the same, and no
        outer rule applies.
        """
        top = self.root
        while not os.path.lexists(os.path.join(top, b".git")):  # noqa: PTH118 - paths are bytes here
            parent = os.path.dirname(top)  # noqa: PTH120
            if parent == top:
                return ()
            top = parent
        inside = self.prefix[len(top.rstrip(b"/")) + 1 :]
        rules: list[IgnoreRules] = []
        own = self._read_rules(git_directory(top) + b"/info/exclude", b"")
        if own is not None:
            rules.append(own)
        folder = b""
        for segment in inside.split(b"/")[:-1]:
            ruleset = self._read_rules(top + b"/" + folder + _RULE_FILE, folder)
            if ruleset is not None:
                rules.insert(0, ruleset)
            path = folder + segment
            for candidate in rules:
                verdict = candidate.verdict(segment, path, True)
                if verdict:
                    return ()
                if verdict is not None:
                    break
            folder = path + b"/"
        return tuple(_Shifted(ruleset, inside) for ruleset in rules) if inside else tuple(rules)

    def _odd_entry(self, path: bytes, entry: os.DirEntry[bytes]) -> None:
        if entry.is_symlink():
            self._report(path, "symlink-skipped", "is a symbolic link, and links are not followed")
        else:
            self._report(path, "not-a-regular-file", "is a pipe, socket or device")

    def _report(self, path: bytes, code: str, message: str) -> None:
        text = path_text(path)
        self.odd.append((path, Diagnostic(code=code, message=message, file_path=text)))

    def _result(self) -> Discovery:
        self.found.sort(key=lambda item: item[0])
        self.odd.sort(key=lambda item: item[0])
        prefix = self.prefix
        if self.watch:
            self.watched.extend(
                (WatchKind.SOURCE, prefix + raw, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
                for raw, _pack, status in self.found
            )
        return Discovery(
            sources=[*self.begun, *(self._source(*item) for item in self.found[len(self.begun) :])],
            other=self.other,
            diagnostics=[diagnostic for _, diagnostic in self.odd],
            watched=self.watched,
            listing=self.listing,
        )

    def _source(self, raw: bytes, pack: LanguagePack, status: os.stat_result) -> SourceFile:
        text = path_text(raw)
        return SourceFile(
            path=text,
            location=self.prefix + raw,
            language=pack.name,
            module=module_name(text, pack),
            size=status.st_size,
            mtime_ns=status.st_mtime_ns,
        )


class _Shifted(IgnoreRules):
    """Rules whose base lies above the walk's root."""

    __slots__ = ("_inner", "_shift")

    def __init__(self, inner: IgnoreRules, shift: bytes) -> None:
        super().__init__((), inner.base)
        self._inner = inner
        self._shift = shift

    def verdict(self, name: bytes, path: bytes, is_directory: bool) -> bool | None:
        """See `IgnoreRules.verdict`."""
        return self._inner.verdict(name, self._shift + path, is_directory)


def git_directory(top: bytes) -> bytes:
    """Return the git directory with `info/` of a work tree: `.git`, or where a `.git` file points.

    Args:
        top: Raw path of a directory with an entry `.git`.
    """
    dot_git = top.rstrip(b"/") + b"/.git"
    try:
        with open(dot_git, "rb") as stream:  # noqa: PTH123 - paths are bytes here
            line = stream.read(4096).strip()
    except OSError:
        return dot_git
    if not line.startswith(b"gitdir: "):
        return dot_git
    target = os.path.join(top, line[8:])  # noqa: PTH118
    try:
        with open(target + b"/commondir", "rb") as stream:  # noqa: PTH123
            return os.path.join(target, stream.read(4096).strip())  # noqa: PTH118
    except OSError:
        return target
