//! Lambdas and method references: the functions that they are for an interface.

use codegraph_flow::java::syntax as tree;
use codegraph_flow::java::syntax::{Expression, LambdaBody, Span, TypeExpression};

use super::calls::Argument;
use super::names::Qualifier;
use super::{Attributor, Item};
use crate::java::code::*;
use crate::java::types::{Type, TypeId, UNKNOWN, VOID};
use crate::java::world::{ClassId, MethodId};
use crate::program::{NONE, UnitId};

/// What a functional interface takes and gives (JLS 9.9).
#[derive(Clone, Debug)]
pub(super) struct FunctionType {
    pub interface: ClassId,
    pub parameters: Vec<TypeId>,
    pub returned: TypeId,
}

/// What stands before `::`.
enum Subject {
    Type(TypeId),
    Value(Item),
    Base(Option<ClassId>, Item),
    Unknown,
}

impl<'p> Attributor<'_, 'p> {
    /// The function that a type stands for, if it is a functional interface.
    pub(super) fn function_type(&mut self, type_: TypeId) -> Option<FunctionType> {
        let interface = self.world.class_of(type_)?;
        let method = self.world.function_of(interface)?;
        let (class, parameters, returned) = {
            let found = &self.world.methods[method as usize];
            (found.class, found.parameters.clone(), found.returned)
        };
        let seen = |this: &mut Self, mentioned: TypeId| {
            let found = this.world.member_type(type_, class, mentioned);
            match *this.world.types.get(found) {
                Type::Wildcard { bound, .. } => bound,
                _ => found,
            }
        };
        let parameters = parameters.into_iter().map(|one| seen(self, one)).collect();
        let returned = seen(self, returned);
        Some(FunctionType { interface, parameters, returned })
    }

    /// `x -> y`
    pub(super) fn lambda(
        &mut self,
        parameters: &'p [tree::Parameter],
        body: &'p LambdaBody,
        span: Span,
        expected: TypeId,
    ) -> Item {
        let function = self.function_type(expected);
        let interface = function.as_ref().map_or(NONE, |function| function.interface);
        let (types, returned) = match function {
            Some(function) if function.parameters.len() == parameters.len() => (function.parameters, function.returned),
            _ => (vec![UNKNOWN; parameters.len()], UNKNOWN),
        };
        if self.trials > 0 {
            self.result = self.trial(parameters, body, &types);
            return Item { value: NONE, type_: expected };
        }
        let (file, class) = {
            let frame = self.here();
            (frame.file, frame.class)
        };
        let unit = self.world.units.len() as UnitId;
        let mut code = Unit::new(UnitKind::Lambda, file, span, class, unit);
        code.parameters = parameters.len() as u32;
        self.world.units.push(code);
        self.result = self.lambda_body(unit, parameters, body, &types, returned);
        self.pop_frame();
        let result = self.result;
        let to = self.fresh();
        self.emit(Op::Lambda { to, unit, interface });
        self.result = result;
        Item { value: to, type_: expected }
    }

    /// Attribute a lambda's code in a frame of its own, which stays; returns the type of what it returns.
    fn lambda_body(
        &mut self,
        unit: UnitId,
        parameters: &'p [tree::Parameter],
        body: &'p LambdaBody,
        types: &[TypeId],
        returned: TypeId,
    ) -> TypeId {
        let (is_static, scope) = (self.is_static_context(), self.here().scope.clone());
        self.push_frame(unit, scope, is_static, true, returned);
        for (parameter, type_) in parameters.iter().zip(types) {
            let value = self.fresh();
            let type_ = match &parameter.type_ {
                Some(written) => self.type_of(written),
                None => *type_,
            };
            let name = self.text(parameter.name);
            self.declare_local(name, type_, value);
        }
        match body {
            LambdaBody::Expression(result) => {
                let item = self.expression_for(result, returned);
                self.copy(item.value, RETURNED);
                item.type_
            }
            LambdaBody::Block(statements) => {
                self.block_in_place(statements);
                let results = std::mem::take(&mut self.frame().results);
                let mut all = results.into_iter();
                let first = all.next().unwrap_or(VOID);
                all.fold(first, |one, other| self.world.common(one, other))
            }
        }
    }

    /// The type that a lambda would return for types of its parameters; nothing that is found on the way stays.
    pub(super) fn trial(
        &mut self,
        parameters: &'p [tree::Parameter],
        body: &'p LambdaBody,
        types: &[TypeId],
    ) -> TypeId {
        if self.trials > 3 {
            return UNKNOWN;
        }
        self.trials += 1;
        let unit = self.here().unit;
        let result = self.lambda_body(unit, parameters, body, types, UNKNOWN);
        self.frames.pop();
        self.trials -= 1;
        result
    }

    fn subject(&mut self, object: Option<&'p Expression>, type_: Option<&'p TypeExpression>) -> Subject {
        if let Some(type_) = type_ {
            return Subject::Type(self.type_of(type_));
        }
        let Some(object) = object else { return Subject::Unknown };
        match &object.kind {
            tree::ExpressionKind::Super(outer) => {
                let (class, reach) = self.base(outer.as_deref());
                Subject::Base(class, reach.receiver)
            }
            tree::ExpressionKind::Name(_) | tree::ExpressionKind::Field { .. } => match self.qualifier(object) {
                Some(Qualifier::Value(item)) => Subject::Value(item),
                Some(Qualifier::Type(type_)) => Subject::Type(type_),
                Some(Qualifier::Package(_)) => Subject::Unknown,
                None => Subject::Value(self.expression(object)),
            },
            _ => Subject::Value(self.expression(object)),
        }
    }

    /// What a method reference means, with the type of what it gives.
    fn resolve_reference(
        &mut self,
        subject: &Subject,
        name: tree::Text,
        function: Option<&FunctionType>,
    ) -> (ReferenceKind, MethodId, ClassId, TypeId) {
        let nothing = (ReferenceKind::Static, NONE, NONE, UNKNOWN);
        let name = self.text(name);
        let given: Option<Vec<TypeId>> = function.map(|function| function.parameters.clone());
        let arguments = |types: &[TypeId]| -> Vec<Argument<'p>> {
            types.iter().map(|type_| Argument::Plain(Item { value: NONE, type_: *type_ })).collect()
        };
        match *subject {
            Subject::Type(type_) if name == self.world.known.new => {
                if matches!(self.world.types.get(type_), Type::Array(_)) {
                    return (ReferenceKind::NewArray, NONE, NONE, type_);
                }
                let Some(class) = self.world.class_of(type_) else { return nothing };
                let candidates = self.world.classes[class as usize].constructors.clone();
                let method = match &given {
                    Some(given) => self.choose(&candidates, &arguments(given), type_),
                    None => (candidates.len() == 1).then(|| candidates[0]),
                };
                let made = match (method, &given) {
                    (Some(method), Some(given)) => self.inferred_object(method, type_, arguments(given)).1,
                    _ => type_,
                };
                (ReferenceKind::New, method.unwrap_or(NONE), class, made)
            }
            Subject::Type(type_) => {
                let Some(class) = self.world.class_of(type_) else { return nothing };
                let candidates = self.members(class, name);
                let Some(given) = given else {
                    return match candidates[..] {
                        [one] => {
                            let is_static = self.world.methods[one as usize].is_static;
                            let kind = if is_static { ReferenceKind::Static } else { ReferenceKind::Unbound };
                            (kind, one, NONE, self.world.methods[one as usize].returned)
                        }
                        _ => nothing,
                    };
                };
                let of_static: Vec<MethodId> =
                    candidates.iter().copied().filter(|one| self.world.methods[*one as usize].is_static).collect();
                let of_object: Vec<MethodId> =
                    candidates.iter().copied().filter(|one| !self.world.methods[*one as usize].is_static).collect();
                let fits = |this: &Self, method: MethodId, count: usize| {
                    let found = &this.world.methods[method as usize];
                    found.parameters.len() == count || found.is_variable
                };
                if let Some((first, rest)) = given.split_first()
                    && self.world.is_subtype(*first, type_)
                {
                    // A receiver that says more of its arguments.
                    let seen = self.world.as_super(*first, class).unwrap_or(type_);
                    let is_raw = self.class_type(type_).is_some_and(|(_, arguments)| arguments.is_empty());
                    let receiver = if is_raw { seen } else { type_ };
                    if let Some(method) = self.choose(&of_object, &arguments(rest), receiver)
                        && fits(self, method, rest.len())
                    {
                        let result = self.inferred(method, receiver, arguments(rest), &[], UNKNOWN).1;
                        return (ReferenceKind::Unbound, method, NONE, result);
                    }
                }
                if let Some(method) = self.choose(&of_static, &arguments(&given), type_)
                    && fits(self, method, given.len())
                {
                    let result = self.inferred(method, type_, arguments(&given), &[], UNKNOWN).1;
                    return (ReferenceKind::Static, method, NONE, result);
                }
                nothing
            }
            Subject::Value(item) | Subject::Base(_, item) => {
                let (kind, class) = match *subject {
                    Subject::Base(class, _) => (ReferenceKind::Super, class),
                    _ => (ReferenceKind::Bound, self.world.class_of(item.type_)),
                };
                let Some(class) = class else { return (kind, NONE, NONE, UNKNOWN) };
                let candidates = self.members(class, name);
                let method = match &given {
                    Some(given) => self.choose(&candidates, &arguments(given), item.type_),
                    None => (candidates.len() == 1).then(|| candidates[0]),
                };
                let Some(method) = method else { return (kind, NONE, NONE, UNKNOWN) };
                let result = match given {
                    Some(given) => self.inferred(method, item.type_, arguments(&given), &[], UNKNOWN).1,
                    None => self.world.methods[method as usize].returned,
                };
                (kind, method, NONE, result)
            }
            Subject::Unknown => nothing,
        }
    }

    /// Within a trial, so that what stands before `::` is evaluated once only.
    fn tried_reference(
        &mut self,
        object: Option<&'p Expression>,
        type_: Option<&'p TypeExpression>,
        name: tree::Text,
        function: &FunctionType,
    ) -> (ReferenceKind, MethodId, ClassId, TypeId) {
        self.trials += 1;
        let (unit, scope) = (self.here().unit, self.here().scope.clone());
        let is_static = self.is_static_context();
        self.push_frame(unit, scope, is_static, true, UNKNOWN);
        let subject = self.subject(object, type_);
        let found = self.resolve_reference(&subject, name, Some(function));
        self.frames.pop();
        self.trials -= 1;
        found
    }

    /// Say whether a method reference can be a function.
    pub(super) fn reference_fits(
        &mut self,
        object: Option<&'p Expression>,
        type_: Option<&'p TypeExpression>,
        name: tree::Text,
        function: &FunctionType,
    ) -> bool {
        let (kind, method, class, result) = self.tried_reference(object, type_, name, function);
        let is_known = method != NONE || kind == ReferenceKind::NewArray;
        if !is_known {
            // Of what is outside nothing is known.
            return match self.subject_class(object, type_) {
                Some(_) => class != NONE,
                None => true,
            };
        }
        function.returned == VOID || result != VOID
    }

    fn subject_class(&mut self, object: Option<&'p Expression>, type_: Option<&'p TypeExpression>) -> Option<ClassId> {
        self.trials += 1;
        let (unit, scope) = (self.here().unit, self.here().scope.clone());
        let is_static = self.is_static_context();
        self.push_frame(unit, scope, is_static, true, UNKNOWN);
        let class = match self.subject(object, type_) {
            Subject::Type(type_) => self.world.class_of(type_),
            Subject::Value(item) | Subject::Base(_, item) => self.world.class_of(item.type_),
            Subject::Unknown => None,
        };
        self.frames.pop();
        self.trials -= 1;
        class
    }

    /// The type that a method reference gives as a function.
    pub(super) fn reference_result(
        &mut self,
        object: Option<&'p Expression>,
        type_: Option<&'p TypeExpression>,
        name: tree::Text,
        function: &FunctionType,
    ) -> TypeId {
        self.tried_reference(object, type_, name, function).3
    }

    /// `C::m`, `o::m`, `super::m`, `C::new`
    pub(super) fn reference(
        &mut self,
        object: Option<&'p Expression>,
        type_: Option<&'p TypeExpression>,
        name: tree::Text,
        span: Span,
        expected: TypeId,
    ) -> Item {
        let function = self.function_type(expected);
        let subject = self.subject(object, type_);
        let (kind, method, class, result) = self.resolve_reference(&subject, name, function.as_ref());
        self.result = result;
        if self.trials > 0 {
            return Item { value: NONE, type_: expected };
        }
        let to = self.fresh();
        let interface = function.map_or(NONE, |function| function.interface);
        if method != NONE || kind == ReferenceKind::NewArray {
            let bound = match subject {
                Subject::Value(item) | Subject::Base(_, item) => item.value,
                // An inner class's constructor takes the object around here.
                Subject::Type(_) if kind == ReferenceKind::New && self.world.classes[class as usize].is_inner => {
                    let outer = self.world.classes[class as usize].outer;
                    if outer == NONE { NONE } else { self.enclosing_instance(outer) }
                }
                _ => NONE,
            };
            let reference = self.references.len() as u32;
            let site = self.site(span);
            let unit = self.here().unit;
            self.references.push(Reference { kind, method, class, interface, unit, site });
            self.emit(Op::Reference { to, reference, bound });
        }
        self.result = result;
        Item { value: to, type_: expected }
    }
}
