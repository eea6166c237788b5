//! A body as text: for people, and for tests that say what a lowering gives.

use std::fmt::Write;

use crate::ir::*;

/// Write a body, block by block.
pub fn body(file: &FileIr, id: BodyId) -> String {
    let body = file.body(id);
    let mut text = String::new();
    let name = file.qualified_name(id);
    let _ = writeln!(text, "{} {}", body.kind.name(), if name.is_empty() { "<module>" } else { &name });
    for (block_id, block) in body.blocks() {
        if matches!(block_id, EXIT | RAISE_EXIT) {
            continue;
        }
        let _ = writeln!(text, "b{}:", block_id.0);
        for (value, instruction) in body.instructions_of(block_id) {
            let _ = writeln!(text, "  v{} = {}", value.0, operation(file, body, &instruction.op));
        }
        let _ = write!(text, "  {}", terminator(&block.terminator));
        for edge in body.successors(block_id) {
            let _ = write!(text, " {}:{}", edge.kind.name(), block_name(edge.target));
        }
        text.push('\n');
    }
    text
}

/// A block's name in texts and drawings.
pub fn block_name(block: BlockId) -> String {
    match block {
        EXIT => "exit".to_owned(),
        RAISE_EXIT => "raise".to_owned(),
        _ => format!("b{}", block.0),
    }
}

/// A block's end in texts and drawings.
pub fn terminator(terminator: &Terminator) -> String {
    let optional = |value: &Option<ValueId>| value.map_or_else(String::new, |value| format!(" v{}", value.0));
    match terminator {
        Terminator::End => "end".to_owned(),
        Terminator::Jump => "jump".to_owned(),
        Terminator::Branch(value) => format!("branch v{}", value.0),
        Terminator::Iterate(value) => format!("iterate v{}", value.0),
        Terminator::Suspend(value) => format!("suspend v{}", value.0),
        Terminator::Dispatch => "dispatch".to_owned(),
        Terminator::Return(value) => format!("return{}", optional(value)),
        Terminator::Raise { exception, cause } => format!("raise{}{}", optional(exception), optional(cause)),
    }
}

fn constant(file: &FileIr, constant: Constant) -> String {
    match constant {
        Constant::Null => "null".to_owned(),
        Constant::Undefined => "undefined".to_owned(),
        Constant::Boolean(value) => value.to_string(),
        Constant::Integer(value) => value.to_string(),
        Constant::BigNumber(name) => file.text(name).to_owned(),
        Constant::Float(value) => format!("{value:?}"),
        Constant::Text(name) => format!("{:?}", file.text(name)),
        Constant::Bytes(name) => format!("b{:?}", file.text(name)),
        Constant::Ellipsis => "...".to_owned(),
    }
}

/// A variable as one body sees it: local `x`, cell `x&`, captured `^x`, member `.x`, global `::x`, builtin `!x`.
pub fn variable(file: &FileIr, body: &Body, variable: VariableId) -> String {
    let variable = body.variable(variable);
    let name = file.text(variable.name);
    match variable.storage {
        Storage::Local => name.to_owned(),
        Storage::Cell => format!("{name}&"),
        Storage::Member => format!(".{name}"),
        Storage::Captured { .. } => format!("^{name}"),
        Storage::Global { .. } => format!("::{name}"),
        Storage::Builtin => format!("!{name}"),
    }
}

