//! The kind-table compiler: a pack against one grammar becomes dense arrays over symbol and field ids.

use crate::core::{Action, Grammar};
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
}

const KNOWN: [(&str, bool, Known); 12] = [
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
    Module,
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
    pub object_field: u16,
    pub property_field: u16,
    pub callee_field: u16,
    pub arguments_field: u16,
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
    /// Field ids that import forms read: name, alias, `module_name`, source.
    pub import_fields: [u16; 4],
}

/// Fixed names: the first of every file's interner, in this order.
pub mod seed {
    use crate::names::NameId;

    /// Texts of the fixed names.
    pub const TEXTS: [&str; 22] = [
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
    let mut star = FieldUse::Expression;
    let (mut object, mut property, mut callee, mut arguments) = (0, 0, 0, 0);
    let (mut has_by_field, mut has_by_kind) = (false, false);
    let mut assigns = false;
    for (name, used) in &rule.fields.0 {
        if name == "*" {
            star = *used;
        } else if let Some(kind) = name.strip_prefix('@') {
            for (symbol, text) in grammar.symbol_names.iter().enumerate() {
                // ERROR is no kind of the grammar: a table cannot name it.
                if text == kind && grammar.symbol_named[symbol] && symbol != usize::from(grammar.error_symbol()) {
                    by_kind.push((symbol as u16, *used));
                    has_by_kind = true;
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
    let bare = !has_by_field && !has_by_kind;
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
            _ => Opens::Other,
        },
        kind: seeds.id(&rule.kind),
        member_kind: seeds.id(&rule.member_kind),
        has_fields: !bare,
        has_by_field,
        star,
        by_field,
        by_kind,
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
        modifiers: seeds.ids(&rule.modifiers),
        modifier_tokens: symbols_named(grammar, &rule.modifier_tokens, |_| true),
        import_form: match rule.import_form.as_str() {
            "python-import" => ImportForm::PythonImport,
            "python-from" => ImportForm::PythonFrom,
            "es-import" => ImportForm::EsImport,
            "es-export" => ImportForm::EsExport,
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
        object_field: object,
        property_field: property,
        callee_field: callee,
        arguments_field: arguments,
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
                if rule.operators.contains(token) || rule.modifier_tokens.contains(token) {
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
        let import_fields = ["name", "alias", "module_name", "source"].map(|name| field_id(&grammar, name));
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
            import_fields,
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
