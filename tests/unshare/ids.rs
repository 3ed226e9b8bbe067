//! User and group ids: maps, owners, and the ids of the program.

use std::process::Command;

use super::{Who, ordinary, script, unshare};
use crate::support::case::cases;
use crate::support::{Outcome, Run as _, User, needs, tool};

cases!["unshare::ids":
    a_single_id_is_mapped,
    subordinate_ids_are_mapped_around_the_callers_id,
    root_can_map_any_ids,
    ranges_that_overlap_are_shown,
    ids_are_numbers_or_names_and_never_wrap,
    setgroups_is_allowed_or_denied_before_anything_happens,
    the_owner_is_the_mapped_user,
    capabilities_are_kept,
    all_needs_no_subordinate_ids_of_another_machine,
    the_maps_of_a_private_machine,
];

/// The map that the program sees, with one range on each line.
fn map_inside(command: &mut Command, options: &str, file: &str) -> String {
    command
        .with(&format!("{options} cat /proc/self/{file}"))
        .lines()
        .join(", ")
}

fn a_single_id_is_mapped() -> Outcome {
    needs::user_namespaces()?;
    for who in Who::both()? {
        let own = who.unshare().with("id -u").ok().trim().to_owned();
        let group = who.unshare().with("id -g").ok().trim().to_owned();
        for (options, uid, gid) in [
            ("-r", "0", "0"),
            ("-c", own.as_str(), group.as_str()),
            ("--map-user=7 --map-group 8", "7", "8"),
            ("--map-user=root --map-group=root", "0", "0"),
            ("-r --map-user=5", "5", "0"),
        ] {
            for fork in ["", "-f", "-p"] {
                let options = format!("{options} {fork}");
                let map = map_inside(&mut who.unshare(), &options, "uid_map");
                assert_eq!(map, format!("{uid} {own} 1"), "{who:?} {options}");
                let map = map_inside(&mut who.unshare(), &options, "gid_map");
                assert_eq!(map, format!("{gid} {group} 1"), "{who:?} {options}");
                let text = script(&mut who.unshare(), &options, "cat /proc/self/setgroups; id -u").ok();
                assert_eq!(text, format!("deny\n{uid}\n"), "{who:?} {options}");
            }
        }
    }
    Ok(())
}

fn subordinate_ids_are_mapped_around_the_callers_id() -> Outcome {
    needs::user_namespaces()?;
    needs::optional("newuidmap newgidmap");
    needs::installed("newuidmap")?;
    let user = User::ordinary()?;
    let (first, count) = user.subordinate_ids()?;
    let id = user.id;
    let rest = count - id;
    for (options, wanted) in [
        ("-r --map-auto", format!("0 {id} 1, 1 {first} {count}")),
        (
            "-c --map-auto",
            format!("{id} {id} 1, 0 {first} {id}, {} {} {rest}", id + 1, first + id),
        ),
        ("-c --map-subids", format!("{id} {id} 1, {first} {first} {count}")),
        ("--map-users=auto --map-groups=auto", format!("0 {first} {count}")),
        (
            "--map-users=subids --map-groups=subids",
            format!("{first} {first} {count}"),
        ),
    ] {
        for fork in ["", "-f", "-p"] {
            let options = format!("{options} {fork}");
            for file in ["uid_map", "gid_map"] {
                assert_eq!(map_inside(&mut ordinary(), &options, file), wanted, "{options}");
            }
        }
        let text = ordinary()
            .with(&format!("{options} cat /proc/self/setgroups"))
            .ok();
        assert_eq!(text, "allow\n", "{options}");
    }
    Ok(())
}

fn root_can_map_any_ids() -> Outcome {
    needs::user_namespaces()?;
    needs::root()?;
    for (options, wanted) in [
        ("--map-users=0:1000:1", "0 1000 1"),
        ("--map-users=1000,0,1", "0 1000 1"),
        (
            "--map-users=0:100000:10 --map-users=10:5:1",
            "0 100000 10, 10 5 1",
        ),
        // No id is lost: neither the last of a range around the single id, nor the last of a range beside it.
        (
            "--map-users=0:100000:10 --map-user=5",
            "5 0 1, 0 100000 5, 6 100005 5",
        ),
        ("--map-users=1:1:5 --map-user=6", "6 0 1, 1 1 5"),
        ("--map-users=all", "0 0 4294967295"),
        ("--map-users=all --map-user=0", "0 0 1, 1 1 4294967294"),
        ("--map-users=4294967294:5:1", "4294967294 5 1"),
    ] {
        for fork in ["", "-f"] {
            let options = format!("{options} --map-groups=all {fork}");
            assert_eq!(
                map_inside(&mut unshare(), &options, "uid_map"),
                wanted,
                "{options}"
            );
        }
    }
    Ok(())
}

