//! The data model of the semantic IR. Language-neutral: a new language brings a lowering and no new instruction.
//!
//! A [`FileIr`] has one [`Body`] for each piece of code that has its own frame: module, class body, function,
//! lambda, generator expression. A body is a control-flow graph of basic blocks over *instructions*. An instruction
//! is a three-address operation; **its index in the body is the value that it defines**, so operands are small
//! numbers, every value has exactly one definition, and that definition dominates its uses. Variables are *not*
//! values: they are read and written by [`Op::LoadName`] and [`Op::StoreName`], and the SSA form says which value
//! reaches which load.
//!
//! Long, because the contract is in one place: what an analysis may meet is what this module lists.

use codegraph_syntax::names::{NameId, Names};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub u32);

        impl $name {
            /// The position in the table that the id belongs to.
            #[inline]
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }
    };
}

id!(
    /// A body of a file; 0 is the file's own.
    BodyId
);
id!(
    /// A basic block of a body; see [`ENTRY`], [`EXIT`] and [`RAISE_EXIT`].
    BlockId
);
id!(
    /// An instruction of a body and the value that it defines.
    ValueId
);
id!(
    /// A variable that a body mentions.
    VariableId
);
id!(
    /// A call of a body.
    CallId
);
id!(
    /// What a body defines by [`Op::MakeFunction`] or [`Op::MakeClass`].
    DefinitionId
);

/// Where a body begins.
pub const ENTRY: BlockId = BlockId(0);
/// Where a body returns; it has no instructions.
pub const EXIT: BlockId = BlockId(1);
/// Where an exception leaves a body; it has no instructions.
pub const RAISE_EXIT: BlockId = BlockId(2);

/// A range of source bytes, 0-based and half-open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Span {
    pub start: u32,
    pub end: u32,
}

/// Part of one of a body's pools.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Range {
    pub start: u32,
    pub end: u32,
}

impl Range {
    #[inline]
    fn of<T>(self, pool: &[T]) -> &[T] {
        &pool[self.start as usize..self.end as usize]
    }

    /// Number of items.
    pub fn len(self) -> usize {
        (self.end - self.start) as usize
    }

    /// Say whether there are none.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }
}

/// A constant. Texts are interned in the file; see [`FileIr::text`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Constant {
    /// Python's `None`, `null` elsewhere.
    Null,
    /// JavaScript's `undefined`; also a value that nothing gives, as on paths where it is not used.
    Undefined,
    /// A truth value.
    Boolean(bool),
    /// An integer of 64 bits.
    Integer(i64),
    /// An integer beyond 64 bits, or an imaginary number: its literal.
    BigNumber(NameId),
    /// A floating-point number.
    Float(f64),
    /// A text, escapes resolved.
    Text(NameId),
    /// A text of bytes, escapes resolved, each byte as the character of that code.
    Bytes(NameId),
    /// Python's `...`.
    Ellipsis,
}

/// An operation on one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum UnaryOperator {
    Negate,
    Plus,
    Invert,
    Not,
    TypeOf,
    /// The names of an object's properties, its prototypes' too: what `for (x in o)` goes through.
    PropertyNames,
}

/// An operation on two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum BinaryOperator {
    Add,
    Subtract,
    Multiply,
    MatrixMultiply,
    Divide,
    FloorDivide,
    Modulo,
    Power,
    ShiftLeft,
    ShiftRight,
    ShiftRightUnsigned,
    BitAnd,
    BitOr,
    BitXor,
    Equal,
    NotEqual,
    StrictEqual,
    StrictNotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    /// The same object.
    Identical,
    NotIdentical,
    /// `left in right`.
    In,
    NotIn,
}

impl BinaryOperator {
    /// Say whether the result is a truth value for builtin operands.
    pub fn is_comparison(self) -> bool {
        self as u8 >= BinaryOperator::Equal as u8
    }
}

