//! Ways out of protected code, for languages with labels, `finally` and resources.
//!
//! A `finally` block is lowered once for each way out that is used (falling out, an exception, `return`, a `break` or
//! `continue` to each of its targets); several `return`s share one copy. Where blocks are nested in copies of blocks,
//! deeper than [`MAX_CLEANUP_COPIES`], all ways share one copy that ends in [`Terminator::Dispatch`], or hostile texts
//! would grow exponentially.

use codegraph_syntax::names::NameId;

use crate::builder::Frame;
use crate::ir::*;
use crate::nesting::Nested;
use crate::tree::Node;

const MAX_CLEANUP_COPIES: u32 = 3;

/// A statement that `break` or `continue` may name.
struct Jump {
    /// Number of frames around it.
    depth: usize,
    labels: Vec<NameId>,
    break_to: BlockId,
    /// None for what is no loop.
    continue_to: Option<BlockId>,
    /// `break` without a label may end it.
    is_plain: bool,
    /// `yield` of a value ends it: the values so far, by the block in which each is known.
    results: Option<Vec<(BlockId, ValueId)>>,
}

/// How code is left. Numbers are positions among the jumps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Return,
    Break(usize),
    Continue(usize),
    /// Falling out at the end.
    Normal,
    Exception,
}

/// A way out through a `finally` block.
struct Entry {
    way: Way,
    /// Where the block is entered.
    block: BlockId,
    /// What is returned or raised, by the block in which that is known.
    inputs: Vec<(BlockId, ValueId)>,
}

/// What a [`Frame::Cleanup`] runs.
enum Cleanup {
    /// Leave a resource.
    Resource { manager: ValueId, asynchronous: bool },
    /// A `finally` block, with the jumps through it.
    Block { jumps: Vec<Entry> },
}

/// What a body's code may leave and how.
#[derive(Default)]
pub(crate) struct Exits {
    /// Where `break` and `continue` may go, innermost last.
    jumps: Vec<Jump>,
    /// Clean-up code of this body; frames name it by position.
    cleanups: Vec<Cleanup>,
    /// How many copies of `finally` blocks are around the code being lowered.
    copies: u32,
    /// Labels of the statement that comes next.
    pub(crate) pending_labels: Vec<NameId>,
}

impl Exits {
    /// Begin another body.
    pub(crate) fn clear(&mut self) {
        self.jumps.clear();
        self.cleanups.clear();
        self.pending_labels.clear();
    }
}

/// A lowering of a language whose code can be left through clean-up code.
pub(crate) trait Leave: Nested {
    fn exits(&mut self) -> &mut Exits;

    /// Lower the statements of a `finally` clause.
    fn finally_statements(&mut self, clause: Node);

    /// Lower a statement that `break` and `continue` may name.
    fn jumpable(
        &mut self,
        break_to: BlockId,
        continue_to: Option<BlockId>,
        is_plain: bool,
        lower: impl FnOnce(&mut Self),
    ) {
        let labels = std::mem::take(&mut self.exits().pending_labels);
        let depth = self.builder().frames.len();
        self.exits().jumps.push(Jump { depth, labels, break_to, continue_to, is_plain, results: None });
        lower(self);
        self.exits().jumps.pop();
    }

    /// Lower an expression that `yield` ends with a value; returns the values, by the block in which each is known.
    fn yieldable(&mut self, break_to: BlockId, lower: impl FnOnce(&mut Self)) -> Vec<(BlockId, ValueId)> {
        let depth = self.builder().frames.len();
        let jump =
            Jump { depth, labels: Vec::new(), break_to, continue_to: None, is_plain: false, results: Some(Vec::new()) };
        self.exits().jumps.push(jump);
        lower(self);
        self.exits().jumps.pop().and_then(|jump| jump.results).unwrap_or_default()
    }

    /// `yield value` of the innermost expression that it may end.
    fn yield_result(&mut self, value: ValueId, span: Span) {
        match self.exits().jumps.iter().rposition(|jump| jump.results.is_some()) {
            Some(target) => self.leave(Way::Break(target), Some(value), span),
            None => self.builder().end_return(Some(value), span),
        }
    }

