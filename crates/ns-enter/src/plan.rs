//! The plan for a request: the steps and their order. It has no side effects, so the order is tested as data.

use ns_core::idmap::IdKind;
use ns_core::launch::inside::{AttributeStep, CredentialStep, DirectoryStep, MountStep, NamespaceStep};
use ns_core::launch::{Forked, Plan, PropagationType, Steps};
use ns_core::{Kind, Kinds};

use crate::request::{Request, Working};

/// The plan for the request.
pub fn plan(request: &Request) -> Plan {
    let mut steps = Steps::default();
    if let Some(cgroups) = &request.cgroups {
        steps.inside(AttributeStep::JoinCgroups(cgroups.clone()));
    }
    if request.is_exposed() {
        steps.inside(AttributeStep::Hide);
    }
    namespaces(request, &mut steps);
    directories(request, &mut steps);
    let mut steps = if request.fork {
        steps.fork_into()
    } else {
        steps.without_fork()
    };
    if let Some(on) = &request.proc {
        steps.inside(MountStep::Proc(on.clone()));
    }
    if let Some(process) = &request.environment {
        steps.inside(AttributeStep::ReadEnvironment(process.clone()));
    }
    credentials(request, &mut steps);
    if let Some(context) = &request.context {
        steps.inside(AttributeStep::SetContext(context.clone()));
    }
    let mut plan = steps.execute(request.program.clone());
    if request.fork {
        plan = plan.in_child();
    }
    if request.forward_signals {
        plan = plan.forwarding_signals();
    }
    plan
}

/// The namespaces are entered in two passes, because a user namespace can give or take the rights for the others.
fn namespaces(request: &Request, steps: &mut Steps) {
    let namespaces = &request.namespaces;
    let others = &namespaces.others;
    if namespaces.enters_user() && request.gid.is_some() {
        // The groups are dropped outside, because setgroups(2) may be denied inside.
        steps.inside(CredentialStep::TryDropGroups);
    }
    for user in [&namespaces.owner, &namespaces.user].into_iter().flatten() {
        if !others.is_empty() {
            steps.inside(NamespaceStep::TryJoin(others.clone()));
        }
        steps.inside(NamespaceStep::Join(vec![user.clone()]));
    }
    if !others.is_empty() {
        steps.inside(NamespaceStep::Join(others.clone()));
    }
    if let Some(mount) = &namespaces.mount_again {
        // This leads out of a chroot if that is allowed, and to the root directory in any case.
        steps.inside(NamespaceStep::TryJoin(vec![mount.clone()]));
        steps.inside(DirectoryStep::Change("/".into()));
    }
}

/// Root and working directory, in a copy of the mounts if a mount is changed.
fn directories(request: &Request, steps: &mut Steps) {
    match (&request.root, request.proc.is_some() || request.etc.is_some()) {
        (Some(root), false) => steps.inside(DirectoryStep::EnterRoot(root.clone())),
        (root, true) => {
            // The copy has the working directory and the root of the namespace, and no other directory that was
            // opened before.
            if let Some(root) = root {
                steps.inside(DirectoryStep::Enter(root.clone()));
            }
            steps.inside(NamespaceStep::Unshare(Kinds::from_iter([Kind::Mnt])));
            steps.inside(MountStep::Propagate(PropagationType::Slave));
            if root.is_some() {
                steps.inside(DirectoryStep::Chroot(".".into()));
            }
        }
        (None, false) => {}
    }
    if let Some(etc) = &request.etc {
        steps.inside(MountStep::Sys);
        for (from, on) in &etc.0 {
            steps.inside(MountStep::Bind(from.clone(), on.clone()));
        }
    }
    match &request.working {
        Working::Default => {}
        Working::Directory(directory) => steps.inside(DirectoryStep::Enter(directory.clone())),
        Working::Perhaps(directory) => steps.inside(DirectoryStep::TryEnter(directory.clone())),
        Working::Inside(path) => steps.inside(DirectoryStep::Change(path.clone())),
    }
}