/// What a container literal or comprehension makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum AllocationKind {
    List,
    Tuple,
    Set,
    /// Keys to values; an object literal of JavaScript is [`AllocationKind::Object`].
    Map,
    Object,
    Array,
    /// `start:stop:step`; its elements are the three, [`Constant::Null`] where left out.
    Slice,
    /// A type variable of a generic definition.
    TypeVariable,
    /// A regular expression; its one element is its text.
    RegularExpression,
}

/// What an element of an allocation or text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ElementKind {
    /// An item; in a map or object the value whose key is `Element::key`.
    Item,
    /// Everything in the value: `*x`, `**x`, `...x`.
    Spread,
    /// A function that is called where the property `Element::key` is read.
    Getter,
    /// A function that is called where the property `Element::key` is written.
    Setter,
}

/// An element of an allocation or of an interpolated text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Element {
    pub kind: ElementKind,
    pub key: Option<ValueId>,
    pub value: ValueId,
}

/// How an argument is passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArgumentKind {
    /// By position.
    Positional,
    /// By name.
    Named(NameId),
    /// Every item by position: `*x`, `...x`.
    Spread,
    /// Every entry by name: `**x`.
    NamedSpread,
}

/// An argument of a call, or a base of a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Argument {
    pub kind: ArgumentKind,
    pub value: ValueId,
}

/// What kind of call it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallForm {
    /// `f(x)`, `o.m(x)`.
    Plain,
    /// `new C(x)`: the callee is a constructor and the result its object. Python has no such form.
    New,
    /// A decorator or annotation applied to what it decorates, which is the one argument.
    Decorator,
    /// A generator expression's function, called where it is written with the outermost iterator.
    Comprehension,
    /// A JSX element: a component, function or class, with its properties as the one argument.
    Element,
}

/// A call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// Who is called.
    pub callee: ValueId,
    /// The `o` of `o.m(x)`, whose [`Op::LoadAttribute`] is the callee: `this` or the bound receiver.
    pub receiver: Option<ValueId>,
    /// What kind of call it is.
    pub form: CallForm,
    /// See [`Body::arguments`].
    pub arguments: Range,
}

/// A function or class that a body defines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Definition {
    /// Its code.
    pub body: BodyId,
    /// Defaults by index of the parameter; see [`Body::defaults`].
    pub defaults: Range,
    /// Declared types by index of the parameter, [`RETURN_TYPE`] for what is returned; see [`Body::annotations`].
    pub annotations: Range,
    /// Bases of a class and further arguments of its head; see [`Body::bases`].
    pub bases: Range,
}

/// Stands for what a function returns where a parameter is named by its index.
pub const RETURN_TYPE: u32 = u32::MAX;

/// Which part of a sequence an unpacking takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    /// The item of this index.
    Front(u16),
    /// The item of this index from the end; 0 is the last.
    Back(u16),
    /// A new list of all but so many items at both ends.
    Rest {
        /// Items before.
        front: u16,
        /// Items after.
        back: u16,
    },
}

/// What a member of a class is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberKind {
    /// A method.
    Method,
    /// The function that new objects are passed to.
    Constructor,
    /// A function that is called where the member is read.
    Getter,
    /// A function that is called where the member is written.
    Setter,
    /// A value. Those of objects are given by an initializer.
    Field,
    /// A function that gives each new object its fields, before the constructor's own statements.
    Initializer,
}

/// What a value must look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A sequence of `length` items, or of at least so many.
    Sequence {
        /// Number of items.
        length: u16,
        /// No more than these.
        exact: bool,
    },
    /// A mapping.
    Mapping,
}

