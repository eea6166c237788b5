//! Loops, labels and choices of languages with blocks.

use codegraph_syntax::names::NameId;

use crate::exits::Leave;
use crate::ir::*;

/// A lowering of a language whose loops and branches are those of the C family.
pub(crate) trait Control: Leave {
    /// End the block with an edge to `after`, where `value` is one of a phi's inputs.
    fn join(&mut self, after: BlockId, value: ValueId, inputs: &mut Vec<(BlockId, ValueId)>, span: Span) {
        if !self.builder().is_ended() {
            inputs.push((self.builder().current(), value));
            self.builder().jump(after, EdgeKind::Jump, span);
        }
    }

    /// The body of a loop, then to `continue_to`.
    fn loop_body(&mut self, continue_to: BlockId, after: BlockId, span: Span, body: impl FnOnce(&mut Self)) {
        self.jumpable(after, Some(continue_to), true, body);
        self.builder().jump(continue_to, EdgeKind::Jump, span);
    }

    /// `while`: `condition` goes to the first block that it is given, or to the second.
    fn while_loop(
        &mut self,
        span: Span,
        condition: impl FnOnce(&mut Self, BlockId, BlockId),
        body: impl FnOnce(&mut Self),
    ) {
        let builder = self.builder();
        let (header, inner, after) = (builder.block(), builder.block(), builder.block());
        builder.fall_into(header, span);
        condition(self, inner, after);
        self.builder().resume(inner);
        self.loop_body(header, after, span, body);
        self.builder().resume(after);
    }

    /// `do … while`
    fn do_loop(
        &mut self,
        span: Span,
        condition: impl FnOnce(&mut Self, BlockId, BlockId),
        body: impl FnOnce(&mut Self),
    ) {
        let builder = self.builder();
        let (inner, header, after) = (builder.block(), builder.block(), builder.block());
        builder.fall_into(inner, span);
        self.loop_body(header, after, span, body);
        self.builder().resume(header);
        condition(self, inner, after);
        self.builder().resume(after);
    }

    /// `for (…; condition; step)`, after its initializer.
    fn for_loop(
        &mut self,
        span: Span,
        condition: impl FnOnce(&mut Self, BlockId, BlockId),
        step: impl FnOnce(&mut Self),
        body: impl FnOnce(&mut Self),
    ) {
        let builder = self.builder();
        let (header, inner) = (builder.block(), builder.block());
        let (next, after) = (builder.block(), builder.block());
        builder.fall_into(header, span);
        condition(self, inner, after);
        self.builder().resume(inner);
        self.loop_body(next, after, span, body);
        self.builder().resume(next);
        step(self);
        self.builder().jump(header, EdgeKind::Jump, span);
        self.builder().resume(after);
    }

    /// A loop over the items of a value; `assign` gives the loop's target each of them.
    fn for_each_loop(
        &mut self,
        (value, value_span): (ValueId, Span),
        asynchronous: bool,
        span: Span,
        assign: impl FnOnce(&mut Self, ValueId),
        body: impl FnOnce(&mut Self),
    ) {
        let builder = self.builder();
        let iterator = builder.emit(Op::GetIterator { value, asynchronous }, value_span);
        let (header, item, after) = (builder.block(), builder.block(), builder.block());
        builder.fall_into(header, span);
        let next = builder.iterate(iterator, asynchronous, item, after, value_span);
        builder.start(item);
        assign(self, next);
        self.loop_body(header, after, span, body);
        self.builder().resume(after);
    }

    /// A statement with a label. One that `takes_labels` hands it to its own jumps.
    fn labeled(&mut self, label: NameId, takes_labels: bool, span: Span, statement: impl FnOnce(&mut Self)) {
        self.exits().pending_labels.push(label);
        if takes_labels {
            return statement(self);
        }
        let after = self.builder().block();
        self.jumpable(after, None, false, statement);
        self.builder().jump(after, EdgeKind::Jump, span);
        self.builder().resume(after);
    }
}

impl<L: Leave> Control for L {}
