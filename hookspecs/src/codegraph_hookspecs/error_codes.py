"""Error contract 1.0: every code that CodeGraph can give, with its category, its meaning and what to do.

One entry a code, so it is long; `tests/unit/hookspecs/test_error_codes.py` proves that it is complete, and
`python -m codegraph_hookspecs.error_codes` prints docs/reference/errors.md from it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

from attrs import frozen

from codegraph_hookspecs.errors import ERROR_CONTRACT_VERSION, ErrorCategory

CodeKind = Literal["error", "diagnostic", "verification", "reason", "conformance"]


@frozen
class ErrorCode:
    """One code.

    Args:
        code: Kebab-case name of the defect; part of the API.
        kind: `error`: of a `CodeGraphError`, also in the summary's `errors`; `diagnostic`: only in rows of
            `diagnostics`; `verification`: in what `codegraph verify` finds; `reason`: in the column `reason` of
            `call_sites` and `imports`; `conformance`: of a `codegraph_hookspecs.testing.ConformanceError`.
        group: Heading in the reference.
        category: What a caller can do about it; None where the question does not arise.
        meaning: What happened.
        remedy: What to do about it.
    """

    code: str
    kind: CodeKind
    group: str
    category: ErrorCategory | None
    meaning: str
    remedy: str = ""


_T, _P, _I = ErrorCategory.TRANSIENT, ErrorCategory.PERMANENT, ErrorCategory.INFRASTRUCTURE
_Row = tuple[str, ErrorCategory, str, str]

_ERRORS: Final[dict[str, tuple[_Row, ...]]] = {
    "General": (
        ("codegraph-error", _P, "An error of a plugin that gave no code of its own.", "Read its message."),
        ("cancelled", _T, "The caller cancelled the run; the previous snapshot is unchanged.", "Run again."),
        ("internal-error", _P, "A defect of CodeGraph or of a plugin.",
         "Run again with CODEGRAPH_DEBUG=1 and report the traceback."),
        ("contract-incompatible", _P, "Something was made for a version of a contract that cannot be taken.",
         "Upgrade codegraph, or bring it to the version it names."),
        ("system-error", _I, "The operating system refused something outside the store.", "Read its message."),
        ("dependency-missing", _P, "The call needs a package that is not installed.", "Install the package it names."),
        ("not-installed", _P, "The call needs a plugin that is not installed.",
         "Install a distribution that provides it; `codegraph plugins list` shows what was found."),
    ),
    "Configuration": (
        ("config-invalid", _P, "A setting's value is not allowed.", "Use one of the allowed values it lists."),
        ("config-unknown-key", _P, "There is no setting of this name.", "Use the nearest name, which it gives."),
        ("config-unreadable", _P, "A configuration file cannot be read as TOML.", "Mend the line it names."),
        ("config-not-allowed-in-file", _P, "A repository's file sets what only its user may set.",
         "Give it on the command line, in the environment or in code."),
        ("config-path-outside-root", _P, "A repository's file names a path outside the repository.",
         "Give it on the command line, in the environment or in code."),
        ("root-not-a-directory", _P, "The path to index does not exist or is no directory.",
         "Name an existing directory."),
        ("root-unreadable", _P, "The directory to index may not be listed; the snapshot stays as it is.",
         "Give the user who indexes the right to list it."),
        ("language-unknown", _P, "`languages` names a language that no plugin provides.",
         "Use one of the languages it lists, or install its plugin."),
        ("stage-unknown", _P, "A refresh names a stage or an analyzer that the pipeline does not have.",
         "Use one of those that `codegraph pipeline show` lists."),
        ("executor-unknown", _P, "`executor` names an executor that no plugin gives.",
         "Use one of the executors it lists, or install its plugin."),
        ("backend-unavailable", _P, "`backend` names a parser that is not installed or is disabled.",
         "Use one of the backends it lists, or `auto`."),
    ),
    "Plugins": (
        ("plugin-failed", _P, "A plugin failed.", "Read the cause; update or remove the plugin."),
        ("plugin-import-failed", _P, "A plugin cannot be imported.", "Mend its installation, or remove it."),
        ("plugin-import-timeout", _P, "Importing a plugin took too long.", "Report it to the plugin's author."),
        ("plugin-hookspec-mismatch", _P, "A plugin is made for another version of the hooks.", "Update the plugin."),
        ("plugin-unknown-hook", _P, "A plugin implements a hook that does not exist.",
         "Use the nearest name, which it gives."),
        ("plugin-bad-signature", _P, "A plugin's hook takes arguments that it does not have, or lacks its marker.",
         "Give it the arguments in the hook's documentation."),
        ("plugin-bad-result", _P, "A plugin's hook gave something of a wrong type.",
         "Return what the hook's documentation says."),
        ("plugin-duplicate-name", _P, "Two plugins have one name.", "Remove one of them."),
        ("plugin-name-clash", _P, "Two plugins give a parser, stage or analyzer of one name.", "Remove one of them."),
        ("plugin-language-clash", _P, "Two plugins claim one language or file extension.", "Remove one of them."),
        ("plugin-config-invalid", _P, "A plugin's settings do not fit its config class.", "Mend the setting it names."),
        ("plugin-hook-failed", _P, "A plugin's hook raised.", "Read the cause; update or remove the plugin."),
        ("plugin-hook-timeout", _P, "A plugin's hook did not return in time.", "Report it to the plugin's author."),
        ("repository-not-trusted", _P, "A plugin runs other programs over the repository's files, and its user has not "
         "said that the repository is trusted.",
         "If you trust what is in it: `codegraph trust PATH`, or name the folder in CODEGRAPH_TRUSTED."),
        ("native-engine-missing", _P, "A plugin needs the native engine, which is not installed.",
         "Install codegraph-parser-rust, or leave the plugin out."),
        ("native-engine-version", _P, "The native engine is of another make than its Python package.",
         "Install codegraph-parser-rust again; in a checkout build it again with maturin develop --release."),
        ("grammar-missing", _P, "A language's grammar package is not installed.", "Install the package it names."),
        ("grammar-abi", _P, "A grammar's ABI is not one that the parser reads.",
         "Install a version of the grammar that fits."),
        ("plugin-project-invalid", _P, "A folder is no plugin's project.",
         "Give a folder whose pyproject.toml has the table [project.entry-points.codegraph]."),
        ("pack-name-invalid", _P, "A language's name cannot name a package.",
         "Use lower-case letters, digits and hyphens, beginning with a letter: c-sharp."),
        ("pack-target-exists", _P, "The folder for a new language pack is already there.",
         "Remove it, or name another with --out."),
        ("pack-extension-unknown", _P, "Nothing says which files a new language has.", "Name them: --extension .xyz."),
        ("pack-sample-missing", _P, "No text is known that a new language's grammar reads without an error.",
         "Give a source file of the language: --sample FILE."),
        ("pack-sample-invalid", _P, "A sample cannot be read, or has a syntax error by the grammar.",
         "Give one that the grammar reads without an error."),
        ("sink-unknown", _P, "No plugin gives a sink of this name.",
         "Use one of the sinks it lists, or install its plugin."),
        ("analyzer-invalid", _P, "What was registered is no analyzer.",
         "Derive from CustomAnalyzer, or give name, version, scope and analyze."),
    ),
    "Pipeline": (
        ("pipeline-bad-stage", _P, "A stage is declared wrongly.", "Mend the declaration."),
        ("pipeline-missing-provider", _P, "A stage needs an artifact that no stage provides.",
         "Install the stage that provides it, or mend its name."),
        ("pipeline-two-providers", _P, "Two stages provide one artifact.", "Remove one of them."),
        ("pipeline-cycle", _P, "Stages need each other in a circle.", "Remove one of the inputs in the circle."),
        ("stage-file-changed", _T, "A file changed while a stage read it in a worker process.", "Run again."),
        ("stage-failed", _P, "A stage raised; its rows are not in the snapshot.", "Read the cause."),
        ("stage-timeout", _P, "A stage did not finish in time; its rows are not in the snapshot.",
         "Report it to the stage's author."),
        ("stage-skipped", _P, "A stage did not run because one before it failed.", "See that one's error."),
        ("stage-undeclared-input", _P, "A stage or analyzer read what it did not declare.", "Declare the input."),
        ("stage-undeclared-table", _P, "A stage gave rows of a table that it did not declare.", "Declare the table."),
        ("batch-unknown-table", _P, "Rows for a table that does not exist; dropped.", "Mend the table's name."),
        ("batch-not-arrow", _P, "Rows that are no Arrow record batch; dropped.", "Give pyarrow.RecordBatch."),
        ("batch-schema", _P, "Rows that are not in their table's schema; dropped.",
         "Use TABLES[name].physical_schema."),
        ("batch-null", _P, "Rows without a value that every row must have; dropped.", "Fill the column it names."),
        ("batch-span", _P, "Rows whose span ends before it starts, or starts before the file; dropped.",
         "Lines start at 1, bytes at 0."),
        ("batch-value", _P, "Rows with a word that is not one of the allowed ones; dropped.", "Use an allowed word."),
        ("batch-files", _P, "A parser's `files` rows are not the input files in input order.",
         "Give one row for each input file."),
        ("parser-failed", _P, "A parser raised; another one took over, or the files are marked failed.",
         "Report it to the parser's author."),
        ("parser-timeout", _P, "A parser hung; another one took over, or the files are marked failed.",
         "Report it to the parser's author; the executor `processes` costs only the file."),
        ("parser-unreliable", _P, "Too many files killed a parser's worker processes; it is left out.",
         "Report it to the parser's author."),
        ("executor-unsendable", _P, "A parser or file cannot be sent to worker processes; it is parsed in this one.",
         "Define the parser in a module that can be imported."),
        ("executor-failed", _I, "An executor raised, or its workers do not start.",
         "Read its cause; use the executor `threads` meanwhile."),
        ("analyzer-failed", _P, "An analyzer raised; its findings are not in the snapshot.",
         "Report it to the analyzer's author."),
        ("finding-malformed", _P, "An analyzer gave a finding that is not one; it was dropped.",
         "Give at least type and message."),
        ("dangling-edges", _P, "Edges name nodes that do not exist.", "Report it to the stage's author."),
        ("duplicate-node-ids", _P, "Two nodes have one id.", "Report it to the author of the language's plugin."),
        ("parity-difference", _P, "The two engines give different rows (`backend = both`); nothing was stored.",
         "Report it; index with a single backend meanwhile."),
    ),
    "Indexing and storage": (
        ("indexing-failed", _P, "Building the snapshot failed.", "Read its message."),
        ("storage-failed", _I, "The store cannot be read or written.", "Check the disk that holds cache_dir."),
        ("disk-full", _I, "There is no room to write, or a size limit was reached.",
         "Free space on the disk that holds cache_dir, or set cache_dir to another disk."),
        ("storage-io", _I, "The disk refused an operation.", "Check the disk that holds cache_dir, then retry."),
        ("store-read-only", _P, "The cache directory cannot be written.",
         "Set cache_dir to a directory that you may write to."),
        ("store-missing", _P, "Nothing was indexed here.", "Run `codegraph index` first, or set cache_dir."),
        ("store-closed", _P, "Something of the store was used after it was closed.", "Open a new one."),
        ("store-busy", _T, "Another process holds the store's catalog.", "Try again."),
        ("store-newer", _P, "A newer CodeGraph wrote this store.", "Upgrade codegraph, or set another cache_dir."),
        ("store-older", _P, "An older CodeGraph wrote this store, and it was opened for reading only.",
         "Open it once for writing (`codegraph index`) to migrate it."),
        ("segment-corrupt", _I, "A segment's bytes are not those that were written.",
         "Run `codegraph index` again to rebuild it from the sources."),
        ("catalog-corrupt", _I, "The store's catalog is damaged.",
         "Delete cache_dir and run `codegraph index` again."),
        ("batch-invalid", _P, "A batch cannot be stored: wrong schema or values.", "Report it to the stage's author."),
        ("snapshot-missing", _P, "There is no snapshot of this id.", "`codegraph snapshots list` shows what there is."),
        ("snapshot-closed", _P, "A graph was used after it was closed.", "Open it again."),
        ("bundle-exists", _P, "There is a file where a snapshot should be exported to.",
         "Choose another name, or overwrite it (--overwrite)."),
        ("bundle-invalid", _P, "A file is no bundle, a newer one, or not what its manifest says.", "Export it again."),
        ("tag-exists", _P, "Another snapshot has this tag.", "Choose another name, or move the tag (--move)."),
        ("tag-invalid", _P, "A tag cannot have this name.", "Begin with a letter; letters, digits and ._-/ follow."),
        ("lock-timeout", _T, "Another holder kept a named lock longer than the caller wanted to wait.", "Try again."),
        ("commit-conflict", _T, "Another writer committed first and touched the same files.", "Run again."),
    ),
    "Jobs": (
        ("job-kind-unknown", _P, "There is no kind of job of this name.", "Use one of those that it lists."),
        ("job-lost", _T, "Another worker has adopted the job; what this attempt does counts no more.",
         "Nothing; a longer --lease where healthy workers lose jobs."),
        ("job-state", _P, "What was asked for is not allowed in the state that the job is in.",
         "Look with `codegraph jobs show`: open jobs can be cancelled, failed and cancelled ones retried."),
        ("job-store-unknown", _P, "No plugin opens a store of jobs at such a URL.",
         "Use sqlite:////absolute/path or postgresql://user@host/database."),
        ("job-store-unreachable", _I, "The database of the jobs cannot be opened.",
         "Start it, or name another with --url."),
        ("job-timeout", _T, "A job had not ended in the time that was given.", "Wait longer; see that a worker runs."),
        ("job-unknown", _P, "There is no job of this id.", "`codegraph jobs list` shows those that there are."),
        ("job-worker-busy", _P, "A worker is running in this process already.", "Start another process."),
        ("job-worker-lost", _I, "The worker of a job was lost as often as it may be; the job may be what ends workers.",
         "Look for what ends them (memory, a crash), then `codegraph jobs retry`."),
    ),
    "Sessions": (
        ("session-closed", _P, "A session was used after it was closed.", "Open a new session."),
        ("session-invalid", _P, "A commit of this session met an error of the machine.",
         "See to the cause, then open a new session."),
        ("session-has-changes", _P, "The session has changes, and was asked to move to a newer snapshot.",
         "Commit, or roll back first."),
        ("session-path-invalid", _P, "A path leaves the repository, or names no file.",
         "Give a path relative to the repository."),
        ("session-file-exists", _P, "A file to add is there already.", "Use update_file or add_change."),
        ("session-file-missing", _P, "A file to change or remove is not there.",
         "Use add_file, or add_change with the whole text."),
        ("session-file-unreadable", _P, "A file cannot be taken from the disk.", "Give its content."),
        ("session-edit-invalid", _P, "A byte range is not in the file, or a text is no UTF-8.",
         "Give bytes, and a range of the file as `pending` returns it."),
        ("source-missing", _P, "A snapshot has not kept the bytes that a commit must start from.",
         "Run `codegraph index --mode full` once, then open a new session."),
    ),
    "Queries": (
        ("query-invalid", _P, "The query cannot be run.", "Read its message."),
        ("table-unknown", _P, "There is no table of this name.", "Use the nearest name, which it gives."),
        ("field-unknown", _P, "The table has no field of this name.", "Use the nearest name, which it gives."),
        ("operator-unknown", _P, "There is no operator of this name.", "Use one of the operators it lists."),
        ("value-type", _P, "A value is not of the field's type, or the operator does not fit it.",
         "Give a value of the type it names."),
        ("pattern-invalid", _P, "A regular expression or glob cannot be read.",
         "Mend the pattern; back-references and look-around are not available."),
        ("argument-invalid", _P, "An argument of a query method is not allowed.", "Give what its message says."),
        ("aggregate-invalid", _P, "The aggregation has no function, an unknown one, or one name twice.",
         'Write, for example, aggregate(count="id").'),
        ("sql-invalid", _P, "The SQL cannot be read, or names a column or function that there is not.",
         "Mend what its reason says."),
        ("sql-refused", _P, "The SQL is not exactly one SELECT over the snapshot's tables.",
         "Write one SELECT; files, settings and other statements are out of reach."),
        ("sql-limit", _P, "The SQL needs more time or memory than it may use.",
         "Narrow the query, or raise the limit it names."),
        ("row-invalid", _P, "A dictionary is not a row of this table.", "Give the table's columns."),
        ("layer-missing", _P, "The snapshot was made without rows that only runs have that were asked for them.",
         "Index again with the option that its message names."),
        ("symbol-unknown", _P, "No symbol has this name.", "Use one of the similar names it lists."),
    ),
    "Command line": (
        ("usage", _P, "The command line is wrong.", "Add --help to the command to see what it takes."),
        (
            "flow-unavailable",
            _P,
            "The control flow of this symbol cannot be had.",
            "Ask for a function, class or module whose language has a lowering and whose source the snapshot has.",
        ),
        (
            "slice-criterion-unknown",
            _P,
            "No code stands at the place from which a slice is asked for, or the line does not name that.",
            "Give path:line:name as in the snapshot; the error lists the names that the line has.",
        ),
        ("symbol-ambiguous", _P, "Several symbols have this name.", "Give one of the ids it lists."),
    ),
}  # fmt: skip

_DIAGNOSTICS: Final[tuple[_Row, ...]] = (
    ("syntax-error", _P, "The file has syntax errors; what lies outside them is indexed (degraded).",
     "Mend the file, or ignore it."),
    ("worker-crashed", _P, "The file killed two worker processes of the executor `processes` and is left out for five "
     "minutes; or a stage over the repository killed its own.",
     "Report it with the name of the parser or stage, or exclude the file."),
    ("worker-memory", _P, "The file made two worker processes take more than worker_memory_bytes and is left out for "
     "five minutes; or a stage over the repository took more.",
     "Raise worker_memory_bytes, or exclude the file."),
    ("worker-timeout", _P, "The file hung two worker processes and is left out for five minutes; or a stage over the "
     "repository did not end.", "Report it with the name of the parser or stage, or exclude the file."),
    ("parse-timeout", _P,
     "Parse and walk took more CPU time than parse_timeout_s; only the module is indexed (degraded).",
     "Raise parse_timeout_s, or exclude the file."),
    ("parse-memory", _P, "Parsing needs more memory than one file may take; only the module is indexed (degraded).",
     "Exclude the file, which is likely generated."),
    ("parser-panic", _P, "The native parser failed inside on this file (failed).",
     "Report the file; index it with `backend = python` meanwhile."),
    ("nesting-too-deep", _P, "Definitions are nested too deep to have rows; the others are indexed (degraded).",
     "Exclude the file, which is likely generated."),
    ("file-binary", _P, "The file has NUL bytes (skipped).", "Exclude it, if it should not be there."),
    ("file-too-large", _P, "The file is larger than max_file_bytes (skipped).", "Raise max_file_bytes if it matters."),
    ("file-not-regular", _P, "The file became a link, pipe, socket or device during the run (skipped).", "None."),
    ("file-unreadable", _P, "The file cannot be opened or read (failed); infrastructure when the disk refused.",
     "Give the user who indexes the right to read it."),
    ("file-vanished", _T, "The file vanished during the run (failed).", "Run again."),
    ("notebook-malformed", _P, "The file is no notebook (failed).", "Open and save it in Jupyter, or exclude it."),
    ("notebook-language", _P, "The notebook's kernel is not a Python one (skipped).", "Nothing is needed."),
    ("no-parser", _P, "No parser could parse the file's language (failed).", "Install a parser for the language."),
    ("symlink-skipped", _P, "A symbolic link with a source file's name; links are not followed.",
     "Index the folder that it leads to."),
    ("not-a-regular-file", _P, "A pipe, socket or device with a source file's name.", "None."),
    ("unreadable-directory", _P, "A directory cannot be listed; nothing in it is seen.",
     "Give the user who indexes the right to list it, or exclude it."),
    ("occurrences-skipped", _P, "The file has no occurrences: its parser gave up on it, or does not use tree-sitter.",
     "See the file's other diagnostics."),
    ("flow-units-skipped", _P, "The file's calls were not analysed: its text is binary or could not be parsed again.",
     "See the file's other diagnostics."),
    ("call-graph-degraded", _P, "The analysis of calls met its bounds: some callees are missing.",
     "Index a smaller part of the repository to have them."),
    ("language-server-missing", _P,
     "Calls of a language are not resolved, and none of its language servers is installed.",
     "Install one of the servers that the message names, or name its command in `plugins.lsp-types.servers`."),
    ("language-server-failed", _I,
     "A language server could not be started, crashed, hung or answered nonsense; the calls "
     "that it was not asked about stay as they are.",
     "Run the server by itself to see why, exclude the file that the row names, or take another server."),
    ("import-cycle", _P, "Modules import each other while they load.", "Move what both need into a third module."),
    ("project-config-ignored", _P, "A project file (tsconfig.json, package.json) cannot be read; it is not used.",
     "Mend the file."),
    ("manifest-ignored", _P,
     "A package's manifest, or some of its entries, cannot be read; the graph lacks what it describes.",
     "Mend the file."),
)  # fmt: skip

_VERIFICATION: Final[tuple[tuple[str, str], ...]] = (
    ("catalog-inconsistent", "SQLite finds the catalog's own structure damaged. Index into a new cache_dir."),
    ("segment-damaged", "A segment's file is gone or its bytes changed. The snapshots that have it cannot be read."),
    ("index-wrong", "A segment's sorted keys are not those of its rows. Index again with `--mode full`."),
    ("versions-wrong", "The catalog's list of file versions is not the segment's. Repaired from the segment."),
    ("snapshot-damaged", "A snapshot lost a segment. Repaired by dropping it; the next run builds it again."),
    ("counts-wrong", "A snapshot's counts are not its segments'. Repaired by counting again."),
    ("tag-broken", "A tag names a snapshot that is not there. Repaired by dropping it."),
    ("branch-broken", "A branch's head is a snapshot that is not there. Repaired by dropping it."),
    ("lease-of-the-dead", "A lease of a process that is gone. Repaired by dropping it, as every writer does."),
    ("intent-of-the-dead", "An unfinished write of a process that is gone. Repaired by dropping it."),
    ("file-orphaned", "A file in the segment folder that no snapshot has. Repaired by deleting it."),
    ("edges-dangling", "Edges of a snapshot name nodes that it does not have. Report it to the stage's author."),
    ("ids-repeated", "Two nodes of a snapshot have one id. Report it to the author of the language's plugin."),
    ("rebuild-differs", "Building the tree anew gives other rows than the snapshot has (`--rebuild`). Report it."),
    (
        "incremental-differs",
        "Rows of the newest snapshot are not those of a build at once; `codegraph index --mode full` mends it.",
    ),
)

_REASONS: Final[tuple[tuple[str, str], ...]] = (
    ("module-not-found", "An import names a module of the repository that is not there."),
    ("name-not-found", "The module has no such name."),
    ("import-cycle", "Names that only import each other."),
    ("unresolved-import", "The name is bound to an import that could not be resolved."),
    ("dynamic-attribute", "The module computes its attributes."),
    ("star-import", "The name may come from a star import that leads out of the repository."),
    ("undefined-name", "Nothing binds the name."),
    ("member-not-found", "Neither the type nor any of its bases has the member."),
    ("external-base", "The member may come from one of several bases outside the repository."),
    ("unresolved-base", "The member may come from a base that could not be resolved."),
    ("value-member", "A member of a value whose type is not known here."),
    ("value-call", "A call of a value: a variable, a field, a parameter."),
    ("not-callable", "A call of a module, a namespace, an interface."),
    ("implicit-constructor", "`super(…)` reaches no written constructor."),
    ("not-visible", "An import of a Go package below an `internal` folder from outside the tree that it is for."),
    ("unbound-name", "Nothing around the call gives its name a meaning, as for `this()` outside a type."),
    ("receiver-unknown", "A member of a value that is not known before the code runs."),
    ("local-value", "A call of a local value: a parameter, or a variable of a function."),
    ("dead-code", "The call is in code that cannot run; only with the plugin `call-graph`."),
    ("computed-callee", "What is called is computed: the result of a call, a subscript, a function expression."),
)

_CONFORMANCE: Final[tuple[tuple[str, str], ...]] = (
    ("analyzer-declaration", "An analyzer's name, version or scope is wrong."),
    ("analyzer-mutates", "An analyzer writes into its input tables."),
    ("analyzer-raised", "An analyzer raised."),
    ("analyzer-type", "The object is no Analyzer."),
    ("analyzer-unstable", "Two runs of an analyzer give different findings."),
    ("baseline-invalid", "A file is no baseline of resolved edges."),
    ("baseline-stale", "A sample has changed since the baseline of resolved edges was written."),
    ("batch-call-id", "A call site's id is not `<caller>#call<n>`."),
    ("batch-caller", "A call site's caller is no node of its file."),
    ("batch-complexity", "A complexity is below 1."),
    ("batch-diagnostic", "A file that is not ok has no diagnostic."),
    ("batch-different", "Two batches that must have the same rows differ."),
    ("batch-files", "The `files` rows are not the input files in input order."),
    ("batch-id", "A node's id does not follow the rules."),
    ("batch-import", "Import rows and import nodes are not the same."),
    ("batch-module", "A file lacks its module node, or the node is wrong."),
    ("batch-nesting", "A node's span is not inside its parent's."),
    ("batch-order", "Rows are not grouped by file in input order."),
    ("batch-ordinal", "An ordinal names no row of its file."),
    ("batch-parent", "A node's parent is no node of its file."),
    ("batch-position", "A position is outside the file, or line and byte do not agree."),
    ("batch-skipped", "A file that was not parsed has rows."),
    ("batch-tables", "A parsed batch lacks tables."),
    ("batch-type", "parse() returned no ParsedBatch."),
    ("damage-symbols", "Too many symbols outside a damaged part of a file are lost."),
    ("damage-trace", "A damaged text changes the rows of the sound text that is parsed after it."),
    ("edges-lost", "A new version of a pack resolves fewer edges than the one before."),
    ("executor-ahead", "An executor takes too many tasks ahead of its results."),
    ("executor-error", "An executor swallows a task's exception."),
    ("executor-name", "An executor has no name."),
    ("executor-order", "An executor's results are not in order."),
    ("executor-raised", "An executor raised."),
    ("executor-type", "The object is no Executor."),
    ("finding-dangling", "A finding names a node or file that does not exist."),
    ("finding-json", "A finding is not JSON-ready."),
    ("finding-text", "A finding lacks type or message."),
    ("finding-type", "An analyzer yields something that is no mapping."),
    ("finding-value", "A finding's severity, confidence or span is wrong."),
    ("job-store-key", "A store of jobs takes a second job of a key that has an open one."),
    ("job-store-log", "The log of a job does not tell its attempts."),
    ("job-store-order", "A store of jobs does not list the newest first."),
    ("job-store-record", "A job is not read back as it was submitted, or one that is unknown has a record."),
    ("job-store-state", "A store of jobs allows a transition that is not legal, or refuses one that is."),
    ("job-store-type", "The object is no JobStore."),
    ("job-store-work", "A worker of a store of jobs does not do, retry or count jobs as it is told."),
    ("kind-incomplete", "A kind table lacks a rule or a part of one."),
    ("kind-unknown", "A kind table names what the grammar does not have."),
    ("kind-value", "A rule has a value that is not allowed."),
    ("language-abi", "A grammar's ABI is not 13 to 15."),
    ("language-extension", "A pack's extensions or file names are wrong."),
    ("language-grammar", "A grammar cannot be loaded."),
    ("language-name", "A language's name is not allowed."),
    ("language-parse", "A parser raised on a sample."),
    ("language-setting", "A pack's setting has a value that is not allowed."),
    ("language-type", "The object is no LanguagePack."),
    ("language-version", "A pack has no version."),
    ("linkers-differ", "Two link engines resolve different edges."),
    ("parser-batching", "One batch and one file at a time give different rows."),
    ("parser-prefetch", "Files that were begun early have other rows."),
    ("parser-name", "A parser's name, version or priority is wrong."),
    ("parser-odd-file", "A parser gives a wrong status for an odd file."),
    ("parser-raised", "A parser raised."),
    ("parser-supports", "A parser supports none of the packs, or answers with no bool."),
    ("parser-type", "The object is no Parser."),
    ("parser-sources", "The table `sources` has not the bytes of the files that were parsed."),
    ("parser-unstable", "Two sessions of a parser give different rows."),
    ("parser-workers", "One worker and two give different rows."),
    ("parsers-differ", "Two parsers give different rows for a sample."),
    ("plugin-config", "A plugin's config class lacks defaults."),
    ("plugin-hook", "A plugin implements no hook, or one that does not exist or does not fit."),
    ("plugin-import", "A plugin cannot be imported."),
    ("plugin-info", "A plugin's info is missing, incomplete or for other hookspecs."),
    ("plugin-missing", "No entry point has this name."),
    ("plugin-names", "A hook gives contributions without a name, or with one name twice."),
    ("plugin-raised", "A hook raised."),
    ("plugin-result", "A hook gives something of a wrong type."),
    ("plugin-unmarked", "A function is named like a hook and is not marked with hookimpl."),
    ("plugin-unstable", "A hook gives other names when it is asked again."),
    ("sample-path", "A sample's path is not one."),
    ("sample-syntax", "A sample has a syntax error."),
    ("sink-files", "A sink returned files that it did not write, or wrote files that it did not return."),
    ("sink-name", "A sink has no name."),
    ("sink-outside", "A sink wrote outside its destination."),
    ("sink-raised", "A sink raised."),
    ("sink-type", "The object is no Sink."),
    ("sink-unstable", "Two writes of a sink give different files."),
    ("stage-declaration", "A stage's name, layer, scope, inputs or tables are wrong."),
    ("stage-inputs", "A stage's inputs were not given to the check."),
    ("stage-mutates", "A stage writes into its input tables."),
    ("stage-raised", "A stage raised."),
    ("stage-type", "The object is no Stage."),
    ("stage-undeclared", "A stage yields rows of a table that it did not declare."),
    ("stage-unstable", "Two runs of a stage give different rows."),
    ("stage-yield", "A stage yields something that is no (table, batch)."),
    ("table-key", "A key occurs twice."),
    ("table-null", "Rows lack a value that every row must have."),
    ("table-schema", "A table is not in its schema."),
    ("table-span", "A span ends before it starts, or starts before the file."),
    ("table-unknown", "There is no table of this name."),
    ("table-value", "A word is not one of the allowed ones."),
    ("token-unknown", "A kind table names a token that the grammar does not have."),
)


def _entries() -> Iterator[ErrorCode]:
    for group, rows in _ERRORS.items():
        for row in rows:
            yield ErrorCode(row[0], "error", group, *row[1:])
    for row in _DIAGNOSTICS:
        yield ErrorCode(row[0], "diagnostic", "Files", *row[1:])
    for code, meaning in _VERIFICATION:
        yield ErrorCode(code, "verification", "Verification of the store", None, meaning)
    for code, meaning in _REASONS:
        yield ErrorCode(code, "reason", "Reasons of call sites and imports", None, meaning)
    for code, meaning in _CONFORMANCE:
        yield ErrorCode(code, "conformance", "Conformance kit", None, meaning)


ERROR_CODES: Final[tuple[ErrorCode, ...]] = tuple(_entries())
"""Every code, by group; a code occurs once a kind."""

_HEAD: Final = f"""\
# Error and diagnostic codes

