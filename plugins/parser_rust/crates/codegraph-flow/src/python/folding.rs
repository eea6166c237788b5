//! What Python's operations give on constants.

use std::rc::Rc;

use crate::constants::{Folding, Value};
use crate::ir::{BinaryOperator, UnaryOperator};

/// Texts and tuples are not made longer than this.
const MAX_LENGTH: usize = 4_096;

/// Python's operations.
pub(crate) struct PythonFolding;

impl Folding for PythonFolding {
    fn truth(&self, value: &Value) -> Option<bool> {
        Some(match value {
            Value::Null => false,
            Value::Undefined => return None,
            Value::Ellipsis | Value::Slice(_) => true,
            Value::Boolean(value) => *value,
            Value::Integer(value) => *value != 0,
            Value::Float(value) => *value != 0.0,
            Value::Text(text) | Value::Bytes(text) => !text.is_empty(),
            Value::Tuple(items) => !items.is_empty(),
        })
    }

    fn unary(&self, operator: UnaryOperator, value: &Value) -> Option<Value> {
        if operator == UnaryOperator::Not {
            return self.truth(value).map(|holds| Value::Boolean(!holds));
        }
        if let Value::Float(value) = value {
            return match operator {
                UnaryOperator::Negate => Some(Value::Float(-value)),
                UnaryOperator::Plus => Some(Value::Float(*value)),
                _ => None,
            };
        }
        let value = integer(value)?;
        match operator {
            UnaryOperator::Negate => value.checked_neg().map(Value::Integer),
            UnaryOperator::Plus => Some(Value::Integer(value)),
            UnaryOperator::Invert => Some(Value::Integer(!value)),
            _ => None,
        }
    }

    fn binary(&self, operator: BinaryOperator, left: &Value, right: &Value) -> Option<Value> {
        use BinaryOperator::*;
        match operator {
            Equal => equal(left, right).map(Value::Boolean),
            NotEqual => equal(left, right).map(|equal| Value::Boolean(!equal)),
            Less => order(left, right).map(|order| Value::Boolean(order.is_lt())),
            LessOrEqual => order(left, right).map(|order| Value::Boolean(order.is_le())),
            Greater => order(left, right).map(|order| Value::Boolean(order.is_gt())),
            GreaterOrEqual => order(left, right).map(|order| Value::Boolean(order.is_ge())),
            Identical => identical(left, right).map(Value::Boolean),
            NotIdentical => identical(left, right).map(|same| Value::Boolean(!same)),
            In => contains(right, left).map(Value::Boolean),
            NotIn => contains(right, left).map(|found| Value::Boolean(!found)),
            Add => add(left, right),
            Multiply => multiply(left, right),
            _ => arithmetic(operator, integer(left)?, integer(right)?),
        }
    }

    fn index(&self, object: &Value, index: &Value) -> Option<Value> {
        let length = length(object)?;
        if let Value::Slice(slice) = index {
            let positions = positions(slice, length)?;
            return Some(match object {
                Value::Text(text) => Value::Text(characters(text, &positions)),
                Value::Bytes(text) => Value::Bytes(characters(text, &positions)),
                Value::Tuple(items) => positions.iter().map(|&at| items[at].clone()).collect::<Vec<_>>().into_tuple(),
                _ => return None,
            });
        }
        let at = integer(index)?;
        let at = usize::try_from(if at < 0 { at + length as i64 } else { at }).ok().filter(|at| *at < length)?;
        match object {
            Value::Text(text) => Some(Value::Text(characters(text, &[at]))),
            Value::Bytes(text) => text.chars().nth(at).map(|byte| Value::Integer(i64::from(u32::from(byte)))),
            Value::Tuple(items) => Some(items[at].clone()),
            _ => None,
        }
    }
}

trait IntoTuple {
    fn into_tuple(self) -> Value;
}

impl IntoTuple for Vec<Value> {
    fn into_tuple(self) -> Value {
        Value::Tuple(self.into())
    }
}

fn length(value: &Value) -> Option<usize> {
    match value {
        Value::Text(text) | Value::Bytes(text) => Some(text.chars().count()),
        Value::Tuple(items) => Some(items.len()),
        _ => None,
    }
}

fn characters(text: &str, positions: &[usize]) -> Rc<str> {
    let all: Vec<char> = text.chars().collect();
    positions.iter().map(|&at| all[at]).collect::<String>().into()
}