    /// `break` or `continue`, with or without a label.
    fn jump_statement(&mut self, label: Option<NameId>, is_break: bool, span: Span) {
        let target = self.exits().jumps.iter().rposition(|jump| match label {
            Some(label) => jump.labels.contains(&label),
            None if is_break => jump.is_plain,
            None => jump.continue_to.is_some(),
        });
        match target {
            Some(target) if is_break => self.leave(Way::Break(target), None, span),
            Some(target) => self.leave(Way::Continue(target), None, span),
            // A syntax error; then, too, nothing comes after it.
            None => self.builder().end_return(None, span),
        }
    }

    /// Leave by a jump, through all clean-up code on the way.
    fn leave(&mut self, way: Way, value: Option<ValueId>, span: Span) {
        if self.builder().is_ended() && value.is_none() {
            return;
        }
        let (depth, target) = match way {
            Way::Break(jump) => (self.exits().jumps[jump].depth, Some(self.exits().jumps[jump].break_to)),
            Way::Continue(jump) => (self.exits().jumps[jump].depth, self.exits().jumps[jump].continue_to),
            Way::Return | Way::Normal | Way::Exception => (0, None),
        };
        let frames = self.builder().frames.clone();
        let mut intercepted = false;
        for (index, frame) in frames.iter().enumerate().skip(depth).rev() {
            let Frame::Cleanup { cleanup, .. } = *frame else { continue };
            self.builder().frames.truncate(index);
            if let Cleanup::Resource { manager, asynchronous } = self.exits().cleanups[cleanup as usize] {
                self.builder().split(span);
                self.builder().emit(Op::ExitContext { manager, exception: None, asynchronous }, span);
                continue;
            }
            let new_block = self.builder().block();
            let here = self.builder().current();
            let Cleanup::Block { jumps } = &mut self.exits().cleanups[cleanup as usize] else { continue };
            let position = jumps.iter().position(|entry| entry.way == way).unwrap_or_else(|| {
                jumps.push(Entry { way, block: new_block, inputs: Vec::new() });
                jumps.len() - 1
            });
            let entry = &mut jumps[position];
            entry.inputs.extend(value.map(|value| (here, value)));
            let block = entry.block;
            self.builder().jump(block, EdgeKind::Jump, span);
            intercepted = true;
            break;
        }
        self.builder().frames = frames;
        match target {
            _ if intercepted => {}
            Some(target) => {
                if let (Way::Break(jump), Some(value)) = (way, value)
                    && !self.builder().is_ended()
                {
                    let here = self.builder().current();
                    if let Some(results) = &mut self.exits().jumps[jump].results {
                        results.push((here, value));
                    }
                }
                self.builder().jump_by_statement(target, span);
            }
            None => self.builder().end_return(value, span),
        }
    }

    /// Lower code whose every way out runs a `finally` clause, and go on after it.
    ///
    /// `protected` lowers the code and jumps to the block that it is given where it falls out of it.
    fn with_finally(
        &mut self,
        clause: Node,
        clause_span: Span,
        span: Span,
        protected: impl FnOnce(&mut Self, BlockId),
    ) {
        let after = self.builder().block();
        let (handler, normal) = (self.builder().block(), self.builder().block());
        let cleanup = self.exits().cleanups.len() as u32;
        self.exits().cleanups.push(Cleanup::Block { jumps: Vec::new() });
        self.builder().enter(Frame::Cleanup { handler, cleanup }, span);
        protected(self, normal);
        self.builder().leave(span);
        self.builder().jump(normal, EdgeKind::Jump, span);
        let mut entries = Vec::new();
        if self.builder().is_targeted(normal) {
            entries.push(Entry { way: Way::Normal, block: normal, inputs: Vec::new() });
        }
        self.builder().start(handler);
        let exception = self.builder().emit(Op::CatchException, clause_span);
        let block = self.builder().block();
        let inputs = vec![(self.builder().current(), exception)];
        self.builder().jump(block, EdgeKind::Jump, clause_span);
        entries.push(Entry { way: Way::Exception, block, inputs });
        // Copies add clean-up code of their own, so that this one stays where it is.
        if let Cleanup::Block { jumps } = &mut self.exits().cleanups[cleanup as usize] {
            entries.append(jumps);
        }
        if self.exits().copies >= MAX_CLEANUP_COPIES {
            merged_copy(self, clause, clause_span, entries, after);
        } else {
            for entry in entries {
                self.builder().start(entry.block);
                let value = (!entry.inputs.is_empty()).then(|| self.builder().phi(&entry.inputs, clause_span));
                finally_copy(self, clause);
                go_on(self, entry.way, value, after, clause_span);
            }
        }
        self.builder().resume(after);
    }

