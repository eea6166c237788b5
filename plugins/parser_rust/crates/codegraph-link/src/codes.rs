//! Numbers and names shared with the reference engine (`stages/cross_file/codes.py`).

/// Node kinds in the order of the data contract.
pub const NODE_KINDS: [&str; 21] = [
    "function",
    "class",
    "method",
    "variable",
    "import",
    "call",
    "module",
    "package",
    "interface",
    "trait",
    "struct",
    "enum",
    "enum_member",
    "type_alias",
    "field",
    "property",
    "parameter",
    "constant",
    "namespace",
    "macro",
    "external",
];

/// Code of a node kind; `OTHER` for kinds of later contract versions.
pub fn kind_code(kind: &str) -> u8 {
    NODE_KINDS
        .iter()
        .position(|known| *known == kind)
        .map_or(OTHER, |code| code as u8)
}

pub const FUNCTION: u8 = 0;
pub const CLASS: u8 = 1;
pub const METHOD: u8 = 2;
pub const VARIABLE: u8 = 3;
pub const IMPORT: u8 = 4;
pub const CALL: u8 = 5;
pub const MODULE: u8 = 6;
pub const PACKAGE: u8 = 7;
pub const INTERFACE: u8 = 8;
pub const TRAIT: u8 = 9;
pub const STRUCT: u8 = 10;
pub const ENUM: u8 = 11;
pub const ENUM_MEMBER: u8 = 12;
pub const TYPE_ALIAS: u8 = 13;
pub const FIELD: u8 = 14;
pub const PROPERTY: u8 = 15;
pub const PARAMETER: u8 = 16;
pub const CONSTANT: u8 = 17;
pub const NAMESPACE: u8 = 18;
pub const MACRO: u8 = 19;
pub const EXTERNAL: u8 = 20;
pub const OTHER: u8 = 21;

/// Kinds whose call makes an instance.
pub fn is_instantiable(kind: u8) -> bool {
    matches!(kind, CLASS | STRUCT | ENUM)
}

/// Kinds whose members are looked up along their bases.
pub fn is_type(kind: u8) -> bool {
    is_instantiable(kind) || matches!(kind, INTERFACE | TRAIT)
}

/// Kinds that have members: Go declares methods of any type that has a name.
pub fn is_holder(kind: u8) -> bool {
    is_type(kind) || kind == TYPE_ALIAS
}

/// Kinds of values that may have members of their own: JavaScript's functions and objects.
pub fn is_membered(kind: u8) -> bool {
    matches!(kind, FUNCTION | VARIABLE | CONSTANT | FIELD)
}

/// Kinds that members of values have.
pub fn is_member_of_value(kind: u8) -> bool {
    matches!(kind, METHOD | PROPERTY | FIELD)
}

/// Kinds that a call runs.
pub fn is_callable(kind: u8) -> bool {
    matches!(kind, FUNCTION | METHOD | MACRO)
}

/// Kinds that override those of a base.
pub fn is_overridable(kind: u8) -> bool {
    matches!(kind, METHOD | PROPERTY)
}

/// Kinds that a call cannot mean.
pub fn is_uncallable(kind: u8) -> bool {
    matches!(
        kind,
        MODULE | PACKAGE | NAMESPACE | INTERFACE | TRAIT | TYPE_ALIAS | IMPORT | CALL
    )
}

/// Kinds that may share their name with a value in one scope.
pub fn is_type_space(kind: u8) -> bool {
    matches!(kind, INTERFACE | TYPE_ALIAS | NAMESPACE)
}

/// What a base can be.
pub fn is_heritable(kind: u8) -> bool {
    is_type(kind) || matches!(kind, TYPE_ALIAS | EXTERNAL)
}

/// Which definition of a name wins in one scope: the highest rank, then the last.
pub fn rank(kind: u8) -> u8 {
    match kind {
        FUNCTION | CLASS | METHOD | IMPORT | STRUCT | ENUM | MODULE | MACRO | PROPERTY | TRAIT => 2,
        INTERFACE | NAMESPACE | TYPE_ALIAS => 1,
        _ => 0,
    }
}

/// Edge kinds; the constants below index it.
pub const EDGES: [&str; 10] = [
    "contains",
    "defines",
    "imports",
    "calls",
    "instantiates",
    "references",
    "inherits",
    "implements",
    "decorates",
    "overrides",
];
pub const E_CONTAINS: u8 = 0;
pub const E_DEFINES: u8 = 1;
pub const E_IMPORTS: u8 = 2;
pub const E_CALLS: u8 = 3;
pub const E_INSTANTIATES: u8 = 4;
pub const E_REFERENCES: u8 = 5;
pub const E_INHERITS: u8 = 6;
pub const E_IMPLEMENTS: u8 = 7;
pub const E_DECORATES: u8 = 8;
pub const E_OVERRIDES: u8 = 9;

