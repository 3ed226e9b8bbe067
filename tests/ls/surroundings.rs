//! Surroundings: many processes, short-lived processes, other views of `/proc`, few descriptors.

use serde_json::Value;

use super::{row, rows};
use crate::support::case::cases;
use crate::support::{Held, Outcome, Run as _, User, inode_of, needs, path_of, program, tool};

cases!["ls::surroundings":
    processes_that_come_and_go_make_no_false_row,
    a_pid_namespace_with_its_own_proc_is_listed_from_inside,
    a_pid_in_another_proc_is_not_mistaken_for_a_local_one,
    hidden_processes_are_reported,
    few_descriptors_are_enough,
    an_owner_that_cannot_be_read_is_counted,
    the_kernel_list_names_its_own_error,
    both_missing_capabilities_are_named,
    without_proc_the_list_of_the_kernel_is_left,
];

/// Before Linux 6.19, the kernel does not list namespaces of every kind.
fn without_proc_the_list_of_the_kernel_is_left() -> Outcome {
    needs::whole_root()?;
    needs::tools("mount");
    let list = "mount -t tmpfs none /proc && exec \"$1\" -J -o NS,NPROCS,COMMAND,OWN";
    let mut command = program("ns-unshare");
    let ran = command
        .args(["-m", "sh", "-c", list, "sh"])
        .arg(path_of("ns-ls"))
        .ran();
    let without = "no proc file system is mounted on /proc here";
    if needs::linux(6, 19).is_err() {
        let error = ran.fails(1);
        assert!(error.contains(without), "{error}");
        return Ok(());
    }
    assert!(
        ran.stderr
            .contains(&format!("{without}, so only the kernel's own list was read")),
        "{ran:#?}"
    );
    let json = ran.json();
    assert_eq!(
        json["not-looked"],
        serde_json::json!(["processes", "threads", "descriptors", "pins"])
    );
    let rows = json["namespaces"].as_array().expect("an array");
    let uts = row(rows, inode_of("/proc/self/ns/uts"));
    assert_eq!(
        (&uts["nprocs"], &uts["command"], &uts["own"]),
        (&Value::Null, &Value::Null, &Value::Bool(true))
    );
    Ok(())
}

fn both_missing_capabilities_are_named() -> Outcome {
    needs::whole_root()?;
    needs::list_of_kernel()?;
    let mut command = tool(needs::installed("setpriv")?);
    command.args(["--inh-caps=-all", "--bounding-set=-all"]);
    let _other = Held::new(program("ns-unshare").arg("-u"), "");
    let ran = command.arg(path_of("ns-ls")).with("-P --strict");
    assert!(
        ran.status == 1
            && ran.stderr.contains(
                "list of namespaces could not be read, which needs CAP_SYS_ADMIN; give root CAP_SYS_PTRACE: "
            ),
        "{ran:#?}"
    );
    Ok(())
}

fn processes_that_come_and_go_make_no_false_row() -> Outcome {
    needs::user_namespaces()?;
    let user = User::ordinary()?;
    // Four processes at a time start and end, some in their own namespaces. All end with PID 1 of their PID namespace.
    let busy = "while :; do unshare -u true; true | true; (exec sleep 0); done &";
    let churn: Vec<_> = (0..4)
        .map(|_| {
            Held::new(
                user.tool("unshare").args(["-r", "-p", "-f", "--kill-child"]),
                busy,
            )
        })
        .collect();
    let steady = Held::new(user.tool("unshare").args(["-r", "-u"]), "");
    let inode = steady.inode("uts");
    for _ in 0..200 {
        let ran = user
            .program("ns-ls")
            .with("-J -o NS,TYPE,NPROCS,PID,PPID,USER,COMMAND,HOLDERS,ONS");
        assert_eq!(ran.status, 0, "{ran:#?}");
        let rows = rows(ran);
        let own = row(&rows, inode);
        assert_eq!(
            (own["nprocs"].as_u64(), own["pid"].as_i64()),
            (Some(1), Some(steady.pid.into()))
        );
        for row in rows {
            // Every namespace has a holder. If the holder is a process, it has a name and a user.
            assert!(row["holders"].as_u64() > Some(0), "{row}");
            if row["nprocs"].as_u64() > Some(0) {
                assert!(
                    row["pid"].is_u64() && row["command"].is_string() && row["user"].is_string(),
                    "{row}"
                );
            }
        }
    }
    drop(churn);
    Ok(())
}

