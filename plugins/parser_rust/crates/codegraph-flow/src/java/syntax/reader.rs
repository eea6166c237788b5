//! From tree-sitter's tree to declarations and types.

use codegraph_syntax::core::{Action, Grammar, ParseEncoding, Record};
use codegraph_syntax::reading::detect_encoding;
use codegraph_syntax::text::Encoding;
use hashbrown::HashMap;

use super::kinds::{FIELDS, Kind, field, kind_of};
use super::*;
use crate::lowering::{LoweringError, Workspace};
use crate::tree::{Node, Symbols, Tree};

/// Statements and expressions nested deeper than this are unknown: what is written is read again by recursion.
const MAX_DEPTH: u32 = 600;
const RED_ZONE_BYTES: usize = 128 * 1024;
const STACK_BYTES: usize = 4 * 1024 * 1024;

/// Reads files of one grammar; shared by threads.
pub struct Reader {
    grammar: Grammar,
    symbols: Symbols<Kind>,
}

impl Reader {
    /// Prepare a grammar.
    pub fn new(grammar: Grammar) -> Self {
        let symbols = Symbols::new(&grammar, &FIELDS, kind_of);
        Self { grammar, symbols }
    }

    /// Read a file's text.
    ///
    /// # Errors
    /// The text is binary or too long, or the parser gave no tree. Syntax errors are none.
    pub fn read(&self, workspace: &mut Workspace, source: &[u8]) -> Result<File, LoweringError> {
        if u32::try_from(source.len()).is_err() {
            return Err(LoweringError::TooLarge);
        }
        let encoding = detect_encoding(source).ok_or(LoweringError::Binary)?;
        let parse_encoding = match encoding {
            Encoding::Utf8 | Encoding::Latin1 => ParseEncoding::Utf8,
            Encoding::Utf16Le => ParseEncoding::Utf16Le,
            Encoding::Utf16Be => ParseEncoding::Utf16Be,
        };
        let deadline = workspace.deadline;
        let found = workspace
            .arena
            .parse(&self.grammar, &self.symbols.actions, source, parse_encoding, deadline)
            .map_err(LoweringError::Parse)?;
        Ok(self.read_tree(found.records, source, encoding))
    }

    /// How the nodes of a tree have to be recorded that is to be read.
    pub fn actions(&self) -> &[Action] {
        &self.symbols.actions
    }

    /// Read a file whose tree is there: its records by [`Reader::actions`], and its text with its encoding.
    pub fn read_tree(&self, records: &[Record], source: &[u8], encoding: Encoding) -> File {
        let tree = Tree::new(&self.symbols, records, source, encoding);
        let mut reading = Reading { tree, texts: Vec::new(), ids: HashMap::new(), depth: 0 };
        let mut file = File::default();
        if !tree.records.is_empty() {
            reading.file(&mut file);
        }
        file.texts = reading.texts;
        file.lines = std::iter::once(0)
            .chain(source.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at as u32 + 1))
            .collect();
        file
    }
}

/// The reading of one file.
pub(super) struct Reading<'t> {
    pub(super) tree: Tree<'t, Kind>,
    texts: Vec<String>,
    ids: HashMap<String, Text>,
    depth: u32,
}

