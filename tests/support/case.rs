//! A case: a function that passes, panics, or cannot run here.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use libtest_mimic::{Completion, Failed, Trial};

use super::tools;

/// Why a case cannot run here.
#[derive(Debug)]
pub enum Skip {
    /// The case is for another user: root or an ordinary user. The other run covers it.
    User(&'static str),
    /// The machine lacks something.
    Lacks(String),
}

/// `Ok` if the case passed. A case fails by panicking, and `?` passes on a reason to skip it.
pub type Outcome = Result<(), Skip>;

/// A case in the form of the harness.
pub type Case = Trial;

/// Set to 1 if the machine must have everything, as in CI.
const STRICT: &str = "NS_UTILS_STRICT";

/// The reasons for which a case may still be ignored, one on each line.
const EXPECTED: &str = ".ci/ignored";

/// The number of attempts for a case. It is 2 in CI, where a pause of the shared machine should not fail a case that
/// waits for other processes. A case that passes only later is reported.
const ATTEMPTS: &str = "NS_UTILS_ATTEMPTS";

/// A case with this name; [`cases!`] uses the name of the function.
pub fn case(name: &str, run: impl Fn() -> Outcome + Send + 'static) -> Case {
    let shown = name.to_owned();
    Trial::ignorable_test(name, move || match tried(&shown, &run)? {
        Ok(()) => Ok(Completion::Completed),
        Err(Skip::User(reason)) => Ok(Completion::ignored_with(reason)),
        Err(Skip::Lacks(reason)) if is_strict() && !is_expected(&reason) => {
            Err(format!("{reason}: {STRICT} is set, and {EXPECTED} does not list this reason").into())
        }
        Err(Skip::Lacks(reason)) => Ok(Completion::ignored_with(reason)),
    })
}

fn is_strict() -> bool {
    std::env::var_os(STRICT).is_some_and(|value| value == "1")
}

fn is_expected(reason: &str) -> bool {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(EXPECTED);
    let list = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    is_listed(reason, &list)
}

/// True if the list has this reason; a `*` at the end of a line stands for any text.
pub fn is_listed(reason: &str, list: &str) -> bool {
    let mut lines = list
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty());
    lines.any(|line| match line.strip_suffix('*') {
        Some(start) => reason.starts_with(start),
        None => line == reason,
    })
}

/// Runs the case up to the number of attempts.
fn tried(name: &str, run: &impl Fn() -> Outcome) -> Result<Outcome, Failed> {
    let attempts = std::env::var(ATTEMPTS).ok().and_then(|text| text.parse().ok());
    for attempt in 1..attempts.unwrap_or(1) {
        if let Ok(outcome) = once(run) {
            return Ok(outcome);
        }
        eprintln!("unsteady: {name} failed (attempt {attempt}), and is tried again");
    }
    once(run)
}

/// Runs the case once. It fails if it panics, or runs a tool that it does not declare.
fn once(run: &impl Fn() -> Outcome) -> Result<Outcome, Failed> {
    let (result, undeclared) = tools::of_case(|| catch_unwind(AssertUnwindSafe(run)));
    let outcome = match result.map_err(<Box<dyn Any + Send>>::downcast::<Skip>) {
        Ok(outcome) => Ok(outcome),
        Err(Ok(skip)) => Ok(Err(*skip)),
        Err(Err(panic)) => Err(format!("it panicked: {}", message(&*panic)).into()),
    };
    if undeclared.is_empty() {
        outcome
    } else {
        Err(format!(
            "it runs tools that it does not declare: {}",
            undeclared.join(", ")
        )
        .into())
    }
}

/// The message of a panic.
fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or(panic.downcast_ref::<&str>().copied()).unwrap_or_default()
}

/// The cases of a module, under its name: `cases!["ls::basics": lists_all, refuses_an_unknown_kind]`.
macro_rules! cases {
    ($module:literal: $($name:ident),+ $(,)?) => {
        /// The cases of this module.
        pub fn cases() -> Vec<$crate::support::Case> {
            // This makes sure that the cases of a renamed module get the new name.
            assert_eq!(module_path!().split_once("::").map(|(_, path)| path), Some($module));
            vec![$($crate::support::case::case(concat!($module, "::", stringify!($name)), $name)),+]
        }
    };
}
pub(crate) use cases;
