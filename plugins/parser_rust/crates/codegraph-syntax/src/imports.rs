//! Import and export forms that a kind table cannot say: the twin of the reference engine's `imports.py`.

use std::borrow::Cow;

use crate::names::NameId;
use crate::pack::{FieldUse, Role};
use crate::rows::{ExportRow, NONE};
use crate::rust::Given;
use crate::scopes::{ABSENT, Bound, LOCAL, Rank, Receiver};
use crate::table::{ImportForm, Known, Opens, Rule, seed};
use crate::walker::{Head, Walker};

/// A module that a call imports: `require("m")`, or one member of it: `require("m").x`.
///
/// `call` are the bytes of a call that has no import of its own when a name takes what it gives. What is awaited has
/// one: it imports the module, and the names import from it. `is_promise` says that `import("m")` is not awaited.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Required {
    pub(crate) module: NameId,
    pub(crate) member: Option<NameId>,
    pub(crate) call: Option<(u32, u32)>,
    pub(crate) is_promise: bool,
}

/// The import call that gives a promise of the module.
const PROMISED: &str = "import";
/// What is called on a promise.
const THEN: &str = "then";

impl<'a> Walker<'a> {
    /// Say whether a callee's text is one of the pack's import calls.
    pub(crate) fn is_import_callee(&self, callee: u32) -> bool {
        let calls = &self.language.pack.imports.calls;
        let length = self.raw(callee).len();
        // In UTF-16 a text has more bytes than its characters.
        calls.iter().any(|call| call.len() <= length && length <= call.len() * 2 && *call == self.text(callee))
    }

    /// What a value imports, if it is an import call with a literal specifier or a member of one.
    pub(crate) fn required(&mut self, value: u32, scope: u32) -> Option<Required> {
        if self.language.pack.imports.calls.is_empty() {
            return None;
        }
        let mut value = value;
        let mut member = None;
        if let Some(rule) = self.rule(value)
            && rule.role == Role::Member
        {
            let property = self.child_by_field(value, rule.property_field)?;
            value = self.child_by_field(value, rule.object_field)?;
            member = Some(property);
        }
        let mut awaited = false;
        while self.role(value) != Some(Role::Call)
            && matches!(self.known(value), Known::AwaitExpression | Known::ParenthesizedExpression)
        {
            let mut children = self.children(value);
            let (Some(only), None) = (children.next(), children.next()) else { break };
            awaited |= self.known(value) == Known::AwaitExpression;
            value = only;
        }
        let rule = self.rule(value)?;
        if rule.role != Role::Call {
            return None;
        }
        let record = self.record(value);
        let call = (!awaited).then_some((record.start, record.end));
        let callee = self.child_by_field(value, rule.callee_field)?;
        let arguments = self.child_by_field(value, rule.arguments_field)?;
        if !self.imports_by_call(callee, scope) {
            return None;
        }
        let literal = match self.string_value(arguments).filter(|text| !text.is_empty()) {
            Some(literal) => literal,
            None => {
                let mut children = self.children(arguments);
                let (Some(only), None) = (children.next(), children.next()) else { return None };
                self.string_value(only).filter(|text| !text.is_empty())?
            }
        };
        let module = self.rows.names.intern(&literal);
        let member = member.map(|property| self.intern(property));
        let is_promise = !awaited && self.text(callee) == PROMISED;
        Some(Required { module, member, call, is_promise })
    }

    /// The name of a member of what an expression makes: of `new C().f` `C.f`, of `require("m").f` its import's. An
    /// import of the member is added and bound to a name that nothing else has.
    pub(crate) fn made_member(&mut self, callee: u32, scope: u32) -> Option<String> {
        let mut names: Vec<String> = Vec::new();
        let (mut access, mut target) = (callee, callee);
        while let Some(rule) = self.rule(target).filter(|rule| rule.role == Role::Member) {
            let property = self.child_by_field(target, rule.property_field)?;
            let inner = self.child_by_field(target, rule.object_field)?;
            names.push(self.text(property).into_owned());
            (access, target) = (target, inner);
        }
        if let Some(needed) = self.required(access, scope) {
            if needed.is_promise {
                return None;
            }
            self.taken_calls.extend(needed.call);
            let ordinal = self.add_import(scope, access, access, needed.module, needed.member, None, None);
            let frame = self.scopes.get(scope).frame;
            let hidden = format!("<import{}>", self.scopes.frames[frame as usize].imports);
            let name = self.rows.names.intern(&hidden);
            self.scopes.bind(scope, name, Bound { rank: Rank::Definition, ordinal, receiver: Receiver::No });
            names.pop();
            names.push(hidden);
        } else {
            while matches!(self.known(target), Known::AwaitExpression | Known::ParenthesizedExpression) {
                let mut children = self.children(target);
                let (Some(only), None) = (children.next(), children.next()) else { break };
                target = only;
            }
            if self.known(target) != Known::NewExpression {
                return None;
            }
            let made = self.child_by_field(target, self.rule(target)?.callee_field)?;
            let kept = std::mem::take(&mut self.leftovers);
            let (head, name, _) = self.chain(made);
            self.leftovers = kept;
            names.push(self.rows.names.text(name.filter(|_| head == Head::Name)?).to_owned());
        }
        names.reverse();
        Some(names.join("."))
    }