fn ranges_that_overlap_are_shown() -> Outcome {
    for (maps, both) in [
        (
            "--map-users=0:1000:5 --map-users=4:2000:5",
            ["0:1000:5", "4:2000:5"],
        ),
        (
            "--map-users=0:1000:5 --map-users=9:1004:1",
            ["0:1000:5", "9:1004:1"],
        ),
    ] {
        let error = unshare().with(&format!("{maps} true")).fails(1);
        assert!(
            both.iter().all(|range| error.contains(range)) && error.contains("overlap"),
            "{error}"
        );
    }
    for map in [
        "0:0:4294967296",
        "4294967295:0:1",
        "0:4294967290:6",
        "0:0:0",
        "0:0",
        "a:b:c",
        "nobody",
    ] {
        let error = unshare().with(&format!("--map-users={map} true")).fails(2);
        assert!(error.contains("--map-users") && error.contains(map), "{error}");
    }
    Ok(())
}

fn ids_are_numbers_or_names_and_never_wrap() -> Outcome {
    for option in ["-S", "-G", "--map-user", "--map-group"] {
        for id in ["4294967301", "4294967295", "-1", "no-such-name"] {
            let error = unshare().args([&format!("{option}={id}"), "true"]).ran().fails(2);
            assert!(error.contains(id), "{option} {id}: {error}");
            let error = unshare().args([option, id, "true"]).ran().fails(2);
            assert!(
                error.contains(&format!("invalid value '{id}' for '")),
                "{option} {id}: {error}"
            );
        }
    }
    needs::root()?;
    let text = unshare().with("-S nobody -G nogroup id").ok();
    assert!(
        text.starts_with("uid=65534(nobody) gid=65534(nogroup) groups=65534(nogroup)"),
        "{text}"
    );
    assert_eq!(unshare().with("-G 5 -S 7 id -u").ok(), "7\n");
    // The other groups of the caller are dropped.
    let mut command = tool(needs::installed("setpriv")?);
    command.args(["--groups", "11,12"]).arg(unshare().get_program());
    assert_eq!(command.with("-G 5 id -G").ok(), "5\n");
    Ok(())
}

fn setgroups_is_allowed_or_denied_before_anything_happens() -> Outcome {
    needs::user_namespaces()?;
    // The kernel takes a map of one gid with "allow" from root only.
    let may_allow = nix::unistd::geteuid().is_root()
        && std::fs::read_to_string("/proc/self/setgroups").is_ok_and(|text| text == "allow\n");
    for who in Who::both()? {
        for options in [
            "-r --setgroups allow",
            "--map-group=5 --setgroups=allow",
            "-c -f --setgroups allow",
        ] {
            let mut command = who.unshare();
            let command = command.with(&format!("{options} cat /proc/self/setgroups"));
            if may_allow && matches!(who, Who::Caller) {
                assert_eq!(command.ok(), "allow\n", "{options}");
            } else {
                let error = command.fails(2);
                assert!(error.contains("--setgroups"), "{error}");
            }
        }
        for options in [
            "-r --setgroups deny",
            "-U --setgroups deny",
            "-c -f --setgroups=deny",
        ] {
            let text = who
                .unshare()
                .with(&format!("{options} cat /proc/self/setgroups"))
                .ok();
            assert_eq!(text, "deny\n", "{who:?} {options}");
        }
    }
    let error = unshare().with("-U --setgroups maybe true").fails(2);
    assert!(
        error.contains("--setgroups") && error.contains("maybe"),
        "{error}"
    );
    needs::root()?;
    let text = script(
        &mut unshare(),
        "--map-users=all --map-groups=all --setgroups=deny",
        "cat /proc/self/setgroups",
    );
    assert_eq!(text.ok(), "deny\n");
    Ok(())
}

