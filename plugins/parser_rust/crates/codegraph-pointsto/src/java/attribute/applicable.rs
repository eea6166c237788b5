//! Which of several methods of one name a call means (JLS 15.12.2).

use codegraph_flow::java::syntax::{Expression, ExpressionKind, LambdaBody, Statement};

use super::Attributor;
use super::calls::Argument;
use crate::java::types::{NULL, Strictness, Type, TypeId, Types, UNKNOWN, VOID};
use crate::java::world::MethodId;

/// What a lambda looks like before its type is known.
#[derive(Clone, Copy, Debug)]
struct Shape {
    arity: usize,
    /// Its parameters have types, or it has none.
    is_explicit: bool,
    gives_nothing: bool,
    gives_value: bool,
}

/// How arguments meet parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Strict,
    Loose,
    Variable,
}

impl<'p> Attributor<'_, 'p> {
    /// Choose the method that a call means.
    pub(super) fn choose(
        &mut self,
        candidates: &[MethodId],
        arguments: &[Argument<'p>],
        receiver: TypeId,
    ) -> Option<MethodId> {
        for phase in [Phase::Strict, Phase::Loose, Phase::Variable] {
            let applicable: Vec<MethodId> = candidates
                .iter()
                .copied()
                .filter(|method| self.is_applicable(*method, arguments, receiver, phase))
                .collect();
            match applicable[..] {
                [] => {}
                [one] => return Some(one),
                _ => return self.most_specific(&applicable, arguments, receiver, phase),
            }
        }
        // Something is wrong or from outside: the number of arguments decides, if it does.
        let mut fitting = candidates.iter().copied().filter(|method| {
            let found = &self.world.methods[*method as usize];
            found.parameters.len() == arguments.len()
        });
        let first = fitting.next();
        if fitting.next().is_some() { None } else { first }
    }

    /// The type of the parameter that takes an argument.
    fn formal(&mut self, method: MethodId, at: usize, receiver: TypeId, phase: Phase) -> TypeId {
        let found = &self.world.methods[method as usize];
        let last = found.parameters.len().saturating_sub(1);
        let is_rest = phase == Phase::Variable && at >= last;
        let (declared, class) = (found.parameters.get(at.min(last)).copied().unwrap_or(UNKNOWN), found.class);
        let declared = match *self.world.types.get(declared) {
            Type::Array(element) if is_rest => element,
            _ => declared,
        };
        self.world.member_type(receiver, class, declared)
    }

    fn is_applicable(&mut self, method: MethodId, arguments: &[Argument<'p>], receiver: TypeId, phase: Phase) -> bool {
        let found = &self.world.methods[method as usize];
        let (count, is_variable) = (found.parameters.len(), found.is_variable);
        let fits = match phase {
            Phase::Variable => is_variable && arguments.len() + 1 >= count,
            _ => arguments.len() == count,
        };
        if !fits {
            return false;
        }
        let variables = self.world.methods[method as usize].variables.clone();
        arguments.iter().enumerate().all(|(at, argument)| {
            let formal = self.formal(method, at, receiver, phase);
            match *argument {
                Argument::Plain(item) => {
                    let strictness = if phase == Phase::Strict { Strictness::Strict } else { Strictness::Loose };
                    if item.type_ == VOID {
                        return false;
                    }
                    if let Type::Variable(variable) = *self.world.types.get(formal)
                        && variables.contains(&variable)
                    {
                        // What is inferred is a class: a primitive value is boxed.
                        if Types::is_primitive(item.type_) && strictness == Strictness::Strict {
                            return false;
                        }
                        let (boxed, bound) = (self.world.boxed(item.type_), self.world.types.bounds[variable as usize]);
                        let bound = self.world.erased(bound);
                        return self.world.is_subtype(boxed, bound);
                    }
                    self.world.is_passed(item.type_, formal, strictness)
                }
                Argument::Function(expression) => self.accepts_function(formal, expression, &variables),
            }
        })
    }

    /// Say whether a lambda or method reference can be what a parameter takes.
    fn accepts_function(&mut self, formal: TypeId, expression: &'p Expression, variables: &[u32]) -> bool {
        match self.world.types.get(formal) {
            Type::Unknown | Type::Outside(_) => return true,
            Type::Variable(variable) => return variables.contains(variable),
            Type::Class(..) => {}
            _ => return false,
        }
        let Some(function) = self.function_type(formal) else { return false };
        match &expression.kind {
            ExpressionKind::Choice { then, otherwise, .. } => {
                let mut all = true;
                for branch in [then, otherwise] {
                    if super::calls::is_function(branch) {
                        all &= self.accepts_function(formal, branch, variables);
                    }
                }
                all
            }
            ExpressionKind::Lambda { parameters, body } => {
                let shape = self.shape(parameters, body);
                if shape.arity != function.parameters.len() {
                    return false;
                }
                if function.returned == VOID {
                    return shape.gives_nothing;
                }
                if !shape.gives_value {
                    return false;
                }
                if shape.is_explicit
                    && let LambdaBody::Expression(result) = body
                    && matches!(result.kind, ExpressionKind::Call { .. })
                {
                    let type_ = self.trial(parameters, body, &function.parameters);
                    if type_ == VOID {
                        return false;
                    }
                    let returned = function.returned;
                    if Types::is_primitive(returned) && type_ != UNKNOWN {
                        return self.world.is_passed(type_, returned, Strictness::Loose);
                    }
                }
                true
            }
            ExpressionKind::MethodReference { object, type_, name } => {
                self.reference_fits(object.as_deref(), type_.as_ref(), *name, &function)
            }
            _ => true,
        }
    }

    fn shape(&mut self, parameters: &[codegraph_flow::java::syntax::Parameter], body: &'p LambdaBody) -> Shape {
        let (gives_nothing, gives_value) = match body {
            LambdaBody::Expression(result) => (
                matches!(
                    result.kind,
                    ExpressionKind::Call { .. }
                        | ExpressionKind::New { .. }
                        | ExpressionKind::Assign { .. }
                        | ExpressionKind::Update(_)
                ),
                true,
            ),
            LambdaBody::Block(statements) => {
                let (mut value, mut nothing) = (false, false);
                for statement in statements {
                    returns(statement, &mut value, &mut nothing);
                }
                let ends = statements.last().is_some_and(ends_abruptly);
                (!value, !nothing && (value || ends))
            }
        };
        let is_explicit = parameters.iter().all(|parameter| parameter.type_.is_some());
        Shape { arity: parameters.len(), is_explicit, gives_nothing, gives_value }
    }

    fn most_specific(
        &mut self,
        applicable: &[MethodId],
        arguments: &[Argument<'p>],
        receiver: TypeId,
        phase: Phase,
    ) -> Option<MethodId> {
        let best: Vec<MethodId> = applicable
            .iter()
            .copied()
            .filter(|one| {
                applicable
                    .iter()
                    .all(|other| one == other || self.is_as_specific(*one, *other, arguments, receiver, phase))
            })
            .collect();
        match best[..] {
            [one] => Some(one),
            // Equal ones, inherited on several ways: the one with code, else the first.
            [first, ..] => {
                Some(best.iter().copied().find(|one| !self.world.methods[*one as usize].is_abstract).unwrap_or(first))
            }
            [] => {
                // Types that are not known keep several apart that the compiler can tell: none for certain, unless
                // they differ in what only functions decide.
                let knows_all =
                    arguments.iter().all(|argument| matches!(argument, Argument::Plain(item) if item.type_ != UNKNOWN));
                (!knows_all).then(|| applicable[0])
            }
        }
    }

    /// Say whether all that one method takes is taken by another.
    fn is_as_specific(
        &mut self,
        one: MethodId,
        other: MethodId,
        arguments: &[Argument<'p>],
        receiver: TypeId,
        phase: Phase,
    ) -> bool {
        let mut count = arguments.len();
        if phase == Phase::Variable {
            let most = |this: &Self, method: MethodId| this.world.methods[method as usize].parameters.len();
            count = count.max(most(self, one)).max(most(self, other));
        }
        (0..count).all(|at| {
            let (own, given) = (self.formal(one, at, receiver, phase), self.formal(other, at, receiver, phase));
            if own == given {
                return true;
            }
            match arguments.get(at) {
                Some(Argument::Function(expression)) => self.is_as_specific_function(own, given, expression),
                Some(Argument::Plain(item)) if item.type_ == NULL => self.is_narrower(own, given),
                _ => self.is_narrower(own, given),
            }
        })
    }

    fn is_narrower(&mut self, own: TypeId, given: TypeId) -> bool {
        let (own, given) = (self.world.erased(own), self.world.erased(given));
        if Types::is_primitive(own) != Types::is_primitive(given) {
            return given == self.world.object_type && !Types::is_primitive(given) && own == given;
        }
        self.world.is_subtype(own, given)
    }

    fn is_as_specific_function(&mut self, own: TypeId, given: TypeId, expression: &'p Expression) -> bool {
        let (plain, wanted) = (self.world.erased(own), self.world.erased(given));
        if let (Some(class), Some(above)) = (self.world.class_of(plain), self.world.class_of(wanted))
            && class != above
            && self.world.is_subclass(class, above)
        {
            return true;
        }
        let (Some(one), Some(other)) = (self.function_type(own), self.function_type(given)) else {
            return plain == wanted;
        };
        let (result, other_result) = (one.returned, other.returned);
        if let ExpressionKind::Lambda { parameters, body } = &expression.kind {
            let shape = self.shape(parameters, body);
            if !shape.is_explicit {
                return plain == wanted;
            }
            if other_result == VOID {
                return true;
            }
            if result == VOID {
                return false;
            }
            let (primitive, boxed) = (Types::is_primitive(result), Types::is_primitive(other_result));
            if primitive != boxed {
                let type_ = self.trial(parameters, body, &one.parameters);
                return Types::is_primitive(type_) == primitive;
            }
            return self.world.is_subtype(result, other_result);
        }
        if let ExpressionKind::MethodReference { object, type_, name } = &expression.kind {
            if other_result == VOID {
                return true;
            }
            if result == VOID {
                return false;
            }
            let (primitive, boxed) = (Types::is_primitive(result), Types::is_primitive(other_result));
            if primitive != boxed {
                let type_ = self.reference_result(object.as_deref(), type_.as_ref(), *name, &one);
                return Types::is_primitive(type_) == primitive;
            }
            return self.world.is_subtype(result, other_result);
        }
        false
    }
}

/// Take down what `return` statements give.
fn returns(statement: &Statement, value: &mut bool, nothing: &mut bool) {
    let mut all = |statements: &[Statement]| {
        for statement in statements {
            returns(statement, value, nothing);
        }
    };
    match statement {
        Statement::Return(Some(_)) => *value = true,
        Statement::Return(None) => *nothing = true,
        Statement::If { then, otherwise, .. } => {
            returns(then, value, nothing);
            if let Some(otherwise) = otherwise {
                returns(otherwise, value, nothing);
            }
        }
        Statement::While { body, .. }
        | Statement::Do { body, .. }
        | Statement::For { body, .. }
        | Statement::ForEach { body, .. }
        | Statement::Labeled { body, .. } => returns(body, value, nothing),
        Statement::Block(statements) | Statement::Synchronized { body: statements, .. } => all(statements),
        Statement::Try { body, handlers, finally, .. } => {
            all(body);
            for handler in handlers {
                all(&handler.body);
            }
            all(finally);
        }
        Statement::Expression(expression) => {
            if let ExpressionKind::Switch { cases, .. } = &expression.kind {
                for case in cases {
                    all(&case.body);
                }
            }
        }
        _ => {}
    }
}

/// Say whether control does not go on after a statement, as far as that is written at its end.
fn ends_abruptly(statement: &Statement) -> bool {
    match statement {
        Statement::Return(_) | Statement::Throw(_) => true,
        Statement::Block(statements) | Statement::Synchronized { body: statements, .. } => {
            statements.last().is_some_and(ends_abruptly)
        }
        Statement::If { then, otherwise: Some(otherwise), .. } => ends_abruptly(then) && ends_abruptly(otherwise),
        Statement::While { condition, .. } => {
            matches!(condition.kind, ExpressionKind::Literal(codegraph_flow::java::syntax::Literal::Boolean(true)))
        }
        Statement::Try { body, handlers, finally, .. } => {
            finally.last().is_some_and(ends_abruptly)
                || body.last().is_some_and(ends_abruptly)
                    && handlers.iter().all(|handler| handler.body.last().is_some_and(ends_abruptly))
        }
        _ => false,
    }
}
