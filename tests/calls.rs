//! The number of system calls, which must not grow faster than the things that are listed.

use crate::support::calls::Calls;
use std::process::Command;

use crate::support::case::cases;
use crate::support::{Held, Outcome, Run as _, Running, needs, path_of, program, tool};

cases!["calls":
    leaders_are_read_once_and_not_for_each_mount,
    a_list_of_one_kind_reads_two_links_of_each_process_and_opens_no_directory,
    a_mount_namespace_without_a_process_is_entered_only_if_it_has_a_pin,
    a_network_namespace_is_opened_for_one_of_its_sockets,
    units_and_containers_are_found_by_one_file_of_each_process,
    a_name_is_given_without_a_look_at_those_there_are,
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

fn a_list_of_one_kind_reads_two_links_of_each_process_and_opens_no_directory() -> Outcome {
    needs::tools("sh");
    let held = Held::new(&mut tool("env"), "");
    let calls = |words: &str| {
        let mut command = program("ns-ls");
        let calls = Calls::of(command.args(words.split_whitespace()));
        ["ns", "ns/"].map(|file| calls.of_process(held.pid, file))
    };
    // The mount namespaces may have mounts of the kind that is asked for.
    assert_eq!(calls("-t uts -o NS"), [2, 2]);
    assert_eq!(calls("-t uts -o NS --look processes"), [1, 1]);
    assert_eq!(calls("-o NS --look processes"), [1, 0]);
    Ok(())
}

/// A PID namespace with its own `/proc`: a list there has nothing of other cases.
struct Apart(Held);

impl Apart {
    fn new() -> Self {
        needs::tools("mount nsenter unshare");
        let words = ["-m", "-p", "-f", "--mount-proc", "--propagation", "private"];
        Self(Held::behind(
            tool("unshare").args(words),
            "mount -t tmpfs ours /run",
        ))
    }

    /// A command in it.
    fn command(&self, words: &[&str]) -> Command {
        let mut command = tool("nsenter");
        let pid = self.0.pid.to_string();
        command.args(["-m", "-p", "-t", &pid]).args(words);
        command
    }

    /// One of the programs in it.
    fn program(&self, name: &str, words: &[&str]) -> Command {
        let program = path_of(name).to_str().expect("it is text");
        self.command(&[&[program], words].concat())
    }

    /// `ns-ls` in it.
    fn list(&self, words: &[&str]) -> Command {
        self.program("ns-ls", words)
    }

    /// A mount namespace that only a descriptor of a process there keeps alive, after `set_up` in it.
    fn deserted(&self, set_up: &str) -> Held {
        let script = format!("{set_up}; read -r pid rest </proc/self/stat; echo $pid; read -r end");
        let mut inside = Running::start(&mut self.command(&["unshare", "-m", "sh", "-c", &script]));
        let open = format!("exec 7</proc/{}/ns/mnt", inside.line());
        let holder = Held::new(&mut self.command(&[]), &open);
        inside.end();
        holder
    }
}

fn a_mount_namespace_without_a_process_is_entered_only_if_it_has_a_pin() -> Outcome {
    needs::whole_root()?;
    needs::linux(6, 12)?;
    let apart = Apart::new();
    let list = |words: &[&str]| apart.list(&[&["-t", "uts"], words].concat());
    let entered = || Calls::of(&list(&["--look", "processes,descriptors,pins"])).named("setns");
    let before = entered();
    let many = "i=0; while [ $i -lt 600 ]; do mount --bind / /mnt; i=$((i+1)); done";
    let bare = ["true", "mount -t tmpfs ours / && cd /", many].map(|set_up| apart.deserted(set_up));
    assert_eq!(entered(), before);
    // The pin is the last of many mounts.
    let pin = "mount -t tmpfs ours /mnt; >/mnt/pin; unshare --uts=/mnt/pin true";
    let pinned = apart.deserted(&format!("{many}; {pin}"));
    assert_eq!(entered(), before + 1);
    let json = list(&["-J", "-o", "HELD-BY"]).ran().json();
    assert!(json.to_string().contains("/mnt/pin"), "{json}");
    drop((bare, pinned));
    Ok(())
}

fn a_network_namespace_is_opened_for_one_of_its_sockets() -> Outcome {
    needs::whole_root()?;
    needs::linux(5, 14)?;
    needs::tools("python3");
    let apart = Apart::new();
    let with_sockets = |count: usize| {
        let script = format!(
            "import socket, sys; all = [socket.socket() for _ in range({count})]; \
             print('open', flush=True); sys.stdin.read()"
        );
        let mut running = Running::start(&mut apart.command(&["python3", "-c", &script]));
        assert_eq!(running.line(), "open");
        running
    };
    let asked = || Calls::of(&apart.list(&["-t", "net", "--look", "descriptors"])).requests("SIOCGSKNS");
    let few = with_sockets(1);
    assert_eq!(asked(), 1);
    let many = with_sockets(50);
    assert_eq!(asked(), 1);
    few.end();
    many.end();
    Ok(())
}

fn units_and_containers_are_found_by_one_file_of_each_process() -> Outcome {
    needs::tools("sh");
    let held = Held::new(&mut tool("env"), "");
    let cgroups = std::fs::read_to_string(held.proc("cgroup")).expect("it is a process of the caller");
    let mut old = cgroups.lines().filter(|line| !line.starts_with("0::")).peekable();
    // There, a process looks like one whose first thread has exited.
    let is_at_top = old.peek().is_some() && old.all(|line| line.ends_with(":/"));
    for word in ["unit:", "container:", ""] {
        let calls = Calls::of(program("ns-enter").args(["--complete=processes", word]));
        let counts = ["cgroup", "stat"].map(|file| calls.of_process(held.pid, file));
        assert_eq!(counts, [1, usize::from(is_at_top)], "{word}");
    }
    Ok(())
}

fn a_name_is_given_without_a_look_at_those_there_are() -> Outcome {
    needs::whole_root()?;
    needs::linux(5, 8)?;
    let apart = Apart::new();
    let pin = |name: &str| Calls::of(&apart.program("ns-unshare", &["--pin", name, "-u", "true"]));
    // The first name makes the directory.
    pin("first");
    let tables = |calls: &Calls| calls.of_path("mountinfo") + calls.of_path("/proc/self/mountinfo");
    assert_eq!(tables(&pin("second")), 0);
    Ok(())
}
