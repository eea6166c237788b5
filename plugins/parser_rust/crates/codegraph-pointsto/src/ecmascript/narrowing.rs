//! What a condition says of a value where it holds: `x instanceof C`, `typeof x === "function"`, `Array.isArray(x)`,
//! `"m" in x`, and `x.kind === "a"` for objects that carry a constant.
//!
//! A read that such a condition dominates is of those objects alone that let it hold. What an object is can be decided
//! when its class and prototypes are known, which is when all is quiet.

use codegraph_flow::graph::{Dominators, Graph};
use codegraph_flow::ir::{
    BinaryOperator, BlockId, Constant, ENTRY, EdgeKind, Op as Ir, Storage, Terminator, UnaryOperator, ValueId,
};
use serde::{Deserialize, Serialize};

use super::objects::Object as Ecma;
use super::ops::Op;
use crate::graph::Node;
use crate::objects::{Object, ObjectId};
use crate::program::{Language, Map, Symbol, Value};
use crate::solver::Solver;
use crate::translate::Translator;

/// What `typeof` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Kind {
    Function,
    Object,
    Text,
    Number,
    Boolean,
    Undefined,
    /// Symbols and big numbers.
    Other,
}

/// What is asked of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Test {
    /// What `typeof` says of it.
    Kind(Kind),
    /// Whether it is an instance of a class, which is a value.
    InstanceOf(Value),
    /// Whether it is an array.
    Array,
    /// Whether a property of it is a constant.
    Tag {
        /// The property.
        name: Symbol,
        /// The constant as text.
        value: Symbol,
    },
    /// Whether it has a property.
    Has(Symbol),
}

/// A condition on a value that holds, or does not, in blocks that an edge dominates.
#[derive(Clone, Copy, Debug)]
struct Fact {
    value: ValueId,
    test: Test,
    holds: bool,
}

/// Facts by block, and by the edges at which they begin.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    blocks: Map<BlockId, Vec<Fact>>,
    edges: Map<(BlockId, BlockId), Fact>,
    /// Values by what they were narrowed from.
    narrowed: Map<(Value, Test, bool), Value>,
}

impl Facts {
    pub(crate) fn is_empty(&self) -> bool {
        self.edges.is_empty()
    }

    /// Narrow anew what is narrowed from now on.
    pub(crate) fn forget_narrowed(&mut self) {
        self.narrowed.clear();
    }
}

