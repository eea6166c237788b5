//! Texts that the walker takes from source: collapsed, capped, unquoted, cleaned. The twin of the
//! reference engine's `text.py`, which states the byte semantics.

use std::borrow::Cow;

/// Cap of callee, receiver, annotation, default, decorator and raw import texts.
pub const MAX_TEXT_BYTES: usize = 200;
/// Cap of signatures.
pub const MAX_SIGNATURE_BYTES: usize = 1_000;

/// How bytes are read as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Encoding {
    Utf8,
    Latin1,
    Utf16Le,
    Utf16Be,
}

/// Return bytes as text; what is not valid becomes U+FFFD.
pub fn decode(raw: &[u8], encoding: Encoding) -> Cow<'_, str> {
    match encoding {
        Encoding::Utf8 => match std::str::from_utf8(raw) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => Cow::Owned(String::from_utf8_lossy(raw).into_owned()),
        },
        Encoding::Latin1 => {
            if raw.is_ascii() {
                decode(raw, Encoding::Utf8)
            } else {
                Cow::Owned(raw.iter().map(|&byte| char::from(byte)).collect())
            }
        }
        Encoding::Utf16Le => Cow::Owned(decode_utf16(raw, u16::from_le_bytes)),
        Encoding::Utf16Be => Cow::Owned(decode_utf16(raw, u16::from_be_bytes)),
    }
}

fn decode_utf16(raw: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let pairs = raw.chunks_exact(2);
    let odd = !pairs.remainder().is_empty();
    let units = pairs.map(|pair| unit([pair[0], pair[1]]));
    let mut text: String = char::decode_utf16(units).map(|item| item.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    if odd {
        // A lone high surrogate and the odd byte after it are one truncated character.
        let last = raw.len() / 2 * 2;
        let truncated = last >= 2 && (0xd800..0xdc00).contains(&unit([raw[last - 2], raw[last - 1]]));
        if !truncated {
            text.push(char::REPLACEMENT_CHARACTER);
        }
    }
    text
}

/// ASCII whitespace as Python's `bytes.split()` sees it.
#[inline]
pub fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}

/// Whitespace as Python's `str.split()` sees it.
pub fn is_python_space(character: char) -> bool {
    character.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&character)
}

