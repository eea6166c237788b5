//! The kind-table compiler: a pack against one grammar becomes dense arrays over symbol and field ids.

use crate::core::{Action, Grammar};
use crate::macros::MacroKinds;
use crate::names::NameId;
use crate::pack::{FieldUse, KindRule, LanguagePack, Role};

/// Node kinds that have a name in the syntax of import and export forms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Known {
    #[default]
    Other,
    WildcardImport,
    ImportClause,
    ImportRequireClause,
    Identifier,
    NamespaceImport,
    NamedImports,
    ImportSpecifier,
    ExportClause,
    NamespaceExport,
    ExportSpecifier,
    DefaultToken,
    EqualsToken,
    UseList,
    ScopedUseList,
    UseWildcard,
    UseAsClause,
    AwaitExpression,
    ParenthesizedExpression,
    NewExpression,
    ObjectPattern,
    ShorthandPattern,
    TypeIdentifier,
    ScopedIdentifier,
    ScopedTypeIdentifier,
    ReferenceType,
    TraitType,
    Bounds,
    GenericType,
    Lifetime,
    SelfValue,
    FieldExpression,
    ReferenceExpression,
    TryExpression,
    StructExpression,
    TypeCastExpression,
    CallExpression,
    GenericFunction,
    Let,
    TupleStructPattern,
    WhereClause,
    Parameter,
}

const KNOWN: [(&str, bool, Known); 44] = [
    ("wildcard_import", true, Known::WildcardImport),
    ("import_clause", true, Known::ImportClause),
    ("import_require_clause", true, Known::ImportRequireClause),
    ("identifier", true, Known::Identifier),
    ("namespace_import", true, Known::NamespaceImport),
    ("named_imports", true, Known::NamedImports),
    ("import_specifier", true, Known::ImportSpecifier),
    ("export_clause", true, Known::ExportClause),
    ("namespace_export", true, Known::NamespaceExport),
    ("export_specifier", true, Known::ExportSpecifier),
    ("default", false, Known::DefaultToken),
    ("=", false, Known::EqualsToken),
    ("use_list", true, Known::UseList),
    ("scoped_use_list", true, Known::ScopedUseList),
    ("use_wildcard", true, Known::UseWildcard),
    ("use_as_clause", true, Known::UseAsClause),
    ("await_expression", true, Known::AwaitExpression),
    ("parenthesized_expression", true, Known::ParenthesizedExpression),
    ("new_expression", true, Known::NewExpression),
    ("object_pattern", true, Known::ObjectPattern),
    ("shorthand_property_identifier_pattern", true, Known::ShorthandPattern),
    ("type_identifier", true, Known::TypeIdentifier),
    ("scoped_identifier", true, Known::ScopedIdentifier),
    ("scoped_type_identifier", true, Known::ScopedTypeIdentifier),
    ("reference_type", true, Known::ReferenceType),
    ("dynamic_type", true, Known::TraitType),
    ("abstract_type", true, Known::TraitType),
    ("bounded_type", true, Known::Bounds),
    ("trait_bounds", true, Known::Bounds),
    ("generic_type", true, Known::GenericType),
    ("lifetime", true, Known::Lifetime),
    ("self", true, Known::SelfValue),
    ("field_expression", true, Known::FieldExpression),
    ("reference_expression", true, Known::ReferenceExpression),
    ("try_expression", true, Known::TryExpression),
    ("struct_expression", true, Known::StructExpression),
    ("type_cast_expression", true, Known::TypeCastExpression),
    ("call_expression", true, Known::CallExpression),
    ("generic_function", true, Known::GenericFunction),
    ("let_declaration", true, Known::Let),
    ("let_condition", true, Known::Let),
    ("tuple_struct_pattern", true, Known::TupleStructPattern),
    ("where_clause", true, Known::WhereClause),
    ("parameter", true, Known::Parameter),
];

/// What a rule's node opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Opens {
    Nothing,
    Function,
    Type,
    Block,
    Object,
    List,
    Group,
    Tokens,
    Other,
}

