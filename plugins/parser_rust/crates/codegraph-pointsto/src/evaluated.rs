//! Code in a constant text: `eval("f(x)")`, `exec("f(); g()")`.
//!
//! What is read is made of names, attributes, items, calls and constants, as such texts nearly always are. It stands
//! where the call does: its names are those of the frame, and what it calls that frame calls. Of a text with anything
//! else in it nothing is said.

use codegraph_flow::ir::{Argument, ArgumentKind, BlockId, Op as Ir, Storage, ValueId, VariableId};

use crate::ecmascript::ops as ecma;
use crate::program::{CallForm, ContainerKind, Language, NONE, Op, Passing, Place, Value};
use crate::reaching::Reaching;
use crate::translate::{Folded, Translator};

/// Texts that are longer are not read.
const MOST_BYTES: usize = 2_000;
/// Levels of brackets that are read.
const MOST_LEVELS: u32 = 40;
/// Words that begin what is not read.
const KEYWORDS: [&str; 34] = [
    "and",
    "as",
    "assert",
    "async",
    "await",
    "break",
    "class",
    "continue",
    "def",
    "del",
    "delete",
    "do",
    "else",
    "except",
    "for",
    "from",
    "function",
    "if",
    "import",
    "in",
    "instanceof",
    "is",
    "lambda",
    "not",
    "or",
    "return",
    "switch",
    "throw",
    "try",
    "typeof",
    "void",
    "while",
    "with",
    "yield",
];
/// Words before a name that a statement of JavaScript binds.
const DECLARING: [&str; 3] = ["const", "let", "var"];

/// An expression.
#[derive(Clone, Debug, PartialEq)]
enum Code {
    Name(String),
    Text(String),
    Integer(i64),
    Tuple(Vec<Code>),
    List(Vec<Code>),
    Attribute(Box<Code>, String),
    Item(Box<Code>, Box<Code>),
    Call {
        callee: Box<Code>,
        arguments: Vec<(Option<String>, Code)>,
        is_new: bool,
    },
    /// Operands of something whose value is not known.
    Operands(Vec<Code>),
}

/// A statement: an expression, and the name that it is bound to.
#[derive(Clone, Debug, PartialEq)]
struct Statement {
    target: Option<String>,
    value: Code,
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    language: Language,
    levels: u32,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn skip_blanks(&mut self, with_lines: bool) {
        let is_blank = |one: char| one == ' ' || one == '\t' || with_lines && (one == '\n' || one == '\r');
        self.at += self.rest().len() - self.rest().trim_start_matches(is_blank).len();
    }

    /// Take a token if it is next.
    fn take(&mut self, token: &str) -> bool {
        self.skip_blanks(self.levels > 0);
        let is_next = self.rest().starts_with(token);
        if is_next {
            self.at += token.len();
        }
        is_next
    }