/// Return text without any whitespace.
pub fn without_spaces(text: Cow<'_, str>) -> Cow<'_, str> {
    // Most texts are names.
    if text.bytes().all(|byte| (b'!'..0x80).contains(&byte)) {
        return text;
    }
    if text.chars().any(is_python_space) {
        Cow::Owned(text.chars().filter(|&character| !is_python_space(character)).collect())
    } else {
        text
    }
}

/// Append text with runs of ASCII whitespace as one space and the ends trimmed.
fn push_joined(target: &mut String, text: &str) {
    let bytes = text.as_bytes();
    let mut at = 0;
    let mut separator = "";
    loop {
        at += bytes[at..].iter().take_while(|byte| is_space(**byte)).count();
        let start = at;
        // Words with one space between are taken at once.
        loop {
            at += bytes[at..].iter().take_while(|byte| !is_space(**byte)).count();
            let goes_on = bytes.get(at) == Some(&b' ') && bytes.get(at + 1).is_some_and(|next| !is_space(*next));
            if !goes_on {
                break;
            }
            at += 1;
        }
        if start == at {
            return;
        }
        target.push_str(separator);
        target.push_str(&text[start..at]);
        separator = " ";
    }
}

/// Append source text on one line, at most [`MAX_TEXT_BYTES`].
pub fn push_collapsed(target: &mut String, text: &str) {
    let start = target.len();
    if text.len() > 4 * MAX_TEXT_BYTES {
        // Enough of a long text, unless it is mostly white space: chains of calls nest such texts.
        push_joined(target, before(text, 4 * MAX_TEXT_BYTES));
        if target.len() - start > MAX_TEXT_BYTES {
            cut(target, start + MAX_TEXT_BYTES);
            return;
        }
        target.truncate(start);
    }
    push_joined(target, text);
    if target.len() - start > MAX_TEXT_BYTES {
        cut(target, start + MAX_TEXT_BYTES);
    }
}

/// Append a definition's head: collapsed, without what opens the body or ends the statement.
pub fn push_signature(target: &mut String, head: &str) {
    let start = target.len();
    push_joined(target, head);
    let text = &target[start..];
    if let Some(rest) = ["=>", "{", ":", "=", ";"].iter().find_map(|ending| text.strip_suffix(ending)) {
        let end = start + rest.trim_end_matches(' ').len();
        target.truncate(end);
    }
    if target.len() - start > MAX_SIGNATURE_BYTES {
        cut(target, start + MAX_SIGNATURE_BYTES);
    }
}

/// The longest beginning of a text with at most so many bytes.
fn before(text: &str, mut end: usize) -> &str {
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// End a text at a byte with "…"; the character that the byte is in goes, too.
fn cut(text: &mut String, end: usize) {
    let end = before(text, end).len();
    text.truncate(end);
    text.push('…');
}

/// Return a string literal's content: up to three prefix letters and the quotes are dropped.
pub fn unquote(literal: &str) -> &str {
    let letters = literal.bytes().take_while(u8::is_ascii_alphabetic).count();
    let body = match literal.as_bytes().get(letters) {
        Some(b'"' | b'\'' | b'`') if letters <= 3 => &literal[letters..],
        _ => literal,
    };
    for quote in ["\"\"\"", "'''", "\"", "'", "`"] {
        if let Some(rest) = body.strip_prefix(quote) {
            return rest.strip_suffix(quote).unwrap_or(rest);
        }
    }
    if body.starts_with("[[") && body.ends_with("]]") {
        // Python's body[2:-2] of "[[]" and the like is empty.
        return body.get(2..body.len().saturating_sub(2)).unwrap_or("");
    }
    body
}

const BLANK: [char; 5] = [' ', '\t', '\r', '\x0c', '\x0b'];
const BLANK_LINES: [char; 6] = [' ', '\t', '\r', '\x0c', '\x0b', '\n'];

fn expand_tabs(text: &str) -> Cow<'_, str> {
    if !text.contains('\t') {
        return Cow::Borrowed(text);
    }
    let mut result = String::with_capacity(text.len() + 16);
    let mut column = 0;
    for character in text.chars() {
        match character {
            '\t' => {
                let width = 8 - column % 8;
                result.extend(std::iter::repeat_n(' ', width));
                column += width;
            }
            '\n' | '\r' => {
                result.push(character);
                column = 0;
            }
            _ => {
                result.push(character);
                column += 1;
            }
        }
    }
    Cow::Owned(result)
}

/// Remove common indentation and blank ends; the twin of `clean_docstring`.
pub fn clean_docstring(text: &str) -> String {
    let text = expand_tabs(text);
    let mut lines: Vec<&str> = text.split('\n').map(|line| line.trim_end_matches(BLANK)).collect();
    let margin = lines[1..]
        .iter()
        .filter(|line| !line.is_empty())
        .map(|line| line.len() - line.trim_start_matches(' ').len())
        .min()
        .unwrap_or(0);
    lines[0] = lines[0].trim_start_matches(' ');
    for line in &mut lines[1..] {
        *line = line.get(margin..).unwrap_or("");
    }
    let end = lines.iter().rposition(|line| !line.is_empty()).map_or(0, |last| last + 1);
    let start = lines.iter().position(|line| !line.is_empty()).unwrap_or(0);
    lines[start.min(end)..end].join("\n")
}

/// Return the text of a `/** … */` comment without the frame and leading asterisks.
pub fn clean_block_comment(text: &str) -> String {
    let body = text.strip_prefix("/**").unwrap_or(text);
    let body = body.strip_suffix("*/").unwrap_or(body);
    let mut result = String::with_capacity(body.len());
    for (position, line) in body.split('\n').enumerate() {
        if position > 0 {
            result.push('\n');
        }
        let line = without_blanks(line);
        let line = line.strip_prefix('*').map_or(line, |rest| rest.strip_prefix(' ').unwrap_or(rest));
        result.push_str(line);
    }
    trimmed(result)
}

/// The text of `//` comments without markers and directives (`//go:build`), or of one `/* */`.
pub fn clean_adjacent_comments(text: &str) -> String {
    const BLANK: [char; 5] = [' ', '\t', '\r', '\x0c', '\x0b'];
    let lines: Vec<&str> = match text.strip_prefix("/*") {
        Some(body) => body
            .strip_suffix("*/")
            .unwrap_or(body)
            .split('\n')
            .map(|line| {
                let line = line.trim_matches(BLANK);
                let line = line.strip_prefix('*').unwrap_or(line);
                line.strip_prefix(' ').unwrap_or(line)
            })
            .collect(),
        None => text
            .split('\n')
            .map(|line| line.trim_matches(BLANK))
            .filter(|line| !is_directive(line))
            .map(|line| {
                let line = line.strip_prefix("//").unwrap_or(line);
                line.strip_prefix(' ').unwrap_or(line)
            })
            .collect(),
    };
    lines.join("\n").trim_matches([' ', '\t', '\r', '\x0c', '\x0b', '\n']).to_owned()
}

/// Say whether a `//` comment is for a tool: `//go:build`, `//export f`.
fn is_directive(line: &str) -> bool {
    let Some(rest) = line.strip_prefix("//") else { return false };
    if ["line ", "export ", "extern "].iter().any(|word| rest.starts_with(word)) {
        return true;
    }
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let Some((tool, after)) = rest.split_once(':') else { return false };
    !tool.is_empty() && tool.bytes().all(plain) && after.bytes().next().is_some_and(plain)
}

/// Return the text of one doc comment: `/// …`, `//! …`, `/** … */` or `/*! … */`.
pub fn clean_doc_comment(text: &str) -> String {
    let body = text.get(3..).unwrap_or("");
    if text.starts_with("/*") {
        return clean_block_comment(&format!("/**{body}"));
    }
    let body = body.trim_end_matches(BLANK_LINES);
    body.strip_prefix(' ').unwrap_or(body).to_owned()
}

/// Return the text of consecutive line comments without their markers.
pub fn clean_line_comments(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    for (position, line) in text.split('\n').enumerate() {
        if position > 0 {
            result.push('\n');
        }
        let line = without_blanks(without_blanks(line).trim_start_matches(['/', '#', '-', '!']));
        result.push_str(line);
    }
    trimmed(result)
}

/// A line without ASCII white space at its ends.
fn without_blanks(line: &str) -> &str {
    let bytes = line.as_bytes();
    let Some(start) = bytes.iter().position(|byte| !is_space(*byte)) else { return "" };
    let end = bytes.iter().rposition(|byte| !is_space(*byte)).map_or(start, |last| last + 1);
    &line[start..end]
}

fn trimmed(text: String) -> String {
    let inner = text.trim_matches(BLANK_LINES);
    if inner.len() == text.len() { text } else { inner.to_owned() }
}

/// Say whether a name is written like a constant: capitals, digits and underscores.
pub fn is_constant_name(name: &str) -> bool {
    let rest = name.trim_start_matches('_').as_bytes();
    rest.first().is_some_and(u8::is_ascii_uppercase)
        && rest.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_')
}

/// Append a JSON string, escaped like Python's `json.dumps(…, ensure_ascii=False)`.
pub fn push_json_string(target: &mut String, text: &str) {
    target.push('"');
    // Without a way out of the loop it takes many bytes at once.
    let escapes = text.bytes().fold(false, |any, byte| any | (byte < 0x20) | (byte == b'"') | (byte == b'\\'));
    let mut clean = 0;
    for (position, byte) in text.bytes().enumerate().take(if escapes { text.len() } else { 0 }) {
        let escape = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            0x08 => "\\b",
            0x0c => "\\f",
            0..0x20 => "",
            _ => continue,
        };
        target.push_str(&text[clean..position]);
        if escape.is_empty() {
            use std::fmt::Write;
            write!(target, "\\u{byte:04x}").expect("writing to a string");
        } else {
            target.push_str(escape);
        }
        clean = position + 1;
    }
    target.push_str(&text[clean..]);
    target.push('"');
}