    /// Note which parameters of the function in `import("m").then(…)` get the module, and which a member of it.
    pub(crate) fn note_promised(&mut self, callee: u32, arguments: u32, scope: u32) {
        let property = self.rule(callee).and_then(|rule| self.child_by_field(callee, rule.property_field));
        let given = self.children(arguments).next();
        let (Some(property), Some(given)) = (property, given) else { return };
        if self.text(property) != THEN {
            return;
        }
        let Some(needed) = self.required(callee, scope).filter(|needed| needed.is_promise) else { return };
        let [parameter, parameters, pattern, key, value] = self.language.pattern_fields;
        let listed = |walker: &Self| walker.children(walker.child_by_field(given, parameters)?).next();
        let Some(first) = self.child_by_field(given, parameter).or_else(|| listed(self)) else { return };
        let first = self.child_by_field(first, pattern).unwrap_or(first);
        match self.known(first) {
            Known::Identifier => self.promised.push((first, needed.module, None)),
            Known::ObjectPattern => {
                for child in self.children(first) {
                    let pair = (self.child_by_field(child, key), self.child_by_field(child, value));
                    if let (Some(key), Some(value)) = pair {
                        let member = self.intern(key);
                        self.promised.push((value, needed.module, Some(member)));
                    } else if self.known(child) == Known::ShorthandPattern {
                        let member = self.intern(child);
                        self.promised.push((child, needed.module, Some(member)));
                    }
                }
            }
            _ => {}
        }
    }

    /// Have a parameter mean the module, or the member of it, that `then` passes.
    pub(crate) fn bind_promised(&mut self, name: NameId, node: u32, scope: u32) {
        let Some((_, module, member)) = self.promised.iter().find(|(at, ..)| *at == node).copied() else { return };
        let ordinal = self.add_import(scope, node, node, module, member, None, None);
        self.scopes.bind(scope, name, Bound { rank: Rank::Definition, ordinal, receiver: Receiver::No });
    }

    /// Say whether a call imports: not where a parameter or local takes the name, as in a bundle's modules.
    fn imports_by_call(&mut self, callee: u32, scope: u32) -> bool {
        if !self.is_import_callee(callee) {
            return false;
        }
        let name = self.intern(callee);
        self.scopes.lookup(scope, name).is_none_or(|bound| bound.ordinal != LOCAL)
    }

    /// What a pattern's child inherits while an import's result is taken apart.
    pub(crate) fn descend(&mut self, binding: u32, key: Option<NameId>, rule: &Rule) -> u32 {
        let mut inner = self.bindings[binding as usize].clone();
        if key.is_some() {
            inner.key = key;
        } else if !rule.modifiers.is_empty() {
            // Rest and positional patterns take no single name from the module.
            inner.module = None;
        } else if rule.all_same {
            inner.depth += 1;
        } else {
            return binding;
        }
        self.bindings.push(inner);
        self.bindings.len() as u32 - 1
    }

    /// Bind a name to (a member of) an imported module; false if the pattern is too deep for that.
    pub(crate) fn bind_required(&mut self, name: NameId, node: u32, binding: u32, scope: u32) -> bool {
        let known = &self.bindings[binding as usize];
        let Some(needed) = known.module else { return false };
        if known.depth > 1 || (known.depth > 0 && needed.member.is_some_and(|member| member != seed::EMPTY)) {
            return false;
        }
        let imported = if known.depth == 0 {
            needed.member
        } else {
            Some(known.key.filter(|key| *key != seed::EMPTY).unwrap_or(name))
        };
        let (statement, hoist) = (known.node, known.hoist);
        self.taken_calls.extend(needed.call);
        let target = if hoist { self.scopes.home(scope) } else { scope };
        let alias = (imported != Some(name)).then_some(name);
        self.add_import(target, node, statement, needed.module, imported, alias, Some(name));
        true
    }

