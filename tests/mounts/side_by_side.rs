//! Side by side with the installed findmnt(8): a live table, saved ones, every shape, every filter.

use std::process::Command;

use serde_json::Value;

use super::{Room, fixtures};
use crate::support::case::cases;
use crate::support::{Outcome, Ran, Run as _, needs, program, tool};

cases!["mounts::side_by_side":
    saved_tables_are_shown_as_findmnt_shows_them,
    a_live_table_is_shown_as_findmnt_shows_it,
    filters_find_the_same,
    filters_find_the_same_in_saved_tables,
    sizes_are_those_of_findmnt,
    vfs_options_are_those_of_findmnt,
    the_directory_of_a_source_is_that_of_findmnt,
];

/// The columns that both programs have, with values that do not change.
const COLUMNS: &str =
    "TARGET,SOURCE,FSTYPE,OPTIONS,VFS-OPTIONS,FS-OPTIONS,OPT-FIELDS,PROPAGATION,FSROOT,MAJ:MIN,ID,PARENT";

/// Both programs, with the same question.
fn both(about: &[&str], words: &str) -> (Ran, Ran) {
    let ask = |mut command: Command| command.args(about).with(words);
    (ask(tool("findmnt")), ask(program("ns-mounts")))
}

/// True if both give the same result, without our extra fields for bytes that are not text.
#[track_caller]
fn same(about: &[&str], words: &str) {
    let (theirs, ours) = both(about, words);
    let json = words.contains("-J");
    let theirs_found = !theirs.stdout.trim().is_empty() && theirs.stdout.contains(['"', '/']);
    if !theirs_found {
        // In a tree, findmnt still ends with 0.
        assert_eq!((ours.status, ours.stdout.as_str()), (1, ""), "{about:?} {words}");
    } else if json {
        let value = |ran: &Ran| -> Value {
            serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {}", ran.stdout))
        };
        assert_eq!(without_ours(value(&ours)), value(&theirs), "{about:?} {words}");
    } else {
        let lines = |text: &str| -> Vec<String> {
            let lines = text.lines().map(|line| line.trim_end().to_owned());
            lines.collect()
        };
        assert_eq!(lines(&ours.stdout), lines(&theirs.stdout), "{about:?} {words}");
    }
    if theirs_found {
        assert_eq!(ours.status, theirs.status, "{about:?} {words}");
    }
}

/// The value without the fields that only our JSON has.
fn without_ours(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(without_ours).collect(),
        Value::Object(fields) => fields
            .into_iter()
            .filter(|(name, _)| !name.ends_with("-bytes") && name != "incomplete" && name != "not-looked")
            .map(|(name, value)| (name, without_ours(value)))
            .collect(),
        value => value,
    }
}

fn saved_tables_are_shown_as_findmnt_shows_them() -> Outcome {
    needs::installed("findmnt")?;
    let mut seen = 0;
    for entry in std::fs::read_dir(fixtures()).expect("they are there") {
        let path = entry.expect("it can be read").path();
        let name = path.file_name().expect("a file").to_str().expect("it is text");
        // With this table, findmnt never ends. With the other one, it shows a device of this host.
        if matches!(name, "loop" | "sources") {
            continue;
        }
        let file = path.to_str().expect("it is text");
        for shape in ["-J", "-J -l"] {
            same(&["-F", file], &format!("{shape} -o {COLUMNS}"));
            same(&["-F", file], shape);
        }
        // Bytes that are not text are shown differently in tables, because they must not reach the terminal.
        if name != "bytes" {
            for shape in ["-r", "-P", "-r -n"] {
                same(&["-F", file], &format!("{shape} -o {COLUMNS}"));
            }
        }
        seen += 1;
    }
    assert!(seen > 15, "{seen}");
    Ok(())
}