/// What an instruction does. Operands are values defined earlier.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Op {
    /// A constant.
    Constant(Constant),
    /// Something that the lowering does not understand, such as a syntax error: any value, any effect.
    Unknown,
    /// The value of a parameter, by index; stored into its variable at the entry.
    Parameter(u32),
    /// `this`: the receiver of a function that does not name it among its parameters.
    This,
    /// `super`: the receiver, seen as its base.
    Super,
    /// One of several values, by the edge on which control came; see [`Body::phi_inputs`]. Only for expressions
    /// (`a or b`, `x if c else y`) and merged clean-up code: variables are merged by SSA.
    Phi(Range),

    /// The value of a variable.
    LoadName(VariableId),
    /// Give a variable a value.
    StoreName {
        /// The variable.
        variable: VariableId,
        /// Its value.
        value: ValueId,
    },
    /// Unbind a variable.
    DeleteName(VariableId),
    /// `object.name`; bound methods, properties and prototypes are for the analysis to know.
    LoadAttribute {
        /// The object.
        object: ValueId,
        /// The attribute.
        name: NameId,
    },
    /// `object.name = value`
    StoreAttribute {
        /// The object.
        object: ValueId,
        /// The attribute.
        name: NameId,
        /// Its value.
        value: ValueId,
    },
    /// `del object.name`
    DeleteAttribute {
        /// The object.
        object: ValueId,
        /// The attribute.
        name: NameId,
    },
    /// `object[index]`
    LoadIndex {
        /// The container.
        object: ValueId,
        /// The index or key; several are a tuple.
        index: ValueId,
    },
    /// `object[index] = value`
    StoreIndex {
        /// The container.
        object: ValueId,
        /// The index or key.
        index: ValueId,
        /// The item.
        value: ValueId,
    },
    /// `del object[index]`
    DeleteIndex {
        /// The container.
        object: ValueId,
        /// The index or key.
        index: ValueId,
    },

    /// An operation on one value.
    Unary {
        /// The operator.
        operator: UnaryOperator,
        /// Its operand.
        value: ValueId,
    },
    /// An operation on two values.
    Binary {
        /// The operator.
        operator: BinaryOperator,
        /// It may change `left` and give it back: `left += right`.
        in_place: bool,
        /// The left operand.
        left: ValueId,
        /// The right operand.
        right: ValueId,
    },
    /// A text of constant and computed parts; see [`Body::elements`].
    Interpolate(Range),

    /// A call; see [`Body::call`].
    Call(CallId),
    /// A new container with its elements; see [`Body::elements`].
    Allocate {
        /// What is made.
        kind: AllocationKind,
        /// What is in it.
        elements: Range,
    },
    /// Add an item to a container that a comprehension builds.
    Append {
        /// The container.
        container: ValueId,
        /// The key, in a map.
        key: Option<ValueId>,
        /// The item.
        value: ValueId,
    },
    /// A new function object, with its defaults; what it captures is what its body's variables say.
    MakeFunction(DefinitionId),
    /// Run a class body and make the class.
    MakeClass(DefinitionId),
    /// Give the class whose body this is a member. Languages whose class bodies have variables have no need of it.
    DefineMember {
        /// Its name, a text unless it is computed.
        key: ValueId,
        /// Its function or value.
        value: ValueId,
        /// What it is.
        kind: MemberKind,
        /// It is the class's own, not its objects'.
        is_static: bool,
    },

    /// Import a module: `path` is its dotted or quoted name.
    ImportModule {
        /// The module's name as written, without leading dots.
        path: NameId,
        /// Leading dots of a relative import.
        level: u16,
        /// The value is the package that the name begins with, as after `import a.b`.
        root: bool,
    },
    /// What a module exports by a name; a submodule too.
    ImportMember {
        /// The module.
        module: ValueId,
        /// The name.
        name: NameId,
    },
    /// Bind everything that a module exports in the variables of this body.
    ImportAll(ValueId),

    /// The declared type of a variable.
    DeclareName {
        /// The variable.
        variable: VariableId,
        /// Its type.
        annotation: ValueId,
    },
    /// The declared type of an attribute.
    DeclareAttribute {
        /// The object.
        object: ValueId,
        /// The attribute.
        name: NameId,
        /// Its type.
        annotation: ValueId,
    },

    /// An iterator over a value.
    GetIterator {
        /// The iterable.
        value: ValueId,
        /// `async for`.
        asynchronous: bool,
    },
    /// The next item; ends its block, whose terminator is [`Terminator::Iterate`], and is defined on the edge
    /// [`EdgeKind::Item`] alone.
    Next {
        /// The iterator.
        iterator: ValueId,
        /// `async for`.
        asynchronous: bool,
    },
    /// Enter a context or resource; the value is what it binds.
    EnterContext {
        /// The manager or resource.
        manager: ValueId,
        /// `async with`.
        asynchronous: bool,
    },
    /// Leave a context or resource; the value says whether the exception is swallowed.
    ExitContext {
        /// The manager or resource.
        manager: ValueId,
        /// The exception by which it is left.
        exception: Option<ValueId>,
        /// `async with`.
        asynchronous: bool,
    },

    /// A sequence about to be taken apart into this many items; raises if it has others.
    Unpack {
        /// The iterable.
        value: ValueId,
        /// Number of items that it must have.
        count: u16,
        /// Or more: one target is starred.
        rest: bool,
    },
    /// A part of what [`Op::Unpack`] or a test of [`Shape::Sequence`] has seen.
    UnpackElement {
        /// The unpacked sequence.
        sequence: ValueId,
        /// Which part.
        position: Position,
    },
    /// A component of a value by the class that it is matched against: Python's `__match_args__`, a record's
    /// component, a tuple struct's field.
    Component {
        /// The value.
        value: ValueId,
        /// The class.
        class: ValueId,
        /// The index.
        index: u16,
    },
    /// Whether a value is an instance of a class, or of one of a tuple of classes.
    TypeTest {
        /// The value.
        value: ValueId,
        /// The class.
        class: ValueId,
    },
    /// Whether a value has a shape.
    ShapeTest {
        /// The value.
        value: ValueId,
        /// The shape.
        shape: Shape,
    },

    /// Wait for a value; ends its block, as [`Op::Yield`] does.
    Await(ValueId),
    /// Hand out a value; the result is what is sent in.
    Yield(ValueId),
    /// Hand out all items of an iterable; the result is what it returns.
    YieldFrom(ValueId),
    /// The exception that a handler was entered with; begins its block.
    CatchException,
}

