//! Searching: matches, no match, and invalid questions.

use serde_json::Value;

use super::{Room, flat, saved};
use crate::support::case::cases;
use crate::support::{Outcome, Run as _, needs, path_of, program};

cases!["mounts::search":
    no_match_is_silent_and_no_success,
    a_failure_says_what_failed,
    a_type_may_start_with_no,
    options_may_start_with_no,
    filters_compare_values,
    a_wrong_filter_is_shown_where_it_is_wrong,
    ids_are_found,
    labels_need_no_cache,
    an_inverted_search_finds_all_others,
    submounts_come_with_their_mounts,
];

fn no_match_is_silent_and_no_success() -> Outcome {
    for shape in ["", "--tree", "-l", "-J", "-r", "-P", "-J -l", "-R"] {
        for search in ["-t nosuchfs", "-Q false", "-S nothing", "--id 0", "nothing"] {
            assert_eq!(
                saved("ordinary", &format!("{shape} {search}")).fails(1),
                "",
                "{shape} {search}"
            );
        }
    }
    assert_eq!(saved("empty", "").fails(1), "");
    Ok(())
}

fn a_failure_says_what_failed() -> Outcome {
    let error = program("ns-mounts").with("-F /no/such/file").fails(1);
    assert_eq!(
        error,
        "ns-mounts: cannot read /no/such/file: No such file or directory\n"
    );
    let error = program("ns-mounts").with("-T /no/such/file").fails(1);
    assert_eq!(error, "ns-mounts: \"/no/such/file\" does not exist\n");
    let error = program("ns-mounts").args(["-t", ","]).ran().fails(2);
    assert!(
        error.contains("invalid value ',' for '--types <TYPES>': it names no type"),
        "{error}"
    );
    let error = program("ns-mounts").with("-M / -S x y").fails(2);
    assert!(error.contains("cannot be used with"), "{error}");
    Ok(())
}

/// The mount points that a search finds in the saved table of an ordinary host.
#[track_caller]
fn found(words: &str) -> Vec<String> {
    let ran = saved("ordinary", &format!("-r -n -o TARGET {words}"));
    ran.stdout.lines().map(str::to_owned).collect()
}

fn a_type_may_start_with_no() -> Outcome {
    assert_eq!(found("-t noext4").len(), 10);
    assert!(!found("-t noext4").contains(&"/".to_owned()));
    assert_eq!(found("-t !ext4"), found("-t noext4"));
    // findmnt reads this as "not of such a type".
    assert!(found("-t nosuch").is_empty());
    assert_eq!(found("-t !such").len(), 11);
    assert_eq!(found("-t nfs4,xfs"), ["/home", "/srv/www", "/mnt/nas"]);
    assert_eq!(found("-t fuse.sshfs"), ["/mnt/ssh"]);
    Ok(())
}

fn options_may_start_with_no() -> Outcome {
    // findmnt reads this as "without suid", which is true for every mount.
    assert_eq!(
        found("-O nosuid,nodev"),
        ["/proc", "/sys", "/sys/fs/cgroup", "/run", "/mnt/ssh"]
    );
    assert_eq!(found("-O !nosuid,!noatime"), ["/", "/mnt/nas"]);
    assert_eq!(found("-O ro"), ["/srv/www"]);
    assert_eq!(found("-O noatime,rw"), ["/home"]);
    assert_eq!(found("-O mode=755,nosize"), Vec::<String>::new());
    assert_eq!(found("-O nosize").len(), 9);
    Ok(())
}

fn filters_compare_values() -> Outcome {
    for (filter, wanted) in [
        ("FSTYPE == 'xfs'", &["/home", "/srv/www"][..]),
        ("FSTYPE =~ '^(nfs|fuse)' and not TARGET =~ 'ssh'", &["/mnt/nas"]),
        ("ID > 26 && ID <= 28", &["/home", "/srv/www"]),
        ("MAJ:MIN == '8:1' or MAJ_MIN == '0:31'", &["/", "/mnt/ssh"]),
        ("FSROOT != '/'", &["/srv/www"]),
        ("OPTIONS =~ 'vers=4'", &["/mnt/nas"]),
        ("not VISIBLE", &[]),
        ("SIZE > 0", &[]),
    ] {
        let ran = crate::support::program("ns-mounts")
            .arg("-F")
            .arg(super::fixtures().join("ordinary"))
            .args(["-r", "-n", "-o", "TARGET", "-Q", filter])
            .ran();
        let lines: Vec<_> = ran.stdout.lines().collect();
        assert_eq!((lines, ran.stderr.as_str()), (wanted.to_vec(), ""), "{filter}");
    }
    let room = Room::new(
        "mkdir $d/s $d/t; mount -t tmpfs -o size=4M s $d/s; mount -t tmpfs -o size=40M t $d/t; head -c 2097152 /dev/zero >$d/s/file",
    )?;
    let asked = |filter: &str| {
        let pid = room.shell.pid.to_string();
        program("ns-mounts")
            .args(["-N", &pid, "-r", "-n", "-o", "SOURCE", "-Q", filter])
            .ran()
    };
    assert_eq!(
        asked(&format!(
            "SIZE >= 4M and SIZE < 41M and TARGET =~ '^{}/'",
            room.text("")
        ))
        .ok(),
        "s\nt\n"
    );
    assert_eq!(asked("USE% == 50 and SOURCE == 's'").ok(), "s\n");
    Ok(())
}