/// A shell pattern with `fnmatch`'s meaning: `*` (also `/`), `?`, `[seq]`, `[!seq]`.
#[derive(Debug)]
pub struct Pattern(Vec<Piece>);

#[derive(Debug)]
enum Piece {
    One(char),
    Any,
    Many,
    Class(bool, Vec<(char, char)>),
}

impl Pattern {
    /// Compile a pattern.
    pub fn new(pattern: &str) -> Self {
        let characters: Vec<char> = pattern.chars().collect();
        let mut pieces = Vec::new();
        let mut position = 0;
        while position < characters.len() {
            let character = characters[position];
            position += 1;
            match character {
                '*' => pieces.push(Piece::Many),
                '?' => pieces.push(Piece::Any),
                '[' => {
                    let mut end = position;
                    if characters.get(end) == Some(&'!') {
                        end += 1;
                    }
                    if characters.get(end) == Some(&']') {
                        end += 1;
                    }
                    while end < characters.len() && characters[end] != ']' {
                        end += 1;
                    }
                    if end >= characters.len() {
                        pieces.push(Piece::One('['));
                        continue;
                    }
                    let negated = characters[position] == '!';
                    let inside = &characters[position + usize::from(negated)..end];
                    let mut ranges = Vec::new();
                    let mut at = 0;
                    while at < inside.len() {
                        if at + 2 < inside.len() && inside[at + 1] == '-' {
                            ranges.push((inside[at], inside[at + 2]));
                            at += 3;
                        } else {
                            ranges.push((inside[at], inside[at]));
                            at += 1;
                        }
                    }
                    pieces.push(Piece::Class(negated, ranges));
                    position = end + 1;
                }
                _ => pieces.push(Piece::One(character)),
            }
        }
        Self(pieces)
    }