fn a_pid_namespace_with_its_own_proc_is_listed_from_inside() -> Outcome {
    needs::user_namespaces()?;
    let user = User::ordinary()?;
    let program = user.program("ns-ls");
    let list = |words: &str| {
        user.tool("unshare")
            .args(["-r", "-p", "-f", "--mount-proc"])
            .arg(program.get_program())
            .args(["-J", "-o"])
            .with(words)
    };
    let ran = list("NS,TYPE,NPROCS,PID");
    // Everything readable was read. The kernel shows its list only to root.
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""), "{ran:?}");
    assert!(ran.stdout.contains(r#""not-looked": ["kernel"]"#), "{ran:?}");
    let rows = rows(ran);
    let pid = rows.iter().find(|row| row["type"] == "pid").expect("its own");
    assert_eq!((pid["nprocs"].as_u64(), pid["pid"].as_u64()), (Some(1), Some(1)));
    // The parent is out of sight, but it exists.
    let ran = list("NS,PNS -t pid");
    assert!(
        ran.stderr
            .contains("1 value could not be read (PNS: Operation not permitted)"),
        "{}",
        ran.stderr
    );
    assert_eq!(super::rows(ran)[0]["pns"], Value::Null);
    Ok(())
}

fn a_pid_in_another_proc_is_not_mistaken_for_a_local_one() -> Outcome {
    needs::root()?;
    // The program runs in a PID namespace with the /proc of the one above.
    let ran = tool("unshare")
        .args(["--pid", "--fork"])
        .arg(path_of("ns-ls"))
        .args(["-J", "-o", "NS,TYPE,NPROCS,PID,HELD-BY"])
        .ran();
    assert_eq!(ran.status, 0, "{ran:?}");
    let rows = rows(ran);
    let uts = row(&rows, inode_of("/proc/self/ns/uts"));
    let held = uts["held-by"].as_array().expect("an array");
    assert!(
        held.iter().all(|text| !text.to_string().contains("socket")),
        "{uts}"
    );
    // The program itself holds its PID namespace, under the PID in /proc.
    let own = rows
        .iter()
        .filter(|row| row["type"] == "pid" && row["nprocs"] == 1);
    assert!(
        own.clone().all(|row| row["pid"].as_u64() > Some(1)) && own.count() > 0,
        "{rows:#?}"
    );
    Ok(())
}

fn hidden_processes_are_reported() -> Outcome {
    needs::tools("mount setpriv");
    needs::root()?;
    let user = User::ordinary()?;
    let script = r#"mount -t proc -o hidepid="$1" proc /proc && shift && exec setpriv --reuid "$1" --regid "$1" --clear-groups "$2" $3"#;
    // 1 refuses the directories of other processes, 2 hides them, and 4 hides what cannot be traced.
    for hidepid in ["1", "2", "4"] {
        for (name, words) in [
            ("ns-ls", "-J -t uts"),
            ("ns-mounts", "--all-namespaces -J"),
            ("ns-hostname", "--list -J"),
        ] {
            let ran = tool("unshare")
                .args(["--mount", "sh", "-c", script, "sh", hidepid, &user.id.to_string()])
                .arg(user.program(name).get_program())
                .arg(words)
                .ran();
            assert_eq!(ran.status, 0, "{ran:?}");
            let told = [
                ran.stderr.contains("incomplete"),
                ran.stderr.contains("(hidepid)"),
                ran.stderr.contains("sudo"),
            ];
            assert_eq!(told, [true; 3], "{hidepid}: {}", ran.stderr);
            let json = ran.json();
            assert_eq!(json["incomplete"]["hidden"], true, "{hidepid} {name}");
            if name != "ns-ls" {
                continue;
            }
            let rows = json["namespaces"].as_array().expect("an array");
            let visible = row(rows, inode_of("/proc/self/ns/uts"))["nprocs"].as_u64();
            let all = super::rows(program("ns-ls").with("-J -t uts"));
            let all = row(&all, inode_of("/proc/self/ns/uts"))["nprocs"].as_u64();
            assert!(visible > Some(0) && visible < all, "{visible:?} of {all:?}");
        }
    }
    Ok(())
}

fn few_descriptors_are_enough() -> Outcome {
    needs::user_namespaces()?;
    needs::root()?;
    let there = Held::new(
        tool("unshare").args([
            "--mount",
            "--user",
            "--map-root-user",
            "unshare",
            "--user",
            "--map-root-user",
            "-n",
            "-p",
            "-f",
        ]),
        "",
    );
    let script = r#"ulimit -n 16; exec "$1" -J --output-all"#;
    let ran = tool("sh").args(["-c", script, "sh"]).arg(path_of("ns-ls")).ran();
    assert_eq!(ran.status, 0, "{ran:?}");
    let with_few = rows(ran);
    let with_many = rows(program("ns-ls").with("-J --output-all"));
    for kind in ["user", "net", "pid", "mnt"] {
        let inode = there.inode(kind);
        assert_eq!(row(&with_few, inode), row(&with_many, inode), "{kind}");
    }
    Ok(())
}

fn an_owner_that_cannot_be_read_is_counted() -> Outcome {
    needs::root()?;
    needs::tools("strace");
    // Few namespaces are asked by one thread.
    let listed = |fault: &str| {
        let list = format!("strace -qq -o /dev/null {fault} \"$1\" -J");
        let mut command = program("ns-unshare");
        command.args(["-p", "-n", "-u", "--mount-proc", "sh", "-c", &list, "sh"]);
        command.arg(path_of("ns-ls")).ran()
    };
    let relatives = |fault: &str| {
        listed(fault).json()["incomplete"]["relatives"]
            .as_u64()
            .unwrap_or(0)
    };
    assert_eq!(relatives("-e trace=none"), 0);
    // The first calls ask for the list of the kernel.
    assert!(relatives("-e inject=ioctl:error=ENOMEM:when=4+") > 3);
    // A call that fails once is done again.
    assert_eq!(relatives("-e inject=ioctl:error=ENOMEM:when=4"), 0);
    // This is the answer of the kernel about a namespace that the caller may not see.
    assert_eq!(relatives("-e inject=ioctl:error=EPERM:when=4+"), 0);
    Ok(())
}

fn the_kernel_list_names_its_own_error() -> Outcome {
    needs::root()?;
    needs::linux(6, 12)?;
    // Every namespace that the kernel lists is looked at. How many calls come before that depends on the kernel.
    let listed = |errno: &str| -> Vec<String> {
        (1..=12)
            .map(|when| {
                let words = format!("-qq -f -o /dev/null -e inject=ioctl:error={errno}:when={when}+");
                let mut command = tool("strace");
                command.args(words.split(' ')).arg(path_of("ns-ls"));
                command.arg("-J").ran().stderr
            })
            .collect()
    };
    let list = "the kernel's own list of namespaces could not be read";
    let errors = listed("ENOMEM");
    let wanted = format!("{list} (Out of memory)");
    assert!(errors.iter().any(|error| error.contains(&wanted)), "{errors:#?}");
    // Root has the right, so its lack is not the reason.
    let errors = listed("EPERM");
    assert!(errors.iter().any(|error| error.contains(list)), "{errors:#?}");
    assert!(
        !errors.iter().any(|error| error.contains("needs CAP_SYS_ADMIN")),
        "{errors:#?}"
    );
    let ran = User::ordinary()?.program("ns-ls").arg("-J").ran();
    assert!(
        ran.stderr.contains(&format!("{list}, which needs CAP_SYS_ADMIN")),
        "{ran:?}"
    );
    Ok(())
}
