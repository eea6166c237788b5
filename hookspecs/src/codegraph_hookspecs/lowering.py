"""What a lowering is: from a source file to the semantic IR of its functions (1.3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from codegraph_hookspecs.languages import LanguagePack

if TYPE_CHECKING:
    import pyarrow as pa


class LoweredFile(Protocol):
    """The bodies of one file: modules, classes, functions, lambdas and the like, each a control-flow graph.

    `docs/explanation/semantic-ir.md` says what bodies, blocks and instructions are. Byte positions are of the bytes
    that were lowered, 0-based and half-open.

    Attributes:
        parse_errors: Syntax errors and missing tokens; code outside of them is lowered all the same.
    """

    @property
    def parse_errors(self) -> int:
        """Syntax errors and missing tokens."""
        ...

    def bodies(self) -> pa.RecordBatch:
        """Return one row for each body, outer ones first.

        Columns: `body`, `parent`, `kind`, `qualified_name`, `start_byte`, `end_byte`, `name_start_byte`, `is_async`,
        `is_generator`, `is_truncated`.
        """
        ...

    def table(self, name: str, body: int, /) -> pa.RecordBatch:
        """Return a table of one body.

        Args:
            name: `variables`, `parameters`, `arguments`, `instructions`, `blocks`, `cfg_edges`, `control_dependence`,
                `phis`, `def_use`, `dependence` or `changes`.
            body: As in `bodies()`.
        """
        ...

    def text(self, body: int, /) -> str:
        """Return a body's code for people."""
        ...


@runtime_checkable
class Lowering(Protocol):
    """Lowers files of some languages.

    Attributes:
        name: Unique among lowerings.
        version: Moves when the same file gives another result.
        languages: Names of the language packs whose files it lowers.
    """

    name: str
    version: str
    languages: Sequence[str]

    def lower(self, pack: LanguagePack, path: str, content: bytes) -> LoweredFile:
        """Lower one file.

        Args:
            pack: The file's language.
            path: The file's path, for its ending.
            content: The file's bytes; they are read, never run.

        Raises:
            ValueError: The bytes are no text of the language.
        """
        ...
