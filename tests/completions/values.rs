//! Options, their values, and the command that follows them.

use super::in_each_shell;
use super::shell::Shell;
use crate::support::Outcome;

in_each_shell! {
    options in bash, plain_bash, zsh, fish;
    command in bash, plain_bash, zsh, fish;
    cut_short in bash, plain_bash, zsh, fish;
    behind_letters in bash, plain_bash, zsh, fish;
    nothing_to_offer in bash, plain_bash, zsh, fish;
    settings_of_the_shell in bash, plain_bash, zsh;
    columns in bash, plain_bash, zsh, fish;
    expressions in bash, plain_bash, zsh, fish;
    keys in bash, plain_bash, zsh, fish;
    lists in bash, plain_bash, zsh, fish;
    words in bash, plain_bash, zsh, fish;
    ids_and_signals in bash, plain_bash, zsh, fish;
    files in bash, plain_bash, zsh, fish;
    mounts in bash, plain_bash, zsh, fish;
}

fn options(mut shell: Shell) -> Outcome {
    shell.completes("ns-ls --output-", "ns-ls --output-all");
    shell.completes("ns-hostname --domainn", "ns-hostname --domainname");
    shell.completes("ns-mounts --notr", "ns-mounts --notruncate");
    Ok(())
}

/// The words after the options belong to the program, and complete as without ns-utils.
fn command(mut shell: Shell) -> Outcome {
    shell.completes("ns-unshare --fork getco", "ns-unshare --fork getconf");
    shell.completes("ns-unshare -- getco", "ns-unshare -- getconf");
    shell.completes("ns-unshare -S root getco", "ns-unshare -S root getconf");
    shell.completes("ns-enter -t host:web-7 getco", "ns-enter -t host:web-7 getconf");
    shell.completes("ns-enter --net=blue getco", "ns-enter --net=blue getconf");
    shell.completes(
        "ns-unshare -rnw / ns-ls --notr",
        "ns-unshare -rnw / ns-ls --notruncate",
    );
    shell.completes(
        "ns-unshare -r -- ns-mounts --notr",
        "ns-unshare -r -- ns-mounts --notruncate",
    );
    shell.completes(
        "ns-unshare -r -- ns-enter --net=blue ns-ls -o PID,COMM",
        "ns-unshare -r -- ns-enter --net=blue ns-ls -o PID,COMMAND",
    );
    Ok(())
}

/// An abbreviated option completes its value too.
fn cut_short(mut shell: Shell) -> Outcome {
    shell.completes("ns-unshare --prop sl", "ns-unshare --prop slave");
    shell.completes("ns-hostname --ta ho", "ns-hostname --ta host:web-7");
    shell.completes(
        "ns-enter --targ host:web-7 getco",
        "ns-enter --targ host:web-7 getconf",
    );
    // This is the meaning that it has in unshare(1), although --whitelist-env begins in the same way.
    shell.completes(
        "ns-enter --ta 1 -n ns-unshare --w / ns-ls --ty ut",
        "ns-enter --ta 1 -n ns-unshare --w / ns-ls --ty uts",
    );
    Ok(())
}

/// An optional value is in the same word as its letter.
fn behind_letters(mut shell: Shell) -> Outcome {
    shell.completes("ns-enter -n=bl", "ns-enter -n=blue");
    shell.completes("ns-enter -t host:web-7 -an=bl", "ns-enter -t host:web-7 -an=blue");
    shell.completes("ns-unshare -n=ne", "ns-unshare -n=net");
    shell.completes("ns-ls blue -lT=ow", "ns-ls blue -lT=owner");
    shell.completes("ns-mounts -k=li", "ns-mounts -k=listmount");
    shell.completes("ns-mounts -p=mount,umo", "ns-mounts -p=mount,umount");
    // Words after the command belong to the command.
    shell.completes("ns-enter -a ns-enter -n=bl", "ns-enter -a ns-enter -n=blue");
    Ok(())
}

/// If any text is valid, no file is offered: here a file is called net.
fn nothing_to_offer(mut shell: Shell) -> Outcome {
    shell.completes("ns-hostname --check ne\tx", "ns-hostname --check nex");
    shell.completes("ns-mounts -O ne\tx", "ns-mounts -O nex");
    shell.completes("ns-mounts --id=ne\tx", "ns-mounts --id=nex");
    shell.completes("ns-unshare --hostn ne\tx", "ns-unshare --hostn nex");
    Ok(())
}

