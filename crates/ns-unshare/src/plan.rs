//! The plan for a request: the steps, their order and their sides. It has no side effects, so the order is tested as
//! data.

use std::path::Path;
use std::rc::Rc;

use ns_core::Kind;
use ns_core::idmap::MapWriter;
use ns_core::launch::inside::{
    AttributeStep, CredentialStep, DirectoryStep, MountStep, NamespaceStep, NetworkStep, OwnMapStep,
    SettingStep,
};
use ns_core::launch::outside::{MakeVeth, MapStep, PinStep, ReportStep, VethStep};
use ns_core::launch::{Forked, NetworkNumber, Plan, PropagationType, Steps, VethEnd};

use crate::request::Request;

/// The plan for the request.
pub fn plan(request: &Request) -> Plan {
    let mut steps = namespaces(request);
    surroundings(request, &mut steps);
    mounts(request, &mut steps);
    // The name is created after the set-up, so that a process that waits for it finds everything ready, and before the
    // right to look at the process is lost.
    if let Some(name) = &request.name {
        steps.outside(PinStep::Name(name.clone(), request.kinds));
    }
    credentials(request, &mut steps);
    let mut steps = if request.init {
        steps.stay_as_init()
    } else {
        steps.without_init()
    };
    if let Some(file) = &request.pid_file {
        steps.outside(ReportStep::PidFile(file.clone()));
    }
    if let Some(fd) = request.info_fd {
        steps.outside(ReportStep::Info(fd));
    }
    let mut plan = match &request.program {
        Some(program) => steps.execute(program.clone()),
        None => steps.end(),
    };
    if request.fork {
        plan = plan.in_child();
    }
    if request.forward_signals {
        plan = plan.forwarding_signals();
    }
    plan
}

/// The namespaces, and settings that the kernel accepts only while nothing runs in them.
fn namespaces(request: &Request) -> Steps<Forked> {
    let mut steps = Steps::default();
    if let Some((uid, gid)) = request.owner {
        steps.inside(CredentialStep::BecomeOwner { uid, gid });
    }
    if !request.kinds.is_empty() {
        steps.inside(NamespaceStep::Unshare(request.kinds));
    }
    let names_it = request.name.is_some() && request.kinds.contains(Kind::Mnt);
    if names_it || request.pins.iter().any(|(kind, _)| *kind == Kind::Mnt) {
        steps.inside(NamespaceStep::MakeBindable);
    }
    // This comes before the gid map, because setgroups cannot be denied after it.
    if let Some(setgroups) = request.setgroups {
        steps.inside(OwnMapStep::Setgroups(setgroups));
    }
    for (ids, map, writer) in &request.maps {
        match writer {
            MapWriter::Inside => steps.inside(OwnMapStep::Write(*ids, map.clone())),
            MapWriter::Outside => steps.outside(MapStep::Write(*ids, map.clone())),
            MapWriter::Helper => steps.outside(MapStep::HaveWritten(*ids, map.clone())),
        }
    }
    // This comes before any process is in the time namespace.
    for (clock, offset) in &request.clocks {
        steps.inside(SettingStep::Clock(*clock, *offset));
    }
    let forks_first = request.fork && request.kinds.contains(Kind::Pid);
    let mut steps = if forks_first {
        steps.fork_first()
    } else {
        if request.kinds.contains(Kind::Time) {
            steps.inside(NamespaceStep::EnterTime);
        }
        steps.without_fork()
    };
    // This comes after the fork, because a PID namespace without processes cannot be bound.
    for (kind, file) in &request.pins {
        steps.outside(PinStep::Bind(*kind, file.clone()));
    }
    steps
}

/// The contents of the new namespaces before the program starts.
fn surroundings(request: &Request, steps: &mut Steps<Forked>) {
    // The kernel numbers a network namespace by itself if a pair leads there, and changes no number.
    if let Some(id) = request.nsid {
        steps.outside(PinStep::Number(NetworkNumber::by_rtnetlink(id)));
    }
    for veth in &request.veth {
        steps.outside(VethStep::Create(Rc::clone(veth), MakeVeth::by_rtnetlink()));
        steps.outside(VethStep::SetUp(Rc::clone(veth), VethEnd::Peer));
        steps.outside(VethStep::SetUp(Rc::clone(veth), VethEnd::New));
    }
    if request.loopback {
        steps.inside(NetworkStep::LoopbackUp);
    }
    if let Some(name) = &request.host_name {
        steps.inside(SettingStep::HostName(name.clone()));
    }
    if let Some(name) = &request.domain_name {
        steps.inside(SettingStep::DomainName(name.clone()));
    }
}

