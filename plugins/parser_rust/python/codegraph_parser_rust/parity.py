"""Compare the native parser with the reference parser on your files, table by table, row by row.

python -m codegraph_parser_rust.parity PATH [--workers 2] [--limit 20]
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from codegraph_hookspecs import IR_TABLES, TABLES, LanguagePack, ParsedBatch, ParseOptions, SourceFile, module_name

_CHUNK = 256


def source_file(path: str, location: Path, pack: LanguagePack, content: bytes | None = None) -> SourceFile:
    """Return a file as the parsers take it.

    Args:
        path: Repository-relative path with `/`.
        location: Where the file is.
        pack: Its language.
        content: Text to parse instead of the file's.
    """
    size, mtime_ns = (len(content), 0) if content is not None else _size(location)
    return SourceFile(
        path=path,
        location=os.fsencode(location),
        language=pack.name,
        module=module_name(path, pack),
        size=size,
        mtime_ns=mtime_ns,
        content=content,
    )


def _size(location: Path) -> tuple[int, int]:
    status = location.lstat()
    return status.st_size, status.st_mtime_ns


def differences(reference: ParsedBatch, native: ParsedBatch) -> Iterator[str]:
    """Yield a line for each row or schema in which two batches differ."""
    for name in IR_TABLES:
        left, right = reference.tables[name], native.tables[name]
        physical = TABLES[name].physical_schema
        if not right.select(physical.names).schema.equals(physical, check_metadata=True):
            yield f"{name}: the native schema is not the contract's"
        logical = TABLES[name].schema
        left, right = left.select(logical.names).cast(logical), right.select(logical.names).cast(logical)
        if left.equals(right):
            continue
        if left.num_rows != right.num_rows:
            yield f"{name}: {left.num_rows} rows in the reference engine, {right.num_rows} in the native one"
        yield from _rows(name, left, right)


def _rows(name: str, left: pa.Table, right: pa.Table) -> Iterator[str]:
    for position, (one, other) in enumerate(zip(left.to_pylist(), right.to_pylist(), strict=False)):
        if one != other:
            wrong = {key: (one[key], other[key]) for key in one if one[key] != other[key]}
            owner = one.get("file_path") or one.get("path")
            yield f"{name}[{position}] of {owner}: {wrong}"


def packs() -> list[LanguagePack]:
    """Return the built-in language packs."""
    from codegraph_plugins.languages import go, javascript, python, typescript

    return [go.PACK, javascript.PACK, python.PACK, typescript.PACK]


def files(root: Path, languages: Sequence[LanguagePack]) -> list[SourceFile]:
    """Return the files of known languages below a folder, sorted by path."""
    found = []
    for location in sorted(root.rglob("*")):
        name = location.name.lower()
        pack = next((p for p in languages if name.endswith(p.extensions)), None)
        if pack is not None and location.is_file() and not location.is_symlink():
            found.append(source_file(location.relative_to(root).as_posix(), location, pack))
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; exit 1 when there are differences."""
    from codegraph_parser_rust import NativeParser
    from codegraph_plugins.parsers.reference import ReferenceParser

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--limit", type=int, default=20, help="differences to print")
    options = parser.parse_args(arguments)
    languages = packs()
    settings = ParseOptions(workers=options.workers, parse_timeout_s=60)
    reference, native = ReferenceParser().open(languages, settings), NativeParser().open(languages, settings)
    sources = files(options.path, languages)
    found = rows = 0
    for start in range(0, len(sources), _CHUNK):
        chunk = sources[start : start + _CHUNK]
        one, other = reference.parse(chunk), native.parse(chunk)
        rows += sum(table.num_rows for table in one.tables.values())
        for line in differences(one, other):
            found += 1
            if found <= options.limit:
                print(line[:600])
    print(f"{len(sources)} files, {rows} rows, {found} differences")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
