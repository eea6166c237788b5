"""Which language a file is: the longest known extension, else its whole name, else its `#!` line."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable

from codegraph_hookspecs import LanguagePack


class LanguageDetector:
    """Answers by name from tables made once for a set of packs.

    Args:
        packs: Language packs with distinct extensions and names.
    """

    def __init__(self, packs: Iterable[LanguagePack]) -> None:
        self._simple: dict[bytes, LanguagePack] = {}
        # By their last part, so that most names are looked up once: `.d.ts` is tried only for names in `.ts`.
        self._compound: dict[bytes, list[tuple[bytes, LanguagePack]]] = {}
        self._filenames: dict[bytes, LanguagePack] = {}
        self._interpreters: dict[str, LanguagePack] = {}
        for pack in packs:
            for extension in pack.extensions:
                raw = extension.lower().encode()
                if raw.count(b".") == 1 and raw.startswith(b"."):
                    self._simple[raw] = pack
                else:
                    self._compound.setdefault(raw[raw.rfind(b".") :], []).append((raw, pack))
            for name in pack.filenames:
                self._filenames[name.encode()] = pack
            for interpreter in pack.shebangs:
                self._interpreters[interpreter] = pack
        for candidates in self._compound.values():
            candidates.sort(key=lambda item: -len(item[0]))

    @property
    def reads_shebangs(self) -> bool:
        """Whether any pack names an interpreter."""
        return bool(self._interpreters)

    def by_name(self, name: bytes) -> LanguagePack | None:
        """Return the pack of a raw file name, or None. A name that is only an extension has none."""
        pack = self._filenames.get(name)
        if pack is not None:
            return pack
        dot = name.rfind(b".")
        if dot <= 0:
            return None
        ending = name[dot:]
        if ending not in self._simple and ending not in self._compound:
            ending = ending.lower()
        if ending in self._compound:
            lowered = name.lower()
            for extension, candidate in self._compound[ending]:
                if lowered.endswith(extension) and len(lowered) > len(extension):
                    return candidate
        return self._simple.get(ending)

    def by_shebang(self, location: bytes) -> LanguagePack | None:
        """Return the pack of an executable file by its `#!` line, or None. Reads at most 256 bytes."""
        try:
            handle = os.open(location, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            return None
        try:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                return None
            head = os.read(handle, 256)
        except OSError:
            return None
        finally:
            os.close(handle)
        return self.by_first_line(head)

    def by_first_line(self, head: bytes) -> LanguagePack | None:
        """Return the pack that a file's first bytes name in a `#!` line, or None."""
        interpreter = shebang_interpreter(head)
        if interpreter is None:
            return None
        pack = self._interpreters.get(interpreter)
        return pack if pack is not None else self._interpreters.get(interpreter.rstrip("0123456789."))


def shebang_interpreter(head: bytes) -> str | None:
    """Return the interpreter's name from a file's first bytes: `python3` from `#!/usr/bin/env -S python3 -u`."""
    if not head.startswith(b"#!"):
        return None
    words = head[2:].partition(b"\n")[0].decode("utf-8", "replace").split()
    if not words:
        return None
    program = words[0].rpartition("/")[2]
    if program != "env":
        return program
    for word in words[1:]:
        if not word.startswith("-") and "=" not in word:
            return word.rpartition("/")[2]
    return None