/// An operation in texts and drawings.
pub fn operation(file: &FileIr, body: &Body, op: &Op) -> String {
    let name = |id: VariableId| variable(file, body, id);
    let attribute = |id| file.text(id);
    let operands = || {
        let mut text = String::new();
        body.for_each_operand(op, |value| {
            let _ = write!(text, " v{}", value.0);
        });
        text
    };
    match *op {
        Op::Constant(value) => constant(file, value),
        Op::LoadName(id) => format!("load {}", name(id)),
        Op::StoreName { variable: id, value } => format!("store {} v{}", name(id), value.0),
        Op::DeleteName(id) => format!("delete {}", name(id)),
        Op::DeclareName { variable: id, annotation } => format!("declare {} v{}", name(id), annotation.0),
        Op::Parameter(index) => format!("parameter {index}"),
        Op::LoadAttribute { object, name } => format!("attribute v{}.{}", object.0, attribute(name)),
        Op::StoreAttribute { object, name, value } => format!("store v{}.{} v{}", object.0, attribute(name), value.0),
        Op::DeleteAttribute { object, name } => format!("delete v{}.{}", object.0, attribute(name)),
        Op::DeclareAttribute { object, name, annotation } => {
            format!("declare v{}.{} v{}", object.0, attribute(name), annotation.0)
        }
        Op::Phi(inputs) => {
            let inputs = body.phi_inputs(inputs).iter();
            let inputs: Vec<String> =
                inputs.map(|(block, value)| format!("{}:v{}", block_name(*block), value.0)).collect();
            format!("phi {}", inputs.join(" "))
        }
        Op::Binary { operator, in_place, .. } => {
            format!("{}{}{}", snake(&format!("{operator:?}")), if in_place { " in-place" } else { "" }, operands())
        }
        Op::Unary { operator, .. } => format!("{}{}", snake(&format!("{operator:?}")), operands()),
        Op::Call(call) => {
            let form = match body.call(call).form {
                CallForm::Plain | CallForm::Comprehension => "call",
                CallForm::New => "new",
                CallForm::Decorator => "decorate",
                CallForm::Element => "element",
            };
            let mut text = format!("{form} v{}", body.call(call).callee.0);
            for argument in body.arguments(call) {
                let value = argument.value.0;
                let _ = match argument.kind {
                    ArgumentKind::Positional => write!(text, " v{value}"),
                    ArgumentKind::Named(id) => write!(text, " {}=v{value}", attribute(id)),
                    ArgumentKind::Spread => write!(text, " *v{value}"),
                    ArgumentKind::NamedSpread => write!(text, " **v{value}"),
                };
            }
            text
        }
        Op::Allocate { kind, elements } => {
            let mut text = format!("new {}", snake(&format!("{kind:?}")));
            for element in body.elements(elements) {
                let star = match element.kind {
                    ElementKind::Item => "",
                    ElementKind::Spread => "*",
                    ElementKind::Getter => "get ",
                    ElementKind::Setter => "set ",
                };
                let _ = match element.key {
                    Some(key) => write!(text, " {star}v{}:v{}", key.0, element.value.0),
                    None => write!(text, " {star}v{}", element.value.0),
                };
            }
            text
        }
        Op::MakeFunction(definition) => {
            format!("function {}{}", file.text(file.body(body.definition(definition).body).name), operands())
        }
        Op::MakeClass(definition) => {
            format!("class {}{}", file.text(file.body(body.definition(definition).body).name), operands())
        }
        Op::ImportModule { path, level, root } => {
            let root = if root { " root" } else { "" };
            format!("import {}{}{root}", ".".repeat(usize::from(level)), attribute(path))
        }
        Op::DefineMember { key, value, kind, is_static } => {
            let own = if is_static { "static " } else { "" };
            format!("member {own}{} v{} v{}", snake(&format!("{kind:?}")), key.0, value.0)
        }
        Op::ImportMember { module, name } => format!("import-member v{}.{}", module.0, attribute(name)),
        Op::UnpackElement { sequence, position } => {
            let position = match position {
                Position::Front(index) => index.to_string(),
                Position::Back(index) => format!("-{}", u32::from(index) + 1),
                Position::Rest { front, back } => format!("{front}..-{back}"),
            };
            format!("element v{} {position}", sequence.0)
        }
        Op::Unpack { value, count, rest } => format!("unpack v{} {count}{}", value.0, if rest { "+" } else { "" }),
        Op::ShapeTest { value, shape: Shape::Mapping } => format!("is-mapping v{}", value.0),
        Op::ShapeTest { value, shape: Shape::Sequence { length, exact } } => {
            format!("is-sequence v{} {length}{}", value.0, if exact { "" } else { "+" })
        }
        Op::Component { value, class, index } => format!("component v{} v{} {index}", value.0, class.0),
        _ => format!("{}{}", snake(variant(op)), operands()),
    }
}

/// The name of an operation, as tables have it: `load-name`, `call`, …
pub fn operation_name(op: &Op) -> String {
    snake(variant(op))
}

fn variant(op: &Op) -> &'static str {
    match op {
        Op::Constant(_) => "Constant",
        Op::Unknown => "Unknown",
        Op::Parameter(_) => "Parameter",
        Op::This => "This",
        Op::Super => "Super",
        Op::Phi(_) => "Phi",
        Op::LoadName(_) => "LoadName",
        Op::StoreName { .. } => "StoreName",
        Op::DeleteName(_) => "DeleteName",
        Op::LoadAttribute { .. } => "LoadAttribute",
        Op::StoreAttribute { .. } => "StoreAttribute",
        Op::DeleteAttribute { .. } => "DeleteAttribute",
        Op::LoadIndex { .. } => "LoadIndex",
        Op::StoreIndex { .. } => "StoreIndex",
        Op::DeleteIndex { .. } => "DeleteIndex",
        Op::Unary { .. } => "Unary",
        Op::Binary { .. } => "Binary",
        Op::Interpolate(_) => "Interpolate",
        Op::Call(_) => "Call",
        Op::Allocate { .. } => "Allocate",
        Op::Append { .. } => "Append",
        Op::MakeFunction(_) => "MakeFunction",
        Op::MakeClass(_) => "MakeClass",
        Op::DefineMember { .. } => "DefineMember",
        Op::ImportModule { .. } => "ImportModule",
        Op::ImportMember { .. } => "ImportMember",
        Op::ImportAll(_) => "ImportAll",
        Op::DeclareName { .. } => "DeclareName",
        Op::DeclareAttribute { .. } => "DeclareAttribute",
        Op::GetIterator { .. } => "GetIterator",
        Op::Next { .. } => "Next",
        Op::EnterContext { .. } => "EnterContext",
        Op::ExitContext { .. } => "ExitContext",
        Op::Unpack { .. } => "Unpack",
        Op::UnpackElement { .. } => "UnpackElement",
        Op::Component { .. } => "Component",
        Op::TypeTest { .. } => "TypeTest",
        Op::ShapeTest { .. } => "ShapeTest",
        Op::Await(_) => "Await",
        Op::Yield(_) => "Yield",
        Op::YieldFrom(_) => "YieldFrom",
        Op::CatchException => "CatchException",
    }
}

fn snake(name: &str) -> String {
    let mut text = String::with_capacity(name.len() + 2);
    for (index, letter) in name.chars().enumerate() {
        if letter.is_ascii_uppercase() && index > 0 {
            text.push('-');
        }
        text.push(letter.to_ascii_lowercase());
    }
    text
}
