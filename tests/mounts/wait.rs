//! `--wait`: until a mount is at a path, or gone.

use nix::sys::signal::Signal;

use super::Room;
use super::watch::watch;
use crate::support::case::cases;
use crate::support::{Held, Outcome, Run as _, Running, needs, program, unshare};

cases!["mounts::wait":
    a_mount_that_is_there_or_gone_needs_no_wait,
    a_wait_ends_with_the_mount,
    a_wait_for_the_end_of_a_mount_counts_each_of_a_stack,
    a_path_that_does_not_exist_yet_is_waited_for,
    a_link_leads_to_the_mount,
    a_link_that_is_made_later_leads_to_the_mount,
    a_hidden_mount_does_not_count,
    each_end_without_a_mount_is_a_failure,
    an_interrupt_ends_the_wait,
    wrong_waits_are_refused,
];

const DONE: (i32, Option<i32>, String) = (0, None, String::new());

/// Waits for the end of the program, which must not have been told to end.
fn end(wait: Running) -> (i32, Option<i32>, String) {
    wait.wait_for_end();
    wait.end()
}

fn a_mount_that_is_there_or_gone_needs_no_wait() -> Outcome {
    let room = Room::new("mkdir $d/a $d/m; mount -t ramfs one $d/m")?;
    for words in [
        "--wait $d/m",
        "--wait=0 $d/m",
        "--wait=0 $d/m/",
        "--wait=0 /",
        "--wait --gone $d/a",
        "--wait --gone $d/none",
    ] {
        let ran = room.asked(words);
        let written = [ran.stdout, ran.stderr];
        assert_eq!((ran.status, written.concat().as_str()), (0, ""), "{words}");
    }
    // The caller's own mounts are others.
    let error = program("ns-mounts")
        .args(["--wait=0", &room.text("m")])
        .ran()
        .fails(1);
    assert_eq!(
        error,
        format!("ns-mounts: no mount is at \"{}\" after 0 s\n", room.text("m"))
    );
    Ok(())
}

fn a_wait_ends_with_the_mount() -> Outcome {
    needs::tools("umount");
    let mut room = Room::new("mkdir $d/a $d/m")?;
    let path = room.text("m");
    let wait = watch(&room, &format!("--wait=600 {path}"));
    room.run("mount -t ramfs other $d/a");
    room.run("mount -t ramfs one $d/m");
    assert_eq!(end(wait), DONE);
    let wait = watch(&room, &format!("--wait --gone {path}"));
    room.run("umount $d/a");
    room.run("umount $d/m");
    assert_eq!(end(wait), DONE);
    Ok(())
}

fn a_wait_for_the_end_of_a_mount_counts_each_of_a_stack() -> Outcome {
    needs::tools("umount");
    let mut room = Room::new("mkdir $d/m; mount -t ramfs one $d/m; mount -t ramfs two $d/m")?;
    room.run("umount $d/m");
    let error = room.asked("--wait=0.05 --gone $d/m").fails(1);
    let path = room.text("m");
    assert_eq!(
        error,
        format!("ns-mounts: a mount is still at \"{path}\" after 0.05 s\n")
    );
    room.run("umount $d/m");
    room.asked("--wait=0 --gone $d/m").ok();
    Ok(())
}

fn a_path_that_does_not_exist_yet_is_waited_for() -> Outcome {
    let mut room = Room::new("")?;
    let path = room.text("new/deep");
    let wait = watch(&room, &format!("--wait {path}"));
    room.run("mkdir -p $d/new/deep; mount -t ramfs one $d/new/deep");
    assert_eq!(end(wait), DONE);
    Ok(())
}

fn a_link_leads_to_the_mount() -> Outcome {
    let mut room = Room::new("mkdir $d/m; ln -s m $d/link")?;
    let path = room.text("link");
    let wait = watch(&room, &format!("--wait {path}"));
    room.run("mount -t ramfs one $d/m");
    assert_eq!(end(wait), DONE);
    room.asked("--wait=0 --gone $d/link").fails(1);
    Ok(())
}

fn a_hidden_mount_does_not_count() -> Outcome {
    let room = Room::new("mkdir -p $d/a/b; mount -t ramfs low $d/a/b; mount -t ramfs high $d/a")?;
    room.asked("--wait=0 $d/a/b").fails(1);
    room.asked("--wait=0 --gone $d/a/b").ok();
    room.asked("--wait=0 $d/a").ok();
    Ok(())
}

fn each_end_without_a_mount_is_a_failure() -> Outcome {
    needs::user_namespaces()?;
    let error = program("ns-mounts").with("--wait=0.01 /proc/self").fails(1);
    assert_eq!(error, "ns-mounts: no mount is at \"/proc/self\" after 0.01 s\n");
    let there = Held::new(unshare().args(["-U", "-m"]), "");
    let pid = there.pid.to_string();
    let wait = Running::start(program("ns-mounts").args(["-N", &pid, "--wait", "/none"]));
    drop(there);
    assert_eq!(end(wait), (1, None, String::new()));
    Ok(())
}

fn an_interrupt_ends_the_wait() -> Outcome {
    let room = Room::new("")?;
    let wait = watch(&room, "--wait /none");
    wait.signal(Signal::SIGINT);
    assert_eq!(end(wait), (130, Some(2), String::new()));
    Ok(())
}

fn wrong_waits_are_refused() -> Outcome {
    for (words, reason) in [
        ("--wait", "--wait needs a path"),
        ("--gone /", "--gone needs --wait"),
        ("--wait -N 1 -N 2 /", "--wait waits in one namespace"),
        ("--wait=soon /", "expected a number of seconds"),
        ("--wait=-1 /", "expected a number of seconds"),
        ("--wait --watch /", "cannot be used with"),
        ("--wait -w 5 /", "cannot be used with"),
        ("--wait -J /", "cannot be used with"),
        ("--wait -t tmpfs /", "cannot be used with"),
        ("--wait --all-namespaces /", "cannot be used with"),
    ] {
        let error = program("ns-mounts").with(words).fails(2);
        assert!(error.contains(reason), "{words}: {error}");
    }
    Ok(())
}

fn a_link_that_is_made_later_leads_to_the_mount() -> Outcome {
    let mut room = Room::new("mkdir $d/m; mount -t ramfs one $d/m")?;
    let wait = watch(&room, &format!("--wait=600 {}", room.text("link")));
    room.run("ln -s m $d/link");
    assert_eq!(end(wait), DONE);
    Ok(())
}
