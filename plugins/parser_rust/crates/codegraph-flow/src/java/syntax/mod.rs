//! Java's declarations, statements and expressions with their types as written.
//!
//! The semantic IR says what runs; which of several methods of one name a call means is decided by static types, which
//! it does not keep. So analyses that decide calls read this form: everything that Java's rules of names, types,
//! overloads and inference look at, and nothing else. It is a function of the file's bytes alone.

mod expressions;
mod kinds;
mod reader;
mod statements;

use serde::{Deserialize, Serialize};

pub use reader::Reader;

/// An interned text of the file; see [`File::texts`].
pub type Text = u32;
/// First byte and byte past the last.
pub type Span = (u32, u32);

/// A file.
#[derive(Debug, Default, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct File {
    pub texts: Vec<String>,
    pub package: String,
    pub imports: Vec<Import>,
    pub types: Vec<TypeDeclaration>,
    /// First byte of each line.
    pub lines: Vec<u32>,
}

/// An import.
#[derive(Debug, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Import {
    /// Without `.*`.
    pub path: String,
    pub is_static: bool,
    pub everything: bool,
}

/// What kind of type is declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum TypeKind {
    Class,
    Interface,
    Enum,
    Record,
    Annotation,
    /// `new C() { … }`, or the body of an enum's constant.
    Anonymous,
}

/// Words before a declaration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Modifiers {
    pub is_static: bool,
    pub is_abstract: bool,
    pub is_final: bool,
    pub is_default: bool,
    pub is_private: bool,
    /// Neither `public` nor `protected` nor `private`.
    pub is_packaged: bool,
}

/// `T extends A & B`
#[derive(Debug, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct TypeParameter {
    pub name: Text,
    pub bounds: Vec<TypeExpression>,
}

/// A class, interface, enum or record.
#[derive(Debug, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct TypeDeclaration {
    pub kind: TypeKind,
    pub name: Text,
    pub span: Span,
    pub modifiers: Modifiers,
    pub parameters: Vec<TypeParameter>,
    pub superclass: Option<TypeExpression>,
    pub interfaces: Vec<TypeExpression>,
    /// Of a record.
    pub components: Vec<Parameter>,
    pub members: Vec<Member>,
}

/// A member of a type.
#[derive(Debug, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Member {
    Field { modifiers: Modifiers, type_: TypeExpression, name: Text, value: Option<Expression>, span: Span },
    Method(Method),
    Initializer { is_static: bool, body: Vec<Statement> },
    Type(TypeDeclaration),
    Constant { name: Text, span: Span, arguments: Vec<Expression>, body: Option<TypeDeclaration> },
}

/// A method or constructor.
#[derive(Debug, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Method {
    pub name: Text,
    pub span: Span,
    pub modifiers: Modifiers,
    pub type_parameters: Vec<TypeParameter>,
    /// None of a constructor.
    pub returned: Option<TypeExpression>,
    pub parameters: Vec<Parameter>,
    /// A record's constructor without a list of parameters.
    pub is_compact: bool,
    pub body: Option<Vec<Statement>>,
}

/// A parameter, or a component of a record.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Parameter {
    pub name: Text,
    /// None where a lambda leaves it out.
    pub type_: Option<TypeExpression>,
    pub is_variable: bool,
    pub span: Span,
}

/// A primitive type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Primitive {
    Boolean,
    Byte,
    Short,
    Char,
    Int,
    Long,
    Float,
    Double,
}

/// A type as written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum TypeExpression {
    Primitive(Primitive),
    Void,
    /// `var`
    Inferred,
    /// `a.b.C<X>.D<Y>`: names with their arguments.
    Named {
        parts: Vec<(Text, Vec<TypeExpression>)>,
        is_diamond: bool,
    },
    Array(Box<TypeExpression>),
    /// `?`, `? extends T`, `? super T`
    Wildcard {
        bound: Option<Box<TypeExpression>>,
        is_super: bool,
    },
    /// `A | B` of a handler, `A & B` of a cast.
    Several(Vec<TypeExpression>),
}

