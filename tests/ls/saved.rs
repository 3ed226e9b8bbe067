//! `--input`: a list that was saved as JSON is listed again.

use serde_json::{Value, json};

use super::{row, rows};
use crate::support::case::cases;
use crate::support::{Held, Outcome, Run as _, User, needs, program};

cases!["ls::saved":
    a_saved_list_is_listed_again,
    a_column_that_was_not_saved_is_a_dash_and_a_note,
    what_could_not_be_read_is_still_a_question_mark,
    a_kind_that_is_not_known_here_is_listed,
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
    // The saved values are listed unchanged.
    let value: Value = serde_json::from_str(&saved).expect("JSON");
    let after = list("-J --output-all").json();
    assert_eq!(after["namespaces"], value["namespaces"]);
    // The list also keeps what is missing, because an ordinary user cannot read everything.
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

/// Lists what a file with this text has.
fn listed(text: &str, words: &str) -> crate::support::Ran {
    let directory = tempfile::tempdir().expect("a directory can be made");
    let file = directory.path().join("saved.json");
    std::fs::write(&file, text).expect("it can be written");
    program("ns-ls").arg("--input").arg(&file).with(words)
}

fn a_column_that_was_not_saved_is_a_dash_and_a_note() -> Outcome {
    let few = r#"{"namespaces": [{"ns": 1, "type": "uts", "nprocs": 2}], "incomplete": null}"#;
    let ran = listed(few, "-l -n -o NS,HOSTNAME,OWN");
    assert_eq!((ran.status, ran.stdout.as_str()), (0, "1 - -\n"));
    assert_eq!(
        ran.stderr,
        "ns-ls: note: the list was saved without these columns: OWN, HOSTNAME\n"
    );
    assert_eq!(listed(few, "-l -o NS,HOSTNAME --strict").status, 1);
    // Compared values count too.
    let ran = listed(
        few,
        "-o NS -Q 'HOSTNAME==\"x\"' --strict".replace('\'', "").as_str(),
    );
    assert_eq!((ran.status, ran.stdout.as_str()), (1, ""));
    assert!(
        ran.stderr.contains("without these columns: HOSTNAME"),
        "{}",
        ran.stderr
    );
    let ran = listed(few, "-l -n -o NS,NPROCS --strict");
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""));
    Ok(())
}

fn what_could_not_be_read_is_still_a_question_mark() -> Outcome {
    let text = r#"{"namespaces": [{"ns": 1, "type": "uts", "hostname": null},
        {"ns": 2, "type": "uts", "hostname": "x"}, {"ns": 3, "type": "net", "hostname": null}],
        "incomplete": {"columns": ["hostname"], "values": 1, "reason": "why"}}"#;
    let ran = listed(text, "-l -n -r -o NS,HOSTNAME");
    assert_eq!(ran.stdout, "1 ?\n2 x\n3 \n");
    Ok(())
}

fn a_kind_that_is_not_known_here_is_listed() -> Outcome {
    let text = r#"{"namespaces": [{"ns": 1, "type": "xyz"}, {"ns": 2, "type": "uts"}]}"#;
    assert_eq!(listed(text, "-l -n -o NS,TYPE --strict").ok(), "1 xyz\n2 uts\n");
    assert_eq!(listed(text, "-l -n -o NS,TYPE -t uts").ok(), "2 uts\n");
    Ok(())
}
