//! The table "Instead of X, type Y" of the README: every command of both sides is run.

use std::path::Path;

use crate::support::Outcome;
use crate::support::case::cases;
use crate::support::transcript::Session;

cases!["instead":
    the_table_has_twenty_rows,
    each_command_of_the_programs_runs,
    each_command_of_a_relative_runs,
];

/// The rows: the task, the relative's command, and the command of ns-utils.
fn rows() -> Vec<[String; 3]> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(path).expect("there is a README");
    let (_, rest) = readme
        .split_once("\n## Instead of X, type Y\n")
        .expect("it has the section");
    let (section, _) = rest.split_once("\n## ").expect("another follows");
    let lines = section.lines().filter(|line| line.starts_with("| "));
    // The heading.
    let rows = lines.skip(1).map(|line| {
        let cells: Vec<String> = line
            .trim_matches('|')
            .split(" | ")
            .map(|cell| cell.trim().trim_matches('`').to_owned())
            .collect();
        cells
            .try_into()
            .unwrap_or_else(|_| panic!("{line} has three cells"))
    });
    rows.collect()
}

fn the_table_has_twenty_rows() -> Outcome {
    let rows = rows();
    assert!(rows.len() >= 20, "{rows:#?}");
    for [_, theirs, ours] in rows {
        assert!(ours.starts_with("ns-"), "{ours}");
        assert!(!theirs.contains("ns-"), "{theirs}");
    }
    Ok(())
}

fn each_command_of_the_programs_runs() -> Outcome {
    run(rows().into_iter().map(|[_, _, ours]| ours))
}

fn each_command_of_a_relative_runs() -> Outcome {
    run(rows().into_iter().map(|[_, theirs, _]| theirs))
}

/// Runs the commands one after the other in a private machine, in which PID is a process in its own namespaces.
fn run(commands: impl Iterator<Item = String>) -> Outcome {
    let mut lines = vec![
        "$ ns-unshare -a sh".to_owned(),
        "# mount -t tmpfs run /run".to_owned(),
        "# ns-unshare -m -u -n --hostname db sleep 1000 & target=$!".to_owned(),
    ];
    for command in commands {
        // diff(1) has this status if the tables differ, which is not a failure.
        let status = i32::from(command.contains("diff "));
        let command = command.replace("PID", "$target");
        lines.push(format!(
            "# ({command}) </dev/null >/dev/null 2>&1; echo status $?"
        ));
        lines.push(format!("status {status}"));
    }
    Session::parse(lines.iter().map(String::as_str)).replay()
}
