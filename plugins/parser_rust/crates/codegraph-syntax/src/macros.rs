//! Expressions that are a macro's arguments: the grammar has but tokens there, which are parsed again as a list.
//!
//! The twin of the reference engine's `macros.py`, which says whose arguments are read.

use std::collections::HashMap;

use crate::core::{Action, Arena, Grammar, ParseEncoding, ParseStop, Record};
use crate::spent::Deadline;
use crate::table::Language;

/// The standard library's macros whose arguments are expressions.
const LISTS: [&str; 24] = [
    "addr_of",
    "addr_of_mut",
    "assert",
    "assert_eq",
    "assert_ne",
    "dbg",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_ne",
    "eprint",
    "eprintln",
    "format",
    "format_args",
    "panic",
    "pin",
    "print",
    "println",
    "ready",
    "todo",
    "try",
    "unimplemented",
    "unreachable",
    "write",
    "writeln",
];
const LIBRARY: [&str; 3] = ["std", "core", "alloc"];
/// Macros in macros' arguments that are read: one more level for each.
const MAX_ROUNDS: usize = 8;

/// Kinds that a grammar with macros has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MacroKinds {
    invocation: u16,
    definition: u16,
    rule: u16,
    tree: u16,
    identifier: u16,
    texts: [u16; 2],
    comments: [u16; 2],
    statement: u16,
    macro_field: u16,
    name_field: u16,
}

impl MacroKinds {
    /// The kinds of a grammar, none if it lacks one.
    pub(crate) fn of(grammar: &Grammar) -> Option<Self> {
        let kind = |name: &str| {
            let position = grammar.symbol_names.iter().enumerate();
            position
                .clone()
                .find(|(at, text)| grammar.symbol_named[*at] && *text == name)
                .map(|(position, _)| position as u16)
        };
        let field =
            |name: &str| grammar.field_names.iter().position(|text| text == name).map(|position| position as u16);
        Some(Self {
            invocation: kind("macro_invocation")?,
            definition: kind("macro_definition")?,
            rule: kind("macro_rule")?,
            tree: kind("token_tree")?,
            identifier: kind("identifier")?,
            texts: [kind("string_literal")?, kind("raw_string_literal")?],
            comments: [kind("line_comment")?, kind("block_comment")?],
            statement: kind("expression_statement")?,
            macro_field: field("macro")?,
            name_field: field("name")?,
        })
    }
}

/// A file's records with those of its macros' arguments behind them.
#[derive(Default)]
pub(crate) struct MacroArguments {
    /// All records, the file's first; empty if no macro's arguments were read.
    pub(crate) records: Vec<Record>,
    /// By where a macro's tokens begin: the expression that they are.
    pub(crate) found: HashMap<u32, u32>,
}

/// Tokens to be parsed: where they lie, what stands around them, and what is left out.
struct Wanted {
    start: u32,
    end: u32,
    brackets: [u8; 2],
    behind: u32,
    left_out: Vec<(u32, u32)>,
}

struct Reader<'r> {
    kinds: MacroKinds,
    named: &'r [bool],
    source: &'r [u8],
    own: HashMap<String, bool>,
}