/// Reader of an import or export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum ImportForm {
    PythonImport,
    PythonFrom,
    EsImport,
    EsExport,
    Go,
    Module,
    Jvm,
    Using,
    Package,
    Facade,
    RustUse,
    RustCrate,
    RustMod,
}

/// A set of small integers.
#[derive(Clone, Debug, Default)]
pub struct Bits(Vec<u64>);

impl Bits {
    fn insert(&mut self, item: u16) {
        let word = usize::from(item) / 64;
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        self.0[word] |= 1 << (item % 64);
    }

    /// Say whether `item` is in the set.
    #[inline]
    pub fn contains(&self, item: u16) -> bool {
        self.0.get(usize::from(item) / 64).is_some_and(|word| word >> (item % 64) & 1 == 1)
    }

    /// Say whether the set is empty.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A `KindRule` with fields, tokens and kinds resolved to ids.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Rule {
    pub role: Role,
    pub opens: Opens,
    pub kind: NameId,
    pub member_kind: NameId,
    /// Some named child is not read as `star`.
    pub has_fields: bool,
    pub has_by_field: bool,
    pub star: FieldUse,
    by_field: Vec<Option<FieldUse>>,
    by_kind: Vec<(u16, FieldUse)>,
    /// By kind, for the first child of that kind alone.
    pub by_first: Vec<(u16, FieldUse)>,
    /// From the start (0, 1 …) or the end (-1 …), comments not counted.
    pub by_position: Vec<(i32, FieldUse)>,
    /// Its children say what a parameter is.
    pub tells_parameters: bool,
    /// Every named child is read like the node itself.
    pub all_same: bool,
    /// Every named child is an expression.
    pub plain: bool,
    /// Where names of bases are collected, some children are looked at for them.
    pub passes_bases: bool,
    pub complexity: i32,
    /// The table gives it complexity, even if this grammar lacks the operators.
    pub has_complexity: bool,
    pub operators: Bits,
    pub has_parents: bool,
    pub parents: Bits,
    pub irrefutable: Vec<String>,
    pub complexity_stops: bool,
    pub complexity_outward: bool,
    pub late: bool,
    pub modifiers: Vec<NameId>,
    pub modifier_tokens: Bits,
    pub import_form: ImportForm,
    pub hoist: bool,
    pub rows: bool,
    pub constant_tokens: Vec<NameId>,
    pub takes_name: bool,
    pub binds: bool,
    pub has_below: bool,
    pub below: Bits,
    pub lexical_receiver: bool,
    pub is_global: bool,
    pub assigns: bool,
    /// Kind or token of a child → node kind of the row.
    pub kinds: Vec<(Bits, NameId)>,
    /// Modifier → node kind of the row.
    pub kind_modifiers: Vec<(NameId, NameId)>,
    pub embeds: bool,
    pub anonymous: bool,
    pub named_callee: bool,
    /// The definition or extension belongs to a type that stands elsewhere.
    pub has_owner: bool,
    /// It surrounds what is called (`f::<T>`).
    pub wraps_callee: bool,
    pub object_field: u16,
    pub property_field: u16,
    pub callee_field: u16,
    pub arguments_field: u16,
    /// Some child is read as the type.
    pub has_type: bool,
    /// Some child holds modifiers.
    pub has_modifiers: bool,
    /// A call whose callee is no node of its own: object and property stand in the call.
    pub member_call: bool,
    /// An identifier that can only mean a type.
    pub names_type: bool,
    /// A binder whose names are types.
    pub names_types: bool,
    /// A dotted name goes on in the child that is read as the node itself (`Vec<T>`).
    pub through: bool,
    /// A member access whose first name is a module or a type.
    pub path: bool,
    /// What a call adds to its callee's name.
    pub callee_suffix: String,
    /// Name of a definition that has none of its own.
    pub name: Option<NameId>,
}

impl Rule {
    /// How a named child with this field and symbol is read.
    #[inline]
    pub fn use_of(&self, field: u16, symbol: u16) -> FieldUse {
        if !self.has_fields {
            return self.star;
        }
        if let Some(Some(found)) = self.by_field.get(usize::from(field)) {
            return *found;
        }
        self.by_kind.iter().find(|(kind, _)| *kind == symbol).map_or(self.star, |(_, found)| *found)
    }
}

