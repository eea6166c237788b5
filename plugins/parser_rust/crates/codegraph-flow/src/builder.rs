//! Building one body: blocks, edges, handlers and clean-up code. Shared by all lowerings.
//!
//! Where a block is protected by a handler, its exceptional edge stands for the state of the variables at its entry.
//! The builder keeps that true by beginning a new block between a store and the next instruction that may raise.
//!
//! Over 400 lines: blocks, frames and pools share the one state that keeps that invariant.

use crate::ir::*;

const NEVER: u32 = u32::MAX;

/// What surrounds the code being lowered, innermost last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame {
    /// A loop or labelled statement.
    Loop {
        /// Where `break` goes.
        break_to: BlockId,
        /// Where `continue` goes.
        continue_to: BlockId,
    },
    /// Code whose exceptions go to a block.
    Protected {
        /// The handlers' entry.
        handler: BlockId,
    },
    /// Clean-up code that every way out runs: the language lowers it, `cleanup` says which.
    Cleanup {
        /// The clean-up code's entry for exceptions.
        handler: BlockId,
        /// Number in the lowering's own table.
        cleanup: u32,
    },
    /// A name that is unbound on the way out.
    Unbind {
        /// The name's variable.
        variable: VariableId,
    },
}

/// A body under construction.
pub struct Builder {
    /// The body; its blocks' edges are filled in by [`Builder::finish`].
    pub body: Body,
    /// What surrounds the code being lowered.
    pub frames: Vec<Frame>,
    current: BlockId,
    /// No code is being added: the last block was ended.
    ended: bool,
    /// By block: the position in the order in which blocks were started, or [`NEVER`].
    started: Vec<u32>,
    /// By block: it is the jump of a statement such as `break`.
    stated: Vec<bool>,
    /// By block: some edge leads there.
    targeted: Vec<bool>,
    starts: u32,
    /// The current block has stored a variable.
    has_stored: bool,
    /// The current block has an exceptional edge.
    has_raised: bool,
    /// Instructions are part of an annotation.
    pub in_annotation: bool,
}

impl Builder {
    /// Begin a body at its entry.
    pub fn new(body: Body) -> Self {
        let mut builder = Self {
            body,
            frames: Vec::new(),
            current: ENTRY,
            ended: true,
            started: Vec::new(),
            stated: Vec::new(),
            targeted: Vec::new(),
            starts: 0,
            has_stored: false,
            has_raised: false,
            in_annotation: false,
        };
        builder.open();
        builder
    }

    /// Begin another body, with the memory of the last.
    pub fn begin(&mut self, body: Body) {
        self.body = body;
        self.frames.clear();
        self.ended = true;
        self.started.clear();
        self.stated.clear();
        self.targeted.clear();
        self.starts = 0;
        self.in_annotation = false;
        self.open();
    }

    fn open(&mut self) {
        for _ in 0..3 {
            self.block();
        }
        self.start(ENTRY);
    }

    /// Make a block to be started later.
    pub fn block(&mut self) -> BlockId {
        let id = BlockId(self.body.blocks.len() as u32);
        self.body.blocks.push(Block {
            instructions: Range::default(),
            terminator: Terminator::End,
            span: Span::default(),
            edges: Range::default(),
        });
        self.started.push(NEVER);
        self.stated.push(false);
        self.targeted.push(false);
        id
    }

    /// Continue in a block; the one before must have been ended.
    pub fn start(&mut self, block: BlockId) {
        debug_assert!(self.ended && self.started[block.index()] == NEVER);
        let at = self.body.instructions.len() as u32;
        self.body.blocks[block.index()].instructions = Range { start: at, end: at };
        self.started[block.index()] = self.starts;
        self.starts += 1;
        self.current = block;
        self.ended = false;
        self.has_stored = false;
        self.has_raised = false;
    }

    /// Continue in a block if an edge leads there; otherwise what follows cannot be reached.
    pub fn resume(&mut self, block: BlockId) {
        if self.targeted[block.index()] {
            self.start(block);
        }
    }

