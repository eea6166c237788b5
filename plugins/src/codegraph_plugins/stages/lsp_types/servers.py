"""Which language servers there are for which language, and where their commands are found.

A server is named by its command: `lsp:ty` is the resolver of the edges that ty's answers make.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from attrs import field, frozen

from codegraph_plugins.stages.lsp_types.settings import LspTypesSettings

Ready = Callable[[str, Any], bool]
_VERSION_S: Final = 60.0


@frozen(kw_only=True)
class ServerDescription:
    """How a server is started and spoken to.

    Args:
        name: Of the server; part of the resolver's name.
        languages: Names of our languages → ids of the protocol.
        command: Its words; the first is looked up.
        version: Command that prints its version; empty: the command with `--version`.
        options: `initializationOptions`.
        settings: What it gets when it asks for its configuration, by section.
        ready: Says of a notification that the server has loaded the workspace; None where it answers at once.
        project: Names of files that say how the workspace is built; what they hold is part of what answers depend on.
        opens: Files that stay open at a time.
    """

    name: str
    languages: Mapping[str, str]
    command: Sequence[str]
    version: Sequence[str] = ()
    options: Mapping[str, Any] = field(factory=dict)
    settings: Mapping[str, Any] = field(factory=dict)
    ready: Ready | None = None
    project: Sequence[str] = ()
    opens: int = 16


@frozen(kw_only=True)
class FoundServer:
    """A server that is installed.

    Args:
        description: What it is.
        command: Its words, the first an absolute path.
        version: What it says its version is, or a hash of its file.
    """

    description: ServerDescription
    command: Sequence[str]
    version: str


def _rust_ready(method: str, parameters: Any) -> bool:
    return method == "experimental/serverStatus" and isinstance(parameters, dict) and bool(parameters.get("quiescent"))


def _java_ready(method: str, parameters: Any) -> bool:
    return (
        method == "language/status"
        and isinstance(parameters, dict)
        and parameters.get("type") in {"ServiceReady", "Error"}
    )


_PYTHON_PROJECT: Final = ("pyproject.toml", "ty.toml", "pyrightconfig.json", "setup.cfg", "setup.py")
_NODE_PROJECT: Final = ("package.json", "tsconfig.json", "jsconfig.json", "package-lock.json")
_QUIET_PYRIGHT: Final = {"diagnosticMode": "openFilesOnly", "typeCheckingMode": "off", "autoImportCompletions": False}

SERVERS: Final[Sequence[ServerDescription]] = (
    ServerDescription(
        name="ty",
        languages={"python": "python"},
        command=("ty", "server"),
        options={"diagnosticMode": "off"},
        settings={"ty": {"diagnosticMode": "off"}},
        project=_PYTHON_PROJECT,
        opens=64,
    ),
    ServerDescription(
        name="basedpyright",
        languages={"python": "python"},
        command=("basedpyright-langserver", "--stdio"),
        version=("basedpyright", "--version"),
        settings={"basedpyright.analysis": _QUIET_PYRIGHT, "basedpyright": {"analysis": _QUIET_PYRIGHT}},
        project=_PYTHON_PROJECT,
    ),
    ServerDescription(
        name="tsserver",
        languages={"typescript": "typescript", "javascript": "javascript"},
        command=("typescript-language-server", "--stdio"),
        options={"disableAutomaticTypingAcquisition": True, "tsserver": {"useSyntaxServer": "never"}},
        project=_NODE_PROJECT,
        opens=64,
    ),
    ServerDescription(
        name="gopls",
        languages={"go": "go"},
        command=("gopls", "serve"),
        version=("gopls", "version"),
        project=("go.mod", "go.sum", "go.work"),
    ),
    ServerDescription(
        name="rust-analyzer",
        languages={"rust": "rust"},
        command=("rust-analyzer",),
        # Neither build scripts nor procedural macros run, and nothing is checked or downloaded.
        options={
            "cargo": {"buildScripts": {"enable": False}, "extraEnv": {"CARGO_NET_OFFLINE": "true"}},
            "procMacro": {"enable": False},
            "checkOnSave": False,
            "cachePriming": {"enable": False},
        },
        ready=_rust_ready,
        project=("Cargo.toml", "Cargo.lock"),
    ),
    ServerDescription(
        name="jdtls",
        languages={"java": "java"},
        command=("jdtls",),
        options={
            "settings": {
                "java": {"autobuild": {"enabled": False}, "import": {"gradle": {"offline": {"enabled": True}}}}
            }
        },
        ready=_java_ready,
        project=("pom.xml", "build.gradle", "build.gradle.kts", "settings.gradle"),
    ),
)
"""Servers in the order in which those for one language are asked."""


def described(settings: LspTypesSettings) -> Sequence[ServerDescription]:
    """Return the servers to ask: those that the settings name take the place of all that are known for a language."""
    named = [
        ServerDescription(
            name=Path(command[0]).name,
            languages={language: _identifier(language)},
            command=tuple(command),
            project=(),
        )
        for language, command in sorted(settings.servers.items())
        if command
    ]
    known = []
    for one in SERVERS:
        left = {ours: theirs for ours, theirs in one.languages.items() if ours not in settings.servers}
        if left:
            known.append(_for_languages(one, left))
    return [*named, *known]


def found(one: ServerDescription) -> FoundServer | None:
    """Return a server with where its command is, or None where it is not installed or does not start."""
    program = _which(one.command[0])
    if program is None:
        return None
    asked = one.version or (one.command[0], "--version")
    version = _version(_which(asked[0]) or program, asked[1:])
    return (
        None if version is None else FoundServer(description=one, command=(program, *one.command[1:]), version=version)
    )


def environ() -> dict[str, str]:
    """Return the environment of servers: ours, with the programs beside our interpreter found last."""
    own = str(Path(sys.executable).parent)
    return {**os.environ, "PATH": os.pathsep.join(filter(None, (os.environ.get("PATH", ""), own)))}


def _which(program: str) -> str | None:
    # Folders of PATH that are relative would be the repository's to fill.
    folders = [one for one in environ()["PATH"].split(os.pathsep) if Path(one).is_absolute()]
    return shutil.which(program, path=os.pathsep.join(folders))


def _version(program: str, words: Sequence[str]) -> str | None:
    """Return what identifies a program: the version that it prints, or a hash of its bytes where it prints none."""
    try:
        ran = subprocess.run(
            [program, *words], stdin=subprocess.DEVNULL, capture_output=True, timeout=_VERSION_S, check=False, cwd="/",
            env=environ(),
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return None
    said = ran.stdout.decode("utf-8", "replace").strip()
    if ran.returncode == 0 and said and len(said) < 1_000:
        return said
    if ran.returncode != 0 and b"rustup" in ran.stderr + ran.stdout:  # rustup's stand-in for a component that is absent
        return None
    with Path(program).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _identifier(language: str) -> str:
    return next((one.languages[language] for one in SERVERS if language in one.languages), language)


def _for_languages(one: ServerDescription, languages: Mapping[str, str]) -> ServerDescription:
    import attrs

    return attrs.evolve(one, languages=languages)