/// A language pack compiled against one of its grammars.
pub struct Language {
    /// The pack.
    pub pack: LanguagePack,
    /// The grammar.
    pub grammar: Grammar,
    /// By symbol: index into `rules` plus 1, or 0.
    pub rule_index: Vec<u16>,
    /// The rules.
    pub rules: Vec<Rule>,
    /// By symbol: how flattening records it.
    pub actions: Vec<Action>,
    /// By symbol: whether it is named.
    pub named: Vec<bool>,
    /// By symbol: kinds that import forms know.
    pub known: Vec<Known>,
    /// Names that every file's interner begins with; see `names::seed`.
    pub seeds: Vec<String>,
    /// By symbol: the name id of an anonymous token that is a modifier somewhere.
    pub token_names: Vec<NameId>,
    /// Values of `decorator_modifiers`.
    pub decorator_modifiers: Vec<(String, NameId)>,
    /// `property_modifiers` as names.
    pub property_modifiers: Vec<NameId>,
    /// By name id of a seed: the name is always bound; empty unless free names have rows.
    pub builtins: Vec<bool>,
    /// The name that binds nothing, or the empty name.
    pub blank: NameId,
    /// The name of the type around in its own body, or the empty name.
    pub self_type: NameId,
    /// Field ids that import forms read: name, alias, `module_name`, source, path, argument, list.
    pub import_fields: [u16; 7],
    /// The fields of functions' parameters and of object patterns: parameter, parameters, pattern, key, value.
    pub pattern_fields: [u16; 5],
    /// The field `value`.
    pub value_field: u16,
    /// The fields that `rust_values` reads.
    pub value_fields: [u16; 11],
    /// The field `body`.
    pub body_field: u16,
    /// The kinds of macros, where calls have but tokens for arguments.
    pub(crate) macros: Option<MacroKinds>,
}

/// Fixed names: the first of every file's interner, in this order.
pub mod seed {
    use crate::names::NameId;

    /// Texts of the fixed names.
    pub const TEXTS: [&str; 36] = [
        "static",
        "default",
        "generator",
        "private",
        "protected",
        "public",
        "internal",
        "readonly",
        "super",
        "module",
        "import",
        "parameter",
        "field",
        "enum_member",
        "enum",
        "class",
        "method",
        "property",
        "variable",
        "constant",
        "function",
        "",
        "interface",
        "struct",
        "trait",
        "type_alias",
        "namespace",
        "component",
        "variadic",
        "embedded",
        "receiver",
        "extension",
        "val",
        "var",
        "vararg",
        "override",
    ];
    #[allow(missing_docs)]
    mod ids {
        use super::NameId;
        pub const STATIC: NameId = NameId(0);
        pub const DEFAULT: NameId = NameId(1);
        pub const GENERATOR: NameId = NameId(2);
        pub const PRIVATE: NameId = NameId(3);
        pub const INTERNAL: NameId = NameId(6);
        pub const READONLY: NameId = NameId(7);
        pub const SUPER: NameId = NameId(8);
        pub const MODULE: NameId = NameId(9);
        pub const IMPORT: NameId = NameId(10);
        pub const PARAMETER: NameId = NameId(11);
        pub const FIELD: NameId = NameId(12);
        pub const ENUM_MEMBER: NameId = NameId(13);
        pub const ENUM: NameId = NameId(14);
        pub const CLASS: NameId = NameId(15);
        pub const METHOD: NameId = NameId(16);
        pub const PROPERTY: NameId = NameId(17);
        pub const VARIABLE: NameId = NameId(18);
        pub const CONSTANT: NameId = NameId(19);
        pub const EMPTY: NameId = NameId(21);
        pub const INTERFACE: NameId = NameId(22);
        pub const STRUCT: NameId = NameId(23);
        pub const TRAIT: NameId = NameId(24);
        pub const TYPE_ALIAS: NameId = NameId(25);
        pub const NAMESPACE: NameId = NameId(26);
        pub const COMPONENT: NameId = NameId(27);
        pub const VARIADIC: NameId = NameId(28);
        pub const EMBEDDED: NameId = NameId(29);
        pub const RECEIVER: NameId = NameId(30);
        pub const VARARG: NameId = NameId(34);
        pub const OVERRIDE: NameId = NameId(35);
        pub const EXTENSION: NameId = NameId(31);
        pub const VAL: NameId = NameId(32);
        pub const VAR: NameId = NameId(33);
    }
    pub use ids::*;
}