    /// Say whether an edge leads to a block.
    pub fn is_targeted(&self, block: BlockId) -> bool {
        self.targeted[block.index()]
    }

    /// Go on in a block: with an edge from the current one.
    pub fn fall_into(&mut self, block: BlockId, span: Span) {
        self.jump(block, EdgeKind::Jump, span);
        self.start(block);
    }

    /// Begin a new block after the current one, unless that is still empty.
    pub fn split(&mut self, span: Span) {
        let empty = self.body.blocks[self.current.index()].instructions.start as usize == self.body.instructions.len();
        if self.ended || !empty || self.has_raised {
            let next = self.block();
            if self.ended {
                self.start(next);
            } else {
                self.fall_into(next, span);
            }
        }
    }

    /// The block being filled.
    pub fn current(&self) -> BlockId {
        self.current
    }

    /// Say whether code after the last instruction cannot be reached.
    pub fn is_ended(&self) -> bool {
        self.ended
    }

    /// Begin an unreachable block if the last one was ended: code that is lowered all the same.
    fn ensure_open(&mut self) {
        if self.ended {
            let block = self.block();
            self.start(block);
        }
    }

    /// Where an exception goes that is raised here.
    pub fn handler(&self) -> Option<BlockId> {
        self.frames.iter().rev().find_map(|frame| match frame {
            Frame::Protected { handler } | Frame::Cleanup { handler, .. } => Some(*handler),
            Frame::Loop { .. } | Frame::Unbind { .. } => None,
        })
    }

    /// Surround what follows. An exception can come from anywhere in protected code, so that its first block has an
    /// edge to the handler in any case.
    pub fn enter(&mut self, frame: Frame, span: Span) {
        self.frames.push(frame);
        if let Frame::Protected { handler } | Frame::Cleanup { handler, .. } = frame {
            self.split(span);
            self.has_raised = true;
            self.edge(handler, EdgeKind::Exception);
        }
    }

    /// End what [`Builder::enter`] began.
    pub fn leave(&mut self, span: Span) -> Option<Frame> {
        let frame = self.frames.pop();
        if matches!(frame, Some(Frame::Protected { .. } | Frame::Cleanup { .. })) && !self.ended {
            self.split(span);
        }
        frame
    }

    fn edge(&mut self, target: BlockId, kind: EdgeKind) {
        self.targeted[target.index()] = true;
        self.body.edges.push(Edge { source: self.current, target, kind });
    }

    /// Add an edge out of a block that was ended with [`Terminator::Dispatch`].
    pub fn dispatch_edge(&mut self, source: BlockId, target: BlockId) {
        self.targeted[target.index()] = true;
        self.body.edges.push(Edge { source, target, kind: EdgeKind::Finally });
    }

    /// Add an instruction and return its value.
    #[inline]
    pub fn emit(&mut self, op: Op, span: Span) -> ValueId {
        self.ensure_open();
        if may_raise(&self.body, &op) {
            self.protect(span);
        }
        if matches!(op, Op::StoreName { .. } | Op::DeleteName(_) | Op::ImportAll(_)) {
            self.has_stored = true;
        }
        let value = ValueId(self.body.instructions.len() as u32);
        self.body.instructions.push(Instruction { op, span, in_annotation: self.in_annotation });
        value
    }

    /// Read a variable. Only a name that is not the frame's own is taken to raise: a local that is not bound yet does
    /// as well, but code that relies on it is rare and edges for it are not.
    pub fn load_name(&mut self, variable: VariableId, storage: Storage, span: Span) -> ValueId {
        self.ensure_open();
        if !matches!(storage, Storage::Local | Storage::Cell | Storage::Captured { .. }) {
            self.protect(span);
        }
        self.emit(Op::LoadName(variable), span)
    }

