//! Corrections on rows made by hand: `a.py` has a module, `f` and class `C`; `b.txt` is not analysed.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Int32Type};
use arrow_array::{
    Array, ArrayRef, DictionaryArray, Float32Array, Int32Array, ListArray, RecordBatch,
    StringArray, StructArray,
};
use arrow_buffer::OffsetBuffer;
use arrow_schema::{DataType, Field, Schema};
use codegraph_link::{Corrections, TableBatch};

fn symbols(values: &[Option<&str>]) -> ArrayRef {
    let values = values.iter().copied();
    Arc::new(values.collect::<DictionaryArray<Int32Type>>())
}

fn texts(values: &[&str]) -> ArrayRef {
    Arc::new(StringArray::from(values.to_vec()))
}

fn numbers(values: &[i32]) -> ArrayRef {
    Arc::new(Int32Array::from(values.to_vec()))
}

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    let fields = columns
        .iter()
        .map(|(name, array)| Field::new(*name, array.data_type().clone(), true));
    let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    let columns = columns.into_iter().map(|(_, array)| array).collect();
    RecordBatch::try_new(schema, columns).expect("columns of one length")
}

/// Rows of numbers as a table, with columns of texts after them.
fn table<const N: usize>(
    names: [&'static str; N],
    rows: &[[i32; N]],
    others: Vec<(&'static str, ArrayRef)>,
) -> RecordBatch {
    let column = |at: usize| numbers(&rows.iter().map(|row| row[at]).collect::<Vec<_>>());
    let mut columns: Vec<(&str, ArrayRef)> = names
        .into_iter()
        .enumerate()
        .map(|(at, name)| (name, column(at)))
        .collect();
    columns.extend(others);
    batch(columns)
}

/// A column whose dictionary has all names of the analysis.
fn named(values: &[Option<usize>]) -> ArrayRef {
    let keys: Int32Array = values
        .iter()
        .map(|value| value.map(|at| at as i32))
        .collect();
    let names = Arc::new(StringArray::from(vec!["lib.run", "x", "lib.T"]));
    Arc::new(DictionaryArray::<Int32Type>::try_new(keys, names).expect("keys in range"))
}

const MODULE: &str = "a@py";
const F: &str = "a:f@py";
const C: &str = "a:C@py";
const X: &str = "a:x@py";
const RUN: &str = "lib.run@external";

/// At 10 to 13 `f` is called, at 20 to 23 the outside function; the class is made at 30 to 33; 40 to 43 was not met.
fn found() -> Vec<(String, RecordBatch)> {
    let tables = [
        (
            "units",
            // The module, `f`, `C`.
            table(
                ["file", "start", "end", "kind", "written_in", "reached"],
                &[
                    [0, 0, 99, 0, 0, 1],
                    [0, 50, 60, 2, 1, 0],
                    [0, 70, 80, 1, 2, 0],
                ],
                vec![],
            ),
        ),
        (
            "sites",
            table(
                ["file", "caller", "start", "end", "line", "column", "status"],
                &[
                    [0, 0, 10, 13, 1, 0, 0],
                    [0, 0, 20, 23, 2, 0, 0],
                    [0, 0, 30, 33, 3, 0, 0],
                ],
                vec![],
            ),
        ),
        (
            "targets",
            table(
                ["site", "implicit", "assumed", "unit"],
                &[[0, 0, 0, 1], [1, 0, 0, -1], [2, 0, 1, 2]],
                vec![("external", named(&[None, Some(0), None]))],
            ),
        ),
        (
            "raises",
            table(
                ["file", "caller", "line", "column", "assumed", "unit"],
                &[[0, 1, 5, 4, 0, 2]],
                vec![("external", named(&[None]))],
            ),
        ),
        (
            "accesses",
            table(
                ["file", "caller", "line", "column", "holder", "write"],
                &[],
                vec![("name", named(&[]))],
            ),
        ),
        (
            "stores",
            table(
                ["file", "line", "column", "read"],
                &[[0, 6, 0, 0]],
                vec![("name", named(&[Some(1)]))],
            ),
        ),
        (
            "types",
            // `f` returns a `C`, `x` of the module is of an outside class.
            table(
                ["owner", "slot", "inferred", "unit"],
                &[[1, 0, 1, 2], [0, 2, 0, -1]],
                vec![
                    ("name", named(&[None, Some(1)])),
                    ("interface", named(&[None, None])),
                    ("external", named(&[None, Some(2)])),
                ],
            ),
        ),
        ("bases", table(["unit", "base"], &[], vec![])),
    ];
    tables.map(|(name, rows)| (name.to_owned(), rows)).into()
}

/// kind, source, target, file, line, column
type Link = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    i32,
    i32,
);

fn links(rows: &[Link]) -> RecordBatch {
    let column = |pick: fn(&Link) -> &'static str| {
        symbols(&rows.iter().map(|row| Some(pick(row))).collect::<Vec<_>>())
    };
    batch(vec![
        ("kind", column(|row| row.0)),
        ("source_id", column(|row| row.1)),
        ("target_id", column(|row| row.2)),
        ("file_path", column(|row| row.3)),
        (
            "line_number",
            numbers(&rows.iter().map(|row| row.4).collect::<Vec<_>>()),
        ),
        (
            "column",
            numbers(&rows.iter().map(|row| row.5).collect::<Vec<_>>()),
        ),
        ("resolver", symbols(&vec![Some("name"); rows.len()])),
        (
            "confidence",
            Arc::new(Float32Array::from(vec![0.5; rows.len()])),
        ),
    ])
}