struct Seeds(Vec<String>);

impl Seeds {
    fn id(&mut self, text: &str) -> NameId {
        let found = self.0.iter().position(|known| known == text).unwrap_or_else(|| {
            self.0.push(text.to_owned());
            self.0.len() - 1
        });
        NameId(found as u32)
    }

    fn ids(&mut self, texts: &[String]) -> Vec<NameId> {
        texts.iter().map(|text| self.id(text)).collect()
    }
}

fn symbols_named(grammar: &Grammar, names: &[String], keep: impl Fn(bool) -> bool) -> Bits {
    let mut found = Bits::default();
    for (symbol, name) in grammar.symbol_names.iter().enumerate() {
        if !name.is_empty() && keep(grammar.symbol_named[symbol]) && names.contains(name) {
            found.insert(symbol as u16);
        }
    }
    found
}

fn field_id(grammar: &Grammar, name: &str) -> u16 {
    grammar.field_names.iter().skip(1).position(|field| field == name).map_or(0, |position| position as u16 + 1)
}

fn compile_rule(rule: &KindRule, grammar: &Grammar, seeds: &mut Seeds) -> Rule {
    let mut by_field = vec![None; grammar.field_names.len()];
    let mut by_kind = Vec::new();
    let mut by_position = Vec::new();
    let mut by_first = Vec::new();
    let mut star = FieldUse::Expression;
    let (mut object, mut property, mut callee, mut arguments) = (0, 0, 0, 0);
    let mut has_by_field = false;
    let mut assigns = false;
    for (name, used) in &rule.fields.0 {
        if name == "*" {
            star = *used;
        } else if let Some(position) = name.strip_prefix('#').and_then(|text| text.parse().ok()) {
            by_position.push((position, *used));
        } else if let Some(kind) = name.strip_prefix('@').and_then(|kind| kind.strip_suffix("#0")) {
            for (symbol, text) in grammar.symbol_names.iter().enumerate() {
                if text == kind && grammar.symbol_named[symbol] && symbol != usize::from(grammar.error_symbol()) {
                    by_first.push((symbol as u16, *used));
                }
            }
        } else if let Some(kind) = name.strip_prefix('@') {
            for (symbol, text) in grammar.symbol_names.iter().enumerate() {
                // ERROR is no kind of the grammar: a table cannot name it.
                if text == kind && grammar.symbol_named[symbol] && symbol != usize::from(grammar.error_symbol()) {
                    by_kind.push((symbol as u16, *used));
                }
            }
        } else {
            has_by_field = true;
            assigns |= *used == FieldUse::Assign;
            let id = field_id(grammar, name);
            if id != 0 {
                by_field[usize::from(id)] = Some(*used);
            }
            let slot = match used {
                FieldUse::Object => &mut object,
                FieldUse::Property => &mut property,
                FieldUse::Callee => &mut callee,
                FieldUse::Arguments => &mut arguments,
                _ => continue,
            };
            if *slot == 0 {
                *slot = id;
            }
        }
    }
    let kinds = rule.fields.0.iter().any(|(name, _)| name.starts_with('@'));
    let bare = !has_by_field && !kinds && by_position.is_empty() && by_first.is_empty();
    let has = |wanted: FieldUse| rule.fields.0.iter().any(|(_, used)| *used == wanted);
    let passing = [FieldUse::Same, FieldUse::Bases, FieldUse::Implements];
    Rule {
        role: rule.role,
        opens: match rule.opens.as_str() {
            "" => Opens::Nothing,
            "function" => Opens::Function,
            "type" => Opens::Type,
            "block" => Opens::Block,
            "object" => Opens::Object,
            "list" => Opens::List,
            "group" => Opens::Group,
            "tokens" => Opens::Tokens,
            _ => Opens::Other,
        },
        kind: seeds.id(&rule.kind),
        member_kind: seeds.id(&rule.member_kind),
        has_fields: !bare,
        has_by_field,
        star,
        by_field,
        by_kind,
        by_first,
        by_position,
        tells_parameters: !bare && rule.opens != "list",
        all_same: bare && star == FieldUse::Same,
        plain: bare && star == FieldUse::Expression,
        passes_bases: passing.contains(&star) || rule.fields.0.iter().any(|(_, used)| passing.contains(used)),
        complexity: rule.complexity,
        has_complexity: rule.complexity != 0,
        operators: symbols_named(grammar, &rule.complexity_operators, |named| !named),
        has_parents: !rule.complexity_parents.is_empty(),
        parents: symbols_named(grammar, &rule.complexity_parents, |_| true),
        irrefutable: rule.irrefutable.clone(),
        complexity_stops: rule.complexity_stops,
        complexity_outward: rule.complexity_outward,
        late: rule.late,
        modifiers: seeds.ids(&rule.modifiers),
        modifier_tokens: symbols_named(grammar, &rule.modifier_tokens, |_| true),
        import_form: match rule.import_form.as_str() {
            "python-import" => ImportForm::PythonImport,
            "python-from" => ImportForm::PythonFrom,
            "es-import" => ImportForm::EsImport,
            "es-export" => ImportForm::EsExport,
            "jvm" => ImportForm::Jvm,
            "using" => ImportForm::Using,
            "package" => ImportForm::Package,
            "facade" => ImportForm::Facade,
            "go" => ImportForm::Go,
            "rust-use" => ImportForm::RustUse,
            "rust-crate" => ImportForm::RustCrate,
            "rust-mod" => ImportForm::RustMod,
            _ => ImportForm::Module,
        },
        hoist: rule.hoist,
        rows: rule.rows,
        constant_tokens: seeds.ids(&rule.constant_tokens),
        takes_name: rule.takes_name,
        binds: rule.binds,
        has_below: !rule.parents.is_empty(),
        below: symbols_named(grammar, &rule.parents, |_| true),
        lexical_receiver: rule.lexical_receiver,
        is_global: rule.modifiers.iter().any(|modifier| modifier == "global"),
        assigns,
        kinds: rule
            .kinds
            .iter()
            .map(|(child, kind)| (symbols_named(grammar, std::slice::from_ref(child), |_| true), seeds.id(kind)))
            .collect(),
        kind_modifiers: if has(FieldUse::Modifiers) {
            rule.kinds.iter().map(|(text, kind)| (seeds.id(text), seeds.id(kind))).collect()
        } else {
            Vec::new()
        },
        embeds: rule.embeds,
        anonymous: rule.anonymous,
        named_callee: rule.named_callee,
        has_owner: rule.fields.0.iter().any(|(_, used)| *used == FieldUse::Owner),
        wraps_callee: rule.role == Role::None && rule.fields.0.iter().any(|(_, used)| *used == FieldUse::Callee),
        object_field: object,
        property_field: property,
        callee_field: callee,
        arguments_field: arguments,
        has_type: has(FieldUse::Type),
        has_modifiers: has(FieldUse::Modifiers),
        member_call: rule.role == Role::Call && !has(FieldUse::Callee) && has(FieldUse::Property),
        names_type: matches!(rule.role, Role::Identifier | Role::Dotted) && rule.opens == "type",
        names_types: rule.role == Role::Binder && rule.opens == "type",
        through: rule.role == Role::None && has(FieldUse::Same) && !(bare && star == FieldUse::Same),
        path: rule.path,
        callee_suffix: rule.callee_suffix.clone(),
        name: (!rule.name.is_empty()).then(|| seeds.id(&rule.name)),
    }
}

