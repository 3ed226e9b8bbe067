//! Targets that cannot be entered. The errors name the owner, the ended process, and what would help.

use std::process::Stdio;

use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::Pid;

use super::{both, in_all};
use crate::support::case::{Skip, cases};
use crate::support::running::ended;
use crate::support::{Cgroup, Held, Outcome, Run as _, User, inode_of, needs, program, refusing, tool};

cases!["enter::refused":
    a_refusal_names_the_owner_of_the_namespace, a_process_of_the_same_user_outside_is_named, a_refusal_names_the_user_of_the_process, an_ended_process_is_reported, a_dead_pid_1_is_named,
    the_cause_of_a_refusal_to_root_is_named, a_refusal_names_the_owner_of_the_cgroup, a_kernel_thread_has_no_environment, a_copy_that_becomes_too_large_is_named,
    memory_that_is_not_executed_is_named, a_file_that_is_not_a_namespace_is_named, an_unknown_name_is_answered_with_the_known_names,
    the_help_has_options_of_this_program, a_process_in_a_chroot_has_its_own_paths, the_initial_user_namespace_has_none_above_it,
];

fn a_refusal_names_the_owner_of_the_namespace() -> Outcome {
    needs::root()?;
    let user = User::ordinary()?;
    // The file can be opened by everyone, and the namespace still cannot be entered.
    let held = Held::new(program("ns-unshare").arg("-n"), "");
    let name = format!("ns-enter-closed-{}", std::process::id());
    needs::installed("ip")?;
    tool("ip")
        .args(["netns", "attach", &name, &held.pid.to_string()])
        .ran()
        .ok();
    let error = user
        .program("ns-enter")
        .args([&format!("--net={name}"), "true"])
        .ran();
    tool("ip").args(["netns", "del", &name]).ran().ok();
    assert_eq!(
        error.fails(1),
        format!(
            "ns-enter: cannot join the network namespace {name}: Operation not permitted\n  \
             cause: CAP_SYS_ADMIN is missing in user:[{}], which owns net:[{}]\n  \
             help:  run it as root (sudo)\n",
            inode_of("/proc/self/ns/user"),
            held.inode("net")
        )
    );
    Ok(())
}

fn the_help_has_options_of_this_program() -> Outcome {
    needs::user_namespaces()?;
    let user = User::ordinary()?;
    let held = Held::new(user.program("ns-unshare").arg("-r"), "");
    let mut command = user.program("ns-enter");
    let error = command
        .args([
            "-t",
            &held.pid.to_string(),
            "-U",
            "-S",
            "root",
            "--groups",
            "true",
        ])
        .ran()
        .fails(1);
    assert!(
        error.contains(
            "  cause: setgroups(2) is denied in this user namespace\n  help:  leave out --groups\n"
        ),
        "{error}"
    );
    Ok(())
}

/// A path inside is one below the root of the process for the caller.
fn a_process_in_a_chroot_has_its_own_paths() -> Outcome {
    needs::whole_root()?;
    needs::tools("mount chroot");
    let room = tempfile::tempdir().expect("a directory can be made");
    let top = room.path().display();
    let text = format!(
        "mount -t tmpfs room {top}; mkdir {top}/usr {top}/proc; mount --rbind /usr {top}/usr; mount --rbind /proc {top}/proc; ln -s usr/bin usr/lib usr/lib64 {top}; echo >{top}/plain; exec chroot {top} \"$@\""
    );
    let held = Held::new(tool("unshare").args(["-m", "sh", "-c", &text, "sh"]), "");
    let pid = held.pid;
    let error = program("ns-enter")
        .args(["-t", &pid.to_string(), "/plain"])
        .ran()
        .fails(126);
    assert!(
        error.contains(&format!("  help:  chmod +x /proc/{pid}/root/plain\n")),
        "{error}"
    );
    Ok(())
}

fn the_initial_user_namespace_has_none_above_it() -> Outcome {
    needs::first_user_namespace()?;
    let own = std::process::id().to_string();
    let error = program("ns-enter")
        .args(["-t", &own, "--user-parent", "true"])
        .ran()
        .fails(1);
    assert_eq!(
        error,
        format!(
            "ns-enter: the user namespace of process {own} is the initial one, which has none above it\n"
        )
    );
    Ok(())
}

fn a_refusal_names_the_user_of_the_process() -> Outcome {
    needs::root()?;
    let user = User::ordinary()?;
    let held = Held::new(program("ns-unshare").arg("-n"), "");
    let error = user
        .program("ns-enter")
        .with(&format!("-t {} -n true", held.pid))
        .fails(1);
    assert_eq!(
        error,
        format!(
            "ns-enter: cannot open the network namespace of process {0}: Permission denied\n  \
             cause: process {0} has uid 0, and the caller has uid {1}\n  \
             help:  run it as root (sudo)\n",
            held.pid, user.id
        )
    );
    Ok(())
}

