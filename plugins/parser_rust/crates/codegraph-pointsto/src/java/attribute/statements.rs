//! Statements: which values variables have where, and what statements call without saying so.

use codegraph_flow::java::syntax as tree;
use codegraph_flow::java::syntax::{Label, Pattern, Statement};

use super::{Attributor, Guard, Item, Jump, Local, State};
use crate::java::code::*;
use crate::java::types::{Type, TypeId, Types, UNKNOWN, VOID};
use crate::program::{NONE, Symbol};

impl<'p> Attributor<'_, 'p> {
    pub(super) fn state(&self) -> State {
        let frame = self.here();
        State { values: frame.locals.iter().map(|local| local.value).collect(), is_dead: frame.is_dead }
    }

    pub(super) fn restore(&mut self, state: &State) {
        let frame = self.frame();
        for (local, value) in frame.locals.iter_mut().zip(&state.values) {
            local.value = *value;
        }
        frame.is_dead = state.is_dead;
    }

    /// Go on where several ways meet.
    pub(super) fn join(&mut self, states: &[State]) {
        let alive: Vec<&State> = states.iter().filter(|state| !state.is_dead).collect();
        let Some(first) = alive.first() else {
            self.frame().is_dead = true;
            return;
        };
        self.frame().is_dead = false;
        for at in 0..self.here().locals.len() {
            let Some(&value) = first.values.get(at) else { continue };
            let mut merged = value;
            if alive.iter().any(|state| state.values.get(at).is_some_and(|other| *other != value)) {
                merged = self.fresh();
                for state in &alive {
                    let from = state.values.get(at).copied().unwrap_or(NONE);
                    self.copy(from, merged);
                }
            }
            self.frame().locals[at].value = merged;
        }
    }

    /// Let each variable of objects have a value that what comes later can add to.
    fn open_variables(&mut self) -> Vec<Value> {
        let mut opened = Vec::new();
        for at in 0..self.here().locals.len() {
            let local = self.here().locals[at];
            let mut value = local.value;
            if !Types::is_primitive(local.type_) && value != NONE {
                value = self.fresh();
                self.copy(local.value, value);
                self.frame().locals[at].value = value;
            }
            opened.push(value);
        }
        opened
    }

    /// Add a state to what variables were opened with.
    fn close_variables(&mut self, opened: &[Value], state: &State) {
        if state.is_dead {
            return;
        }
        let was_dead = std::mem::replace(&mut self.frame().is_dead, false);
        for (value, now) in opened.iter().zip(&state.values) {
            self.copy(*now, *value);
        }
        self.frame().is_dead = was_dead;
    }

    /// Statements of a block of their own.
    pub(super) fn block(&mut self, statements: &'p [Statement]) {
        let (locals, classes) = (self.here().locals.len(), self.here().scope.locals.len());
        self.block_in_place(statements);
        let frame = self.frame();
        frame.locals.truncate(locals);
        frame.scope.locals.truncate(classes);
    }

    /// Statements whose variables stay in sight.
    pub(super) fn block_in_place(&mut self, statements: &'p [Statement]) {
        for statement in statements {
            self.statement(statement);
        }
    }

    fn statement(&mut self, statement: &'p Statement) {
        self.deeper(|this| this.statement_at(statement));
    }

    /// A statement that is a branch: what it declares is its own.
    fn branch(&mut self, statement: &'p Statement) {
        let locals = self.here().locals.len();
        self.statement(statement);
        self.frame().locals.truncate(locals);
    }

    pub(super) fn declare_local(&mut self, name: Symbol, type_: TypeId, value: Value) {
        self.frame().locals.push(Local { name, type_, value });
    }

    fn statement_at(&mut self, statement: &'p Statement) {
        match statement {
            Statement::Empty => {}
            Statement::Local { type_, name, value } => {
                let declared = self.type_of(type_);
                let item = match value {
                    Some(value) => self.expression_for(value, declared),
                    None => Item { value: NONE, type_: declared },
                };
                let type_ = if *type_ == tree::TypeExpression::Inferred { item.type_ } else { declared };
                let name = self.text(*name);
                self.declare_local(name, type_, item.value);
            }
            Statement::Expression(value) => {
                self.expression(value);
            }
            Statement::ConstructorCall { span, outer, is_super, arguments } => {
                let outer = outer.as_ref().map_or(NONE, |outer| self.expression(outer).value);
                let class = self.here().class;
                if *is_super {
                    let above = self.world.classes[class as usize].superclass;
                    self.call_base_constructor(class, above, arguments, *span, false, outer);
                } else {
                    let own = self.own_type(class);
                    self.call_constructor_on(THIS, class, own, arguments, *span, false);
                }
            }
            Statement::If { condition, then, otherwise } => {
                let known = self.truth(condition);
                let locals = self.here().locals.len();
                let [holds, fails] = self.condition(condition);
                let (then, ()) = self.follow(holds, known == Some(false), |this| this.branch_in_place(then));
                let (otherwise, ()) = self.follow(fails, known == Some(true), |this| {
                    if let Some(otherwise) = otherwise {
                        this.branch_in_place(otherwise);
                    }
                });
                // What a condition binds is in sight after it where one way ends.
                if !then.state.is_dead && !otherwise.state.is_dead {
                    self.frame().locals.truncate(locals);
                }
                self.meet(vec![then, otherwise]);
            }
            Statement::While { condition, body } => {
                let is_endless = self.truth(condition) == Some(true);
                self.looped(None, |this| {
                    let [holds, fails] = this.condition(condition);
                    this.restore(&holds.state);
                    this.branch(body);
                    (!is_endless).then_some(fails.state)
                });
            }
            Statement::Do { body, condition } => {
                let is_endless = self.truth(condition) == Some(true);
                self.looped(None, |this| {
                    this.branch(body);
                    this.continue_here();
                    let [holds, fails] = this.condition(condition);
                    this.restore(&holds.state);
                    (!is_endless).then_some(fails.state)
                });
            }
            Statement::For { first, condition, update, body } => {
                let locals = self.here().locals.len();
                self.block_in_place(first);
                let is_endless = condition.as_ref().is_none_or(|condition| self.truth(condition) == Some(true));
                self.looped(None, |this| {
                    let exit = condition.as_ref().map(|condition| {
                        let [holds, fails] = this.condition(condition);
                        this.restore(&holds.state);
                        fails.state
                    });
                    this.branch(body);
                    this.continue_here();
                    for one in update {
                        this.expression(one);
                    }
                    exit.filter(|_| !is_endless)
                });
                self.frame().locals.truncate(locals);
            }
            Statement::ForEach { type_, name, iterable, body } => self.for_each(type_, *name, iterable, body),
            Statement::Block(statements) => self.block(statements),
            Statement::Return(value) => {
                let returned = self.here().returned;
                if let Some(value) = value {
                    let item = self.expression_for(value, returned);
                    self.copy(item.value, RETURNED);
                    self.frame().results.push(item.type_);
                } else {
                    self.frame().results.push(VOID);
                }
                self.frame().is_dead = true;
            }
            Statement::Throw(value) => {
                let item = self.expression(value);
                let is_made = matches!(value.kind, tree::ExpressionKind::New { .. });
                if !self.here().is_dead {
                    self.frame().raises.push((value.span, item.type_, is_made));
                }
                let sink = self.sink();
                self.copy(item.value, sink);
                self.frame().is_dead = true;
            }
            Statement::Try { resources, body, handlers, finally } => self.guarded(resources, body, handlers, finally),
            Statement::Labeled { label, body } => {
                let label = self.text(*label);
                self.labeled(label, body);
            }
            Statement::Break(label) => {
                let label = label.map(|label| self.text(label));
                let state = self.state();
                let found = self.frame().jumps.iter_mut().rev().find(|jump| match label {
                    Some(label) => jump.label == Some(label),
                    None => jump.is_breakable,
                });
                if let Some(jump) = found {
                    jump.breaks.push(state);
                }
                self.frame().is_dead = true;
            }
            Statement::Continue(label) => {
                let label = label.map(|label| self.text(label));
                let state = self.state();
                let found = self
                    .frame()
                    .jumps
                    .iter_mut()
                    .rev()
                    .find(|jump| jump.is_loop && label.is_none_or(|label| jump.label == Some(label)));
                if let Some(jump) = found {
                    jump.continues.push(state);
                }
                self.frame().is_dead = true;
            }
            Statement::Yield(value) => self.yield_value(value),
            Statement::Synchronized { lock, body } => {
                self.expression(lock);
                self.block(body);
            }
            Statement::Assert(parts) => {
                for part in parts {
                    self.expression(part);
                }
            }
            Statement::Type(declaration) => {
                if self.trials == 0 {
                    self.local_class(declaration, None);
                }
            }
        }
    }

    fn branch_in_place(&mut self, statement: &'p Statement) {
        if let Statement::Block(_) = statement {
            self.statement(statement);
        } else {
            self.branch(statement);
        }
    }

    pub(super) fn yield_value(&mut self, value: &'p tree::Expression) {
        let wanted = self.here().yields.last().map_or(UNKNOWN, |(_, _, wanted)| *wanted);
        let item = self.expression_for(value, wanted);
        let state = self.state();
        if let Some((items, states, _)) = self.frame().yields.last_mut() {
            if !state.is_dead {
                items.push(item);
            }
            states.push(state);
        }
        self.frame().is_dead = true;
    }

    /// A loop: `pass` goes through it once and gives the state in which it ends, if it does.
    fn looped(&mut self, label: Option<Symbol>, pass: impl FnOnce(&mut Self) -> Option<State>) {
        let label = label.or_else(|| self.pending_label());
        let locals = self.here().locals.len();
        let opened = self.open_variables();
        self.frame().jumps.push(Jump {
            label,
            is_loop: true,
            is_breakable: true,
            breaks: Vec::new(),
            continues: Vec::new(),
        });
        let exit = pass(self);
        self.frame().locals.truncate(locals);
        let end = self.state();
        self.close_variables(&opened, &end);
        let Some(jump) = self.frame().jumps.pop() else { return };
        for state in &jump.continues {
            self.close_variables(&opened, state);
        }
        let mut exits = jump.breaks;
        exits.extend(exit);
        self.join(&exits);
    }

    /// `continue` goes on here.
    fn continue_here(&mut self) {
        let state = self.state();
        let Some(jump) = self.frame().jumps.last_mut() else { return };
        let mut states = std::mem::take(&mut jump.continues);
        states.push(state);
        self.join(&states);
    }

    /// The label right before a loop: a `continue` with it goes to the loop.
    fn pending_label(&mut self) -> Option<Symbol> {
        let jump = self.frame().jumps.last_mut()?;
        let is_fresh = !jump.is_loop && !jump.is_breakable && jump.breaks.is_empty();
        if is_fresh { jump.label } else { None }
    }

    fn labeled(&mut self, label: Symbol, body: &'p Statement) {
        self.frame().jumps.push(Jump {
            label: Some(label),
            is_loop: false,
            is_breakable: false,
            breaks: Vec::new(),
            continues: Vec::new(),
        });
        self.branch(body);
        let end = self.state();
        if let Some(jump) = self.frame().jumps.pop() {
            let mut states = jump.breaks;
            states.push(end);
            self.join(&states);
        }
    }

    fn for_each(
        &mut self,
        type_: &tree::TypeExpression,
        name: tree::Text,
        iterable: &'p tree::Expression,
        body: &'p Statement,
    ) {
        let source = self.expression(iterable);
        let declared = self.type_of(type_);
        let upper = self.world.upper(source.type_);
        let (value, element) = if let Type::Array(element) = *self.world.types.get(upper) {
            let to = self.fresh();
            if source.value != NONE {
                self.emit(Op::LoadItem { to, array: source.value });
            }
            (to, element)
        } else {
            let known = self.world.known;
            let iterator = self.implicit_call(source, known.iterator, iterable.span);
            self.implicit_call(iterator, known.has_next, iterable.span);
            let next = self.implicit_call(iterator, known.next, iterable.span);
            (next.value, self.world.upper_known(next.type_))
        };
        let type_ = if *type_ == tree::TypeExpression::Inferred { element } else { declared };
        let name = self.text(name);
        let locals = self.here().locals.len();
        self.looped(None, |this| {
            let exit = this.state();
            this.declare_local(name, type_, value);
            this.branch(body);
            Some(exit)
        });
        self.frame().locals.truncate(locals);
    }

    fn guarded(
        &mut self,
        resources: &'p [tree::Resource],
        body: &'p [Statement],
        handlers: &'p [tree::Handler],
        finally: &'p [Statement],
    ) {
        let locals = self.here().locals.len();
        let opened = self.open_variables();
        let thrown = self.fresh();
        self.frame().guards.push(Guard { thrown, values: opened.clone() });
        let mut held = Vec::new();
        for resource in resources {
            let item = match &resource.declared {
                Some((type_, name)) => {
                    let declared = self.type_of(type_);
                    let mut item = self.expression_for(&resource.value, declared);
                    if *type_ != tree::TypeExpression::Inferred {
                        item.type_ = declared;
                    }
                    let name = self.text(*name);
                    self.declare_local(name, item.type_, item.value);
                    item
                }
                None => self.expression(&resource.value),
            };
            held.push((item, resource.span));
        }
        self.block(body);
        // Resources are closed however the block is left.
        let was_dead = std::mem::replace(&mut self.frame().is_dead, false);
        for (item, span) in held.into_iter().rev() {
            let close = self.world.known.close;
            self.implicit_call(item, close, span);
        }
        self.frame().is_dead = was_dead;
        let end = self.state();
        self.frame().guards.pop();
        self.frame().locals.truncate(locals);
        let mut ends = vec![end];
        // A handler is given what those before it did not take.
        let mut left = thrown;
        for handler in handlers {
            self.restore(&State { values: opened.clone(), is_dead: false });
            let type_ = self.type_of(&handler.type_);
            let value = self.fresh();
            let types = match &handler.type_ {
                tree::TypeExpression::Several(types) => types.iter().map(|one| self.type_of(one)).collect(),
                _ => vec![type_],
            };
            for type_ in &types {
                self.emit(Op::Filter { to: value, from: left, type_: *type_ });
            }
            left = self.without(left, &types);
            let name = self.text(handler.name);
            self.declare_local(name, type_, value);
            self.block(&handler.body);
            self.frame().locals.truncate(locals);
            ends.push(self.state());
        }
        // What no handler takes goes on.
        self.restore(&State { values: opened.clone(), is_dead: false });
        let sink = self.sink();
        let takes_all = handlers.iter().any(|handler| {
            let type_ = self.type_of(&handler.type_);
            self.world.class_of(type_).is_some_and(|class| {
                let name = self.world.classes[class as usize].full_name;
                self.world.symbols.text(name) == "java.lang.Throwable"
            })
        });
        if !takes_all {
            self.copy(left, sink);
        }
        if finally.is_empty() {
            self.join(&ends);
            return;
        }
        let all_dead = ends.iter().all(|state| state.is_dead);
        // The clean-up runs on every way, exceptional ones too, whatever the variables are there.
        ends.push(State { values: opened, is_dead: false });
        self.join(&ends);
        self.block(finally);
        if all_dead {
            self.frame().is_dead = true;
        }
    }

    /// Give a variable a value, also where handlers look at it.
    pub(super) fn assign_local(&mut self, index: usize, value: Value) {
        self.frame().locals[index].value = value;
        let seen: Vec<Value> = self.here().guards.iter().filter_map(|guard| guard.values.get(index).copied()).collect();
        for to in seen {
            self.copy(value, to);
        }
    }

    /// What a condition is for certain.
    pub(super) fn truth(&mut self, condition: &tree::Expression) -> Option<bool> {
        use tree::{ExpressionKind, Literal, Operator};
        match &condition.kind {
            ExpressionKind::Literal(Literal::Boolean(value)) => Some(*value),
            ExpressionKind::Unary { operator: Operator::Not, value } => self.truth(value).map(|value| !value),
            ExpressionKind::Binary { operator: Operator::And, operands } => {
                let known: Vec<Option<bool>> = operands.iter().map(|operand| self.truth(operand)).collect();
                if known.contains(&Some(false)) {
                    Some(false)
                } else {
                    known.iter().all(|one| *one == Some(true)).then_some(true)
                }
            }
            ExpressionKind::Binary { operator: Operator::Or, operands } => {
                let known: Vec<Option<bool>> = operands.iter().map(|operand| self.truth(operand)).collect();
                if known.contains(&Some(true)) {
                    Some(true)
                } else {
                    known.iter().all(|one| *one == Some(false)).then_some(false)
                }
            }
            ExpressionKind::Name(name) => {
                let name = self.text(*name);
                if self.local(name).is_some() {
                    return None;
                }
                let class = self.here().class;
                let field = self.world.field(class, name)?;
                let found = &self.world.fields[field as usize];
                match (found.is_final && found.is_static, found.value) {
                    (true, Some(tree::Expression { kind: ExpressionKind::Literal(Literal::Boolean(value)), .. })) => {
                        Some(*value)
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// A `switch`, as statement or expression.
    pub(super) fn switch(
        &mut self,
        value: &'p tree::Expression,
        cases: &'p [tree::Case],
        wanted: Option<TypeId>,
    ) -> Item {
        let mut subject = self.expression(value);
        let locals = self.here().locals.len();
        let before = self.state();
        self.frame().yields.push((Vec::new(), Vec::new(), wanted.unwrap_or(UNKNOWN)));
        self.frame().jumps.push(Jump {
            label: None,
            is_loop: false,
            is_breakable: true,
            breaks: Vec::new(),
            continues: Vec::new(),
        });
        let mut ends: Vec<State> = Vec::new();
        let mut through: Option<State> = None;
        let mut has_default = false;
        for case in cases {
            self.frame().locals.truncate(locals);
            let mut ways = vec![before.clone()];
            ways.extend(through.take());
            self.join(&ways);
            for label in &case.labels {
                match label {
                    Label::Default => has_default = true,
                    Label::Value(value) => {
                        if !matches!(value.kind, tree::ExpressionKind::Name(_)) {
                            self.expression(value);
                        }
                    }
                    Label::Pattern(pattern, guard) => {
                        self.match_pattern(pattern, subject, value.span);
                        if let Some(guard) = guard {
                            self.expression(guard);
                        }
                    }
                }
            }
            for label in &case.labels {
                subject = self.left_by(label, subject);
            }
            if case.is_rule {
                match &case.body[..] {
                    [Statement::Expression(result)] if wanted.is_some() => self.yield_value(result),
                    body => self.block(body),
                }
                self.frame().locals.truncate(locals);
                ends.push(self.state());
            } else {
                self.block_in_place(&case.body);
                self.frame().locals.truncate(locals);
                through = Some(self.state());
            }
        }
        self.frame().locals.truncate(locals);
        ends.extend(through);
        if let Some(jump) = self.frame().jumps.pop() {
            ends.extend(jump.breaks);
        }
        let (items, states, _) = self.frame().yields.pop().unwrap_or_default();
        ends.extend(states);
        if !has_default && wanted.is_none() {
            ends.push(before);
        }
        self.join(&ends);
        if wanted.is_none() {
            return Item::of(VOID);
        }
        self.merged(&items)
    }

    /// One of several values.
    pub(super) fn merged(&mut self, items: &[Item]) -> Item {
        let Some(first) = items.first() else { return Item::NOTHING };
        let mut type_ = first.type_;
        for item in &items[1..] {
            type_ = self.world.common(type_, item.type_);
        }
        let values: Vec<Value> = items.iter().map(|item| item.value).filter(|value| *value != NONE).collect();
        let value = match values[..] {
            [] => NONE,
            [one] => one,
            _ => {
                let to = self.fresh();
                for value in values {
                    self.copy(value, to);
                }
                to
            }
        };
        Item { value, type_ }
    }

    /// Bind what a pattern names.
    pub(super) fn match_pattern(&mut self, pattern: &'p Pattern, subject: Item, span: tree::Span) {
        match pattern {
            Pattern::Type { type_: written, name } => {
                let Some(name) = name else { return };
                let declared = self.type_of(written);
                let type_ = if *written == tree::TypeExpression::Inferred { subject.type_ } else { declared };
                let item = self.narrowed(subject, type_);
                let name = self.text(*name);
                self.declare_local(name, type_, item.value);
            }
            Pattern::Record { type_, parts } => {
                let type_ = self.type_of(type_);
                let item = self.narrowed(subject, type_);
                let Some(class) = self.world.class_of(type_) else { return };
                let item = Item { type_: self.with_arguments_of(type_, subject.type_), ..item };
                let components: Vec<Symbol> = {
                    let found = &self.world.classes[class as usize];
                    found.declaration.components.iter().map(|one| self.world.text(found.file, one.name)).collect()
                };
                for (part, component) in parts.iter().zip(components) {
                    let value = self.implicit_call(item, component, span);
                    self.match_pattern(part, value, span);
                }
            }
        }
    }

    /// A raw type with the arguments that it has in a type below or above it.
    fn with_arguments_of(&mut self, raw: TypeId, other: TypeId) -> TypeId {
        let Some((class, arguments)) = self.class_type(raw) else { return raw };
        if !arguments.is_empty() || self.world.classes[class as usize].parameters.is_empty() {
            return raw;
        }
        self.world.as_super(other, class).unwrap_or(raw)
    }

    /// A value seen as one of a type.
    pub(super) fn narrowed(&mut self, item: Item, type_: TypeId) -> Item {
        if item.value == NONE || Types::is_primitive(type_) || type_ == UNKNOWN {
            return Item { value: item.value, type_ };
        }
        let to = self.fresh();
        self.emit(Op::Filter { to, from: item.value, type_ });
        if let Some(text) = self.here().texts.get(&item.value).copied() {
            self.frame().texts.insert(to, text);
        }
        Item { value: to, type_ }
    }
}