    /// Give the block an edge to its handler, for an instruction that may raise.
    fn protect(&mut self, span: Span) {
        if let Some(handler) = self.handler() {
            self.before_raising(span);
            if !self.has_raised {
                self.has_raised = true;
                self.edge(handler, EdgeKind::Exception);
            }
        }
    }

    fn before_raising(&mut self, span: Span) {
        if self.has_stored {
            let next = self.block();
            self.fall_into(next, span);
        }
    }

    /// Add a constant.
    pub fn constant(&mut self, constant: Constant, span: Span) -> ValueId {
        self.emit(Op::Constant(constant), span)
    }

    /// Add a phi at the beginning of the current block; equal inputs need none.
    pub fn phi(&mut self, inputs: &[(BlockId, ValueId)], span: Span) -> ValueId {
        match inputs {
            [] => self.emit(Op::Constant(Constant::Undefined), span),
            [(_, value)] => *value,
            _ => {
                let start = self.body.phi_inputs.len() as u32;
                self.body.phi_inputs.extend_from_slice(inputs);
                let end = self.body.phi_inputs.len() as u32;
                self.emit(Op::Phi(Range { start, end }), span)
            }
        }
    }

    /// Add a call.
    pub fn call(
        &mut self,
        callee: ValueId,
        receiver: Option<ValueId>,
        form: CallForm,
        arguments: &[Argument],
        span: Span,
    ) -> ValueId {
        let arguments = self.pool_arguments(arguments);
        let call = CallId(self.body.calls.len() as u32);
        self.body.calls.push(Call { callee, receiver, form, arguments });
        self.emit(Op::Call(call), span)
    }

    fn pool_arguments(&mut self, arguments: &[Argument]) -> Range {
        let start = self.body.arguments.len() as u32;
        self.body.arguments.extend_from_slice(arguments);
        Range { start, end: self.body.arguments.len() as u32 }
    }

    /// Keep the elements of an allocation or text.
    pub fn pool_elements(&mut self, elements: &[Element]) -> Range {
        let start = self.body.elements.len() as u32;
        self.body.elements.extend_from_slice(elements);
        Range { start, end: self.body.elements.len() as u32 }
    }

    /// Add an allocation.
    pub fn allocate(&mut self, kind: AllocationKind, elements: &[Element], span: Span) -> ValueId {
        let elements = self.pool_elements(elements);
        self.emit(Op::Allocate { kind, elements }, span)
    }

    /// Add a generic type with its arguments: an index, a tuple where there are several.
    pub fn generic_type(&mut self, object: ValueId, arguments: &[ValueId], span: Span) -> ValueId {
        let index = match *arguments {
            [] => return object,
            [argument] => argument,
            _ => {
                let item = |&value| Element { kind: ElementKind::Item, key: None, value };
                let elements: Vec<Element> = arguments.iter().map(item).collect();
                self.allocate(AllocationKind::Tuple, &elements, span)
            }
        };
        self.emit(Op::LoadIndex { object, index }, span)
    }

    fn pool_parameter_values(&mut self, values: &[(u32, ValueId)]) -> Range {
        let start = self.body.parameter_values.len() as u32;
        self.body.parameter_values.extend_from_slice(values);
        Range { start, end: self.body.parameter_values.len() as u32 }
    }

    /// Add the definition of a function.
    pub fn make_function(
        &mut self,
        body: BodyId,
        defaults: &[(u32, ValueId)],
        annotations: &[(u32, ValueId)],
        span: Span,
    ) -> ValueId {
        let (defaults, annotations) = (self.pool_parameter_values(defaults), self.pool_parameter_values(annotations));
        let definition = self.definition(Definition { body, defaults, annotations, bases: Range::default() });
        self.emit(Op::MakeFunction(definition), span)
    }

    /// Add the definition of a class.
    pub fn make_class(&mut self, body: BodyId, bases: &[Argument], span: Span) -> ValueId {
        let bases = self.pool_arguments(bases);
        let none = Range::default();
        let definition = self.definition(Definition { body, defaults: none, annotations: none, bases });
        self.emit(Op::MakeClass(definition), span)
    }

