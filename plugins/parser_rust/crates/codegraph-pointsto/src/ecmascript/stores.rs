//! Stores that nothing can see: a property that is bound again before anything can look has the last value alone.

use super::ops::{Key, Member, Op};
use crate::program::{Map, Op as Shared, Symbol, UnitId, UnitKind, Value};
use crate::translate::Translator;

/// Where a value is in the frame, for the purpose of telling that two stores are to one object.
type Identity = (Value, Box<[Symbol]>);

impl Translator<'_> {
    /// Drop stores to a property of one object that another store follows in the same block, nothing between them being
    /// able to read it.
    pub(crate) fn drop_dead_stores(&mut self) {
        if self.unit.kind == UnitKind::Class {
            return self.drop_hidden_members();
        }
        let mut stores: Map<(Identity, Symbol), usize> = Map::default();
        // What reads gave, by value: `o.p` of `o.p.q = x`.
        let mut paths: Map<Value, Identity> = Map::default();
        let mut dead: Vec<usize> = Vec::new();
        // Variables of frames that functions see, with the store that is the last.
        let mut cells: Map<(UnitId, u32), usize> = Map::default();
        // (read, store) of what is read right where it was put.
        let mut forwarded: Vec<(usize, usize)> = Vec::new();
        let prototype = self.symbols.intern("prototype");
        let mut starts = self.block_starts.iter().copied().peekable();
        for (at, op) in self.unit.ops.iter().enumerate() {
            while starts.next_if(|start| *start <= at).is_some() {
                stores.clear();
                paths.clear();
                cells.clear();
            }
            let identity = |value: Value, paths: &Map<Value, Identity>| -> Identity {
                paths.get(&value).cloned().unwrap_or_else(|| (value, Box::default()))
            };
            match op {
                Shared::Ecma(Op::DefineMember { object, key: Key::Name(name), member, .. }) => {
                    let place = ((*object, Box::default()), *name);
                    if *member != Member::Value {
                        stores.remove(&place);
                    } else if let Some(before) = stores.insert(place, at) {
                        dead.push(before);
                    }
                }
                Shared::StoreAttribute { object, name, .. } => {
                    cells.clear();
                    let place = (identity(*object, &paths), *name);
                    if let Some(before) = stores.insert(place, at) {
                        dead.push(before);
                    }
                    // What was read by that name may be another object now.
                    paths.retain(|_, (_, path)| !path.contains(name));
                    stores.retain(|((_, path), _), store| *store == at || !path.contains(name));
                }
                Shared::LoadAttribute { to, object, name } => {
                    cells.clear();
                    let holder = identity(*object, &paths);
                    let place = (holder.clone(), *name);
                    let store = stores.get(&place).copied().filter(|store| match self.unit.ops[*store] {
                        Shared::Ecma(Op::DefineMember { .. }) => true,
                        // Others may have functions that stand for their properties.
                        _ => holder.1.last() == Some(&prototype),
                    });
                    if let Some(store) = store {
                        forwarded.push((at, store));
                    }
                    // The property is looked at, in this object or in another that is the same.
                    stores.retain(|one, _| one.1 != *name || store.is_some() && *one == place);
                    let mut path = holder.1.to_vec();
                    path.push(*name);
                    paths.insert(*to, (holder.0, path.into()));
                }
                // What is bound to a name can be read by code alone that is called.
                Shared::StoreCell { unit, variable, .. } => {
                    cells.insert((*unit, *variable), at);
                }
                Shared::LoadCell { unit, variable, .. } => {
                    if let Some(store) = cells.get(&(*unit, *variable)) {
                        forwarded.push((at, *store));
                    }
                }
                Shared::Element { .. }
                | Shared::Copy { .. }
                | Shared::Text { .. }
                | Shared::Integer { .. }
                | Shared::Literal { .. }
                | Shared::MakeFunction { .. }
                | Shared::Ecma(
                    Op::Nothing { .. }
                    | Op::Boolean { .. }
                    | Op::This { .. }
                    | Op::LoadFree { .. }
                    | Op::MakeObject { .. }
                    | Op::MakeArray { .. },
                ) => {}
                _ => {
                    // Calls may look at everything.
                    stores.clear();
                    paths.clear();
                    cells.clear();
                }
            }
        }
        self.forward(&forwarded);
        self.remove_ops(dead);
    }

    /// Let reads give what stores in the same block put there.
    fn forward(&mut self, forwarded: &[(usize, usize)]) {
        for &(read, store) in forwarded {
            let from = match self.unit.ops[store] {
                Shared::Ecma(Op::DefineMember { value, .. })
                | Shared::StoreAttribute { value, .. }
                | Shared::StoreCell { value, .. } => value,
                _ => continue,
            };
            let unused = self.fresh();
            if let Shared::LoadAttribute { to, .. } | Shared::LoadCell { to, .. } = &mut self.unit.ops[read] {
                let to = std::mem::replace(to, unused);
                self.unit.ops.push(Shared::Copy { to, from });
                self.unit.spans.push(self.unit.spans[read]);
            }
        }
    }

    /// Members of a class body hide those of the same name before them.
    fn drop_hidden_members(&mut self) {
        let mut last: Map<(Symbol, bool), usize> = Map::default();
        let mut dead = Vec::new();
        for (at, op) in self.unit.ops.iter().enumerate() {
            let Shared::Ecma(Op::DefineMember { key: Key::Name(name), member, is_static, .. }) = op else { continue };
            if *member == Member::Value
                && let Some(before) = last.insert((*name, *is_static), at)
            {
                dead.push(before);
            }
        }
        self.remove_ops(dead);
    }

    fn remove_ops(&mut self, mut dead: Vec<usize>) {
        dead.sort_unstable();
        for at in dead.into_iter().rev() {
            self.unit.ops.remove(at);
            self.unit.spans.remove(at);
        }
    }
}