    fn word(&mut self) -> Option<&'t str> {
        self.skip_blanks(self.levels > 0);
        let rest = self.rest();
        let is_part = |one: char| one.is_alphanumeric() || one == '_' || one == '$';
        let end = rest.find(|one| !is_part(one)).unwrap_or(rest.len());
        let word = &rest[..end];
        if word.is_empty() || word.starts_with(|one: char| one.is_ascii_digit()) {
            return None;
        }
        self.at += end;
        Some(word)
    }

    fn statements(&mut self) -> Option<Vec<Statement>> {
        let mut found = Vec::new();
        loop {
            self.skip_blanks(true);
            while self.take(";") {
                self.skip_blanks(true);
            }
            if self.rest().is_empty() {
                return Some(found);
            }
            let before = self.at;
            let mut target = self.word();
            let declares =
                self.language == Language::Ecmascript && target.is_some_and(|word| DECLARING.contains(&word));
            if declares {
                target = self.word();
            }
            self.skip_blanks(false);
            let binds = target.is_some() && self.rest().starts_with('=') && !self.rest().starts_with("==");
            if binds {
                self.at += 1;
            } else if declares {
                return None;
            } else {
                (target, self.at) = (None, before);
            }
            let value = self.expression()?;
            found.push(Statement { target: target.map(str::to_owned), value });
            self.skip_blanks(false);
            if !self.rest().is_empty() && !self.rest().starts_with([';', '\n', '\r']) {
                return None;
            }
        }
    }

    fn expression(&mut self) -> Option<Code> {
        let first = self.operand()?;
        let mut operands = vec![first];
        while self.operator() {
            operands.push(self.operand()?);
        }
        if operands.len() == 1 { operands.pop() } else { Some(Code::Operands(operands)) }
    }

    /// Take an operator whose operands are both evaluated.
    fn operator(&mut self) -> bool {
        let operators = ["===", "!==", "**", "//", "==", "!=", "<=", ">=", "+", "-", "*", "/", "%", "<", ">"];
        operators.into_iter().any(|operator| self.take(operator))
    }

    fn operand(&mut self) -> Option<Code> {
        let mut code = self.primary()?;
        loop {
            if self.take(".") {
                let name = self.word()?;
                code = Code::Attribute(Box::new(code), name.to_owned());
            } else if self.take("(") {
                let arguments = self.arguments()?;
                code = Code::Call { callee: Box::new(code), arguments, is_new: false };
            } else if self.take("[") {
                let index = self.inside(Self::expression)?;
                if !self.take("]") {
                    return None;
                }
                code = Code::Item(Box::new(code), Box::new(index));
            } else {
                return Some(code);
            }
        }
    }

    /// Read what is between brackets, in which lines may end.
    fn inside<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        if self.levels >= MOST_LEVELS {
            return None;
        }
        self.levels += 1;
        let found = read(self);
        self.skip_blanks(true);
        self.levels -= 1;
        found
    }

    fn arguments(&mut self) -> Option<Vec<(Option<String>, Code)>> {
        let language = self.language;
        let found = self.inside(|reader| {
            let mut found = Vec::new();
            loop {
                reader.skip_blanks(true);
                if reader.rest().starts_with(')') {
                    return Some(found);
                }
                let before = reader.at;
                let mut name = reader.word().filter(|_| language == Language::Python);
                if name.is_none() || !reader.take("=") || reader.rest().starts_with('=') {
                    (name, reader.at) = (None, before);
                }
                let value = reader.expression()?;
                found.push((name.map(str::to_owned), value));
                if !reader.take(",") {
                    return Some(found);
                }
            }
        })?;
        self.take(")").then_some(found)
    }

    /// Read items up to a bracket; says whether a comma is among them.
    fn items(&mut self, end: &str) -> Option<(Vec<Code>, bool)> {
        let found = self.inside(|reader| {
            let (mut found, mut has_comma) = (Vec::new(), false);
            loop {
                reader.skip_blanks(true);
                if reader.rest().starts_with(end) {
                    return Some((found, has_comma));
                }
                found.push(reader.expression()?);
                if !reader.take(",") {
                    return Some((found, has_comma));
                }
                has_comma = true;
            }
        })?;
        self.take(end).then_some(found)
    }

    fn primary(&mut self) -> Option<Code> {
        self.skip_blanks(self.levels > 0);
        let rest = self.rest();
        let first = rest.chars().next()?;
        match first {
            '(' => {
                self.at += 1;
                let (mut items, has_comma) = self.items(")")?;
                let is_one = items.len() == 1 && !has_comma;
                if is_one { items.pop() } else { Some(Code::Tuple(items)) }
            }
            '[' => {
                self.at += 1;
                self.items("]").map(|(items, _)| Code::List(items))
            }
            '\'' | '"' => {
                let end = rest[1..].find(first)?;
                let text = &rest[1..=end];
                self.at += end + 2;
                (!text.contains(['\\', '\n'])).then(|| Code::Text(text.to_owned()))
            }
            '0'..='9' => {
                let end = rest.find(|one: char| !one.is_ascii_digit()).unwrap_or(rest.len());
                self.at += end;
                let number = rest[..end].parse().ok()?;
                (!rest[end..].starts_with(|one: char| one.is_alphanumeric() || one == '.' || one == '_'))
                    .then_some(Code::Integer(number))
            }
            _ => {
                let word = self.word()?;
                if word == "new" && self.language == Language::Ecmascript {
                    return self.construction();
                }
                (!KEYWORDS.contains(&word)).then(|| Code::Name(word.to_owned()))
            }
        }
    }

    /// `new C(…)`, of which `new` was read.
    fn construction(&mut self) -> Option<Code> {
        let mut callee = Code::Name(self.word()?.to_owned());
        while self.take(".") {
            callee = Code::Attribute(Box::new(callee), self.word()?.to_owned());
        }
        let arguments = if self.take("(") { self.arguments()? } else { Vec::new() };
        Some(Code::Call { callee: Box::new(callee), arguments, is_new: true })
    }
}

fn statements(text: &str, language: Language) -> Option<Vec<Statement>> {
    if text.len() > MOST_BYTES {
        return None;
    }
    Reader { text, at: 0, language, levels: 0 }.statements()
}

