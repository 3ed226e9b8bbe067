//! The number of system calls, which must not grow faster than the things that are listed.

use crate::support::calls::Calls;
use crate::support::case::cases;
use crate::support::{Held, Outcome, Run as _, needs, program, tool};

cases!["calls":
    leaders_are_read_once_and_not_for_each_mount,
];

fn leaders_are_read_once_and_not_for_each_mount() -> Outcome {
    needs::whole_root()?;
    needs::tools("mount nsenter unshare");
    let first = Held::new(tool("unshare").arg("-m"), "mount -t tmpfs ours /mnt");
    let enter = || {
        let pid = first.pid.to_string();
        Held::new(tool("nsenter").args(["-t", &pid, "-m"]), "")
    };
    let leaders = [enter(), enter(), enter()];
    let calls = |words: &str| {
        let mut command = program("ns-mounts");
        command
            .args(["-o", "TARGET,HOLDERS"])
            .args(words.split_whitespace());
        let calls = Calls::of(&command);
        leaders
            .each_ref()
            .map(|leader| calls.of_process(leader.pid, "stat"))
    };
    let one_namespace = format!("-N {}", first.pid);
    let few = [&one_namespace, "--all-namespaces"].map(calls);
    let mount = "for i in 1 2 3 4 5 6 7 8 9; do mkdir /mnt/$i && mount -t tmpfs more /mnt/$i; done";
    let pid = first.pid.to_string();
    tool("nsenter")
        .args(["-t", &pid, "-m", "sh", "-c", mount])
        .ran()
        .ok();
    let many = [&one_namespace, "--all-namespaces"].map(calls);
    // Once for the search, and once for the name.
    assert_eq!((few, many), ([[2; 3]; 2], [[2; 3]; 2]));
    Ok(())
}