/// Ids and capabilities. The gid comes first, because it cannot be changed without uid 0.
fn credentials(request: &Request, steps: &mut Steps<Forked>) {
    if let Some(gid) = &request.gid {
        steps.inside(CredentialStep::Take(IdKind::Group, gid.clone()));
    }
    if !request.groups.is_empty() {
        steps.inside(CredentialStep::SetGroups(request.groups.clone()));
    }
    if let Some(uid) = &request.uid {
        steps.inside(CredentialStep::Take(IdKind::User, uid.clone()));
    }
    if request.keep_capabilities {
        steps.inside(CredentialStep::KeepCapabilities);
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;
    use ns_core::Namespace;
    use ns_core::target::Destination;

    use super::*;
    use crate::cli::Cli;
    use crate::etc::Etc;

    /// The steps for these options, about this process, as if all of its namespaces differed, except the ones left out.
    fn steps(options: &str, ours: &[Kind]) -> Vec<&'static str> {
        names(&request(options, ours))
    }

    fn names(request: &Request) -> Vec<&'static str> {
        plan(request).lines().iter().map(|line| line.step).collect()
    }

    fn request(options: &str, ours: &[Kind]) -> Request {
        let own = std::process::id().to_string();
        let words = ["ns-enter", "-t", &own]
            .into_iter()
            .chain(options.split_whitespace());
        let cli = Cli::try_parse_from(words.chain(["true"])).unwrap();
        let mut request = Request::new(&cli).unwrap();
        let all = cli.all || cli.is_bare();
        for kind in Kind::ALL {
            if ours.contains(&kind) || !(all || cli.kind(kind).is_some()) {
                continue;
            }
            let destination = Destination::new(Namespace::own(kind).unwrap(), "of a test");
            if kind == Kind::User {
                request.namespaces.user = Some(destination);
            } else {
                request.namespaces.others.push(destination);
            }
        }
        request.namespaces.mount_again = None;
        request.fork = request.namespaces.enters(Kind::Pid) && !cli.no_fork;
        if request.namespaces.enters_user() && !cli.preserve_credentials {
            request.uid.get_or_insert(ns_core::launch::WantedId::Root);
            request.gid.get_or_insert(ns_core::launch::WantedId::Root);
        }
        request.keep_capabilities = cli.keep_caps && request.namespaces.enters_user();
        request
    }

    #[test]
    fn files_for_a_name_are_bound_in_the_one_copy_of_the_mounts() {
        let mut request = request("-n -p --mount-proc", &[]);
        request.etc = Some(Etc(vec![("/etc/netns/a/hosts".into(), "/etc/hosts".into())]));
        assert_eq!(
            names(&request),
            [
                "hide",
                "join",
                "unshare",
                "propagate",
                "mount-sys",
                "bind",
                "fork-into",
                "mount-proc",
                "execute",
            ]
        );
    }

    #[test]
    fn one_pass_without_a_user_namespace_and_two_with() {
        assert_eq!(steps("-n", &[]), ["join", "execute"]);
        assert_eq!(steps("-p -F", &[]), ["hide", "join", "execute"]);
        assert_eq!(
            steps("-U -n", &[]),
            [
                "hide",
                "try-drop-groups",
                "try-join",
                "join",
                "join",
                "take-gid",
                "take-uid",
                "execute"
            ]
        );
        assert_eq!(
            steps("-U --preserve-credentials", &[]),
            ["hide", "join", "execute"]
        );
    }

    #[test]
    fn what_is_ours_is_skipped() {
        assert_eq!(steps("-a", &Kind::ALL), ["execute"]);
        assert_eq!(steps("", &Kind::ALL), ["execute"]);
    }

    #[test]
    fn directories_come_after_the_namespaces_and_ids_after_the_fork() {
        let user = [Kind::User];
        assert_eq!(
            steps("-a -r -w -S 5", &user),
            [
                "hide",
                "join",
                "enter-root",
                "enter-directory",
                "fork-into",
                "take-uid",
                "execute"
            ]
        );
        assert_eq!(
            steps("-n -S root --groups", &user),
            ["join", "take-gid", "setgroups", "take-uid", "execute"]
        );
        assert_eq!(
            steps("-m -W /tmp --keep-caps", &user),
            ["hide", "join", "chdir", "execute"]
        );
        assert_eq!(
            steps("-U --preserve-credentials --keep-caps", &[]),
            ["hide", "join", "keep-capabilities", "execute"]
        );
    }

    #[test]
    fn a_proc_is_mounted_in_a_copy_and_in_the_child() {
        let expected = [
            "hide",
            "join",
            "unshare",
            "propagate",
            "fork-into",
            "mount-proc",
            "execute",
        ];
        assert_eq!(steps("-p --mount-proc", &[]), expected);
        assert_eq!(
            steps("-p -m -r --mount-proc", &[]),
            [
                "hide",
                "join",
                "enter-directory",
                "unshare",
                "propagate",
                "chroot",
                "fork-into",
                "mount-proc",
                "execute"
            ]
        );
    }
}
