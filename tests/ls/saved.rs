//! `--input`: a list that was saved as JSON is listed again.

use serde_json::{Value, json};

use super::{row, rows};
use crate::support::case::cases;
use crate::support::{Held, Outcome, Run as _, User, needs, program};

cases!["ls::saved":
    a_saved_list_is_listed_again,
];

fn a_saved_list_is_listed_again() -> Outcome {
    needs::user_namespaces()?;
    let user = User::ordinary()?;
    let there = Held::new(user.tool("unshare").args(["-r", "-u"]), "");
    let saved = user
        .program("ns-ls")
        .with("-J --output-all --look processes,threads")
        .stdout;
    let (uts, owner) = (there.inode("uts"), there.inode("user"));
    drop(there);
    let directory = tempfile::tempdir().expect("a directory can be made");
    let file = directory.path().join("saved.json");
    std::fs::write(&file, &saved).expect("it can be written");
    let list = |words: &str| program("ns-ls").arg("--input").arg(&file).with(words);
    // What was saved comes out as it went in.
    let value: Value = serde_json::from_str(&saved).expect("JSON");
    let after = list("-J --output-all").json();
    assert_eq!(after["namespaces"], value["namespaces"]);
    // With what it did not say: as an ordinary user not all could be read.
    assert_eq!(after["incomplete"], value["incomplete"]);
    assert_eq!(
        after["not-looked"],
        json!(["descriptors", "pins", "kin", "kernel"])
    );
    if let Some(reason) = value["incomplete"]["reason"].as_str() {
        let ran = list("-t uts --strict");
        assert_eq!(ran.status, 1);
        assert_eq!(
            ran.stderr,
            format!("ns-ls: note: the list was incomplete when it was saved: {reason}\n")
        );
    }
    let row_of_uts = row(&rows(list("-J -t uts -o NS,USER,NPROCS")), uts);
    assert_eq!(row_of_uts, json!({"ns": uts, "user": user.name, "nprocs": 1}));
    let filtered = rows(list(&format!("-J -o NS -Q ONS=={owner}")));
    assert_eq!(filtered, [json!({"ns": uts})]);
    let tree = list("-T -o NS,TYPE").stdout;
    let line = tree
        .lines()
        .find(|line| line.contains(&uts.to_string()))
        .expect("a line");
    assert!(line.starts_with("  └─") || line.starts_with("│ └─"), "{tree}");
    std::fs::write(&file, "{}").expect("it can be written");
    let error = list("").fails(1);
    assert!(
        error.contains("saved.json") && error.contains("\"namespaces\""),
        "{error}"
    );
    let error = program("ns-ls").with("--input /no/such/file").fails(1);
    assert!(error.contains("/no/such/file: No such file"), "{error}");
    Ok(())
}