Error contract {ERROR_CONTRACT_VERSION}. Made from the registry (`python -m codegraph_hookspecs.error_codes`). Codes
and categories are part of the API; the text of a message is not. A code's category says what a caller can do:

- `transient`: the same call may succeed later. Runs, and calls that open or change the store, try again three times,
  after 1, 2 and 4 s.
- `permanent`: something must be mended first; the remedy says what.
- `infrastructure`: the machine failed. The same calls try once more, then raise and tell `codegraph_alert`; a query
  that streams rows raises and tells at once.

Errors are exceptions of the call that failed; those that a run survives (a plugin, a stage, an analyzer) are in
the summary under `errors` and in the table `diagnostics`. Every file that is not `ok` has a row there.
"""
_INTRODUCTIONS: Final = {
    "Files": "Rows of `diagnostics` about one file or folder; not exceptions.",
    "Verification of the store": "Codes of what `codegraph verify` finds, and how `--repair` mends it.",
    "Reasons of call sites and imports": "Values of the column `reason`: why a call or an import is not resolved.",
    "Conformance kit": "Codes of `ConformanceError`, which the checks of `codegraph_hookspecs.testing` raise.",
}


def render_reference() -> str:
    """Return the reference of all codes as Markdown."""
    parts = [_HEAD]
    group = ""
    for entry in ERROR_CODES:
        full = entry.category is not None
        if entry.group != group:
            group = entry.group
            parts.append(f"\n## {group}\n\n")
            if group in _INTRODUCTIONS:
                parts.append(f"{_INTRODUCTIONS[group]}\n\n")
            parts.append("| code | category | meaning | remedy |\n|---|---|---|---|\n" if full else "")
            parts.append("" if full else "| code | meaning |\n|---|---|\n")
        cells = [f"`{entry.code}`", *([str(entry.category)] if full else []), entry.meaning]
        parts.append(f"| {' | '.join([*cells, *([entry.remedy] if full else [])])} |\n")
    return "".join(parts)


if __name__ == "__main__":
    print(render_reference(), end="")