/// Propagation, root, directory, and the file systems that belong to the new namespaces.
fn mounts(request: &Request, steps: &mut Steps<Forked>) {
    let pivots = request.root.is_some() && request.kinds.contains(Kind::Mnt);
    // A shared root cannot be pivoted.
    let later = request
        .propagation
        .filter(|propagation| pivots && *propagation == PropagationType::Shared);
    if let Some(propagation) = request.propagation.filter(|_| later.is_none()) {
        steps.inside(MountStep::Propagate(propagation));
    }
    if let Some(root) = &request.root {
        // With the flag F, the kernel opens the interpreter when it is registered, outside the new root.
        if let (Some(line), Some(binfmt)) = (opened_early(request), &request.binfmt) {
            steps.inside(MountStep::Binfmt(binfmt.clone()));
            steps.inside(MountStep::RegisterInterpreter(line, binfmt.clone()));
        }
        if pivots {
            pivot(request, root, steps);
        } else {
            steps.inside(DirectoryStep::Chroot(root.clone()));
        }
    }
    if let Some(directory) = &request.directory {
        steps.inside(DirectoryStep::Change(directory.clone()));
    }
    if let Some(on) = request.proc.as_ref().filter(|_| !pivots) {
        steps.inside(MountStep::Proc(on.clone()));
    }
    if let Some(on) = &request.binfmt {
        steps.inside(MountStep::Binfmt(on.clone()));
        if let Some(line) = request
            .interpreter
            .as_ref()
            .filter(|_| opened_early(request).is_none())
        {
            steps.inside(MountStep::RegisterInterpreter(line.clone(), on.clone()));
        }
    }
    if let Some(propagation) = later {
        steps.inside(MountStep::Propagate(propagation));
    }
}

/// Another root. Its `/proc` is mounted while the old root still exists, because in a user namespace the kernel mounts
/// a new `/proc` only if another one is visible.
fn pivot(request: &Request, root: &Path, steps: &mut Steps<Forked>) {
    steps.inside(DirectoryStep::PrepareRoot(root.to_owned()));
    if let Some((_, on)) = request.proc_below() {
        steps.inside(MountStep::ProcBelow(root.to_owned(), on));
    }
    steps.inside(DirectoryStep::PivotRoot(root.to_owned()));
}

/// The line of an interpreter that is opened at its registration, if another root follows.
fn opened_early(request: &Request) -> Option<Vec<u8>> {
    let line = request.interpreter.as_ref().filter(|_| request.root.is_some())?;
    // The first character separates the fields.
    let separator = *line.first()?;
    let flags = line.rsplit(|byte| *byte == separator).next()?;
    flags.contains(&b'F').then(|| line.clone())
}

