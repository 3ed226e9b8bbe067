//! Parsing the tokens of a filter, with the grammar in `super`.

use regex::bytes::RegexBuilder;
use unicode_width::UnicodeWidthStr as _;

use super::expression::Expression;
use super::token::{Fault, Token, TokenKind, number_in, tokens};
use super::value::Operand;
use crate::escape::{escape_for_terminal, quoted};
use crate::output::Headed;
use crate::output::column::{named, names};
use crate::{Error, Result};

/// How deep parentheses and negations can be nested. Each takes room on the stack.
const DEEPEST: usize = 200;

/// The most memory that a pattern can take, in bytes.
const PATTERN: usize = 1 << 20;

/// Reads an expression over these columns.
pub(super) fn parse<C: Headed>(text: &str, all: &[C]) -> Result<Expression<C>> {
    let expression = || {
        let mut parser = Parser {
            text,
            all,
            tokens: &tokens(text)?,
            depth: 0,
        };
        let expression = parser.expression()?;
        match parser.tokens.first() {
            None => Ok(expression),
            Some(token) => Err(Fault::new(
                token.place.clone(),
                "expected \"and\", \"or\" or the end",
            )),
        }
    };
    expression().map_err(|fault| Error::invalid("filter", text, shown(text, &fault)))
}

/// The fault, above the text with the place marked:
///
/// ```text
/// there is no column "TYP" (put texts between quotes); the columns are NS, TYPE
///   TYP == "net"
///   ^^^
/// ```
fn shown(text: &str, fault: &Fault) -> String {
    let plain = |text: &str| escape_for_terminal(text.as_bytes()).into_owned();
    // The parts are measured as they are shown, so that the mark is at the right place.
    let before = plain(&text[..fault.place.start]).width();
    let marked = plain(&text[fault.place.clone()]).width().max(1);
    let marks = "^".repeat(marked);
    format!("{}\n  {}\n  {:before$}{marks}", fault.message, plain(text), "")
}

struct Parser<'a, C> {
    text: &'a str,
    all: &'a [C],
    tokens: &'a [Token<'a>],
    depth: usize,
}

impl<'a, C: Headed> Parser<'a, C> {
    fn expression(&mut self) -> Result<Expression<C>, Fault> {
        self.joined(&TokenKind::Or, Self::conjunction, Expression::Or)
    }

    fn conjunction(&mut self) -> Result<Expression<C>, Fault> {
        self.joined(&TokenKind::And, Self::negation, Expression::And)
    }

    /// One part, or several parts joined by this word.
    fn joined(
        &mut self,
        word: &TokenKind<'_>,
        part: impl Fn(&mut Self) -> Result<Expression<C>, Fault>,
        join: fn(Vec<Expression<C>>) -> Expression<C>,
    ) -> Result<Expression<C>, Fault> {
        let first = part(self)?;
        let mut parts = vec![first];
        while self.next_if(word).is_some() {
            parts.push(part(self)?);
        }
        match parts.len() {
            1 => Ok(parts.remove(0)),
            _ => Ok(join(parts)),
        }
    }

    fn negation(&mut self) -> Result<Expression<C>, Fault> {
        match self.next_if(&TokenKind::Not) {
            Some(token) => {
                self.deeper(token)?;
                let part = self.negation()?;
                self.depth -= 1;
                Ok(Expression::Not(Box::new(part)))
            }
            None => self.comparison(),
        }
    }

    fn comparison(&mut self) -> Result<Expression<C>, Fault> {
        if let Some(open) = self.next_if(&TokenKind::Open) {
            self.deeper(open)?;
            let expression = self.expression()?;
            self.depth -= 1;
            return match self.next_if(&TokenKind::Close) {
                Some(_) => Ok(expression),
                None => Err(Fault::new(open.place.clone(), "this parenthesis is not closed")),
            };
        }
        let first = self.tokens.first();
        let left = self.operand()?;
        match self.tokens.first().map(|token| &token.what) {
            Some(TokenKind::Compare(operator)) => {
                self.next();
                let second = self.tokens.first();
                let right = self.operand()?;
                self.not_another()?;
                let (left, right) = if left.holds_numbers() || right.holds_numbers() {
                    (as_number(left, first)?, as_number(right, second)?)
                } else {
                    (left, right)
                };
                Ok(Expression::Compare(left, *operator, right))
            }
            Some(TokenKind::Match { negated }) => {
                self.next();
                let pattern = self.pattern()?;
                self.not_another()?;
                Ok(Expression::Matches {
                    operand: left,
                    pattern,
                    negated: *negated,
                })
            }
            _ => Ok(Expression::Is(left)),
        }
    }