/// The caller and the process have the same uid, and the process has no capabilities.
fn a_process_of_the_same_user_outside_is_named() -> Outcome {
    needs::user_namespaces()?;
    let user = User::ordinary()?;
    let held = Held::new(&mut user.tool("env"), "");
    let beside = Held::new(user.program("ns-unshare").arg("-r").stderr(Stdio::null()), "");
    for (options, pid) in [("-r", held.pid), ("-c", held.pid), ("-r", beside.pid)] {
        let error = user
            .program("ns-unshare")
            .arg(options)
            .arg(user.programs().join("ns-enter"))
            .with(&format!("-t {pid} -u echo ran"))
            .fails(1);
        assert_eq!(
            error,
            format!(
                "ns-enter: cannot open the UTS namespace of process {pid}: Permission denied\n  \
                 cause: process {pid} is outside the caller's user namespace\n  \
                 help:  run it outside this user namespace\n"
            ),
            "{options}"
        );
    }
    Ok(())
}

/// A zombie.
fn zombie() -> std::process::Child {
    let child = tool("true").spawn().expect("it is installed");
    let pid = Pid::from_raw(i32::try_from(child.id()).expect("a PID"));
    waitid(Id::Pid(pid), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT).expect("it is our child");
    child
}

fn an_ended_process_is_reported() -> Outcome {
    let mut child = zombie();
    let pid = child.id();
    for options in ["-a", "-n -u", "-U", "-r -n", ""] {
        let error = program("ns-enter")
            .with(&format!("-t {pid} {options} true"))
            .fails(1);
        assert_eq!(error, format!("ns-enter: process {pid} has ended\n"), "{options}");
    }
    child.wait().expect("it is our child");
    let error = program("ns-enter").with(&format!("-t {pid} -a true")).fails(1);
    assert_eq!(error, format!("ns-enter: process {pid} does not exist\n"));
    Ok(())
}

fn a_dead_pid_1_is_named() -> Outcome {
    needs::user_namespaces()?;
    for who in both()? {
        let held = Held::new(
            who.program("ns-unshare").args(["-r", "-p"]).stderr(Stdio::null()),
            "",
        );
        let inode = held.inode("pid");
        let open = |kind: &str| std::fs::File::open(held.proc(&format!("ns/{kind}"))).expect("it is ours");
        let (pid, user) = (open("pid"), open("user"));
        // Its parent is killed. The process ends by itself a little later.
        let first = Pid::from_raw(held.pid);
        drop(held);
        assert!(ended(first));
        // The target is a descriptor of this process, which an ordinary user with another uid could not open.
        if who.user.is_some() && nix::unistd::geteuid().is_root() {
            continue;
        }
        let file = |file: &std::fs::File| {
            use std::os::fd::AsRawFd as _;
            format!("/proc/{}/fd/{}", std::process::id(), file.as_raw_fd())
        };
        let error = who
            .enter()
            .args([
                &format!("--pid={}", file(&pid)),
                &format!("--user={}", file(&user)),
                "true",
            ])
            .ran()
            .fails(1);
        assert!(
            error.contains("Cannot allocate memory")
                && error.contains(&format!("cause: PID 1 of pid:[{inode}] has ended")),
            "{}: {error}",
            who.name
        );
    }
    Ok(())
}

/// The owner is not the cause if the caller may enter the namespace anyway.
fn the_cause_of_a_refusal_to_root_is_named() -> Outcome {
    needs::user_namespaces()?;
    needs::root()?;
    let setpriv = needs::installed("setpriv")?;
    let held = in_all(&both()?[0]);
    let pid = held.pid.to_string();
    for options in [&["-U"][..], &["-n"], &["-m"]] {
        let mut command = program("ns-enter");
        command.args(["-t", &pid]).args(options).arg("true");
        let error = refusing(nix::libc::SYS_setns, &command)?.ran().fails(1);
        assert!(
            error.contains("Operation not permitted\n  cause: a seccomp filter refuses setns(2)\n"),
            "{options:?}: {error}"
        );
    }
    let error = tool(setpriv)
        .args(["--inh-caps=-sys_chroot", "--bounding-set=-sys_chroot"])
        .arg(program("ns-enter").get_program())
        .args(["-t", &pid, "-m", "true"])
        .ran()
        .fails(1);
    assert!(
        error.contains("Operation not permitted\n  cause: CAP_SYS_CHROOT is missing\n")
            && error.contains("help:  give root CAP_SYS_CHROOT: --cap-add SYS_CHROOT "),
        "{error}"
    );
    Ok(())
}

fn a_refusal_names_the_owner_of_the_cgroup() -> Outcome {
    needs::root()?;
    let user = User::ordinary()?;
    let cgroup = Cgroup::new(&format!("ns-enter-closed-{}", std::process::id()))?;
    let held = Held::new(&mut user.tool("env"), "");
    cgroup.take_in(held.pid);
    let error = user
        .program("ns-enter")
        .args(["-t", &held.pid.to_string(), "-c", "true"])
        .ran()
        .fails(1);
    assert!(
        error.contains("Permission denied\n  cause: \"/sys/fs/cgroup")
            && error.contains(&format!(
                "/cgroup.procs\" belongs to uid 0, and this is uid {}\n  help:  run it as root (sudo)\n",
                user.id
            )),
        "{error}"
    );
    Ok(())
}