fn a_wrong_filter_is_shown_where_it_is_wrong() -> Outcome {
    let error = program("ns-mounts")
        .args(["-Q", "SIZE > 1G and FSTIPE == 'xfs'"])
        .ran()
        .fails(2);
    assert!(error.contains("for '--filter <EXPRESSION>'"), "{error}");
    assert!(error.contains("there is no column \"FSTIPE\""), "{error}");
    assert!(
        error.contains("\n  SIZE > 1G and FSTIPE == 'xfs'\n                ^^^^^^\n"),
        "{error}"
    );
    Ok(())
}

fn ids_are_found() -> Outcome {
    assert_eq!(found("--id 27"), ["/home"]);
    let room = Room::new("true")?;
    let [row] = &room.lines("-M $d", "ID,UNIQ-ID")[..] else {
        panic!("one is there")
    };
    let (id, unique) = row.split_once(' ').expect("two columns");
    assert_eq!(room.lines(&format!("--id {id}"), "SOURCE"), ["ours"]);
    // Facts from statmount(2).
    needs::linux(6, 8)?;
    assert_ne!(id, unique);
    assert_eq!(room.lines(&format!("--uniq-id {unique}"), "SOURCE"), ["ours"]);
    Ok(())
}

fn labels_need_no_cache() -> Outcome {
    let mut room = Room::new(
        "mkdir $d/a; mount -t tmpfs /dev/fake1 $d/a; mount -t tmpfs none /dev; \
         mknod -m 666 /dev/null c 1 3; \
         for tag in uuid label partuuid partlabel; do mkdir -p /dev/disk/by-$tag; done; \
         ln -s ../../fake1 /dev/disk/by-uuid/1234-ABCD; ln -s ../../fake1 '/dev/disk/by-label/my\\x20disk'; \
         ln -s ../../fake1 /dev/disk/by-partuuid/77-01; ln -s ../../fake1 /dev/disk/by-partlabel/data; \
         : >/dev/fake1; ln -s fake1 /dev/alias",
    )?;
    let program = path_of("ns-mounts").display().to_string();
    let target = room.text("a");
    let mut inside = |words: &str| room.run(&format!("{program} {words}"));
    let json: Value =
        serde_json::from_str(&inside("-J -o UUID,LABEL,PARTUUID,PARTLABEL -M $d/a")).expect("it is JSON");
    assert_eq!(
        json["filesystems"][0],
        serde_json::json!({"uuid": "1234-ABCD", "label": "my disk", "partuuid": "77-01", "partlabel": "data"})
    );
    for search in [
        "UUID=1234-ABCD",
        "-S 'LABEL=my disk'",
        "'LABEL=\"my disk\"'",
        "PARTUUID=77-01",
        "PARTLABEL=data",
        "-S /dev/alias",
        "/dev/fake1",
        "-S /dev/disk/by-uuid/1234-ABCD",
    ] {
        assert_eq!(
            inside(&format!("-r -n -o TARGET {search}")),
            format!("{target}\n"),
            "{search}"
        );
    }
    let saved = "echo '1 0 0:1 / / rw - tmpfs PARTLABEL=data rw' >$d/saved";
    assert_eq!(inside(&format!("-H >/dev/null; {saved}")), "");
    assert_eq!(
        ["", "-e"].map(|words| inside(&format!("-r -n -o SOURCE -F $d/saved {words}"))),
        ["PARTLABEL=data\n", "/dev/fake1\n"]
    );
    let inner = "mkdir $d/l; mount -t tmpfs /dev/alias $d/l";
    assert_eq!(inside(&format!("-H >/dev/null; {inner}")), "");
    let mut sources = |words: &str| inside(&format!("-r -n -o SOURCE {words} -M $d/l"));
    assert_eq!(
        [sources(""), sources("-c"), sources("-C")],
        ["/dev/alias\n", "/dev/fake1\n", "/dev/alias\n"]
    );
    assert_eq!(
        inside("-r -n -o TARGET -C /dev/alias"),
        format!("{target}\n").replace("/a\n", "/l\n")
    );
    assert_eq!(inside("UUID=other 2>/dev/null || echo none"), "none\n");
    Ok(())
}

fn an_inverted_search_finds_all_others() -> Outcome {
    // findmnt shows one line for the first two.
    let all = found("").len();
    assert_eq!(found("-i -M /home").len(), all - 1);
    assert_eq!(found("-i -T /home/ann").len(), all - 1);
    assert_eq!(found("-i -t xfs").len(), all - 2);
    Ok(())
}

fn submounts_come_with_their_mounts() -> Outcome {
    assert_eq!(found("-R /sys"), ["/sys", "/sys/fs/cgroup"]);
    assert_eq!(found("-R -T /dev/null"), ["/dev", "/dev/pts"]);
    let drawn = |words: &str| saved("ordinary", &format!("-a -n -o TARGET {words}")).ok();
    assert_eq!(drawn("-S cgroup2"), "/sys/fs/cgroup\n");
    assert_eq!(drawn("--tree -t sysfs,cgroup2"), "/sys\n`-/sys/fs/cgroup\n");
    assert_eq!(drawn("--tree -D -t ext4,xfs"), "/\n|-/home\n`-/srv/www\n");
    let tree = saved("ordinary", "-J -R /dev").json();
    assert_eq!(tree["filesystems"][0]["children"][0]["target"], "/dev/pts");
    assert_eq!(flat(&tree["filesystems"]).len(), 2);
    Ok(())
}
