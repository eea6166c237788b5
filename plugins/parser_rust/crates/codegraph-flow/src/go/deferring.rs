//! `defer`: what a function does on its way out, whichever way that is.
//!
//! A deferred call's parts are evaluated where the statement stands, and kept in variables; the call is made in clean-up
//! code that every way out runs, the last statement first, if the statement was reached: another variable says so. In a
//! loop the parts of the last time stand for all.

use codegraph_syntax::names::NameId;

use super::Lowerer;
use super::kinds::{Kind, field};
use super::scopes::{deferred_call, deferred_name, named_results};
use crate::builder::Frame;
use crate::exits::{Exits, Leave, Way};
use crate::ir::*;
use crate::tree::Node;

/// Stands for the label of a function's end, which `return` jumps to where results have names.
const END: &str = "<end>";

impl Leave for Lowerer<'_> {
    fn exits(&mut self) -> &mut Exits {
        &mut self.exits
    }

    /// Make the deferred calls of a function, of which `clause` is the body.
    fn finally_statements(&mut self, clause: Node) {
        let statements = self.deferred.get(&self.body.0).cloned().unwrap_or_default();
        let scope = self.scopes.body_scopes[self.body.index()];
        self.within(Some(scope), |this| {
            for (number, statement) in statements.into_iter().enumerate().rev() {
                let span = this.tree.span(statement);
                let reached = this.keeper(number, None);
                let reached = this.load_name(reached, this.tree.span(clause));
                let (call, after) = (this.builder.block(), this.builder.block());
                this.builder.branch(reached, call, after, span);
                this.builder.start(call);
                this.deferred_call(number, statement);
                this.builder.jump(after, EdgeKind::Jump, span);
                this.builder.start(after);
            }
        });
    }
}

