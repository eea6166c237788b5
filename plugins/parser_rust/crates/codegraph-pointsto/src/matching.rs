//! Which constraints of a file are still there after an edit: the same thing, done in the same frame, wherever it is
//! written now.
//!
//! Frames are the same by the frames around them, their kind and their name; of several, those of the same content come
//! first, then they count as they come. Constraints are the same by what they do with which values, where a value is what
//! defines it. Calls are told apart by their arguments as well, and where that leaves some over, by their callees alone:
//! what is called does not depend on what it is given.

use crate::assemble::rename_unit;
use crate::program::*;
use crate::residue::for_each_value;
use crate::translate::FileUnits;

/// Where the frames and constraints of an earlier text are now.
#[derive(Debug, Default, PartialEq)]
pub struct Matching {
    /// By earlier unit: its number now, or [`NONE`].
    pub units: Vec<u32>,
    /// By earlier unit and constraint: the constraint's position now, or [`NONE`].
    pub positions: Vec<Vec<u32>>,
    /// Constraints that there were not in units that there were: (unit, position), both as they are now.
    pub fresh: Vec<(u32, u32)>,
}

/// What things are told apart by: closely, and where that finds none, loosely.
type Keys = (u32, u32);

/// Texts and constraints of both files as numbers: the same are the same.
#[derive(Default)]
struct Words {
    symbols: Symbols,
    numbers: Map<Vec<u8>, u32>,
}

impl Words {
    fn number(&mut self, bytes: Vec<u8>) -> u32 {
        let next = self.numbers.len() as u32;
        *self.numbers.entry(bytes).or_insert(next)
    }

    fn ops(&mut self, op: &Op) -> u32 {
        // Numbers and texts can always be written; if not, all would be the same, and only that much be lost.
        self.number(postcard::to_allocvec(op).unwrap_or_default())
    }
}

/// Compare the units of a file before and after an edit; they are not Java's.
pub fn matching(before: FileUnits, now: FileUnits) -> Matching {
    let mut words = Words::default();
    let (before, now) = (Told::of(before, &mut words), Told::of(now, &mut words));
    let mut found = Matching {
        units: vec![NONE; before.units.len()],
        positions: before.units.iter().map(|unit| vec![NONE; unit.ops.len()]).collect(),
        fresh: Vec::new(),
    };
    let mut open = vec![(NONE, NONE)];
    while let Some((old, new)) = open.pop() {
        let (earlier, present) = (before.inside(old), now.inside(new));
        let keys =
            |told: &Told, units: &[u32]| units.iter().map(|unit| told.units[*unit as usize].keys).collect::<Vec<_>>();
        let pairs = paired(&keys(&before, earlier), &keys(&now, present));
        for (new, old) in pairs.into_iter().enumerate() {
            let Some(old) = old else { continue };
            let (old, new) = (earlier[old], present[new]);
            found.units[old as usize] = new;
            open.push((old, new));
            let pairs = paired(&before.units[old as usize].ops, &now.units[new as usize].ops);
            for (position, earlier) in pairs.into_iter().enumerate() {
                match earlier {
                    Some(earlier) => found.positions[old as usize][earlier] = position as u32,
                    None => found.fresh.push((new, position as u32)),
                }
            }
        }
    }
    found.fresh.sort_unstable();
    found
}

/// A file as keys.
struct Told {
    units: Vec<ToldUnit>,
    /// Units by the unit around them.
    children: Map<u32, Vec<u32>>,
}

struct ToldUnit {
    keys: Keys,
    ops: Vec<Keys>,
}

impl Told {
    fn of(file: FileUnits, words: &mut Words) -> Self {
        let texts: Vec<Symbol> = file.symbols.texts().map(|text| words.symbols.intern(text)).collect();
        let mut units = file.units;
        for unit in &mut units {
            rename_unit(unit, 0, &mut |symbol| texts[symbol as usize]);
        }
        let names: Vec<Symbol> = units.iter().map(|unit| unit.name).collect();
        let mut children: Map<u32, Vec<u32>> = Map::default();
        let mut told = Vec::with_capacity(units.len());
        for (number, unit) in units.into_iter().enumerate() {
            children.entry(unit.parent).or_default().push(number as u32);
            let ops = keys_of_ops(&unit, &names, words);
            let content = ops.iter().flat_map(|(close, _)| close.to_le_bytes()).collect();
            let loose = words.number([&[unit.kind as u8][..], &unit.name.to_le_bytes()].concat());
            let close = [loose, words.number(content)].map(u32::to_le_bytes).concat();
            told.push(ToldUnit { keys: (words.number(close), loose), ops });
        }
        Told { units: told, children }
    }

    fn inside(&self, unit: u32) -> &[u32] {
        self.children.get(&unit).map_or(&[], Vec::as_slice)
    }
}