/// An instruction.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Instruction {
    /// What it does.
    pub op: Op,
    /// Where it is written. Clean-up code that is on several paths has the same span on each.
    pub span: Span,
    /// It is part of an annotation: a type fact, whether or not the language evaluates it.
    pub in_annotation: bool,
}

/// How a block ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Terminator {
    /// The exits' own.
    End,
    /// To the one normal successor.
    Jump,
    /// To [`EdgeKind::True`] or [`EdgeKind::False`].
    Branch(ValueId),
    /// To [`EdgeKind::Item`] with the next item, or to [`EdgeKind::Exhausted`].
    Iterate(ValueId),
    /// The frame is left until it is resumed, then to [`EdgeKind::Resume`].
    Suspend(ValueId),
    /// Merged clean-up code, which goes on where its path leads: to one of its [`EdgeKind::Finally`].
    Dispatch,
    /// To [`EXIT`].
    Return(Option<ValueId>),
    /// To the nearest handler or [`RAISE_EXIT`]. No exception: the one being handled, again.
    Raise {
        /// What is raised.
        exception: Option<ValueId>,
        /// Its declared cause.
        cause: Option<ValueId>,
    },
}

/// When an edge is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EdgeKind {
    /// Always.
    Jump,
    /// The condition holds.
    True,
    /// The condition does not hold.
    False,
    /// The iterator gave an item.
    Item,
    /// The iterator is exhausted.
    Exhausted,
    /// The frame is resumed after `yield` or `await`.
    Resume,
    /// Merged clean-up code ends on this path.
    Finally,
    /// The function returns.
    Return,
    /// An instruction raised. Variables then have the values that they had **at the block's entry**: a block that a
    /// handler protects stores no variable before its last instruction that may raise.
    Exception,
}