/// Resolvers; the constants below index it.
pub const RESOLVERS: [&str; 7] = [
    "structure",
    "lexical",
    "import",
    "member",
    "self",
    "builtin",
    "stub",
];
pub const R_STRUCTURE: u8 = 0;
pub const R_LEXICAL: u8 = 1;
pub const R_IMPORT: u8 = 2;
pub const R_MEMBER: u8 = 3;
pub const R_SELF: u8 = 4;
pub const R_BUILTIN: u8 = 5;
pub const R_STUB: u8 = 6;

/// Confidence by resolver where each name on the way has one definition in its scope.
pub const CONFIDENCE: [f32; 7] = [1.0, 1.0, 0.95, 0.9, 0.9, 0.95, 1.0];
/// Confidence by resolver where some name on the way has several.
pub const CONFIDENCE_AMBIGUOUS: [f32; 7] = [1.0, 0.8, 0.75, 0.7, 0.7, 0.75, 0.8];

/// Confidence of a member that the one base outside the repository must have.
pub const CONFIDENCE_OUTSIDE: f32 = 0.8;
/// External bases that are taken to bring no members.
pub const MEMBERLESS: [&str; 5] = [
    "builtins.object",
    "abc.ABC",
    "typing.Generic",
    "typing.Protocol",
    "typing_extensions.Protocol",
];

/// Call and import statuses.
pub const STATUSES: [&str; 4] = ["resolved", "external", "unresolved", "dynamic"];
pub const S_RESOLVED: i32 = 0;
pub const S_EXTERNAL: i32 = 1;
pub const S_UNRESOLVED: i32 = 2;

/// Reasons; a failure is minus a reason's index.
pub const REASONS: [&str; 16] = [
    "",
    "module-not-found",
    "name-not-found",
    "import-cycle",
    "unresolved-import",
    "dynamic-attribute",
    "star-import",
    "undefined-name",
    "member-not-found",
    "external-base",
    "unresolved-base",
    "value-member",
    "value-call",
    "not-callable",
    "implicit-constructor",
    "not-visible",
];
pub const MODULE_NOT_FOUND: i32 = 1;
pub const NAME_NOT_FOUND: i32 = 2;
pub const IMPORT_CYCLE: i32 = 3;
pub const UNRESOLVED_IMPORT: i32 = 4;
pub const DYNAMIC_ATTRIBUTE: i32 = 5;
pub const STAR_IMPORT: i32 = 6;
pub const UNDEFINED_NAME: i32 = 7;
pub const MEMBER_NOT_FOUND: i32 = 8;
pub const EXTERNAL_BASE: i32 = 9;
pub const UNRESOLVED_BASE: i32 = 10;
pub const VALUE_MEMBER: i32 = 11;
pub const VALUE_CALL: i32 = 12;
pub const NOT_CALLABLE: i32 = 13;
pub const IMPLICIT_CONSTRUCTOR: i32 = 14;
pub const NOT_VISIBLE: i32 = 15;

pub const USES: [&str; 9] = [
    "call",
    "reference",
    "base",
    "implements",
    "decorator",
    "method",
    "owner",
    "overrides",
    "type",
];
pub const U_TYPE: u8 = 8;
pub const U_OVERRIDES: u8 = 7;
pub const U_OWNER: u8 = 6;
pub const U_CALL: u8 = 0;
pub const U_REFERENCE: u8 = 1;
pub const U_BASE: u8 = 2;
pub const U_IMPLEMENTS: u8 = 3;
pub const U_DECORATOR: u8 = 4;
pub const U_METHOD: u8 = 5;
pub const BINDINGS: [&str; 6] = ["definition", "import", "self", "super", "global", "type"];
pub const B_DEFINITION: u8 = 0;
pub const B_SELF: u8 = 2;
pub const B_SUPER: u8 = 3;
pub const B_GLOBAL: u8 = 4;
pub const B_TYPE: u8 = 5;

/// Types looked at for one inherited member.
pub const MAX_LINEAGE: usize = 256;
/// Modules looked at for one star-imported name.
pub const MAX_STAR_MODULES: usize = 1024;
/// Re-exports followed for one imported name.
pub const MAX_CHAIN: usize = 256;

/// Folders whose single modules can be imported from outside the folder.
pub const SOURCE_FOLDERS: [&str; 3] = ["src", "lib", "python"];
/// Source roots below such a folder are seen only by files below the same folder.
pub const TEST_FOLDERS: [&str; 4] = ["test", "tests", "testdata", "fixtures"];
