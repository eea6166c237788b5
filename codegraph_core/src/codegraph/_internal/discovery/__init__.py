"""Discovery: which files of a directory tree are source files, as git would list them."""

from codegraph._internal.discovery.ignore import IgnoreRules, parse_rules
from codegraph._internal.discovery.languages import LanguageDetector
from codegraph._internal.discovery.paths import path_bytes, path_text
from codegraph._internal.discovery.walk import Discovery, FirstFiles, Watched, WatchKind, discover

__all__ = [
    "Discovery",
    "FirstFiles",
    "IgnoreRules",
    "LanguageDetector",
    "WatchKind",
    "Watched",
    "discover",
    "parse_rules",
    "path_bytes",
    "path_text",
]
