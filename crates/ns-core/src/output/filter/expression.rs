//! A parsed filter, and its evaluation for a row.

use super::operator::Operator;
use super::value::{self, Operand};
use crate::output::{Cell, Headed};

/// A part of a filter.
#[derive(Clone, Debug)]
pub(super) enum Expression<C> {
    Or(Vec<Self>),
    And(Vec<Self>),
    Not(Box<Self>),
    Compare(Operand<C>, Operator, Operand<C>),
    Matches {
        operand: Operand<C>,
        pattern: regex::bytes::Regex,
        negated: bool,
    },
    Is(Operand<C>),
}

impl<C: Headed> Expression<C> {
    /// True if the row matches.
    pub(super) fn holds<'a>(&self, cell: &impl Fn(C) -> Cell<'a>) -> bool {
        match self {
            Self::Or(parts) => parts.iter().any(|part| part.holds(cell)),
            Self::And(parts) => parts.iter().all(|part| part.holds(cell)),
            Self::Not(part) => !part.holds(cell),
            Self::Compare(left, operator, right) => {
                value::compare(&left.value(cell), *operator, &right.value(cell))
            }
            Self::Matches {
                operand,
                pattern,
                negated,
            } => value::matches(&operand.value(cell), pattern, *negated),
            Self::Is(operand) => value::is(&operand.value(cell)),
        }
    }

    /// Adds every column of the expression that is not in the list yet.
    pub(super) fn columns(&self, columns: &mut Vec<C>) {
        match self {
            Self::Or(parts) | Self::And(parts) => parts.iter().for_each(|part| part.columns(columns)),
            Self::Not(part) => part.columns(columns),
            Self::Compare(left, _, right) => [left, right].iter().for_each(|side| side.column(columns)),
            Self::Matches { operand, .. } | Self::Is(operand) => operand.column(columns),
        }
    }
}
