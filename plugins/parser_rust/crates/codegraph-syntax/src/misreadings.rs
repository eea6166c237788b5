//! Rewrites what a grammar of TypeScript misreads, byte for byte, so that a file with syntax errors can be parsed again.
//!
//! `parsers/reference/misreadings.py` does the same, byte by byte.

/// Words after which `/` begins an expression.
const BEFORE_REGEX: [&[u8]; 14] = [
    b"return",
    b"typeof",
    b"case",
    b"in",
    b"of",
    b"delete",
    b"void",
    b"throw",
    b"new",
    b"do",
    b"else",
    b"instanceof",
    b"await",
    b"yield",
];
/// What is no name of a type parameter behind `in` or `out`.
const NO_PARAMETER: [&[u8]; 7] = [b"extends", b"in", b"instanceof", b"of", b"as", b"satisfies", b"is"];

/// The last token.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before<'a> {
    Nothing,
    Word(&'a [u8]),
    /// A text, a regular expression, or part of a template.
    Text,
    /// The `>` of `=>`.
    Arrow,
    Sign(u8),
}

impl Before<'_> {
    /// Whether a value or a type may end with it.
    fn is_end(self) -> bool {
        matches!(self, Before::Word(_) | Before::Text | Before::Sign(b')' | b']' | b'}' | b'>'))
    }

    /// Whether `/` divides behind it.
    fn is_value(self) -> bool {
        match self {
            Before::Word(word) => !BEFORE_REGEX.contains(&word),
            Before::Text | Before::Sign(b')' | b']' | b'}') => true,
            _ => false,
        }
    }
}

/// Return a text in which what the grammar misreads is written so that it reads it right.
///
/// Length, lines and columns stay. A member of a type that begins a line with `<` (the grammar takes `A` and `<B>` of the next
/// line for one type) or with a keyword's name (`in: string`) has a `;` instead of the blank before; the modifiers `in` and
/// `out` of a declaration's type parameters are blanks; a quote that is escaped in a template (`` \` ``) is `__`; a type that is called `type` has another name in
/// `(type extends`, and `export type *` has no `type`. None if nothing is to be rewritten. Takes time
/// that is linear in the text's length.
pub fn rewritten(source: &[u8]) -> Option<Vec<u8>> {
    let mut scan = Scan {
        source,
        found: source.to_vec(),
        changed: false,
        depth: 0,
        templates: Vec::new(),
        braces: Vec::new(),
        header: false,
        declared: false,
        angles: 0,
        inner: 0,
    };
    let mut before = Before::Nothing;
    let mut is_first = false; // in its line
    let mut at = 0;
    while at < source.len() {
        let byte = source[at];
        let rest = &source[at..];
        if byte == b'\n' || matches!(byte, b' ' | b'\t' | b'\r') {
            is_first |= byte == b'\n';
            at += 1;
            continue;
        }
        if rest.starts_with(b"//") {
            at += rest.iter().position(|each| *each == b'\n').unwrap_or(rest.len());
            continue;
        }
        if rest.starts_with(b"/*") {
            at = rest[2..].windows(2).position(|pair| pair == b"*/").map_or(source.len(), |end| at + end + 4);
            continue;
        }
        let end;
        let token = match byte {
            b'`' => {
                end = scan.template(at + 1);
                Before::Text
            }
            b'"' | b'\'' => {
                end = behind_text(source, at);
                Before::Text
            }
            b'/' if !before.is_value() => {
                end = behind_regex(source, at);
                Before::Text
            }
            b'}' if scan.depth == 0 && !scan.templates.is_empty() => {
                scan.depth = scan.templates.pop().unwrap_or(0);
                end = scan.template(at + 1);
                Before::Text
            }
            _ if is_word(byte) => {
                end = behind_word(source, at);
                Before::Word(&source[at..end])
            }
            b'>' if before == Before::Sign(b'=') && source[at - 1] == b'=' => {
                end = at + 1;
                Before::Arrow
            }
            _ => {
                scan.depth += i64::from(byte == b'{') - i64::from(byte == b'}');
                end = at + 1;
                Before::Sign(byte)
            }
        };
        if is_first
            && before.is_end()
            && matches!(source[at - 1], b' ' | b'\t')
            && scan.braces.last() == Some(&true)
            && begins_member(source, token, end)
        {
            scan.set(at - 1, b';');
        }
        if matches!((token, before), (Before::Word(b"in" | b"out"), Before::Sign(b'<' | b',')))
            && scan.angles == 1
            && scan.inner == 0
        {
            scan.blank_modifiers(at);
        }
        if let Before::Word(b"type") = token {
            scan.rewrite_type(before, end);
        }
        scan.pass_by(before, token);
        (before, is_first, at) = (token, false, end);
    }
    scan.changed.then_some(scan.found)
}

