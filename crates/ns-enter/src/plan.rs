//! From a request to a plan: which steps, in which order. Pure: the order is tested as data.

use ns_core::idmap::IdKind;
use ns_core::launch::{Destinations, Plan, Step};

use crate::request::Request;

/// The plan for the request.
pub fn plan(request: &Request) -> Plan {
    let mut plan = Plan {
        fork: request.fork,
        forward_signals: request.forward_signals,
        steps: Vec::new(),
    };
    namespaces(request, &mut plan);
    if request.fork {
        plan.inside(Step::ForkInto);
    }
    credentials(request, &mut plan);
    plan.inside(Step::Execute(request.program.clone()));
    plan
}

/// The namespaces in two passes: a user namespace may take away what it needs to enter the others, or give it.
fn namespaces(request: &Request, plan: &mut Plan) {
    let others = Destinations::new(request.others.iter().cloned());
    let some = !request.others.is_empty();
    if let Some(user) = &request.user {
        if request.gid.is_some() {
            // Who may drop the groups outside may not inside, where setgroups(2) is denied.
            plan.inside(Step::TryDropGroups);
        }
        if some {
            plan.inside(Step::TryJoin(others.clone()));
        }
        plan.inside(Step::Join(Destinations::new([user.clone()])));
    }
    if some {
        plan.inside(Step::Join(others));
    }
}

/// Ids and capabilities. The gid first: without uid 0 it could not be changed.
fn credentials(request: &Request, plan: &mut Plan) {
    for (ids, wanted) in [(IdKind::Group, request.gid), (IdKind::User, request.uid)] {
        if let Some(wanted) = wanted {
            plan.inside(Step::Take(ids, wanted));
        }
    }
    if request.keep_capabilities {
        plan.inside(Step::KeepCapabilities);
    }
}
