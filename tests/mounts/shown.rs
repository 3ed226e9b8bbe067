//! How mounts are shown.

use serde_json::Value;

use super::{Room, flat, saved};
use crate::support::case::cases;
use crate::support::{Held, Outcome, Run as _, needs, program, tool};

cases!["mounts::shown":
    hidden_mounts_are_told_in_every_shape,
    the_mount_that_hides_another_is_shown,
    a_loop_of_parents_is_broken_and_noted,
    garbage_is_noted_and_the_rest_is_shown,
    a_saved_table_has_no_sizes,
    names_that_are_no_text_do_no_harm,
    a_map_of_ids_is_shown,
    columns_are_listed,
    every_column_can_be_shown,
    columns_are_added_and_repeated,
    names_can_be_those_of_shell_variables,
    df_leaves_out_what_is_on_nothing,
    links_can_be_followed,
    several_tables_make_one_list,
    only_what_counts_has_statistics,
    a_full_disk_is_an_error_here_too,
    mounts_upon_mounts_take_no_more_room_than_others,
    a_file_without_an_end_is_an_error,
];

fn hidden_mounts_are_told_in_every_shape() -> Outcome {
    for shape in ["", "-l", "-r", "-P", "-J", "-a", "-J -l"] {
        let ran = saved("over-mounts", &format!("--shadowed -o SOURCE {shape}"));
        let text = ran.ok();
        for (source, shown) in [
            ("one", true),
            ("hidden", true),
            ("two", true),
            ("three", false),
            ("seen", false),
            ("below", true),
            ("above", false),
        ] {
            assert_eq!(text.contains(source), shown, "{shape} {source}: {text}");
        }
    }
    Ok(())
}

fn the_mount_that_hides_another_is_shown() -> Outcome {
    assert_eq!(
        saved("over-mounts", "--shadowed -r -n").ok(),
        "/a one tmpfs rw 31 33\n/a/deep hidden tmpfs rw 32 33\n/a two tmpfs rw 33 34\n/b/c below tmpfs rw 36 37\n"
    );
    let rows = saved("over-mounts", "-J -o SOURCE,VISIBLE,COVERED-BY").json();
    let rows = flat(&rows["filesystems"]);
    let seen = |source: &str| {
        rows.iter()
            .find(|row| row["source"] == source)
            .cloned()
            .unwrap_or_default()
    };
    assert_eq!(seen("three")["visible"], true);
    assert_eq!(seen("three")["covered-by"], Value::Null);
    assert_eq!(seen("two")["covered-by"], 34);
    Ok(())
}

fn a_loop_of_parents_is_broken_and_noted() -> Outcome {
    let ran = saved("loop", "-a -n -o TARGET,ID");
    assert_eq!(
        (ran.status, ran.stdout.as_str()),
        (0, "/          20\n/a         31\n`-/a/b     32\n  `-/a/b/c 33\n")
    );
    assert!(
        ran.stderr.contains("mount 31 is its own ancestor"),
        "{}",
        ran.stderr
    );
    assert_eq!(flat(&saved("loop", "-J").json()["filesystems"]).len(), 4);
    Ok(())
}

fn garbage_is_noted_and_the_rest_is_shown() -> Outcome {
    let ran = saved("garbage", "-r -n -o TARGET");
    assert_eq!((ran.status, ran.stdout.as_str()), (0, "/\n/proc\n/sys\n"));
    let lines: Vec<_> = ran.stderr.lines().collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(
        lines[0].starts_with("ns-mounts: note: skipped line 2 of the table of ")
            && lines[0].ends_with(": the mount id is not a number"),
        "{lines:?}"
    );
    assert!(
        lines[1].contains("line 5") && lines[1].ends_with("the device is not MAJOR:MINOR"),
        "{lines:?}"
    );
    Ok(())
}

fn a_saved_table_has_no_sizes() -> Outcome {
    // The paths exist on this host too, with other sizes.
    let rows = saved(
        "ordinary",
        "-J -b -o TARGET,SIZE,USED,AVAIL,USE%,INO.TOTAL,UNIQ-ID -M /",
    )
    .json();
    assert_eq!(
        rows["filesystems"][0],
        serde_json::json!({"target": "/", "size": null, "used": null, "avail": null, "use%": null, "ino.total": null, "uniq-id": null})
    );
    Ok(())
}