/// Find the arguments of macros that are expressions. `source` is in an encoding whose ASCII bytes mean ASCII.
///
/// # Errors
/// Why a text has no tree.
pub(crate) fn read_arguments(
    language: &Language,
    records: &[Record],
    source: &[u8],
    arena: &mut Option<Arena>,
    deadline: Option<Deadline>,
    into: &mut MacroArguments,
) -> Result<(), ParseStop> {
    into.records.clear();
    into.found.clear();
    let Some(kinds) = language.macros else { return Ok(()) };
    let mut called: Vec<u32> = Vec::new();
    let mut defined: Vec<u32> = Vec::new();
    for (node, record) in records.iter().enumerate() {
        if record.symbol == kinds.invocation {
            called.push(node as u32);
        } else if record.symbol == kinds.definition {
            defined.push(node as u32);
        }
    }
    if called.is_empty() {
        return Ok(());
    }
    let mut reader = Reader { kinds, named: &language.named, source, own: HashMap::new() };
    reader.note_own(records, &defined);
    let every = vec![Action::Record; usize::from(language.grammar.error_symbol()) + 1];
    let blank: Vec<u8> = source.iter().map(|byte| if *byte == b'\n' { b'\n' } else { b' ' }).collect();
    for round in 0..MAX_ROUNDS {
        let here = if round == 0 { records } else { &into.records };
        let wanted: Vec<Wanted> = called.iter().filter_map(|node| reader.wanted(here, *node)).collect();
        if wanted.is_empty() {
            break;
        }
        let text = text_of(source, &blank, &wanted);
        let arena = arena.get_or_insert_with(Arena::default);
        let actions = (&language.actions[..], Some(&every[..]));
        let tree = arena.parse_for_two(&language.grammar, actions, &text, ParseEncoding::Utf8, deadline)?;
        let error = language.grammar.error_symbol();
        // The same statements, with every token.
        let whole: Vec<u32> = if tree.errors > 0 { reader.statements(tree.more_records).collect() } else { Vec::new() };
        if into.records.is_empty() {
            into.records.extend_from_slice(records);
        }
        called.clear();
        let mut wanted = wanted.iter().peekable();
        for (position, statement) in reader.statements(tree.records).enumerate() {
            let Some(node) = reader.children(tree.records, statement).next() else { continue };
            let Record { start, end, next, .. } = tree.records[node as usize];
            while wanted.peek().is_some_and(|one| one.start < start) {
                wanted.next();
            }
            if wanted.peek().is_none_or(|one| one.start != start || one.end != end) {
                continue;
            }
            let is_broken = whole.get(position).is_some_and(|statement| {
                let inner = reader.children(tree.more_records, *statement).next();
                inner.is_some_and(|inner| {
                    let next = tree.more_records[inner as usize].next;
                    let all = &tree.more_records[inner as usize..next as usize];
                    all.iter().any(|record| record.symbol == error || record.is_missing())
                })
            });
            if is_broken {
                continue;
            }
            let added = into.records.len() as u32;
            into.found.insert(start, added);
            for (position, record) in tree.records[node as usize..next as usize].iter().enumerate() {
                if record.symbol == kinds.invocation {
                    called.push(added + position as u32);
                }
                let mut moved = *record;
                moved.next = record.next - node + added;
                into.records.push(moved);
            }
        }
    }
    Ok(())
}

/// A text that has each list of arguments as a statement where it stands, and blanks elsewhere.
fn text_of(source: &[u8], blank: &[u8], wanted: &[Wanted]) -> Vec<u8> {
    let mut text = Vec::with_capacity(blank.len() + 1);
    text.extend_from_slice(blank);
    for one in wanted {
        let (start, end) = (one.start as usize, one.end as usize);
        text[start..end].copy_from_slice(&source[start..end]);
        (text[start], text[end - 1]) = (one.brackets[0], one.brackets[1]);
        for &(start, end) in &one.left_out {
            let range = start as usize..end as usize;
            text[range.clone()].copy_from_slice(&blank[range]);
        }
        text[one.behind as usize] = b';';
    }
    text.push(b';');
    text
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b'\x0b' | b'\x0c')
}

/// A name or path without white space and the mark of raw names.
fn name_of(text: &[u8]) -> String {
    let name: Vec<u8> = text.iter().copied().filter(|byte| !is_space(*byte)).collect();
    let name = String::from_utf8_lossy(&name);
    name.strip_prefix("r#").unwrap_or(&name).to_owned()
}

/// Whether what a rule matches is a list of expressions.
fn takes_expressions(rule: &[u8]) -> bool {
    let mut depth = 0_i64;
    let mut end = None;
    for (at, byte) in rule.iter().enumerate() {
        depth += i64::from(matches!(byte, b'(' | b'[' | b'{')) - i64::from(matches!(byte, b')' | b']' | b'}'));
        if depth <= 0 {
            end = Some(at);
            break;
        }
    }
    let Some(end) = end.filter(|end| *end > 0) else { return false };
    let mut rest = &rule[1..end];
    while let Some((&byte, more)) = rest.split_first() {
        if is_space(byte) || matches!(byte, b')' | b',' | b'*' | b'+' | b'?') {
            rest = more;
            continue;
        }
        if byte != b'$' {
            return false;
        }
        if let Some((b'(', more)) = more.split_first() {
            rest = more;
            continue;
        }
        let Some(more) = fragment(more) else { return false };
        rest = more;
    }
    true
}

