//! From a request to a plan: which steps, in which order. Pure: the order is tested as data.

use ns_core::idmap::IdKind;
use ns_core::launch::{Destination, Destinations, Plan, Propagation, Step};
use ns_core::{Kind, Kinds};

use crate::request::{Request, Working};

/// The plan for the request.
pub fn plan(request: &Request) -> Plan {
    let mut plan = Plan {
        fork: request.fork,
        forward_signals: request.forward_signals,
        steps: Vec::new(),
    };
    if let Some(cgroups) = &request.cgroups {
        plan.inside(Step::JoinCgroups(cgroups.clone()));
    }
    if request.is_exposed() {
        plan.inside(Step::Hide);
    }
    namespaces(request, &mut plan);
    directories(request, &mut plan);
    if request.fork {
        plan.inside(Step::ForkInto);
    }
    if let Some(on) = &request.proc {
        plan.inside(Step::MountProc(on.clone()));
    }
    if let Some(process) = &request.environment {
        plan.inside(Step::ReadEnvironment(process.clone()));
    }
    credentials(request, &mut plan);
    if let Some(context) = &request.context {
        plan.inside(Step::SetContext(context.clone()));
    }
    plan.inside(Step::Execute(request.program.clone()));
    plan
}

/// The namespaces in two passes: a user namespace may take away what it needs to enter the others, or give it.
fn namespaces(request: &Request, plan: &mut Plan) {
    let places = &request.places;
    let others = (!places.others.is_empty()).then(|| Destinations::new(places.others.iter().cloned()));
    if places.enters_user() && request.gid.is_some() {
        // Who may drop the groups outside may not inside, where setgroups(2) is denied.
        plan.inside(Step::TryDropGroups);
    }
    for user in [&places.owner, &places.user].into_iter().flatten() {
        if let Some(others) = &others {
            plan.inside(Step::TryJoin(others.clone()));
        }
        plan.inside(Step::Join(alone(user)));
    }
    if let Some(others) = others {
        plan.inside(Step::Join(others));
    }
    if let Some(mount) = &places.mount_again {
        // From a chroot this leads out, where that is allowed; to the root directory in any case.
        plan.inside(Step::TryJoin(alone(mount)));
        plan.inside(Step::ChangeDirectory("/".into()));
    }
}

fn alone(destination: &Destination) -> Destinations {
    Destinations::new([destination.clone()])
}

/// Root and working directory, in a copy of the mounts where one is changed.
fn directories(request: &Request, plan: &mut Plan) {
    match (&request.root, &request.proc) {
        (Some(root), None) => plan.inside(Step::EnterRoot(root.clone())),
        (root, Some(_)) => {
            // The copy has the working directory in it, and the root of the namespace, but no other directory that
            // was opened before.
            if let Some(root) = root {
                plan.inside(Step::EnterDirectory(root.clone()));
            }
            plan.inside(Step::Unshare(Kinds::from_iter([Kind::Mnt])));
            plan.inside(Step::Propagate(Propagation::Slave));
            if root.is_some() {
                plan.inside(Step::Chroot(".".into()));
            }
        }
        (None, None) => {}
    }
    match &request.working {
        Working::Default => {}
        Working::Directory(directory) => plan.inside(Step::EnterDirectory(directory.clone())),
        Working::Perhaps(directory) => plan.inside(Step::TryDirectory(directory.clone())),
        Working::Inside(path) => plan.inside(Step::ChangeDirectory(path.clone())),
    }
}

/// Ids and capabilities. The gid first: without uid 0 it could not be changed.
fn credentials(request: &Request, plan: &mut Plan) {
    for (ids, wanted) in [(IdKind::Group, &request.gid), (IdKind::User, &request.uid)] {
        if let Some(wanted) = wanted {
            plan.inside(Step::Take(ids, wanted.clone()));
        }
    }
    if request.keep_capabilities {
        plan.inside(Step::KeepCapabilities);
    }
}
