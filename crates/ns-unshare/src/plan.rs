//! From a request to a plan: which steps, in which order, on which side. Pure: the order is tested as data.

use std::path::Path;

use ns_core::Kind;
use ns_core::idmap::MapWriter;
use ns_core::launch::{Plan, Propagation, Side, Step};

use crate::request::Request;

/// The plan for the request.
pub fn plan(request: &Request) -> Plan {
    let mut plan = Plan {
        fork: request.fork,
        forward_signals: request.forward_signals,
        steps: Vec::new(),
    };
    namespaces(request, &mut plan);
    surroundings(request, &mut plan);
    mounts(request, &mut plan);
    credentials(request, &mut plan);
    if request.init {
        plan.inside(Step::StayAsInit);
    }
    if let Some(file) = &request.pid_file {
        plan.outside(Step::WritePidFile(file.clone()));
    }
    if let Some(fd) = request.info_fd {
        plan.outside(Step::WriteInfo(fd));
    }
    plan.inside(Step::Execute(request.program.clone()));
    plan
}

/// The namespaces, and what the kernel takes only while nothing runs in them.
fn namespaces(request: &Request, plan: &mut Plan) {
    if let Some((uid, gid)) = request.owner {
        plan.inside(Step::BecomeOwner { uid, gid });
    }
    if !request.kinds.is_empty() {
        plan.inside(Step::Unshare(request.kinds));
    }
    if request.pins.iter().any(|(kind, _)| *kind == Kind::Mnt) {
        plan.inside(Step::MakeBindable);
    }
    // Before the gid map: with a map in place it can no longer be denied.
    plan.steps.extend(
        request
            .setgroups
            .map(|setgroups| (Side::Inside, Step::Setgroups(setgroups))),
    );
    for (ids, map, writer) in &request.maps {
        let step = Step::Map {
            ids: *ids,
            map: map.clone(),
            writer: *writer,
        };
        let side = if *writer == MapWriter::Inside {
            Side::Inside
        } else {
            Side::Outside
        };
        plan.steps.push((side, step));
    }
    // Before any process is in the time namespace.
    for (clock, offset) in &request.clocks {
        plan.inside(Step::SetClock(*clock, *offset));
    }
    let forks_first = request.fork && request.kinds.contains(Kind::Pid);
    if forks_first {
        plan.inside(Step::ForkFirst);
    } else if request.kinds.contains(Kind::Time) {
        plan.inside(Step::EnterTime);
    }
    // After the fork: without a process in it a PID namespace cannot be bound.
    for (kind, file) in &request.pins {
        plan.outside(Step::Pin(*kind, file.clone()));
    }
}

/// What the new namespaces hold when the program finds them.
fn surroundings(request: &Request, plan: &mut Plan) {
    if request.loopback {
        plan.inside(Step::LoopbackUp);
    }
    if let Some(name) = &request.host_name {
        plan.inside(Step::HostName(name.clone()));
    }
    if let Some(name) = &request.domain_name {
        plan.inside(Step::DomainName(name.clone()));
    }
}

/// Propagation, root, directory, and the file systems that belong to the new namespaces.
fn mounts(request: &Request, plan: &mut Plan) {
    let pivots = request.root.is_some() && request.kinds.contains(Kind::Mnt);
    // A shared root cannot be pivoted away.
    let later = request
        .propagation
        .filter(|propagation| pivots && *propagation == Propagation::Shared);
    if let Some(propagation) = request.propagation.filter(|_| later.is_none()) {
        plan.inside(Step::Propagate(propagation));
    }
    if let Some(root) = &request.root {
        // With the flag F the kernel opens the interpreter when it is registered: outside of the new root.
        if let (Some(line), Some(binfmt)) = (opened_early(request), &request.binfmt) {
            plan.inside(Step::MountBinfmt(binfmt.clone()));
            plan.inside(Step::RegisterInterpreter(line, binfmt.clone()));
        }
        if pivots {
            pivot(request, root, plan);
        } else {
            plan.inside(Step::Chroot(root.clone()));
        }
    }
    if let Some(directory) = &request.directory {
        plan.inside(Step::ChangeDirectory(directory.clone()));
    }
    if let Some(on) = request.proc.as_ref().filter(|_| !pivots) {
        plan.inside(Step::MountProc(on.clone()));
    }
    if let Some(on) = &request.binfmt {
        plan.inside(Step::MountBinfmt(on.clone()));
        if let Some(line) = request
            .interpreter
            .as_ref()
            .filter(|_| opened_early(request).is_none())
        {
            plan.inside(Step::RegisterInterpreter(line.clone(), on.clone()));
        }
    }
    if let Some(propagation) = later {
        plan.inside(Step::Propagate(propagation));
    }
}

/// Another root. Its `/proc` is mounted while the old root is still there: in a user namespace the kernel wants to see
/// another one before it mounts a new one.
fn pivot(request: &Request, root: &Path, plan: &mut Plan) {
    plan.inside(Step::PrepareRoot(root.to_owned()));
    if let Some(on) = &request.proc {
        // Relative to the directory that will be the working directory then.
        let directory = request.directory.as_deref().unwrap_or(Path::new("/"));
        plan.inside(Step::MountProcBelow(root.to_owned(), directory.join(on)));
    }
    plan.inside(Step::PivotRoot(root.to_owned()));
}

/// The line of an interpreter that is opened when it is registered, where there is another root to come.
fn opened_early(request: &Request) -> Option<Vec<u8>> {
    let line = request.interpreter.as_ref().filter(|_| request.root.is_some())?;
    // The character after the first is what separates the fields.
    let separator = *line.first()?;
    let flags = line.rsplit(|byte| *byte == separator).next()?;
    flags.contains(&b'F').then(|| line.clone())
}

/// Ids and capabilities, and what changing them undoes.
fn credentials(request: &Request, plan: &mut Plan) {
    if let Some(gid) = request.gid {
        plan.inside(Step::SetGid(gid));
    }
    if let Some(uid) = request.uid {
        plan.inside(Step::SetUid(uid));
    }
    if request.keep_capabilities {
        plan.inside(Step::KeepCapabilities);
    }
    // The kernel forgets the signal when the ids change.
    if let Some(signal) = request.kill_child {
        plan.inside(Step::DieWithParent(signal));
    }
}