fn the_owner_is_the_mapped_user() -> Outcome {
    needs::user_namespaces()?;
    needs::root()?;
    for fork in ["", "-f", "-p"] {
        let text = script(
            &mut unshare(),
            &format!("--owner 1234:1235 -r {fork}"),
            "id -u; id -g; cat /proc/self/uid_map",
        );
        let words: Vec<_> = text.ok().split_whitespace().map(str::to_owned).collect();
        assert_eq!(words, ["0", "0", "0", "1234", "1"], "{fork}");
        let text = unshare().with(&format!("--owner 1234:1235 -c {fork} id -u")).ok();
        assert_eq!(text, "1234\n", "{fork}");
        let map = map_inside(
            &mut unshare(),
            &format!("--owner 1234:1235 --map-users=0:1234:9 --map-groups=all {fork}"),
            "uid_map",
        );
        assert_eq!(map, "0 1234 9", "{fork}");
    }
    for value in ["1234", "a:b", "1:4294967295", ":"] {
        let error = unshare().with(&format!("--owner {value} true")).fails(2);
        assert!(error.contains("--owner"), "{error}");
    }
    Ok(())
}

fn capabilities_are_kept() -> Outcome {
    needs::user_namespaces()?;
    let effective = "sed -n 's/^CapEff:[ \t0]*//p' /proc/self/status";
    for who in Who::both()? {
        assert_eq!(script(&mut who.unshare(), "-U", effective).ok(), "\n", "{who:?}");
        assert_eq!(
            script(&mut who.unshare(), "-c", effective).ok().trim(),
            if who == Who::Caller && nix::unistd::geteuid().is_root() {
                "1ffffffffff"
            } else {
                ""
            }
        );
        let kept = script(&mut who.unshare(), "-c --keep-caps", effective).ok();
        assert_eq!(kept, "1ffffffffff\n", "{who:?}");
    }
    needs::root()?;
    // The capabilities of the system are not given to another user.
    let lost = script(&mut unshare(), "-u -G 7 -S 7 --keep-caps", effective).ok();
    assert_eq!(lost, "\n");
    // This holds even if the uid changes, which clears ambient capabilities.
    let kept = script(
        &mut unshare(),
        "--map-users=all --map-groups=all -G 7 -S 7 --keep-caps",
        effective,
    )
    .ok();
    assert_eq!(kept, "1ffffffffff\n");
    let lost = script(
        &mut unshare(),
        "--map-users=all --map-groups=all -G 7 -S 7",
        effective,
    )
    .ok();
    assert_eq!(lost, "\n");
    Ok(())
}

fn the_maps_of_a_private_machine() -> Outcome {
    needs::user_namespaces()?;
    needs::optional("newuidmap newgidmap");
    let user = User::ordinary()?;
    let (first, count) = user.subordinate_ids()?;
    if needs::installed("newuidmap").is_ok() {
        let wanted = format!("0 {} 1, 1 {first} {count}", user.id);
        assert_eq!(map_inside(&mut ordinary(), "-a", "uid_map"), wanted);
    }
    needs::root()?;
    assert_eq!(map_inside(&mut unshare(), "-a", "uid_map"), "0 0 4294967295");
    Ok(())
}

/// In the user namespace, the same user has subordinate ids in `/etc/subuid` that do not exist there.
fn all_needs_no_subordinate_ids_of_another_machine() -> Outcome {
    needs::user_namespaces()?;
    let user = User::ordinary()?;
    user.subordinate_ids()?;
    needs::tools("newuidmap newgidmap");
    let setpriv = needs::installed("setpriv")?;
    let id = user.id.to_string();
    let mut command = user.program("ns-unshare");
    command.args(["--map-auto", "-r"]).arg(setpriv);
    command.args([
        &format!("--reuid={id}"),
        &format!("--regid={id}"),
        "--clear-groups",
    ]);
    command.arg(user.programs().join("ns-unshare"));
    let ran = command.args(["-a", "id", "-u"]).ran();
    assert_eq!((ran.status, ran.stdout.as_str()), (0, "0\n"));
    let note = "ns-unshare: note: only one id is mapped, and no subordinate ids: not all uids of ";
    assert!(ran.stderr.starts_with(note), "{}", ran.stderr);
    Ok(())
}
