//! Strong updates: what is bound again before anything can look is left out.
//!
//! It holds of constant keys of fresh containers and of attributes, within one block.

use crate::program::*;

#[derive(PartialEq, Eq, Hash, Clone, Copy)]
enum Key {
    Text(Symbol),
    At(i64),
}

/// Methods of containers that run no code of the program, and let no other container be seen.
const QUIET: [&str; 10] = ["add", "append", "copy", "get", "insert", "items", "keys", "pop", "setdefault", "values"];

/// The constraints of a unit, block by block.
struct Scan<'a> {
    unit: &'a Unit,
    symbols: &'a Symbols,
    texts: Map<Value, Symbol>,
    /// Where each known key of a container was bound that nobody else has seen.
    fresh: Map<Value, Map<Key, usize>>,
    /// Methods of such containers that were read.
    methods: Map<Value, (Value, Symbol)>,
    /// Where attributes were bound.
    attributes: Map<(Value, Symbol), usize>,
    /// Constraints that bind what is bound again.
    dead: Vec<usize>,
    /// Stores of attributes whose value nobody sees.
    blind: Vec<usize>,
}

/// Take what nobody can see out of a unit's constraints.
pub(crate) fn strong_updates(unit: &mut Unit, symbols: &Symbols, block_starts: &[usize]) {
    let texts = unit.ops.iter().filter_map(|op| match op {
        Op::Text { to, text } => Some((*to, *text)),
        _ => None,
    });
    let mut scan = Scan {
        texts: texts.collect(),
        unit,
        symbols,
        fresh: Map::default(),
        methods: Map::default(),
        attributes: Map::default(),
        dead: Vec::new(),
        blind: Vec::new(),
    };
    let mut starts = block_starts.iter().copied().peekable();
    for (at, op) in scan.unit.ops.iter().enumerate() {
        while starts.next_if(|start| *start <= at).is_some() {
            scan.forget();
        }
        scan.step(at, op);
    }
    let Scan { mut dead, blind, .. } = scan;
    let nothing = unit.value_count;
    for at in blind {
        // The store may still run a descriptor or a hook.
        if let Op::StoreAttribute { value, .. } = &mut unit.ops[at] {
            *value = nothing;
            unit.value_count = nothing + 1;
        }
    }
    dead.sort_unstable();
    dead.dedup();
    for at in dead.into_iter().rev() {
        unit.ops.remove(at);
        unit.spans.remove(at);
    }
}

impl Scan<'_> {
    fn forget(&mut self) {
        self.fresh.clear();
        self.methods.clear();
        self.attributes.clear();
    }

    fn key_of(&self, place: Place) -> Option<Key> {
        match place {
            Place::Key(value) => self.texts.get(&value).map(|text| Key::Text(*text)),
            Place::At(at) => Some(Key::At(at)),
            _ => None,
        }
    }

    fn step(&mut self, at: usize, op: &Op) {
        match *op {
            Op::Allocate { to, .. } => {
                self.fresh.insert(to, Map::default());
            }
            Op::Element { container, place, value } => {
                self.fresh.remove(&value);
                let key = self.key_of(place);
                if let (Some(slots), Some(key)) = (self.fresh.get_mut(&container), key) {
                    slots.insert(key, at);
                }
            }
            Op::StoreItem { object, index, value } => {
                self.fresh.remove(&value);
                let key = self.key_of(index);
                match (self.fresh.get_mut(&object), key) {
                    (Some(slots), Some(key)) => self.dead.extend(slots.insert(key, at)),
                    (Some(_), None) => {}
                    (None, _) => self.forget(),
                }
            }
            Op::DeleteItem { object, index } => {
                let key = self.key_of(Place::Key(index));
                match (self.fresh.get_mut(&object), key) {
                    (Some(slots), Some(key)) => self.dead.extend(slots.remove(&key)),
                    (Some(_), None) => {}
                    (None, _) => self.forget(),
                }
            }
            Op::LoadAttribute { to, object, name } if self.fresh.contains_key(&object) => {
                self.methods.insert(to, (object, name));
            }
            Op::Call { callee, ref arguments, .. } => self.call(callee, arguments),
            Op::StoreAttribute { object, name, value } => {
                self.fresh.clear();
                self.methods.clear();
                let before = self.attributes.remove(&(object, name));
                self.attributes.clear();
                if value != object {
                    self.blind.extend(before);
                    self.attributes.insert((object, name), at);
                }
            }
            // Bound to a name that only code which is called can read.
            Op::StoreGlobal { .. } | Op::StoreCell { .. } => {}
            Op::Text { .. }
            | Op::Integer { .. }
            | Op::Literal { .. }
            | Op::LoadGlobal { .. }
            | Op::LoadBuiltin { .. }
            | Op::Narrow { .. }
            | Op::MakeFunction { .. } => {}
            _ => self.forget(),
        }
    }

    /// A method of a container that nobody has seen, or any other call.
    fn call(&mut self, callee: Value, arguments: &[(Passing, Value)]) {
        let Some((container, name)) = self.methods.get(&callee).copied() else { return self.forget() };
        match self.symbols.text(name) {
            "update" => {
                let Some(keys) = self.updated_keys(container, arguments) else { return self.forget() };
                for (_, value) in arguments {
                    self.fresh.remove(value);
                }
                let Some(slots) = self.fresh.get_mut(&container) else { return };
                for key in keys {
                    self.dead.extend(slots.remove(&key));
                }
            }
            "clear" => {
                if let Some(slots) = self.fresh.get_mut(&container) {
                    self.dead.extend(slots.drain().map(|(_, at)| at));
                }
            }
            name if QUIET.contains(&name) => {
                for (_, value) in arguments {
                    self.fresh.remove(value);
                }
                // What is held may have been given out.
                if let Some(slots) = self.fresh.get_mut(&container) {
                    slots.clear();
                }
            }
            _ => self.forget(),
        }
    }

    /// Return the keys that `update` binds if its arguments are literals.
    fn updated_keys(&self, container: Value, arguments: &[(Passing, Value)]) -> Option<Vec<Key>> {
        let mut keys = Vec::new();
        for (passing, value) in arguments {
            match passing {
                Passing::Named(name) => keys.push(Key::Text(*name)),
                Passing::Positional if *value != container => keys.extend(self.fresh.get(value)?.keys().copied()),
                _ => return None,
            }
        }
        Some(keys)
    }
}