    fn definition(&mut self, definition: Definition) -> DefinitionId {
        self.body.definitions.push(definition);
        DefinitionId(self.body.definitions.len() as u32 - 1)
    }

    fn end(&mut self, terminator: Terminator, span: Span) {
        let end = self.body.instructions.len() as u32;
        let block = &mut self.body.blocks[self.current.index()];
        block.instructions.end = end;
        block.terminator = terminator;
        block.span = span;
        self.ended = true;
    }

    /// End the block with an edge to another, unless it was ended.
    pub fn jump(&mut self, target: BlockId, kind: EdgeKind, span: Span) {
        if !self.ended {
            self.edge(target, kind);
            self.end(Terminator::Jump, span);
        }
    }

    /// End the block with the jump of a statement, whose place is kept even if the block has nothing else.
    pub fn jump_by_statement(&mut self, target: BlockId, span: Span) {
        if !self.ended {
            self.stated[self.current.index()] = true;
            self.jump(target, EdgeKind::Jump, span);
        }
    }

    /// End the block by a condition.
    pub fn branch(&mut self, condition: ValueId, if_true: BlockId, if_false: BlockId, span: Span) {
        self.ensure_open();
        self.edge(if_true, EdgeKind::True);
        self.edge(if_false, EdgeKind::False);
        self.end(Terminator::Branch(condition), span);
    }

    /// Take the next item in a block of its own, and end it: to `item` or to `exhausted`. Returns the item.
    pub fn iterate(
        &mut self,
        iterator: ValueId,
        asynchronous: bool,
        item: BlockId,
        exhausted: BlockId,
        span: Span,
    ) -> ValueId {
        let next = self.emit(Op::Next { iterator, asynchronous }, span);
        self.edge(item, EdgeKind::Item);
        self.edge(exhausted, EdgeKind::Exhausted);
        self.end(Terminator::Iterate(next), span);
        next
    }

    /// Add an instruction at which the frame is left, and go on where it is resumed.
    pub fn suspend(&mut self, op: Op, span: Span) -> ValueId {
        let value = self.emit(op, span);
        let next = self.block();
        self.edge(next, EdgeKind::Resume);
        self.end(Terminator::Suspend(value), span);
        self.start(next);
        value
    }

    /// End the block and the body's run; clean-up code was lowered before.
    pub fn end_return(&mut self, value: Option<ValueId>, span: Span) {
        if !self.ended {
            self.edge(EXIT, EdgeKind::Return);
            self.end(Terminator::Return(value), span);
        }
    }

    /// End the block by raising.
    pub fn raise(&mut self, exception: Option<ValueId>, cause: Option<ValueId>, span: Span) {
        self.ensure_open();
        let target = self.handler().unwrap_or(RAISE_EXIT);
        if target != RAISE_EXIT {
            self.before_raising(span);
        }
        if !self.has_raised {
            self.has_raised = true;
            self.edge(target, EdgeKind::Exception);
        }
        self.end(Terminator::Raise { exception, cause }, span);
    }

    /// End the block of merged clean-up code; see [`Builder::dispatch_edge`].
    pub fn dispatch(&mut self, span: Span) -> BlockId {
        self.ensure_open();
        self.end(Terminator::Dispatch, span);
        self.current
    }

