//! Packages that a file declares (Java, Kotlin): the twin of the reference engine's `packages.py`.

use crate::names::NameId;
use crate::pack::{FieldUse, Role};
use crate::rows::TextRef;
use crate::table::{ImportForm, Rule, seed};
use crate::text::{push_json_string, without_spaces};
use crate::walker::{Carry, Walker};

const FACADE: &str = "JvmName";

impl<'a> Walker<'a> {
    /// Say whether the declared package, not the file, qualifies a top-level definition.
    pub(crate) fn qualifies(&self, kind: NameId) -> bool {
        self.language.pack.fqn.package
            && matches!(
                kind,
                seed::CLASS
                    | seed::INTERFACE
                    | seed::ENUM
                    | seed::STRUCT
                    | seed::TRAIT
                    | seed::TYPE_ALIAS
                    | seed::NAMESPACE
            )
    }

    /// A module's dotted name while no package statement was read; `ids` is its name by path.
    pub(crate) fn module_fqn(&mut self, stem: NameId, ids: TextRef) -> TextRef {
        let rules = &self.language.pack.fqn;
        if !rules.package {
            return ids;
        }
        self.rows.declares_package = true;
        let stem = self.rows.names.text(stem).to_owned();
        if rules.facade.is_empty() {
            return self.rows.add(&stem);
        }
        self.facade = self.rows.add(&facade_name(&stem, &rules.facade));
        self.facade
    }

    /// The metadata of a module that may declare a package: the package, "" for none, and any facade.
    pub(crate) fn module_facts(&mut self) -> Option<TextRef> {
        if !self.language.pack.fqn.package {
            return None;
        }
        let mut facts = String::from("{");
        let facade = self.rows.text(self.facade);
        if !facade.is_empty() {
            facts.push_str("\"facade\":");
            push_json_string(&mut facts, facade);
            facts.push(',');
        }
        facts.push_str("\"package\":");
        push_json_string(&mut facts, self.rows.text(self.package));
        facts.push('}');
        Some(self.rows.add(&facts))
    }

    /// Read a package statement, or an annotation that names the file's facade.
    pub(crate) fn read_package(&mut self, node: u32, rule: &'a Rule) {
        if rule.import_form == ImportForm::Facade {
            let Some(written) = self.written_facade(node, rule) else { return };
            if self.facade.start == self.facade.end {
                return;
            }
            self.facade = self.rows.add(&written);
        } else {
            let Some(named) = self.part(node, rule, FieldUse::Name) else { return };
            if self.package_is_decided() {
                return;
            }
            let text = without_spaces(self.text(named));
            self.package = self.rows.add(&text);
        }
        let (package, facade) = (self.rows.text(self.package), self.rows.text(self.facade));
        let fqn = match (package.is_empty(), facade.is_empty()) {
            (false, false) => Some(format!("{package}.{facade}")),
            (true, false) => Some(facade.to_owned()),
            (false, true) => Some(package.to_owned()),
            (true, true) => None,
        };
        if let Some(fqn) = fqn {
            let before = self.rows.text(self.scopes.frames[0].fqn).to_owned();
            // What stands before the statement (C#'s `using`) is qualified with the package as well.
            for ordinal in 1..self.rows.nodes.len() {
                if self.rows.nodes[ordinal].kind != seed::IMPORT {
                    continue;
                }
                let own = self.rows.text(self.rows.nodes[ordinal].fqn);
                let moved = format!("{fqn}{}", own.strip_prefix(before.as_str()).unwrap_or(own));
                self.rows.nodes[ordinal].fqn = self.rows.add(&moved);
            }
            let fqn = self.rows.add(&fqn);
            self.scopes.frames[0].fqn = fqn;
            self.rows.nodes[0].fqn = fqn;
        }
        self.rows.nodes[0].metadata = self.module_facts();
    }

    /// Whether a file's package is known: by a statement before, or as there are definitions outside of any.
    fn package_is_decided(&self) -> bool {
        !self.rows.text(self.package).is_empty() || self.rows.nodes[1..].iter().any(|row| row.kind != seed::IMPORT)
    }

    /// Read a package statement and walk the body that it may have (C#'s `namespace`). A file has one package:
    /// a second one with a body is a namespace in it.
    pub(crate) fn package(&mut self, node: u32, rule: &'a Rule, carry: Carry, scope: u32) {
        let body = self.part(node, rule, FieldUse::Body);
        if body.is_some() && self.package_is_decided() {
            self.definition(node, rule, carry, scope, None);
            return;
        }
        self.read_package(node, rule);
        if let Some(body) = body {
            self.push_expr(body, scope);
        }
    }

    /// The name that `@file:JvmName("Name")` gives, or None for another annotation.
    fn written_facade(&self, node: u32, rule: &'a Rule) -> Option<String> {
        let call = self.part(node, rule, FieldUse::Callee)?;
        let call_rule = self.rule(call).filter(|rule| rule.role == Role::Call)?;
        let callee = self.part(call, call_rule, FieldUse::Callee)?;
        let arguments = self.part(call, call_rule, FieldUse::Arguments)?;
        if self.text(callee) != FACADE {
            return None;
        }
        let text = self.text(arguments);
        let text = text.trim_matches(['(', ')', ' ', '\t', '\r', '\n']);
        let inner = text.strip_prefix('"')?.strip_suffix('"')?;
        (!inner.is_empty()).then(|| inner.to_owned())
    }

    /// Read `import [static] a.b.C`, `import a.b.*` or `import a.b.C as D`.
    pub(crate) fn jvm_import(&mut self, node: u32, rule: &'a Rule, scope: u32) {
        let Some(source) = self.part(node, rule, FieldUse::Module) else { return };
        let written = without_spaces(self.text(source));
        let renamed = self.part(node, rule, FieldUse::Alias);
        let star = match rule.import_form {
            ImportForm::Using => renamed.is_none() && !written.is_empty(),
            _ => self.text(node).trim_end_matches([';', ' ', '\t', '\r', '\n']).ends_with('*'),
        };
        if star {
            let module = self.rows.names.intern(&written);
            let star = self.rows.names.intern("*");
            self.add_import(scope, node, node, module, Some(star), None, None);
            return;
        }
        let alias = renamed.map(|alias| self.intern(alias));
        let (module, name) = match written.rsplit_once('.') {
            Some((module, name)) => (module, name),
            None => ("", written.as_ref()),
        };
        if name.is_empty() {
            return;
        }
        let local = self.rows.names.intern(name);
        let module_id = if module.is_empty() { local } else { self.rows.names.intern(module) };
        let dotted = written.contains('.');
        self.add_import(scope, node, node, module_id, dotted.then_some(local), alias, Some(alias.unwrap_or(local)));
    }
}

/// The class that holds a Kotlin file's functions: `my-util` is `My_utilKt`.
fn facade_name(stem: &str, suffix: &str) -> String {
    let name: String =
        stem.chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '_' | '$') { c } else { '_' }).collect();
    let mut characters = name.chars();
    let first: String = characters.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}{suffix}", characters.as_str())
}
