"""How often definitions of Python names are those that another tool finds, on a real package.

Usage: python -m tests.oracle.python_definitions FOLDER JUDGE [--count 400] [--seed 1] [--show 40]

JUDGE is `jedi` (of the running interpreter), or the command of a language server that speaks LSP over its standard
streams, such as `basedpyright-langserver --stdio` or `ty server`. Names are sampled from the folder's files; asked are
those that the judge finds in the folder. A definition agrees if the judge gives one of its lines. What the judge finds
outside the folder, or at the name itself, does not count. The analysed code is not run.
"""

from __future__ import annotations

import argparse
import io
import json
import keyword
import random
import subprocess
import tempfile
import tokenize
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

from codegraph import CodeGraph, IndexingConfig

Place = tuple[str, int]
"""Path and line, from 1."""
Name = tuple[str, int, int, str]
"""Path, line from 1, column from 0 in characters, the name."""


def sampled(folder: Path, count: int, seed: int) -> list[Name]:
    """Return names of a folder's files, spread over the files."""
    chosen = random.Random(seed)
    files = sorted(folder.rglob("*.py"))
    found: list[Name] = []
    for path in chosen.sample(files, min(len(files), max(count // 4, 1))):
        try:
            tokens = list(tokenize.generate_tokens(io.StringIO(path.read_text(encoding="utf-8")).readline))
        except (SyntaxError, UnicodeDecodeError, tokenize.TokenError):
            continue
        names = [one for one in tokens if one.type == tokenize.NAME and not keyword.iskeyword(one.string)]
        relative = path.relative_to(folder).as_posix()
        found += [(relative, *one.start, one.string) for one in chosen.sample(names, min(len(names), 6))]
    return chosen.sample(found, min(len(found), count))


class LanguageServer:
    """Asks a language server.

    Args:
        command: How it is started.
        folder: The workspace.
    """

    def __init__(self, command: Sequence[str], folder: Path) -> None:
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=folder)
        self._folder = folder
        self._number = 0
        self._opened: set[str] = set()
        root = folder.as_uri()
        workspace = [{"uri": root, "name": folder.name}]
        self.ask("initialize", {"processId": None, "rootUri": root, "workspaceFolders": workspace, "capabilities": {}})
        self._tell("initialized", {})

    def definitions(self, name: Name) -> set[Place]:
        """Return where a name is defined inside the folder."""
        path, line, column, _ = name
        uri = (self._folder / path).as_uri()
        if path not in self._opened:
            self._opened.add(path)
            text = (self._folder / path).read_text(encoding="utf-8")
            item = {"uri": uri, "languageId": "python", "version": 1, "text": text}
            self._tell("textDocument/didOpen", {"textDocument": item})
        position = {"line": line - 1, "character": column}
        answer = self.ask("textDocument/definition", {"textDocument": {"uri": uri}, "position": position})
        listed = answer if isinstance(answer, list) else [answer] if answer else []
        found = set()
        for one in listed:
            target = Path(unquote(urlparse(one.get("uri") or one["targetUri"]).path))
            span = one.get("range") or one["targetSelectionRange"]
            if target.is_relative_to(self._folder):
                found.add((target.relative_to(self._folder).as_posix(), span["start"]["line"] + 1))
        return found

    def ask(self, method: str, parameters: Any) -> Any:
        """Return what a request gives; requests of the server are answered with nothing."""
        self._number += 1
        self._send({"id": self._number, "method": method, "params": parameters})
        while True:
            message = self._receive()
            if message.get("id") == self._number and "method" not in message:
                return message.get("result")
            if "id" in message and "method" in message:
                items = message["params"].get("items", []) if message["method"] == "workspace/configuration" else None
                self._send({"id": message["id"], "result": None if items is None else [None] * len(items)})

    def _tell(self, method: str, parameters: Any) -> None:
        self._send({"method": method, "params": parameters})

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self._process.stdin.flush()

    def _receive(self) -> dict[str, Any]:
        stream = self._process.stdout
        assert stream is not None
        length = 0
        while (line := stream.readline().strip()) or not length:
            if not line and self._process.poll() is not None:
                raise EOFError("the language server ended")
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        message: dict[str, Any] = json.loads(stream.read(length))
        return message

    def close(self) -> None:
        """End the server."""
        self._process.kill()
        self._process.wait()


def jedi_definitions(folder: Path) -> Callable[[Name], set[Place]]:
    """Return a function that asks jedi."""
    import jedi  # type: ignore[import-not-found]  # the interpreter that judges has it

    project = jedi.Project(str(folder))

    def ask(name: Name) -> set[Place]:
        path, line, column, _ = name
        try:
            answers = jedi.Script(path=str(folder / path), project=project).goto(line, column, follow_imports=True)
        except Exception:  # a judge that fails says nothing
            return set()
        inside = [one for one in answers if one.module_path and Path(one.module_path).is_relative_to(folder)]
        return {(Path(one.module_path).relative_to(folder).as_posix(), one.line or 1) for one in inside}

    return ask


def compared(folder: Path, names: Sequence[Name], judge: Callable[[Name], set[Place]], show: int) -> dict[str, Any]:
    """Return precision and recall of the definitions of names, and print what differs."""
    asked = answered = agreed = extra = 0
    with tempfile.TemporaryDirectory() as cache:
        config = IndexingConfig(root_path=folder, cache_dir=cache, plugins={"occurrences": {}})
        with CodeGraph(config=config).index() as graph:
            for name in names:
                path, line, column, text = name
                wanted = judge(name)
                if not wanted or wanted == {(path, line)}:
                    continue
                asked += 1
                source = (folder / path).read_text(encoding="utf-8").splitlines()[line - 1]
                at = len(source[:column].encode())
                found = {(one.file_path, one.span.start_line) for one in graph.definitions_at(path, line, at)}
                answered += bool(found)
                agreed += bool(found & wanted)
                if not found & wanted and extra < show:
                    extra += 1
                    kind = "other" if found else "none"
                    print(f"{kind} {path}:{line}:{column} {text}: {sorted(found)} for {sorted(wanted)}")
                    print(f"    {source.strip()[:110]}")
    return {
        "asked": asked,
        "precision": round(100 * agreed / max(answered, 1), 1),
        "recall": round(100 * agreed / max(asked, 1), 1),
    }


def main() -> None:
    """Run the comparison."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("judge")
    parser.add_argument("--count", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=40)
    given = parser.parse_args()
    folder = given.folder.resolve()
    names = sampled(folder, given.count, given.seed)
    if given.judge == "jedi":
        print(compared(folder, names, jedi_definitions(folder), given.show))
        return
    server = LanguageServer(given.judge.split(), folder)
    try:
        print(compared(folder, names, server.definitions, given.show))
    finally:
        server.close()


if __name__ == "__main__":
    main()
