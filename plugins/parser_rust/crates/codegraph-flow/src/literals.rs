//! Numbers and escape sequences that languages of the C family share.

/// An integer in decimal, hexadecimal, octal or binary notation, in lower case; none for one beyond 64 bits.
pub(crate) fn integer_of(text: &str) -> Option<i64> {
    let (digits, radix) = match text.as_bytes() {
        [b'0', b'x', ..] => (&text[2..], 16),
        [b'0', b'o', ..] => (&text[2..], 8),
        [b'0', b'b', ..] => (&text[2..], 2),
        [b'0', rest @ ..] if !rest.is_empty() && rest.iter().all(|digit| (b'0'..=b'7').contains(digit)) => {
            (&text[1..], 8)
        }
        _ => (text, 10),
    };
    i64::from_str_radix(digits, radix).ok()
}

/// Add what an escape sequence of a string stands for.
pub(crate) fn push_escape(text: &mut String, escape: &str) {
    let rest = escape.strip_prefix('\\').unwrap_or(escape);
    let Some(first) = rest.chars().next() else { return };
    let code = |digits: &str, radix| {
        let code = u32::from_str_radix(digits, radix).ok();
        code.and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER)
    };
    match first {
        'n' => text.push('\n'),
        't' => text.push('\t'),
        'r' => text.push('\r'),
        'b' => text.push('\u{8}'),
        'f' => text.push('\u{c}'),
        'v' => text.push('\u{b}'),
        's' => text.push(' '),
        // A line that goes on.
        '\n' | '\r' | '\u{2028}' | '\u{2029}' => {}
        'x' => text.push(code(&rest[1..], 16)),
        'u' => {
            let digits = rest.trim_start_matches('u').trim_matches(|character| matches!(character, '{' | '}'));
            text.push(code(digits, 16));
        }
        '0'..='7' => text.push(code(rest, 8)),
        _ => text.push_str(rest),
    }
}