impl Lowerer<'_> {
    /// The name of what keeps a part of a deferred call, bound in the function's own scope.
    fn keeper(&mut self, number: usize, part: Option<usize>) -> NameId {
        self.names.intern(&deferred_name(number, part))
    }

    fn is_method(&self, callee: Node) -> bool {
        self.tree.kind(callee) == Kind::Selector
    }

    /// `defer f(x)`
    pub(super) fn defer_statement(&mut self, node: Node) {
        let span = self.tree.span(node);
        let statements = self.deferred.get(&self.body.0);
        let number = statements.and_then(|all| all.iter().position(|&statement| statement == node));
        let (Some(number), Some((callee, arguments))) = (number, deferred_call(self.tree, node)) else {
            for part in self.parts(node) {
                self.expression(part);
            }
            return;
        };
        let object = match self.tree.child(callee, field::OPERAND) {
            Some(object) if self.is_method(callee) => object,
            _ => callee,
        };
        let parts: Vec<Node> = std::iter::once(object).chain(arguments).collect();
        let values: Vec<ValueId> = parts.into_iter().map(|part| self.argument(part).value).collect();
        let scope = self.scopes.body_scopes[self.body.index()];
        self.within(Some(scope), |this| {
            for (part, value) in values.into_iter().enumerate() {
                let name = this.keeper(number, Some(part));
                this.store_name(name, value, span);
            }
            let name = this.keeper(number, None);
            let reached = this.builder.constant(Constant::Boolean(true), span);
            this.store_name(name, reached, span);
        });
    }

    fn deferred_call(&mut self, number: usize, statement: Node) {
        let tree = self.tree;
        let Some((callee, arguments)) = deferred_call(tree, statement) else { return };
        let span = tree.span(statement);
        let name = self.keeper(number, Some(0));
        let kept = self.load_name(name, tree.span(callee));
        let method = tree.child(callee, field::FIELD).filter(|_| self.is_method(callee));
        let (function, receiver) = match method {
            Some(method) => {
                let name = self.intern(method);
                let op = Op::LoadAttribute { object: kept, name };
                (self.builder.emit(op, tree.span(callee)), Some(kept))
            }
            None => (kept, None),
        };
        let mut given = Vec::new();
        for (at, argument) in arguments.into_iter().enumerate() {
            let name = self.keeper(number, Some(at + 1));
            let value = self.load_name(name, tree.span(argument));
            let is_spread = tree.kind(argument) == Kind::VariadicArgument;
            given.push(Argument {
                kind: if is_spread { ArgumentKind::Spread } else { ArgumentKind::Positional },
                value,
            });
        }
        self.builder.call(function, receiver, CallForm::Plain, &given, span);
    }

    /// Say whether a deferred function literal asks for the value of a panic.
    fn recovers(&self, statements: &[Node]) -> bool {
        let tree = self.tree;
        statements.iter().any(|&statement| {
            (statement..tree.after(statement))
                .any(|at| tree.kind(at) == Kind::Identifier && tree.bytes(at) == b"recover")
        })
    }

    /// The statements of a function.
    pub(super) fn function_body(&mut self, node: Node) {
        let tree = self.tree;
        let received: Vec<Parameter> = self.builder.body.parameters.clone();
        for (index, parameter) in received.iter().enumerate() {
            let value = self.builder.emit(Op::Parameter(index as u32), parameter.span);
            if let Some(variable) = parameter.variable {
                self.builder.emit(Op::StoreName { variable, value }, parameter.span);
            }
        }
        let results = named_results(tree, node);
        for &(name, declaration) in &results {
            let zero = self.zero(tree.child(declaration, field::TYPE), name);
            self.store_node(name, zero);
        }
        let Some(body) = tree.child(node, field::BODY) else { return };
        let span = tree.span(body);
        let statements = self.deferred.get(&self.body.0).cloned().unwrap_or_default();
        if statements.is_empty() {
            self.block_in_place(body);
            if !self.builder.is_ended() {
                let value = self.results(&results, span);
                self.builder.end_return(value, Span { start: span.end, end: span.end });
            }
            return;
        }
        for number in 0..statements.len() {
            let name = self.keeper(number, None);
            let value = self.builder.constant(Constant::Boolean(false), span);
            self.store_name(name, value, span);
        }
        let recovered = self.builder.block();
        let recovers = self.recovers(&statements);
        if recovers {
            self.builder.enter(Frame::Protected { handler: recovered }, span);
        }
        let end = self.builder.block();
        let label = self.names.intern(END);
        self.exits.pending_labels.push(label);
        self.jumpable(end, None, false, |this| {
            this.with_finally(body, span, span, |this, _| this.block_in_place(body));
        });
        self.builder.jump(end, EdgeKind::Jump, span);
        if recovers {
            self.builder.leave(span);
            self.builder.start(recovered);
            // Whether the deferred function has stopped the panic is for it to know.
            let panic = self.builder.emit(Op::CatchException, span);
            let stopped = self.builder.emit(Op::Unknown, span);
            let goes_on = self.builder.block();
            self.builder.branch(stopped, end, goes_on, span);
            self.builder.start(goes_on);
            self.builder.raise(Some(panic), None, span);
        }
        self.builder.resume(end);
        if !self.builder.is_ended() {
            let value = self.results(&results, span);
            self.builder.end_return(value, Span { start: span.end, end: span.end });
        }
    }

    /// What a function with named results returns: a tuple of several.
    fn results(&mut self, results: &[(Node, Node)], span: Span) -> Option<ValueId> {
        let scope = self.scopes.body_scopes[self.body.index()];
        let values: Vec<ValueId> = self.within(Some(scope), |this| {
            let named = results.iter().map(|(name, _)| match this.tree.bytes(*name) {
                b"_" => this.unknown(*name),
                _ => {
                    let id = this.intern(*name);
                    this.load_name(id, span)
                }
            });
            named.collect()
        });
        self.together(&values, span)
    }

    /// Several values as one.
    fn together(&mut self, values: &[ValueId], span: Span) -> Option<ValueId> {
        match values {
            [] => None,
            [value] => Some(*value),
            _ => {
                let elements: Vec<Element> =
                    values.iter().map(|&value| Element { kind: ElementKind::Item, key: None, value }).collect();
                Some(self.builder.allocate(AllocationKind::Tuple, &elements, span))
            }
        }
    }

    pub(super) fn return_statement(&mut self, node: Node) {
        let tree = self.tree;
        let span = tree.span(node);
        let function = self.scopes.body_nodes[self.body.index()];
        let results = named_results(tree, function);
        let written: Vec<Node> = match self.parts(node).first() {
            Some(&list) if tree.kind(list) == Kind::ExpressionList => self.parts(list),
            Some(&one) => vec![one],
            None => Vec::new(),
        };
        if results.is_empty() {
            let values: Vec<ValueId> = written.into_iter().map(|value| self.expression(value)).collect();
            let value = self.together(&values, span);
            return self.leave(Way::Return, value, span);
        }
        if !written.is_empty() {
            let values = self.values(&written, results.len(), span);
            let scope = self.scopes.body_scopes[self.body.index()];
            self.within(Some(scope), |this| {
                for ((name, _), value) in results.iter().zip(values) {
                    this.store_node(*name, value);
                }
            });
        }
        if self.deferred.contains_key(&self.body.0) {
            // What deferred calls leave in the results is returned.
            let label = self.names.intern(END);
            return self.jump_statement(Some(label), true, span);
        }
        let value = self.results(&results, span);
        self.leave(Way::Return, value, span);
    }
}
