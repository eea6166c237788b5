//! Language packs as they arrive from Python: the JSON of `LanguagePack.to_dict()`.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::misreadings::rewritten;
use crate::terminators::terminated;

/// What a node kind means; see `codegraph_hookspecs.languages.Role`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Role {
    #[default]
    None,
    Definition,
    Binder,
    Identifier,
    Dotted,
    Member,
    Call,
    Arguments,
    Import,
    Export,
    Decorator,
    Wrapper,
    Scope,
    OuterNames,
    Receiver,
    Super,
    Yield,
    Package,
    Comment,
    String,
    Skip,
    Extension,
    Attribute,
    Positions,
}

/// How a child is read; see `codegraph_hookspecs.languages.FieldUse`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum FieldUse {
    Expression,
    Same,
    Skip,
    Name,
    Row,
    Bind,
    Assign,
    Value,
    Type,
    Default,
    Parameters,
    Returns,
    Results,
    Owner,
    Body,
    Bases,
    Implements,
    Object,
    Key,
    Property,
    Callee,
    Arguments,
    Component,
    Module,
    Alias,
    Modifiers,
    Extended,
}

/// One row of a kind table; see `codegraph_hookspecs.languages.KindRule`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[allow(missing_docs)]
pub struct KindRule {
    pub role: Role,
    pub kind: String,
    pub member_kind: String,
    pub opens: String,
    pub fields: Fields,
    pub complexity: i32,
    pub complexity_operators: Vec<String>,
    pub complexity_parents: Vec<String>,
    pub irrefutable: Vec<String>,
    pub complexity_stops: bool,
    pub complexity_outward: bool,
    pub modifiers: Vec<String>,
    pub modifier_tokens: Vec<String>,
    pub import_form: String,
    pub hoist: bool,
    #[serde(default = "yes")]
    pub rows: bool,
    pub constant_tokens: Vec<String>,
    pub takes_name: bool,
    #[serde(default = "yes")]
    pub binds: bool,
    pub parents: Vec<String>,
    pub lexical_receiver: bool,
    pub name: String,
    pub kinds: Kinds,
    pub embeds: bool,
    pub anonymous: bool,
    pub named_callee: bool,
    pub callee_suffix: String,
    pub path: bool,
    pub late: bool,
}

fn yes() -> bool {
    true
}

/// Child kind → node kind, in no particular order.
pub type Kinds = BTreeMap<String, String>;

/// A rule's fields in the table's order, which decides between two fields of one use.
#[derive(Clone, Debug, Default)]
pub struct Fields(pub Vec<(String, FieldUse)>);

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Fields;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("a map from field names to uses")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    fields.push(entry);
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(Visitor)
    }
}

/// How visible a name is; see `codegraph_hookspecs.languages.VisibilityRules`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[allow(missing_docs)]
pub struct VisibilityRules {
    pub style: String,
    pub default: String,
    pub private_prefix: String,
    pub in_interfaces: String,
}

/// How a file is named; see `codegraph_hookspecs.languages.FqnRules`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[allow(missing_docs)]
pub struct FqnRules {
    pub package: bool,
    pub facade: String,
    pub header: String,
}

/// What is a test; see `codegraph_hookspecs.languages.TestRules`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[allow(missing_docs)]
pub struct TestRules {
    pub files: Vec<String>,
    pub functions: Vec<String>,
    pub classes: Vec<String>,
    pub bases: Vec<String>,
    pub whole_file: bool,
    pub decorators: Vec<String>,
    pub class_suffixes: Vec<String>,
    pub scopes: Vec<String>,
    pub whole_words: bool,
}

/// What imports; see `codegraph_hookspecs.languages.ImportRules`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[allow(missing_docs)]
pub struct ImportRules {
    pub calls: Vec<String>,
    pub explicit_exports: bool,
    pub export_list: String,
}

/// The part of a language pack that walking needs; see `codegraph_hookspecs.languages.LanguagePack`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[allow(missing_docs)]
pub struct LanguagePack {
    pub name: String,
    pub extensions: Vec<String>,
    pub kinds: BTreeMap<String, KindRule>,
    pub fqn: FqnRules,
    pub visibility: VisibilityRules,
    pub tests: TestRules,
    pub imports: ImportRules,
    pub docstring: String,
    pub constants: String,
    pub self_parameter: bool,
    pub super_call: String,
    pub members_bind: bool,
    pub decorator_modifiers: BTreeMap<String, String>,
    pub property_modifiers: Vec<String>,
    pub enum_bases: Vec<String>,
    pub free_names: bool,
    #[serde(default = "yes")]
    pub local_callables: bool,
    pub builtins: Vec<String>,
    pub package_scope: bool,
    pub blank: String,
    pub self_type: String,
    pub capital_patterns: bool,
    #[serde(default)]
    pub terminator: String,
    #[serde(default)]
    pub misread: String,
}

impl LanguagePack {
    /// Read a pack from the JSON of its `to_dict()`.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn from_json(text: &str) -> Result<Self, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    /// What a text with syntax errors is parsed again as, of the same length; none if it would be the same.
    pub fn reread(&self, source: &[u8]) -> Option<Vec<u8>> {
        match (self.terminator.as_bytes(), self.misread.as_str()) {
            ([terminator], _) => terminated(source, *terminator),
            (_, "typescript") => rewritten(source),
            _ => None,
        }
    }
}
