//! What a condition says of a variable where it holds, and where it does not.

use codegraph_flow::java::syntax as tree;
use codegraph_flow::java::syntax::{Expression, ExpressionKind, Operator, Pattern, TypeExpression};

use super::{Attributor, Item, State};
use crate::java::code::{Op, Value};
use crate::java::types::{Type, TypeId};
use crate::program::NONE;

/// A variable's value before and after it was narrowed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Narrowing {
    local: usize,
    before: Value,
    after: Value,
}

/// One of the two ways that a condition leads: what it narrowed there, and the state at the way's end.
#[derive(Debug)]
pub(super) struct Way {
    narrowings: Vec<Narrowing>,
    pub state: State,
}

impl Way {
    /// Say whether a variable still is what it was before, apart from being narrowed: nothing else was assigned.
    fn is_kept(&self, local: usize, before: Value) -> bool {
        let Some(&now) = self.state.values.get(local) else { return false };
        let widened = self.narrowings.iter().rev().scan(now, |value, one| {
            if one.local == local && one.after == *value {
                *value = one.before;
            }
            Some(*value)
        });
        std::iter::once(now).chain(widened).any(|value| value == before)
    }
}

impl<'p> Attributor<'_, 'p> {
    /// Attribute a condition: the ways where it holds and where it does not, each with what was assigned on it. The
    /// code goes on with [`Self::follow`] or [`Self::meet`].
    pub(super) fn condition(&mut self, condition: &'p Expression) -> [Way; 2] {
        self.deeper(|this| match &condition.kind {
            ExpressionKind::Unary { operator: Operator::Not, value } => {
                let [holds, fails] = this.condition(value);
                [fails, holds]
            }
            ExpressionKind::Binary { operator: operator @ (Operator::And | Operator::Or), operands } => {
                this.short_circuit(operands, *operator == Operator::And)
            }
            _ => {
                this.expression(condition);
                let before = this.state();
                [true, false].map(|holds| {
                    this.restore(&before);
                    let narrowings = this.narrow(condition, holds).into_iter().collect();
                    Way { narrowings, state: this.state() }
                })
            }
        })
    }

    /// `a && b`, `a || b`: each operand is looked at only where those before it do not decide.
    fn short_circuit(&mut self, operands: &'p [Expression], is_and: bool) -> [Way; 2] {
        let mut narrowings = Vec::new();
        let mut decided = Vec::new();
        for operand in operands {
            let [holds, fails] = self.condition(operand);
            let (next, mut out) = if is_and { (holds, fails) } else { (fails, holds) };
            out.narrowings.splice(0..0, narrowings.iter().copied());
            decided.push(out);
            self.restore(&next.state);
            narrowings.extend(next.narrowings);
        }
        let last = Way { narrowings, state: self.state() };
        self.meet(decided);
        let out = Way { narrowings: Vec::new(), state: self.state() };
        if is_and { [last, out] } else { [out, last] }
    }

    /// Go one of a condition's ways, unless it is known never to be gone, and return it as it is at the end of `code`.
    pub(super) fn follow<T>(&mut self, way: Way, is_dead: bool, code: impl FnOnce(&mut Self) -> T) -> (Way, T) {
        self.restore(&way.state);
        self.frame().is_dead |= is_dead;
        let result = code(self);
        (Way { state: self.state(), ..way }, result)
    }

    /// Go on where ways of a condition meet: variables that all of them left as they were are as before.
    pub(super) fn meet(&mut self, mut ways: Vec<Way>) {
        ways.retain(|way| !way.state.is_dead);
        let mut first: Vec<Narrowing> = Vec::new();
        if ways.len() > 1 {
            for one in ways.iter().flat_map(|way| &way.narrowings) {
                // The first narrowing of a variable knows what it was.
                if first.iter().all(|known| known.local != one.local) {
                    first.push(*one);
                }
            }
        }
        first.retain(|one| ways.iter().all(|way| way.is_kept(one.local, one.before)));
        let mut states: Vec<State> = ways.into_iter().map(|way| way.state).collect();
        for state in &mut states {
            for one in &first {
                if let Some(value) = state.values.get_mut(one.local) {
                    *value = one.before;
                }
            }
        }
        self.join(&states);
    }

    /// Narrow a variable to what a condition without operands of its own lets through.
    fn narrow(&mut self, condition: &'p Expression, holds: bool) -> Option<Narrowing> {
        match &condition.kind {
            ExpressionKind::InstanceOf { value, pattern } => {
                let (written, is_whole) = match &**pattern {
                    Pattern::Type { type_, .. } => (type_, true),
                    Pattern::Record { type_, .. } => (type_, false),
                };
                if holds || is_whole { self.narrow_variable(value, written, holds) } else { None }
            }
            ExpressionKind::Binary { operator: operator @ (Operator::Same | Operator::Differs), operands } => {
                let [one, other] = &operands[..] else { return None };
                let holds = holds == (*operator == Operator::Same);
                self.narrow_by_class(one, other, holds).or_else(|| self.narrow_by_class(other, one, holds))
            }
            ExpressionKind::Call { object: Some(object), name, arguments, .. } => {
                if let ExpressionKind::ClassLiteral(written) = &object.kind
                    && let [value] = &arguments[..]
                    && self.world.symbols.text(self.text(*name)) == "isInstance"
                {
                    return self.narrow_variable(value, written, holds);
                }
                None
            }
            _ => None,
        }
    }

    /// The variable of the frame that an expression names, and its value.
    fn variable(&self, expression: &Expression) -> Option<(usize, Value)> {
        let ExpressionKind::Name(name) = &expression.kind else { return None };
        let (frame, index) = self.local(self.text(*name))?;
        let value = self.frames[frame].locals[index].value;
        (frame + 1 == self.frames.len() && value != NONE).then_some((index, value))
    }

    fn bind_narrowed(&mut self, local: usize, before: Value, after: Value) -> Narrowing {
        self.frame().locals[local].value = after;
        Narrowing { local, before, after }
    }

    fn narrow_variable(&mut self, value: &'p Expression, written: &TypeExpression, holds: bool) -> Option<Narrowing> {
        let (local, before) = self.variable(value)?;
        let type_ = self.type_of(written);
        if !self.is_class(type_) {
            return None;
        }
        let after = self.fresh();
        self.emit(if holds {
            Op::Filter { to: after, from: before, type_ }
        } else {
            Op::Without { to: after, from: before, type_ }
        });
        Some(self.bind_narrowed(local, before, after))
    }

    /// `x.getClass() == C.class`
    fn narrow_by_class(&mut self, value: &'p Expression, literal: &'p Expression, holds: bool) -> Option<Narrowing> {
        let ExpressionKind::Call { object: Some(object), name, arguments, .. } = &value.kind else { return None };
        let ExpressionKind::ClassLiteral(written) = &literal.kind else { return None };
        if !arguments.is_empty() || self.world.symbols.text(self.text(*name)) != "getClass" {
            return None;
        }
        let (local, before) = self.variable(object)?;
        let type_ = self.type_of(written);
        let class = self.world.class_of(type_)?;
        let after = self.fresh();
        self.emit(Op::Exactly { to: after, from: before, class, holds });
        Some(self.bind_narrowed(local, before, after))
    }

    fn is_class(&self, type_: TypeId) -> bool {
        matches!(self.world.types.get(type_), Type::Class(..) | Type::Outside(_))
    }

    /// What is left of a value once those of some types are taken away.
    pub(super) fn without(&mut self, value: Value, types: &[TypeId]) -> Value {
        let mut left = value;
        for type_ in types {
            if left != NONE && self.is_class(*type_) {
                let to = self.fresh();
                self.emit(Op::Without { to, from: left, type_: *type_ });
                left = to;
            }
        }
        left
    }

    /// What is left of a subject that a label without a condition did not take.
    pub(super) fn left_by(&mut self, label: &tree::Label, subject: Item) -> Item {
        let tree::Label::Pattern(Pattern::Type { type_, .. }, None) = label else { return subject };
        if *type_ == TypeExpression::Inferred {
            return subject;
        }
        let type_ = self.type_of(type_);
        Item { value: self.without(subject.value, &[type_]), ..subject }
    }
}
