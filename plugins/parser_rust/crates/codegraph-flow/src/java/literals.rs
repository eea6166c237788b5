//! Literals.

use super::Lowerer;
use super::kinds::Kind;
use crate::ir::*;
use crate::literals::{integer_of, push_escape};
use crate::tree::Node;

impl Lowerer<'_> {
    pub(super) fn integer(&mut self, node: Node) -> ValueId {
        let text = self.tree.text(node).replace('_', "").to_ascii_lowercase();
        let digits = text.strip_suffix('l').unwrap_or(&text);
        let constant = match integer_of(digits) {
            Some(value) => Constant::Integer(value),
            None => Constant::BigNumber(self.names.intern(&text)),
        };
        self.builder.constant(constant, self.tree.span(node))
    }

    pub(super) fn float(&mut self, node: Node) -> ValueId {
        let text = self.tree.text(node).replace('_', "").to_ascii_lowercase();
        let digits = text.strip_suffix(['f', 'd']).unwrap_or(&text);
        let constant = match digits.parse() {
            Ok(value) => Constant::Float(value),
            // Hexadecimal notation.
            Err(_) => Constant::BigNumber(self.names.intern(&text)),
        };
        self.builder.constant(constant, self.tree.span(node))
    }

    pub(super) fn character(&mut self, node: Node) -> ValueId {
        let raw = self.tree.text(node).into_owned();
        let inner = raw.trim_matches('\'');
        let mut text = String::new();
        if inner.starts_with('\\') {
            push_escape(&mut text, inner);
        } else {
            text.push_str(inner);
        }
        let name = self.names.intern(&text);
        self.builder.constant(Constant::Text(name), self.tree.span(node))
    }

    /// A string or text block, of whose lines the common indentation is taken away.
    pub(super) fn string(&mut self, node: Node) -> ValueId {
        let tree = self.tree;
        let span = tree.span(node);
        let is_block = tree.bytes(node).starts_with(b"\"\"\"");
        let mut raw = String::new();
        for part in tree.children(node) {
            if matches!(tree.kind(part), Kind::StringFragment | Kind::MultilineFragment | Kind::Escape) {
                raw.push_str(&tree.text(part));
            }
        }
        let raw = if is_block { without_indentation(&raw) } else { raw };
        let mut text = String::new();
        let mut rest = raw.as_str();
        while let Some(at) = rest.find('\\') {
            text.push_str(&rest[..at]);
            let length = escape_length(&rest[at..]);
            push_escape(&mut text, &rest[at..at + length]);
            rest = &rest[at + length..];
        }
        text.push_str(rest);
        let name = self.names.intern(&text);
        self.builder.constant(Constant::Text(name), span)
    }
}

/// Bytes of the escape sequence that a text begins with.
fn escape_length(text: &str) -> usize {
    let mut characters = text.char_indices().skip(1);
    let Some((at, first)) = characters.next() else { return text.len() };
    let digits = |most: usize, radix: u32| {
        text[at..].chars().take(most).take_while(|character| character.is_digit(radix)).count()
    };
    match first {
        'u' => {
            let marks = text[at..].chars().take_while(|character| *character == 'u').count();
            let digits = text[at + marks..].chars().take(4).take_while(char::is_ascii_hexdigit).count();
            at + marks + digits
        }
        '0'..='3' => at + digits(3, 8),
        '4'..='7' => at + digits(2, 8),
        _ => at + first.len_utf8(),
    }
}

/// A text block's content as JEP 378 defines it: without its first line's end, without common leading blanks, without
/// blanks at the ends of lines.
fn without_indentation(raw: &str) -> String {
    let content = raw.split_once('\n').map_or(raw, |(_, content)| content);
    let lines: Vec<&str> = content.split('\n').map(|line| line.trim_end_matches('\r')).collect();
    let last = lines.len() - 1;
    let common = lines
        .iter()
        .enumerate()
        .filter(|(at, line)| *at == last || !line.trim().is_empty())
        .map(|(_, line)| line.len() - line.trim_start_matches([' ', '\t']).len())
        .min()
        .unwrap_or(0);
    let stripped: Vec<&str> =
        lines.iter().map(|line| line.get(common..).unwrap_or("").trim_end_matches([' ', '\t'])).collect();
    stripped.join("\n")
}

#[cfg(test)]
mod tests {
    use super::{escape_length, without_indentation};

    #[test]
    fn escapes_are_as_long_as_they_are() {
        for (text, length) in [("\\n.", 2), ("\\u0041b", 6), ("\\uu0041", 7), ("\\1234", 4), ("\\77x", 3), ("\\", 1)] {
            assert_eq!(escape_length(text), length, "{text}");
        }
    }

    #[test]
    fn text_blocks_lose_their_common_indentation() {
        assert_eq!(without_indentation("\n    a\n      b  \n    "), "a\n  b\n");
        assert_eq!(without_indentation("\n  a"), "a");
    }
}
