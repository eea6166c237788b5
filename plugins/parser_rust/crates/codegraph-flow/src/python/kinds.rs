//! Which nodes of Python's grammar the lowering knows.

use codegraph_syntax::core::Action;

use crate::tree::kinds;

kinds! {
    Module "module",
    Error "ERROR",
    // statements
    FutureImport "future_import_statement",
    Import "import_statement",
    ImportFrom "import_from_statement",
    RelativeImport "relative_import",
    ImportPrefix "import_prefix",
    AliasedImport "aliased_import",
    WildcardImport "wildcard_import",
    Print "print_statement",
    Chevron "chevron",
    Assert "assert_statement",
    ExpressionStatement "expression_statement",
    Return "return_statement",
    Delete "delete_statement",
    Raise "raise_statement",
    Pass "pass_statement",
    Break "break_statement",
    Continue "continue_statement",
    If "if_statement",
    Elif "elif_clause",
    Else "else_clause",
    Match "match_statement",
    Case "case_clause",
    For "for_statement",
    While "while_statement",
    Try "try_statement",
    Except "except_clause",
    Finally "finally_clause",
    With "with_statement",
    WithClause "with_clause",
    WithItem "with_item",
    Function "function_definition",
    Parameters "parameters",
    LambdaParameters "lambda_parameters",
    Global "global_statement",
    Nonlocal "nonlocal_statement",
    Exec "exec_statement",
    TypeAlias "type_alias_statement",
    Class "class_definition",
    TypeParameter "type_parameter",
    ArgumentList "argument_list",
    Decorated "decorated_definition",
    Decorator "decorator",
    Block "block",
    Assignment "assignment",
    AugmentedAssignment "augmented_assignment",
    // parameters
    DefaultParameter "default_parameter",
    TypedDefaultParameter "typed_default_parameter",
    TypedParameter "typed_parameter",
    KeywordSeparator "keyword_separator",
    PositionalSeparator "positional_separator",
    ListSplatPattern "list_splat_pattern",
    DictionarySplatPattern "dictionary_splat_pattern",
    // targets
    TuplePattern "tuple_pattern",
    ListPattern "list_pattern",
    PatternList "pattern_list",
    AsPattern "as_pattern",
    AsPatternTarget "as_pattern_target",
    // expressions
    ExpressionList "expression_list",
    DottedName "dotted_name",
    NamedExpression "named_expression",
    ListSplat "list_splat",
    DictionarySplat "dictionary_splat",
    Not "not_operator",
    Boolean "boolean_operator",
    Binary "binary_operator",
    Unary "unary_operator",
    Comparison "comparison_operator",
    Lambda "lambda",
    Yield "yield",
    Attribute "attribute",
    Subscript "subscript",
    Slice "slice",
    Ellipsis "ellipsis",
    Call "call",
    KeywordArgument "keyword_argument",
    List "list",
    Set "set",
    Tuple "tuple",
    Dictionary "dictionary",
    Pair "pair",
    ListComprehension "list_comprehension",
    DictionaryComprehension "dictionary_comprehension",
    SetComprehension "set_comprehension",
    GeneratorExpression "generator_expression",
    ForIn "for_in_clause",
    IfClause "if_clause",
    Parenthesized "parenthesized_expression",
    Conditional "conditional_expression",
    ConcatenatedString "concatenated_string",
    String "string",
    StringStart "string_start",
    StringContent "string_content",
    StringEnd "string_end",
    Interpolation "interpolation",
    FormatSpecifier "format_specifier",
    FormatExpression "format_expression",
    Integer "integer",
    Float "float",
    Identifier "identifier",
    True "true",
    False "false",
    None "none",
    Await "await",
    // types
    Type "type",
    SplatType "splat_type",
    GenericType "generic_type",
    UnionType "union_type",
    ConstrainedType "constrained_type",
    MemberType "member_type",
    // match patterns
    CasePattern "case_pattern",
    KeywordPattern "keyword_pattern",
    UnionPattern "union_pattern",
    DictPattern "dict_pattern",
    SplatPattern "splat_pattern",
    ClassPattern "class_pattern",
    ComplexPattern "complex_pattern",
}

/// Fields of which the lowering speaks, by number less one; see [`field`].
pub(crate) const FIELDS: [&str; 22] = [
    "name",
    "alias",
    "module_name",
    "condition",
    "consequence",
    "body",
    "left",
    "right",
    "type",
    "operator",
    "value",
    "parameters",
    "type_parameters",
    "superclasses",
    "object",
    "function",
    "arguments",
    "cause",
    "guard",
    "key",
    "subscript",
    "operators",
];

/// Numbers of fields.
#[allow(missing_docs)]
pub(crate) mod field {
    pub(crate) const NAME: u8 = 1;
    pub(crate) const ALIAS: u8 = 2;
    pub(crate) const MODULE_NAME: u8 = 3;
    pub(crate) const CONDITION: u8 = 4;
    pub(crate) const CONSEQUENCE: u8 = 5;
    pub(crate) const BODY: u8 = 6;
    pub(crate) const LEFT: u8 = 7;
    pub(crate) const RIGHT: u8 = 8;
    pub(crate) const TYPE: u8 = 9;
    pub(crate) const OPERATOR: u8 = 10;
    pub(crate) const VALUE: u8 = 11;
    pub(crate) const PARAMETERS: u8 = 12;
    pub(crate) const TYPE_PARAMETERS: u8 = 13;
    pub(crate) const SUPERCLASSES: u8 = 14;
    pub(crate) const OBJECT: u8 = 15;
    pub(crate) const FUNCTION: u8 = 16;
    pub(crate) const ARGUMENTS: u8 = 17;
    pub(crate) const CAUSE: u8 = 18;
    pub(crate) const GUARD: u8 = 19;
    pub(crate) const KEY: u8 = 20;
    pub(crate) const SUBSCRIPT: u8 = 21;
    pub(crate) const OPERATORS: u8 = 22;
}

/// Tokens that are recorded: operators, and words that change what their statement means.
const TOKENS: &[&str] = &[
    "+", "-", "*", "@", "/", "%", "//", "**", "|", "&", "^", "<<", ">>", "~", "<", "<=", "==", "!=", ">=", ">", "<>",
    "in", "not in", "is", "is not", "and", "or", "+=", "-=", "*=", "/=", "@=", "//=", "%=", "**=", ">>=", "<<=", "&=",
    "^=", "|=", "async", "from", "_",
];

/// Return a symbol's kind and how it is recorded.
pub(crate) fn kind_of(name: &str, named: bool) -> (Kind, Action) {
    if !named {
        return if TOKENS.contains(&name) { (Kind::Token, Action::Leaf) } else { (Kind::Other, Action::Drop) };
    }
    if matches!(name, "comment" | "line_continuation") {
        return (Kind::Other, Action::Drop);
    }
    let kind = NAMED.iter().find(|(known, _)| *known == name).map_or(Kind::Other, |(_, kind)| *kind);
    let leaf = matches!(kind, Kind::StringContent | Kind::Integer | Kind::Float | Kind::Identifier);
    (kind, if leaf { Action::Leaf } else { Action::Record })
}
