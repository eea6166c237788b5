//! The link engine on rows made by hand: a package that re-exports a class, and a module that uses it.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{
    Array, ArrayRef, DictionaryArray, Int32Array, RecordBatch, StringArray, StructArray,
};
use arrow_schema::{DataType, Field, Schema};
use codegraph_link::{Linker, TableBatch};

const LANGUAGES: &str = r#"[{"name": "python", "style": "dotted", "extensions": [".py"], "file_extensions": [".py"],
    "index_names": ["__init__"], "explicit_exports": false, "export_list": "__all__", "builtins": ["len"],
    "builtins_module": "builtins", "constructor": "__init__", "super_call": "super", "default_packages": [], "stub_extension": ".pyi", "local_callables": true}]"#;
const PROJECT: &str = r#"{"path_maps": [], "packages": []}"#;

fn symbols(values: &[Option<&str>]) -> ArrayRef {
    Arc::new(
        values
            .iter()
            .copied()
            .collect::<DictionaryArray<Int32Type>>(),
    )
}

fn texts(values: &[Option<&str>]) -> ArrayRef {
    Arc::new(StringArray::from(values.to_vec()))
}

fn numbers(values: &[i32]) -> ArrayRef {
    Arc::new(Int32Array::from(values.to_vec()))
}

fn empty_lists(count: usize) -> ArrayRef {
    let empty = StringArray::from(Vec::<&str>::new());
    let item = Arc::new(Field::new("item", DataType::Utf8, false));
    let offsets = arrow_buffer::OffsetBuffer::new(vec![0; count + 1].into());
    Arc::new(arrow_array::ListArray::new(
        item,
        offsets,
        Arc::new(empty),
        None,
    ))
}

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    let fields: Vec<Field> = columns
        .iter()
        .map(|(name, array)| Field::new(*name, array.data_type().clone(), true))
        .collect();
    RecordBatch::try_new(
        Arc::new(Schema::new(fields)),
        columns.into_iter().map(|(_, array)| array).collect(),
    )
    .expect("columns of one length")
}

/// Id, kind, name, parent, file.
type Row = (
    &'static str,
    &'static str,
    &'static str,
    Option<&'static str>,
    &'static str,
);

fn nodes() -> RecordBatch {
    let rows: [Row; 7] = [
        ("m@py", "module", "m", None, "m.py"),
        ("m:C@py", "import", "C", Some("m@py"), "m.py"),
        ("p@__init__.py", "module", "p", Some("p@/"), "p/__init__.py"),
        (
            "p:C@__init__.py",
            "import",
            "C",
            Some("p@__init__.py"),
            "p/__init__.py",
        ),
        ("p.q@py", "module", "q", Some("p@/"), "p/q.py"),
        ("p.q:C@py", "class", "C", Some("p.q@py"), "p/q.py"),
        (
            "p.q:C.__init__@py",
            "method",
            "__init__",
            Some("p.q:C@py"),
            "p/q.py",
        ),
    ];
    let column = |pick: fn(&Row) -> Option<&'static str>| rows.iter().map(pick).collect::<Vec<_>>();
    batch(vec![
        ("id", texts(&column(|row| Some(row.0)))),
        ("kind", symbols(&column(|row| Some(row.1)))),
        ("name", texts(&column(|row| Some(row.2)))),
        ("parent_id", symbols(&column(|row| row.3))),
        ("file_path", symbols(&column(|row| Some(row.4)))),
        ("language", symbols(&column(|_| Some("python")))),
        ("start_line", numbers(&[1, 1, 1, 1, 1, 2, 3])),
        ("modifiers", empty_lists(7)),
        ("visibility", symbols(&column(|_| Some("public")))),
        ("metadata", texts(&column(|_| None))),
    ])
}

fn spans(count: usize) -> ArrayRef {
    let member = |name: &str| {
        (
            Arc::new(Field::new(name, DataType::Int32, false)),
            numbers(&vec![1; count]),
        )
    };
    Arc::new(StructArray::from(vec![
        member("start_line"),
        member("start_column"),
    ]))
}

fn imports() -> RecordBatch {
    batch(vec![
        ("id", texts(&[Some("m:C@py"), Some("p:C@__init__.py")])),
        ("file_path", symbols(&[Some("m.py"), Some("p/__init__.py")])),
        ("span", spans(2)),
        ("module", symbols(&[Some("p"), Some(".q")])),
        ("name", texts(&[Some("C"), Some("C")])),
        ("alias", texts(&[None, None])),
        ("target_id", texts(&[None, None])),
        ("target_file", texts(&[None, None])),
        ("status", symbols(&[Some("unresolved"), Some("unresolved")])),
        ("reason", symbols(&[None, None])),
    ])
}

fn uses() -> RecordBatch {
    batch(vec![
        ("file_path", symbols(&[Some("m.py"), Some("m.py")])),
        ("use", symbols(&[Some("call"), Some("call")])),
        ("node", numbers(&[0, 0])),
        ("name", symbols(&[Some("C"), Some("len")])),
        ("binding", symbols(&[Some("import"), Some("global")])),
        ("target", numbers(&[1, -1])),
        ("line_number", numbers(&[2, 3])),
        ("column", numbers(&[0, 0])),
        ("call_site", numbers(&[0, 1])),
    ])
}

