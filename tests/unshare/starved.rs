//! Programs that start with less than usual: descriptors, `/dev/null`, room on the stack, answers of the kernel.

use super::faults;
use crate::support::case::cases;
use crate::support::{Outcome, Run as _, User, needs, path_of, program, refusing, tool};

cases!["unshare::starved":
    a_closed_descriptor_needs_no_dev_null,
    a_small_stack_is_enough,
    a_small_address_space_is_no_segmentation_fault,
    a_refused_uname_is_an_error,
    a_user_that_cannot_be_looked_up_is_not_missing,
];

const PROGRAMS: [&str; 5] = ["ns-enter", "ns-hostname", "ns-ls", "ns-mounts", "ns-unshare"];

fn a_closed_descriptor_needs_no_dev_null() -> Outcome {
    needs::user_namespaces()?;
    needs::tools("mount");
    // The statuses of all programs with each descriptor closed.
    let statuses = PROGRAMS
        .map(|name| {
            let path = path_of(name).display();
            ["<&-", ">&-", "2>&-"].map(|closed| format!("{path} --version {closed}; echo {name} $?;"))
        })
        .concat()
        .concat();
    let text = format!("{statuses} mount -t tmpfs dev /dev; echo ==; {statuses}");
    let text = super::script(&mut super::unshare(), "-r -m", &text).stdout;
    let (usual, without) = text.split_once("==\n").expect("both were run");
    let only_statuses = |text: &str| {
        let lines = text.lines().filter(|line| line.split(' ').count() == 2);
        lines
            .filter(|line| !line.contains("0."))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(only_statuses(usual), only_statuses(without));
    assert_eq!(only_statuses(without).len(), 15, "{without}");
    Ok(())
}

fn a_small_stack_is_enough() -> Outcome {
    needs::user_namespaces()?;
    needs::tools("bash");
    let own = std::process::id();
    for words in [
        "ns-unshare -r -p --init bash -c 'ulimit -s'".to_owned(),
        format!("ns-enter -t {own} bash -c 'ulimit -s'"),
        "ns-hostname".to_owned(),
        "ns-ls".to_owned(),
        "ns-mounts".to_owned(),
        "ns-mounts --help".to_owned(),
    ] {
        let directory = path_of("ns-ls")
            .parent()
            .expect("a file is in a directory")
            .display();
        let text = format!("ulimit -s 32; {directory}/{words}");
        let ran = tool("bash").args(["-c", &text]).ran();
        assert_eq!(ran.status, 0, "{words}: {}", ran.stderr);
        // The program has the limit of the caller.
        assert!(
            !words.contains("ulimit") || ran.stdout == "32\n",
            "{words}: {}",
            ran.stdout
        );
    }
    Ok(())
}

fn a_small_address_space_is_no_segmentation_fault() -> Outcome {
    needs::tools("bash");
    for name in PROGRAMS {
        let mut statuses = Vec::new();
        let path = path_of(name).display();
        // Until it is enough.
        for kib in (2048..).step_by(256) {
            let text = format!("ulimit -v {kib}; exec {path} --version");
            let ran = tool("bash").args(["-c", &text]).ran();
            if ran.status == 0 {
                break;
            }
            statuses.push((ran.status, ran.stderr));
        }
        // Before, it was the kernel, the loader or the standard library that lacked memory.
        let reported = (1, format!("{name}: cannot map a stack: Cannot allocate memory\n"));
        let first = statuses.iter().position(|ran| *ran == reported);
        let begun = &statuses[first.unwrap_or_else(|| panic!("{name}: {statuses:?}"))..];
        let is_said = |ran: &(i32, String)| *ran == reported || ran.1.starts_with("memory allocation of ");
        assert!(begun.iter().all(is_said), "{name}: {begun:?}");
    }
    Ok(())
}

fn a_refused_uname_is_an_error() -> Outcome {
    for words in ["", "--domain", "--json"] {
        let mut command = program("ns-hostname");
        command.args(words.split_whitespace());
        let error = refusing(nix::libc::SYS_uname, &command)?.ran().fails(1);
        assert!(
            error.starts_with("ns-hostname: cannot read the names: Operation not permitted\n"),
            "{error}"
        );
    }
    Ok(())
}

fn a_user_that_cannot_be_looked_up_is_not_missing() -> Outcome {
    needs::user_namespaces()?;
    let strace = needs::installed("strace")?;
    // The C library may have another source, which knows root.
    let user = User::ordinary()?;
    for (file, words, status, message) in [
        (
            "/etc/passwd",
            "-S nobody-of-ns-utils true",
            2,
            "the user cannot be looked up",
        ),
        (
            "/etc/group",
            "-G nobody-of-ns-utils true",
            2,
            "the group cannot be looked up",
        ),
        (
            "/etc/passwd",
            "-r --map-auto true",
            1,
            "cannot look up the user with uid ",
        ),
        // A shell that is not the caller's would run.
        ("/etc/passwd", "-U", 1, "cannot look up the caller's shell"),
    ] {
        let mut command = user.tool(&strace);
        command.args(["-f", "-qq", "-o", "/dev/null", "-P", file]);
        command.args(["-e", "inject=open,openat:error=EMFILE"]);
        command.arg(user.programs().join("ns-unshare"));
        command.env_remove("SHELL").args(words.split(' '));
        let (ended, output, messages) = faults::ended(&mut command);
        assert_eq!((ended, output.as_str()), (status, ""), "{words}: {messages}");
        assert!(
            messages.contains(message) && messages.contains(": Too many open files"),
            "{words}: {messages}"
        );
        assert!(
            !messages.contains("no such") && !messages.contains("has no line"),
            "{messages}"
        );
    }
    Ok(())
}
