"""Who wants to begin with the first files is told of them while the walk goes on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from codegraph._internal.discovery import FirstFiles, discover
from codegraph_hookspecs import SourceFile
from tests.unit.indexing.fakes import pack

# Names whose order is another one as a folder: "a-b" comes before "a/" and "a.toy" behind it.
NAMES = ("a", "a-b", "a b", "b", "é")
PACKS = {"toy": pack()}


@given(
    paths=st.sets(st.lists(st.sampled_from(NAMES), min_size=1, max_size=3).map(tuple), max_size=40),
    count=st.integers(1, 8),
    wanted=st.integers(0, 4),
)
@settings(max_examples=80, deadline=None)
def test_what_is_told_begins_what_is_found(paths: set[tuple[str, ...]], count: int, wanted: int) -> None:
    told: list[Sequence[SourceFile]] = []

    def begin(sources: Sequence[SourceFile]) -> bool:
        told.append(sources)
        return len(told) <= wanted

    with TemporaryDirectory() as folder:
        for path in paths:
            file = Path(folder, *path[:-1], f"{path[-1]}.toy")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("def f\n")
        plain = discover(Path(folder), PACKS)
        found = discover(Path(folder), PACKS, first=FirstFiles(count, begin))
    assert found == plain
    assert [source.path for source in found.sources] == sorted(
        ("/".join(path) + ".toy" for path in paths), key=str.encode
    )
    assert len(told) <= wanted + 1
    known = 0
    for sources in told:
        assert len(sources) >= known + count
        assert all(one is other for one, other in zip(sources, found.sources, strict=False))
        known = len(sources)


def test_the_first_files_are_told_before_the_last_folder_is_read(tmp_path: Path) -> None:
    for folder in ("a", "b", "c"):
        (tmp_path / folder).mkdir()
        for number in range(70):
            (tmp_path / folder / f"{number:02d}.toy").write_text("def f\n")
    told: list[str] = []

    def begin(sources: Sequence[SourceFile]) -> bool:
        told.extend(source.path for source in sources)
        (tmp_path / "c" / "late.toy").write_text("def f\n")  # the walk has not been there yet
        return False

    found = discover(tmp_path, PACKS, first=FirstFiles(60, begin))
    assert told == [f"a/{number:02d}.toy" for number in range(70)]
    assert found.sources[-1].path == "c/late.toy"