/// Call sites at lines 1 to 4 and bytes 10, 20, 30, 40; the link stage says of each that `C` is called.
fn call_sites() -> RecordBatch {
    let members = ["start_line", "start_column", "start_byte", "end_byte"];
    let values = [[1, 2, 3, 4], [0; 4], [10, 20, 30, 40], [13, 23, 33, 43]];
    let span = StructArray::from(
        members
            .into_iter()
            .zip(values)
            .map(|(name, values)| {
                (
                    Arc::new(Field::new(name, DataType::Int32, false)),
                    numbers(&values),
                )
            })
            .collect::<Vec<_>>(),
    );
    let item = Arc::new(Field::new("item", DataType::Utf8, false));
    let lists = ListArray::new(
        item,
        OffsetBuffer::from_lengths([1; 4]),
        texts(&[C; 4]),
        None,
    );
    batch(vec![
        (
            "caller_id",
            symbols(&[Some(MODULE), Some(MODULE), Some(MODULE), Some(F)]),
        ),
        ("file_path", symbols(&[Some("a.py"); 4])),
        ("span", Arc::new(span)),
        ("status", symbols(&[Some("resolved"); 4])),
        ("reason", symbols(&[None; 4])),
        ("candidates", Arc::new(lists)),
    ])
}

fn nodes() -> RecordBatch {
    batch(vec![
        ("id", texts(&[MODULE, F, C, X])),
        (
            "kind",
            symbols(&["module", "function", "class", "variable"].map(Some)),
        ),
        ("name", texts(&["a", "f", "C", "x"])),
        (
            "parent_id",
            symbols(&[None, Some(MODULE), Some(MODULE), Some(MODULE)]),
        ),
        ("file_path", symbols(&[Some("a.py"); 4])),
        ("language", symbols(&[Some("python"); 4])),
        ("metadata", texts(&[""; 4])),
        ("start_line", numbers(&[1, 5, 7, 6])),
        ("start_byte", numbers(&[0, 50, 70, 65])),
        ("end_byte", numbers(&[99, 60, 80, 66])),
    ])
}

fn corrections(linked: &[Link]) -> (Corrections, Option<Vec<bool>>) {
    let mut corrections =
        Corrections::new(vec!["a.py".to_owned()], found()).expect("tables are complete");
    let flags = corrections
        .take("edges", &links(linked))
        .expect("edges fit");
    let sites = call_sites();
    let none_final = corrections
        .take("call_sites", &sites)
        .expect("call sites fit");
    assert_eq!(none_final.map(|flags| flags.true_count()), Some(0));
    corrections.hold_call_sites(sites);
    corrections.add_nodes(&nodes()).expect("nodes fit");
    (
        corrections,
        flags.map(|flags| flags.iter().map(|flag| flag == Some(true)).collect()),
    )
}

fn values(rows: &RecordBatch, name: &str) -> Vec<String> {
    let column = rows.column_by_name(name).expect(name);
    match column.as_dictionary_opt::<Int32Type>() {
        Some(column) => {
            let texts = column.downcast_dict::<StringArray>().expect("texts");
            texts
                .into_iter()
                .map(|text| text.unwrap_or("-").to_owned())
                .collect()
        }
        None => column
            .as_string::<i32>()
            .iter()
            .map(|text| text.unwrap_or("-").to_owned())
            .collect(),
    }
}

/// kind, source, target, line and confidence of each edge
fn edges(tables: &[TableBatch]) -> Vec<(String, String, String, i32, f32)> {
    let rows = &tables
        .iter()
        .find(|(name, _)| *name == "edges")
        .expect("there are edges")
        .1;
    let line = rows
        .column_by_name("line_number")
        .expect("line")
        .as_primitive::<Int32Type>();
    let confidence = rows
        .column_by_name("confidence")
        .expect("confidence")
        .as_primitive::<Float32Type>();
    let [kinds, sources, targets] =
        ["kind", "source_id", "target_id"].map(|name| values(rows, name));
    kinds
        .into_iter()
        .zip(sources.into_iter().zip(targets))
        .enumerate()
        .map(|(row, (kind, (source, target)))| {
            (kind, source, target, line.value(row), confidence.value(row))
        })
        .collect()
}

fn edge(
    kind: &str,
    source: &str,
    target: &str,
    line: i32,
    confidence: f32,
) -> (String, String, String, i32, f32) {
    (
        kind.to_owned(),
        source.to_owned(),
        target.to_owned(),
        line,
        confidence,
    )
}

