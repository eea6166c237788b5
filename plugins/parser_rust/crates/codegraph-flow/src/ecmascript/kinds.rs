//! Which nodes of the grammars of JavaScript and TypeScript the lowering knows.

use codegraph_syntax::core::Action;

use crate::tree::kinds;

kinds! {
    Program "program",
    Error "ERROR",
    // modules
    Import "import_statement",
    ImportClause "import_clause",
    NamedImports "named_imports",
    ImportSpecifier "import_specifier",
    NamespaceImport "namespace_import",
    ImportRequire "import_require_clause",
    ImportAlias "import_alias",
    Export "export_statement",
    ExportClause "export_clause",
    ExportSpecifier "export_specifier",
    NamespaceExport "namespace_export",
    // declarations
    Variables "variable_declaration",
    Lexical "lexical_declaration",
    Using "using_declaration",
    Declarator "variable_declarator",
    Function "function_declaration",
    GeneratorFunction "generator_function_declaration",
    FunctionExpression "function_expression",
    GeneratorExpression "generator_function",
    Arrow "arrow_function",
    Method "method_definition",
    Class "class_declaration",
    AbstractClass "abstract_class_declaration",
    ClassExpression "class",
    Heritage "class_heritage",
    Extends "extends_clause",
    Implements "implements_clause",
    ClassBody "class_body",
    FieldJs "field_definition",
    FieldTs "public_field_definition",
    StaticBlock "class_static_block",
    Decorator "decorator",
    Enum "enum_declaration",
    EnumBody "enum_body",
    EnumAssignment "enum_assignment",
    Namespace "internal_module",
    ModuleDeclaration "module",
    Ambient "ambient_declaration",
    Interface "interface_declaration",
    TypeAlias "type_alias_declaration",
    FunctionSignature "function_signature",
    MethodSignature "method_signature",
    AbstractMethod "abstract_method_signature",
    // parameters and patterns
    Parameters "formal_parameters",
    RequiredParameter "required_parameter",
    OptionalParameter "optional_parameter",
    Accessibility "accessibility_modifier",
    ObjectPattern "object_pattern",
    ArrayPattern "array_pattern",
    PairPattern "pair_pattern",
    AssignmentPattern "assignment_pattern",
    ObjectAssignmentPattern "object_assignment_pattern",
    RestPattern "rest_pattern",
    ShorthandPattern "shorthand_property_identifier_pattern",
    // statements
    Block "statement_block",
    ExpressionStatement "expression_statement",
    If "if_statement",
    Else "else_clause",
    Switch "switch_statement",
    SwitchBody "switch_body",
    SwitchCase "switch_case",
    SwitchDefault "switch_default",
    For "for_statement",
    ForIn "for_in_statement",
    While "while_statement",
    Do "do_statement",
    Try "try_statement",
    Catch "catch_clause",
    Finally "finally_clause",
    With "with_statement",
    Break "break_statement",
    Continue "continue_statement",
    Return "return_statement",
    Throw "throw_statement",
    Labeled "labeled_statement",
    Label "statement_identifier",
    Empty "empty_statement",
    Debugger "debugger_statement",
    // expressions
    Parenthesized "parenthesized_expression",
    Sequence "sequence_expression",
    Assignment "assignment_expression",
    AugmentedAssignment "augmented_assignment_expression",
    Await "await_expression",
    Unary "unary_expression",
    Binary "binary_expression",
    Update "update_expression",
    Ternary "ternary_expression",
    Yield "yield_expression",
    Call "call_expression",
    New "new_expression",
    Arguments "arguments",
    Member "member_expression",
    Subscript "subscript_expression",
    OptionalChain "optional_chain",
    MetaProperty "meta_property",
    Object "object",
    Pair "pair",
    Spread "spread_element",
    Array "array",
    TemplateString "template_string",
    Substitution "template_substitution",
    String "string",
    StringFragment "string_fragment",
    HtmlCharacter "html_character_reference",
    Escape "escape_sequence",
    Regex "regex",
    RegexPattern "regex_pattern",
    Number "number",
    Identifier "identifier",
    Property "property_identifier",
    PrivateProperty "private_property_identifier",
    ShorthandProperty "shorthand_property_identifier",
    ComputedName "computed_property_name",
    This "this",
    Super "super",
    ImportKeyword "import",
    True "true",
    False "false",
    Null "null",
    Undefined "undefined",
    // TypeScript's expressions
    As "as_expression",
    Satisfies "satisfies_expression",
    TypeAssertion "type_assertion",
    NonNull "non_null_expression",
    Instantiation "instantiation_expression",
    // JSX
    JsxElement "jsx_element",
    JsxOpening "jsx_opening_element",
    JsxSelfClosing "jsx_self_closing_element",
    JsxAttribute "jsx_attribute",
    JsxExpression "jsx_expression",
    JsxText "jsx_text",
    JsxNamespaceName "jsx_namespace_name",
    // types that are read
    TypeAnnotation "type_annotation",
    TypeArguments "type_arguments",
    TypeIdentifier "type_identifier",
    NestedTypeIdentifier "nested_type_identifier",
    NestedIdentifier "nested_identifier",
    GenericType "generic_type",
    UnionType "union_type",
    IntersectionType "intersection_type",
    ArrayType "array_type",
    ParenthesizedType "parenthesized_type",
    ReadonlyType "readonly_type",
    LiteralType "literal_type",
    ThisType "this_type",
}

