//! Which nodes of Java's grammar the lowering and the reader of typed files know.

use codegraph_syntax::core::Action;

use crate::tree::kinds;

kinds! {
    Program "program",
    Error "ERROR",
    Package "package_declaration",
    Import "import_declaration",
    Asterisk "asterisk",
    // declarations
    Class "class_declaration",
    Interface "interface_declaration",
    Enum "enum_declaration",
    Record "record_declaration",
    AnnotationType "annotation_type_declaration",
    ClassBody "class_body",
    InterfaceBody "interface_body",
    EnumBody "enum_body",
    EnumDeclarations "enum_body_declarations",
    AnnotationBody "annotation_type_body",
    EnumConstant "enum_constant",
    Superclass "superclass",
    Interfaces "super_interfaces",
    Extends "extends_interfaces",
    TypeList "type_list",
    Modifiers "modifiers",
    Field "field_declaration",
    Constant "constant_declaration",
    Method "method_declaration",
    AnnotationElement "annotation_type_element_declaration",
    Constructor "constructor_declaration",
    CompactConstructor "compact_constructor_declaration",
    StaticInitializer "static_initializer",
    Parameters "formal_parameters",
    Parameter "formal_parameter",
    SpreadParameter "spread_parameter",
    InferredParameters "inferred_parameters",
    TypeParameters "type_parameters",
    TypeParameter "type_parameter",
    TypeBound "type_bound",
    Dimensions "dimensions",
    // statements
    Block "block",
    ConstructorBody "constructor_body",
    ConstructorCall "explicit_constructor_invocation",
    LocalVariable "local_variable_declaration",
    Declarator "variable_declarator",
    ExpressionStatement "expression_statement",
    If "if_statement",
    While "while_statement",
    Do "do_statement",
    For "for_statement",
    ForEach "enhanced_for_statement",
    Labeled "labeled_statement",
    Break "break_statement",
    Continue "continue_statement",
    Return "return_statement",
    Yield "yield_statement",
    Throw "throw_statement",
    Assert "assert_statement",
    Synchronized "synchronized_statement",
    Try "try_statement",
    TryResources "try_with_resources_statement",
    Resources "resource_specification",
    Resource "resource",
    Catch "catch_clause",
    CatchParameter "catch_formal_parameter",
    CatchType "catch_type",
    Finally "finally_clause",
    Switch "switch_expression",
    SwitchBlock "switch_block",
    SwitchGroup "switch_block_statement_group",
    SwitchRule "switch_rule",
    SwitchLabel "switch_label",
    Guard "guard",
    // patterns
    Pattern "pattern",
    TypePattern "type_pattern",
    RecordPattern "record_pattern",
    RecordPatternBody "record_pattern_body",
    RecordPatternComponent "record_pattern_component",
    Underscore "underscore_pattern",
    // expressions
    Parenthesized "parenthesized_expression",
    Assignment "assignment_expression",
    Binary "binary_expression",
    Unary "unary_expression",
    Update "update_expression",
    Ternary "ternary_expression",
    InstanceOf "instanceof_expression",
    Cast "cast_expression",
    Lambda "lambda_expression",
    MethodReference "method_reference",
    MethodCall "method_invocation",
    Arguments "argument_list",
    New "object_creation_expression",
    NewArray "array_creation_expression",
    ArrayInitializer "array_initializer",
    DimensionsExpression "dimensions_expr",
    FieldAccess "field_access",
    ArrayAccess "array_access",
    ClassLiteral "class_literal",
    Identifier "identifier",
    ScopedIdentifier "scoped_identifier",
    This "this",
    Super "super",
    True "true",
    False "false",
    Null "null_literal",
    DecimalInteger "decimal_integer_literal",
    HexInteger "hex_integer_literal",
    OctalInteger "octal_integer_literal",
    BinaryInteger "binary_integer_literal",
    DecimalFloat "decimal_floating_point_literal",
    HexFloat "hex_floating_point_literal",
    Character "character_literal",
    String "string_literal",
    StringFragment "string_fragment",
    MultilineFragment "multiline_string_fragment",
    Escape "escape_sequence",
    Interpolation "string_interpolation",
    Template "template_expression",
    // types
    TypeIdentifier "type_identifier",
    ScopedType "scoped_type_identifier",
    GenericType "generic_type",
    AnnotatedType "annotated_type",
    ArrayType "array_type",
    TypeArguments "type_arguments",
    Wildcard "wildcard",
    PrimitiveInteger "integral_type",
    PrimitiveFloat "floating_point_type",
    PrimitiveBoolean "boolean_type",
    Void "void_type",
}