#[test]
fn only_calls_of_analysed_files_are_held() {
    let linked = [
        ("calls", MODULE, C, "a.py", 1, 0),
        ("references", MODULE, C, "a.py", 1, 0),
        ("calls", MODULE, C, "b.txt", 1, 0),
    ];
    assert_eq!(corrections(&linked).1, Some(vec![false, true, true]));
    assert_eq!(corrections(&linked[1..]).1, None);
}

#[test]
fn call_sites_say_what_values_say() {
    let tables = corrections(&[]).0.calls().expect("rows");
    let (name, rows) = &tables[0];
    assert_eq!(*name, "call_sites");
    // `f` was not reached, so that the last call was not met says nothing of it.
    assert_eq!(
        values(rows, "status"),
        ["resolved", "external", "resolved", "resolved"]
    );
    let lists = rows
        .column_by_name("candidates")
        .expect("candidates")
        .as_list::<i32>();
    let texts: Vec<String> = (0..4)
        .map(|row| lists.value(row).as_string::<i32>().value(0).to_owned())
        .collect();
    assert_eq!(texts, [F, RUN, C, C]);
}

#[test]
fn a_call_that_was_not_met_in_code_that_runs_is_dead() {
    let mut tables = found();
    let reached = [
        [0, 0, 99, 0, 0, 1],
        [0, 50, 60, 2, 1, 1],
        [0, 70, 80, 1, 2, 0],
    ];
    tables[0].1 = table(
        ["file", "start", "end", "kind", "written_in", "reached"],
        &reached,
        vec![],
    );
    let mut corrections =
        Corrections::new(vec!["a.py".to_owned()], tables).expect("tables are complete");
    corrections.hold_call_sites(call_sites());
    corrections.add_nodes(&nodes()).expect("nodes fit");
    let rows = corrections.calls().expect("rows").remove(0).1;
    assert_eq!(values(&rows, "status")[3], "unresolved");
    assert_eq!(values(&rows, "reason"), ["-", "-", "-", "dead-code"]);
    let lists = rows
        .column_by_name("candidates")
        .expect("candidates")
        .as_list::<i32>();
    assert_eq!(lists.value_length(3), 0);
}

#[test]
fn what_values_decide_takes_the_place_of_what_names_decided() {
    let linked = [
        ("calls", MODULE, C, "a.py", 1, 0),
        ("calls", F, C, "a.py", 4, 0),
        ("calls", F, F, "a.py", 4, 0),
        ("calls", F, RUN, "a.py", 9, 0),
    ];
    let tables = corrections(&linked).0.calls().expect("rows");
    let expected = [
        edge("calls", MODULE, F, 1, 0.95),
        edge("calls", MODULE, RUN, 2, 0.95),
        edge("instantiates", MODULE, C, 3, 0.7),
        // Of the callees of an open site those stay that the site names; an edge away from all sites stays.
        edge("calls", F, C, 4, 0.5),
        edge("raises", F, C, 5, 0.95),
        edge("calls", F, RUN, 9, 0.5),
    ];
    assert_eq!(edges(&tables), expected);
    let named = &tables
        .iter()
        .find(|(name, _)| *name == "nodes")
        .expect("external nodes")
        .1;
    assert_eq!(
        (values(named, "id"), values(named, "name")),
        (vec![RUN.to_owned()], vec!["run".to_owned()])
    );
}

#[test]
fn an_edge_that_both_know_is_there_once_and_equals_have_ids_of_their_own() {
    let linked = [
        ("calls", F, C, "a.py", 4, 0),
        ("calls", F, C, "a.py", 9, 0),
        ("raises", F, C, "a.py", 5, 4),
    ];
    let tables = corrections(&linked).0.calls().expect("rows");
    let found = edges(&tables);
    assert_eq!(found.iter().filter(|edge| edge.0 == "raises").count(), 1);
    let rows = &tables
        .iter()
        .find(|(name, _)| *name == "edges")
        .expect("there are edges")
        .1;
    let mut ids = values(rows, "id");
    assert!(ids.iter().all(|id| id.len() == 16));
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), found.len());
}

#[test]
fn references_are_writes_where_code_stores_and_types_become_edges() {
    let linked = [
        ("references", F, X, "a.py", 6, 0),
        ("references", F, X, "a.py", 8, 0),
        ("references", F, C, "a.py", 8, 0),
    ];
    let mut corrections = corrections(&linked).0;
    corrections.calls().expect("rows");
    let tables = corrections.facts().expect("rows");
    let expected = [
        edge("returns_type", F, C, 5, 0.85),
        edge("writes", F, X, 6, 0.5),
        edge("has_type", X, "lib.T@external", 6, 0.95),
        edge("reads", F, X, 8, 0.5),
    ];
    let mut found = edges(&tables);
    found.sort_by_key(|edge| (edge.3, edge.1.clone()));
    assert_eq!(found, expected);
    assert_eq!(values(&tables[0].1, "id"), ["lib.T@external"]);
}
