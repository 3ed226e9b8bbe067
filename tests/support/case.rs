//! A case: a function that passes, panics, or cannot run here.

use std::panic::{AssertUnwindSafe, catch_unwind};

use libtest_mimic::{Completion, Failed, Trial};

/// Why a case cannot run here.
#[derive(Debug)]
pub enum Skip {
    /// It is for another user: root's, or an ordinary user's. The other run has it.
    User(&'static str),
    /// The machine lacks something.
    Lacks(String),
}

/// `Ok` where the case passed; it fails by panicking, and `?` passes on what it needs and lacks.
pub type Outcome = Result<(), Skip>;

/// A case as the harness takes it.
pub type Case = Trial;

/// Set to 1 where the machine has to have everything: in CI.
const STRICT: &str = "NS_UTILS_STRICT";

/// Set to how often a case may be tried: 2 in CI, where one that waits for other processes on a machine that is not ours
/// should not fail for a pause of that machine. A case that passes only later is told of.
const ATTEMPTS: &str = "NS_UTILS_ATTEMPTS";

/// A case under this name; [`cases!`] takes that of the function.
pub fn case(name: &str, run: impl Fn() -> Outcome + Send + 'static) -> Case {
    let shown = name.to_owned();
    Trial::ignorable_test(name, move || match tried(&shown, &run) {
        Ok(()) => Ok(Completion::Completed),
        Err(Skip::User(reason)) => Ok(Completion::ignored_with(reason)),
        Err(Skip::Lacks(reason)) if std::env::var_os(STRICT).is_some_and(|value| value == "1") => {
            Err(Failed::from(format!("skipped, and {STRICT} is set: {reason}")))
        }
        Err(Skip::Lacks(reason)) => Ok(Completion::ignored_with(reason)),
    })
}

/// Runs the case as often as it may fail, and once more where its panic counts.
fn tried(name: &str, run: &impl Fn() -> Outcome) -> Outcome {
    let attempts = std::env::var(ATTEMPTS).ok().and_then(|text| text.parse().ok());
    for attempt in 1..attempts.unwrap_or(1) {
        if let Ok(outcome) = catch_unwind(AssertUnwindSafe(run)) {
            return outcome;
        }
        eprintln!("unsteady: {name} failed (attempt {attempt}), and is tried again");
    }
    run()
}

/// The cases of a module, under its name: `cases!["ls::basics": lists_all, refuses_an_unknown_kind]`.
macro_rules! cases {
    ($module:literal: $($name:ident),+ $(,)?) => {
        /// The cases of this module.
        pub fn cases() -> Vec<$crate::support::Case> {
            // So that a module that is renamed takes the names of its cases along.
            assert_eq!(module_path!().split_once("::").map(|(_, path)| path), Some($module));
            vec![$($crate::support::case::case(concat!($module, "::", stringify!($name)), $name)),+]
        }
    };
}
pub(crate) use cases;
