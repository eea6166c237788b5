//! Sets terminators that a grammar wants before a closing brace, where the language wants none.
//!
//! `parsers/reference/terminators.py` does the same, byte by byte.

/// What a blank before `}` needs no terminator behind.
const OPEN: &[u8] = b"{;,(>";

/// Return a text with a terminator instead of each blank before a `}` that closes what stands in its line.
///
/// Length, lines and columns stay. Comments and texts are those of C's family, with `${…}` and raw texts in three quotes. None if
/// nothing is to be set. Takes time that is linear in the text's length.
pub fn terminated(source: &[u8], terminator: u8) -> Option<Vec<u8>> {
    let mut found: Option<Vec<u8>> = None;
    let mut at = 0;
    let mut before = 0; // the last byte in this line that is no blank
    while at < source.len() {
        let byte = source[at];
        match byte {
            b'"' => {
                at = behind_text(source, at);
                before = byte;
                continue;
            }
            b'\'' => {
                at = behind_character(source, at);
                before = byte;
                continue;
            }
            b'/' if matches!(source.get(at + 1), Some(b'/' | b'*')) => {
                at = behind_comment(source, at);
                continue;
            }
            b'}' if at > 0 && matches!(source[at - 1], b' ' | b'\t') && before != 0 && !OPEN.contains(&before) => {
                found.get_or_insert_with(|| source.to_vec())[at - 1] = terminator;
            }
            _ => {}
        }
        if byte == b'\n' {
            before = 0;
        } else if !matches!(byte, b' ' | b'\t' | b'\r') {
            before = byte;
        }
        at += 1;
    }
    found
}

fn starts(source: &[u8], at: usize, text: &[u8]) -> bool {
    source[at..].starts_with(text)
}

/// Where a comment ends: at the line's end, or behind `*/`; such comments nest.
fn behind_comment(source: &[u8], mut at: usize) -> usize {
    if source[at + 1] == b'/' {
        return memchr(source, at).unwrap_or(source.len());
    }
    let mut depth = 1;
    at += 2;
    while at < source.len() && depth > 0 {
        if starts(source, at, b"/*") {
            depth += 1;
            at += 2;
        } else if starts(source, at, b"*/") {
            depth -= 1;
            at += 2;
        } else {
            at += 1;
        }
    }
    at
}

fn memchr(source: &[u8], at: usize) -> Option<usize> {
    source[at..].iter().position(|byte| *byte == b'\n').map(|found| at + found)
}

fn behind_character(source: &[u8], mut at: usize) -> usize {
    at += 1;
    while at < source.len() && !matches!(source[at], b'\'' | b'\n') {
        at += if source[at] == b'\\' { 2 } else { 1 };
    }
    if source.get(at) == Some(&b'\'') { at + 1 } else { at }
}

/// Where a text ends that begins at a place; expressions and texts in it are part of it.
fn behind_text(source: &[u8], mut at: usize) -> usize {
    const RAW: &[u8] = b"\"\"\"";
    let mut texts = vec![starts(source, at, RAW)]; // those that are open, outermost first: whether each is a raw one
    let mut braces: Vec<i64> = Vec::new(); // of each text but the last: how many braces are open in its expression
    at += if texts[0] { 3 } else { 1 };
    while at < source.len() {
        let byte = source[at];
        let raw = texts[texts.len() - 1];
        if braces.len() == texts.len() {
            if byte == b'"' {
                let raw = starts(source, at, RAW);
                texts.push(raw);
                at += if raw { 3 } else { 1 };
                continue;
            }
            if let Some(open) = braces.last_mut() {
                *open += i64::from(byte == b'{') - i64::from(byte == b'}');
                if *open == 0 {
                    braces.pop();
                }
            }
            at += 1;
        } else if starts(source, at, b"${") {
            braces.push(1);
            at += 2;
        } else if !raw && byte == b'\\' {
            at += 2;
        } else if !raw && byte == b'\n' {
            return at;
        } else if byte == b'"' && (!raw || starts(source, at, RAW)) {
            texts.pop();
            at += if raw { 3 } else { 1 };
            if texts.is_empty() {
                while source.get(at) == Some(&b'"') {
                    at += 1; // quotes at the end of a raw text are its own
                }
                return at;
            }
        } else {
            at += 1;
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::terminated;

    fn set(text: &str) -> Option<String> {
        terminated(text.as_bytes(), b';').map(|found| String::from_utf8(found).expect("text"))
    }

    #[test]
    fn a_blank_before_a_brace_becomes_a_terminator() {
        assert_eq!(set("class A { val b = 1 }").as_deref(), Some("class A { val b = 1;}"));
        assert_eq!(set("class A { class B { fun c() = 1 } }").as_deref(), Some("class A { class B { fun c() = 1;};}"));
    }

    #[test]
    fn nothing_is_set_where_nothing_ends() {
        for text in ["class A { }", "f { a -> }", "val a = 1\n }", "g(1; )", ""] {
            assert_eq!(set(text), None, "{text}");
        }
    }

    #[test]
    fn comments_and_texts_stay() {
        for text in [
            "// a }",
            "/* a /* b } */ c } */",
            "\"a } ${ b } }\"",
            "\"\"\"a \" } ${\"b }\"} }\"\"\"\"",
            "' }'",
            "\"\\\" }\"",
        ] {
            assert_eq!(set(text), None, "{text}");
        }
    }
}