struct Scan<'a> {
    source: &'a [u8],
    found: Vec<u8>,
    changed: bool,
    /// Braces that are open in the expression of the innermost template.
    depth: i64,
    /// Those that were open around each template.
    templates: Vec<i64>,
    /// Whether each open brace may hold the members of a type.
    braces: Vec<bool>,
    /// Whether an interface's body is to come.
    header: bool,
    /// Whether the last token is the name of what may have type parameters, or `class`.
    declared: bool,
    /// Angles that are open from its type parameters on, …
    angles: i64,
    /// … and other brackets in them.
    inner: i64,
}

impl Scan<'_> {
    /// Note what a token opens and closes.
    fn pass_by(&mut self, before: Before<'_>, token: Before<'_>) {
        match token {
            Before::Sign(b'{') => {
                let after_sign = matches!(before, Before::Sign(b':' | b'=' | b'|' | b'&' | b'<' | b','));
                self.braces.push(after_sign || self.header);
                self.header &= after_sign;
            }
            Before::Sign(b'}') => {
                self.braces.pop();
            }
            Before::Sign(b'<') if before == Before::Sign(b'{') => {
                // No statement begins so: a function's type returns an object.
                if let Some(innermost) = self.braces.last_mut() {
                    *innermost = true;
                }
            }
            Before::Word(b"interface") => self.header = true,
            Before::Word(_) => {}
            _ if before == Before::Word(b"interface") => self.header = false,
            _ => {}
        }
        if self.angles == 0 {
            self.angles = i64::from(self.declared && token == Before::Sign(b'<'));
            self.inner = 0;
        } else {
            match token {
                Before::Sign(b'(' | b'[' | b'{') => self.inner += 1,
                Before::Sign(b')' | b']' | b'}') => {
                    self.inner -= 1;
                    if self.inner < 0 {
                        self.angles = 0; // no such list
                    }
                }
                Before::Sign(b'<') if self.inner == 0 => self.angles += 1,
                Before::Sign(b'>') if self.inner == 0 => self.angles -= 1,
                _ => {}
            }
        }
        self.declared = token == Before::Word(b"class")
            || matches!(token, Before::Word(_)) && matches!(before, Before::Word(b"interface" | b"type" | b"class"));
    }

    fn set(&mut self, at: usize, byte: u8) {
        self.found[at] = byte;
        self.changed = true;
    }

    /// Go behind a template's text from a place in it: to its end, or into its next expression.
    fn template(&mut self, mut at: usize) -> usize {
        while at < self.source.len() {
            match self.source[at] {
                b'\\' => {
                    if self.source.get(at + 1) == Some(&b'`') {
                        self.set(at, b'_');
                        self.set(at + 1, b'_');
                    }
                    at += 2;
                }
                b'`' => return at + 1,
                b'$' if self.source.get(at + 1) == Some(&b'{') => {
                    self.templates.push(self.depth);
                    self.depth = 0;
                    return at + 2;
                }
                _ => at += 1,
            }
        }
        self.source.len()
    }

    /// Give a type that is called `type` another name in `(type extends`, and blank the word in `export type *`.
    fn rewrite_type(&mut self, before: Before<'_>, end: usize) {
        let next = behind_blanks(self.source, end);
        if before == Before::Sign(b'(') && &self.source[next..behind_word(self.source, next)] == b"extends" {
            self.set(end - 1, b'_');
        } else if before == Before::Word(b"export") && self.source.get(next) == Some(&b'*') {
            for at in end - 4..end {
                self.set(at, b' ');
            }
        }
    }

    /// Blank `in`, `out` or both from a place on, if the name of a type parameter follows.
    fn blank_modifiers(&mut self, from: usize) {
        let mut at = from;
        loop {
            let end = behind_word(self.source, at);
            let word = &self.source[at..end];
            if !matches!(word, b"in" | b"out") || at != from && &self.source[from..from + 3] == b"out" {
                break;
            }
            let next = behind_blanks(self.source, end);
            if next == end {
                return;
            }
            at = next;
        }
        let end = behind_word(self.source, at);
        if at == from || end == at || self.source[at].is_ascii_digit() || NO_PARAMETER.contains(&&self.source[at..end])
        {
            return;
        }
        for each in from..at {
            if !matches!(self.source[each], b'\n' | b'\r') {
                self.set(each, b' ');
            }
        }
    }
}

