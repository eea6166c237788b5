//! Numbers and texts.

use super::Lowerer;
use super::kinds::{Kind, field};
use crate::ir::*;
use crate::tree::Node;

/// A part of a text being put together.
enum Piece {
    Text(String, Span),
    Value(ValueId),
}

impl Lowerer<'_> {
    pub(super) fn integer(&mut self, node: Node) -> ValueId {
        let span = self.tree.span(node);
        let text = self.tree.text(node).replace('_', "");
        let constant = match parse_integer(&text) {
            Some(value) => Constant::Integer(value),
            None => Constant::BigNumber(self.names.intern(&text)),
        };
        self.builder.constant(constant, span)
    }

    pub(super) fn float(&mut self, node: Node) -> ValueId {
        let text = self.tree.text(node).replace('_', "");
        let constant = match text.parse() {
            Ok(value) => Constant::Float(value),
            Err(_) => Constant::BigNumber(self.names.intern(&text)),
        };
        self.builder.constant(constant, self.tree.span(node))
    }

    /// A text, or several written one after the other.
    pub(super) fn string(&mut self, node: Node) -> ValueId {
        let tree = self.tree;
        let span = tree.span(node);
        let mut pieces = Vec::new();
        let mut is_bytes = false;
        if tree.kind(node) == Kind::ConcatenatedString {
            for child in tree.children(node).filter(|&child| tree.kind(child) == Kind::String) {
                is_bytes |= self.string_pieces(child, &mut pieces);
            }
        } else {
            is_bytes = self.string_pieces(node, &mut pieces);
        }
        let is_constant = pieces.iter().all(|piece| matches!(piece, Piece::Text(..)));
        if is_constant {
            let text: String =
                pieces.iter().map(|piece| if let Piece::Text(text, _) = piece { text } else { "" }).collect();
            let name = self.names.intern(&text);
            let constant = if is_bytes { Constant::Bytes(name) } else { Constant::Text(name) };
            return self.builder.constant(constant, span);
        }
        let mut elements = Vec::new();
        for piece in pieces {
            let value = match piece {
                Piece::Text(text, _) if text.is_empty() => continue,
                Piece::Text(text, span) => {
                    let name = self.names.intern(&text);
                    self.builder.constant(Constant::Text(name), span)
                }
                Piece::Value(value) => value,
            };
            elements.push(Element { kind: ElementKind::Item, key: None, value });
        }
        let elements = self.builder.pool_elements(&elements);
        self.builder.emit(Op::Interpolate(elements), span)
    }

    /// Add a literal's parts; says whether it is of bytes.
    fn string_pieces(&mut self, node: Node, pieces: &mut Vec<Piece>) -> bool {
        let tree = self.tree;
        let (mut is_raw, mut is_bytes, mut is_format) = (false, false, false);
        for child in tree.children(node) {
            match tree.kind(child) {
                Kind::StringStart => {
                    for letter in tree.text(child).chars() {
                        match letter {
                            'r' | 'R' => is_raw = true,
                            'b' | 'B' => is_bytes = true,
                            'f' | 'F' | 't' | 'T' => is_format = true,
                            _ => {}
                        }
                    }
                }
                Kind::StringContent => {
                    let text = tree.text(child);
                    let mut text = if is_raw { text.into_owned() } else { unescape(&text, is_bytes) };
                    if is_format {
                        text = text.replace("{{", "{").replace("}}", "}");
                    }
                    pieces.push(Piece::Text(text, tree.span(child)));
                }
                Kind::Interpolation => self.interpolation(child, pieces),
                _ => {}
            }
        }
        is_bytes
    }

    fn interpolation(&mut self, node: Node, pieces: &mut Vec<Piece>) {
        let tree = self.tree;
        for child in tree.children(node) {
            match tree.kind(child) {
                Kind::Token => {}
                Kind::FormatSpecifier => {
                    for part in tree.children(child) {
                        if matches!(tree.kind(part), Kind::FormatExpression | Kind::Interpolation) {
                            self.interpolation(part, pieces);
                        }
                    }
                }
                Kind::Other if tree.field_of(child) != field::VALUE => {}
                _ => {
                    let value = self.expression(child);
                    pieces.push(Piece::Value(value));
                }
            }
        }
    }
}

fn parse_integer(text: &str) -> Option<i64> {
    let text = text.trim_end_matches(['l', 'L']);
    let digits = |radix| i64::from_str_radix(&text[2..], radix).ok();
    match text.as_bytes() {
        [b'0', b'x' | b'X', _, ..] => digits(16),
        [b'0', b'o' | b'O', _, ..] => digits(8),
        [b'0', b'b' | b'B', _, ..] => digits(2),
        // Octal in Python 2.
        [b'0', b'0'..=b'7', ..] => i64::from_str_radix(text, 8).ok(),
        _ => text.parse().ok(),
    }
}

/// Resolve escapes as Python does; those it does not know stay as they are.
fn unescape(text: &str, is_bytes: bool) -> String {
    if !text.contains('\\') {
        return text.to_owned();
    }
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        result.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let Some(letter) = rest.chars().next() else {
            result.push('\\');
            break;
        };
        let after = &rest[letter.len_utf8()..];
        let simple = match letter {
            '\\' | '\'' | '"' => Some(letter),
            'a' => Some('\x07'),
            'b' => Some('\x08'),
            'f' => Some('\x0c'),
            'n' => Some('\n'),
            'r' => Some('\r'),
            't' => Some('\t'),
            'v' => Some('\x0b'),
            _ => None,
        };
        if let Some(simple) = simple {
            result.push(simple);
            rest = after;
            continue;
        }
        let (digits, radix) = match letter {
            '\n' => {
                rest = after;
                continue;
            }
            '0'..='7' => (rest.bytes().take(3).take_while(|byte| (b'0'..=b'7').contains(byte)).count(), 8),
            'x' => (2, 16),
            'u' if !is_bytes => (4, 16),
            'U' if !is_bytes => (8, 16),
            _ => (0, 0),
        };
        let source = if radix == 8 { rest } else { after };
        let number = source.get(..digits).filter(|digits| !digits.is_empty());
        let character =
            number.and_then(|number| u32::from_str_radix(number, radix.max(2)).ok()).and_then(char::from_u32);
        match character {
            Some(character) => {
                result.push(character);
                rest = &source[digits..];
            }
            None => {
                result.push('\\');
                result.push(letter);
                rest = after;
            }
        }
    }
    result.push_str(rest);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_those_of_the_language_reference() {
        assert_eq!(unescape(r"a\n\x41\101\u00e9\q\\", false), "a\nAA\u{e9}\\q\\");
        assert_eq!(unescape(r"\u0041\xff", true), "\\u0041\u{ff}");
        assert_eq!(unescape("a\\\nb\\", false), "ab\\");
        assert_eq!(unescape(r"\ud800\x4", false), "\\ud800\\x4");
    }

    #[test]
    fn integers_beyond_64_bits_are_none() {
        assert_eq!(parse_integer("0xFF"), Some(255));
        assert_eq!(parse_integer("0o17"), Some(15));
        assert_eq!(parse_integer("10L"), Some(10));
        assert_eq!(parse_integer("9223372036854775808"), None);
        assert_eq!(parse_integer("1j"), None);
    }
}