/// The positions that a slice takes of so many items.
fn positions(slice: &[Value; 3], length: usize) -> Option<Vec<usize>> {
    let part = |value: &Value| match value {
        Value::Null => Some(None),
        other => integer(other).map(Some),
    };
    let (start, stop, step) = (part(&slice[0])?, part(&slice[1])?, part(&slice[2])?.unwrap_or(1));
    let length = i64::try_from(length).ok()?;
    let (lowest, highest) = if step > 0 { (0, length) } else { (-1, length - 1) };
    let clip = |value: i64| if value < 0 { value.saturating_add(length) } else { value }.clamp(lowest, highest);
    let (first, last) = if step > 0 { (lowest, highest) } else { (highest, lowest) };
    let (mut at, stop) = (start.map_or(first, clip), stop.map_or(last, clip));
    let mut positions = Vec::new();
    while step != 0 && ((step > 0 && at < stop) || (step < 0 && at > stop)) {
        positions.push(at as usize);
        at = at.saturating_add(step);
    }
    (step != 0).then_some(positions)
}

/// A number without a fraction; truth values are numbers.
fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Boolean(value) => Some(i64::from(*value)),
        Value::Integer(value) => Some(*value),
        _ => None,
    }
}

fn equal(left: &Value, right: &Value) -> Option<bool> {
    Some(match (left, right) {
        (Value::Undefined, _) | (_, Value::Undefined) => return None,
        (Value::Float(left), Value::Float(right)) => left == right,
        (Value::Float(_), other) | (other, Value::Float(_)) if integer(other).is_some() => return None,
        (Value::Tuple(left), Value::Tuple(right)) => {
            if left.len() != right.len() {
                return Some(false);
            }
            for (left, right) in left.iter().zip(right.iter()) {
                if !equal(left, right)? {
                    return Some(false);
                }
            }
            true
        }
        _ => match (integer(left), integer(right)) {
            (Some(left), Some(right)) => left == right,
            _ => left == right,
        },
    })
}

fn order(left: &Value, right: &Value) -> Option<std::cmp::Ordering> {
    match (left, right) {
        (Value::Float(left), Value::Float(right)) => left.partial_cmp(right),
        (Value::Text(left), Value::Text(right)) | (Value::Bytes(left), Value::Bytes(right)) => {
            Some(left.chars().cmp(right.chars()))
        }
        (Value::Tuple(left), Value::Tuple(right)) => {
            for (left, right) in left.iter().zip(right.iter()) {
                if !equal(left, right)? {
                    return order(left, right);
                }
            }
            Some(left.len().cmp(&right.len()))
        }
        _ => Some(integer(left)?.cmp(&integer(right)?)),
    }
}

/// Only what the language promises: singletons are the same, values of different types are not.
fn identical(left: &Value, right: &Value) -> Option<bool> {
    let is_singleton = |value: &Value| matches!(value, Value::Null | Value::Boolean(_) | Value::Ellipsis);
    if matches!(left, Value::Undefined) || matches!(right, Value::Undefined) {
        return None;
    }
    if is_singleton(left) || is_singleton(right) {
        return Some(left == right);
    }
    (std::mem::discriminant(left) != std::mem::discriminant(right)).then_some(false)
}

fn contains(container: &Value, item: &Value) -> Option<bool> {
    match (container, item) {
        (Value::Text(text), Value::Text(part)) | (Value::Bytes(text), Value::Bytes(part)) => {
            Some(text.contains(&**part))
        }
        (Value::Tuple(items), _) => {
            for other in items.iter() {
                if equal(other, item)? {
                    return Some(true);
                }
            }
            Some(false)
        }
        _ => None,
    }
}

fn add(left: &Value, right: &Value) -> Option<Value> {
    let joined = |left: &str, right: &str| -> Option<Rc<str>> {
        (left.len() + right.len() <= MAX_LENGTH).then(|| format!("{left}{right}").into())
    };
    match (left, right) {
        (Value::Text(left), Value::Text(right)) => joined(left, right).map(Value::Text),
        (Value::Bytes(left), Value::Bytes(right)) => joined(left, right).map(Value::Bytes),
        (Value::Tuple(left), Value::Tuple(right)) if left.len() + right.len() <= MAX_LENGTH => {
            Some(left.iter().chain(right.iter()).cloned().collect::<Vec<_>>().into_tuple())
        }
        (Value::Float(left), Value::Float(right)) => float(left + right),
        _ => integer(left)?.checked_add(integer(right)?).map(Value::Integer),
    }
}