    fn operand(&mut self) -> Result<Operand<C>, Fault> {
        let token = self
            .next()
            .ok_or_else(|| self.at_end("a column or a value is missing here"))?;
        match &token.what {
            TokenKind::Whole(number) => Ok(Operand::Whole(*number)),
            TokenKind::Fraction(number) => Ok(Operand::Fraction(*number)),
            TokenKind::Text(text) => Ok(Operand::Text(text.clone().into_bytes())),
            TokenKind::Flag(flag) => Ok(Operand::Flag(*flag)),
            TokenKind::Name(name) => named(self.all, name)
                .map(Operand::Column)
                .ok_or_else(|| Fault::new(token.place.clone(), no_column(name, self.all))),
            _ => Err(Fault::new(
                token.place.clone(),
                "expected a column, a number, or a text between quotes",
            )),
        }
    }

    fn pattern(&mut self) -> Result<regex::bytes::Regex, Fault> {
        let expected = "expected a regular expression between quotes";
        let token = self.next().ok_or_else(|| self.at_end(expected))?;
        let TokenKind::Text(pattern) = &token.what else {
            return Err(Fault::new(token.place.clone(), expected));
        };
        RegexBuilder::new(pattern)
            // Values are bytes, which need not be text.
            .unicode(false)
            .size_limit(PATTERN)
            .build()
            .map_err(|error| {
                let error = error.to_string();
                let reason = error
                    .lines()
                    .last()
                    .unwrap_or_default()
                    .trim_start_matches("error: ");
                Fault::new(token.place.clone(), format!("not a regular expression: {reason}"))
            })
    }

    /// Refuses `1 < PID < 9`, which would not mean the same as in mathematics.
    fn not_another(&self) -> Result<(), Fault> {
        match self.tokens.first() {
            Some(token) if matches!(token.what, TokenKind::Compare(_) | TokenKind::Match { .. }) => Err(
                Fault::new(token.place.clone(), "join comparisons with \"and\" or \"or\""),
            ),
            _ => Ok(()),
        }
    }

    fn deeper(&mut self, token: &Token<'_>) -> Result<(), Fault> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Fault::new(token.place.clone(), "nested too deeply"));
        }
        Ok(())
    }

    fn next(&mut self) -> Option<&'a Token<'a>> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(first)
    }

    fn next_if(&mut self, what: &TokenKind<'_>) -> Option<&'a Token<'a>> {
        if self.tokens.first()?.what == *what {
            self.next()
        } else {
            None
        }
    }

    fn at_end(&self, message: &str) -> Fault {
        Fault::new(self.text.len()..self.text.len(), message)
    }
}

/// The operand for a column of numbers: the number that a text represents. The empty text stays, because it equals an
/// absent value.
fn as_number<C>(operand: Operand<C>, token: Option<&Token<'_>>) -> Result<Operand<C>, Fault> {
    let Operand::Text(text) = &operand else {
        return Ok(operand);
    };
    if text.is_empty() {
        return Ok(operand);
    }
    match std::str::from_utf8(text).ok().and_then(number_in) {
        Some(TokenKind::Whole(number)) => Ok(Operand::Whole(number)),
        Some(TokenKind::Fraction(number)) => Ok(Operand::Fraction(number)),
        _ => {
            let place = token.map(|token| token.place.clone()).unwrap_or_default();
            let message = "compare a column of numbers with a number: digits, a fraction, or a size such as 4K, \
                           16MiB, 2GB";
            Err(Fault::new(place, message))
        }
    }
}

fn no_column<C: Headed>(name: &str, all: &[C]) -> String {
    let names = names(all);
    let name = quoted(name.as_bytes());
    format!("there is no column {name} (put texts between quotes); the columns are {names}")
}