fn names_that_are_no_text_do_no_harm() -> Outcome {
    let table = saved("bytes", "");
    assert!(
        table.stdout.contains("/bad\\xff\\xfe ") && table.stdout.contains("/esc\\x1b[2J "),
        "{}",
        table.stdout
    );
    assert!(table.stdout.contains("/café ") && !table.bytes.contains(&0x1b));
    let raw = saved("escapes", "-r -n -o TARGET,SOURCE").ok();
    for line in [
        "/a\\x20b sp\\x20ace",
        "/tab\\x09bed t\\x09b",
        "/new\\x0aline n\\x0al",
        "/back\\x5cslash b\\x5cs",
    ] {
        assert!(raw.lines().any(|found| found == line), "{line}: {raw}");
    }
    let json = saved("bytes", "-J -l").json();
    assert_eq!(json["filesystems"][1]["target-bytes"], "2f626164fffe");
    // A real mount.
    let room = Room::new("n=$(printf 'a\\377b\\nc'); mkdir \"$d/$n\"; mount -t tmpfs odd \"$d/$n\"")?;
    let name = format!("{}/a\\xffb\\x0ac", room.text(""));
    assert_eq!(room.lines("-S odd", "TARGET"), [name]);
    Ok(())
}

/// Mounts a copy of one directory on another with the id map of a user namespace, which the installed mount(8) may not
/// support.
const MAPPED: &str = r#"
my ($source, $target, $namespace) = @ARGV;
my $none = "";
my $tree = syscall(428, -100, $source, 1);                    # open_tree, OPEN_TREE_CLONE
open(my $user, "<", $namespace) or die "$namespace: $!";
my $attributes = pack("QQQQ", 0x100000, 0, 0, fileno $user);  # MOUNT_ATTR_IDMAP
syscall(442, $tree, $none, 0x1000, $attributes, 32) == 0 or die "mount_setattr: $!";
syscall(429, $tree, $none, -100, $target, 4) == 0 or die "move_mount: $!";
"#;

fn a_map_of_ids_is_shown() -> Outcome {
    needs::user_namespaces()?;
    // Facts from statmount(2).
    needs::linux(6, 15)?;
    needs::installed("perl")?;
    let mut room = Room::new("mkdir $d/source $d/target; mount -t tmpfs mapped $d/source")?;
    let user = Held::new(tool("unshare").args(["-U", "-r"]), "true");
    room.run(&format!(
        "perl -e '{MAPPED}' $d/source $d/target {}",
        user.proc("ns/user")
    ));
    let rows = room.asked("-J -o IDMAP,VFS-OPTIONS,UNIQ-ID -M $d/target").json();
    let row = &rows["filesystems"][0];
    assert_eq!(row["vfs-options"], "rw,relatime,idmapped");
    assert_eq!(row["idmap"], serde_json::json!(["uid 0 0 1", "gid 0 0 1"]));
    assert_eq!(room.lines("-M $d/source", "IDMAP"), [""]);
    Ok(())
}

fn columns_are_listed() -> Outcome {
    let list = program("ns-mounts").with("-H").ok();
    assert!(list.lines().any(|line| line.starts_with("COVERED-BY ")), "{list}");
    let json = program("ns-mounts").with("--list-columns -J").json();
    let columns = json["findmnt-columns"].as_array().expect("an array").len();
    assert_eq!(columns + 1, list.lines().count());
    Ok(())
}

fn every_column_can_be_shown() -> Outcome {
    let list = program("ns-mounts").with("-H -r -n").ok();
    let rows = saved("ordinary", "--output-all -J -M /home").json();
    let row = rows["filesystems"][0].as_object().expect("an object");
    for name in list.lines().filter_map(|line| line.split(' ').next()) {
        let known = row.contains_key(&name.to_lowercase());
        assert_eq!(
            known,
            !["ACTION", "OLD-TARGET", "OLD-OPTIONS"].contains(&name),
            "{name}"
        );
    }
    Ok(())
}

fn columns_are_added_and_repeated() -> Outcome {
    let table = saved("ordinary", "-o +id,TARGET -M /home").ok();
    assert!(
        table.starts_with("TARGET SOURCE    FSTYPE OPTIONS          ID TARGET\n"),
        "{table}"
    );
    assert_eq!(saved("ordinary", "-n -r -o id,ID -M /home").ok(), "27 27\n");
    Ok(())
}

fn names_can_be_those_of_shell_variables() -> Outcome {
    assert_eq!(
        saved("ordinary", "-P -y -o MAJ:MIN,USE%,FS-OPTIONS -M /home").ok(),
        "MAJ_MIN=\"8:2\" USE_PCT=\"\" FS_OPTIONS=\"rw,attr2\"\n"
    );
    assert_eq!(
        saved("ordinary", "-r -y -o MAJ:MIN -M /home").ok(),
        "MAJ_MIN\n8:2\n"
    );
    Ok(())
}

