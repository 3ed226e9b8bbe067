//! Random scenes of mounts and of namespaces, from a seed. The programs are compared with an oracle that reads `/proc` by
//! itself.
//!
//! `cargo xtask scenes` plays more of them. `NS_UTILS_SEED` is the first seed, and `NS_UTILS_SCENES` the number of scenes of each case. A failure names its seed.

mod filters;
mod mountinfo;
mod mounts;
mod processes;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use crate::support::dice::{Dice, number};
use crate::support::{Case, Outcome, Ran, Run as _, program};

/// The number of scenes of each case.
const SCENES: u64 = 50;

/// The cases of random scenes.
pub fn cases() -> Vec<Case> {
    [filters::cases(), mounts::cases(), processes::cases()]
        .into_iter()
        .flatten()
        .collect()
}

/// The answer of `ns-mounts` to these words.
fn listed(words: &[&str]) -> Ran {
    program("ns-mounts").args(words).ran()
}

/// Plays the scenes of a case. `first` keeps the scenes of different cases apart.
fn each(first: u64, play: impl Fn(&mut Dice) -> Outcome) -> Outcome {
    let seed = number("NS_UTILS_SEED", 1) + first;
    for seed in seed..seed + number("NS_UTILS_SCENES", SCENES) {
        match catch_unwind(AssertUnwindSafe(|| play(&mut Dice(seed)))) {
            Ok(outcome) => outcome?,
            Err(panic) => {
                eprintln!(
                    "the scene is that of NS_UTILS_SEED={} NS_UTILS_SCENES=1",
                    seed - first
                );
                resume_unwind(panic);
            }
        }
    }
    Ok(())
}