    /// Add an import's node and row and bind its local name; return the node's ordinal.
    #[allow(clippy::too_many_arguments)] // the twin's
    pub(crate) fn add_import(
        &mut self,
        scope: u32,
        node: u32,
        statement: u32,
        module: NameId,
        name: Option<NameId>,
        alias: Option<NameId>,
        local: Option<NameId>,
    ) -> i32 {
        self.add_given_import(scope, node, statement, module, name, alias, local, &Given::default())
    }

    /// Read an import statement by its named form.
    pub(crate) fn read_import(&mut self, node: u32, rule: &'a Rule, scope: u32) {
        match rule.import_form {
            ImportForm::PythonImport => self.python_import(node, scope),
            ImportForm::PythonFrom => self.python_from(node, scope),
            ImportForm::EsImport => self.es_import(node, scope),
            ImportForm::Jvm | ImportForm::Using => self.jvm_import(node, rule, scope),
            ImportForm::Go => self.go_import(node, scope),
            ImportForm::RustUse => self.read_use(node, rule, scope),
            ImportForm::RustCrate => self.read_crate(node, rule, scope),
            _ => self.module_import(node, rule, scope),
        }
    }

    fn import_field(&self, node: u32, field: usize) -> Option<u32> {
        self.child_by_field(node, self.language.import_fields[field])
    }

    /// (name, written alias) of a dotted name or `name as alias`.
    fn aliased(&mut self, node: u32) -> (NameId, Option<NameId>) {
        match (self.import_field(node, 0), self.import_field(node, 1)) {
            (Some(name), Some(alias)) => (self.intern_joined(name), Some(self.intern(alias))),
            _ => (self.intern_joined(node), None),
        }
    }

