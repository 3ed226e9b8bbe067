//! `--color`: the colours of tables on stdout, and when there are any.

use std::process::Command;

use crate::support::case::cases;
use crate::support::{Outcome, Run as _, Terminal, needs, path_of, program, tool};

cases!["colours":
    a_pipe_gets_colours_only_if_asked,
    a_terminal_gets_colours_if_it_wants_them,
    colours_change_nothing_else,
    own_namespaces_are_bold_and_kinds_and_names_have_colours,
    a_shadowed_mount_is_dim,
];

/// Command lines with a table.
const LINES: [(&str, &str); 3] = [
    ("ns-ls", "-q -t uts"),
    ("ns-ls", "-q -l -t user,net"),
    ("ns-mounts", "-M /proc"),
];

/// Names of environment variables, with their values.
type Variables = &'static [(&'static str, &'static str)];

/// The program without the variables that decide about colours.
fn bare(name: &str) -> Command {
    let mut command = program(name);
    for variable in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "CI"] {
        command.env_remove(variable);
    }
    command.env("TERM", "xterm");
    command
}

/// The text without the sequences of colours.
fn plain(text: &str) -> String {
    let mut parts = text.split('\u{1b}');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain += part.split_once('m').expect("a sequence ends").1;
    }
    plain
}

fn a_pipe_gets_colours_only_if_asked() -> Outcome {
    for (name, words) in LINES {
        for option in ["", "--color=auto", "--color=never"] {
            let text = bare(name).with(&format!("{words} {option}")).ok();
            assert!(!text.contains('\u{1b}'), "{option}: {text:?}");
        }
        for form in ["-J", "-r"] {
            let text = bare(name).with(&format!("{words} --color=always {form}")).ok();
            assert!(!text.contains('\u{1b}'), "{form}: {text:?}");
        }
    }
    for option in ["--color=always", "--color"] {
        // The option decides before the variables do.
        let mut list = bare("ns-ls");
        list.env("NO_COLOR", "1");
        assert!(list.with(&format!("-q -t uts {option}")).ok().contains('\u{1b}'));
    }
    let mut list = bare("ns-ls");
    list.env("CLICOLOR_FORCE", "1");
    assert!(list.with("-q -t uts").ok().contains('\u{1b}'));
    bare("ns-ls").with("--color=green").fails(2);
    Ok(())
}

fn a_terminal_gets_colours_if_it_wants_them() -> Outcome {
    let surroundings: [(Variables, &str, bool); 8] = [
        (&[], "", true),
        (&[("NO_COLOR", "1")], "", false),
        (&[("NO_COLOR", "1")], "--color=auto", false),
        (&[("NO_COLOR", "1")], "--color=always", true),
        (&[("CLICOLOR", "0")], "", false),
        (&[("TERM", "dumb")], "", false),
        (&[("CLICOLOR_FORCE", "1"), ("TERM", "dumb")], "", true),
        (&[("CLICOLOR_FORCE", "1")], "--color=never", false),
    ];
    for (variables, option, coloured) in surroundings {
        let script = format!("\"$0\" -q -t uts -o NS,TYPE {option}; echo ---");
        let mut shell = tool("sh");
        shell.args(["-c", &script]).arg(path_of("ns-ls"));
        for variable in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "CI"] {
            shell.env_remove(variable);
        }
        shell.env("TERM", "xterm").envs(variables.iter().copied());
        let text = Terminal::new(&shell)?.expect("---");
        assert_eq!(
            text.contains('\u{1b}'),
            coloured,
            "{variables:?} {option}: {text:?}"
        );
    }
    Ok(())
}

fn colours_change_nothing_else() -> Outcome {
    // Other processes come and go. Only what stays is compared.
    let lines = [
        ("ns-ls", "-q -p $$ -o NS,TYPE,OWN"),
        ("ns-ls", "-q -T -p $$ -o NS,TYPE"),
        ("ns-mounts", ""),
        ("ns-mounts", "-l"),
    ];
    for (name, words) in lines {
        let script = format!("\"$0\" {words} --color=$1; :");
        let run = |when: &str| {
            let mut shell = tool("sh");
            shell
                .args(["-c", &script])
                .arg(path_of(name))
                .arg(when)
                .ran()
                .ok()
        };
        let (coloured, expected) = (run("always"), run("never"));
        assert_eq!(plain(&coloured), expected, "{name} {words}");
    }
    Ok(())
}

fn own_namespaces_are_bold_and_kinds_and_names_have_colours() -> Outcome {
    needs::user_namespaces()?;
    needs::tools("mount");
    let script = "mount -t tmpfs t /run; mkdir /run/utsns; : >/run/utsns/web; unshare --uts=/run/utsns/web true; \
                  \"$0\" -q -t uts -o NS,TYPE,NAME --color=always; stat -L -c %i /proc/self/ns/uts /run/utsns/web";
    let text = tool("unshare")
        .args(["-r", "-m", "-u", "sh", "-e", "-c", script])
        .arg(path_of("ns-ls"))
        .ran()
        .ok();
    let lines: Vec<&str> = text.lines().collect();
    let [listed @ .., own, pinned] = &lines[..] else {
        panic!("{text}")
    };
    let of = |inode: &str| {
        let mut found = listed.iter().filter(|line| plain(line).starts_with(inode));
        found
            .next()
            .unwrap_or_else(|| panic!("{inode}: {text}"))
            .to_string()
    };
    let own = (of(own), format!("\u{1b}[1m{own}\u{1b}[0m \u{1b}[32muts\u{1b}[0m"));
    assert_eq!(own.0.trim_end(), own.1);
    let name = format!("{pinned} \u{1b}[32muts\u{1b}[0m  \u{1b}[32mweb\u{1b}[0m");
    assert_eq!(of(pinned), name);
    Ok(())
}

fn a_shadowed_mount_is_dim() -> Outcome {
    needs::user_namespaces()?;
    needs::tools("mount");
    let script = "mount -t tmpfs below /mnt; mount -t tmpfs above /mnt; \
                  for words in '' --all-namespaces; do \"$0\" -q -n -l -o SOURCE,TARGET --color=always $words; done";
    let text = tool("unshare")
        .args(["-r", "-m", "sh", "-e", "-c", script])
        .arg(path_of("ns-mounts"))
        .ran()
        .ok();
    for (source, before, after) in [("below", "\u{1b}[2m", "\u{1b}[0m"), ("above", "", "")] {
        let lines: Vec<_> = text.lines().filter(|line| line.contains(source)).collect();
        assert_eq!(lines.len(), 2, "{text}");
        for line in lines {
            assert!(line.starts_with(&format!("{before}{source}{after} ")), "{line:?}");
            assert!(line.ends_with(&format!("{before}/mnt{after}")), "{line:?}");
        }
    }
    Ok(())
}
