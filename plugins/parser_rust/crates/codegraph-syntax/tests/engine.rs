//! The engine on a real grammar: hostile texts, limits, workers.

use std::ptr::NonNull;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use codegraph_syntax::core::{Action, Arena, Grammar, ParseEncoding, ParseStop, Record};
use codegraph_syntax::engine::{Beside, LanguageFamily, Options, Parsed, Session, Source, Taker};
use codegraph_syntax::pack::LanguagePack;
use codegraph_syntax::rows::FileRows;
use codegraph_syntax::spent::Deadline;
use codegraph_syntax::table::Language;
use codegraph_syntax::text::Encoding;
use codegraph_syntax::walker::{Module, Scratch, Walker};

const PACK: &str = r#"{
    "name": "python", "extensions": [".py"], "docstring": "first-string",
    "kinds": {
        "function_definition": {"role": "definition", "kind": "function", "opens": "function",
            "fields": {"name": "name", "parameters": "parameters", "body": "body"}},
        "parameters": {"fields": {"*": "same"}},
        "identifier": {"role": "identifier"},
        "call": {"role": "call", "fields": {"function": "callee", "arguments": "arguments"}},
        "argument_list": {"role": "arguments", "fields": {"*": "same"}},
        "string": {"role": "string"},
        "if_statement": {"complexity": 1},
        "comment": {"role": "comment"}
    }
}"#;

fn grammar() -> Grammar {
    // SAFETY: the function takes nothing and returns the crate's constant table.
    let language = unsafe { tree_sitter_python::LANGUAGE.into_raw()() };
    let language = NonNull::new(language.cast_mut()).expect("a grammar");
    // SAFETY: as above, the table lives as long as the process.
    unsafe { Grammar::new(language.cast()) }.expect("a supported ABI")
}

fn session(workers: usize, parse_timeout: Duration) -> Session {
    let language = Language::compile(LanguagePack::from_json(PACK).expect("a pack"), grammar());
    let options = Options { workers, max_file_bytes: 1 << 20, parse_timeout, keep_sources: true };
    Session::new(vec![LanguageFamily::new(language, Vec::new())], options)
}

fn source(name: &str, text: impl Into<Vec<u8>>) -> Source {
    Source {
        path: format!("{name}.py"),
        location: Default::default(),
        language: "python".to_owned(),
        module_fqn: name.to_owned(),
        module_suffix: "py".to_owned(),
        package_id: None,
        size: 0,
        mtime_ns: 0,
        content: Some(text.into()),
    }
}

#[test]
fn the_bytes_that_were_parsed_are_kept_in_input_order() {
    for workers in [1, 2] {
        let texts: [&[u8]; 4] = [b"", b"x = 1\n", b"nul\0", b"def (:\n"];
        let sources: Vec<_> = texts.iter().enumerate().map(|(n, text)| source(&format!("m{n}"), *text)).collect();
        let kept = session(workers, Duration::from_secs(5)).parse(sources.clone()).sources;
        assert_eq!(kept.path.bytes, "m0.pym1.pym3.py"); // the binary file was not parsed
        assert_eq!(kept.size, [0, 6, 7]);
        for (n, text) in [texts[0], texts[1], texts[3]].into_iter().enumerate() {
            let block = &kept.blocks[kept.offsets[n] as usize..kept.offsets[n + 1] as usize];
            assert_eq!(lz4_flex::block::decompress(block, text.len()).unwrap(), text);
        }
    }
}

#[test]
fn a_function_gives_rows_with_ids_complexity_and_docstring() {
    let text = "def f(a):\n    'Doc.'\n    if a: g(a)\n";
    let batch = session(1, Duration::from_secs(5)).parse(vec![source("m", text)]);
    assert_eq!(batch.nodes.id.bytes, "m@pym:f@pym:f.a@py");
    assert_eq!(batch.nodes.complexity.values, [0, 2, 0]);
    assert_eq!(batch.nodes.docstring.bytes, "Doc.");
    assert_eq!(batch.call_sites.id.bytes, "m:f@py#call1");
}

