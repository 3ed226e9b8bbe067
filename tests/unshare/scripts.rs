//! Options for scripts: the user, the time, and the plan.

use super::{Who, script, unshare};
use crate::support::case::cases;
use crate::support::{Outcome, Run as _, Running, inode_of, needs, tool};

cases!["unshare::scripts":
    the_pid_file_names_the_process_that_keeps_the_namespaces,
    the_info_names_pid_and_namespaces,
    the_info_goes_to_the_output_of_the_program_too,
    a_plan_is_shown_and_nothing_is_done,
    a_plan_is_shown_as_json,
];

fn the_pid_file_names_the_process_that_keeps_the_namespaces() -> Outcome {
    needs::user_namespaces()?;
    for who in Who::both()? {
        for options in ["-r", "-r -f", "-r -p", "-r -p --init"] {
            let directory = tempfile::tempdir().expect("there is room in /tmp");
            open_to_all(directory.path());
            let file = directory.path().join("pid");
            let mut command = who.unshare();
            command.args(options.split(' ')).arg("--pid-file").arg(&file);
            command.args(["sh", "-c", "readlink /proc/self/ns/user; read line"]);
            let mut running = Running::start(&mut command);
            let user = running.line();
            let text = std::fs::read_to_string(&file).expect("it is written before the program runs");
            let pid = text.strip_suffix('\n').expect("it ends in a line feed");
            if crate::support::needs::root().is_ok() {
                assert_eq!(
                    user,
                    format!("user:[{}]", inode_of(&format!("/proc/{pid}/ns/user"))),
                    "{options}"
                );
            }
            let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("it runs");
            let pids = status
                .lines()
                .find(|line| line.starts_with("NSpid:"))
                .expect("a field");
            let first = options.contains("-p");
            assert_eq!(pids.ends_with("\t1"), first, "{options}: {pids}");
            assert_eq!(running.end().0, 1, "{who:?} {options}");
        }
    }
    Ok(())
}

fn open_to_all(directory: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(directory, std::fs::Permissions::from_mode(0o777)).expect("it is ours");
}

fn the_info_names_pid_and_namespaces() -> Outcome {
    needs::user_namespaces()?;
    needs::optional("newuidmap newgidmap");
    for who in Who::both()? {
        for options in ["-r -u", "-a"] {
            let mut shell = match who {
                Who::Caller => crate::support::tool("sh"),
                Who::Ordinary => crate::support::User::ordinary()?.tool("sh"),
            };
            let directory = tempfile::tempdir().expect("there is room in /tmp");
            open_to_all(directory.path());
            shell
                .env("U", who.unshare().get_program())
                .env("D", directory.path());
            let inside = "readlink /proc/self/ns/uts; test -e /proc/self/fd/7 || echo closed";
            let text = format!("$U {options} --info-fd 7 sh -c '{inside}' 7>$D/info; cat $D/info");
            let text = shell.args(["-c", &text]).ran().ok();
            let lines: Vec<_> = text.lines().collect();
            let [uts, closed, info] = lines[..] else {
                panic!("{who:?} {options}: {text}")
            };
            assert_eq!(closed, "closed", "{who:?} {options}");
            let info: serde_json::Value = serde_json::from_str(info).expect("it is JSON");
            assert!(
                info["pid"].as_u64().is_some_and(|pid| pid > 1) && info["pidfd-inode"].is_u64(),
                "{info}"
            );
            let namespaces = info["namespaces"].as_array().expect("an array");
            assert_eq!(namespaces.len(), 8);
            let own = namespaces
                .iter()
                .find(|namespace| namespace["type"] == "uts")
                .expect("it has one");
            assert_eq!(uts, format!("uts:[{}]", own["ns"]));
            assert!(own["id"].is_u64() || own["id"].is_null(), "{own}");
        }
    }
    let error = unshare().with("-r --info-fd 77 echo ran").fails(1);
    assert!(error.contains("descriptor 77: Bad file descriptor"), "{error}");
    // Another error says nothing about the descriptor.
    let text = format!(
        "exec {} -r --info-fd 3 true 3>/dev/full",
        unshare().get_program().display()
    );
    let error = tool("sh").args(["-c", &text]).ran().fails(1);
    assert!(
        error.ends_with("descriptor 3: No space left on device\n"),
        "{error}"
    );
    Ok(())
}

fn the_info_goes_to_the_output_of_the_program_too() -> Outcome {
    needs::user_namespaces()?;
    for options in ["-r -u", "-r -f"] {
        let ran = unshare().with(&format!("{options} --info-fd 1 echo ran")).ok();
        let (info, rest) = ran.split_once('\n').expect("the line ends");
        assert!(
            info.starts_with('{') && info.contains("\"pid\":"),
            "{options}: {ran}"
        );
        assert_eq!(rest, "ran\n", "{options}");
        let ran = unshare().with(&format!("{options} --info-fd 2 ls /nowhere"));
        let (info, rest) = ran.stderr.split_once('\n').expect("the line ends");
        assert!(
            info.starts_with('{') && rest.contains("/nowhere"),
            "{options}: {info} {rest}"
        );
    }
    let error = unshare().with("-r --info-fd 0 echo ran").fails(2);
    assert!(error.contains("the program reads from descriptor 0"), "{error}");
    Ok(())
}

fn a_plan_is_shown_and_nothing_is_done() -> Outcome {
    let directory = tempfile::tempdir().expect("there is room in /tmp");
    let file = directory.path().join("pid");
    let text = unshare()
        .arg("--pid-file")
        .arg(&file)
        .with("--dry-run --map-users=0:5:1 --map-group=0 -n -p -m --mount-proc --hostname web -S 0 --kill-child=15 --init sh -c x")
        .ok();
    let wanted = format!(
        "\
child   create mount, network, PID, user and UTS namespaces
child   deny setgroups(2)
WRITER
child   write the gid map 0:GID:1
child   fork the first process of the PID namespace
first   bring the loopback interface up
first   set the host name \"web\"
first   make all mounts private
first   mount proc on \"/proc\"
first   set the uid to 0
first   get SIGTERM when the parent ends
first   fork, and stay as init
parent  write the PID to \"{}\"
program run \"sh\" \"-c\" \"x\"
",
        file.display()
    );
    let writer = if nix::unistd::geteuid().is_root() {
        "parent  write the uid map 0:5:1"
    } else {
        "parent  let newuidmap write the uid map 0:5:1"
    };
    let wanted = wanted
        .replace("WRITER", writer)
        .replace("GID", &nix::unistd::getegid().to_string());
    assert_eq!(text, wanted);
    assert!(!file.exists());
    let text = script(&mut unshare(), "--dry-run -r", "true").ok();
    assert!(text.starts_with("self    create a user namespace\n"), "{text}");
    Ok(())
}

fn a_plan_is_shown_as_json() -> Outcome {
    let plan = unshare().with("--dry-run --json -U -p true").json();
    let steps = plan["steps"].as_array().expect("an array");
    let names: Vec<_> = steps
        .iter()
        .map(|step| step["step"].as_str().expect("a name"))
        .collect();
    assert_eq!(names, ["unshare", "fork", "execute"]);
    assert_eq!(steps[2]["process"], "first");
    assert_eq!(steps[2]["description"], "run \"true\"");
    assert!(unshare().with("--json true").fails(2).contains("--dry-run"));
    Ok(())
}
