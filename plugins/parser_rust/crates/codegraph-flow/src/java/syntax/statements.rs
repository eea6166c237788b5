//! Statements, `switch` and patterns.

use super::kinds::{Kind, field};
use super::reader::Reading;
use super::*;
use crate::tree::Node;

impl Reading<'_> {
    /// The statements of a block.
    pub(super) fn block(&mut self, node: Node) -> Vec<Statement> {
        let mut found = Vec::new();
        for part in self.parts(node) {
            self.statements(part, &mut found);
        }
        found
    }

    fn one(&mut self, node: Node) -> Statement {
        let mut found = Vec::new();
        self.statements(node, &mut found);
        if found.len() == 1 { found.remove(0) } else { Statement::Block(found) }
    }

    fn child(&mut self, node: Node, field: u8) -> Box<Statement> {
        Box::new(self.tree.child(node, field).map_or(Statement::Empty, |child| self.one(child)))
    }

    pub(super) fn required(&mut self, node: Node, field: u8) -> Expression {
        match self.tree.child(node, field) {
            Some(child) => self.expression(child),
            None => Expression { span: self.span(node), kind: ExpressionKind::Unknown(Vec::new()) },
        }
    }

    fn first_part(&mut self, node: Node) -> Option<Expression> {
        self.parts(node).first().map(|&part| self.expression(part))
    }

    fn statements(&mut self, node: Node, found: &mut Vec<Statement>) {
        if self.deeper(|this| this.statement_at(node, found)).is_none() {
            found.push(Statement::Empty);
        }
    }

    fn statement_at(&mut self, node: Node, found: &mut Vec<Statement>) {
        let tree = self.tree;
        let statement = match tree.kind(node) {
            Kind::LocalVariable => {
                let Some(written) = tree.child(node, field::TYPE) else { return };
                let declarators: Vec<Node> =
                    tree.children(node).filter(|&child| tree.kind(child) == Kind::Declarator).collect();
                for declarator in declarators {
                    let type_ = self.type_expression(written);
                    let type_ = self.with_dimensions(type_, declarator);
                    let value = tree.child(declarator, field::VALUE).map(|value| self.expression(value));
                    found.push(Statement::Local { type_, name: self.name(declarator), value });
                }
                return;
            }
            Kind::ExpressionStatement => match self.first_part(node) {
                Some(value) => Statement::Expression(value),
                None => return,
            },
            Kind::ConstructorCall => Statement::ConstructorCall {
                span: self.span(node),
                outer: tree.child(node, field::OBJECT).map(|object| self.expression(object)),
                is_super: tree.child(node, field::CONSTRUCTOR).is_some_and(|word| tree.kind(word) == Kind::Super),
                arguments: self.arguments(node),
            },
            Kind::If => Statement::If {
                condition: self.required(node, field::CONDITION),
                then: self.child(node, field::CONSEQUENCE),
                otherwise: tree.child(node, field::ALTERNATIVE).map(|other| Box::new(self.one(other))),
            },
            Kind::While => Statement::While {
                condition: self.required(node, field::CONDITION),
                body: self.child(node, field::BODY),
            },
            Kind::Do => {
                let body = self.child(node, field::BODY);
                Statement::Do { body, condition: self.required(node, field::CONDITION) }
            }
            Kind::For => {
                let in_field = |wanted: u8| -> Vec<Node> {
                    tree.children(node).filter(|&child| tree.field_of(child) == wanted).collect()
                };
                let mut first = Vec::new();
                for initializer in in_field(field::INIT) {
                    if tree.kind(initializer) == Kind::LocalVariable {
                        self.statements(initializer, &mut first);
                    } else {
                        first.push(Statement::Expression(self.expression(initializer)));
                    }
                }
                Statement::For {
                    first,
                    condition: tree.child(node, field::CONDITION).map(|condition| self.expression(condition)),
                    update: in_field(field::UPDATE).into_iter().map(|update| self.expression(update)).collect(),
                    body: self.child(node, field::BODY),
                }
            }
            Kind::ForEach => {
                let type_ = match tree.child(node, field::TYPE) {
                    Some(type_) => self.type_expression(type_),
                    None => TypeExpression::Inferred,
                };
                Statement::ForEach {
                    type_: self.with_dimensions(type_, node),
                    name: self.name(node),
                    iterable: self.required(node, field::VALUE),
                    body: self.child(node, field::BODY),
                }
            }
            Kind::Block | Kind::ConstructorBody | Kind::Error => Statement::Block(self.block(node)),
            Kind::Return => Statement::Return(self.first_part(node)),
            Kind::Throw => match self.first_part(node) {
                Some(value) => Statement::Throw(value),
                None => return,
            },
            Kind::Try | Kind::TryResources => self.try_statement(node),
            Kind::Labeled => {
                let [label, body] = self.parts(node)[..] else { return };
                Statement::Labeled { label: self.text(label), body: Box::new(self.one(body)) }
            }
            Kind::Break => Statement::Break(self.label(node)),
            Kind::Continue => Statement::Continue(self.label(node)),
            Kind::Yield => match self.first_part(node) {
                Some(value) => Statement::Yield(value),
                None => return,
            },
            Kind::Synchronized => {
                let lock = match self.child_of_kind(node, Kind::Parenthesized) {
                    Some(lock) => self.expression(lock),
                    None => return,
                };
                let body = tree.child(node, field::BODY).map_or_else(Vec::new, |body| self.block(body));
                Statement::Synchronized { lock, body }
            }
            Kind::Assert => Statement::Assert(self.parts(node).into_iter().map(|part| self.expression(part)).collect()),
            Kind::Class | Kind::Interface | Kind::Enum | Kind::Record | Kind::AnnotationType => {
                match self.type_declaration(node) {
                    Some(type_) => Statement::Type(type_),
                    None => return,
                }
            }
            Kind::Modifiers | Kind::Token => return,
            _ => Statement::Expression(self.expression(node)),
        };
        found.push(statement);
    }

    fn label(&mut self, node: Node) -> Option<Text> {
        self.child_of_kind(node, Kind::Identifier).map(|label| self.text(label))
    }

    fn try_statement(&mut self, node: Node) -> Statement {
        let tree = self.tree;
        let mut resources = Vec::new();
        let (mut handlers, mut finally) = (Vec::new(), Vec::new());
        for part in self.parts(node) {
            match tree.kind(part) {
                Kind::Catch => {
                    let Some(parameter) = self.child_of_kind(part, Kind::CatchParameter) else { continue };
                    let type_ = match self.child_of_kind(parameter, Kind::CatchType) {
                        Some(type_) => self.type_expression(type_),
                        None => TypeExpression::Inferred,
                    };
                    let body = tree.child(part, field::BODY).map_or_else(Vec::new, |body| self.block(body));
                    handlers.push(Handler { type_, name: self.name(parameter), body });
                }
                Kind::Finally => finally = self.parts(part).into_iter().flat_map(|block| self.block(block)).collect(),
                Kind::Block => {}
                _ => {
                    for resource in self.parts(part) {
                        if tree.kind(resource) == Kind::Resource {
                            resources.extend(self.resource(resource));
                        }
                    }
                }
            }
        }
        let body = tree.child(node, field::BODY).map_or_else(Vec::new, |body| self.block(body));
        Statement::Try { resources, body, handlers, finally }
    }

    fn resource(&mut self, node: Node) -> Option<Resource> {
        let tree = self.tree;
        let span = self.span(node);
        if let Some(type_) = tree.child(node, field::TYPE) {
            let declared = Some((self.type_expression(type_), self.name(node)));
            return Some(Resource { span, declared, value: self.required(node, field::VALUE) });
        }
        let value = *self.parts(node).last()?;
        Some(Resource { span, declared: None, value: self.expression(value) })
    }

    pub(super) fn cases(&mut self, body: Node) -> Vec<Case> {
        let tree = self.tree;
        let mut found = Vec::new();
        for node in self.parts(body) {
            let is_rule = tree.kind(node) == Kind::SwitchRule;
            if !is_rule && tree.kind(node) != Kind::SwitchGroup {
                continue;
            }
            let (mut labels, mut statements) = (Vec::new(), Vec::new());
            for part in self.parts(node) {
                if tree.kind(part) == Kind::SwitchLabel {
                    self.switch_label(part, &mut labels);
                } else {
                    self.statements(part, &mut statements);
                }
            }
            found.push(Case { labels, is_rule, body: statements });
        }
        found
    }

    fn switch_label(&mut self, node: Node, labels: &mut Vec<Label>) {
        let tree = self.tree;
        if self.has_token(node, b"default") {
            labels.push(Label::Default);
        }
        let guard = self.child_of_kind(node, Kind::Guard).and_then(|guard| self.parts(guard).first().copied());
        for part in self.parts(node) {
            match tree.kind(part) {
                Kind::Guard => {}
                Kind::Identifier if tree.bytes(part) == b"default" => labels.push(Label::Default),
                Kind::Pattern | Kind::TypePattern | Kind::RecordPattern => {
                    let guard = guard.map(|guard| self.expression(guard));
                    if let Some(pattern) = self.pattern(part) {
                        labels.push(Label::Pattern(pattern, guard));
                    }
                }
                _ => labels.push(Label::Value(self.expression(part))),
            }
        }
    }

    pub(super) fn pattern(&mut self, node: Node) -> Option<Pattern> {
        self.deeper(|this| this.pattern_at(node)).flatten()
    }

    fn pattern_at(&mut self, node: Node) -> Option<Pattern> {
        let tree = self.tree;
        let parts: Vec<Node> =
            self.parts(node).into_iter().filter(|&part| tree.kind(part) != Kind::Modifiers).collect();
        match tree.kind(node) {
            Kind::Pattern => self.pattern(*parts.first()?),
            Kind::TypePattern | Kind::RecordPatternComponent => {
                let first = *parts.first()?;
                if parts.len() == 1 && matches!(tree.kind(first), Kind::RecordPattern | Kind::Pattern) {
                    return self.pattern(first);
                }
                let name = parts.get(1).filter(|&&name| tree.kind(name) == Kind::Identifier);
                let name = name.map(|&name| self.text(name));
                Some(Pattern::Type { type_: self.type_expression(first), name })
            }
            Kind::RecordPattern => {
                let type_ = self.type_expression(*parts.first()?);
                let body = parts.into_iter().find(|&part| tree.kind(part) == Kind::RecordPatternBody);
                let parts = match body {
                    Some(body) => self.parts(body).into_iter().filter_map(|part| self.pattern(part)).collect(),
                    None => Vec::new(),
                };
                Some(Pattern::Record { type_, parts })
            }
            _ => None,
        }
    }
}