    /// Say whether the whole text matches.
    pub fn matches(&self, text: &str) -> bool {
        self.matches_all(&text.chars().collect::<Vec<char>>())
    }

    /// Say whether these characters match, all of them.
    pub fn matches_all(&self, characters: &[char]) -> bool {
        let (mut piece, mut at) = (0, 0);
        let mut retry: Option<(usize, usize)> = None;
        loop {
            let advanced = match self.0.get(piece) {
                Some(Piece::Many) => {
                    retry = Some((piece, at));
                    piece += 1;
                    continue;
                }
                Some(one) => characters.get(at).is_some_and(|&character| one.accepts(character)),
                None if at == characters.len() => return true,
                None => false,
            };
            if advanced {
                piece += 1;
                at += 1;
            } else if let Some((many, from)) = retry.filter(|&(_, from)| from < characters.len()) {
                retry = Some((many, from + 1));
                piece = many + 1;
                at = from + 1;
            } else {
                return false;
            }
        }
    }
}

impl Piece {
    fn accepts(&self, character: char) -> bool {
        match self {
            Self::One(wanted) => *wanted == character,
            Self::Any => true,
            Self::Many => false,
            Self::Class(negated, ranges) => {
                ranges.iter().any(|&(low, high)| low <= character && character <= high) != *negated
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn collapsing_joins_words_and_caps_at_a_character_boundary() {
        let collapsed = |text: &str| {
            let mut target = "before ".to_owned();
            push_collapsed(&mut target, text);
            target.split_off(7)
        };
        assert_eq!(collapsed("a\n  b\tc "), "a b c");
        assert_eq!(collapsed("a b"), "a b");
        assert_eq!(collapsed(" \r\n"), "");
        assert_eq!(collapsed(&format!("{}é{}", "x".repeat(199), "y".repeat(9))), format!("{}…", "x".repeat(199)));
        assert_eq!(collapsed(&format!("{}é{}", "x".repeat(799), "y".repeat(9))), format!("{}…", "x".repeat(200)));
        assert_eq!(collapsed(&format!("a{}b", "é ".repeat(300))), format!("a{}…", "é ".repeat(66)));
        assert_eq!(collapsed(&format!("a{}b", " ".repeat(900))), "a b");
    }

    #[test]
    fn a_head_ends_before_what_opens_the_body() {
        let signature = |text: &str| {
            let mut target = "x=".to_owned();
            push_signature(&mut target, text);
            target.split_off(2)
        };
        assert_eq!(signature("def f(a,\n      b) :\n"), "def f(a, b)");
        assert_eq!(signature("(a) =>"), "(a)");
        assert_eq!(signature("a = :"), "a =");
        assert_eq!(signature(" : "), "");
        assert_eq!(signature(""), "");
        assert_eq!(signature(&"y".repeat(1_001)), format!("{}…", "y".repeat(1_000)));
    }

    #[test]
    fn unquoting_drops_prefix_and_quotes() {
        assert_eq!(unquote("rb'x'"), "x");
        assert_eq!(unquote("\"\"\"doc\"\"\""), "doc");
        assert_eq!(unquote("abcd'x'"), "abcd'x'");
        assert_eq!(unquote("\"\""), "");
        assert_eq!(unquote("[[x]]"), "x");
    }

    #[test]
    fn docstrings_lose_common_indentation() {
        assert_eq!(clean_docstring("First.\n\n    More:\n      in\n    "), "First.\n\nMore:\n  in");
        assert_eq!(clean_docstring("\n   \n"), "");
    }

    #[test]
    fn block_comments_lose_their_frame() {
        assert_eq!(clean_block_comment("/**\n * A.\n *\n *  b\n */"), "A.\n\n b");
    }

    #[test]
    fn patterns_match_like_fnmatch() {
        assert!(Pattern::new("*/tests/*").matches("/tests/a/b.py"));
        assert!(!Pattern::new("*/tests/*").matches("tests/a.py"));
        assert!(Pattern::new("*.test.*").matches("a/b.test.ts"));
        assert!(Pattern::new("[!a]?[x-z]").matches("bqy"));
        assert!(Pattern::new("[").matches("["));
    }

    #[test]
    fn json_strings_escape_like_python() {
        let mut text = String::new();
        push_json_string(&mut text, "a\"\\\n\u{1}é\u{7f}");
        assert_eq!(text, "\"a\\\"\\\\\\n\\u0001é\u{7f}\"");
    }
}
