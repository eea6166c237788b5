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
            unit.name = texts[unit.name as usize];
            if unit.parent != NONE {
                unit.parent += first;
            }
            for parameter in &mut unit.parameters {
                parameter.name = texts[parameter.name as usize];
            }
            for name in unit.names.iter_mut().chain(&mut unit.declared) {
                *name = texts[*name as usize];
            }
            for exported in &mut unit.exported {
                exported.relocate(&texts);
            }
            for typed in &mut unit.typed {
                typed.name = texts[typed.name as usize];
            }
            for stored in &mut unit.stores {
                stored.name = texts[stored.name as usize];
            }
            unit.stores.sort_unstable();
            for (_, name) in &mut unit.interfaces {
                *name = texts[*name as usize];
            }
            for star in &mut unit.stars {
                star.path = texts[star.path as usize];
            }
            for op in &mut unit.ops {
                relocate(op, first, &texts);
            }
            self.units.push(unit);
        }
        let exports = file.exports.map(|names| names.into_iter().map(|name| texts[name as usize]).collect());
        let (path, module) = (path.to_owned(), module.to_owned());
        self.files.push(File { path, module, exports, lines: file.lines, unit: first, unit_count });
    }
}

fn relocate(op: &mut Op, first: UnitId, texts: &[Symbol]) {
    let text = |symbol: &mut Symbol| {
        if *symbol != NONE {
            *symbol = texts[*symbol as usize];
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
            bases.iter_mut().for_each(|(passing, _)| rename(passing, texts));
        }
        Op::Call { arguments, .. } => arguments.iter_mut().for_each(|(passing, _)| rename(passing, texts)),
        Op::Spread { hidden, .. } => hidden.iter_mut().for_each(text),
        Op::When { conditions } => {
            for key in conditions.iter_mut().flat_map(|condition| condition.keys.iter_mut()) {
                if let Key::Text(symbol) = key {
                    *symbol = texts[*symbol as usize];
                }
            }
        }
        Op::Ecma(op) => op.relocate(texts),
        _ => {}
    }
}

fn rename(passing: &mut Passing, texts: &[Symbol]) {
    if let Passing::Named(name) = passing {
        *name = texts[*name as usize];
    }
}