#[test]
fn nesting_of_ten_thousand_levels_is_walked() {
    let text = format!("{}f(1){}", "(".repeat(10_000), ")".repeat(10_000));
    let batch = session(1, Duration::from_secs(20)).parse(vec![source("m", text)]);
    assert_eq!(batch.call_sites.arity, [1]);
}

#[test]
fn outcomes_are_in_input_order_and_the_same_for_any_number_of_workers() {
    let sources: Vec<Source> =
        (0..40).map(|number| source(&format!("m{number}"), "def f(): g()\n".repeat(number))).collect();
    let one = session(1, Duration::from_secs(5)).parse(sources.clone());
    let four = session(4, Duration::from_secs(5)).parse(sources.clone());
    assert_eq!(one.files.path.bytes, four.files.path.bytes);
    assert_eq!(one.nodes.id.bytes, four.nodes.id.bytes);
    assert_eq!(one.uses.name.keys, four.uses.name.keys);
}

#[test]
fn batches_that_were_begun_early_have_the_same_rows() {
    let batches: Vec<Vec<Source>> = (0..6)
        .map(|number| {
            (0..number * 7).map(|file| source(&format!("m{number}_{file}"), "def f(): g()\n".repeat(file))).collect()
        })
        .collect();
    for workers in [1, 3] {
        let mut session = session(workers, Duration::from_secs(5));
        let begun: Vec<_> = batches.iter().map(|batch| session.begin(batch.clone())).collect();
        let early: Vec<_> = begun.into_iter().map(|begun| session.finish(begun)).collect();
        for (batch, early) in batches.iter().zip(early) {
            assert_eq!(early.nodes.id.bytes, session.parse(batch.clone()).nodes.id.bytes);
        }
    }
}

#[test]
fn a_session_ends_while_batches_that_nobody_asks_for_are_parsed() {
    let mut session = session(2, Duration::from_secs(5));
    for number in 0..8 {
        session.begin((0..50).map(|file| source(&format!("m{number}_{file}"), "def f(): g()\n".repeat(500))).collect());
    }
    drop(session);
}

#[test]
fn a_parse_past_its_deadline_leaves_the_module() {
    let batch = session(1, Duration::ZERO).parse(vec![source("m", "x = (1, 2)\n".repeat(2_000))]);
    assert_eq!(batch.files.status.values.bytes, "degraded");
    assert_eq!(batch.diagnostics.code.values.bytes, "parse-timeout");
    assert_eq!(batch.nodes.id.bytes, "m@py");
}

#[test]
fn a_walk_past_its_deadline_says_so() {
    let text = "f(g(1))\n".repeat(500);
    let language = Language::compile(LanguagePack::from_json(PACK).expect("a pack"), grammar());
    let mut arena = Arena::default();
    let tree = arena.parse(&language.grammar, &language.actions, text.as_bytes(), ParseEncoding::Utf8, None);
    let records = tree.expect("a tree").records;
    let walked = |deadline| {
        let (mut rows, mut scratch) = (FileRows::default(), Scratch::default());
        scratch.lines().reset(text.as_bytes(), Encoding::Utf8);
        let module =
            Module { fqn: "m", suffix: "py", test_file: false, content_hash: [0; 16], lines: 500, at_top: false };
        let content = text.as_bytes();
        let walker = Walker::new(&language, records, content, Encoding::Utf8, module, &mut rows, &mut scratch);
        (walker.walk(deadline), rows.call_sites.len())
    };
    let (whole, calls) = walked(Deadline::after(Duration::ZERO));
    assert!(!whole && calls < 1_000);
    assert_eq!(walked(Deadline::after(Duration::from_secs(60))), (true, 1_000));
    assert_eq!(walked(None), (true, 1_000));
}

#[test]
fn an_arena_without_memory_left_stops_the_parse_and_works_again() {
    let grammar = grammar();
    let actions = vec![Action::Record; usize::from(grammar.error_symbol()) + 1];
    let mut arena = Arena::new(2 << 20);
    let mut parse = |text: &str| {
        let parsed = arena.parse(&grammar, &actions, text.as_bytes(), ParseEncoding::Utf8, None);
        parsed.map(|tree| tree.records.len())
    };
    let long = "x = [1, 2, 3]\n".repeat(20_000);
    for _ in 0..3 {
        assert_eq!(parse(&long), Err(ParseStop::OutOfMemory));
        assert!(parse("x = 1\n").is_ok_and(|records| records > 3));
    }
}