/// Settings of a person for their own lines.
fn settings_of_the_shell(mut shell: Shell) -> Outcome {
    shell.runs("set -u; IFS=x");
    shell.completes("ns-mounts --notr", "ns-mounts --notruncate");
    shell.completes("ns-mounts -M /run/a", r"ns-mounts -M /run/a\ b");
    shell.completes("ns-enter -t host:web-7 getco", "ns-enter -t host:web-7 getconf");
    Ok(())
}

fn columns(mut shell: Shell) -> Outcome {
    shell.completes("ns-ls -o COMM", "ns-ls -o COMMAND");
    shell.completes("ns-ls -o comm", "ns-ls -o COMMAND");
    shell.completes("ns-ls -o +COMM", "ns-ls -o +COMMAND");
    shell.completes("ns-ls -o PID,COMM", "ns-ls -o PID,COMMAND");
    shell.completes("ns-ls --output=PID,COMM", "ns-ls --output=PID,COMMAND");
    shell.completes("ns-ls --output=+PID,COMM", "ns-ls --output=+PID,COMMAND");
    shell.offers("ns-ls -o PID,N", &["NS", "NPROCS", "NAME"]);
    // A column that the list has is not offered again.
    shell.completes("ns-ls -o COMMAND,COM\tx", "ns-ls -o COMMAND,COMx");
    shell.completes(
        "ns-ls --output=+COMMAND,pid,COM\tx",
        "ns-ls --output=+COMMAND,pid,COMx",
    );
    let screen = shell.offers("ns-ls -o NS,NPROCS,N", &["NAME", "NETNSID"]);
    assert!(!screen.contains("number of processes"), "{screen}");
    Ok(())
}

/// The last word of an expression is a column, except where a value belongs.
fn expressions(mut shell: Shell) -> Outcome {
    shell.completes("ns-ls -Q COMM", "ns-ls -Q COMMAND");
    shell.inserts("ns-ls -Q 'pid > 1 && COMM", "pid > 1 && COMMAND");
    shell.inserts("ns-mounts --filter=\"(FSTY", "(FSTYPE");
    shell.completes("ns-ls -Q 'COMMAND == COMM\tx", "ns-ls -Q 'COMMAND == COMMx");
    shell.completes(
        "ns-ls -Q 'COMMAND == \"PID NPR\tx",
        "ns-ls -Q 'COMMAND == \"PID NPRx",
    );
    Ok(())
}

/// Words and values of the keys of a list.
fn keys(mut shell: Shell) -> Outcome {
    for before in ["--veth=", "--veth "] {
        let line = |value: &str| format!("ns-unshare {before}{value}");
        shell.completes(&line("eth0,peer-netns=bl"), &line("eth0,peer-netns=blue"));
        shell.completes(
            &line("eth0,peer-netns=/run/netns/bl"),
            &line("eth0,peer-netns=/run/netns/blue"),
        );
        // Nothing has this name, and the line stays as it is.
        shell.completes(&line("eth0,peer-netns=re\tx"), &line("eth0,peer-netns=rex"));
        shell.completes(&line("eth0,mtu=\tx"), &line("eth0,mtu=x"));
        // A key that the list has is offered again only if it can be repeated.
        shell.completes(&line("eth0,mtu=9000,mt\tx"), &line("eth0,mtu=9000,mtx"));
        shell.completes(&line("eth0,addr=a,add"), &line("eth0,addr=a,addr="));
    }
    Ok(())
}

fn lists(mut shell: Shell) -> Outcome {
    shell.completes("ns-ls -t net,ut", "ns-ls -t net,uts");
    shell.completes("ns-ls --look processes,de", "ns-ls --look processes,descriptors");
    shell.completes("ns-mounts --watch=mount,umo", "ns-mounts --watch=mount,umount");
    shell.completes("ns-unshare --veth eth0,mt", "ns-unshare --veth eth0,mtu=");
    shell.completes(
        "ns-unshare --veth=eth0,addr=10.0.0.2/24,peer-a",
        "ns-unshare --veth=eth0,addr=10.0.0.2/24,peer-addr=",
    );
    shell.completes("ns-mounts -t tmpfs,sysf", "ns-mounts -t tmpfs,sysfs");
    shell.completes("ns-mounts -t notmpf", "ns-mounts -t notmpfs");
    shell.completes(
        "ns-mounts --types=notmpfs,sysf",
        "ns-mounts --types=notmpfs,sysfs",
    );
    shell.completes("ns-mounts -t sysfs,sysf\tx", "ns-mounts -t sysfs,sysfx");
    shell.completes("ns-ls -t net,net\tx", "ns-ls -t net,netx");
    Ok(())
}

