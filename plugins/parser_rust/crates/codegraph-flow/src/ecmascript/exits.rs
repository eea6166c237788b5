//! `try`, `using`, and the ways out of the code that they protect.
//!
//! A `finally` block is lowered once for each way out that is used (falling out, an exception, `return`, a `break` or
//! `continue` to each of its targets); several `return`s share one copy. Where blocks are nested in copies of blocks,
//! deeper than [`MAX_CLEANUP_COPIES`], all ways share one copy that ends in [`Terminator::Dispatch`], or hostile texts
//! would grow exponentially.

use codegraph_syntax::names::NameId;

use super::Lowerer;
use super::kinds::field;
use crate::builder::Frame;
use crate::ir::*;
use crate::tree::Node;

const MAX_CLEANUP_COPIES: u32 = 3;

/// A statement that `break` or `continue` may name.
pub(super) struct Jump {
    /// Number of frames around it.
    depth: usize,
    labels: Vec<NameId>,
    break_to: BlockId,
    /// None for what is no loop.
    continue_to: Option<BlockId>,
    /// `break` without a label may end it.
    is_plain: bool,
}

/// How code is left. Numbers are positions among the jumps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Return,
    Break(usize),
    Continue(usize),
    /// Falling out at the end.
    Normal,
    Exception,
}

/// A way out through a `finally` block.
pub(super) struct Entry {
    way: Way,
    /// Where the block is entered.
    block: BlockId,
    /// What is returned or raised, by the block in which that is known.
    inputs: Vec<(BlockId, ValueId)>,
}

/// What a [`Frame::Cleanup`] runs.
pub(super) enum Cleanup {
    /// Leave a resource.
    Resource { manager: ValueId, asynchronous: bool },
    /// A `finally` block, with the jumps through it.
    Block { jumps: Vec<Entry> },
}