/// Mounts of many kinds, with paths that both programs show in the same way.
const MOUNTS: &str = "mkdir $d/a $d/b $d/c $d/e; mount -t tmpfs -o size=4k,mode=711 two $d/a; \
    mount -t tmpfs three $d/a; mount -t tmpfs -o nosuid,nodev,noexec,ro four $d/b; \
    mount --make-unbindable $d/b; mount --make-shared $d/a; mount --bind $d/a $d/c; mount --make-slave $d/c; \
    mkdir $d/a/sub; mount --bind $d/a/sub $d/e; mkdir -p $d/deep/er; mount -t ramfs deep $d/deep/er; \
    mkdir $d/proc; mount -t proc -o noatime proc $d/proc";

fn a_live_table_is_shown_as_findmnt_shows_it() -> Outcome {
    needs::installed("findmnt")?;
    let room = Room::new(MOUNTS)?;
    let pid = room.shell.pid.to_string();
    let about = ["-N", pid.as_str()];
    for shape in [
        "",
        "-a",
        "-l",
        "-r",
        "-P",
        "-J",
        "-J -l",
        "-n",
        "-u",
        "-y -P -o MAJ:MIN,FS-OPTIONS",
    ] {
        same(&about, shape);
    }
    for shape in ["-J", "-J -l"] {
        same(&about, &format!("{shape} -o {COLUMNS},SOURCES,TID"));
    }
    same(&about, "-r -o +ID,PARENT");
    same(&about, "-v -r");
    Ok(())
}

/// At least these questions give the same result, in every shape. `$d` is a directory with mounts in it.
const FILTERS: &[&str] = &[
    "-t tmpfs",
    "-t tmpfs,proc",
    "-t notmpfs",
    "-t noext4",
    "-t noproc,sysfs",
    "-t zzz",
    "-t tmpfs -i",
    "-O rw",
    "-O ro",
    "-O norw",
    "-O size=4k",
    "-O size",
    "-O nosize",
    "-O +nosuid",
    "-O rw,relatime",
    "-O mode=711,rw",
    "-S three",
    "-S nothing",
    "-S proc -i",
    "-M $d",
    "-M $d/b",
    "-M $d/nothing",
    "-T $d/deep",
    "-T $d/deep/er",
    "-T /proc/self",
    "three",
    "$d/b",
    "$d/nothing",
    "three $d/a",
    "three $d/b",
    "-R $d",
    "-R $d/b",
    "-R -M $d",
    "-R -t tmpfs",
    "-f -t tmpfs",
    "-f -t tmpfs -d backward",
    "-f -d backward",
    "-U -f",
    "-U -t tmpfs",
    "--real",
    "--pseudo",
    "-t tmpfs -O ro",
    "-A",
];

fn filters_find_the_same() -> Outcome {
    needs::installed("findmnt")?;
    let mut room = Room::new(MOUNTS)?;
    let directory = room.text("");
    // Both run inside, so that they look at the paths in the namespace.
    let program = crate::support::path_of("ns-mounts").display().to_string();
    for filter in FILTERS {
        for shape in ["-J", "-r"] {
            let words = format!("{} {shape}", filter.replace("$d", &directory));
            let mut inside =
                |name: &str| room.run(&format!("LC_ALL=C.UTF-8 {name} {words} 2>/dev/null || true"));
            let (theirs, ours) = (inside("findmnt"), inside(&program));
            if shape == "-J" {
                let value = |text: &str| -> Option<Value> { serde_json::from_str(text).ok() };
                let none = serde_json::json!({"filesystems": []});
                let theirs = value(&theirs).filter(|value| *value != none);
                assert_eq!(value(&ours).map(without_ours), theirs, "{filter}");
            } else {
                assert_eq!(ours, theirs, "{filter}");
            }
        }
    }
    assert!(FILTERS.len() >= 25);
    Ok(())
}

