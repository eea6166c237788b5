"""Stages that some files kill or starve, importable in worker processes."""

from __future__ import annotations

import ctypes
import os
import time
from collections.abc import Iterator
from typing import ClassVar

import pyarrow as pa

from codegraph_hookspecs import TABLES, Diagnostic, ParsedBatch, Stage, StageContext, TableBatch


def obey(word: str) -> None:
    """Do to this process what a name says, unless it is to be spared."""
    if "CODEGRAPH_TEST_SPARED" in os.environ:
        return
    if "segfault" in word:
        ctypes.string_at(0)
    if "hog" in word:
        held = []
        while True:
            held.append(b"x" * (16 * 1024 * 1024))
            time.sleep(0.002)


class ByFile(Stage):
    """Counts each file's nodes, if the files let it."""

    name = "by-file"
    layer = "L2"
    tables = ("findings",)
    scope = "file"

    def run_batch(self, context: StageContext, batch: ParsedBatch) -> Iterator[TableBatch]:
        """Yield a finding for each file."""
        rows = []
        for path in batch.tables["files"].column("path").to_pylist():
            obey(path)
            context.report(Diagnostic(code="seen", message="It was seen.", file_path=path))
            rows.append(
                {
                    "id": f"by-file:{path}",
                    "analyzer": self.name,
                    "rule_id": "seen",
                    "type": "seen",
                    "message": "seen",
                    "severity": "info",
                    "confidence": 1.0,
                    "file_path": path,
                }
            )
        yield "findings", pa.RecordBatch.from_pylist(rows, schema=TABLES["findings"].physical_schema)


class Whole(Stage):
    """Reads the whole repository, and a build file."""

    name = "whole"
    layer = "L3"
    tables = ("findings",)
    reads: ClassVar = {"nodes": ("id", "name", "file_path")}

    def run(self, context: StageContext) -> Iterator[TableBatch]:
        """Yield a finding for each function, with what the build file says."""
        said = (context.read_file("build.txt") or b"nothing").decode().strip()
        assert tuple(context.list_folder("")) > ()
        assert list(context.find_files(["m001.toy"])) == ["m001.toy"]
        obey(said)
        for batch in context.read("ir", "nodes"):
            assert batch.schema.names == ["id", "name", "file_path"]
            rows = [
                {
                    "id": f"whole:{row['id']}",
                    "analyzer": self.name,
                    "rule_id": said,
                    "type": said,
                    "message": row["name"],
                    "severity": "info",
                    "confidence": 1.0,
                    "file_path": row["file_path"],
                }
                for row in batch.to_pylist()
            ]
            yield "findings", pa.RecordBatch.from_pylist(rows, schema=TABLES["findings"].physical_schema)


class Here(Stage):
    """Asks to run in the run's own process, and says which one that was."""

    name = "here"
    layer = "L2"
    scope = "file"
    in_process = True
    processes: ClassVar[set[int]] = set()

    def run_batch(self, context: StageContext, batch: ParsedBatch) -> Iterator[TableBatch]:
        """Yield nothing."""
        self.processes.add(os.getpid())
        return iter(())
