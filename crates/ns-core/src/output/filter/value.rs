//! The values that a filter compares.

use std::borrow::Cow;
use std::cmp::Ordering;

use regex::bytes::Regex;

use super::operator::Operator;
use crate::output::{Cell, Headed, Holds};

/// One side of an operator.
#[derive(Clone, Debug)]
pub(super) enum Operand<C> {
    Column(C),
    Whole(u64),
    Fraction(f64),
    Text(Vec<u8>),
    Flag(bool),
}

/// The value for a row.
#[derive(Debug)]
pub(super) enum OperandValue<'a> {
    Cell(Cell<'a>),
    Fraction(f64),
}

impl<C: Headed> Operand<C> {
    /// True for a column of numbers or of amounts: its values are compared as numbers.
    pub(super) fn holds_numbers(&self) -> bool {
        let holds = |column: &C| {
            matches!(
                column.heading().holds,
                Holds::Number | Holds::Numbers | Holds::Amount
            )
        };
        matches!(self, Self::Column(column) if holds(column))
    }

    pub(super) fn value<'v, 'a: 'v>(&'v self, cell: &impl Fn(C) -> Cell<'a>) -> OperandValue<'v> {
        match self {
            Self::Column(column) => OperandValue::Cell(cell(*column)),
            Self::Whole(number) => OperandValue::Cell(Cell::Number(*number)),
            Self::Fraction(number) => OperandValue::Fraction(*number),
            Self::Text(text) => OperandValue::Cell(Cell::Text(Cow::Borrowed(text))),
            Self::Flag(flag) => OperandValue::Cell(Cell::Flag(*flag)),
        }
    }

    /// Adds the column, if it is one and not in the list yet.
    pub(super) fn column(&self, columns: &mut Vec<C>) {
        if let Self::Column(column) = self
            && !columns.contains(column)
        {
            columns.push(*column);
        }
    }
}

/// A single value that can be compared.
#[derive(Clone, Copy)]
enum Scalar<'a> {
    Nothing,
    Whole(u64),
    Fraction(f64),
    Flag(bool),
    Text(&'a [u8]),
}

impl OperandValue<'_> {
    /// The value, or each item of a list; `None` if it is unknown.
    fn scalars(&self) -> Option<Vec<Scalar<'_>>> {
        Some(match self {
            Self::Fraction(number) => vec![Scalar::Fraction(*number)],
            Self::Cell(Cell::Unreadable(_) | Cell::NotTold | Cell::NotAsked) => return None,
            Self::Cell(Cell::Absent) => vec![Scalar::Nothing],
            Self::Cell(Cell::Number(number)) => vec![Scalar::Whole(*number)],
            #[expect(
                clippy::cast_precision_loss,
                reason = "a fraction is compared in this precision anyway"
            )]
            Self::Cell(Cell::Negative(number)) => vec![Scalar::Fraction(*number as f64)],
            Self::Cell(Cell::Flag(flag)) => vec![Scalar::Flag(*flag)],
            Self::Cell(Cell::Text(text)) => vec![Scalar::Text(text)],
            // An empty list equals the empty text.
            Self::Cell(Cell::List(items)) if items.is_empty() => vec![Scalar::Nothing],
            Self::Cell(Cell::List(items)) => items.iter().map(|item| Scalar::Text(item)).collect(),
            Self::Cell(Cell::Numbers(items)) if items.is_empty() => vec![Scalar::Nothing],
            Self::Cell(Cell::Numbers(items)) => items.iter().copied().map(Scalar::Whole).collect(),
        })
    }
}