    /// Protect what follows by the release of a resource; see [`Leave::release`].
    fn hold(&mut self, manager: ValueId, asynchronous: bool, span: Span) {
        let handler = self.builder().block();
        let cleanup = self.exits().cleanups.len() as u32;
        self.exits().cleanups.push(Cleanup::Resource { manager, asynchronous });
        self.builder().enter(Frame::Cleanup { handler, cleanup }, span);
    }

    /// End what [`Leave::hold`] began.
    fn release(&mut self, span: Span) {
        let Some(Frame::Cleanup { handler, cleanup }) = self.builder().leave(span) else { return };
        let Cleanup::Resource { manager, asynchronous } = self.exits().cleanups[cleanup as usize] else { return };
        let after = self.builder().block();
        if !self.builder().is_ended() {
            self.builder().emit(Op::ExitContext { manager, exception: None, asynchronous }, span);
            self.builder().jump(after, EdgeKind::Jump, span);
        }
        self.builder().start(handler);
        let exception = self.builder().emit(Op::CatchException, span);
        self.builder().emit(Op::ExitContext { manager, exception: Some(exception), asynchronous }, span);
        self.builder().raise(Some(exception), None, span);
        self.builder().resume(after);
    }
}

fn finally_copy<L: Leave>(lowerer: &mut L, clause: Node) {
    lowerer.exits().copies += 1;
    lowerer.finally_statements(clause);
    lowerer.exits().copies -= 1;
}

/// One copy for all ways in, which parts again at its end.
fn merged_copy<L: Leave>(lowerer: &mut L, clause: Node, span: Span, entries: Vec<Entry>, after: BlockId) {
    let merged = lowerer.builder().block();
    let (mut left, mut raised) = (Vec::new(), Vec::new());
    for entry in &entries {
        let builder = lowerer.builder();
        builder.start(entry.block);
        let value = builder.phi(&entry.inputs, span);
        let none = builder.constant(Constant::Undefined, span);
        let here = builder.current();
        let is_raised = entry.way == Way::Exception;
        left.push((here, if is_raised { none } else { value }));
        raised.push((here, if is_raised { value } else { none }));
        builder.jump(merged, EdgeKind::Jump, span);
    }
    lowerer.builder().start(merged);
    let left = lowerer.builder().phi(&left, span);
    let raised = lowerer.builder().phi(&raised, span);
    finally_copy(lowerer, clause);
    if lowerer.builder().is_ended() {
        return;
    }
    let source = lowerer.builder().dispatch(span);
    for Entry { way, inputs, .. } in entries {
        let block = lowerer.builder().block();
        lowerer.builder().dispatch_edge(source, block);
        lowerer.builder().start(block);
        let value = if way == Way::Exception { raised } else { left };
        go_on(lowerer, way, (!inputs.is_empty()).then_some(value), after, span);
    }
}

/// What follows a `finally` block on one of the ways through it.
fn go_on<L: Leave>(lowerer: &mut L, way: Way, value: Option<ValueId>, after: BlockId, span: Span) {
    if lowerer.builder().is_ended() {
        return;
    }
    match way {
        Way::Normal => lowerer.builder().jump(after, EdgeKind::Jump, span),
        Way::Exception => lowerer.builder().raise(value, None, span),
        Way::Return | Way::Break(_) | Way::Continue(_) => lowerer.leave(way, value, span),
    }
}