impl EdgeKind {
    /// Return the kind's name in tables.
    pub fn name(self) -> &'static str {
        match self {
            EdgeKind::Jump => "jump",
            EdgeKind::True => "true",
            EdgeKind::False => "false",
            EdgeKind::Item => "item",
            EdgeKind::Exhausted => "exhausted",
            EdgeKind::Resume => "resume",
            EdgeKind::Finally => "finally",
            EdgeKind::Return => "return",
            EdgeKind::Exception => "exception",
        }
    }
}

/// An edge of the control-flow graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Edge {
    pub source: BlockId,
    pub target: BlockId,
    pub kind: EdgeKind,
}

/// A basic block.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Block {
    /// Its instructions; see [`Body::instructions_of`].
    pub instructions: Range,
    /// How it ends.
    pub terminator: Terminator,
    /// Where the statement or expression is that ends it.
    pub span: Span,
    /// Its edges; see [`Body::successors`].
    pub edges: Range,
}

/// Where a variable lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Storage {
    /// In this body's frame, and only this body mentions it.
    Local,
    /// In this body's frame, and inner bodies capture it.
    Cell,
    /// An attribute of the class whose body this is; until it is bound, a global of that name is read.
    Member,
    /// In the frame of a body around this one.
    Captured {
        /// The body that owns it.
        body: BodyId,
        /// The variable there, whose storage is [`Storage::Cell`].
        variable: VariableId,
    },
    /// Of the file; `variable` is the one of body 0, or none where no statement of this file binds the name.
    Global {
        /// The variable of body 0.
        variable: Option<VariableId>,
    },
    /// The language's own.
    Builtin,
}

/// A variable as one body sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: NameId,
    /// Where it lives.
    pub storage: Storage,
    /// Another body of this file binds it too (`nonlocal`, `global`): calls may change it.
    pub written_elsewhere: bool,
    /// It belongs to a comprehension or to type parameters, not to the whole body.
    pub private: bool,
}

impl Variable {
    /// Say whether the body that lists the variable owns it.
    pub fn is_owned(&self, body: BodyId) -> bool {
        match self.storage {
            Storage::Local | Storage::Cell | Storage::Member => true,
            Storage::Global { variable } => body.0 == 0 && variable.is_some(),
            Storage::Captured { .. } | Storage::Builtin => false,
        }
    }
}

/// How a parameter takes its argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterKind {
    /// By position only.
    PositionalOnly,
    /// By position or name.
    Plain,
    /// The rest of the positional arguments.
    Rest,
    /// By name only.
    NamedOnly,
    /// The rest of the named arguments.
    NamedRest,
    /// All arguments, also those that other parameters take: JavaScript's `arguments`.
    All,
}

/// A parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name; empty for one that is taken apart.
    pub name: NameId,
    /// How it takes its argument.
    pub kind: ParameterKind,
    /// Its variable; none for one that is taken apart.
    pub variable: Option<VariableId>,
    /// A default is declared; its value is in the [`Definition`].
    pub has_default: bool,
    /// Where it is declared.
    pub span: Span,
}

/// What kind of code a body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum BodyKind {
    Module,
    Class,
    Function,
    Lambda,
    /// A generator expression. Its one parameter is the outermost iterator.
    Comprehension,
    /// The values of a class's instance fields; see [`MemberKind::Initializer`].
    Initializer,
}

impl BodyKind {
    /// Return the kind's name in tables.
    pub fn name(self) -> &'static str {
        match self {
            BodyKind::Module => "module",
            BodyKind::Class => "class",
            BodyKind::Function => "function",
            BodyKind::Lambda => "lambda",
            BodyKind::Comprehension => "comprehension",
            BodyKind::Initializer => "initializer",
        }
    }
}