#[test]
fn trees_are_the_same_before_and_after_large_files() {
    let grammar = grammar();
    let actions = vec![Action::Record; usize::from(grammar.error_symbol()) + 1];
    let parse = |arena: &mut Arena, lines: usize| {
        let text = "x = [1, 2, 3]\n".repeat(lines);
        let tree = arena.parse(&grammar, &actions, text.as_bytes(), ParseEncoding::Utf8, None).expect("a tree");
        let records = tree.records.iter().map(|record| (record.start, record.end, record.next, record.symbol));
        (records.collect::<Vec<_>>(), tree.arena_bytes)
    };
    let mut arena = Arena::default();
    let mut most = 0;
    for lines in [10, 9_000, 10, 9_000, 40_000, 10, 9_000, 12_000, 10] {
        let (records, held_bytes) = parse(&mut arena, lines);
        assert!(records == parse(&mut Arena::default(), lines).0, "{lines} lines");
        most = most.max(held_bytes);
    }
    assert!(most > 16 << 20, "{most} bytes are no large tree");
}

#[test]
fn records_hold_fields_parents_and_spans_of_the_tree() {
    let grammar = grammar();
    let actions = vec![Action::Record; usize::from(grammar.error_symbol()) + 1];
    let mut arena = Arena::default();
    let tree = arena.parse(&grammar, &actions, b"f(a)\n", ParseEncoding::Utf8, None).expect("a tree");
    let kinds: Vec<&str> =
        tree.records.iter().map(|record| grammar.symbol_names[usize::from(record.symbol)].as_str()).collect();
    assert_eq!(
        kinds,
        ["module", "expression_statement", "call", "identifier", "argument_list", "(", "identifier", ")"]
    );
    let callee = &tree.records[3];
    assert_eq!(grammar.field_names[usize::from(callee.field)], "function");
    assert_eq!(grammar.symbol_names[usize::from(callee.parent)], "call");
    assert_eq!((callee.start, callee.end, callee.next), (0, 1, 4));
    assert_eq!(tree.records[0].next as usize, tree.records.len());
    assert_eq!(tree.errors, 0);
    let broken = arena.parse(&grammar, &actions, b"f(a\n", ParseEncoding::Utf8, None).expect("a tree");
    assert_eq!(broken.errors, 1);
}

#[test]
fn a_text_has_the_tree_that_it_has_in_utf_16_where_no_step_is_the_short_one() {
    let grammar = grammar();
    let actions = vec![Action::Record; usize::from(grammar.error_symbol()) + 1];
    let (mut arena, mut other) = (Arena::default(), Arena::default());
    let text = "\tx = 'ü€𝄞' ; y = \"\"\"a\r\n\n  b\"\"\"\n\nclass C(B):\n    def f(self, a: int=1) -> str:\n        # é\n\
                \x20       return f'{a!r:>{w}} {b}' if a else [i async for i in g(*c, **d)]\n\x0c\nprint a, ((\n  b.c[1:2]\n\
                match x:\n  case {'k': [1, *_]}: pass\n\u{feff}é = \\\n 1 $ ?\nif x:\n\ty\n    z\n";
    let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
    for text in ends.map(|end| &text[..end]).filter(|text| !text.is_empty()) {
        let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        // Where each byte of the text is in the other one.
        let places: Vec<u32> = text.char_indices().fold(Vec::new(), |mut places, (at, char)| {
            let place = 2 * text[..at].encode_utf16().count() as u32;
            places.resize(places.len() + char.len_utf8(), place);
            places
        });
        let place = |byte: u32| places.get(byte as usize).copied().unwrap_or(wide.len() as u32);
        let tree = arena.parse(&grammar, &actions, text.as_bytes(), ParseEncoding::Utf8, None).expect("a tree");
        let twin = other.parse(&grammar, &actions, &wide, ParseEncoding::Utf16Le, None).expect("a tree");
        assert_eq!(tree.errors, twin.errors, "{text:?}");
        let plain = |records: &[Record], place: &dyn Fn(u32) -> u32| -> Vec<_> {
            let plain = |record: &Record| {
                (record.symbol, record.field, record.parent, record.next, place(record.start), place(record.end))
            };
            records.iter().map(plain).collect()
        };
        assert_eq!(plain(tree.records, &place), plain(twin.records, &|byte| byte), "{text:?}");
    }
}

