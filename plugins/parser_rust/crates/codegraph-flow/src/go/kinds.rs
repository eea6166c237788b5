//! Which nodes of Go's grammar the lowering knows.

use codegraph_syntax::core::Action;

use crate::tree::kinds;

kinds! {
    SourceFile "source_file",
    Error "ERROR",
    Import "import_declaration",
    ImportSpec "import_spec",
    ImportList "import_spec_list",
    Dot "dot",
    // declarations
    Function "function_declaration",
    Method "method_declaration",
    Parameters "parameter_list",
    Parameter "parameter_declaration",
    VariadicParameter "variadic_parameter_declaration",
    Const "const_declaration",
    ConstSpec "const_spec",
    Var "var_declaration",
    VarList "var_spec_list",
    VarSpec "var_spec",
    Type "type_declaration",
    TypeSpec "type_spec",
    TypeAlias "type_alias",
    FieldList "field_declaration_list",
    FieldDeclaration "field_declaration",
    // statements
    Block "block",
    StatementList "statement_list",
    ExpressionStatement "expression_statement",
    Send "send_statement",
    Increment "inc_statement",
    Decrement "dec_statement",
    Assignment "assignment_statement",
    ShortVar "short_var_declaration",
    Labeled "labeled_statement",
    Label "label_name",
    Fallthrough "fallthrough_statement",
    Break "break_statement",
    Continue "continue_statement",
    Goto "goto_statement",
    Return "return_statement",
    Go "go_statement",
    Defer "defer_statement",
    If "if_statement",
    For "for_statement",
    ForClause "for_clause",
    RangeClause "range_clause",
    Switch "expression_switch_statement",
    Case "expression_case",
    Default "default_case",
    TypeSwitch "type_switch_statement",
    TypeCase "type_case",
    Select "select_statement",
    Communication "communication_case",
    Receive "receive_statement",
    // expressions
    ExpressionList "expression_list",
    Parenthesized "parenthesized_expression",
    Call "call_expression",
    Arguments "argument_list",
    VariadicArgument "variadic_argument",
    Selector "selector_expression",
    Index "index_expression",
    Slice "slice_expression",
    TypeAssertion "type_assertion_expression",
    TypeConversion "type_conversion_expression",
    TypeInstantiation "type_instantiation_expression",
    Composite "composite_literal",
    LiteralValue "literal_value",
    LiteralElement "literal_element",
    KeyedElement "keyed_element",
    FunctionLiteral "func_literal",
    Unary "unary_expression",
    Binary "binary_expression",
    Identifier "identifier",
    Blank "blank_identifier",
    FieldIdentifier "field_identifier",
    PackageIdentifier "package_identifier",
    Text "interpreted_string_literal",
    TextPart "interpreted_string_literal_content",
    Escape "escape_sequence",
    RawText "raw_string_literal",
    RawTextPart "raw_string_literal_content",
    Integer "int_literal",
    Float "float_literal",
    Imaginary "imaginary_literal",
    Rune "rune_literal",
    Nil "nil",
    True "true",
    False "false",
    Iota "iota",
    // types
    TypeIdentifier "type_identifier",
    QualifiedType "qualified_type",
    GenericType "generic_type",
    TypeArguments "type_arguments",
    TypeElement "type_elem",
    PointerType "pointer_type",
    ArrayType "array_type",
    ImplicitArrayType "implicit_length_array_type",
    SliceType "slice_type",
    MapType "map_type",
    ChannelType "channel_type",
    FunctionType "function_type",
    StructType "struct_type",
    InterfaceType "interface_type",
    ParenthesizedType "parenthesized_type",
}

/// Fields of which it speaks, by number less one; see [`field`].
pub(super) const FIELDS: [&str; 30] = [
    "name",
    "body",
    "parameters",
    "type",
    "value",
    "receiver",
    "result",
    "left",
    "right",
    "operator",
    "operand",
    "condition",
    "consequence",
    "alternative",
    "initializer",
    "update",
    "label",
    "function",
    "arguments",
    "field",
    "index",
    "start",
    "end",
    "capacity",
    "alias",
    "communication",
    "channel",
    "key",
    "path",
    "package",
];

/// Numbers of fields.
#[allow(missing_docs)]
pub(super) mod field {
    pub const NAME: u8 = 1;
    pub const BODY: u8 = 2;
    pub const PARAMETERS: u8 = 3;
    pub const TYPE: u8 = 4;
    pub const VALUE: u8 = 5;
    pub const RECEIVER: u8 = 6;
    pub const RESULT: u8 = 7;
    pub const LEFT: u8 = 8;
    pub const RIGHT: u8 = 9;
    pub const OPERATOR: u8 = 10;
    pub const OPERAND: u8 = 11;
    pub const CONDITION: u8 = 12;
    pub const CONSEQUENCE: u8 = 13;
    pub const ALTERNATIVE: u8 = 14;
    pub const INITIALIZER: u8 = 15;
    pub const UPDATE: u8 = 16;
    pub const LABEL: u8 = 17;
    pub const FUNCTION: u8 = 18;
    pub const ARGUMENTS: u8 = 19;
    pub const FIELD: u8 = 20;
    pub const INDEX: u8 = 21;
    pub const START: u8 = 22;
    pub const END: u8 = 23;
    pub const CAPACITY: u8 = 24;
    pub const ALIAS: u8 = 25;
    pub const COMMUNICATION: u8 = 26;
    pub const CHANNEL: u8 = 27;
    pub const KEY: u8 = 28;
    pub const PATH: u8 = 29;
    pub const PACKAGE: u8 = 30;
}

/// Tokens that are recorded: operators, and those that change what their statement means.
const TOKENS: &[&str] = &[
    "+", "-", "*", "/", "%", "&", "|", "^", "&^", "<<", ">>", "<", "<=", "==", "!=", ">=", ">", "&&", "||", "!", "<-",
    "=", ":=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "&^=", "<<=", ">>=",
];

/// Return a symbol's kind and how the lowering records it.
pub(super) fn kind_of(name: &str, named: bool) -> (Kind, Action) {
    if !named {
        return if TOKENS.contains(&name) { (Kind::Token, Action::Leaf) } else { (Kind::Other, Action::Drop) };
    }
    if matches!(name, "comment" | "package_clause" | "type_parameter_list" | "empty_statement") {
        return (Kind::Other, Action::Drop);
    }
    let kind = NAMED.iter().find(|(known, _)| *known == name).map_or(Kind::Other, |(_, kind)| *kind);
    let is_leaf = matches!(
        kind,
        Kind::Identifier
            | Kind::Blank
            | Kind::FieldIdentifier
            | Kind::PackageIdentifier
            | Kind::TypeIdentifier
            | Kind::Label
            | Kind::Dot
            | Kind::TextPart
            | Kind::Escape
            | Kind::RawTextPart
            | Kind::Integer
            | Kind::Float
            | Kind::Imaginary
            | Kind::Rune
            | Kind::Nil
            | Kind::True
            | Kind::False
            | Kind::Iota
    );
    (kind, if is_leaf { Action::Leaf } else { Action::Record })
}
