//! Targets whose files never answer: `ns-enter` reads nothing of them, and looks for a cause for a second only.

use std::process::Command;

use super::both;
use crate::mounts::fuse::Server;
use crate::support::case::cases;
use crate::support::{Held, Outcome, Running, needs, tool};

cases!["enter::hanging":
    only_regular_files_are_read_to_explain_a_failure,
    a_proc_that_never_answers_keeps_nobody,
    a_proc_that_the_target_made_up_gives_no_cause,
    a_working_directory_that_never_answers_keeps_nobody,
    nobody_waits_for_the_child_that_waits_for_a_directory,
    a_working_directory_above_a_server_keeps_nobody,
    a_file_that_never_opens_keeps_nobody,
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
fn ended(command: &mut Command) -> (i32, String) {
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

/// A mount namespace with a file system on `/mnt` whose server can stop answering.
struct Place {
    server: Server,
    process: Held,
}

impl Place {
    fn new(server: Server) -> Self {
        needs::tools("mount nsenter umount");
        let process = Held::new(tool("unshare").arg("-m"), "");
        let place = Self { server, process };
        let options = "fd=0,rootmode=40000,user_id=0,group_id=0,allow_other";
        let mounted = place
            .inside(&["mount", "-i", "-t", "fuse.dead", "-o", options, "dead", "/mnt"])
            .stdin(place.server.stdin())
            .status();
        assert!(mounted.expect("nsenter runs").success());
        place.server.serve();
        place
    }

    /// A command in it.
    fn inside(&self, words: &[&str]) -> Command {
        let mut command = tool("nsenter");
        command
            .args(["-m", "-t", &self.process.pid.to_string()])
            .args(words);
        command
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // This ends every wait for an answer.
        let _ = self.inside(&["umount", "-i", "-l", "-f", "/mnt"]).status();
    }
}

fn a_working_directory_that_never_answers_keeps_nobody() -> Outcome {
    enters_the_root_instead(&Place::new(Server::new()?), &[], "/mnt")
}

fn nobody_waits_for_the_child_that_waits_for_a_directory() -> Outcome {
    // There, a parent waits for the program.
    let words = ["unshare", "-p", "-f", "--kill-child"];
    enters_the_root_instead(&Place::new(Server::new()?), &words, "/mnt")
}

fn a_working_directory_above_a_server_keeps_nobody() -> Outcome {
    needs::file_system("overlay")?;
    let place = Place::new(Server::new()?);
    let above = "mount -t tmpfs none /srv; mkdir /srv/o
        mount -t overlay -o lowerdir=/mnt:/srv none /srv/o";
    let mounted = place.inside(&["sh", "-ec", above]).status();
    assert!(mounted.expect("nsenter runs").success());
    enters_the_root_instead(&place, &[], "/srv/o")
}

/// A target that these words start there, in a directory that has no answer then, is entered at its root.
fn enters_the_root_instead(place: &Place, words: &[&str], directory: &str) -> Outcome {
    let target = Held::new(&mut place.inside(words), &format!("cd {directory}"));
    place.server.stop();
    let mut command = both()?[0].enter();
    command.args(["-t", &target.pid.to_string()]);
    let (status, messages) = ended(command.args(["sh", "-c", "pwd >&2; exit 7"]));
    let end = "cannot be entered (its file system does not answer): using the root\n/\n";
    assert!(status == 7 && messages.ends_with(end), "{status} {messages}");
    // With -w, this is an error.
    let mut command = both()?[0].enter();
    command.args(["-t", &target.pid.to_string(), "-w", "true"]);
    let (status, messages) = ended(&mut command);
    let end = "the working directory of process";
    assert!(
        status == 1 && messages.contains(end) && messages.ends_with(": its file system does not answer\n"),
        "{status} {messages}"
    );
    Ok(())
}

fn a_file_that_never_opens_keeps_nobody() -> Outcome {
    let place = Place::new(Server::with_file()?);
    let target = place.process.pid.to_string();
    // It cannot be executed, so it may be meant as the value of the option before it: `-u FILE` means `--uts=FILE`.
    for option in ["-m", "-mu"] {
        let mut command = both()?[0].enter();
        let (status, messages) = ended(command.args(["-t", &target, option, "/mnt/file"]));
        let message = "ns-enter: cannot run \"/mnt/file\": Permission denied\n";
        assert!(
            status == 126 && messages.starts_with(message),
            "{option}: {status} {messages}"
        );
    }
    Ok(())
}