/// What follows `name: expr` or `name: literal`.
fn fragment(text: &[u8]) -> Option<&[u8]> {
    let spaces = |text: &[u8]| text.iter().take_while(|byte| is_space(**byte)).count();
    let name = text.iter().take_while(|byte| is_word(**byte)).count();
    if name == 0 || text[0].is_ascii_digit() {
        return None;
    }
    let text = &text[name..];
    let text = text[spaces(text)..].strip_prefix(b":")?;
    let text = &text[spaces(text)..];
    let kind = text.iter().take_while(|byte| is_word(**byte)).count();
    matches!(&text[..kind], b"expr" | b"literal").then(|| &text[kind..])
}

/// Where the word `if` stands in some of a text, from its beginning.
fn find_if(source: &[u8], start: usize, end: usize) -> Option<usize> {
    (start..end.saturating_sub(1)).find(|&at| {
        &source[at..at + 2] == b"if"
            && !(at > 0 && is_word(source[at - 1]))
            && !source.get(at + 2).is_some_and(|byte| is_word(*byte))
    })
}

impl Reader<'_> {
    fn children<'t>(&'t self, records: &'t [Record], node: u32) -> impl Iterator<Item = u32> + 't {
        let end = records.get(node as usize).map_or(0, |record| record.next);
        let mut next = node + 1;
        std::iter::from_fn(move || {
            while next < end {
                let child = next;
                next = records[child as usize].next;
                if self.named[usize::from(records[child as usize].symbol)] {
                    return Some(child);
                }
            }
            None
        })
    }

    /// The statements of a text.
    fn statements<'t>(&'t self, records: &'t [Record]) -> impl Iterator<Item = u32> + 't {
        self.children(records, 0).filter(|node| records[*node as usize].symbol == self.kinds.statement)
    }

    fn text(&self, record: &Record) -> &[u8] {
        &self.source[record.start as usize..record.end as usize]
    }

    /// Note the macros that a file defines, and whether they take nothing but expressions.
    fn note_own(&mut self, records: &[Record], definitions: &[u32]) {
        for &node in definitions {
            let named = self.children(records, node).map(|child| &records[child as usize]);
            let mut named = named.filter(|record| record.field == self.kinds.name_field);
            let Some(name) = named.next().map(|record| name_of(self.text(record))) else { continue };
            let mut rules = self.children(records, node).map(|child| &records[child as usize]);
            let taken = rules.all(|record| record.symbol != self.kinds.rule || takes_expressions(self.text(record)));
            drop((named, rules));
            self.own.entry(name).and_modify(|all| *all &= taken).or_insert(taken);
        }
    }

    /// What of a macro's call is to be parsed, or none if its arguments may be anything.
    fn wanted(&self, records: &[Record], node: u32) -> Option<Wanted> {
        let kinds = self.kinds;
        let record = |child: u32| &records[child as usize];
        let macro_ = self.children(records, node).map(record).find(|child| child.field == kinds.macro_field)?;
        let tree = self.children(records, node).find(|child| record(*child).symbol == kinds.tree)?;
        let &Record { start, end, .. } = record(tree);
        let opening = *self.source.get(start as usize)?;
        let closing = *self.source.get((end as usize).checked_sub(1)?)?;
        let children: Vec<&Record> = self.children(records, tree).map(record).collect();
        let is_bracketed = matches!((opening, closing), (b'(', b')') | (b'[', b']') | (b'{', b'}'));
        if !is_bracketed || !children.iter().any(|child| child.symbol == kinds.identifier || child.symbol == kinds.tree)
        {
            return None;
        }
        let mut behind = start.checked_sub(1)?;
        while self.source[behind as usize] == b'\n' {
            behind = behind.checked_sub(1)?;
        }
        if behind < macro_.end {
            return None;
        }
        let whole = name_of(self.text(macro_));
        let (path, name) = whole.rsplit_once("::").unwrap_or(("", &whole));
        let own = self.own.get(name);
        let library = if path.is_empty() {
            own.is_none()
        } else {
            let first = path.strip_prefix("::").unwrap_or(path);
            LIBRARY.contains(&first.split("::").next().unwrap_or(first))
        };
        let list = |brackets: &[u8; 2], left_out| Some(Wanted { start, end, brackets: *brackets, behind, left_out });
        if library && name == "matches" {
            return list(b"()", self.parted(&children, start, end)?);
        }
        if library && name == "vec" {
            return list(b"[]", Vec::new());
        }
        let is_list = library && LISTS.contains(&name);
        if is_list
            || (path.is_empty() && own == Some(&true))
            || (opening == b'(' && !(path.is_empty() && own.is_some()) && self.has_text(&children, end))
        {
            return list(b"()", self.names(&children, end));
        }
        None
    }

    /// What of `matches!(value, pattern if condition)` is left out; none without a comma.
    fn parted(&self, children: &[&Record], start: u32, end: u32) -> Option<Vec<(u32, u32)>> {
        let mut comma = None;
        let mut at = start as usize + 1;
        let places = children.iter().map(|child| (child.start as usize, child.end as usize));
        for (next_start, next_end) in places.chain([(end as usize - 1, end as usize)]) {
            if comma.is_none() {
                let found = (at..next_start).find(|&at| self.source[at] == b',');
                comma = found;
                at = found.map_or(at, |found| found + 1);
            }
            if let Some(comma) = comma
                && let Some(found) = find_if(self.source, at, next_start)
            {
                return Some(vec![(comma as u32 + 1, found as u32 + 2)]);
            }
            at = next_end;
        }
        comma.map(|comma| vec![(comma as u32 + 1, end - 1)])
    }

    /// Where arguments are named, with the sign behind the name: `name = value`.
    fn names(&self, children: &[&Record], end: u32) -> Vec<(u32, u32)> {
        let mut found = Vec::new();
        self.between(children, end, |child, before, text| {
            let blanks = text.iter().take_while(|byte| is_space(**byte)).count();
            if child.symbol == self.kinds.identifier
                && matches!(before, b'(' | b',')
                && text.get(blanks) == Some(&b'=')
                && !matches!(text.get(blanks + 1), Some(b'=' | b'>'))
            {
                found.push((child.start, child.end + blanks as u32 + 1));
            }
        });
        found
    }

    /// Whether one of several arguments is a text.
    fn has_text(&self, children: &[&Record], end: u32) -> bool {
        let mut found = false;
        self.between(children, end, |child, before, text| {
            let sign = text.iter().copied().find(|byte| !is_space(*byte));
            let is_last = children.last().is_some_and(|last| last.start == child.start);
            found |= self.kinds.texts.contains(&child.symbol)
                && matches!(before, b'(' | b',')
                && (sign == Some(b',') || (sign.is_none() && is_last));
        });
        found
    }

    /// Take each token with the sign right before it (`x` for another token) and the text up to the next one.
    fn between(&self, children: &[&Record], end: u32, mut take: impl FnMut(&Record, u8, &[u8])) {
        let mut before = b'(';
        for (position, child) in children.iter().enumerate() {
            let behind = children.get(position + 1).map_or(end - 1, |next| next.start);
            let text = self.source.get(child.end as usize..behind as usize).unwrap_or(&[]);
            if !self.kinds.comments.contains(&child.symbol) {
                take(child, before, text);
                before = b'x';
            }
            before = text.iter().rev().copied().find(|byte| !is_space(*byte)).unwrap_or(before);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_of_expressions_are_told_from_others() {
        for rule in [
            &b"($a:expr) => { $a }"[..],
            b"() => {}",
            b"($($one : expr),* $(,)?) => {}",
            b"[$a:literal, $b:expr] => {}",
        ] {
            assert!(takes_expressions(rule), "{}", String::from_utf8_lossy(rule));
        }
        let others: [&[u8]; 7] = [
            b"($a:ident) => {}",
            b"(@inner $a:expr) => {}",
            b"($a:expr; $b:expr) => {}",
            b"($a:expression) => {}",
            b"(",
            b"",
            b"x",
        ];
        for rule in others {
            assert!(!takes_expressions(rule), "{}", String::from_utf8_lossy(rule));
        }
    }

    #[test]
    fn a_condition_is_a_word_of_its_own() {
        assert_eq!(find_if(b"a if b", 0, 6), Some(2));
        assert_eq!(find_if(b"elif(", 0, 5), None);
        assert_eq!(find_if(b"iffy if", 0, 7), Some(5));
        assert_eq!(find_if(b"x if", 0, 3), None);
    }
}