/// Code with a frame of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct Body {
    /// What kind of code it is.
    pub kind: BodyKind,
    /// Its name: `f`, `<lambda1>`, `<genexpr1>`; the module's is empty. Not changed by redefinitions.
    pub name: NameId,
    /// The body around it.
    pub parent: Option<BodyId>,
    /// Its definition, without decorators.
    pub span: Span,
    /// Its name, or as much as `span` where it has none.
    pub name_span: Span,
    /// It is a coroutine or asynchronous generator.
    pub is_async: bool,
    /// It has `yield`: a call makes a generator.
    pub is_generator: bool,
    /// Part of the code was too deeply nested and is [`Op::Unknown`].
    pub is_truncated: bool,
    /// Its parameters, in order.
    pub parameters: Vec<Parameter>,
    /// Its variables: those it owns first, in order of first binding, then others in order of first mention.
    pub variables: Vec<Variable>,
    /// Its blocks.
    pub blocks: Vec<Block>,
    pub(crate) instructions: Vec<Instruction>,
    pub(crate) edges: Vec<Edge>,
    pub(crate) calls: Vec<Call>,
    pub(crate) arguments: Vec<Argument>,
    pub(crate) elements: Vec<Element>,
    pub(crate) definitions: Vec<Definition>,
    pub(crate) parameter_values: Vec<(u32, ValueId)>,
    pub(crate) phi_inputs: Vec<(BlockId, ValueId)>,
}

impl Body {
    /// Make a body without code.
    pub(crate) fn new(kind: BodyKind, name: NameId, parent: Option<BodyId>, span: Span, name_span: Span) -> Self {
        Self {
            kind,
            name,
            parent,
            span,
            name_span,
            is_async: false,
            is_generator: false,
            is_truncated: false,
            parameters: Vec::new(),
            variables: Vec::new(),
            blocks: Vec::new(),
            instructions: Vec::new(),
            edges: Vec::new(),
            calls: Vec::new(),
            arguments: Vec::new(),
            elements: Vec::new(),
            definitions: Vec::new(),
            parameter_values: Vec::new(),
            phi_inputs: Vec::new(),
        }
    }

    /// Return its blocks with their ids. [`ENTRY`], [`EXIT`] and [`RAISE_EXIT`] come first.
    pub fn blocks(&self) -> impl ExactSizeIterator<Item = (BlockId, &Block)> {
        self.blocks.iter().enumerate().map(|(index, block)| (BlockId(index as u32), block))
    }

    /// Return a block.
    #[inline]
    pub fn block(&self, block: BlockId) -> &Block {
        &self.blocks[block.index()]
    }

    /// Return all instructions in the order of their values, which within a block is the order of execution.
    #[inline]
    pub fn instructions(&self) -> &[Instruction] {
        &self.instructions
    }

    /// Return an instruction by the value that it defines.
    #[inline]
    pub fn instruction(&self, value: ValueId) -> &Instruction {
        &self.instructions[value.index()]
    }

    /// Return the instructions of a block, in order, with their values.
    #[inline]
    pub fn instructions_of(&self, block: BlockId) -> impl ExactSizeIterator<Item = (ValueId, &Instruction)> {
        let range = self.block(block).instructions;
        range.of(&self.instructions).iter().enumerate().map(move |(at, item)| (ValueId(range.start + at as u32), item))
    }

    /// Return the edges that leave a block; `True` before `False`, `Item` before `Exhausted`, `Exception` last.
    #[inline]
    pub fn successors(&self, block: BlockId) -> &[Edge] {
        self.block(block).edges.of(&self.edges)
    }

    /// Return all edges, by source.
    #[inline]
    pub fn edges(&self) -> &[Edge] {
        &self.edges
    }