fn filters_find_the_same_in_saved_tables() -> Outcome {
    needs::installed("findmnt")?;
    let file = fixtures().join("ordinary");
    let file = file.to_str().expect("it is text");
    for filter in [
        "-t nfs4,xfs",
        "-t noxfs",
        "-O vers=4.2",
        "-O nouser_id",
        "-S /dev/sda2",
        "-S 8:2",
        "-M /srv/www",
        "/dev/sda1",
        "udev /dev",
        "-R /run",
        "--real",
        "--pseudo",
        "-i -t proc",
        "-f -S /dev/sda2",
        "-f -d backward",
        "-v",
    ] {
        for shape in ["-J", "-r"] {
            same(&["-F", file], &format!("{filter} {shape}"));
        }
    }
    // Matches are in the order of the table, with all mounts below them.
    let file = fixtures().join("unordered");
    let file = file.to_str().expect("it is text");
    for filter in [
        "-t devtmpfs,sysfs",
        "-R -t devtmpfs,sysfs",
        "-R -t devtmpfs,sysfs -d backward",
        "-R -t devtmpfs,devpts",
        "-R -t devtmpfs,ext4 -d backward",
    ] {
        for shape in ["-J", "-r", "-n -o TARGET"] {
            same(&["-F", file], &format!("{filter} {shape}"));
        }
    }
    Ok(())
}

fn sizes_are_those_of_findmnt() -> Outcome {
    needs::installed("findmnt")?;
    let mut room = Room::new(
        "mkdir $d/s; mount -t tmpfs -o size=10M,nr_inodes=100 sized $d/s; head -c 3000000 /dev/zero >$d/s/file",
    )?;
    let program = crate::support::path_of("ns-mounts").display().to_string();
    for words in [
        "-n -o SIZE,USED,AVAIL,USE% -M $d/s",
        "-J -b -o SIZE,USED,AVAIL,USE% -M $d/s",
        "-n -o SIZE,USE% /proc",
    ] {
        let theirs = room.run(&format!("findmnt {words}"));
        let ours = room.run(&format!("{program} {words}"));
        if words.starts_with("-J") {
            let value = |text: &str| -> Value { serde_json::from_str(text).expect("it is JSON") };
            assert_eq!(without_ours(value(&ours)), value(&theirs), "{words}");
        } else {
            let words_of =
                |text: &str| -> Vec<String> { text.split_whitespace().map(str::to_owned).collect() };
            assert_eq!(words_of(&ours), words_of(&theirs), "{words}");
        }
    }
    Ok(())
}

fn vfs_options_are_those_of_findmnt() -> Outcome {
    needs::tools("umount");
    needs::installed("findmnt")?;
    let mut room = Room::new("mkdir $d/v")?;
    let pid = room.shell.pid.to_string();
    for options in [
        "strictatime",
        "noatime",
        "nodiratime,ro",
        "nosuid,nodev,noexec",
        "sync,mand,lazytime",
        "nosymfollow",
    ] {
        room.run(&format!("mount -t tmpfs -o {options} t $d/v"));
        let mountpoint = room.text("v");
        let words = format!("--vfs-all -r -n -o VFS-OPTIONS -M {mountpoint}");
        let (theirs, ours) = both(&["-N", &pid], &words);
        let ours = ours.ok();
        // findmnt leaves out the leading rw if the file system has its own flags, and always shows ro.
        let plain = |text: &str| {
            text.trim()
                .trim_start_matches("rw,")
                .trim_start_matches("ro,")
                .to_owned()
        };
        assert_eq!(plain(&ours), plain(&theirs.stdout), "{options}");
        assert!(
            ours.starts_with(if options.contains("ro") { "ro," } else { "rw," }),
            "{ours}"
        );
        room.run("umount $d/v");
    }
    Ok(())
}

fn the_directory_of_a_source_is_that_of_findmnt() -> Outcome {
    needs::installed("findmnt")?;
    let room =
        Room::new("mkdir $d/x $d/y; mount --bind $d/x $d/y; : >$d/ns; mount --bind /proc/self/ns/net $d/ns")?;
    let pid = room.shell.pid.to_string();
    for words in [
        "-r -n -o TARGET,SOURCE,FSROOT",
        "-r -n -v -o TARGET,SOURCE,FSROOT",
        "-t nsfs -J",
    ] {
        same(&["-N", &pid], words);
    }
    Ok(())
}