/// True if the comparison holds, for lists if it holds for any item.
pub(super) fn compare(left: &OperandValue<'_>, operator: Operator, right: &OperandValue<'_>) -> bool {
    let (Some(lefts), Some(rights)) = (left.scalars(), right.scalars()) else {
        return false;
    };
    let any = |wanted: fn(Ordering) -> bool| {
        lefts.iter().any(|left| {
            rights
                .iter()
                .any(|right| order(*left, *right).is_some_and(wanted))
        })
    };
    match operator {
        Operator::Equal => any(Ordering::is_eq),
        Operator::Unequal => !any(Ordering::is_eq),
        Operator::Less => any(Ordering::is_lt),
        Operator::LessOrEqual => any(Ordering::is_le),
        Operator::Greater => any(Ordering::is_gt),
        Operator::GreaterOrEqual => any(Ordering::is_ge),
    }
}

/// True if the pattern matches the value or any item of a list; if `negated`, true if it matches none.
pub(super) fn matches(value: &OperandValue<'_>, pattern: &Regex, negated: bool) -> bool {
    let found = match value {
        OperandValue::Cell(Cell::Unreadable(_) | Cell::NotTold | Cell::NotAsked) => return false,
        OperandValue::Cell(Cell::List(items)) => items.iter().any(|item| pattern.is_match(item)),
        OperandValue::Cell(cell) => pattern.is_match(&cell.plain()),
        OperandValue::Fraction(number) => pattern.is_match(number.to_string().as_bytes()),
    };
    found != negated
}

/// True if there is a value: a number that is not 0, a flag that is set, or a text that is not empty.
pub(super) fn is(value: &OperandValue<'_>) -> bool {
    match value {
        OperandValue::Fraction(number) => *number != 0.0,
        OperandValue::Cell(Cell::Number(number)) => *number != 0,
        OperandValue::Cell(Cell::Negative(_)) => true,
        OperandValue::Cell(Cell::Absent | Cell::Unreadable(_) | Cell::NotTold | Cell::NotAsked) => false,
        OperandValue::Cell(Cell::Flag(flag)) => *flag,
        OperandValue::Cell(Cell::Text(text)) => !text.is_empty(),
        OperandValue::Cell(Cell::List(items)) => !items.is_empty(),
        OperandValue::Cell(Cell::Numbers(items)) => !items.is_empty(),
    }
}

/// The order of two values; `None` if they cannot be compared, and so are not equal.
fn order(left: Scalar<'_>, right: Scalar<'_>) -> Option<Ordering> {
    match (left, right) {
        (Scalar::Nothing, Scalar::Nothing) => Some(Ordering::Equal),
        (Scalar::Nothing, Scalar::Text(text)) | (Scalar::Text(text), Scalar::Nothing) => {
            text.is_empty().then_some(Ordering::Equal)
        }
        (Scalar::Nothing, _) | (_, Scalar::Nothing) => None,
        (Scalar::Text(left), Scalar::Text(right)) => Some(left.cmp(right)),
        (Scalar::Flag(left), Scalar::Text(right)) => Some(words(left).cmp(right)),
        (Scalar::Text(left), Scalar::Flag(right)) => Some(left.cmp(words(right))),
        (left, right) => match (whole(left), whole(right)) {
            (Some(left), Some(right)) => Some(left.cmp(&right)),
            _ => fraction(left)?.partial_cmp(&fraction(right)?),
        },
    }
}

/// A flag as it is shown.
fn words(flag: bool) -> &'static [u8] {
    if flag { b"yes" } else { b"no" }
}

fn whole(scalar: Scalar<'_>) -> Option<u64> {
    match scalar {
        Scalar::Whole(number) => Some(number),
        Scalar::Flag(flag) => Some(flag.into()),
        Scalar::Text(text) => std::str::from_utf8(text).ok()?.parse().ok(),
        Scalar::Nothing | Scalar::Fraction(_) => None,
    }
}

#[expect(clippy::cast_precision_loss, reason = "the other side is a fraction already")]
fn fraction(scalar: Scalar<'_>) -> Option<f64> {
    match scalar {
        Scalar::Fraction(number) => Some(number),
        Scalar::Text(text) => std::str::from_utf8(text).ok()?.parse().ok(),
        _ => whole(scalar).map(|number| number as f64),
    }
}