    /// Return a variable.
    #[inline]
    pub fn variable(&self, variable: VariableId) -> &Variable {
        &self.variables[variable.index()]
    }

    /// Return the variables of bodies around this one that it mentions: (here, owner, there).
    pub fn captures(&self) -> impl Iterator<Item = (VariableId, BodyId, VariableId)> + '_ {
        self.variables.iter().enumerate().filter_map(|(index, variable)| match variable.storage {
            Storage::Captured { body, variable } => Some((VariableId(index as u32), body, variable)),
            _ => None,
        })
    }

    /// Return a call.
    #[inline]
    pub fn call(&self, call: CallId) -> &Call {
        &self.calls[call.index()]
    }

    /// Return a call's arguments, in the order in which they are written.
    #[inline]
    pub fn arguments(&self, call: CallId) -> &[Argument] {
        self.calls[call.index()].arguments.of(&self.arguments)
    }

    /// Return the elements of an allocation or interpolated text.
    #[inline]
    pub fn elements(&self, elements: Range) -> &[Element] {
        elements.of(&self.elements)
    }

    /// Return the inputs of a phi: where control came from, and the value then.
    #[inline]
    pub fn phi_inputs(&self, inputs: Range) -> &[(BlockId, ValueId)] {
        inputs.of(&self.phi_inputs)
    }

    /// Return a definition.
    #[inline]
    pub fn definition(&self, definition: DefinitionId) -> &Definition {
        &self.definitions[definition.index()]
    }

    /// Return a function's defaults: index of the parameter, value in this body.
    #[inline]
    pub fn defaults(&self, definition: DefinitionId) -> &[(u32, ValueId)] {
        self.definition(definition).defaults.of(&self.parameter_values)
    }

    /// Return a function's declared types: index of the parameter or [`RETURN_TYPE`], value in this body.
    #[inline]
    pub fn annotations(&self, definition: DefinitionId) -> &[(u32, ValueId)] {
        self.definition(definition).annotations.of(&self.parameter_values)
    }

    /// Return a class's bases and the other arguments of its head.
    #[inline]
    pub fn bases(&self, definition: DefinitionId) -> &[Argument] {
        self.definition(definition).bases.of(&self.arguments)
    }

    /// Call back with each value that an operation reads, in order of evaluation.
    pub fn for_each_operand(&self, op: &Op, mut visit: impl FnMut(ValueId)) {
        match *op {
            Op::Constant(_)
            | Op::Unknown
            | Op::Parameter(_)
            | Op::This
            | Op::Super
            | Op::LoadName(_)
            | Op::DeleteName(_)
            | Op::ImportModule { .. }
            | Op::CatchException => {}
            Op::Phi(inputs) => self.phi_inputs(inputs).iter().for_each(|(_, value)| visit(*value)),
            Op::StoreName { value, .. }
            | Op::Unary { value, .. }
            | Op::GetIterator { value, .. }
            | Op::Unpack { value, .. }
            | Op::ShapeTest { value, .. }
            | Op::Await(value)
            | Op::Yield(value)
            | Op::YieldFrom(value)
            | Op::LoadAttribute { object: value, .. }
            | Op::DeleteAttribute { object: value, .. }
            | Op::ImportMember { module: value, .. }
            | Op::ImportAll(value)
            | Op::DeclareName { annotation: value, .. }
            | Op::Next { iterator: value, .. }
            | Op::EnterContext { manager: value, .. }
            | Op::UnpackElement { sequence: value, .. } => visit(value),
            Op::StoreAttribute { object: first, value: second, .. }
            | Op::DeclareAttribute { object: first, annotation: second, .. }
            | Op::LoadIndex { object: first, index: second }
            | Op::DeleteIndex { object: first, index: second }
            | Op::Binary { left: first, right: second, .. }
            | Op::Component { value: first, class: second, .. }
            | Op::TypeTest { value: first, class: second }
            | Op::DefineMember { key: first, value: second, .. } => {
                visit(first);
                visit(second);
            }
            Op::StoreIndex { object, index, value } => {
                visit(object);
                visit(index);
                visit(value);
            }
            Op::Append { container, key, value } => {
                visit(container);
                key.into_iter().for_each(&mut visit);
                visit(value);
            }
            Op::ExitContext { manager, exception, .. } => {
                visit(manager);
                exception.into_iter().for_each(visit);
            }
            Op::Interpolate(elements) | Op::Allocate { elements, .. } => {
                for element in self.elements(elements) {
                    element.key.into_iter().for_each(&mut visit);
                    visit(element.value);
                }
            }
            Op::Call(call) => {
                // The receiver is the object of the callee's own instruction.
                visit(self.call(call).callee);
                self.arguments(call).iter().for_each(|argument| visit(argument.value));
            }
            Op::MakeFunction(definition) | Op::MakeClass(definition) => {
                self.bases(definition).iter().for_each(|base| visit(base.value));
                self.defaults(definition).iter().for_each(|(_, value)| visit(*value));
                self.annotations(definition).iter().for_each(|(_, value)| visit(*value));
            }
        }
    }

    /// Call back with each value that a block's end reads.
    pub fn for_each_terminator_operand(&self, terminator: &Terminator, mut visit: impl FnMut(ValueId)) {
        match *terminator {
            Terminator::End | Terminator::Jump | Terminator::Dispatch => {}
            Terminator::Branch(value) | Terminator::Iterate(value) | Terminator::Suspend(value) => visit(value),
            Terminator::Return(value) => value.into_iter().for_each(visit),
            Terminator::Raise { exception, cause } => exception.into_iter().chain(cause).for_each(visit),
        }
    }
}