impl Translator<'_> {
    /// Write down what `eval(text)` or `exec(text)` does if this is a call of that, and return its value.
    pub(crate) fn evaluated(
        &mut self,
        block: BlockId,
        at: ValueId,
        callee: ValueId,
        arguments: &[Argument],
    ) -> Option<Option<Value>> {
        let Ir::LoadName(variable) = self.body.instruction(callee).op else { return None };
        let found = *self.body.variable(variable);
        if !matches!(found.storage, Storage::Builtin | Storage::Global { variable: None }) {
            return None;
        }
        let is_eval = self.file.text(found.name) == "eval";
        if !is_eval && (self.file.text(found.name) != "exec" || self.unit.language != Language::Python) {
            return None;
        }
        let [Argument { kind: ArgumentKind::Positional, value }] = arguments else { return None };
        let text = match self.constant_of(self.bound_once(block, *value))? {
            Folded::Text(text) => text,
            Folded::Integer(_) => return None,
        };
        let statements = statements(&text, self.unit.language)?;
        let mut bound: Vec<(String, Value)> = Vec::new();
        let mut last = None;
        for Statement { target, value } in &statements {
            let value = self.write_code(block, at, value, &bound);
            if let Some(target) = target {
                let value = value.unwrap_or_else(|| self.fresh());
                bound.retain(|(name, _)| name != target);
                bound.push((target.clone(), value));
            }
            last = value;
        }
        Some(last.filter(|_| is_eval))
    }

    /// Return what a variable of the frame is bound to where it is read, if that is one value.
    fn bound_once(&self, block: BlockId, read: ValueId) -> ValueId {
        let Ir::LoadName(variable) = self.body.instruction(read).op else { return read };
        if !self.is_owned(variable) || self.body.variable(variable).written_elsewhere {
            return read;
        }
        match self.reaching_at(variable, block, read) {
            Reaching::Value(value) => value,
            _ => read,
        }
    }

    /// Write down an expression, and return its value if something is known of it.
    fn write_code(&mut self, block: BlockId, at: ValueId, code: &Code, bound: &[(String, Value)]) -> Option<Value> {
        let is_ecma = self.unit.language == Language::Ecmascript;
        match code {
            Code::Name(name) => match bound.iter().find(|(one, _)| one == name) {
                Some((_, value)) => Some(*value),
                None => Some(self.named_value(block, at, name)),
            },
            Code::Text(text) => {
                let (to, text) = (self.fresh(), self.symbols.intern(text));
                self.emit(Op::Text { to, text });
                Some(to)
            }
            Code::Integer(value) => {
                let to = self.fresh();
                self.emit(Op::Integer { to, value: *value });
                Some(to)
            }
            Code::Tuple(items) | Code::List(items) => {
                let values: Vec<Value> = items.iter().map(|item| self.part(block, at, item, bound)).collect();
                if is_ecma {
                    return None;
                }
                let kind = if matches!(code, Code::List(_)) { ContainerKind::List } else { ContainerKind::Tuple };
                let container = self.fresh();
                self.emit(Op::Allocate { to: container, kind });
                for (position, value) in values.into_iter().enumerate() {
                    self.emit(Op::Element { container, place: Place::At(position as i64), value });
                }
                Some(container)
            }
            Code::Attribute(object, name) => {
                let (object, name, to) = (self.part(block, at, object, bound), self.symbols.intern(name), self.fresh());
                self.emit(Op::LoadAttribute { to, object, name });
                Some(to)
            }
            Code::Item(object, index) => {
                let (object, index) = (self.part(block, at, object, bound), self.part(block, at, index, bound));
                let to = self.fresh();
                self.emit(Op::LoadItem { to, object, index: Place::Key(index) });
                Some(to)
            }
            Code::Call { callee, arguments, is_new } => {
                let object = match &**callee {
                    Code::Attribute(object, name) if is_ecma && !is_new => {
                        Some((self.part(block, at, object, bound), self.symbols.intern(name)))
                    }
                    _ => None,
                };
                let callee = if object.is_none() { self.part(block, at, callee, bound) } else { NONE };
                let mut given = Vec::new();
                for (name, value) in arguments {
                    let passing = match name {
                        Some(name) => Passing::Named(self.symbols.intern(name)),
                        None => Passing::Positional,
                    };
                    given.push((passing, self.part(block, at, value, bound)));
                }
                let (to, arguments) = (self.fresh(), given.into_boxed_slice());
                match object {
                    Some((object, name)) => {
                        let key = ecma::Key::Name(name);
                        self.emit(Op::Ecma(ecma::Op::CallMember { to, object, key, arguments }));
                    }
                    None => {
                        let form = match (is_ecma, is_new) {
                            (true, true) => CallForm::New,
                            (true, false) => CallForm::Plain,
                            (false, _) => CallForm::Hidden,
                        };
                        self.emit(Op::Call { to, callee, arguments, form });
                    }
                }
                Some(to)
            }
            Code::Operands(operands) => {
                for operand in operands {
                    self.write_code(block, at, operand, bound);
                }
                None
            }
        }
    }

    fn part(&mut self, block: BlockId, at: ValueId, code: &Code, bound: &[(String, Value)]) -> Value {
        match self.write_code(block, at, code, bound) {
            Some(value) => value,
            None => self.fresh(),
        }
    }

    /// Return what a name means in the frame.
    fn named_value(&mut self, block: BlockId, at: ValueId, name: &str) -> Value {
        let is_ecma = self.unit.language == Language::Ecmascript;
        let file = self.file;
        let of_name = |one: &codegraph_flow::ir::Variable| !one.private && file.text(one.name) == name;
        let to = self.fresh();
        let symbol = self.symbols.intern(name);
        let Some(index) = self.body.variables.iter().position(of_name) else {
            let outermost = &file.bodies().next().expect("the module").1.variables;
            match outermost.iter().position(of_name).filter(|_| is_ecma) {
                Some(variable) => self.emit(Op::LoadCell { to, unit: 0, variable: variable as u32 }),
                None if is_ecma => self.emit(Op::Ecma(ecma::Op::LoadFree { to, name: symbol })),
                None => self.emit(Op::LoadGlobal { to, name: symbol }),
            }
            return to;
        };
        let variable = VariableId(index as u32);
        let found = *self.body.variable(variable);
        if self.is_owned(variable) {
            let reaching = self.reaching_at(variable, block, at);
            if let Some(from) = self.value_of(variable, reaching) {
                self.emit(Op::Copy { to, from });
            }
        }
        match found.storage {
            Storage::Captured { body, variable } => self.emit(Op::LoadCell { to, unit: body.0, variable: variable.0 }),
            Storage::Cell if found.written_elsewhere => {
                self.emit(Op::LoadCell { to, unit: self.id.0, variable: variable.0 });
            }
            Storage::Global { variable: Some(variable) } if is_ecma => {
                self.emit(Op::LoadCell { to, unit: 0, variable: variable.0 });
            }
            Storage::Global { .. } if !is_ecma && (found.written_elsewhere || !self.is_owned(variable)) => {
                self.emit(Op::LoadGlobal { to, name: symbol });
            }
            Storage::Global { .. } | Storage::Builtin if is_ecma => {
                self.emit(Op::Ecma(ecma::Op::LoadFree { to, name: symbol }));
            }
            Storage::Builtin => self.emit(Op::LoadBuiltin { to, name: symbol }),
            _ => {}
        }
        to
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Code {
        Code::Name(text.to_owned())
    }

    #[test]
    fn calls_attributes_and_items_are_read() {
        let found = statements("a.b(c, key='x')[0]", Language::Python).expect("code");
        let callee = Box::new(Code::Attribute(Box::new(name("a")), "b".to_owned()));
        let arguments = vec![(None, name("c")), (Some("key".to_owned()), Code::Text("x".to_owned()))];
        let call = Code::Call { callee, arguments, is_new: false };
        assert_eq!(found, [Statement { target: None, value: Code::Item(Box::new(call), Box::new(Code::Integer(0))) }]);
    }

    #[test]
    fn statements_end_at_lines_and_semicolons() {
        let found = statements("x = f\nx(); (a,\n b)\n", Language::Python).expect("code");
        assert_eq!(found.len(), 3);
        assert_eq!(found[0].target.as_deref(), Some("x"));
        assert_eq!(found[2].value, Code::Tuple(vec![name("a"), name("b")]));
    }

    #[test]
    fn operands_are_read_and_keywords_are_not() {
        let found = statements("f() + g(1)", Language::Python).expect("code");
        assert!(matches!(&found[0].value, Code::Operands(parts) if parts.len() == 2));
        for other in ["lambda: f()", "def f(): pass", "f() if x else g()", "f(", "'open", "[x for x in y]", "f() g()"] {
            assert_eq!(statements(other, Language::Python), None, "{other}");
        }
    }

    #[test]
    fn javascript_declares_and_constructs() {
        let found = statements("let x = new a.C(1); x.m()", Language::Ecmascript).expect("code");
        assert_eq!(found[0].target.as_deref(), Some("x"));
        assert!(matches!(found[0].value, Code::Call { is_new: true, .. }));
        assert_eq!(statements("new C()", Language::Python), None);
    }
}