#[test]
fn a_list_of_a_hundred_thousand_is_as_flat_as_it_is_long() {
    let grammar = grammar();
    let actions = vec![Action::Record; usize::from(grammar.error_symbol()) + 1];
    let mut arena = Arena::default();
    let text = "f()\n".repeat(100_000);
    let tree = arena.parse(&grammar, &actions, text.as_bytes(), ParseEncoding::Utf8, None).expect("a tree");
    let one = ["expression_statement", "call", "identifier", "argument_list", "(", ")"];
    assert_eq!(tree.records.len(), 1 + 100_000 * one.len());
    for (position, statement) in tree.records[1..].chunks(one.len()).enumerate() {
        let kinds = statement.iter().map(|record| grammar.symbol_names[usize::from(record.symbol)].as_str());
        assert!(kinds.eq(one));
        assert_eq!((statement[0].start, statement[0].end), (4 * position as u32, 4 * position as u32 + 3));
        assert_eq!(statement[0].next as usize, 1 + (position + 1) * one.len());
    }
}

/// Takes calls alone, and notes how many there are and in what.
#[derive(Clone, Default)]
struct Calls {
    actions: Vec<Action>,
    found: Arc<Mutex<Vec<(usize, u32, usize)>>>,
}

impl Taker for Calls {
    fn actions(&self) -> &[Action] {
        &self.actions
    }

    fn take(&self, parsed: Parsed<'_>) {
        assert_eq!(parsed.content_hash, codegraph_syntax::reading::content_hash(parsed.text));
        self.found.lock().unwrap().push((parsed.records.len(), parsed.errors, parsed.text.len()));
    }
}

impl Beside for Calls {
    fn taker(&self, language: &str, _: &Grammar) -> Option<Arc<dyn Taker>> {
        (language == "python").then(|| Arc::new(self.clone()) as Arc<dyn Taker>)
    }
}

#[test]
fn a_tree_is_given_to_a_taker_too_by_its_own_actions_and_the_rows_stay_the_same() {
    let texts: [&[u8]; 4] = [b"f(g())\nx = 1\n", b"nul\0", b"h(\n", b""];
    let sources: Vec<_> = texts.iter().enumerate().map(|(n, text)| source(&format!("m{n}"), *text)).collect();
    let symbols = grammar().symbol_names;
    let is_kept = |name: &str| matches!(name, "module" | "expression_statement" | "call" | "argument_list");
    let actions =
        symbols.iter().map(|name| if is_kept(name) { Action::Record } else { Action::Drop }).collect::<Vec<_>>();
    let beside = Calls { actions, ..Calls::default() };
    let language = Language::compile(LanguagePack::from_json(PACK).expect("a pack"), grammar());
    let options =
        Options { workers: 1, max_file_bytes: 1 << 20, parse_timeout: Duration::from_secs(5), keep_sources: true };
    let family = LanguageFamily::new(language, Vec::new());
    let given = Session::with(vec![family], options, Some(Arc::new(beside.clone()))).parse(sources.clone());
    let alone = session(1, Duration::from_secs(5)).parse(sources);
    assert_eq!(
        (&given.nodes.id.bytes, &given.call_sites.id.bytes),
        (&alone.nodes.id.bytes, &alone.call_sites.id.bytes)
    );
    let found = beside.found.lock().unwrap().clone();
    assert_eq!(found.len(), 3); // the binary file has no tree
    // module, expression_statement, and two calls with their arguments; `x = 1` is a statement of its own.
    assert_eq!(found[0], (7, 0, texts[0].len()));
    assert!(found[1].1 > 0);
    assert_eq!((found[2].1, found[2].2), (0, 0));
}