fn a_kernel_thread_has_no_environment() -> Outcome {
    needs::root()?;
    if std::fs::read("/proc/2/comm").ok().as_deref() != Some(b"kthreadd\n") {
        return Err(Skip::Lacks("no thread of the kernel is to be seen".into()));
    }
    let error = program("ns-enter").with("-t 2 -n -e true").fails(1);
    assert_eq!(error, "ns-enter: process 2 has no environment\n");
    Ok(())
}

/// An ordinary user enters from a copy in memory, which is a file. If the limit of its size can be raised, it is raised
/// meanwhile.
fn a_copy_that_becomes_too_large_is_named() -> Outcome {
    needs::user_namespaces()?;
    let bash = needs::installed("bash")?;
    let user = User::ordinary()?;
    let who = &both()?[1];
    let held = in_all(who);
    let run = |limit: &str| {
        let mut command = user.tool(&bash);
        let text = format!(
            "ulimit {limit}; exec \"$0\" -t \"$1\" -U bash -c 'ulimit -f; grep SigIgn /proc/self/status'"
        );
        command.arg("-c").arg(text);
        command.arg(who.enter().get_program()).arg(held.pid.to_string());
        command.ran()
    };
    // By its path, like bash: a bare name is started in another way, which does not ignore two signals of the C library.
    let grep = needs::installed("grep")?;
    let ignored = user.tool(grep).args(["SigIgn", "/proc/self/status"]).ran().ok();
    assert_eq!(run("-Sf 100").ok(), format!("100\n{ignored}"));
    assert_eq!(
        run("-f 100").fails(1),
        "ns-enter: cannot run from a copy that cannot be written to: File too large\n  \
         cause: a file can have at most 102400 bytes here (RLIMIT_FSIZE)\n  \
         help:  raise the limit: ulimit -f, or run it as root (sudo)\n"
    );
    Ok(())
}

/// An ordinary user enters from a copy in memory, which a PID namespace may forbid to execute.
fn memory_that_is_not_executed_is_named() -> Outcome {
    needs::user_namespaces()?;
    needs::root()?;
    let setpriv = needs::installed("setpriv")?;
    let user = User::ordinary()?;
    let (enter, unshare) = (user.program("ns-enter"), user.program("ns-unshare"));
    let bash = needs::installed("bash")?;
    // Ends with its PID 1, which is in the end ns-enter.
    let script = r#"
        echo 2 >/proc/sys/vm/memfd_noexec || exit 3
        exec "$0" --reuid=$1 --regid=$1 --clear-groups "$4" -c '
            read -r pid < <("$1" -r -n sh -c "echo \$\$; exec sleep 1000"); exec "$0" -t $pid -a true' "$2" "$3""#;
    let ran = program("ns-unshare")
        .args(["-m", "-p", "--mount-proc", "sh", "-c", script])
        .arg(setpriv)
        .arg(user.id.to_string())
        .args([enter.get_program(), unshare.get_program(), bash.as_os_str()])
        .ran();
    if ran.status == 3 {
        return Err(Skip::Lacks("there is no vm.memfd_noexec".into()));
    }
    assert!(
        ran.stderr.ends_with(
            "ns-enter: cannot run from a copy that cannot be written to: Permission denied\n  \
             cause: vm.memfd_noexec is 2: files in memory cannot be executed here\n  \
             help:  sysctl vm.memfd_noexec=1, or run it as root (sudo)\n"
        ),
        "{ran:?}"
    );
    Ok(())
}

fn a_file_that_is_not_a_namespace_is_named() -> Outcome {
    for (value, text) in [
        ("/proc/self/status", "\"/proc/self/status\" is not a namespace"),
        ("/no/such", "\"/no/such\" does not exist"),
        ("/proc/self/ns/uts", "is a UTS namespace, not a network namespace"),
    ] {
        let error = program("ns-enter").with(&format!("--net={value} true")).fails(1);
        assert!(error.contains(text), "{error}");
    }
    Ok(())
}

fn an_unknown_name_is_answered_with_the_known_names() -> Outcome {
    for option in ["--net=no-such-name", "-tno-such-name"] {
        let error = program("ns-enter").with(&format!("{option} true")).fails(1);
        assert!(
            error.starts_with("ns-enter: no namespace is pinned under the name \"no-such-name\"\n  help: "),
            "{error}"
        );
    }
    let error = program("ns-enter")
        .with("-t host:no-such-host.example true")
        .fails(1);
    assert!(
        error.starts_with("ns-enter: no UTS namespace has the host name")
            && error.contains("the host names are"),
        "{error}"
    );
    Ok(())
}