impl Lowerer<'_> {
    /// Lower a statement that `break` and `continue` may name.
    pub(super) fn jumpable(
        &mut self,
        break_to: BlockId,
        continue_to: Option<BlockId>,
        is_plain: bool,
        lower: impl FnOnce(&mut Self),
    ) {
        let labels = std::mem::take(&mut self.pending_labels);
        let depth = self.builder.frames.len();
        self.jumps.push(Jump { depth, labels, break_to, continue_to, is_plain });
        lower(self);
        self.jumps.pop();
    }

    /// `break` or `continue`, with or without a label.
    pub(super) fn jump_statement(&mut self, node: Node, is_break: bool) {
        let label = self.tree.child(node, field::LABEL).map(|label| self.intern(label));
        let target = self.jumps.iter().rposition(|jump| match label {
            Some(label) => jump.labels.contains(&label),
            None if is_break => jump.is_plain,
            None => jump.continue_to.is_some(),
        });
        let span = self.tree.span(node);
        match target {
            Some(target) if is_break => self.leave(Way::Break(target), None, span),
            Some(target) => self.leave(Way::Continue(target), None, span),
            // A syntax error; then, too, nothing comes after it.
            None => self.builder.end_return(None, span),
        }
    }

    /// Leave by a jump, through all clean-up code on the way.
    pub(super) fn leave(&mut self, way: Way, value: Option<ValueId>, span: Span) {
        if self.builder.is_ended() && value.is_none() {
            return;
        }
        let (depth, target) = match way {
            Way::Break(jump) => (self.jumps[jump].depth, Some(self.jumps[jump].break_to)),
            Way::Continue(jump) => (self.jumps[jump].depth, self.jumps[jump].continue_to),
            Way::Return | Way::Normal | Way::Exception => (0, None),
        };
        let frames = self.builder.frames.clone();
        let mut intercepted = false;
        for (index, frame) in frames.iter().enumerate().skip(depth).rev() {
            let Frame::Cleanup { cleanup, .. } = *frame else { continue };
            self.builder.frames.truncate(index);
            match &mut self.cleanups[cleanup as usize] {
                &mut Cleanup::Resource { manager, asynchronous } => {
                    self.builder.split(span);
                    self.builder.emit(Op::ExitContext { manager, exception: None, asynchronous }, span);
                }
                Cleanup::Block { jumps } => {
                    let position = jumps.iter().position(|entry| entry.way == way).unwrap_or_else(|| {
                        jumps.push(Entry { way, block: self.builder.block(), inputs: Vec::new() });
                        jumps.len() - 1
                    });
                    let entry = &mut jumps[position];
                    entry.inputs.extend(value.map(|value| (self.builder.current(), value)));
                    self.builder.jump(entry.block, EdgeKind::Jump, span);
                    intercepted = true;
                    break;
                }
            }
        }
        self.builder.frames = frames;
        match target {
            _ if intercepted => {}
            Some(target) => self.builder.jump(target, EdgeKind::Jump, span),
            None => self.builder.end_return(value, span),
        }
    }

    pub(super) fn try_statement(&mut self, node: Node) {
        let tree = self.tree;
        let span = tree.span(node);
        let after = self.builder.block();
        let Some(finally) = tree.child(node, field::FINALIZER) else {
            self.protected_block(node, after);
            self.builder.resume(after);
            return;
        };
        let (handler, normal) = (self.builder.block(), self.builder.block());
        let cleanup = self.cleanups.len() as u32;
        self.cleanups.push(Cleanup::Block { jumps: Vec::new() });
        self.builder.enter(Frame::Cleanup { handler, cleanup }, span);
        self.protected_block(node, normal);
        self.builder.leave(span);
        self.builder.jump(normal, EdgeKind::Jump, span);
        let block_span = tree.span(finally);
        let mut entries = Vec::new();
        if self.builder.is_targeted(normal) {
            entries.push(Entry { way: Way::Normal, block: normal, inputs: Vec::new() });
        }
        self.builder.start(handler);
        let exception = self.builder.emit(Op::CatchException, block_span);
        let block = self.builder.block();
        let inputs = vec![(self.builder.current(), exception)];
        self.builder.jump(block, EdgeKind::Jump, block_span);
        entries.push(Entry { way: Way::Exception, block, inputs });
        // Copies add clean-up code of their own, so that this one stays where it is.
        if let Cleanup::Block { jumps } = &mut self.cleanups[cleanup as usize] {
            entries.append(jumps);
        }
        if self.cleanup_copies >= MAX_CLEANUP_COPIES {
            self.merged_copy(finally, entries, after);
        } else {
            for entry in entries {
                self.builder.start(entry.block);
                let value = (!entry.inputs.is_empty()).then(|| self.builder.phi(&entry.inputs, block_span));
                self.finally_block(finally);
                self.go_on(entry.way, value, after, block_span);
            }
        }
        self.builder.resume(after);
    }

    fn finally_block(&mut self, finally: Node) {
        self.cleanup_copies += 1;
        if let Some(body) = self.tree.child(finally, field::BODY) {
            self.block(body);
        }
        self.cleanup_copies -= 1;
    }

    /// One copy for all ways in, which parts again at its end.
    fn merged_copy(&mut self, finally: Node, entries: Vec<Entry>, after: BlockId) {
        let span = self.tree.span(finally);
        let merged = self.builder.block();
        let (mut returned, mut raised) = (Vec::new(), Vec::new());
        for entry in &entries {
            self.builder.start(entry.block);
            let value = self.builder.phi(&entry.inputs, span);
            let none = self.undefined(span);
            let here = self.builder.current();
            returned.push((here, if entry.way == Way::Return { value } else { none }));
            raised.push((here, if entry.way == Way::Exception { value } else { none }));
            self.builder.jump(merged, EdgeKind::Jump, span);
        }
        self.builder.start(merged);
        let returned = self.builder.phi(&returned, span);
        let raised = self.builder.phi(&raised, span);
        self.finally_block(finally);
        if self.builder.is_ended() {
            return;
        }
        let source = self.builder.dispatch(span);
        for Entry { way, inputs, .. } in entries {
            let block = self.builder.block();
            self.builder.dispatch_edge(source, block);
            self.builder.start(block);
            let value = if way == Way::Exception { raised } else { returned };
            self.go_on(way, (!inputs.is_empty()).then_some(value), after, span);
        }
    }

    /// What follows a `finally` block on one of the ways through it.
    fn go_on(&mut self, way: Way, value: Option<ValueId>, after: BlockId, span: Span) {
        if self.builder.is_ended() {
            return;
        }
        match way {
            Way::Normal => self.builder.jump(after, EdgeKind::Jump, span),
            Way::Exception => self.builder.raise(value, None, span),
            Way::Return | Way::Break(_) | Way::Continue(_) => self.leave(way, value, span),
        }
    }

    /// The block of a `try` with its handler, then to `after`.
    fn protected_block(&mut self, node: Node, after: BlockId) {
        let tree = self.tree;
        let span = tree.span(node);
        let clause = tree.child(node, field::HANDLER);
        let handler = self.builder.block();
        if clause.is_some() {
            self.builder.enter(Frame::Protected { handler }, span);
        }
        if let Some(body) = tree.child(node, field::BODY) {
            self.block(body);
        }
        if clause.is_some() {
            self.builder.leave(span);
        }
        self.builder.jump(after, EdgeKind::Jump, span);
        let Some(clause) = clause else { return };
        self.builder.start(handler);
        let exception = self.builder.emit(Op::CatchException, span);
        let scope = self.scopes.inside(clause);
        self.within(scope, |this| {
            if let Some(parameter) = tree.child(clause, field::PARAMETER) {
                this.assign(parameter, exception);
            }
            if let Some(body) = tree.child(clause, field::BODY) {
                this.block(body);
            }
        });
        self.builder.jump(after, EdgeKind::Jump, tree.span(clause));
    }

    /// Protect what follows in a block by the release of a resource; see [`Lowerer::release`].
    pub(super) fn hold(&mut self, manager: ValueId, asynchronous: bool, span: Span) {
        let handler = self.builder.block();
        let cleanup = self.cleanups.len() as u32;
        self.cleanups.push(Cleanup::Resource { manager, asynchronous });
        self.builder.enter(Frame::Cleanup { handler, cleanup }, span);
    }

    /// End what [`Lowerer::hold`] began.
    pub(super) fn release(&mut self, span: Span) {
        let Some(Frame::Cleanup { handler, cleanup }) = self.builder.leave(span) else { return };
        let Cleanup::Resource { manager, asynchronous } = self.cleanups[cleanup as usize] else { return };
        let after = self.builder.block();
        if !self.builder.is_ended() {
            self.builder.emit(Op::ExitContext { manager, exception: None, asynchronous }, span);
            self.builder.jump(after, EdgeKind::Jump, span);
        }
        self.builder.start(handler);
        let exception = self.builder.emit(Op::CatchException, span);
        self.builder.emit(Op::ExitContext { manager, exception: Some(exception), asynchronous }, span);
        self.builder.raise(Some(exception), None, span);
        self.builder.resume(after);
    }
}
