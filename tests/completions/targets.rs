//! TARGET in its spellings, and names that others may have chosen.

use super::in_each_shell;
use super::shell::Shell;
use crate::support::{Cgroup, Outcome};

in_each_shell! {
    processes in bash, plain_bash, zsh, fish;
    names in bash, plain_bash, zsh, fish;
    namespaces in bash, plain_bash, zsh, fish;
    bare_brackets in bash, plain_bash, fish;
    host_names in bash, plain_bash, zsh, fish;
    units_and_containers in bash, plain_bash, zsh, fish;
    hostile_names in bash, plain_bash, zsh, fish;
}

fn processes(mut shell: Shell) -> Outcome {
    // The command of the process is shown beside its PID.
    shell.offers("ns-ls -p ", &["sleep 1000"]);
    shell.offers("ns-ls --caps=", &["sleep 1000"]);
    shell.runs("true");
    shell.offers("ns-enter -t ", &["sleep 1000", "blue"]);
    shell.runs("true");
    shell.offers("ns-mounts --diff 1 ", &["sleep 1000"]);
    // Processes in other namespaces are first.
    shell.runs(
        "sh -c 'unshare --uts sleep 2000 & until ns-ls -t uts -no COMMAND 2>/dev/null | grep -q 2000; do :; done'",
    );
    let screen = shell.offers("ns-enter -t \t", &["sleep 1000", "sleep 2000"]);
    let at = |part: &str| screen.find(part).expect("it is offered");
    assert!(at("sleep 2000") < at("sleep 1000"), "{screen}");
    // This spelling can never name another process.
    shell.takes("ns-enter -t 1:", ":", "echo entered", "entered");
    Ok(())
}

fn names(mut shell: Shell) -> Outcome {
    shell.completes("ns-enter -t bl", "ns-enter -t blue");
    shell.completes("ns-enter --target=bl", "ns-enter --target=blue");
    shell.completes("ns-enter --net=bl", "ns-enter --net=blue");
    shell.completes("ns-enter --net=name:bl", "ns-enter --net=name:blue");
    shell.completes("ns-ls bl", "ns-ls blue");
    shell.completes("ns-unshare --from bl", "ns-unshare --from blue");
    shell.completes("ns-unshare --unpin bl", "ns-unshare --unpin blue");
    shell.completes("ns-unshare --unpin=net:bl", "ns-unshare --unpin=net:blue");
    // A stale name can only be removed.
    shell.runs("touch /run/netns/gone; ln -s /proc/1/no /run/netns/gone-too");
    shell.completes("ns-enter -t gon\tx", "ns-enter -t gonx");
    shell.completes("ns-enter --net=gon\tx", "ns-enter --net=gonx");
    shell.completes("ns-ls gon\tx", "ns-ls gonx");
    shell.completes("ns-unshare --unpin gone-", "ns-unshare --unpin gone-too");
    Ok(())
}

fn namespaces(mut shell: Shell) -> Outcome {
    let net = shell.net();
    let most = &net[..net.len() - 1];
    shell.takes("ns-enter -t ne", &net, "echo entered", "entered");
    shell.takes("ns-enter --net=ne", &net, "echo entered", "entered");
    shell.takes("ns-enter --net='net:[", &net, " echo entered", "entered");
    shell.takes(
        &format!("ns-enter --net=net:\\[{most}"),
        &net,
        "echo entered",
        "entered",
    );
    // The command is shown beside it.
    shell.runs("true");
    shell.offers("ns-ls 402653", &[&net, "network blue"]);
    // A namespace without processes is offered too.
    shell.runs("ns-unshare --uts --pin idle");
    shell.offers("ns-ls uts:\t", &["UTS idle"]);
    Ok(())
}

/// zsh takes the text after such a bracket for a subscript and asks no completion. It would not run the line either.
fn bare_brackets(mut shell: Shell) -> Outcome {
    let net = shell.net();
    shell.takes("ns-enter -t net:[", &net, "echo entered", "entered");
    shell.takes("ns-enter --net=net:[4026", &net, "echo entered", "entered");
    Ok(())
}

fn host_names(mut shell: Shell) -> Outcome {
    shell.completes("ns-hostname -t ho", "ns-hostname -t host:web-7");
    shell.completes("ns-hostname --target=host:we", "ns-hostname --target=host:web-7");
    shell.completes("ns-enter --uts=host:", "ns-enter --uts=host:web-7");
    shell.takes("ns-hostname -t ho", "web-7", "", "web-7");
    // A host name that several namespaces have does not identify any.
    shell.runs(
        "sh -c 'for i in 1 2; do ns-unshare -u --hostname twin sleep 1000 & done; \
         until test $(ns-hostname --list -n -o HOSTNAME 2>/dev/null | grep -c twin) = 2; do :; done'",
    );
    shell.completes("ns-hostname -t host:tw\tx", "ns-hostname -t host:twx");
    Ok(())
}

fn units_and_containers(mut shell: Shell) -> Outcome {
    let own = format!("{:08x}", std::process::id());
    let name = format!("tab{own}{}", shell.net());
    let cgroup = Cgroup::new(&format!("{name}.slice/{name}@tty1.service"))?;
    let id = format!("{:a>64}", shell.net());
    let container = Cgroup::new(&format!("{name}.slice/docker-{id}.scope"))?;
    for cgroup in [&cgroup, &container] {
        // The process is in the cgroup from its start.
        shell.runs(&format!(
            "sh -c \"{}; sleep 1000 &\"",
            cgroup.join().replace('$', "\\$")
        ));
    }
    let unit = format!("ns-enter -t unit:{name}@tty1.service");
    shell.completes("ns-enter -t unit:tab", &unit);
    shell.completes(&format!("ns-enter -t unit:{name}@t"), &unit);
    shell.completes(
        "ns-enter -t cont",
        &format!("ns-enter -t container:{}", &id[..12]),
    );
    // The short id that a runtime shows is not enough if another id begins with it.
    let twin = format!("{}{:b>52}", &id[..12], shell.net());
    let other = Cgroup::new(&format!("{name}.slice/docker-{twin}.scope"))?;
    shell.runs(&format!(
        "sh -c \"{}; sleep 1000 &\"",
        other.join().replace('$', "\\$")
    ));
    shell.takes(
        &format!("ns-enter -t container:{}b", &id[..12]),
        &twin,
        "echo entered",
        "entered",
    );
    drop(shell);
    Ok(())
}

/// Some of the offered names come from other users, who can pin namespaces or run processes.
fn hostile_names(mut shell: Shell) -> Outcome {
    let screen = shell.offers("ns-enter -t ", &["(touch owned)`touch owned`\\x1b[2J", "blue"]);
    assert!(screen.contains("> ns-enter -t"), "{screen}");
    // Names that would move the cursor are not offered. Names that a shell would run are quoted.
    shell.takes("ns-enter --net=ev", "touch", "echo entered", "entered");
    shell.takes("ns-enter --net=\"ev", "touch", " echo entered", "entered");
    shell.takes("ns-enter --net='ev", "touch", " echo entered", "entered");
    assert!(!shell.file("owned").exists());
    Ok(())
}
