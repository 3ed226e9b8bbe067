//! Targets whose files never answer: `ns-enter` reads nothing of them, and looks for a cause for a second only.

use super::both;
use crate::support::case::cases;
use crate::support::{Held, Outcome, Running, needs, tool};

cases!["enter::hanging":
    only_regular_files_are_read_to_explain_a_failure,
    a_proc_that_never_answers_keeps_nobody,
    a_proc_that_the_target_made_up_gives_no_cause,
    a_working_directory_that_never_answers_keeps_nobody,
];

fn only_regular_files_are_read_to_explain_a_failure() -> Outcome {
    needs::user_namespaces()?;
    needs::tools("mount");
    // Links to files whose readers wait without end, or that wait for a reader.
    let set_up = "mount -t tmpfs none /mnt; mkdir /mnt/bin; cd /mnt/bin; mkfifo fifo; chmod 755 fifo
        printf '#!/mnt/bin/fifo\\n' >script; chmod 755 script; ln -s fifo link";
    for who in both()? {
        let held = Held::new(who.program("ns-unshare").args(["-r", "-m"]), set_up);
        for (program, cause) in [
            ("/mnt/bin/fifo", "it is not a regular file"),
            ("/mnt/bin/link", "it is not a regular file"),
            (
                "/mnt/bin/script",
                "its interpreter \"/mnt/bin/fifo\" is not a regular file",
            ),
            ("fifo", "\"/mnt/bin/fifo\" was found: it is not a regular file"),
        ] {
            let mut command = who.enter();
            command
                .env("PATH", "/mnt/bin")
                .args(["-t", &held.pid.to_string(), "-U", "-m"]);
            let (status, messages) = ended(command.arg(program));
            assert_eq!(status, 126, "{program}: {messages}");
            assert!(
                messages.contains(&format!("cause: {cause}\n")),
                "{program}: {messages}"
            );
        }
    }
    Ok(())
}

/// Runs it to its end, which must come. Gives its status and its messages.
fn ended(command: &mut std::process::Command) -> (i32, String) {
    let mut messages = tempfile::tempfile().expect("there is room in /tmp");
    let stderr = messages.try_clone().expect("there are descriptors");
    let running = Running::start(command.stderr(stderr));
    running.wait_for_end();
    let (status, ..) = running.end();
    std::io::Seek::rewind(&mut messages).expect("it is a file");
    let text = std::io::read_to_string(&mut messages).expect("it is text");
    (status, text)
}

fn a_proc_that_never_answers_keeps_nobody() -> Outcome {
    needs::root()?;
    needs::tools("mount");
    if !std::path::Path::new("/dev/fuse").exists() {
        return Err(crate::support::case::Skip::Lacks("there is no /dev/fuse".into()));
    }
    // Nobody reads the requests. Processes that wait for an answer end with the shell.
    let set_up = "exec 9<>/dev/fuse
        mount -i -t fuse -o fd=9,rootmode=40000,user_id=0,group_id=0 none /proc || exit";
    let who = &both()?[0];
    let held = Held::new(who.program("ns-unshare").args(["-m"]), set_up);
    let target = ["-t", &held.pid.to_string(), "-m"];
    let mut command = who.enter();
    command.args(target).arg("/no/such/program");
    let message = "ns-enter: cannot run \"/no/such/program\": No such file or directory\n  \
                   cause: it does not exist inside\n";
    assert_eq!(ended(&mut command), (127, message.to_owned()));
    // To find this cause, it asks /proc.
    let mut command = who.program("strace");
    command.args(["-f", "-qq", "-o", "/dev/null", "-e", "inject=execve:error=EPERM"]);
    command
        .arg(who.enter().get_program())
        .args(target)
        .arg("/bin/true");
    let message = "ns-enter: cannot run \"/bin/true\": Operation not permitted\n";
    assert_eq!(ended(&mut command), (126, message.to_owned()));
    Ok(())
}

fn a_proc_that_the_target_made_up_gives_no_cause() -> Outcome {
    needs::user_namespaces()?;
    needs::tools("mount");
    // Files that speak of a filter and of AppArmor. The error is one that these would explain.
    let whole = "mount -t tmpfs proc /proc; mkdir -p /proc/self /proc/sys/kernel
        printf 'Threads:\\t1\\nSeccomp:\\t2\\n' >/proc/self/status
        echo 1 >/proc/sys/kernel/apparmor_restrict_unprivileged_userns";
    // The same below a /proc that is the kernel's.
    let below = "mount -t tmpfs none /proc/sys; mkdir /proc/sys/kernel
        echo 1 >/proc/sys/kernel/apparmor_restrict_unprivileged_userns";
    for set_up in [whole, below] {
        no_cause_is_found(set_up)?;
    }
    Ok(())
}

/// A target that this script has set up gives no cause.
fn no_cause_is_found(set_up: &str) -> Outcome {
    for who in both()? {
        let held = Held::new(who.program("ns-unshare").args(["-r", "-m", "-p"]), set_up);
        let target = ["-t", &held.pid.to_string(), "-U", "-m", "-p"];
        for (fault, options, message) in [
            ("mount", &["--mount-proc"][..], "cannot make all mounts slave"),
            ("execve", &[], "cannot run \"true\""),
        ] {
            // The first program that strace starts is ns-enter itself.
            let mut command = who.program("strace");
            command.args(["-f", "-qq", "-o", "/dev/null", "-e"]);
            command.arg(format!("inject={fault}:error=EPERM"));
            command.arg(who.enter().get_program()).args(target);
            let (status, messages) = ended(command.args(options).arg("true"));
            let expected = format!("ns-enter: {message}: Operation not permitted\n");
            assert!(
                status != 0 && messages == expected,
                "{}: {status} {messages}",
                who.name
            );
        }
    }
    Ok(())
}

fn a_working_directory_that_never_answers_keeps_nobody() -> Outcome {
    let server = crate::mounts::fuse::Server::new()?;
    needs::tools("mount nsenter umount");
    let place = Held::new(tool("unshare").arg("-m"), "");
    let pid = place.pid.to_string();
    let in_place = |words: &[&str]| {
        let mut command = tool("nsenter");
        command.args(["-m", "-t", &pid]).args(words);
        command
    };
    let options = "fd=0,rootmode=40000,user_id=0,group_id=0,allow_other";
    let mounted = in_place(&["mount", "-i", "-t", "fuse.dead", "-o", options, "dead", "/mnt"])
        .stdin(server.stdin())
        .status();
    assert!(mounted.expect("nsenter runs").success());
    server.serve();
    let target = Held::new(&mut in_place(&[]), "cd /mnt");
    server.stop();
    let mut command = both()?[0].enter();
    let (status, messages) = ended(command.args(["-t", &target.pid.to_string(), "true"]));
    // The child that has tried it waits until then.
    let _ = in_place(&["umount", "-i", "-f", "/mnt"]).status();
    let note = "cannot be entered (its file system does not answer): using the root
";
    assert!(status == 0 && messages.ends_with(note), "{status} {messages}");
    Ok(())
}