fn call_sites() -> RecordBatch {
    batch(vec![
        ("id", texts(&[Some("m@py#call1"), Some("m@py#call2")])),
        ("file_path", symbols(&[Some("m.py"), Some("m.py")])),
        ("status", symbols(&[Some("unresolved"), Some("unresolved")])),
        ("reason", symbols(&[None, None])),
        ("candidates", empty_lists(2)),
    ])
}

fn prepared(workers: usize) -> Linker {
    let mut linker = Linker::new(LANGUAGES, workers).expect("languages");
    linker.add("nodes", &nodes()).expect("nodes");
    linker.add("imports", &imports()).expect("imports");
    linker.prepare(PROJECT).expect("project");
    linker
}

fn linked(workers: usize) -> Vec<TableBatch> {
    let mut linker = prepared(workers);
    let mut batches = linker.packages().expect("packages");
    batches.extend(
        linker
            .link(&[0, 1, 2], &[imports()], &[call_sites()], &[uses()])
            .expect("rows"),
    );
    batches.extend(linker.externals().expect("externals"));
    batches
}

fn values(batch: &RecordBatch, name: &str) -> Vec<Option<String>> {
    let column = batch.column_by_name(name).expect("column");
    let plain = match column.as_dictionary_opt::<Int32Type>() {
        Some(dictionary) => {
            let texts = dictionary.values().as_string::<i32>();
            return dictionary
                .keys()
                .iter()
                .map(|key| key.map(|key| texts.value(key as usize).to_owned()))
                .collect();
        }
        None => column.as_string::<i32>(),
    };
    plain.iter().map(|value| value.map(str::to_owned)).collect()
}

fn table<'a>(batches: &'a [TableBatch], name: &str) -> Vec<&'a RecordBatch> {
    batches
        .iter()
        .filter(|(table, _)| *table == name)
        .map(|(_, batch)| batch)
        .collect()
}

#[test]
fn a_call_through_a_re_export_reaches_the_class_and_its_constructor() {
    let batches = linked(1);
    let sites = table(&batches, "call_sites")[0];
    assert_eq!(
        values(sites, "status"),
        [Some("resolved".to_owned()), Some("external".to_owned())]
    );
    let candidates = sites
        .column_by_name("candidates")
        .expect("candidates")
        .as_list::<i32>();
    let first = candidates.value(0);
    let names: Vec<_> = first.as_string::<i32>().iter().flatten().collect();
    assert_eq!(names, ["p.q:C@py", "p.q:C.__init__@py"]);
    let kinds: Vec<_> = table(&batches, "edges")
        .iter()
        .flat_map(|edges| values(edges, "kind"))
        .flatten()
        .collect();
    assert_eq!(
        kinds,
        [
            "defines",
            "imports",
            "imports",
            "instantiates",
            "calls",
            "calls", // m.py
            "contains",
            "defines",
            "imports",
            "imports", // p/__init__.py
            "contains",
            "defines",
            "defines", // p/q.py
        ]
    );
}

#[test]
fn imports_name_their_target_and_its_file() {
    let batches = linked(1);
    let rows = table(&batches, "imports")[0];
    assert_eq!(
        values(rows, "target_id"),
        vec![Some("p.q:C@py".to_owned()); 2]
    );
    assert_eq!(
        values(rows, "target_file"),
        vec![Some("p/q.py".to_owned()); 2]
    );
    assert_eq!(values(rows, "status"), vec![Some("resolved".to_owned()); 2]);
}

#[test]
fn externals_and_packages_are_nodes() {
    let batches = linked(1);
    let ids: Vec<_> = table(&batches, "nodes")
        .iter()
        .flat_map(|nodes| values(nodes, "id"))
        .flatten()
        .collect();
    assert_eq!(ids, ["p@/", "builtins.len@external"]);
}

#[test]
fn workers_change_nothing() {
    assert_eq!(linked(1), linked(4));
}

#[test]
fn linking_and_surveying_at_once_gives_what_both_give() {
    let files = [0, 1, 2];
    let given = ([imports()], [call_sites()], [uses()]);
    let mut apart = prepared(1);
    let rows = apart
        .link(&files, &given.0, &given.1, &given.2)
        .expect("rows");
    let digests = apart
        .survey(&files, &given.0, &given.1, &given.2)
        .expect("digests");
    let mut together = prepared(1);
    let found = together
        .link_surveyed(&files, &given.0, &given.1, &given.2)
        .expect("both");
    assert_eq!(found, (rows, digests));
    let named = together.named_externals().expect("externals");
    assert_eq!(named, apart.named_externals().expect("externals"));
    assert!(!named.is_empty());
}

#[test]
fn misuse_is_an_error() {
    assert!(Linker::new("{", 1).is_err());
    let mut linker = Linker::new(LANGUAGES, 1).expect("languages");
    assert!(linker.packages().is_err());
    assert!(linker.add("nodes", &imports()).is_err());
    linker.prepare(PROJECT).expect("project");
    assert!(linker.prepare(PROJECT).is_err());
    assert!(linker.add("nodes", &nodes()).is_err());
    assert!(linker.link(&[], &[], &[call_sites()], &[]).is_err());
}