    fn name_children(&self, node: u32) -> impl Iterator<Item = u32> + use<'a> {
        let field = self.language.import_fields[0];
        let records = self.records();
        self.tokens_of(node).filter(move |&child| field != 0 && records[child as usize].field == field)
    }

    fn python_import(&mut self, node: u32, scope: u32) {
        for child in self.name_children(node) {
            let (module, alias) = self.aliased(child);
            let local = alias.filter(|alias| *alias != seed::EMPTY).unwrap_or(self.rows.names.first(module));
            if module != seed::EMPTY {
                let local = (local != seed::EMPTY).then_some(local);
                self.add_import(scope, child, node, module, None, alias, local);
            }
        }
    }

    fn python_from(&mut self, node: u32, scope: u32) {
        let module = match self.import_field(node, 2) {
            Some(source) => self.intern_joined(source),
            None => self.rows.names.intern("__future__"),
        };
        for child in self.name_children(node) {
            let (name, alias) = self.aliased(child);
            if name != seed::EMPTY {
                let local = alias.filter(|alias| *alias != seed::EMPTY).unwrap_or(name);
                self.add_import(scope, child, node, module, Some(name), alias, Some(local));
            }
        }
        for child in self.children(node) {
            if self.known(child) == Known::WildcardImport {
                self.star_import = true;
                let star = self.rows.names.intern("*");
                self.add_import(scope, child, node, module, Some(star), None, None);
            }
        }
    }

    fn literal(&mut self, node: Option<u32>) -> Option<NameId> {
        let text = self.string_value(node?).filter(|text| !text.is_empty())?;
        Some(self.rows.names.intern(&text))
    }

    fn es_import(&mut self, node: u32, scope: u32) {
        let mut source = self.import_field(node, 3);
        let clause = self
            .children(node)
            .find(|&child| matches!(self.known(child), Known::ImportClause | Known::ImportRequireClause));
        let required = clause.is_some_and(|clause| self.known(clause) == Known::ImportRequireClause);
        if let (Some(clause), true) = (clause, required) {
            source = self.import_field(clause, 3);
        }
        let Some(module) = self.literal(source) else { return };
        let Some(clause) = clause else {
            self.add_import(scope, node, node, module, None, None, None);
            return;
        };
        for child in self.children(clause) {
            match self.known(child) {
                Known::Identifier => {
                    let local = self.intern(child);
                    let name = (!required).then_some(seed::DEFAULT);
                    let bound = (local != seed::EMPTY).then_some(local);
                    self.add_import(scope, child, node, module, name, Some(local), bound);
                }
                Known::NamespaceImport => {
                    for inner in self.children(child) {
                        if self.known(inner) == Known::Identifier {
                            let local = self.intern(inner);
                            let bound = (local != seed::EMPTY).then_some(local);
                            self.add_import(scope, child, node, module, None, Some(local), bound);
                        }
                    }
                }
                Known::NamedImports => {
                    for specifier in self.children(child) {
                        if self.known(specifier) == Known::ImportSpecifier {
                            let (name, alias) = self.specifier(specifier);
                            if name != seed::EMPTY {
                                let local = alias.unwrap_or(name);
                                self.add_import(scope, specifier, node, module, Some(name), alias, Some(local));
                            }
                        }
                    }
                }
                _ => {}
            }
        }
    }

    fn go_import(&mut self, node: u32, scope: u32) {
        let path = self.import_field(node, 4);
        let Some(module) = self.literal(path) else { return };
        let Some(name) = self.import_field(node, 0) else {
            let assumed = assumed_name(self.rows.names.text(module)).to_owned();
            let local = self.rows.names.intern(&assumed);
            self.add_import(scope, node, node, module, None, None, Some(local));
            return;
        };
        let local = self.intern(name);
        match self.rows.names.text(local) {
            "." => {
                let star = self.rows.names.intern("*");
                self.add_import(scope, node, node, module, Some(star), None, None);
            }
            "_" => {
                self.add_import(scope, node, node, module, None, Some(local), None);
            }
            _ => {
                self.add_import(scope, node, node, module, None, Some(local), Some(local));
            }
        }
    }

    /// (name, written alias) of an import or export specifier.
    fn specifier(&mut self, node: u32) -> (NameId, Option<NameId>) {
        let name = self.import_field(node, 0).and_then(|name| self.name_id(name)).unwrap_or(seed::EMPTY);
        let alias = self.import_field(node, 1).and_then(|alias| self.name_id(alias));
        (name, alias)
    }

    /// Read an import whose fields say all: a module specifier and maybe a local name.
    fn module_import(&mut self, node: u32, rule: &'a Rule, scope: u32) {
        let mut module = None;
        let mut alias = None;
        for (child, used) in self.fields(node, rule) {
            if used == FieldUse::Module {
                module = Some(match self.literal(Some(child)) {
                    Some(literal) => literal,
                    None => self.intern_joined(child),
                });
            } else if used == FieldUse::Alias {
                alias = Some(self.intern(child));
            }
        }
        if let Some(module) = module.filter(|module| *module != seed::EMPTY) {
            self.add_import(scope, node, node, module, None, alias, alias);
        }
    }

    fn push_export(&mut self, name: NameId, node: i32, module: Option<NameId>, source_name: Option<NameId>) {
        self.rows.exports.push(ExportRow { name, node, module, source_name });
    }

    /// Read an export statement; return whether nothing below it is left to walk.
    pub(crate) fn read_export(&mut self, node: u32, rule: &Rule, scope: u32) -> bool {
        if rule.import_form != ImportForm::EsExport {
            return false;
        }
        let source = self.import_field(node, 3);
        let module = self.literal(source);
        let at_module = self.scopes.frame_of(scope).parent == ABSENT;
        let clause = self
            .children(node)
            .find(|&child| matches!(self.known(child), Known::ExportClause | Known::NamespaceExport));
        if let Some(module) = module {
            let star = self.rows.names.intern("*");
            match clause {
                None => {
                    let ordinal = self.add_import(scope, node, node, module, Some(star), None, None);
                    self.push_export(star, ordinal, Some(module), None);
                }
                Some(clause) if self.known(clause) == Known::NamespaceExport => {
                    let inner = self.children(clause).next().unwrap_or(clause);
                    let name = self.name_id(inner).unwrap_or(seed::EMPTY);
                    let ordinal = self.add_import(scope, clause, node, module, None, Some(name), None);
                    self.push_export(name, ordinal, Some(module), None);
                }
                Some(clause) => {
                    for specifier in self.children(clause) {
                        if self.known(specifier) == Known::ExportSpecifier {
                            let (name, alias) = self.specifier(specifier);
                            let ordinal = self.add_import(scope, specifier, node, module, Some(name), None, None);
                            self.push_export(alias.unwrap_or(name), ordinal, Some(module), Some(name));
                        }
                    }
                }
            }
            return true;
        }
        if let Some(clause) = clause {
            for specifier in self.children(clause) {
                if self.known(specifier) == Known::ExportSpecifier && at_module {
                    let (name, alias) = self.specifier(specifier);
                    self.pending_exports.push((name, alias.unwrap_or(name)));
                }
            }
            return true;
        }
        let mut exported = None;
        for token in self.tokens_of(node) {
            match self.known(token) {
                Known::DefaultToken => exported = Some(seed::DEFAULT),
                Known::EqualsToken if exported.is_none() => exported = Some(self.rows.names.intern("=")),
                _ => {}
            }
        }
        if let (Some(exported), true) = (exported, at_module) {
            for child in self.children(node) {
                if self.role(child) == Some(Role::Identifier) {
                    let name = self.intern(child);
                    self.pending_exports.push((name, exported));
                }
            }
        }
        false
    }

    /// Read CommonJS exports: `module.exports = …`, `exports.x = …`, `module.exports.x = …`.
    pub(crate) fn assigned_export(&mut self, target: u32, value: u32, scope: u32) {
        if !self.language.pack.imports.explicit_exports || self.scopes.frame_of(scope).parent != ABSENT {
            return;
        }
        if self.role(target) != Some(Role::Member) {
            return;
        }
        let Some(name) = self.chain(target).1 else { return };
        let name = self.rows.names.text(name);
        if name == "module.exports" {
            if self.rule(value).is_some_and(|rule| rule.opens == Opens::Object) {
                self.exported_object(value, scope);
            } else {
                let whole = self.rows.names.intern("=");
                self.exported_value(whole, value, scope);
            }
            return;
        }
        let exported = ["module.exports.", "exports."]
            .iter()
            .find_map(|prefix| name.strip_prefix(prefix).filter(|exported| !exported.contains('.')))
            .map(str::to_owned);
        if let Some(exported) = exported {
            let exported = self.rows.names.intern(&exported);
            self.exported_value(exported, value, scope);
        }
    }

    fn exported_object(&mut self, value: u32, scope: u32) {
        for child in self.children(value) {
            let Some(rule) = self.rule(child) else { continue };
            if rule.role == Role::Identifier {
                let name = self.intern(child);
                self.pending_exports.push((name, name));
                continue;
            }
            let mut key: Option<Cow<'a, str>> = None;
            let mut inner = child;
            for (part, used) in self.fields(child, rule) {
                if used == FieldUse::Name {
                    key = self.name_text(part);
                } else if used == FieldUse::Value {
                    inner = part;
                }
            }
            if let Some(key) = key.filter(|key| !key.is_empty()) {
                let key = self.rows.names.intern(&key);
                self.exported_value(key, inner, scope);
            }
        }
    }

    fn exported_value(&mut self, exported: NameId, value: u32, scope: u32) {
        match self.role(value) {
            Some(Role::Identifier) => {
                let name = self.intern(value);
                self.pending_exports.push((name, exported));
            }
            Some(Role::Definition) => {
                let record = self.record(value);
                let span = (record.start, record.end);
                self.value_exports.retain(|(known, _)| *known != span);
                self.value_exports.push((span, exported));
            }
            _ => match self.required(value, scope) {
                Some(needed) => {
                    self.taken_calls.extend(needed.call);
                    let ordinal = self.add_import(scope, value, value, needed.module, needed.member, None, None);
                    self.push_export(exported, ordinal, Some(needed.module), needed.member);
                }
                None => self.push_export(exported, NONE, None, None),
            },
        }
    }
}

/// The name that a Go package at an import path most likely declares, as `goimports` assumes it.
fn assumed_name(path: &str) -> &str {
    let (rest, mut base) = path.rsplit_once('/').unwrap_or(("", path));
    let version = base
        .strip_prefix('v')
        .is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()));
    if !rest.is_empty() && version {
        base = rest.rsplit('/').next().unwrap_or(rest);
    }
    base = base.strip_prefix("go-").unwrap_or(base);
    let end = base.bytes().position(|byte| byte.is_ascii() && !byte.is_ascii_alphanumeric() && byte != b'_');
    let name = &base[..end.unwrap_or(base.len())];
    if name.is_empty() { path } else { name }
}
