//! The test program itself: it chooses cases by several filters, and notices tools that a case does not declare.

use std::process::Command;

use crate::support::case::{Skip, cases, is_listed};
use crate::support::{Outcome, Run as _, tool, tools};

cases!["harness":
    several_filters_choose_what_any_of_them_finds,
    a_tool_that_is_not_declared_is_noticed_even_if_the_script_goes_on,
    a_tool_that_is_not_installed_ends_the_case_with_its_name,
    a_listed_reason_is_the_whole_line_or_its_start,
];

/// The names of the cases that these words choose.
fn chosen(words: &str) -> Vec<String> {
    let program = std::env::current_exe().expect("it has a path");
    let list = tool(program).with(&format!("--list {words}")).ok();
    let names = list
        .lines()
        .map(|line| line.trim_end_matches(": test").to_owned());
    names.collect()
}

fn several_filters_choose_what_any_of_them_finds() -> Outcome {
    let [first, second] = ["harness::several", "common::an_unknown"].map(chosen);
    assert_eq!((first.len(), second.len()), (1, 1), "{first:?} {second:?}");
    let mut both = chosen("harness::several --test-threads 2 common::an_unknown");
    both.sort();
    assert_eq!(both, [&second[..], &first[..]].concat());
    assert_eq!(
        chosen("harness::several common::an_unknown --skip common::"),
        first
    );
    assert_eq!(chosen(&format!("--exact {} common::an_unknown", first[0])), first);
    Ok(())
}

fn a_tool_that_is_not_declared_is_noticed_even_if_the_script_goes_on() -> Outcome {
    let script = "mount --version 2>/dev/null; cat /dev/null; :";
    let (ran, undeclared) = tools::of_case(|| tool("sh").args(["-c", script]).ran());
    assert_eq!((ran.ok().as_str(), undeclared), ("", vec!["mount".to_owned()]));
    let (ran, undeclared) = tools::of_case(|| {
        crate::support::needs::tools("mount");
        tool("sh").args(["-c", script]).ran()
    });
    assert!(ran.ok().starts_with("mount from "));
    assert!(undeclared.is_empty(), "{undeclared:?}");
    Ok(())
}

fn a_tool_that_is_not_installed_ends_the_case_with_its_name() -> Outcome {
    let ended = std::panic::catch_unwind(|| -> Command { tool("no-such-tool") });
    let skip = ended.expect_err("it ends").downcast::<Skip>();
    let Skip::Lacks(reason) = *skip.expect("it says why") else {
        panic!("it is for another user")
    };
    assert_eq!(reason, "no-such-tool is not installed");
    Ok(())
}

fn a_listed_reason_is_the_whole_line_or_its_start() -> Outcome {
    let list = "# a comment\n\nno clock\nneeds Linux *\n";
    assert!(is_listed("no clock", list) && is_listed("needs Linux 9.9", list));
    assert!(!is_listed("no clocks", list) && !is_listed("", list) && !is_listed("# a comment", list));
    Ok(())
}