    /// Lead edges past blocks that do nothing but jump on, and forget those blocks.
    fn thread(&mut self) {
        let count = self.body.blocks.len();
        let mut next: Vec<u32> = (0..count as u32).collect();
        let mut out = vec![0_u32; count];
        for edge in &self.body.edges {
            out[edge.source.index()] += 1;
        }
        // A phi names the blocks that lead to it.
        let mut is_named = vec![false; count];
        for (block, _) in &self.body.phi_inputs {
            is_named[block.index()] = true;
        }
        for edge in &self.body.edges {
            let at = edge.source.index();
            let block = &self.body.blocks[at];
            let is_idle = block.instructions.is_empty()
                && block.terminator == Terminator::Jump
                && out[at] == 1
                && edge.source != ENTRY
                && edge.source != edge.target;
            if is_idle && !self.stated[at] && !is_named[at] {
                next[at] = edge.target.0;
            }
        }
        // Loops of nothing but jumps stay: a way is followed for as many steps as there are blocks.
        let end_of = |start: BlockId| {
            let mut at = start.0;
            for _ in 0..=count {
                let further = next[at as usize];
                if further == at {
                    return BlockId(at);
                }
                at = further;
            }
            start
        };
        let ends: Vec<BlockId> = (0..count as u32).map(|block| end_of(BlockId(block))).collect();
        let is_gone = |block: BlockId| ends[block.index()] != block;
        self.body.edges.retain(|edge| !is_gone(edge.source));
        for edge in &mut self.body.edges {
            edge.target = ends[edge.target.index()];
        }
        for block in 3..count {
            if is_gone(BlockId(block as u32)) {
                self.started[block] = NEVER;
            }
        }
    }

    /// End the body and return it: blocks in the order in which they were started, edges by source.
    pub fn finish(&mut self, span: Span) -> Body {
        self.end_return(None, span);
        self.thread();
        let end = self.body.instructions.len() as u32;
        for exit in [EXIT, RAISE_EXIT] {
            self.body.blocks[exit.index()].instructions = Range { start: end, end };
        }
        let mut order: Vec<usize> = (3..self.started.len()).filter(|&block| self.started[block] != NEVER).collect();
        order.sort_by_key(|&block| self.started[block]);
        order.splice(0..0, 0..3);
        let mut renumbered = vec![BlockId(NEVER); self.started.len()];
        for (position, &block) in order.iter().enumerate() {
            renumbered[block] = BlockId(position as u32);
        }
        let empty = Body::new(BodyKind::Module, self.body.name, None, span, span);
        let mut body = std::mem::replace(&mut self.body, empty);
        body.blocks = order.iter().map(|&block| body.blocks[block]).collect();
        for edge in &mut body.edges {
            edge.source = renumbered[edge.source.index()];
            edge.target = renumbered[edge.target.index()];
            debug_assert!(edge.source.0 != NEVER && edge.target.0 != NEVER);
        }
        for (block, _) in &mut body.phi_inputs {
            *block = renumbered[block.index()];
        }
        body.edges.sort_by_key(|edge| (edge.source, edge.kind));
        let mut next = 0;
        for (index, block) in body.blocks.iter_mut().enumerate() {
            let start = next;
            while body.edges.get(next).is_some_and(|edge| edge.source.index() == index) {
                next += 1;
            }
            block.edges = Range { start: start as u32, end: next as u32 };
        }
        body
    }
}

/// Say whether an operation may raise, for the purpose of edges to handlers.
fn may_raise(body: &Body, op: &Op) -> bool {
    match op {
        Op::Constant(_)
        | Op::Parameter(_)
        | Op::This
        | Op::Super
        | Op::Phi(_)
        | Op::StoreName { .. }
        | Op::DeleteName(_)
        | Op::MakeFunction(_)
        | Op::DeclareName { .. }
        | Op::DeclareAttribute { .. }
        | Op::UnpackElement { .. }
        | Op::ShapeTest { .. }
        | Op::CatchException
        | Op::Append { .. }
        // See `Builder::load_name`.
        | Op::LoadName(_) => false,
        Op::Binary { operator, .. } => !matches!(operator, BinaryOperator::Identical | BinaryOperator::NotIdentical),
        Op::Unary { operator, .. } => !matches!(operator, UnaryOperator::Not | UnaryOperator::TypeOf),
        Op::Allocate { elements, .. } => {
            body.elements(*elements).iter().any(|element| element.kind == ElementKind::Spread)
        }
        _ => true,
    }
}
