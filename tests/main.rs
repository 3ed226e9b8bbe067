//! Runs the real programs in real namespaces, as root and as an ordinary user.
//!
//! A case that this machine or user cannot run is shown as ignored, with the reason. With `NS_UTILS_STRICT=1` it fails
//! if the machine is the reason. If the user is the reason, the run of the other user covers it.
#![forbid(unsafe_code)]
#![allow(
    clippy::unnecessary_wraps,
    reason = "a case has the same shape whether it needs something or not"
)]

mod arguments;
mod calls;
mod characters;
mod colours;
mod common;
mod compat;
mod completions;
mod documents;
mod enter;
mod environment;
mod harness;
mod hostname;
mod instead;
mod listings;
mod ls;
mod mounts;
mod packages;
mod pages;
mod pictures;
mod pins;
mod scenes;
mod stderr;
mod steps;
mod support;
mod target;
mod terminal;
mod unshare;

fn main() -> std::process::ExitCode {
    if let Some(done) = support::traffic::helper().or_else(support::namespaces::helper) {
        return done;
    }
    support::signals::restore();
    // One module on each line, so that parallel additions merge.
    #[rustfmt::skip]
    let cases = [
        arguments::cases(),
        calls::cases(),
        characters::cases(),
        colours::cases(),
        common::cases(),
        compat::cases(),
        enter::cases(),
        completions::cases(),
        documents::cases(),
        environment::cases(),
        harness::cases(),
        hostname::cases(),
        instead::cases(),
        listings::cases(),
        ls::cases(),
        mounts::cases(),
        packages::cases(),
        pins::cases(),
        pages::cases(),
        pictures::cases(),
        scenes::cases(),
        stderr::cases(),
        steps::cases(),
        target::cases(),
        terminal::cases(), unshare::cases()];
    let cases: Vec<_> = cases.into_iter().flatten().collect();
    let conclusion = libtest_mimic::run(&support::arguments::read(&cases), cases);
    support::tools::tidy();
    conclusion.exit_code()
}
