//! Putting files together: unit numbers and texts of a file become those of the program.

use crate::program::*;
use crate::translate::FileUnits;

impl Program {
    /// Add a file; files come in order of their paths.
    pub fn add(&mut self, path: &str, module: &str, file: FileUnits) {
        let texts: Vec<Symbol> = file.symbols.texts().map(|text| self.symbols.intern(text)).collect();
        let first = self.units.len() as UnitId;
        let number = self.files.len() as u32;
        let unit_count = file.units.len() as u32;
        for mut unit in file.units {
            unit.file = number;
            rename_unit(&mut unit, first, &mut |symbol| texts[symbol as usize]);
            self.units.push(unit);
        }
        let exports = file.exports.map(|names| names.into_iter().map(|name| texts[name as usize]).collect());
        let (path, module) = (path.to_owned(), module.to_owned());
        self.files.push(File { path, module, exports, lines: file.lines, unit: first, unit_count });
    }
}

/// Give texts and units that a unit names other numbers.
pub(crate) fn rename_unit(unit: &mut Unit, first: UnitId, new: &mut dyn FnMut(Symbol) -> Symbol) {
    unit.name = new(unit.name);
    if unit.parent != NONE {
        unit.parent += first;
    }
    for parameter in &mut unit.parameters {
        parameter.name = new(parameter.name);
    }
    for name in unit.names.iter_mut().chain(&mut unit.declared) {
        *name = new(*name);
    }
    for exported in &mut unit.exported {
        exported.relocate(new);
    }
    for typed in &mut unit.typed {
        typed.name = new(typed.name);
    }
    for stored in &mut unit.stores {
        stored.name = new(stored.name);
    }
    unit.stores.sort_unstable();
    for (_, name) in &mut unit.interfaces {
        *name = new(*name);
    }
    for star in &mut unit.stars {
        star.path = new(star.path);
    }
    for op in &mut unit.ops {
        relocate(op, first, new);
    }
}

fn relocate(op: &mut Op, first: UnitId, new: &mut dyn FnMut(Symbol) -> Symbol) {
    let mut text = |symbol: &mut Symbol| {
        if *symbol != NONE {
            *symbol = new(*symbol);
        }
    };
    match op {
        Op::Text { text: symbol, .. }
        | Op::Literal { class: symbol, .. }
        | Op::LoadGlobal { name: symbol, .. }
        | Op::LoadBuiltin { name: symbol, .. }
        | Op::StoreGlobal { name: symbol, .. }
        | Op::StoreMember { name: symbol, .. }
        | Op::LoadAttribute { name: symbol, .. }
        | Op::StoreAttribute { name: symbol, .. }
        | Op::DeleteAttribute { name: symbol, .. }
        | Op::ImportModule { path: symbol, .. }
        | Op::ImportMember { name: symbol, .. } => text(symbol),
        Op::Affixes { prefix, suffix, .. } => {
            text(prefix);
            text(suffix);
        }
        Op::Operator { method, reflected, in_place, .. } => {
            text(method);
            text(reflected);
            text(in_place);
        }
        Op::LoadCell { unit, .. } | Op::StoreCell { unit, .. } | Op::MakeFunction { unit, .. } => *unit += first,
        Op::MakeClass { unit, bases, .. } => {
            *unit += first;
            bases.iter_mut().for_each(|(passing, _)| rename(passing, new));
        }
        Op::Call { arguments, .. } => arguments.iter_mut().for_each(|(passing, _)| rename(passing, new)),
        Op::Spread { hidden, .. } => hidden.iter_mut().for_each(text),
        Op::When { conditions } => {
            for key in conditions.iter_mut().flat_map(|condition| condition.keys.iter_mut()) {
                if let Key::Text(symbol) = key {
                    *symbol = new(*symbol);
                }
            }
        }
        Op::Ecma(op) => op.relocate(new),
        _ => {}
    }
}

fn rename(passing: &mut Passing, new: &mut dyn FnMut(Symbol) -> Symbol) {
    if let Passing::Named(name) = passing {
        *name = new(*name);
    }
}
