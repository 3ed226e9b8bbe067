//! Options of container engines and sandboxes that people try on the programs that run a program, and what does that here.

/// The options, each with the help.
const OPTIONS: [(&[&str], &str); 6] = [
    (
        &["--cap-drop", "--cap-add"],
        "setpriv(1) drops capabilities: run setpriv --bounding-set=-net_admin PROGRAM",
    ),
    (
        &["--privileged"],
        "leave it out: root keeps its capabilities, and --keep-caps keeps those in a new user namespace",
    ),
    (
        &["-v", "--volume", "--bind", "--ro-bind"],
        "mount inside: -m sh -c 'mount --bind FROM TO; exec PROGRAM'",
    ),
    (
        &["--rm"],
        "leave it out: a namespace ends with its last process, if no file or name keeps it",
    ),
    (
        &["-e", "--env"],
        "env(1) sets variables: run env NAME=VALUE PROGRAM",
    ),
    (
        &["--hostname"],
        "a host name needs a new UTS namespace: ns-unshare --hostname NAME",
    ),
];

/// The programs that run a program.
const RUNNERS: [&str; 2] = ["ns-unshare", "ns-enter"];

/// The option that a program of this name has instead.
pub(super) fn help(program: &str, argument: &str) -> Option<&'static str> {
    let option = argument.split('=').next()?;
    let (_, help) = OPTIONS.iter().find(|(options, _)| options.contains(&option))?;
    RUNNERS.contains(&program).then_some(*help)
}

#[cfg(test)]
mod tests {
    use super::help;

    #[test]
    fn an_option_of_others_has_a_help() {
        assert!(
            help("ns-unshare", "--cap-drop=ALL")
                .unwrap()
                .starts_with("setpriv(1)")
        );
        assert!(help("ns-enter", "-v").unwrap().contains("mount --bind"));
        assert_eq!(help("ns-ls", "-v"), None);
        assert_eq!(help("ns-unshare", "--foo"), None);
    }
}
