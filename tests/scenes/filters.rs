//! Random filters: the rows that `-Q` keeps are those for which the expression is true, worked out from the values in JSON.

use serde_json::Value;

use super::mounts::{Scene, asked};
use crate::support::Outcome;
use crate::support::case::cases;
use crate::support::dice::Dice;

cases!["scenes::filters":
    a_filter_keeps_the_rows_for_which_it_is_true,
];

/// The columns with numbers, and those with texts.
const NUMBERS: [&str; 2] = ["ID", "PARENT"];
const TEXTS: [&str; 4] = ["FSTYPE", "SOURCE", "TARGET", "VFS-OPTIONS"];

/// An expression.
enum Expression {
    Number(&'static str, &'static str, u64),
    Text(&'static str, &'static str, String),
    Flag,
    Not(Box<Self>),
    Both(Box<Self>, &'static str, Box<Self>),
}

impl Expression {
    /// An expression over the values of these rows.
    fn random(dice: &mut Dice, rows: &[Value], depth: usize) -> Self {
        let row = &rows[dice.below(rows.len())];
        match dice.below(if depth == 0 { 3 } else { 6 }) {
            0 => {
                let column = NUMBERS[dice.below(NUMBERS.len())];
                let operator = ["==", "!=", "<", "<=", ">", ">=", "eq", "ge"][dice.below(8)];
                Self::Number(column, operator, value(row, column).as_u64().expect("a number"))
            }
            1 => {
                let column = TEXTS[dice.below(TEXTS.len())];
                let text = value(row, column).as_str().unwrap_or_default();
                // A backslash stands for more than itself.
                let text = text.split('\\').next().unwrap_or_default();
                Self::Text(column, ["==", "!="][dice.below(2)], text.to_owned())
            }
            2 => Self::Flag,
            3 => Self::Not(Box::new(Self::random(dice, rows, depth - 1))),
            _ => {
                let operator = ["and", "or", "&&", "||"][dice.below(4)];
                let one = Self::random(dice, rows, depth - 1);
                Self::Both(
                    Box::new(one),
                    operator,
                    Box::new(Self::random(dice, rows, depth - 1)),
                )
            }
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Number(column, operator, number) => format!("{column} {operator} {number}"),
            Self::Text(column, operator, text) if text.contains('"') => {
                format!("{column} {operator} '{text}'")
            }
            Self::Text(column, operator, text) => format!("{column} {operator} \"{text}\""),
            Self::Flag => "VISIBLE".to_owned(),
            Self::Not(one) => format!("not ({})", one.text()),
            Self::Both(one, operator, other) => format!("({}) {operator} ({})", one.text(), other.text()),
        }
    }

    fn is_true(&self, row: &Value) -> bool {
        match self {
            Self::Number(column, operator, number) => {
                let value = value(row, column).as_u64().expect("a number");
                match *operator {
                    "==" | "eq" => value == *number,
                    "!=" => value != *number,
                    "<" => value < *number,
                    "<=" => value <= *number,
                    ">" => value > *number,
                    _ => value >= *number,
                }
            }
            Self::Text(column, operator, text) => {
                let is_equal = value(row, column).as_str().unwrap_or_default() == text;
                is_equal == (*operator == "==")
            }
            Self::Flag => row["visible"] == true,
            Self::Not(one) => !one.is_true(row),
            Self::Both(one, "and" | "&&", other) => one.is_true(row) && other.is_true(row),
            Self::Both(one, _, other) => one.is_true(row) || other.is_true(row),
        }
    }
}

fn value<'a>(row: &'a Value, column: &str) -> &'a Value {
    &row[column.to_ascii_lowercase()]
}

fn rows(listing: &Value) -> Vec<Value> {
    listing["filesystems"].as_array().cloned().unwrap_or_default()
}

fn a_filter_keeps_the_rows_for_which_it_is_true() -> Outcome {
    let columns = "ID,PARENT,FSTYPE,SOURCE,TARGET,VFS-OPTIONS,VISIBLE";
    super::each(4_000_000, |dice| {
        let scene = Scene::new(dice)?;
        let pid = scene.shells[dice.below(scene.shells.len())].pid;
        let all = rows(&asked(pid, &["-l", "-v", "-o", columns]));
        for _ in 0..6 {
            let expression = Expression::random(dice, &all, 3);
            let wanted: Vec<_> = all
                .iter()
                .filter(|row| expression.is_true(row))
                .cloned()
                .collect();
            let mut words = vec!["-J", "-N"];
            let (pid, text) = (pid.to_string(), expression.text());
            words.extend([&pid, "-l", "-v", "-o", columns, "-Q", &text]);
            let ran = super::listed(&words);
            assert_eq!(ran.status, i32::from(wanted.is_empty()), "{text}: {ran:?}");
            let kept = if wanted.is_empty() {
                Vec::new()
            } else {
                rows(&ran.json())
            };
            assert_eq!(kept, wanted, "{text}");
        }
        Ok(())
    })
}
