"""Sets CodeGraph up on a fresh machine, indexes a repository, runs every test.

Needs Python 3.11 or newer and nothing else: this file uses the standard library only, and its syntax
is old enough for an older interpreter to reach the message that says so.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Callable, Dict, Iterable, List, Optional, Sequence, Tuple

ROOT = Path(__file__).resolve().parent
ENVIRONMENT = ROOT / ".venv"
STAMPS = ENVIRONMENT / "codegraph-stamps.json"
NATIVE = ROOT / "plugins" / "parser_rust"
MINIMUM = (3, 11)

Command = Sequence[str]


class SetupError(Exception):
    """A step that nothing can go on without has failed; the message says what to do."""


def main(argv: Optional[Sequence[str]] = None) -> int:
    """Run one of the script's commands and return the exit code."""
    parser = argparse.ArgumentParser(prog="bootstrap.py", description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("setup", help="make or refresh .venv")
    index = commands.add_parser("index", help="set up, then index a repository (default: this one)")
    index.add_argument("path", nargs="?", default=str(ROOT))
    index.add_argument("options", nargs=argparse.REMAINDER, help="passed to `codegraph index`")
    test = commands.add_parser("test", help="set up, then run every check and test, Python and Rust")
    test.add_argument("checks", nargs="*", metavar="CHECK", help="only these: " + ", ".join(CHECKS))
    bench = commands.add_parser("bench", help="set up, then measure; arguments as in tests/bench/run.py")
    bench.add_argument("options", nargs=argparse.REMAINDER)
    commands.add_parser("wheels", help="build release wheels of all distributions into dist/")
    arguments = parser.parse_args(argv)
    try:
        _require_python()
        return _dispatch(arguments)
    except SetupError as error:
        print("\nbootstrap: " + str(error), file=sys.stderr)
        return 3
    except KeyboardInterrupt:
        return 130


def _dispatch(arguments: argparse.Namespace) -> int:
    if arguments.command == "index":
        return index_repository(arguments.path, arguments.options)
    if arguments.command == "test":
        return run_checks(arguments.checks)
    if arguments.command == "wheels":
        return build_wheels()
    if arguments.command == "bench":
        set_up(extras=("dev",))
        return _run([str(_script("python")), str(ROOT / "tests" / "bench" / "run.py"), *arguments.options])
    set_up(extras=())
    return 0


def index_repository(path: str, options: Sequence[str]) -> int:
    """Set everything up, index a repository and say what to try next."""
    target = Path(path).expanduser().resolve()
    if not target.is_dir():
        raise SetupError("{} is not a directory; give the path of a repository.".format(target))
    set_up(extras=())
    code = _run([str(_script("codegraph")), "index", str(target), *options])
    if code == 0 and "--json" not in options:
        command = os.path.relpath(str(_script("codegraph")))
        print("\nNext:\n  {0} query nodes --where kind=class --limit 10 --root {1}".format(command, path))
        print("  {0} --help".format(command))
    return code


def build_wheels() -> int:
    """Build release wheels of every distribution into dist/."""
    set_up(extras=("dev",))
    pip = [str(_script("python")), "-m", "pip", "wheel", "--no-deps", "--quiet", "--wheel-dir", str(ROOT / "dist")]
    native = [str(NATIVE)] if shutil.which("cargo") and (NATIVE / "Cargo.toml").is_file() else []
    release = dict(os.environ, CODEGRAPH_RELEASE="1")
    return _run([*pip, str(ROOT / "hookspecs"), str(ROOT), *native], env=release)


# -- the environment ---------------------------------------------------------------------------------


def set_up(extras: Sequence[str]) -> None:
    """Make .venv hold CodeGraph and its engines; does nothing that is already up to date."""
    started = time.monotonic()
    stamps = _read_stamps()
    interpreter = "{} {}".format(sys.version, sys.prefix)
    if stamps.get("interpreter") != interpreter or not _script("python").exists():
        _say("Making .venv with Python {}.{}.{}".format(*sys.version_info[:3]))
        make_environment(ENVIRONMENT)
        stamps = {"interpreter": interpreter}
        _write_stamps(stamps)

    wanted = sorted(set(extras) | set(filter(None, stamps.get("extras", "").split(","))))
    sources = [ROOT / "pyproject.toml", ROOT / "hatch_build.py", ROOT / "hookspecs" / "pyproject.toml"]
    digest = _digest(sources, " ".join(wanted))
    if stamps.get("python") != digest or not _script("codegraph").exists():
        _say("Installing CodeGraph{}".format(" with extras " + ", ".join(wanted) if wanted else ""))
        requirement = str(ROOT) + ("[{}]".format(",".join(wanted)) if wanted else "")
        # The root names hookspecs by path, which pip installs as a copy; the second call makes it editable.
        _pip("install", "--editable", requirement)
        _pip("install", "--no-deps", "--editable", str(ROOT / "hookspecs"))
        stamps.update(python=digest, extras=",".join(wanted))
        _write_stamps(stamps)

    set_up_native(stamps)
    _write_stamps(stamps)
    compile_sources()
    _say("Environment ready after {:.1f} s".format(time.monotonic() - started))


def compile_sources() -> None:
    """Compile the modules that pip left where they are, so that no command spends its start on it."""
    roots = [str(root) for root in sorted(ROOT.glob("*/src"))]
    _run([str(_script("python")), "-m", "compileall", "-q", *roots])


def set_up_native(stamps: Dict[str, str]) -> None:
    """Build the Rust engine when cargo is there; a failure is shown and leaves the reference engine."""
    if not (NATIVE / "Cargo.toml").is_file():
        _say("This checkout has no native engine; the reference engine is used.")
        return
    if shutil.which("cargo") is None:
        _say("cargo was not found, so the native engine is not built; the reference engine is used.")
        _say("It gives the same graph, more slowly. Install Rust and run this again to have both.")
        return
    digest = _digest(_native_sources(), _toolchain())
    if stamps.get("native") == digest:
        return
    _say("Building the native engine (about a minute)")
    log = ENVIRONMENT / "native-build.log"
    with log.open("w", encoding="utf-8") as output:
        code = _run([str(_script("python")), "-m", "pip", "install", "--verbose", str(NATIVE)], output=output)
    if code == 0:
        stamps["native"] = digest
        return
    stamps.pop("native", None)
    lines = log.read_text(encoding="utf-8", errors="replace").rstrip().splitlines()
    _say("The native engine could not be built, so the reference engine is used. The end of {}:".format(log))
    print("\n".join("    " + line for line in lines[-25:]), flush=True)


def make_environment(path: Path, runner: Optional[Callable[[Command], int]] = None) -> None:
    """Create a virtual environment with pip in it.

    Debian ships `venv` without `ensurepip`. Then the machine's own pip fills the environment, and
    where there is none either, `virtualenv` does.

    Raises:
        SetupError: The interpreter can make no environment in any of these ways.
    """
    run = runner or _run
    fresh = [sys.executable, "-m", "venv", "--clear", str(path)]
    if _has("venv") and _has("ensurepip"):
        if run(fresh) == 0:
            return
    elif _has("venv") and _has("pip"):
        _say("This Python has no ensurepip; using its pip instead.")
        inside = str(_script("python", path))
        if (
            run([*fresh, "--without-pip"]) == 0
            and run([sys.executable, "-m", "pip", "--python", inside, "install", "pip"]) == 0
        ):
            return
    if _has("virtualenv") and run([sys.executable, "-m", "virtualenv", "--clear", str(path)]) == 0:
        return
    raise SetupError(
        "this Python can make no virtual environment. On Debian or Ubuntu: apt-get install python3-venv; "
        "elsewhere: {} -m pip install virtualenv. Then run this again.".format(sys.executable)
    )


def _require_python() -> None:
    if sys.version_info >= MINIMUM:
        return
    found = [name for name in ("python3.14", "python3.13", "python3.12", "python3.11") if shutil.which(name)]
    hint = "run it with {} instead".format(found[0]) if found else "install Python 3.11 or newer"
    raise SetupError("Python {}.{} is too old: {}.".format(sys.version_info[0], sys.version_info[1], hint))


def _has(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def _script(name: str, environment: Path = ENVIRONMENT) -> Path:
    if os.name == "nt":
        return environment / "Scripts" / (name + ".exe")
    return environment / "bin" / name


def _pip(*arguments: str) -> None:
    command = [
        str(_script("python")),
        "-m",
        "pip",
        arguments[0],
        "--quiet",
        "--disable-pip-version-check",
        *arguments[1:],
    ]
    if _run(command) != 0:
        raise SetupError("pip failed, see above; when the network was the cause, run this again.")


def _native_sources() -> List[Path]:
    kinds = {".rs", ".toml", ".lock", ".c", ".h", ".py", ".pyi", ".md"}
    found = []
    for folder, folders, names in os.walk(str(NATIVE)):
        folders[:] = [name for name in folders if name != "target" and not name.startswith(".")]
        found += [Path(folder) / name for name in names if Path(name).suffix in kinds]
    return found


def _toolchain() -> str:
    return subprocess.run(["cargo", "--version"], stdout=subprocess.PIPE, check=False).stdout.decode("utf-8", "replace")


def _digest(paths: Iterable[Path], salt: str) -> str:
    state = hashlib.sha256(salt.encode("utf-8"))
    for path in sorted(paths):
        state.update(str(path.relative_to(ROOT)).encode("utf-8") + b"\0" + path.read_bytes() + b"\0")
    return state.hexdigest()


def _read_stamps() -> Dict[str, str]:
    try:
        return dict(json.loads(STAMPS.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


def _write_stamps(stamps: Dict[str, str]) -> None:
    STAMPS.write_text(json.dumps(stamps, indent=1, sort_keys=True), encoding="utf-8")


def _say(text: str) -> None:
    print("» " + text if (sys.stdout.encoding or "").lower().startswith("utf") else "> " + text, flush=True)


def _run(command: Command, *, env: Optional[Dict[str, str]] = None, output: object = None) -> int:
    """Run a command in the checkout with nothing on its standard input and return its exit code."""
    result = subprocess.run(
        list(command),
        cwd=str(ROOT),
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=output,  # type: ignore[call-overload]
        stderr=subprocess.STDOUT if output else None,
        check=False,
    )
    return int(result.returncode)


# -- checks and tests --------------------------------------------------------------------------------


def _tool(*arguments: str) -> Command:
    return [str(_script(arguments[0])), *arguments[1:]]


def _cargo(*arguments: str) -> Command:
    return ["cargo", arguments[0], "--manifest-path", str(NATIVE / "Cargo.toml"), *arguments[1:]]


# In this order; pytest is last so that a log ends with its verdict.
CHECKS: Dict[str, Callable[[], Command]] = {
    "ruff-check": lambda: _tool("ruff", "check", "."),
    "ruff-format": lambda: _tool("ruff", "format", "--check", "."),
    "mypy": lambda: _tool("mypy"),
    "import-linter": lambda: _tool("lint-imports"),
    "cargo-fmt": lambda: _cargo("fmt", "--all", "--check"),
    "cargo-clippy": lambda: _cargo("clippy", "--workspace", "--all-targets", "--", "-D", "warnings"),
    "cargo-test": lambda: _cargo("test", "--workspace"),
    # Tests wait for disks and other processes half of their time: two workers keep one processor busy, three two. More
    # would only disturb those that hold a run to its time limits.
    "pytest": lambda: _tool("pytest", "-n", "3", "--dist", "worksteal"),
}


def run_checks(names: Sequence[str]) -> int:
    """Run checks and tests, all of them even when one fails, and print a verdict for each.

    Returns:
        0 when everything passed, 1 otherwise. A native engine that cannot be built is a failure here.
    """
    unknown = [name for name in names if name not in CHECKS]
    if unknown:
        raise SetupError("no check is called {}; there are {}.".format(", ".join(unknown), ", ".join(CHECKS)))
    set_up(extras=("dev",))
    results: List[Tuple[str, str, float]] = []
    without_rust = "no cargo" if shutil.which("cargo") is None else ""
    if not (NATIVE / "Cargo.toml").is_file():
        without_rust = "no native engine here"
    if not without_rust and "native" not in _read_stamps():
        results.append(("native build", "FAILED", 0.0))
    for name in names or list(CHECKS):
        if name.startswith("cargo") and without_rust:
            results.append((name, "left out: " + without_rust, 0.0))
            continue
        command = CHECKS[name]()
        print("\n=== {}: {}".format(name, " ".join(map(str, command))), flush=True)
        started = time.monotonic()
        code = _run(command)
        results.append((name, "ok" if code == 0 else "FAILED ({})".format(code), time.monotonic() - started))
    print("\n=== summary")
    for name, verdict, seconds in results:
        print("  {:<14} {:<20} {:6.1f} s".format(name, verdict, seconds))
    return 1 if any(verdict.startswith("FAILED") for _, verdict, _ in results) else 0


if __name__ == "__main__":
    sys.exit(main())