/// A statement.
#[derive(Debug, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Statement {
    Local {
        type_: TypeExpression,
        name: Text,
        value: Option<Expression>,
    },
    Expression(Expression),
    /// `this(x)`, `super(x)`, `outer.super(x)`
    ConstructorCall {
        span: Span,
        outer: Option<Expression>,
        is_super: bool,
        arguments: Vec<Expression>,
    },
    If {
        condition: Expression,
        then: Box<Statement>,
        otherwise: Option<Box<Statement>>,
    },
    While {
        condition: Expression,
        body: Box<Statement>,
    },
    Do {
        body: Box<Statement>,
        condition: Expression,
    },
    For {
        first: Vec<Statement>,
        condition: Option<Expression>,
        update: Vec<Expression>,
        body: Box<Statement>,
    },
    ForEach {
        type_: TypeExpression,
        name: Text,
        iterable: Expression,
        body: Box<Statement>,
    },
    Block(Vec<Statement>),
    Return(Option<Expression>),
    Throw(Expression),
    Try {
        resources: Vec<Resource>,
        body: Vec<Statement>,
        handlers: Vec<Handler>,
        finally: Vec<Statement>,
    },
    Labeled {
        label: Text,
        body: Box<Statement>,
    },
    Break(Option<Text>),
    Continue(Option<Text>),
    Yield(Expression),
    Synchronized {
        lock: Expression,
        body: Vec<Statement>,
    },
    Assert(Vec<Expression>),
    Type(TypeDeclaration),
    Empty,
}

/// A resource of a `try`.
#[derive(Debug, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Resource {
    pub span: Span,
    pub declared: Option<(TypeExpression, Text)>,
    pub value: Expression,
}

/// A `catch`.
#[derive(Debug, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Handler {
    pub type_: TypeExpression,
    pub name: Text,
    pub body: Vec<Statement>,
}

/// A pattern.
#[derive(Debug, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Pattern {
    Type { type_: TypeExpression, name: Option<Text> },
    Record { type_: TypeExpression, parts: Vec<Pattern> },
}

/// A label of a `switch`.
#[derive(Debug, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Label {
    Default,
    Value(Expression),
    Pattern(Pattern, Option<Expression>),
}

/// A group or rule of a `switch`.
#[derive(Debug, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Case {
    pub labels: Vec<Label>,
    /// `->`: nothing falls through, and an expression is the value.
    pub is_rule: bool,
    pub body: Vec<Statement>,
}

/// A literal.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Literal {
    Null,
    Boolean(bool),
    Primitive(Primitive),
    /// An `int` with its value, where that fits.
    Integer(i32),
    Text(Text),
}

/// An operator, as far as types depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Operator {
    Add,
    Arithmetic,
    Shift,
    /// `&`, `|`, `^`: of numbers or truth values.
    Bitwise,
    /// `==`
    Same,
    /// `!=`
    Differs,
    /// `<` and the like.
    Compare,
    And,
    Or,
    Not,
}

/// What a lambda runs.
#[derive(Debug, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum LambdaBody {
    Expression(Box<Expression>),
    Block(Vec<Statement>),
}

/// An expression.
#[derive(Debug, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Expression {
    pub span: Span,
    pub kind: ExpressionKind,
}

/// What an expression does.
#[derive(Debug, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum ExpressionKind {
    Unknown(Vec<Expression>),
    Literal(Literal),
    Name(Text),
    This,
    /// `C.this`
    OuterThis(Box<Expression>),
    /// `super` where a member is taken of it; `C.super`, `I.super`.
    Super(Option<Box<Expression>>),
    Field {
        object: Box<Expression>,
        name: Text,
    },
    Index {
        array: Box<Expression>,
        index: Box<Expression>,
    },
    Call {
        object: Option<Box<Expression>>,
        type_arguments: Vec<TypeExpression>,
        name: Text,
        arguments: Vec<Expression>,
    },
    New {
        outer: Option<Box<Expression>>,
        type_: TypeExpression,
        arguments: Vec<Expression>,
        body: Option<Box<TypeDeclaration>>,
    },
    NewArray {
        type_: TypeExpression,
        sizes: Vec<Expression>,
        elements: Option<Vec<Expression>>,
    },
    /// `{a, b}` where an array is declared.
    Elements(Vec<Expression>),
    Cast {
        type_: TypeExpression,
        value: Box<Expression>,
    },
    InstanceOf {
        value: Box<Expression>,
        pattern: Box<Pattern>,
    },
    Unary {
        operator: Operator,
        value: Box<Expression>,
    },
    /// Operands of one operator, from left to right.
    Binary {
        operator: Operator,
        operands: Vec<Expression>,
    },
    Assign {
        operator: Option<Operator>,
        target: Box<Expression>,
        value: Box<Expression>,
    },
    /// `x++`
    Update(Box<Expression>),
    Choice {
        condition: Box<Expression>,
        then: Box<Expression>,
        otherwise: Box<Expression>,
    },
    Lambda {
        parameters: Vec<Parameter>,
        body: LambdaBody,
    },
    /// `C::m`, `o::m`, `super::m`; `new` is a constructor's name. `type_` where what is before is a type for certain.
    MethodReference {
        object: Option<Box<Expression>>,
        type_: Option<TypeExpression>,
        name: Text,
    },
    Switch {
        value: Box<Expression>,
        cases: Vec<Case>,
    },
    ClassLiteral(TypeExpression),
}