/// Whether a token that begins a line begins a member: type parameters, or a property whose name is an operator elsewhere.
fn begins_member(source: &[u8], token: Before<'_>, end: usize) -> bool {
    let next = |at: usize| source.get(at).copied().unwrap_or(0);
    match token {
        Before::Sign(b'<') => is_word(next(end)) || matches!(next(end), b'\n' | b'\r' | b'/'),
        Before::Word(b"in" | b"instanceof") => next(end) == b':' || next(end) == b'?' && next(end + 1) == b':',
        _ => false,
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | 0x80..)
}

fn behind_word(source: &[u8], at: usize) -> usize {
    at + source[at..].iter().take_while(|byte| is_word(**byte)).count()
}

fn behind_blanks(source: &[u8], at: usize) -> usize {
    at + source[at..].iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')).count()
}

/// Where a text in quotes ends: behind them, or at the line's end.
fn behind_text(source: &[u8], from: usize) -> usize {
    let mut at = from + 1;
    while at < source.len() {
        match source[at] {
            b'\\' => at += 2,
            b'\n' => return at,
            byte if byte == source[from] => return at + 1,
            _ => at += 1,
        }
    }
    source.len()
}

/// Where a regular expression ends: behind its `/`, or at the line's end.
fn behind_regex(source: &[u8], from: usize) -> usize {
    let mut at = from + 1;
    let mut in_class = false;
    while at < source.len() {
        match source[at] {
            b'\\' => at += 2,
            b'\n' => return at,
            b'/' if !in_class => return at + 1,
            byte => {
                in_class = byte == b'[' || in_class && byte != b']';
                at += 1;
            }
        }
    }
    source.len()
}

#[cfg(test)]
mod tests {
    use super::rewritten;

    fn set(text: &str) -> Option<String> {
        rewritten(text.as_bytes()).map(|found| String::from_utf8(found).expect("text"))
    }

    #[test]
    fn a_member_that_begins_a_line_is_told_from_what_is_before() {
        assert_eq!(set("a: { (): A\n  <B>(): B }").as_deref(), Some("a: { (): A\n ;<B>(): B }"));
        assert_eq!(
            set("type T = { (): A<C> // <\n  <\n B>(): B }").as_deref(),
            Some("type T = { (): A<C> // <\n ;<\n B>(): B }")
        );
        assert_eq!(
            set("a: () => {\n  <A>(): B\n  <C>(): D }").as_deref(),
            Some("a: () => {\n  <A>(): B\n ;<C>(): D }")
        );
        assert_eq!(
            set("interface A extends B<{ c: D }> { name: A[]\n  in: B }").as_deref(),
            Some("interface A extends B<{ c: D }> { name: A[]\n ;in: B }")
        );
    }

    #[test]
    fn modifiers_of_type_parameters_are_blanks() {
        assert_eq!(set("type A<in B, out C, in out D> = B").as_deref(), Some("type A<   B,     C,        D> = B"));
        assert_eq!(set("a = class<in B> {}").as_deref(), Some("a = class<   B> {}"));
        assert_eq!(set("type A<\n  in\n  B> = B").as_deref(), Some("type A<\n    \n  B> = B"));
    }

    #[test]
    fn the_word_type_is_no_name_and_exports_nothing() {
        assert_eq!(
            set("type A<type> = (type extends B ? type : C)").as_deref(),
            Some("type A<type> = (typ_ extends B ? type : C)")
        );
        assert_eq!(set("export type * from 'a'").as_deref(), Some("export      * from 'a'"));
    }

    #[test]
    fn quotes_in_templates_are_none() {
        assert_eq!(set("`a \\` ${ `\\`` } \\``; b").as_deref(), Some("`a __ ${ `__` } __`; b"));
    }

    #[test]
    fn what_means_one_thing_stays() {
        for text in [
            "f(\n  <A>(a: A) => a)",
            "const f =\n  <A>(a: A) => a",
            "a\n  < b",
            "type A<out extends B> = out",
            "type A<out> = out",
            "type A<out, B> = out",
            "[a, out in b]",
            "f(a, out b)",
            "f<a, out b>(c)",
            "type A = f<a, out b>",
            "type A<B extends (a, out b) => c> = d",
            "{ (): A\n  <B>(): B }",
            "if (a) { b\n  <c>(d) }",
            "() => { b\n  <c>(d) }",
            "foo\n  <T>(x)",
            "a = { interface: b }; if (c) { d\n  <e>(f) }",
            "// A\n  // <B>",
            "/* A\n  <B>( */",
            "\"A\\\n  <B>(\"",
            "`A\n  <B>(`",
            "/`[/`]/; a\n<b",
            "a ? b\n  : c in d",
            "f(type); export type A = B; export type { C }",
            "",
        ] {
            assert_eq!(set(text), None, "{text}");
        }
    }
}