impl Language {
    /// Compile a pack against a grammar. Kinds that the grammar lacks are left out.
    pub fn compile(pack: LanguagePack, grammar: Grammar) -> Self {
        let mut seeds = Seeds(seed::TEXTS.iter().map(|text| (*text).to_owned()).collect());
        let count = grammar.symbol_names.len();
        let mut rule_index = vec![0; count];
        let mut rules = Vec::new();
        let mut wanted = Bits::default();
        for (kind, rule) in &pack.kinds {
            let mut compiled = compile_rule(rule, &grammar, &mut seeds);
            // An operator list whose tokens this grammar lacks never counts, unlike an empty list.
            if !rule.complexity_operators.is_empty() && compiled.operators.is_empty() {
                compiled.complexity = 0;
            }
            rules.push(compiled);
            // ERROR, the last symbol, is no kind of the grammar: a table cannot name it.
            for (symbol, index) in rule_index.iter_mut().enumerate().take(count - 1) {
                if grammar.symbol_named[symbol] && grammar.symbol_names[symbol] == *kind {
                    *index = rules.len() as u16;
                }
            }
        }
        let mut known = vec![Known::Other; count];
        for (symbol, slot) in known.iter_mut().enumerate().take(count - 1) {
            for (name, named, meaning) in KNOWN {
                if grammar.symbol_named[symbol] == named && grammar.symbol_names[symbol] == name {
                    *slot = meaning;
                    if !named {
                        wanted.insert(symbol as u16);
                    }
                }
            }
        }
        let mut token_names = vec![seed::EMPTY; count];
        for rule in &rules {
            for (symbol, name) in token_names.iter_mut().enumerate() {
                let token = symbol as u16;
                let decides = rule.kinds.iter().any(|(children, _)| children.contains(token));
                if decides || rule.operators.contains(token) || rule.modifier_tokens.contains(token) {
                    wanted.insert(token);
                }
                if rule.modifier_tokens.contains(token) {
                    *name = seeds.id(&grammar.symbol_names[symbol]);
                }
            }
        }
        let actions = (0..count)
            .map(|symbol| {
                let role = rule_index[symbol].checked_sub(1).map(|index| rules[usize::from(index)].role);
                match role {
                    Some(Role::Skip | Role::Comment) => Action::Leaf,
                    _ if grammar.symbol_named[symbol] => Action::Record,
                    _ if wanted.contains(symbol as u16) => Action::Leaf,
                    _ => Action::Drop,
                }
            })
            .collect();
        let decorator_modifiers =
            pack.decorator_modifiers.iter().map(|(part, modifier)| (part.clone(), seeds.id(modifier))).collect();
        let property_modifiers = seeds.ids(&pack.property_modifiers);
        let mut builtins = Vec::new();
        if pack.package_scope {
            for name in &pack.builtins {
                let id = seeds.id(name).0 as usize;
                builtins.resize(builtins.len().max(id + 1), false);
                builtins[id] = true;
            }
        }
        let blank = seeds.id(&pack.blank);
        let self_type = seeds.id(&pack.self_type);
        let import_fields =
            ["name", "alias", "module_name", "source", "path", "argument", "list"].map(|name| field_id(&grammar, name));
        let pattern_fields =
            ["parameter", "parameters", "pattern", "key", "value"].map(|name| field_id(&grammar, name));
        let value_fields = crate::rust_values::FIELDS.map(|name| field_id(&grammar, name));
        let (value_field, body_field) = (field_id(&grammar, "value"), field_id(&grammar, "body"));
        let macros = rules.iter().any(|rule| rule.opens == Opens::Tokens).then(|| MacroKinds::of(&grammar)).flatten();
        Self {
            named: grammar.symbol_named.clone(),
            pack,
            grammar,
            rule_index,
            rules,
            actions,
            known,
            seeds: seeds.0,
            token_names,
            decorator_modifiers,
            property_modifiers,
            builtins,
            blank,
            self_type,
            import_fields,
            pattern_fields,
            value_field,
            value_fields,
            body_field,
            macros,
        }
    }

    /// The rule of a symbol.
    #[inline]
    pub fn rule(&self, symbol: u16) -> Option<&Rule> {
        match self.rule_index[usize::from(symbol)] {
            0 => None,
            index => Some(&self.rules[usize::from(index) - 1]),
        }
    }
}