fn df_leaves_out_what_is_on_nothing() -> Outcome {
    let targets = |words: &str| saved("ordinary", &format!("-r -n {words} -o TARGET")).ok();
    assert_eq!(
        targets("-D"),
        "/\n/dev\n/run\n/home\n/srv/www\n/mnt/nas\n/mnt/ssh\n"
    );
    assert_eq!(targets("-D -A").lines().count(), 11);
    assert!(
        saved("ordinary", "-D").ok().starts_with("SOURCE"),
        "df has the source first"
    );
    assert!(
        saved("ordinary", "--dfi")
            .ok()
            .contains(" INO.TOTAL INO.USED INO.AVAIL INO.USE% TARGET\n")
    );
    Ok(())
}

fn links_can_be_followed() -> Outcome {
    let linked = "\u{1b}]8;;file:///proc\u{1b}\\/proc\u{1b}]8;;\u{1b}\\\n";
    let run = |words: &str| {
        program("ns-mounts")
            .with(&format!("-n -l -o TARGET -f -M /proc {words}"))
            .ok()
    };
    assert_eq!(run("--hyperlink=always"), linked);
    for words in ["--hyperlink", "--hyperlink=never", ""] {
        assert_eq!(run(words), "/proc\n", "{words}");
    }
    Ok(())
}

fn several_tables_make_one_list() -> Outcome {
    let own = std::process::id().to_string();
    let room = Room::new("true")?;
    let pid = room.shell.pid.to_string();
    let list = program("ns-mounts")
        .args([
            "-N",
            &own,
            "-N",
            &pid,
            "-r",
            "-n",
            "-o",
            "TID,TARGET",
            "-M",
            "/proc",
        ])
        .ran()
        .ok();
    for tid in [own, pid] {
        assert!(list.lines().any(|line| line == format!("{tid} /proc")), "{list}");
    }
    let files = super::fixtures();
    let list = program("ns-mounts")
        .arg("-F")
        .arg(files.join("ordinary"))
        .arg("-F")
        .arg(files.join("self-parent"))
        .with("-r -n -o TARGET,SOURCE -M /")
        .ok();
    assert_eq!(list, "/ /dev/sda1\n/ rootfs\n");
    Ok(())
}

fn only_what_counts_has_statistics() -> Outcome {
    let counts = std::fs::read("/proc/self/mountstats").expect("it can be read");
    let counts = String::from_utf8_lossy(&counts).contains(" statvers=");
    let ran = program("ns-mounts").with("--stats");
    assert_eq!(
        (ran.status, ran.stdout.is_empty(), ran.stderr.is_empty()),
        (i32::from(!counts), !counts, counts),
        "{ran:?}"
    );
    let error = program("ns-mounts").with("--stats -N /proc/self/ns/mnt").fails(1);
    assert!(
        error.ends_with("has no counters of its own: name a process in it\n"),
        "{error}"
    );
    Ok(())
}

fn a_full_disk_is_an_error_here_too() -> Outcome {
    for shape in ["", "-J", "-r", "-P"] {
        let full = std::fs::File::options()
            .write(true)
            .open("/dev/full")
            .expect("it is there");
        let ran = program("ns-mounts").stdout(full).with(shape);
        assert_eq!(
            (ran.status, ran.stderr.as_str()),
            (1, "ns-mounts: cannot write to stdout: No space left on device\n"),
            "{shape}"
        );
    }
    Ok(())
}

fn mounts_upon_mounts_take_no_more_room_than_others() -> Outcome {
    use std::io::Write as _;

    // Anyone who may mount can make so many mounts, each on the one before.
    let mut table = tempfile::NamedTempFile::new().expect("a file can be made");
    for id in 1..5000 {
        writeln!(table, "{id} {} 0:1 / /a rw - tmpfs none rw", id - 1).expect("it can be written");
    }
    for words in ["", "-a", "-J"] {
        let ran = program("ns-mounts").arg("-F").arg(table.path()).with(words);
        let text = ran.ok();
        assert!(text.lines().count() >= 5000, "{words}");
        assert!(text.lines().all(|line| line.chars().count() < 300), "{words}");
    }
    Ok(())
}

fn a_file_without_an_end_is_an_error() -> Outcome {
    let error = program("ns-mounts").with("-F /dev/zero").fails(1);
    assert_eq!(error, "ns-mounts: cannot read /dev/zero: File too large\n");
    let error = program("ns-ls").with("--input /dev/zero").fails(1);
    assert_eq!(error, "ns-ls: cannot read /dev/zero: File too large\n");
    Ok(())
}