/// Ids and capabilities, and settings that their change resets.
fn credentials(request: &Request, steps: &mut Steps<Forked>) {
    if let Some(gid) = request.gid {
        steps.inside(CredentialStep::SetGid(gid));
    }
    if let Some(uid) = request.uid {
        steps.inside(CredentialStep::SetUid(uid));
    }
    if request.keep_capabilities {
        steps.inside(CredentialStep::KeepCapabilities);
    }
    // The kernel forgets the signal when the ids change.
    if let Some(signal) = request.kill_child {
        steps.inside(AttributeStep::DieWithParent(signal));
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::Cli;

    fn planned(options: &str) -> Plan {
        let words = ["ns-unshare"]
            .into_iter()
            .chain(options.split_whitespace())
            .chain(["true"]);
        plan(&Request::new(Cli::try_parse_from(words).unwrap()).unwrap())
    }

    /// The steps by name, each with the process that does it.
    fn steps(options: &str) -> Vec<String> {
        let plan = planned(options);
        plan.lines()
            .iter()
            .map(|line| format!("{} {}", line.process, line.step))
            .collect()
    }

    #[test]
    fn nothing_is_done_before_the_maps_are_written() {
        assert_eq!(
            steps("-r -T --monotonic 1 -n --hostname a -m --mount-proc -p"),
            [
                "child unshare",
                "child setgroups",
                "child map-uids",
                "child map-gids",
                "child set-clock",
                "child fork",
                "first loopback-up",
                "first host-name",
                "first propagate",
                "first mount-proc",
                "first execute",
            ]
        );
    }

    #[test]
    fn without_a_fork_the_time_namespace_is_entered() {
        assert_eq!(steps("-T"), ["self unshare", "self enter-time", "self execute"]);
        assert_eq!(steps("-T -p"), ["child unshare", "child fork", "first execute"]);
        assert_eq!(
            steps("-T -p --no-fork"),
            ["self unshare", "self enter-time", "self execute"]
        );
    }

    #[test]
    fn files_are_bound_from_outside_when_there_is_a_process() {
        assert_eq!(
            steps("--pid=/a --mount=/b"),
            [
                "child unshare",
                "child make-bindable",
                "child fork",
                "parent pin",
                "parent pin",
                "first propagate",
                "first execute",
            ]
        );
        assert_eq!(steps("--uts=/a"), ["self unshare", "helper pin", "self execute"]);
    }

    #[test]
    fn a_pair_is_made_outside_when_there_is_a_process_and_its_maps() {
        assert_eq!(
            steps("-r --veth eth0 --veth eth1 -p"),
            [
                "child unshare",
                "child setgroups",
                "child map-uids",
                "child map-gids",
                "child fork",
                "parent create-veth",
                "parent set-up-peer",
                "parent set-up-veth",
                "parent create-veth",
                "parent set-up-peer",
                "parent set-up-veth",
                "first loopback-up",
                "first execute",
            ]
        );
        assert_eq!(steps("--veth eth0 --no-loopback")[1], "helper create-veth");
    }

    #[test]
    fn a_name_is_given_when_all_is_set_up() {
        assert_eq!(
            steps("--pin x -m -n -S 1"),
            [
                "self unshare",
                "self make-bindable",
                "self loopback-up",
                "self propagate",
                "helper pin",
                "self setuid",
                "self execute",
            ]
        );
    }

    #[test]
    fn the_new_root_has_its_proc_before_the_old_one_goes() {
        let wanted = [
            "first propagate",
            "first prepare-root",
            "first mount-proc",
            "first pivot-root",
            "first chdir",
        ];
        assert_eq!(steps("-m -p --mount-proc -R /a -w b")[2..7], wanted);
        assert_eq!(steps("-R /a -w b"), ["self chroot", "self chdir", "self execute"]);
        // A shared root cannot be pivoted.
        let shared = steps("-m --propagation shared -R /a");
        assert_eq!(
            shared[1..4],
            ["self prepare-root", "self pivot-root", "self propagate"]
        );
    }

    #[test]
    fn proc_is_relative_to_the_new_working_directory() {
        let plan = planned("-m -R /a -w b --mount-proc=c");
        let lines = plan.lines();
        let proc = lines.iter().find(|line| line.step == "mount-proc").unwrap();
        assert_eq!(proc.description, "mount proc on \"b/c\" in the new root \"/a\"");
    }

    #[test]
    fn an_interpreter_that_is_opened_early_is_registered_outside_of_the_new_root() {
        let early = steps("-r -R /a -l :n:E::x::/bin/cat:F");
        let at = |name: &str| early.iter().position(|step| step.ends_with(name)).unwrap();
        assert!(at("register-interpreter") < at("pivot-root"), "{early:?}");
        let late = steps("-r -R /a -l :n:E::x::/bin/cat:");
        let at = |name: &str| late.iter().position(|step| step.ends_with(name)).unwrap();
        assert!(at("register-interpreter") > at("pivot-root"), "{late:?}");
    }

    #[test]
    fn the_signal_for_the_death_of_the_parent_comes_after_the_ids() {
        assert_eq!(
            steps("-S 1 -G 2 -U --keep-caps --kill-child --init"),
            [
                "child unshare",
                "child fork",
                "first setgid",
                "first setuid",
                "first keep-capabilities",
                "first die-with-parent",
                "first init",
                "program execute",
            ]
        );
    }
}
