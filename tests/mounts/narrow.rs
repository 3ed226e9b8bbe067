//! Tables on a terminal that has no room for them.

use crate::support::case::cases;
use crate::support::{Outcome, Terminal, path_of, tool};

cases!["mounts::narrow":
    one_long_mount_point_breaks_no_other_row,
    no_row_breaks_in_two,
    a_list_longer_than_the_terminal_says_how_much_was_cut,
];

/// Ordinary mounts, and one whose mount point is longer than a terminal is wide.
fn table() -> tempfile::NamedTempFile {
    let table = tempfile::NamedTempFile::new().expect("a file can be made");
    let long = "/var/lib/docker/overlay2/".to_owned() + &"0123456789abcdef".repeat(4) + "/merged";
    let lines = format!(
        "1 0 8:1 / / rw,relatime - ext4 /dev/mapper/vg-root rw,errors=remount-ro\n\
         2 1 0:2 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot\n\
         3 1 0:3 / {long} rw,relatime - overlay overlay rw,lowerdir=/l,upperdir=/u,workdir=/w\n\
         4 1 0:4 / /run/user/1000 rw,nosuid,nodev - tmpfs tmpfs rw,size=1604k,mode=700\n"
    );
    std::fs::write(table.path(), lines).expect("it is ours");
    table
}

/// The output on a terminal of this width.
fn shown(columns: u16, words: &str) -> Result<Vec<String>, crate::support::case::Skip> {
    shown_on(&format!("cols {columns}"), words)
}

/// The output on a terminal that stty(1) has set.
fn shown_on(set: &str, words: &str) -> Result<Vec<String>, crate::support::case::Skip> {
    let table = table();
    let script = format!(
        "stty {set}; {} -F {} {words}; echo done",
        path_of("ns-mounts").display(),
        table.path().display()
    );
    let mut terminal = Terminal::new(tool("sh").args(["-c", &script]))?;
    let screen = terminal.until(|screen| screen.contains("done"));
    let lines = screen.lines().take_while(|line| *line != "done");
    Ok(lines.map(str::to_owned).collect())
}

fn one_long_mount_point_breaks_no_other_row() -> Outcome {
    for words in ["-l", "", "-a"] {
        let lines = shown(80, words)?;
        assert_eq!(lines.len(), 5, "{words}: {lines:#?}");
        assert!(
            lines
                .iter()
                .any(|line| line.contains("/var/lib/docker/") && line.contains(['…', '~'])),
            "{lines:#?}"
        );
        let whole = lines
            .iter()
            .filter(|line| line.contains("/sys/fs/cgroup ") || line.contains("/run/user/1000 "));
        assert_eq!(whole.count(), 2, "{lines:#?}");
    }
    // A longer line for a longer name is what -u asks for.
    assert!(shown(80, "-l -u")?.iter().all(|line| line.chars().count() > 80));
    Ok(())
}

fn no_row_breaks_in_two() -> Outcome {
    for columns in [60, 40] {
        for words in ["-l", ""] {
            let lines = shown(columns, words)?;
            assert_eq!(lines.len(), 5, "{columns} {words}: {lines:#?}");
            for line in &lines {
                assert!(
                    line.chars().count() <= columns.into(),
                    "{columns} {words}: {line}"
                );
            }
        }
    }
    Ok(())
}

fn a_list_longer_than_the_terminal_says_how_much_was_cut() -> Outcome {
    let note = |set, words| {
        let lines = shown_on(set, words)?;
        let last = lines.last().filter(|line| line.contains("note:"));
        Ok::<_, crate::support::case::Skip>(
            last.map(|line| line.replace("\x1b[1m", "").replace("\x1b[0m", "")),
        )
    };
    let text = "ns-mounts: note: 3 values are cut to the width of the terminal; -u shows all in full";
    assert_eq!(
        note("cols 60 rows 4", "-l -o TARGET,OPTIONS")?.as_deref(),
        Some(text)
    );
    // The cuts are on the screen, nothing is cut, or notes are not asked for.
    for (set, words) in [
        ("cols 60 rows 24", "-l -o TARGET,OPTIONS"),
        ("cols 60 rows 4", "-l -o TARGET,OPTIONS -u"),
        ("cols 60 rows 4", "-l -o TARGET,OPTIONS -q"),
        ("cols 60 rows 4", "-l -o ID,FSTYPE"),
    ] {
        assert_eq!(note(set, words)?, None, "{set} {words}");
    }
    Ok(())
}
