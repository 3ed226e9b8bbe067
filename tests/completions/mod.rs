//! Completion as people use it: in interactive shells at a terminal, with Tab.

mod scripts;
mod shell;
mod targets;
mod values;

use crate::support::Case;

/// Makes a case for each subject in each shell, named after both.
macro_rules! in_each_shell {
    ($($subject:ident in $($shell:ident),+;)+) => {
        /// The cases of this module.
        pub fn cases() -> Vec<$crate::support::Case> {
            vec![$($($crate::support::case::case(
                concat!("completions::", stringify!($shell), "_", stringify!($subject)),
                || {
                    $subject($crate::completions::shell::Shell::$shell()?)
                },
            )),+),+]
        }
    };
}
use in_each_shell;

/// All cases.
pub fn cases() -> Vec<Case> {
    [values::cases(), targets::cases(), scripts::cases()]
        .into_iter()
        .flatten()
        .collect()
}