fn words(mut shell: Shell) -> Outcome {
    shell.completes("ns-unshare --propagation sl", "ns-unshare --propagation slave");
    shell.completes("ns-unshare --propagation=sl", "ns-unshare --propagation=slave");
    shell.completes("ns-unshare --setgroups al", "ns-unshare --setgroups allow");
    shell.completes("ns-unshare --map-users=sub", "ns-unshare --map-users=subids");
    // No hyphens follow a word without a description.
    let screen = shell.offers("ns-unshare --map-users=", &["auto", "subids", "all"]);
    let list: Vec<_> = screen
        .lines()
        .filter(|line| !line.contains("ns-unshare"))
        .collect();
    assert!(list.iter().all(|line| !line.contains("--")), "{screen}");
    shell.completes("ns-ls --tree=ow", "ns-ls --tree=owner");
    shell.completes(
        "ns-unshare --whitelist-env=HOME,COMPLETI",
        "ns-unshare --whitelist-env=HOME,COMPLETIONS",
    );
    Ok(())
}

fn ids_and_signals(mut shell: Shell) -> Outcome {
    shell.completes("ns-unshare -S daem", "ns-unshare -S daemon");
    shell.completes("ns-unshare --setgid=daem", "ns-unshare --setgid=daemon");
    shell.completes("ns-enter -S daem", "ns-enter -S daemon");
    shell.completes("ns-enter -S follo", "ns-enter -S follow");
    shell.completes("ns-enter --setgid=follo", "ns-enter --setgid=follow");
    shell.completes("ns-unshare --kill-child=WIN", "ns-unshare --kill-child=WINCH");
    let screen = shell.offers("ns-unshare --kill-child=", &["WINCH"]);
    assert!(!screen.contains("JUNK"), "{screen}");
    Ok(())
}

fn files(mut shell: Shell) -> Outcome {
    shell.completes("ns-enter --net=/run/netns/bl", "ns-enter --net=/run/netns/blue");
    shell.completes("ns-enter -t /run/netns/bl", "ns-enter -t /run/netns/blue");
    shell.completes("ns-ls /run/netns/bl", "ns-ls /run/netns/blue");
    shell.completes("ns-mounts --tab-file=ne", "ns-mounts --tab-file=net");
    shell.runs("mkdir 'in here' no; touch nothing");
    shell.completes("ns-unshare --root=no", "ns-unshare --root=no/");
    shell.takes(
        "ns-unshare -r -w in",
        r"in\ here/",
        " sh -c 'echo ${PWD##*/}'",
        "in here",
    );
    Ok(())
}

fn mounts(mut shell: Shell) -> Outcome {
    shell.completes("ns-mounts -M /pro", "ns-mounts -M /proc");
    shell.takes("ns-mounts -no TARGET /run/a", "b", "", "/run/a b");
    shell.takes("ns-mounts -no TARGET --mountpoint='/run/a", "b", "", "/run/a b");
    shell.takes("ns-mounts -no TARGET -M \"/run/a", "b", "", "/run/a b");
    shell.takes("ns-mounts -no TARGET -M /run/a\\ ", "b", "", "/run/a b");
    // Only the last mount at a mount point is visible. "none" is not offered as a source.
    shell.runs("mkdir /run/one /run/over; mount -t tmpfs none /run/one");
    shell.runs("mount -t tmpfs lower /run/over; mount -t tmpfs upper /run/over");
    let screen = shell.offers("ns-mounts -M /run/o", &["/run/one", "tmpfs upper"]);
    assert!(!screen.contains("lower"), "{screen}");
    shell.runs("true");
    let screen = shell.offers("ns-mounts -S ", &["upper", "lower"]);
    assert!(!screen.contains("/run/one"), "{screen}");
    Ok(())
}
