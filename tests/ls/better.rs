//! Where lsns misleads: what is unknown, what is nested, what is filtered.

use std::process::Command;

use serde_json::{Value, json};

use super::{row, rows};
use crate::support::case::cases;
use crate::support::{Held, Outcome, Run as _, User, inode_of, needs, program, tool};

cases!["ls::better":
    lists_are_arrays_and_rows_are_flat,
    raw_lines_have_a_value_for_each_column_and_no_glyphs,
    filters_bind_as_they_are_written,
    a_wrong_filter_shows_its_place,
    a_filter_sees_what_is_unknown_as_empty,
    shows_namespaces_without_processes_only,
    the_leader_is_the_oldest_and_not_the_lowest,
    what_is_missing_is_an_error_where_that_is_asked_for,
    an_empty_list_is_no_error,
];

/// Runs a shell script with the program as `$1`, in a mount namespace with an empty `/run`.
fn with_own_run(script: &str) -> Vec<Value> {
    let set_up = format!("mount -t tmpfs t /run && {script}");
    let ran = tool("unshare")
        .args(["--mount", "sh", "-c", &set_up, "sh"])
        .arg(crate::support::path_of("ns-ls"))
        .ran();
    rows(ran)
}

fn lists_are_arrays_and_rows_are_flat() -> Outcome {
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

fn raw_lines_have_a_value_for_each_column_and_no_glyphs() -> Outcome {
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

/// The inodes that a filter lets through.
fn filtered(filter: &str) -> Vec<Value> {
    let ran = program("ns-ls").args(["-J", "-o", "NS", "-Q", filter]).ran();
    rows(ran).iter().map(|row| row["ns"].clone()).collect()
}

fn filters_bind_as_they_are_written() -> Outcome {
    let (uts, net) = (inode_of("/proc/self/ns/uts"), inode_of("/proc/self/ns/net"));
    let both = format!("NS == {uts} or NS == {net}");
    assert_eq!(filtered(&both).len(), 2);
    // `and` binds more than `or`.
    assert_eq!(filtered(&format!("{both} and TYPE == 'ipc'")), [json!(uts)]);
    assert_eq!(filtered(&format!("({both}) and TYPE == 'ipc'")), [] as [Value; 0]);
    // `not` is of the whole comparison.
    let others = filtered(&format!("not NS == {uts}"));
    assert!(
        !others.contains(&json!(uts)) && others.contains(&json!(net)),
        "{others:?}"
    );
    // Columns that are not shown count too.
    let own = filtered(&format!("TYPE =~ '^u' && NPROCS >= 1 && NS == {uts}"));
    assert_eq!(own, [json!(uts)]);
    Ok(())
}

fn a_wrong_filter_shows_its_place() -> Outcome {
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

fn a_filter_sees_what_is_unknown_as_empty() -> Outcome {
    // A UTS namespace has no parent.
    let uts = inode_of("/proc/self/ns/uts");
    assert_eq!(filtered(&format!("NS == {uts} and not PNS")), [json!(uts)]);
    assert_eq!(filtered(&format!("NS == {uts} and PNS == ''")), [json!(uts)]);
    assert_eq!(filtered(&format!("NS == {uts} and PNS == 0")), [] as [Value; 0]);
    Ok(())
}

fn shows_namespaces_without_processes_only() -> Outcome {
    needs::root()?;
    let there = Held::new(tool("unshare").arg("-u"), "");
    let file = std::fs::File::open(there.proc("ns/uts")).expect("it lives");
    let inode = there.inode("uts");
    let listed = || rows(program("ns-ls").with("-J -P -o NS,NPROCS"));
    assert!(
        listed()
            .iter()
            .all(|row| row["nprocs"] == 0 && row["ns"] != inode)
    );
    drop(there);
    row(&listed(), inode);
    drop(file);
    Ok(())
}

/// A script in a PID namespace, which has `ns-ls` as `$1`.
fn with_pids_of_its_own(script: &str) -> Command {
    let mut command = tool("unshare");
    command
        .args(["--pid", "--fork", "--kill-child", "--mount-proc"])
        .args(["sh", "-c", script, "sh"])
        .arg(crate::support::path_of("ns-ls"));
    command
}

fn the_leader_is_the_oldest_and_not_the_lowest() -> Outcome {
    needs::root()?;
    // A child gets a lower PID than its parent where the PIDs start over.
    let script = r#"echo 99 >/proc/sys/kernel/ns_last_pid
        unshare --uts sh -c 'echo 49 >/proc/sys/kernel/ns_last_pid
            sleep 1000 & "$1" -J -t uts -o PID,LEADER,NPROCS,INPID' sh "$1""#;
    let ran = with_pids_of_its_own(script).ran();
    let rows = rows(ran);
    // The shell, sleep, and the program itself.
    let expected = json!({"pid": 50, "leader": 100, "nprocs": 3, "inpid": "100"});
    assert!(rows.contains(&expected), "{rows:?}");
    // Of two whose parents are elsewhere it is the one that started first, by a clock with a hundred ticks a second.
    let script = r#"mkfifo "$2"; echo 99 >/proc/sys/kernel/ns_last_pid
        unshare --uts sh -c 'echo >"$0"; exec sleep 1000' "$2" & first=$!
        read -r ready <"$2"; read -r then rest </proc/uptime; now=$then
        while [ "${now%?}" = "${then%?}" ]; do read -r now rest </proc/uptime; done
        echo 49 >/proc/sys/kernel/ns_last_pid
        nsenter --target $first --uts sh -c 'echo >"$0"; exec sleep 1000' "$2" & read -r ready <"$2"
        "$1" -J -t uts -p $first -o PID,LEADER,NPROCS"#;
    let directory = tempfile::tempdir().expect("a directory can be made");
    needs::installed("nsenter")?;
    let ran = with_pids_of_its_own(script)
        .arg(directory.path().join("fifo"))
        .ran();
    let expected = json!({"pid": 50, "leader": 100, "nprocs": 2});
    assert_eq!(super::rows(ran), [expected]);
    Ok(())
}

fn what_is_missing_is_an_error_where_that_is_asked_for() -> Outcome {
    let user = User::ordinary()?;
    let ran = user.program("ns-ls").ran();
    assert_eq!(ran.status, 0);
    assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
    let strict = user.program("ns-ls").with("--strict");
    assert_eq!(strict.status, 1);
    assert!(
        strict.stderr.starts_with("ns-ls: incomplete: "),
        "{}",
        strict.stderr
    );
    // What was read is shown all the same.
    assert!(strict.stdout.contains("COMMAND"));
    Ok(())
}

fn an_empty_list_is_no_error() -> Outcome {
    let ran = program("ns-ls").args(["-J", "-Q", "NS == 1"]).ran();
    assert_eq!(ran.json()["namespaces"], json!([]));
    let ran = program("ns-ls").args(["-Q", "NS == 1"]).ran();
    assert_eq!((ran.status, ran.stdout.as_str()), (0, ""));
    Ok(())
}
