//! Filters: precedence, matches, and the places of errors.

use serde_json::{Value, json};

use super::rows;
use crate::support::case::cases;
use crate::support::{Outcome, Run as _, inode_of, program};

cases!["ls::filters":
    and_binds_more_tightly_than_or,
    an_invalid_filter_is_shown_with_the_place_of_the_error,
    an_unknown_value_is_empty_in_a_filter,
];

/// The inodes of the namespaces that match a filter.
fn filtered(filter: &str) -> Vec<Value> {
    let ran = program("ns-ls").args(["-J", "-o", "NS", "-Q", filter]).ran();
    rows(ran).iter().map(|row| row["ns"].clone()).collect()
}

fn and_binds_more_tightly_than_or() -> Outcome {
    let (uts, net) = (inode_of("/proc/self/ns/uts"), inode_of("/proc/self/ns/net"));
    let both = format!("NS == {uts} or NS == {net}");
    assert_eq!(filtered(&both).len(), 2);
    // `and` binds more tightly than `or`.
    assert_eq!(filtered(&format!("{both} and TYPE == 'ipc'")), [json!(uts)]);
    assert_eq!(filtered(&format!("({both}) and TYPE == 'ipc'")), [] as [Value; 0]);
    // `not` applies to the whole comparison.
    let others = filtered(&format!("not NS == {uts}"));
    assert!(
        !others.contains(&json!(uts)) && others.contains(&json!(net)),
        "{others:?}"
    );
    // A filter can use columns that are not shown.
    let own = filtered(&format!("TYPE =~ '^u' && NPROCS >= 1 && NS == {uts}"));
    assert_eq!(own, [json!(uts)]);
    Ok(())
}

fn an_invalid_filter_is_shown_with_the_place_of_the_error() -> Outcome {
    for (filter, words) in [
        ("NPROCS == 1 & TYPE", ["&", "^"]),
        ("NROCS == 1", ["NROCS", "NPROCS"]),
        ("TYPE == 'net", ["quote", "^"]),
    ] {
        let error = program("ns-ls").args(["-Q", filter]).ran().fails(2);
        assert!(error.contains("--filter") && error.contains(filter), "{error}");
        assert!(words.iter().all(|word| error.contains(word)), "{error}");
    }
    Ok(())
}

fn an_unknown_value_is_empty_in_a_filter() -> Outcome {
    // A UTS namespace has no parent.
    let uts = inode_of("/proc/self/ns/uts");
    assert_eq!(filtered(&format!("NS == {uts} and not PNS")), [json!(uts)]);
    assert_eq!(filtered(&format!("NS == {uts} and PNS == ''")), [json!(uts)]);
    assert_eq!(filtered(&format!("NS == {uts} and PNS == 0")), [] as [Value; 0]);
    Ok(())
}