/// Return what the constraints of a unit are told apart by.
fn keys_of_ops(unit: &Unit, names: &[Symbol], words: &mut Words) -> Vec<Keys> {
    let mut values: Map<Value, u32> = Map::default();
    for (at, parameter) in unit.parameters.iter().enumerate() {
        let known = [&[u8::MAX][..], &(at as u32).to_le_bytes()].concat();
        values.insert(parameter.value, words.number(known));
    }
    let mut found = Vec::with_capacity(unit.ops.len());
    for op in &unit.ops {
        let mut close = op.clone();
        if let Op::LoadCell { unit, .. }
        | Op::StoreCell { unit, .. }
        | Op::MakeFunction { unit, .. }
        | Op::MakeClass { unit, .. } = &mut close
        {
            *unit = names.get(*unit as usize).copied().unwrap_or(NONE);
        }
        let defined = op.defined();
        let mut is_first = defined.is_some();
        for_each_value(&mut close, &mut |value| {
            // What a constraint defines comes first, and is what the constraint is.
            *value = if std::mem::take(&mut is_first) { 0 } else { values.get(value).copied().unwrap_or(NONE) };
        });
        let exactly = words.ops(&close);
        let loosely = if drop_arguments(&mut close) { words.ops(&close) } else { exactly };
        if let Some(value) = defined {
            values.entry(value).or_insert(loosely);
        }
        found.push((exactly, loosely));
    }
    found
}

/// Leave out what a call is given, and say whether it is a call.
fn drop_arguments(op: &mut Op) -> bool {
    use crate::ecmascript::ops::Op as Ecma;
    match op {
        Op::Call { arguments, .. }
        | Op::Ecma(Ecma::CallMember { arguments, .. } | Ecma::SuperCall { arguments, .. }) => {
            *arguments = Box::default();
            true
        }
        _ => false,
    }
}

/// Return for each new thing the earlier one that it is.
fn paired(earlier: &[Keys], present: &[Keys]) -> Vec<Option<usize>> {
    let mut found = vec![None; present.len()];
    let mut is_taken = vec![false; earlier.len()];
    for key in [|keys: &Keys| keys.0, |keys: &Keys| keys.1] {
        let mut waiting: Map<u32, std::collections::VecDeque<usize>> = Map::default();
        for (at, keys) in earlier.iter().enumerate().filter(|(at, _)| !is_taken[*at]) {
            waiting.entry(key(keys)).or_default().push_back(at);
        }
        for (at, keys) in present.iter().enumerate() {
            if found[at].is_none()
                && let Some(old) = waiting.get_mut(&key(keys)).and_then(|ones| ones.pop_front())
            {
                (found[at], is_taken[old]) = (Some(old), true);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::translate::bare_unit;

    /// A module with a function of some constraints, by the names that they load and call; `*` is a lambda inside it.
    fn file(functions: &[(&str, &[&str])]) -> FileUnits {
        let mut symbols = Symbols::default();
        let mut units = vec![bare_unit(Language::Python, UnitKind::Module, symbols.intern(""), (0, 0))];
        for (name, calls) in functions {
            let (parent, own) = (units.len() as UnitId, symbols.intern(name));
            let mut unit = bare_unit(Language::Python, UnitKind::Function, own, (0, 0));
            unit.parent = 0;
            let mut inner = Vec::new();
            for (at, call) in calls.iter().enumerate() {
                let (callee, to) = (2 * at as Value, 2 * at as Value + 1);
                if *call == "*" {
                    let mut lambda = bare_unit(Language::Python, UnitKind::Lambda, symbols.intern("<lambda>"), (0, 0));
                    lambda.parent = parent;
                    let unit_of = parent + 1 + inner.len() as UnitId;
                    unit.ops.push(Op::MakeFunction { to: callee, unit: unit_of, given: Box::default() });
                    inner.push(lambda);
                } else {
                    unit.ops.push(Op::LoadGlobal { to: callee, name: symbols.intern(call) });
                }
                let given = at.checked_sub(1).map(|before| (Passing::Positional, 2 * before as Value + 1));
                let arguments = given.into_iter().collect();
                unit.ops.push(Op::Call { to, callee, arguments, form: CallForm::Plain });
            }
            units.push(unit);
            units.extend(inner);
        }
        FileUnits { symbols, units, exports: None, lines: vec![0] }
    }

    #[test]
    fn what_is_not_edited_is_all_there() {
        let text: &[(&str, &[&str])] = &[("f", &["a", "*", "a"]), ("g", &["b"])];
        let found = matching(file(text), file(text));
        assert_eq!(found.units, [0, 1, 2, 3]);
        assert_eq!(found.positions[1], [0, 1, 2, 3, 4, 5]);
        assert!(found.fresh.is_empty());
    }

    #[test]
    fn constraints_and_frames_move_and_keep_what_they_are() {
        let found =
            matching(file(&[("f", &["a", "b"]), ("g", &["c"])]), file(&[("g", &["c"]), ("f", &["x", "a", "b"])]));
        assert_eq!(found.units, [0, 2, 1]);
        // The call of `a` is given something now, and is the same call.
        assert_eq!(found.positions[1], [2, 3, 4, 5]);
        assert_eq!(found.fresh, [(2, 0), (2, 1)]);
    }

    #[test]
    fn what_is_gone_has_no_place_and_frames_inside_it_have_none() {
        let found = matching(file(&[("f", &["*", "a"]), ("g", &["a", "a"])]), file(&[("g", &["a"])]));
        assert_eq!(found.units, [0, NONE, NONE, 1]);
        assert_eq!(found.positions[1], [NONE; 4]);
        assert_eq!(found.positions[3], [0, 1, NONE, NONE]);
        assert!(found.fresh.is_empty());
    }
}