/// Fields of which they speak, by number less one; see [`field`].
pub(crate) const FIELDS: [&str; 25] = [
    "name",
    "body",
    "parameters",
    "type",
    "value",
    "object",
    "field",
    "arguments",
    "array",
    "index",
    "left",
    "right",
    "operator",
    "operand",
    "condition",
    "consequence",
    "alternative",
    "init",
    "update",
    "resources",
    "constructor",
    "pattern",
    "type_arguments",
    "element",
    "dimensions",
];

/// Numbers of fields.
#[allow(missing_docs)]
pub(crate) mod field {
    pub(crate) const NAME: u8 = 1;
    pub(crate) const BODY: u8 = 2;
    pub(crate) const PARAMETERS: u8 = 3;
    pub(crate) const TYPE: u8 = 4;
    pub(crate) const VALUE: u8 = 5;
    pub(crate) const OBJECT: u8 = 6;
    pub(crate) const FIELD: u8 = 7;
    pub(crate) const ARGUMENTS: u8 = 8;
    pub(crate) const ARRAY: u8 = 9;
    pub(crate) const INDEX: u8 = 10;
    pub(crate) const LEFT: u8 = 11;
    pub(crate) const RIGHT: u8 = 12;
    pub(crate) const OPERATOR: u8 = 13;
    pub(crate) const OPERAND: u8 = 14;
    pub(crate) const CONDITION: u8 = 15;
    pub(crate) const CONSEQUENCE: u8 = 16;
    pub(crate) const ALTERNATIVE: u8 = 17;
    pub(crate) const INIT: u8 = 18;
    pub(crate) const UPDATE: u8 = 19;
    pub(crate) const RESOURCES: u8 = 20;
    pub(crate) const CONSTRUCTOR: u8 = 21;
    pub(crate) const PATTERN: u8 = 22;
    pub(crate) const TYPE_ARGUMENTS: u8 = 23;
    pub(crate) const ELEMENT: u8 = 24;
    pub(crate) const DIMENSIONS: u8 = 25;
}

/// Tokens that are recorded: operators, and words that change what their statement means.
const TOKENS: &[&str] = &[
    "+",
    "-",
    "*",
    "/",
    "%",
    "|",
    "&",
    "^",
    "<<",
    ">>",
    ">>>",
    "~",
    "!",
    "<",
    "<=",
    "==",
    "!=",
    ">=",
    ">",
    "&&",
    "||",
    "+=",
    "-=",
    "*=",
    "/=",
    "%=",
    "<<=",
    ">>=",
    ">>>=",
    "&=",
    "|=",
    "^=",
    "++",
    "--",
    "=",
    "static",
    "new",
    "default",
    "instanceof",
    "->",
];

/// Return a symbol's kind and how the lowering records it.
pub(crate) fn kind_of(name: &str, named: bool) -> (Kind, Action) {
    if !named {
        return if TOKENS.contains(&name) { (Kind::Token, Action::Leaf) } else { (Kind::Other, Action::Drop) };
    }
    if matches!(name, "type_parameters" | "dimensions" | "annotation_type_element_declaration") {
        return (Kind::Other, Action::Drop);
    }
    named_kind(name, |kind| matches!(kind, Kind::StringFragment | Kind::MultilineFragment | Kind::Escape))
}

/// Return a named symbol's kind and how it is recorded; besides words, those are leaves that `is_leaf` names.
pub(super) fn named_kind(name: &str, is_leaf: impl Fn(Kind) -> bool) -> (Kind, Action) {
    if matches!(
        name,
        "line_comment"
            | "block_comment"
            | "annotation"
            | "marker_annotation"
            | "throws"
            | "permits"
            | "receiver_parameter"
            | "module_declaration"
    ) {
        return (Kind::Other, Action::Drop);
    }
    let kind = NAMED.iter().find(|(known, _)| *known == name).map_or(Kind::Other, |(_, kind)| *kind);
    let word = matches!(
        kind,
        Kind::Identifier
            | Kind::TypeIdentifier
            | Kind::Asterisk
            | Kind::This
            | Kind::Super
            | Kind::True
            | Kind::False
            | Kind::Null
            | Kind::DecimalInteger
            | Kind::HexInteger
            | Kind::OctalInteger
            | Kind::BinaryInteger
            | Kind::DecimalFloat
            | Kind::HexFloat
            | Kind::Character
            | Kind::PrimitiveInteger
            | Kind::PrimitiveFloat
            | Kind::PrimitiveBoolean
            | Kind::Void
            | Kind::Underscore
    );
    (kind, if word || is_leaf(kind) { Action::Leaf } else { Action::Record })
}
