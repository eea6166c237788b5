"""A language server that misbehaves as it is told: python language_server.py BEHAVIOUR LOG.

It finds a name's definition by looking for `def NAME` and `class NAME` in the workspace, and appends a line to LOG
for each question and each start.
"""

import json
import re
import sys
import time
from pathlib import Path
from urllib.parse import unquote, urlsplit

BEHAVIOUR, LOG = sys.argv[1], Path(sys.argv[2])


def log(text):
    with LOG.open("a") as file:
        file.write(text + "\n")


def send(message):
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    sys.stdout.buffer.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
    sys.stdout.buffer.flush()


def received():
    length = 0
    while line := sys.stdin.buffer.readline().strip():
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    return json.loads(sys.stdin.buffer.read(length)) if length else None


def location(path, line, column):
    end = {"line": line, "character": column + 1}
    return {"uri": path.as_uri(), "range": {"start": {"line": line, "character": column}, "end": end}}


def definitions(root, name):
    found = []
    for path in sorted(root.rglob("*.py")):
        for line, text in enumerate(path.read_text().splitlines()):
            match = re.search(rf"(?:def|class) ({re.escape(name)})\b", text)
            if match:
                found.append(location(path, line, match.start(1)))
    return found


WRONG = [
    None, 7, "nowhere", {}, {"uri": 3, "range": []}, [None, [], {"uri": "file:///x"}],
    {"uri": "jdt://contents/rt.jar", "range": {"start": {"line": 0, "character": 0}}},
    {"uri": "file:///nowhere.py", "range": {"start": {"line": 0, "character": 0}}},
    {"uri": "file://[", "range": {"start": {"line": 0, "character": 0}}},
    {"targetUri": "file:///a%00b", "targetSelectionRange": {"start": {"line": 0, "character": 0}}},
]  # fmt: skip


def answer(root, texts, parameters, number):
    uri, at = parameters["textDocument"]["uri"], parameters["position"]
    line = texts[uri].splitlines()[at["line"]]
    name = re.match(r"\w+", line[at["character"] :])[0]
    path = Path(unquote(urlsplit(uri).path))
    log(f"{path.name} {name}")
    if BEHAVIOUR == "crash" and path.name == "bad.py":
        sys.exit(3)
    if BEHAVIOUR == "hang" and path.name == "bad.py":
        time.sleep(600)
    if BEHAVIOUR == "hang-always":
        time.sleep(600)
    if BEHAVIOUR == "wrong":
        own = location(path, at["line"], at["character"])  # the call itself: no definition
        beyond = [location(path, 10**9, 0), location(path, 0, 10**9), location(path, -1, -1)]
        return [*WRONG, own, *beyond][number % (len(WRONG) + 4)]
    if BEHAVIOUR == "errors":
        raise ValueError
    return definitions(root, name)


def main():
    log("start")
    if BEHAVIOUR == "flood":
        sys.stderr.write("x" * 1_000_000)
    if BEHAVIOUR == "garbage":
        sys.stdout.write("hello, I am a compiler\n" * 100)
        sys.stdout.flush()
    if BEHAVIOUR == "endless":
        while True:
            sys.stdout.write("x" * 65_536)
    root, texts, number = Path(), {}, 0
    while (message := received()) is not None:
        method, parameters = message.get("method"), message.get("params")
        if method == "exit":
            return
        if method == "initialize":
            if BEHAVIOUR == "never-ready":
                time.sleep(600)
            root = Path(unquote(urlsplit(parameters["rootUri"]).path))
            send({"id": message["id"], "result": {"capabilities": {"definitionProvider": BEHAVIOUR != "unable"}}})
            send({"id": 1, "method": "workspace/configuration", "params": {"items": [{"section": "x"}]}})
            send({"method": "window/logMessage", "params": {"message": "ready"}})
        elif method == "textDocument/didOpen":
            texts[parameters["textDocument"]["uri"]] = parameters["textDocument"]["text"]
        elif method == "textDocument/definition":
            number += 1
            try:
                send({"id": message["id"], "result": answer(root, texts, parameters, number)})
            except ValueError:
                send({"id": message["id"], "error": {"code": -32801 if number % 2 else -32603, "message": "no"}})
        elif "id" in message and method is not None:
            send({"id": message["id"], "result": None})


main()