impl Reading<'_> {
    /// Run `read` one level deeper; none when it is too deep.
    pub(super) fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.depth >= MAX_DEPTH {
            return None;
        }
        self.depth += 1;
        let result = stacker::maybe_grow(RED_ZONE_BYTES, STACK_BYTES, || read(self));
        self.depth -= 1;
        Some(result)
    }

    pub(super) fn intern(&mut self, text: &str) -> Text {
        if let Some(id) = self.ids.get(text) {
            return *id;
        }
        let id = self.texts.len() as Text;
        self.texts.push(text.to_owned());
        self.ids.insert(text.to_owned(), id);
        id
    }

    pub(super) fn text(&mut self, node: Node) -> Text {
        let text = self.tree.text(node);
        self.intern(&text)
    }

    pub(super) fn name(&mut self, node: Node) -> Text {
        match self.tree.child(node, field::NAME) {
            Some(name) => self.text(name),
            None => self.intern(""),
        }
    }

    pub(super) fn span(&self, node: Node) -> Span {
        let span = self.tree.span(node);
        (span.start, span.end)
    }

    /// Children that are no tokens.
    pub(super) fn parts(&self, node: Node) -> Vec<Node> {
        self.tree.children(node).filter(|&child| self.tree.kind(child) != Kind::Token).collect()
    }

    pub(super) fn child_of_kind(&self, node: Node, kind: Kind) -> Option<Node> {
        self.tree.children(node).find(|&child| self.tree.kind(child) == kind)
    }

    pub(super) fn has_token(&self, node: Node, text: &[u8]) -> bool {
        self.tree.children(node).any(|child| self.tree.kind(child) == Kind::Token && self.tree.bytes(child) == text)
    }

    fn file(&mut self, file: &mut File) {
        for child in self.parts(0) {
            let dotted = |this: &Self| {
                let path = this
                    .parts(child)
                    .into_iter()
                    .find(|&part| matches!(this.tree.kind(part), Kind::ScopedIdentifier | Kind::Identifier));
                path.map_or_else(String::new, |path| this.tree.text(path).split_whitespace().collect())
            };
            match self.tree.kind(child) {
                Kind::Package => file.package = dotted(self),
                Kind::Import => file.imports.push(Import {
                    path: dotted(self),
                    is_static: self.has_token(child, b"static"),
                    everything: self.child_of_kind(child, Kind::Asterisk).is_some(),
                }),
                _ => {
                    if let Some(found) = self.type_declaration(child) {
                        file.types.push(found);
                    }
                }
            }
        }
    }

    fn modifiers(&self, node: Node) -> Modifiers {
        let Some(list) = self.child_of_kind(node, Kind::Modifiers) else {
            return Modifiers { is_packaged: true, ..Modifiers::default() };
        };
        Modifiers {
            is_static: self.has_token(list, b"static"),
            is_abstract: self.has_token(list, b"abstract"),
            is_final: self.has_token(list, b"final"),
            is_default: self.has_token(list, b"default"),
            is_private: self.has_token(list, b"private"),
            is_packaged: ![&b"public"[..], b"protected", b"private"].iter().any(|one| self.has_token(list, one)),
        }
    }

    /// A class, interface, enum, record or annotation type; none if the node is something else.
    pub(super) fn type_declaration(&mut self, node: Node) -> Option<TypeDeclaration> {
        self.deeper(|this| this.type_at(node)).flatten()
    }

    fn type_at(&mut self, node: Node) -> Option<TypeDeclaration> {
        let tree = self.tree;
        let kind = match tree.kind(node) {
            Kind::Class => TypeKind::Class,
            Kind::Interface => TypeKind::Interface,
            Kind::Enum => TypeKind::Enum,
            Kind::Record => TypeKind::Record,
            Kind::AnnotationType => TypeKind::Annotation,
            _ => return None,
        };
        let mut superclass = None;
        let mut interfaces = Vec::new();
        for clause in self.parts(node) {
            match tree.kind(clause) {
                Kind::Superclass => superclass = self.parts(clause).first().map(|&type_| self.type_expression(type_)),
                Kind::Interfaces | Kind::Extends => {
                    for list in self.parts(clause) {
                        for type_ in self.parts(list) {
                            interfaces.push(self.type_expression(type_));
                        }
                    }
                }
                _ => {}
            }
        }
        let components = match tree.child(node, field::PARAMETERS) {
            Some(list) => self.parameters(list),
            None => Vec::new(),
        };
        Some(TypeDeclaration {
            kind,
            name: self.name(node),
            span: self.span(node),
            modifiers: self.modifiers(node),
            parameters: self.type_parameters(node),
            superclass,
            interfaces,
            components,
            members: tree.child(node, field::BODY).map_or_else(Vec::new, |body| self.members(body)),
        })
    }

    /// The class of `new C() { … }` or of an enum's constant.
    pub(super) fn anonymous(&mut self, body: Node, span: Span) -> TypeDeclaration {
        TypeDeclaration {
            kind: TypeKind::Anonymous,
            name: self.intern(""),
            span,
            modifiers: Modifiers::default(),
            parameters: Vec::new(),
            superclass: None,
            interfaces: Vec::new(),
            components: Vec::new(),
            members: self.members(body),
        }
    }

    fn type_parameters(&mut self, node: Node) -> Vec<TypeParameter> {
        let Some(list) = self.child_of_kind(node, Kind::TypeParameters) else { return Vec::new() };
        let mut found = Vec::new();
        for parameter in self.parts(list) {
            if self.tree.kind(parameter) != Kind::TypeParameter {
                continue;
            }
            let parts = self.parts(parameter);
            let Some(&name) =
                parts.iter().find(|&&part| matches!(self.tree.kind(part), Kind::TypeIdentifier | Kind::Identifier))
            else {
                continue;
            };
            let name = self.text(name);
            let bounds = match self.child_of_kind(parameter, Kind::TypeBound) {
                Some(bound) => self.parts(bound).into_iter().map(|type_| self.type_expression(type_)).collect(),
                None => Vec::new(),
            };
            found.push(TypeParameter { name, bounds });
        }
        found
    }

    fn members(&mut self, body: Node) -> Vec<Member> {
        let mut found = Vec::new();
        for member in self.parts(body) {
            if self.tree.kind(member) == Kind::EnumDeclarations {
                found.extend(self.members(member));
            } else {
                self.member(member, &mut found);
            }
        }
        found
    }

    fn member(&mut self, node: Node, found: &mut Vec<Member>) {
        let tree = self.tree;
        let span = self.span(node);
        match tree.kind(node) {
            Kind::Field | Kind::Constant => {
                let modifiers = self.modifiers(node);
                let Some(written) = tree.child(node, field::TYPE) else { return };
                let declarators: Vec<Node> =
                    tree.children(node).filter(|&child| tree.kind(child) == Kind::Declarator).collect();
                for declarator in declarators {
                    let type_ = self.type_expression(written);
                    let type_ = self.with_dimensions(type_, declarator);
                    let value = tree.child(declarator, field::VALUE).map(|value| self.expression(value));
                    let (name, span) = (self.name(declarator), self.span(declarator));
                    found.push(Member::Field { modifiers, type_, name, value, span });
                }
            }
            Kind::Method | Kind::AnnotationElement => {
                let returned = tree.child(node, field::TYPE).map(|type_| self.type_expression(type_));
                let returned = returned.map(|type_| self.with_dimensions(type_, node)).or(Some(TypeExpression::Void));
                let method = self.method(node, returned);
                found.push(Member::Method(method));
            }
            Kind::Constructor | Kind::CompactConstructor => {
                let method = self.method(node, None);
                found.push(Member::Method(method));
            }
            Kind::Block => {
                let body = self.block(node);
                found.push(Member::Initializer { is_static: false, body });
            }
            Kind::StaticInitializer => {
                let body = self.parts(node).into_iter().flat_map(|block| self.block(block)).collect();
                found.push(Member::Initializer { is_static: true, body });
            }
            Kind::EnumConstant => {
                let name = self.name(node);
                let arguments = self.arguments(node);
                let body = tree.child(node, field::BODY).map(|body| self.anonymous(body, span));
                found.push(Member::Constant { name, span, arguments, body });
            }
            _ => {
                if let Some(type_) = self.type_declaration(node) {
                    found.push(Member::Type(type_));
                }
            }
        }
    }

    fn method(&mut self, node: Node, returned: Option<TypeExpression>) -> Method {
        let tree = self.tree;
        let parameters = match tree.child(node, field::PARAMETERS) {
            Some(list) => self.parameters(list),
            None => Vec::new(),
        };
        Method {
            name: self.name(node),
            span: self.span(node),
            modifiers: self.modifiers(node),
            type_parameters: self.type_parameters(node),
            returned,
            parameters,
            is_compact: tree.kind(node) == Kind::CompactConstructor,
            body: tree.child(node, field::BODY).map(|body| self.block(body)),
        }
    }

    /// The parameters of a list, or the one of a lambda without brackets.
    pub(super) fn parameters(&mut self, list: Node) -> Vec<Parameter> {
        let tree = self.tree;
        if tree.kind(list) == Kind::Identifier {
            return vec![Parameter { name: self.text(list), type_: None, is_variable: false, span: self.span(list) }];
        }
        let mut found = Vec::new();
        for node in self.parts(list) {
            let span = self.span(node);
            let parameter = match tree.kind(node) {
                Kind::Identifier | Kind::Underscore => {
                    Parameter { name: self.text(node), type_: None, is_variable: false, span }
                }
                Kind::Parameter => {
                    let type_ = tree.child(node, field::TYPE).map(|type_| self.type_expression(type_));
                    let type_ = type_.map(|type_| self.with_dimensions(type_, node));
                    let type_ = type_.filter(|type_| *type_ != TypeExpression::Inferred);
                    Parameter { name: self.name(node), type_, is_variable: false, span }
                }
                Kind::SpreadParameter => {
                    let parts = self.parts(node);
                    let written =
                        parts.iter().find(|&&part| !matches!(tree.kind(part), Kind::Modifiers | Kind::Declarator));
                    let type_ = match written {
                        Some(&written) => self.type_expression(written),
                        None => TypeExpression::Inferred,
                    };
                    let name = match self.child_of_kind(node, Kind::Declarator) {
                        Some(declarator) => self.name(declarator),
                        None => self.intern(""),
                    };
                    Parameter { name, type_: Some(TypeExpression::Array(Box::new(type_))), is_variable: true, span }
                }
                _ => continue,
            };
            found.push(parameter);
        }
        found
    }

    /// A type with the brackets that stand after a name.
    pub(super) fn with_dimensions(&self, type_: TypeExpression, node: Node) -> TypeExpression {
        let count = self.tree.child(node, field::DIMENSIONS).map_or(0, |dimensions| self.brackets(dimensions));
        arrays(type_, count)
    }

    fn brackets(&self, dimensions: Node) -> usize {
        self.tree.bytes(dimensions).iter().filter(|byte| **byte == b'[').count()
    }

    pub(super) fn type_expression(&mut self, node: Node) -> TypeExpression {
        self.deeper(|this| this.type_expression_at(node)).unwrap_or(TypeExpression::Inferred)
    }

    fn type_expression_at(&mut self, node: Node) -> TypeExpression {
        let tree = self.tree;
        match tree.kind(node) {
            Kind::PrimitiveInteger | Kind::PrimitiveFloat | Kind::PrimitiveBoolean => {
                TypeExpression::Primitive(match tree.bytes(node) {
                    b"byte" => Primitive::Byte,
                    b"short" => Primitive::Short,
                    b"char" => Primitive::Char,
                    b"int" => Primitive::Int,
                    b"long" => Primitive::Long,
                    b"float" => Primitive::Float,
                    b"double" => Primitive::Double,
                    _ => Primitive::Boolean,
                })
            }
            Kind::Void => TypeExpression::Void,
            Kind::TypeIdentifier | Kind::Identifier if tree.bytes(node) == b"var" => TypeExpression::Inferred,
            Kind::ArrayType => {
                let Some(element) = tree.child(node, field::ELEMENT) else { return TypeExpression::Inferred };
                let element = self.type_expression(element);
                let count = tree.child(node, field::DIMENSIONS).map_or(1, |dimensions| self.brackets(dimensions));
                arrays(element, count)
            }
            Kind::Wildcard => {
                let is_super = self.child_of_kind(node, Kind::Super).is_some();
                let bound = self.parts(node).into_iter().rfind(|&part| tree.kind(part) != Kind::Super);
                TypeExpression::Wildcard { bound: bound.map(|bound| Box::new(self.type_expression(bound))), is_super }
            }
            Kind::AnnotatedType => match self.parts(node).last() {
                Some(&inner) => self.type_expression(inner),
                None => TypeExpression::Inferred,
            },
            Kind::CatchType => {
                let mut types: Vec<TypeExpression> =
                    self.parts(node).into_iter().map(|type_| self.type_expression(type_)).collect();
                if types.len() == 1 { types.remove(0) } else { TypeExpression::Several(types) }
            }
            _ => {
                let (mut parts, mut is_diamond) = (Vec::new(), false);
                self.named_type(node, &mut parts, &mut is_diamond);
                TypeExpression::Named { parts, is_diamond }
            }
        }
    }

    fn named_type(&mut self, node: Node, parts: &mut Vec<(Text, Vec<TypeExpression>)>, is_diamond: &mut bool) {
        let tree = self.tree;
        match tree.kind(node) {
            Kind::TypeIdentifier | Kind::Identifier => {
                let name = self.text(node);
                parts.push((name, Vec::new()));
            }
            Kind::TypeArguments => {
                let arguments: Vec<TypeExpression> =
                    self.parts(node).into_iter().map(|argument| self.type_expression(argument)).collect();
                *is_diamond = arguments.is_empty();
                if let Some((_, last)) = parts.last_mut() {
                    *last = arguments;
                }
            }
            Kind::GenericType
            | Kind::ScopedType
            | Kind::ScopedIdentifier
            | Kind::FieldAccess
            | Kind::AnnotatedType
            | Kind::Error => {
                for part in self.parts(node) {
                    self.named_type(part, parts, is_diamond);
                }
            }
            _ => {}
        }
    }

    pub(super) fn type_arguments(&mut self, node: Node) -> Vec<TypeExpression> {
        match self.tree.child(node, field::TYPE_ARGUMENTS) {
            Some(list) => self.parts(list).into_iter().map(|argument| self.type_expression(argument)).collect(),
            None => Vec::new(),
        }
    }
}

/// An array type of so many dimensions.
pub(super) fn arrays(element: TypeExpression, count: usize) -> TypeExpression {
    (0..count).fold(element, |type_, _| TypeExpression::Array(Box::new(type_)))
}
