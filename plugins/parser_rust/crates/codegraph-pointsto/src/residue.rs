//! What is left out of a file's units since nothing goes by it: constants that nobody takes, numbers of values that no
//! constraint has, texts that no constraint names.
//!
//! It would only cost room. And as it is, an edit that changes nothing else leaves the units what they were.

use crate::assemble::rename_unit;
use crate::program::*;

/// Take constants that nobody takes out of a unit of Python, and number its values without gaps.
pub(crate) fn drop_unused_constants(unit: &mut Unit) {
    // Star imports lie between constraints, by their positions.
    if unit.stars.is_empty() {
        let mut used: Set<Value> = Set::default();
        for op in &mut unit.ops {
            let to = op.defined();
            let mut is_first = true;
            for_each_value(op, &mut |value| {
                // What a constraint defines comes first.
                if !(is_first && to == Some(*value)) {
                    used.insert(*value);
                }
                is_first = false;
            });
        }
        for typed in &unit.typed {
            used.extend([typed.object, typed.class]);
        }
        let is_dead = |op: &Op| match op {
            Op::Text { to, .. } | Op::Integer { to, .. } | Op::Affixes { to, .. } | Op::Literal { to, .. } => {
                !used.contains(to)
            }
            _ => false,
        };
        let mut kept = unit.ops.iter().map(|op| !is_dead(op)).collect::<Vec<_>>().into_iter();
        let mut also = kept.clone();
        unit.ops.retain(|_| kept.next().unwrap_or(true));
        unit.spans.retain(|_| also.next().unwrap_or(true));
    }
    let mut numbers = vec![NONE; unit.value_count as usize];
    let mut mark = |value: &mut Value| {
        if let Some(number) = numbers.get_mut(*value as usize) {
            *number = 0;
        }
    };
    for_each_value_of(unit, &mut mark);
    let mut next = 0;
    for number in numbers.iter_mut().filter(|number| **number != NONE) {
        *number = next;
        next += 1;
    }
    for_each_value_of(unit, &mut |value| {
        if let Some(number) = numbers.get(*value as usize) {
            *value = *number;
        }
    });
    unit.value_count = next;
}

/// Drop texts that nothing names, and number the others as they come.
pub(crate) fn drop_unused_texts(symbols: &mut Symbols, units: &mut [Unit], exports: &mut Option<Vec<Symbol>>) {
    let mut named = Symbols::default();
    let mut new = |symbol: Symbol| named.intern(symbols.text(symbol));
    for unit in units {
        rename_unit(unit, 0, &mut new);
    }
    for name in exports.iter_mut().flatten() {
        *name = new(*name);
    }
    *symbols = named;
}

fn for_each_value_of(unit: &mut Unit, act: &mut dyn FnMut(&mut Value)) {
    unit.parameters.iter_mut().for_each(|parameter| act(&mut parameter.value));
    for typed in &mut unit.typed {
        act(&mut typed.object);
        act(&mut typed.class);
    }
    unit.ops.iter_mut().for_each(|op| for_each_value(op, act));
}

/// Visit the values of a constraint: what it defines, if anything, comes first. Some may be [`NONE`].
pub(crate) fn for_each_value(op: &mut Op, act: &mut dyn FnMut(&mut Value)) {
    fn place(place: &mut Place, act: &mut dyn FnMut(&mut Value)) {
        if let Place::Key(value) = place {
            act(value);
        }
    }
    match op {
        Op::Text { to, .. }
        | Op::Integer { to, .. }
        | Op::Affixes { to, .. }
        | Op::Literal { to, .. }
        | Op::LoadGlobal { to, .. }
        | Op::LoadBuiltin { to, .. }
        | Op::LoadCell { to, .. }
        | Op::Allocate { to, .. }
        | Op::ImportModule { to, .. } => act(to),
        Op::StoreGlobal { value, .. }
        | Op::StoreMember { value, .. }
        | Op::StoreCell { value, .. }
        | Op::Return { value }
        | Op::Raise { value } => act(value),
        Op::Copy { to, from }
        | Op::Slice { to, object: from, .. }
        | Op::InstanceOf { to, class: from }
        | Op::LoadAttribute { to, object: from, .. }
        | Op::ImportMember { to, module: from, .. }
        | Op::Iterate { to, from, .. }
        | Op::Next { to, iterator: from, .. }
        | Op::Enter { to, manager: from, .. }
        | Op::Await { to, from }
        | Op::Yield { to, value: from }
        | Op::YieldFrom { to, from } => {
            act(to);
            act(from);
        }
        Op::Exit { manager: object, .. } | Op::DeleteAttribute { object, .. } => act(object),
        Op::StoreAttribute { object, value, .. } | Op::DeleteItem { object, index: value } => {
            act(object);
            act(value);
        }
        Op::Component { to, object, class, .. } | Op::Narrow { to, from: object, class, .. } => {
            act(to);
            act(object);
            act(class);
        }
        Op::LoadItem { to, object, index } | Op::Unpack { to, from: object, place: index } => {
            act(to);
            act(object);
            place(index, act);
        }
        Op::StoreItem { object, index, value } | Op::Element { container: object, place: index, value } => {
            act(object);
            place(index, act);
            act(value);
        }
        Op::Spread { container, from, .. } => {
            act(container);
            act(from);
        }
        Op::MakeFunction { to, given, .. } => {
            act(to);
            given.defaults.iter_mut().chain(&mut given.annotations).for_each(|(_, value)| act(value));
        }
        Op::MakeClass { to, bases, .. } => {
            act(to);
            bases.iter_mut().for_each(|(_, value)| act(value));
        }
        Op::Call { to, callee, arguments, .. } => {
            act(to);
            act(callee);
            arguments.iter_mut().for_each(|(_, value)| act(value));
        }
        Op::Operator { to, left, right, .. } => {
            act(to);
            act(left);
            act(right);
        }
        Op::When { conditions } => conditions.iter_mut().for_each(|condition| act(&mut condition.value)),
        Op::Ecma(op) => op.for_each_value(act),
    }
}