impl Translator<'_> {
    /// Find what conditions say of the values that they test.
    pub(crate) fn find_facts(&mut self) -> Facts {
        let body = self.body;
        let mut facts = Facts::default();
        let mut found: Vec<(BlockId, BlockId, Fact)> = Vec::new();
        for (block, content) in body.blocks() {
            let Terminator::Branch(condition) = content.terminator else { continue };
            if !self.flow.reachable[block.index()] {
                continue;
            }
            let Some(fact) = self.fact_of(condition) else { continue };
            for edge in body.successors(block) {
                let holds = match edge.kind {
                    EdgeKind::True => fact.holds,
                    EdgeKind::False => !fact.holds,
                    _ => continue,
                };
                found.push((block, edge.target, Fact { holds, ..fact }));
            }
        }
        if found.is_empty() {
            return facts;
        }
        let dominators = Dominators::new(&Graph::of(body), ENTRY.0);
        for (source, target, fact) in found {
            let parallel = body.successors(source).iter().filter(|edge| edge.target == target).count() > 1;
            if parallel {
                continue;
            }
            facts.edges.insert((source, target), fact);
            let others = body
                .edges()
                .iter()
                .any(|edge| edge.target == target && edge.source != source && self.flow.reachable[edge.source.index()]);
            if !others {
                for &block in dominators.order.iter().filter(|block| dominators.dominates(target.0, **block)) {
                    facts.blocks.entry(BlockId(block)).or_default().push(fact);
                }
            }
        }
        facts
    }

    /// Return what a condition says of a variable's value.
    fn fact_of(&mut self, condition: ValueId) -> Option<Fact> {
        let body = self.body;
        let fact = |value, test| Some(Fact { value, test, holds: true });
        if self.unit.language == Language::Python {
            return self.python_fact(condition);
        }
        match body.instruction(condition).op {
            Ir::Unary { operator: UnaryOperator::Not, value } => {
                self.fact_of(value).map(|fact| Fact { holds: !fact.holds, ..fact })
            }
            Ir::TypeTest { value, class } => {
                let class = self.number(class);
                fact(value, Test::InstanceOf(class))
            }
            Ir::Binary { operator: BinaryOperator::In, left, right, .. } => match body.instruction(left).op {
                Ir::Constant(Constant::Text(name)) => {
                    let name = self.text(name);
                    fact(right, Test::Has(name))
                }
                _ => None,
            },
            Ir::Binary { operator, left, right, .. } => {
                let holds = match operator {
                    BinaryOperator::Equal | BinaryOperator::StrictEqual => true,
                    BinaryOperator::NotEqual | BinaryOperator::StrictNotEqual => false,
                    _ => return None,
                };
                let found = self.comparison(left, right).or_else(|| self.comparison(right, left))?;
                Some(Fact { holds, ..found })
            }
            Ir::Call(call) => {
                let Ir::LoadAttribute { object, name } = body.instruction(body.call(call).callee).op else {
                    return None;
                };
                let Ir::LoadName(variable) = body.instruction(object).op else { return None };
                let found = body.variable(variable);
                let is_free = matches!(found.storage, Storage::Builtin | Storage::Global { variable: None });
                let is_array = self.file.text(found.name) == "Array" && self.file.text(name) == "isArray";
                match body.arguments(call) {
                    [only] if is_free && is_array => fact(only.value, Test::Array),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// `isinstance(x, C)`, or a pattern of a class.
    fn python_fact(&mut self, condition: ValueId) -> Option<Fact> {
        let body = self.body;
        match body.instruction(condition).op {
            Ir::Unary { operator: UnaryOperator::Not, value } => {
                self.python_fact(value).map(|fact| Fact { holds: !fact.holds, ..fact })
            }
            Ir::TypeTest { value, class } => {
                Some(Fact { value, test: Test::InstanceOf(self.number(class)), holds: true })
            }
            Ir::Call(call) => {
                let Ir::LoadName(variable) = body.instruction(body.call(call).callee).op else { return None };
                let found = body.variable(variable);
                let is_free = matches!(found.storage, Storage::Builtin | Storage::Global { variable: None });
                match body.arguments(call) {
                    [tested, class] if is_free && self.file.text(found.name) == "isinstance" => {
                        let test = Test::InstanceOf(self.number(class.value));
                        Some(Fact { value: tested.value, test, holds: true })
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// `typeof x === "…"` or `x.name === constant`
    fn comparison(&mut self, tested: ValueId, constant: ValueId) -> Option<Fact> {
        let body = self.body;
        let expected = match body.instruction(constant).op {
            Ir::Constant(Constant::Text(text)) => self.text(text),
            Ir::Constant(Constant::Integer(number)) => self.symbols.intern(&number.to_string()),
            _ => return None,
        };
        let (value, test) = match body.instruction(tested).op {
            Ir::Unary { operator: UnaryOperator::TypeOf, value } => {
                let kind = match self.symbols.text(expected) {
                    "function" => Kind::Function,
                    "object" => Kind::Object,
                    "string" => Kind::Text,
                    "number" => Kind::Number,
                    "boolean" => Kind::Boolean,
                    "undefined" => Kind::Undefined,
                    _ => Kind::Other,
                };
                (value, Test::Kind(kind))
            }
            Ir::LoadAttribute { object, name } => {
                let name = self.text(name);
                (object, Test::Tag { name, value: expected })
            }
            _ => return None,
        };
        Some(Fact { value, test, holds: true })
    }

    /// Return a value as what is known in a block lets it be.
    pub(crate) fn narrowed(&mut self, block: BlockId, from: Value) -> Value {
        let Some(facts) = self.facts.blocks.get(&block).cloned() else { return from };
        self.narrowed_by(&facts, from)
    }

    /// Return a value as it is where control goes from one block to another.
    pub(crate) fn narrowed_on(&mut self, edge: (BlockId, BlockId), from: Value) -> Value {
        let mut facts = self.facts.blocks.get(&edge.0).cloned().unwrap_or_default();
        facts.extend(self.facts.edges.get(&edge));
        self.narrowed_by(&facts, from)
    }

    fn narrowed_by(&mut self, facts: &[Fact], from: Value) -> Value {
        let mut at = from;
        for fact in facts {
            let tested = self.number(fact.value);
            if tested != at && tested != from {
                continue;
            }
            let key = (at, fact.test, fact.holds);
            at = match self.facts.narrowed.get(&key) {
                Some(to) => *to,
                None => {
                    let (to, Fact { test, holds, .. }) = (self.fresh(), *fact);
                    self.emit(match (self.unit.language, test) {
                        (Language::Python, Test::InstanceOf(class)) => {
                            crate::program::Op::Narrow { to, from: at, class, holds }
                        }
                        _ => crate::program::Op::Ecma(Op::Narrow { to, from: at, test, holds }),
                    });
                    self.facts.narrowed.insert(key, to);
                    to
                }
            };
        }
        at
    }
}

/// A condition of the program: where the objects go that it lets through, and its class if it has one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Narrowing {
    pub to: Node,
    pub test: Test,
    pub holds: bool,
    pub class: Node,
}

impl Solver<'_> {
    /// An object has arrived at a condition.
    pub(crate) fn narrow(&mut self, at: u32, object: ObjectId) {
        let Narrowing { to, test, holds, .. } = self.ecma.narrowings[at as usize];
        let found = match test {
            Test::Kind(kind) => self.kind_of(object).map(|one| one == kind),
            Test::Array => match self.objects.get(object) {
                Object::Ecma(Ecma::Array { .. }) => Some(true),
                Object::Opaque(_) | Object::Made { .. } => None,
                _ => Some(false),
            },
            Test::InstanceOf(_) | Test::Tag { .. } | Test::Has(_) => {
                self.ecma.tested.push((at, object));
                return;
            }
        };
        if found.is_none_or(|found| found == holds) {
            self.graph.insert(to, object);
        }
    }

    /// All is quiet: decide what needs classes and properties to be known.
    pub(crate) fn decide(&mut self, at: u32, object: ObjectId) {
        let Narrowing { to, test, holds, class } = self.ecma.narrowings[at as usize];
        let found = match test {
            Test::InstanceOf(_) => {
                let classes = self.graph.objects(class).to_vec();
                let mut all = classes.into_iter().map(|class| self.is_instance(object, class));
                match all.next() {
                    Some(first) if all.all(|one| one == first) => first,
                    _ => None,
                }
            }
            Test::Tag { name, value } => self.has_tag(object, name, value),
            Test::Has(name) => match self.objects.get(object) {
                Object::Ecma(Ecma::Record { .. }) | Object::Instance { .. } => {
                    let any = self.shape(object).any;
                    let is_open = !self.graph.objects(any).is_empty();
                    if self.has_member(object, name) { Some(true) } else { (!is_open).then_some(false) }
                }
                _ => None,
            },
            Test::Kind(_) | Test::Array => None,
        };
        if found.is_none_or(|found| found == holds) {
            self.graph.insert(to, object);
        }
    }

    fn kind_of(&self, object: ObjectId) -> Option<Kind> {
        let names = self.ecma.names;
        Some(match self.objects.get(object) {
            Object::Text(_) => Kind::Text,
            Object::Integer(_) => Kind::Number,
            Object::ExternalInstance(class) => match class {
                _ if class == names.string => Kind::Text,
                _ if class == names.number => Kind::Number,
                _ if class == names.boolean => Kind::Boolean,
                _ if class == names.symbol || self.symbols.text(class) == "BigInt" => Kind::Other,
                _ => Kind::Object,
            },
            Object::Made { class, .. } => match class {
                _ if class == names.proxy => return None,
                _ if class == names.symbol => Kind::Other,
                _ if class == names.promisified => Kind::Function,
                _ => Kind::Object,
            },
            Object::Ecma(one) => match one {
                Ecma::Undefined => Kind::Undefined,
                Ecma::Boolean(_) => Kind::Boolean,
                Ecma::Bound { .. } | Ecma::Settler { .. } => Kind::Function,
                Ecma::Interface { .. } => return None,
                _ => Kind::Object,
            },
            Object::Function { .. } | Object::Class { .. } => Kind::Function,
            Object::Instance { .. } | Object::Generator(_) | Object::Coroutine(_) => Kind::Object,
            _ => return None,
        })
    }

    /// Say whether an object is an instance of a class, where that is known.
    fn is_instance(&mut self, object: ObjectId, class: ObjectId) -> Option<bool> {
        if self.is_primitive(object) {
            return Some(false);
        }
        let names = self.ecma.names;
        let wanted = match self.objects.get(class) {
            Object::Function { .. } | Object::Class { .. } => {
                if self.ecma.asks_instances && self.has_member(class, names.has_instance) {
                    return None;
                }
                let field = self.field(class, names.prototype);
                let mut wanted = self.graph.objects(field).to_vec();
                wanted.push(self.ecma_object(Ecma::Prototype(class)));
                wanted
            }
            Object::External(name) => {
                let name = self.symbols.text(name).to_owned();
                if !self.models.of_ecmascript().is_listed(&format!("{name}.prototype")) {
                    return None;
                }
                vec![self.external(&format!("{name}.prototype"))]
            }
            _ => return None,
        };
        let chain = self.chain_of(object);
        if chain.iter().any(|one| wanted.contains(one)) {
            return Some(true);
        }
        for one in chain {
            match self.objects.get(one) {
                Object::Opaque(_) => return None,
                Object::Made { class, .. } if class == names.proxy => return None,
                Object::External(name) => {
                    let mut at = self.symbols.text(name).to_owned();
                    if !self.models.of_ecmascript().is_listed(&at) {
                        return None;
                    }
                    while let Some(base) = self.models.of_ecmascript().base(&at).map(str::to_owned) {
                        let object = self.external(&base);
                        if wanted.contains(&object) {
                            return Some(true);
                        }
                        at = base;
                    }
                }
                _ => {}
            }
        }
        match self.objects.get(object) {
            Object::Ecma(_) | Object::Instance { .. } | Object::Function { .. } | Object::Class { .. } => Some(false),
            Object::Made { .. } | Object::ExternalInstance(_) | Object::Generator(_) | Object::Coroutine(_) => {
                Some(false)
            }
            _ => None,
        }
    }

    /// Say whether a property of an object is a constant, where that is known.
    fn has_tag(&mut self, object: ObjectId, name: Symbol, value: Symbol) -> Option<bool> {
        for one in self.chain_of(object) {
            if self.ecma.getters.contains_key(&(one, name)) {
                return None;
            }
            let Some(field) = self.fields.get(&(one, name)).copied() else { continue };
            let values = self.graph.objects(field).to_vec();
            if values.is_empty() {
                continue;
            }
            let (mut equal, mut other) = (false, false);
            for found in values {
                let text = match self.objects.get(found) {
                    Object::Text(text) => text,
                    Object::Integer(number) => self.symbols.intern(&number.to_string()),
                    Object::Ecma(one) if one.is_nothing() => {
                        other = true;
                        continue;
                    }
                    _ => return None,
                };
                equal |= text == value;
                other |= text != value;
            }
            return if equal && other { None } else { Some(equal) };
        }
        None
    }
}