/// Fields of which the lowering speaks, by number less one; see [`field`].
pub(crate) const FIELDS: [&str; 31] = [
    "name",
    "alias",
    "body",
    "parameters",
    "parameter",
    "value",
    "left",
    "right",
    "object",
    "property",
    "index",
    "function",
    "arguments",
    "constructor",
    "condition",
    "consequence",
    "alternative",
    "initializer",
    "increment",
    "label",
    "argument",
    "operator",
    "kind",
    "source",
    "declaration",
    "handler",
    "finalizer",
    "type",
    "return_type",
    "pattern",
    "key",
];

/// Numbers of fields.
#[allow(missing_docs)]
pub(crate) mod field {
    pub(crate) const NAME: u8 = 1;
    pub(crate) const ALIAS: u8 = 2;
    pub(crate) const BODY: u8 = 3;
    pub(crate) const PARAMETERS: u8 = 4;
    pub(crate) const PARAMETER: u8 = 5;
    pub(crate) const VALUE: u8 = 6;
    pub(crate) const LEFT: u8 = 7;
    pub(crate) const RIGHT: u8 = 8;
    pub(crate) const OBJECT: u8 = 9;
    pub(crate) const PROPERTY: u8 = 10;
    pub(crate) const INDEX: u8 = 11;
    pub(crate) const FUNCTION: u8 = 12;
    pub(crate) const ARGUMENTS: u8 = 13;
    pub(crate) const CONSTRUCTOR: u8 = 14;
    pub(crate) const CONDITION: u8 = 15;
    pub(crate) const CONSEQUENCE: u8 = 16;
    pub(crate) const ALTERNATIVE: u8 = 17;
    pub(crate) const INITIALIZER: u8 = 18;
    pub(crate) const INCREMENT: u8 = 19;
    pub(crate) const LABEL: u8 = 20;
    pub(crate) const ARGUMENT: u8 = 21;
    pub(crate) const OPERATOR: u8 = 22;
    pub(crate) const KIND: u8 = 23;
    pub(crate) const SOURCE: u8 = 24;
    pub(crate) const DECLARATION: u8 = 25;
    pub(crate) const HANDLER: u8 = 26;
    pub(crate) const FINALIZER: u8 = 27;
    pub(crate) const TYPE: u8 = 28;
    pub(crate) const RETURN_TYPE: u8 = 29;
    pub(crate) const PATTERN: u8 = 30;
    pub(crate) const KEY: u8 = 31;
}

/// Tokens that are recorded: operators, words that change what their statement means, and the commas that leave holes.
const TOKENS: &[&str] = &[
    "+",
    "-",
    "*",
    "/",
    "%",
    "**",
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
    "===",
    "!==",
    ">=",
    ">",
    "in",
    "of",
    "instanceof",
    "typeof",
    "void",
    "delete",
    "&&",
    "||",
    "??",
    "+=",
    "-=",
    "*=",
    "/=",
    "%=",
    "**=",
    "<<=",
    ">>=",
    ">>>=",
    "&=",
    "|=",
    "^=",
    "&&=",
    "||=",
    "??=",
    "++",
    "--",
    "async",
    "await",
    "static",
    "get",
    "set",
    "default",
    "type",
    "let",
    "const",
    "var",
    "declare",
    "new",
    "import",
    "target",
    "meta",
    ",",
    "=",
    "override",
    "readonly",
    "abstract",
    "?.",
];

/// Return a symbol's kind and how it is recorded.
pub(crate) fn kind_of(name: &str, named: bool) -> (Kind, Action) {
    if !named {
        return if TOKENS.contains(&name) { (Kind::Token, Action::Leaf) } else { (Kind::Other, Action::Drop) };
    }
    if matches!(
        name,
        "comment"
            | "html_comment"
            | "hash_bang_line"
            | "type_parameters"
            | "interface_body"
            | "object_type"
            | "function_type"
            | "import_attribute"
            | "regex_flags"
            | "jsx_closing_element"
    ) {
        return (Kind::Other, Action::Drop);
    }
    let kind = NAMED.iter().find(|(known, _)| *known == name).map_or(Kind::Other, |(_, kind)| *kind);
    let leaf = matches!(
        kind,
        Kind::StringFragment
            | Kind::HtmlCharacter
            | Kind::Escape
            | Kind::RegexPattern
            | Kind::Number
            | Kind::Identifier
            | Kind::Property
            | Kind::PrivateProperty
            | Kind::ShorthandProperty
            | Kind::ShorthandPattern
            | Kind::TypeIdentifier
            | Kind::Label
            | Kind::This
            | Kind::Super
            | Kind::True
            | Kind::False
            | Kind::Null
            | Kind::Undefined
            | Kind::JsxText
            | Kind::Accessibility
            | Kind::OptionalChain
            | Kind::ImportKeyword
    );
    (kind, if leaf { Action::Leaf } else { Action::Record })
}