/// A file's bodies and texts.
#[derive(Debug)]
pub struct FileIr {
    pub(crate) bodies: Vec<Body>,
    pub(crate) names: Names,
    /// Syntax errors and missing tokens.
    pub parse_errors: u32,
    /// Some statement binds names that only another file knows (`from m import *`).
    pub has_wildcard_import: bool,
    /// What the file exports by declaration; empty where a module's variables are what it exports.
    pub exports: Vec<Export>,
}

/// A name that a file exports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Export {
    /// The name by which other files import it; `*` for [`ExportTarget::All`].
    pub name: NameId,
    /// What it means.
    pub target: ExportTarget,
}

/// What an exported name means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum ExportTarget {
    /// A variable of body 0, whatever its value is when it is read.
    Variable(VariableId),
    /// What another module exports by a name.
    Member { path: NameId, name: NameId },
    /// Another module.
    Module { path: NameId },
    /// Everything that another module exports but its default.
    All { path: NameId },
}

impl FileIr {
    /// Return its bodies with their ids: the file's own first, each before those inside it, in source order.
    pub fn bodies(&self) -> impl ExactSizeIterator<Item = (BodyId, &Body)> {
        self.bodies.iter().enumerate().map(|(index, body)| (BodyId(index as u32), body))
    }

    /// Return a body.
    #[inline]
    pub fn body(&self, body: BodyId) -> &Body {
        &self.bodies[body.index()]
    }

    /// Return a name's or text's characters.
    #[inline]
    pub fn text(&self, name: NameId) -> &str {
        self.names.text(name)
    }

    /// Return all names and texts of the file; ids are equal where texts are.
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// Return a body's name with those around it, without the module's: `Class.method.<lambda1>`.
    pub fn qualified_name(&self, body: BodyId) -> String {
        let mut parts = Vec::new();
        let mut next = Some(body);
        while let Some(id) = next {
            let body = self.body(id);
            if body.kind != BodyKind::Module {
                parts.push(self.text(body.name));
            }
            next = body.parent;
        }
        parts.reverse();
        parts.join(".")
    }
}
