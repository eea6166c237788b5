from collections.abc import Sequence

import pyarrow as pa

from codegraph_hookspecs import SourceFile

def cpu_seconds() -> dict[str, float]: ...

class ArrowColumn:
    def __arrow_c_array__(self, requested_schema: object | None = None) -> tuple[object, object]: ...

class ArrowSchema:
    def __arrow_c_schema__(self) -> object: ...

class Session:
    def __init__(
        self,
        packs: Sequence[tuple[str, object, Sequence[tuple[str, object]]]],
        workers: int,
        max_file_bytes: int,
        parse_timeout_s: float,
        keep_sources: bool,
    ) -> None: ...
    def begin(self, sources: Sequence[SourceFile], /) -> Begun: ...
    def finish(self, begun: Begun, /) -> list[tuple[str, pa.RecordBatch]]: ...

class Begun: ...

class Linker:
    def __init__(self, languages: str, workers: int, /) -> None: ...
    def add(self, table: str, batch: pa.RecordBatch, /) -> None: ...
    def prepare(self, project: str, /) -> None: ...
    def packages(self) -> list[tuple[str, pa.RecordBatch]]: ...
    def link(
        self,
        first: int,
        end: int,
        imports: list[pa.RecordBatch],
        call_sites: list[pa.RecordBatch],
        uses: list[pa.RecordBatch],
        /,
    ) -> list[tuple[str, pa.RecordBatch]]: ...
    def externals(self) -> list[tuple[str, pa.RecordBatch]]: ...
    def survey(
        self,
        first: int,
        end: int,
        imports: list[pa.RecordBatch],
        call_sites: list[pa.RecordBatch],
        uses: list[pa.RecordBatch],
        /,
    ) -> list[int]: ...
    def relocate(self, file: int, nodes: pa.RecordBatch, /) -> None: ...
    def named_externals(self) -> list[tuple[str, pa.RecordBatch]]: ...
