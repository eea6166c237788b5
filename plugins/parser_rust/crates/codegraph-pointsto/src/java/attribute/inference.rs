//! Type arguments that nobody writes (JLS 18), as far as members of what comes out depend on them.

use super::calls::Argument;
use super::{Attributor, Item};
use crate::java::types::{NULL, Type, TypeId, Types, UNKNOWN, VOID, VariableId};
use crate::java::world::MethodId;
use crate::program::{Map, NONE};

/// What variables have been found to be.
#[derive(Debug, Default)]
pub(super) struct Bindings {
    variables: Vec<VariableId>,
    found: Map<VariableId, TypeId>,
}

impl<'p> Attributor<'_, 'p> {
    /// Let a variable be what makes an actual type fit a formal one.
    fn unify(&mut self, bindings: &mut Bindings, formal: TypeId, actual: TypeId, depth: u32) {
        if depth > 12 || actual == UNKNOWN || actual == VOID {
            return;
        }
        match self.world.types.get(formal).clone() {
            Type::Variable(variable) if bindings.variables.contains(&variable) => {
                let actual = match *self.world.types.get(actual) {
                    Type::Wildcard { bound, .. } => bound,
                    _ => actual,
                };
                if actual == NULL || actual == UNKNOWN {
                    return;
                }
                let actual = self.world.boxed(actual);
                let known = bindings.found.get(&variable).copied();
                let common = known.map_or(actual, |known| self.world.common(known, actual));
                bindings.found.insert(variable, common);
            }
            Type::Array(element) => {
                if let Type::Array(other) = *self.world.types.get(self.world.upper(actual))
                    && !Types::is_primitive(other)
                {
                    self.unify(bindings, element, other, depth + 1);
                }
            }
            Type::Wildcard { bound, .. } => self.unify(bindings, bound, actual, depth + 1),
            Type::Class(class, arguments) if !arguments.is_empty() => {
                let actual = self.world.boxed(actual);
                let Some(seen) = self.world.as_super(actual, class) else { return };
                let Type::Class(_, given) = self.world.types.get(seen).clone() else { return };
                for (formal, actual) in arguments.iter().zip(&given) {
                    let actual = match *self.world.types.get(*actual) {
                        Type::Wildcard { bound, .. } => bound,
                        _ => *actual,
                    };
                    self.unify(bindings, *formal, actual, depth + 1);
                }
            }
            _ => {}
        }
    }

    fn bound(&mut self, bindings: &Bindings, type_: TypeId) -> TypeId {
        self.world.types.substitute(type_, &|variable| {
            bindings.variables.contains(&variable).then(|| bindings.found.get(&variable).copied().unwrap_or(UNKNOWN))
        })
    }

    /// Unbound variables are what a result is expected to be.
    fn unify_expected(&mut self, bindings: &mut Bindings, returned: TypeId, expected: TypeId) {
        if expected == UNKNOWN || expected == VOID || Types::is_primitive(expected) {
            return;
        }
        let unbound: Vec<VariableId> =
            bindings.variables.iter().copied().filter(|one| !bindings.found.contains_key(one)).collect();
        if unbound.is_empty() {
            return;
        }
        let mut more = Bindings { variables: unbound, found: Map::default() };
        match (self.world.types.get(returned).clone(), self.world.types.get(expected).clone()) {
            (Type::Variable(_), _) => self.unify(&mut more, returned, expected, 0),
            (Type::Class(class, _), Type::Class(wanted, arguments)) if !arguments.is_empty() => {
                if self.world.is_subclass(class, wanted)
                    && let Some(seen) = self.world.as_super(returned, wanted)
                    && let Type::Class(_, formals) = self.world.types.get(seen).clone()
                {
                    for (formal, given) in formals.iter().zip(&arguments) {
                        self.unify(&mut more, *formal, *given, 0);
                    }
                }
            }
            _ => {}
        }
        bindings.found.extend(more.found);
    }

    /// Infer a method's type arguments and attribute what waited for them; returns arguments and the result's type.
    pub(super) fn inferred(
        &mut self,
        method: MethodId,
        receiver: TypeId,
        arguments: Vec<Argument<'p>>,
        explicit: &[TypeId],
        expected: TypeId,
    ) -> (Vec<Item>, TypeId) {
        let (variables, returned, class) = {
            let found = &self.world.methods[method as usize];
            (found.variables.clone(), found.returned, found.class)
        };
        let mut bindings = Bindings { variables, found: Map::default() };
        for (variable, type_) in bindings.variables.clone().into_iter().zip(explicit) {
            bindings.found.insert(variable, *type_);
        }
        let returned = self.world.member_type(receiver, class, returned);
        let items = self.arguments_for(method, receiver, arguments, &mut bindings, Some((returned, expected)));
        self.unify_expected(&mut bindings, returned, expected);
        let result = self.bound(&bindings, returned);
        (items, self.world.upper_known(result))
    }

    /// The same of a constructor: the class's own type arguments are inferred too where none are written.
    pub(super) fn inferred_object(
        &mut self,
        method: MethodId,
        type_: TypeId,
        arguments: Vec<Argument<'p>>,
    ) -> (Vec<Item>, TypeId) {
        let (mut variables, class) = {
            let found = &self.world.methods[method as usize];
            (found.variables.clone(), found.class)
        };
        let mut receiver = type_;
        let given = self.class_type(type_).map_or_else(Vec::new, |(_, arguments)| arguments);
        let parameters = self.world.classes[class as usize].parameters.clone();
        let is_open = given.is_empty() && !parameters.is_empty();
        if is_open {
            variables.extend(parameters);
            receiver = self.own_type(class);
        }
        let mut bindings = Bindings { variables, found: Map::default() };
        let items = self.arguments_for(method, receiver, arguments, &mut bindings, None);
        let made = if is_open { self.bound(&bindings, receiver) } else { type_ };
        (items, made)
    }

    fn arguments_for(
        &mut self,
        method: MethodId,
        receiver: TypeId,
        arguments: Vec<Argument<'p>>,
        bindings: &mut Bindings,
        expected: Option<(TypeId, TypeId)>,
    ) -> Vec<Item> {
        let (parameters, is_variable, class) = {
            let found = &self.world.methods[method as usize];
            (found.parameters.clone(), found.is_variable, found.class)
        };
        let last = parameters.len().saturating_sub(1);
        let formals: Vec<TypeId> = (0..arguments.len())
            .map(|at| {
                let declared = parameters.get(at.min(last)).copied().unwrap_or(UNKNOWN);
                let mut formal = self.world.member_type(receiver, class, declared);
                if is_variable && at >= last {
                    let is_array = arguments.len() == parameters.len()
                        && matches!(&arguments[at], Argument::Plain(item)
                            if matches!(self.world.types.get(self.world.upper(item.type_)), Type::Array(_)));
                    if let (false, Type::Array(element)) = (is_array, self.world.types.get(formal)) {
                        formal = *element;
                    }
                }
                formal
            })
            .collect();
        let mut items: Vec<Option<Item>> = vec![None; arguments.len()];
        for (at, argument) in arguments.iter().enumerate() {
            if let Argument::Plain(item) = argument {
                self.unify(bindings, formals[at], item.type_, 0);
                items[at] = Some(*item);
            }
        }
        let waits = arguments.iter().any(|argument| matches!(argument, Argument::Function(_)));
        if waits && let Some((returned, expected)) = expected {
            let mut early = Bindings { variables: bindings.variables.clone(), found: bindings.found.clone() };
            self.unify_expected(&mut early, returned, expected);
            // What is expected helps where lambdas have parameters of types that nothing else says.
            for (at, argument) in arguments.iter().enumerate() {
                if let Argument::Function(expression) = argument {
                    items[at] = Some(self.function_argument(expression, formals[at], bindings, &early));
                    for (variable, type_) in &bindings.found {
                        early.found.insert(*variable, *type_);
                    }
                }
            }
        } else {
            for (at, argument) in arguments.iter().enumerate() {
                if let Argument::Function(expression) = argument {
                    let early = Bindings { variables: bindings.variables.clone(), found: bindings.found.clone() };
                    items[at] = Some(self.function_argument(expression, formals[at], bindings, &early));
                }
            }
        }
        items.into_iter().map(|item| item.unwrap_or(Item { value: NONE, type_: UNKNOWN })).collect()
    }

    /// Attribute a lambda or method reference that a parameter takes, and learn from what it returns.
    fn function_argument(
        &mut self,
        expression: &'p codegraph_flow::java::syntax::Expression,
        formal: TypeId,
        bindings: &mut Bindings,
        early: &Bindings,
    ) -> Item {
        let target = self.bound(early, formal);
        self.result = UNKNOWN;
        let item = self.expression_for(expression, target);
        let result = self.result;
        if let Some(function) = self.function_type(formal)
            && result != VOID
        {
            self.unify(bindings, function.returned, result, 0);
        }
        // Parameters that are written say what the interface takes.
        if let codegraph_flow::java::syntax::ExpressionKind::Lambda { parameters, .. } = &expression.kind
            && let Some(function) = self.function_type(formal)
        {
            for (parameter, formal) in parameters.iter().zip(function.parameters) {
                if let Some(written) = &parameter.type_ {
                    let type_ = self.type_of(written);
                    if let Type::Variable(variable) = *self.world.types.get(formal)
                        && !bindings.found.contains_key(&variable)
                    {
                        self.unify(bindings, formal, type_, 0);
                    }
                }
            }
        }
        item
    }

    /// The type of `new C<>` where a type is expected.
    pub(super) fn diamond(&mut self, type_: TypeId, expected: TypeId) -> TypeId {
        let Some(class) = self.world.class_of(type_) else { return type_ };
        let variables = self.world.classes[class as usize].parameters.clone();
        if variables.is_empty() {
            return type_;
        }
        let own = self.own_type(class);
        let mut bindings = Bindings { variables, found: Map::default() };
        self.unify_expected(&mut bindings, own, expected);
        if bindings.found.is_empty() { type_ } else { self.bound(&bindings, own) }
    }
}
