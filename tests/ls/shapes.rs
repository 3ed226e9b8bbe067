//! The shapes of the output: lists, trees, raw lines, JSON.

use serde_json::{Value, json};

use super::{row, rows};
use crate::support::case::cases;
use crate::support::{Held, Outcome, Run as _, User, inode_of, needs, tool};

cases!["ls::shapes":
    lists_are_json_arrays_and_rows_are_flat,
    raw_lines_have_one_field_for_each_column_and_no_glyphs,
    trees_follow_owners_parents_or_processes,
    a_tree_includes_ancestors_that_the_filter_leaves_out,
    several_mount_points_are_lines,
];

fn lists_are_json_arrays_and_rows_are_flat() -> Outcome {
    needs::tools("mount");
    needs::root()?;
    let rows = with_own_run(
        r#"mkdir /run/utsns && touch /run/utsns/web /run/other && unshare --uts=/run/utsns/web true &&
           mount --bind /run/utsns/web /run/other && "$1" -J -t uts -o NS,NSFS,NAME,NPROCS,PID"#,
    );
    let pinned: Vec<_> = rows
        .iter()
        .filter(|row| row["nprocs"] == 0 && row["nsfs"][0] == "/run/utsns/web")
        .collect();
    assert_eq!(pinned.len(), 1, "{rows:?}");
    assert_eq!(pinned[0]["nsfs"], json!(["/run/utsns/web", "/run/other"]));
    assert_eq!(pinned[0]["name"], json!(["web"]));
    assert_eq!(pinned[0]["pid"], Value::Null);
    assert!(
        rows.iter()
            .all(|row| row["ns"].is_u64() && row["children"].is_null())
    );
    Ok(())
}

fn raw_lines_have_one_field_for_each_column_and_no_glyphs() -> Outcome {
    needs::user_namespaces()?;
    let user = User::ordinary()?;
    let there = Held::new(user.tool("unshare").args(["-r", "-u"]), "");
    let raw = user
        .program("ns-ls")
        .with("-r -n -o NS,TYPE,NPROCS,COMMAND")
        .stdout;
    assert!(raw.is_ascii(), "{raw}");
    let inode = there.inode("uts").to_string();
    let line = raw.lines().find(|line| line.starts_with(&inode)).expect("a line");
    let fields: Vec<_> = line.split(' ').collect();
    assert_eq!(fields.len(), 4, "{line}");
    assert_eq!(fields[..3], [&*inode, "uts", "1"]);
    assert!(fields[3].starts_with(r"sh\x20-c"), "{line}");
    Ok(())
}

fn trees_follow_owners_parents_or_processes() -> Outcome {
    needs::user_namespaces()?;
    let user = User::ordinary()?;
    let there = Held::new(user.tool("unshare").args(["-r", "-u"]), "");
    let json = |words: &str| rows(user.program("ns-ls").with(words));
    // The rows below the row with this inode.
    let children = |rows: &[Value], inode: u64| row(rows, inode)["children"].clone();
    let by_owner = json("-J -T -o NS,COMMAND");
    let below = children(&by_owner, inode_of("/proc/self/ns/user"));
    let own = row(below.as_array().expect("an array"), there.inode("user"));
    row(own["children"].as_array().expect("an array"), there.inode("uts"));
    for words in ["-J -T=parent -o NS", "-JTparent -o NS"] {
        let below = children(&json(words), inode_of("/proc/self/ns/user"));
        row(below.as_array().expect("an array"), there.inode("user"));
    }
    // A list has no children, and a table draws them.
    row(&json("-J -l"), there.inode("uts"));
    row(&json("-J"), there.inode("uts"));
    let table = user.program("ns-ls").with("-T -o NS,TYPE").stdout;
    let line = table
        .lines()
        .find(|line| line.contains(&there.inode("uts").to_string()));
    let line = line.expect("a line");
    assert!(line.starts_with("  └─") || line.starts_with("│ └─"), "{table}");
    // Without the column for the tree, the output is a plain list.
    for columns in ["NS", "PID,NS", "PID", "TYPE -T", "TYPE,PID --tree=parent"] {
        let plain = user.program("ns-ls").with(&format!("-n -o {columns}")).stdout;
        assert!(plain.is_ascii() && !plain.is_empty(), "{plain}");
    }
    // The default is by process: a namespace is below the namespace of its parent process.
    let child = Held::new(
        user.tool("unshare")
            .args(["-r", "-u", "sh", "-c", "unshare --net \"$@\"; :", "sh"]),
        "",
    );
    let net = child.pid;
    for (words, drawn) in [("", true), ("-l", false), ("-r", false)] {
        let ran = user
            .program("ns-ls")
            .with(&format!("-o PID,PPID,COMMAND {words}"));
        let line = ran
            .stdout
            .lines()
            .find(|line| line.trim_start().starts_with(&format!("{net} ")));
        let line = line.unwrap_or_else(|| panic!("{net}: {}", ran.stdout));
        assert_eq!(
            line.contains("└─") || line.contains("├─"),
            drawn,
            "{words}: {line}"
        );
    }
    Ok(())
}

fn a_tree_includes_ancestors_that_the_filter_leaves_out() -> Outcome {
    needs::user_namespaces()?;
    let user = User::ordinary()?;
    let there = Held::new(user.tool("unshare").args(["-r", "unshare", "-r", "-u"]), "");
    let filter = format!("NS == {}", there.inode("uts"));
    let ran = user
        .program("ns-ls")
        .args(["-J", "--tree=owner", "-t", "uts", "-o", "NS,TYPE", "-Q", &filter])
        .ran();
    let mut level = rows(ran);
    let mut chain = Vec::new();
    while let [row] = &level[..] {
        chain.push((row["ns"].as_u64(), row["type"].as_str().map(str::to_owned)));
        level = row["children"].as_array().cloned().unwrap_or_default();
    }
    let kinds: Vec<_> = chain
        .iter()
        .map(|(_, kind)| kind.as_deref().expect("a kind"))
        .collect();
    assert_eq!(kinds, ["user", "user", "user", "uts"]);
    assert_eq!(chain[0].0, Some(inode_of("/proc/self/ns/user")));
    assert_eq!(chain[2].0, Some(there.inode("user")));
    Ok(())
}

/// Runs a shell script with the program as `$1`, in a mount namespace with an empty `/run`.
fn with_own_run(script: &str) -> Vec<Value> {
    let set_up = format!("mount -t tmpfs t /run && {script}");
    let ran = tool("unshare")
        .args(["--mount", "sh", "-c", &set_up, "sh"])
        .arg(crate::support::path_of("ns-ls"))
        .ran();
    rows(ran)
}

fn several_mount_points_are_lines() -> Outcome {
    needs::root()?;
    needs::tools("mount unshare");
    let script = r#"mount -t tmpfs t /mnt; : >/mnt/a; : >/mnt/b; unshare --net=/mnt/a true
        mount --bind /mnt/a /mnt/b; inode=$(stat -L -c %i /mnt/a)
        for words in "" -W -r; do "$1" -t net -n -o TYPE,NSFS -Q "NS == $inode" $words; done"#;
    let ran = tool("unshare")
        .args(["--mount", "sh", "-e", "-c", script, "sh"])
        .arg(crate::support::path_of("ns-ls"))
        .ran();
    assert_eq!(
        ran.stdout,
        "net /mnt/a\n    /mnt/b\nnet /mnt/a,/mnt/b\nnet /mnt/a,/mnt/b\n"
    );
    Ok(())
}