fn multiply(left: &Value, right: &Value) -> Option<Value> {
    let repeated = |text: &str, count: i64| -> Option<Rc<str>> {
        let count = usize::try_from(count.max(0)).ok()?;
        (text.len().checked_mul(count)? <= MAX_LENGTH).then(|| text.repeat(count).into())
    };
    match (left, right) {
        (Value::Text(text), other) | (other, Value::Text(text)) => repeated(text, integer(other)?).map(Value::Text),
        (Value::Bytes(text), other) | (other, Value::Bytes(text)) => repeated(text, integer(other)?).map(Value::Bytes),
        (Value::Float(left), Value::Float(right)) => float(left * right),
        _ => integer(left)?.checked_mul(integer(right)?).map(Value::Integer),
    }
}

/// No constant is different from itself.
fn float(value: f64) -> Option<Value> {
    (!value.is_nan()).then_some(Value::Float(value))
}

fn arithmetic(operator: BinaryOperator, left: i64, right: i64) -> Option<Value> {
    use BinaryOperator::*;
    let shift = || u32::try_from(right).ok();
    let result = match operator {
        Subtract => left.checked_sub(right),
        FloorDivide if right != 0 => {
            let quotient = left.checked_div(right)?;
            let is_between = left % right != 0 && (left < 0) != (right < 0);
            Some(quotient - i64::from(is_between))
        }
        Modulo if right != 0 => {
            let rest = left.checked_rem(right)?;
            Some(if rest != 0 && (rest < 0) != (right < 0) { rest + right } else { rest })
        }
        Power => shift().and_then(|power| left.checked_pow(power)),
        ShiftLeft => shift().filter(|by| *by < 63).and_then(|by| left.checked_mul(1 << by)),
        ShiftRight => shift().map(|by| left >> by.min(63)),
        BitAnd => Some(left & right),
        BitOr => Some(left | right),
        BitXor => Some(left ^ right),
        _ => None,
    };
    result.map(Value::Integer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn int(value: i64) -> Value {
        Value::Integer(value)
    }

    #[test]
    fn division_rounds_down_and_slices_clip() {
        let fold = |operator, left, right| PythonFolding.binary(operator, &int(left), &int(right));
        assert_eq!(fold(BinaryOperator::FloorDivide, -7, 2), Some(int(-4)));
        assert_eq!(fold(BinaryOperator::Modulo, -7, 2), Some(int(1)));
        assert_eq!(fold(BinaryOperator::Modulo, 7, -2), Some(int(-1)));
        assert_eq!(fold(BinaryOperator::FloorDivide, 1, 0), None);
        let text = Value::Text("abcdef".into());
        let slice = |parts: [Option<i64>; 3]| {
            let parts = parts.map(|part| part.map_or(Value::Null, int));
            PythonFolding.index(&text, &Value::Slice(Rc::new(parts)))
        };
        assert_eq!(slice([Some(1), Some(-1), None]), Some(Value::Text("bcde".into())));
        assert_eq!(slice([None, None, Some(-2)]), Some(Value::Text("fdb".into())));
        assert_eq!(slice([Some(-99), Some(99), Some(4)]), Some(Value::Text("ae".into())));
        assert_eq!(slice([None, None, Some(0)]), None);
        assert_eq!(PythonFolding.index(&text, &int(-1)), Some(Value::Text("f".into())));
        assert_eq!(PythonFolding.index(&text, &int(6)), None);
    }

    #[test]
    fn equality_crosses_truth_values_and_numbers_but_not_texts() {
        let fold = |operator, left: &Value, right: &Value| PythonFolding.binary(operator, left, right);
        assert_eq!(fold(BinaryOperator::Equal, &Value::Boolean(true), &int(1)), Some(Value::Boolean(true)));
        assert_eq!(fold(BinaryOperator::Equal, &Value::Text("1".into()), &int(1)), Some(Value::Boolean(false)));
        assert_eq!(fold(BinaryOperator::Identical, &int(1), &int(1)), None);
        assert_eq!(fold(BinaryOperator::Identical, &Value::Null, &int(1)), Some(Value::Boolean(false)));
        let tuple = Value::Tuple([int(1), Value::Text("a".into())].into());
        assert_eq!(fold(BinaryOperator::In, &Value::Text("a".into()), &tuple), Some(Value::Boolean(true)));
        assert_eq!(fold(BinaryOperator::NotIn, &Value::Text("b".into()), &tuple), Some(Value::Boolean(true)));
    }
}
