//! The holders of a namespace, in words and for JSON.

use std::borrow::Cow;

use serde_json::{Value, json};

use crate::inventory::{Entry, Holder, HolderKind};
use crate::output::hexadecimal;
use crate::process::Pid;

/// The most holders of one kind that are listed one by one.
const FEW: usize = 3;

/// All holders in short form: `12 processes`, `descriptor 5 of process 4711`, `pin /run/netns/blue`.
pub fn words(entry: &Entry, own_mount_namespace: u64) -> Vec<Vec<u8>> {
    let mut words = Vec::new();
    match (entry.processes, entry.lowest) {
        (0, _) => {}
        (1, Some(pid)) => words.push(format!("process {pid}").into_bytes()),
        (some, _) => words.push(format!("{some} processes").into_bytes()),
    }
    for sort in entry
        .holders
        .chunk_by(|one, next| one.holder_kind() == next.holder_kind())
    {
        if sort[0].holder_kind() == HolderKind::Pin {
            words.extend(pins(sort, own_mount_namespace));
        } else if sort.len() <= FEW {
            words.extend(sort.iter().map(|holder| sentence(holder, own_mount_namespace)));
        } else {
            words.push(format!("{} {}", sort.len(), plural(sort[0].holder_kind())).into_bytes());
        }
    }
    words
}

/// The pins, with each path once, because unsharing a mount namespace copies all of them.
fn pins(pins: &[Holder], own: u64) -> Vec<Vec<u8>> {
    let mut paths: Vec<(&[u8], Vec<&Holder>)> = Vec::new();
    for pin in pins {
        let Holder::Pin { path, .. } = pin else { continue };
        match paths.iter_mut().find(|(known, _)| known == path) {
            Some((_, same)) => same.push(pin),
            None => paths.push((path, vec![pin])),
        }
    }
    paths
        .into_iter()
        .map(|(path, same)| match same[..] {
            [pin] => sentence(pin, own),
            _ => [
                b"pin ",
                path,
                format!(" in {} mount namespaces", same.len()).as_bytes(),
            ]
            .concat(),
        })
        .collect()
}

/// One holder in words.
pub fn sentence(holder: &Holder, own_mount_namespace: u64) -> Vec<u8> {
    let text = match holder {
        Holder::Thread { pid, tid } => format!("thread {tid} of process {pid}"),
        Holder::ForChildren { pid, tid } => format!("next children of {}", owner(*pid, *tid)),
        Holder::Descriptor { pid, tid, fd } => format!("descriptor {fd} of {}", owner(*pid, *tid)),
        Holder::Socket { pid, tid, fd } => format!("socket {fd} of {}", owner(*pid, *tid)),
        Holder::Tun { pid, tid, fd } => format!("TUN descriptor {fd} of {}", owner(*pid, *tid)),
        Holder::Child { kind, inode } => format!("child {kind}:[{inode}]"),
        Holder::Owned { kind, inode } => format!("owns {kind}:[{inode}]"),
        Holder::Pin {
            path,
            mount_namespace,
            ..
        } => {
            let place = if *mount_namespace == own_mount_namespace {
                String::new()
            } else {
                format!(" in mnt:[{mount_namespace}]")
            };
            return [b"pin ", &path[..], place.as_bytes()].concat();
        }
    };
    text.into_bytes()
}

/// The process, or the thread if it is not the first one.
fn owner(pid: Pid, tid: Pid) -> String {
    if pid == tid {
        format!("process {pid}")
    } else {
        format!("thread {tid} of process {pid}")
    }
}

fn plural(sort: HolderKind) -> &'static str {
    match sort {
        HolderKind::Thread => "threads",
        HolderKind::ForChildren => "next children of processes",
        HolderKind::Descriptor => "descriptors",
        HolderKind::Socket => "sockets",
        HolderKind::Tun => "TUN descriptors",
        HolderKind::Pin => "pins",
        HolderKind::Child => "children",
        HolderKind::Owned => "owned namespaces",
    }
}

/// One holder for JSON.
pub fn value(holder: &Holder) -> Value {
    // The first thread of a process is not named.
    let of = |kind: &str, pid: &Pid, tid: &Pid| {
        let mut value = json!({"type": kind, "pid": pid.as_raw()});
        if pid != tid {
            value["tid"] = tid.as_raw().into();
        }
        value
    };
    let open = |kind: &str, pid: &Pid, tid: &Pid, fd: &u32| {
        let mut value = of(kind, pid, tid);
        value["fd"] = (*fd).into();
        value
    };
    match holder {
        Holder::Thread { pid, tid } => json!({"type": "thread", "pid": pid.as_raw(), "tid": tid.as_raw()}),
        Holder::ForChildren { pid, tid } => of("next-children", pid, tid),
        Holder::Descriptor { pid, tid, fd } => open("descriptor", pid, tid, fd),
        Holder::Socket { pid, tid, fd } => open("socket", pid, tid, fd),
        Holder::Tun { pid, tid, fd } => open("tun", pid, tid, fd),
        Holder::Child { kind, inode } => json!({"type": "child", "kind": kind.name(), "ns": inode}),
        Holder::Owned { kind, inode } => json!({"type": "owned", "kind": kind.name(), "ns": inode}),
        Holder::Pin {
            path,
            mount_namespace,
            ..
        } => {
            let mut value = json!({"type": "pin", "path": lossy(path), "mnt": mount_namespace});
            if std::str::from_utf8(path).is_err() {
                value["path-bytes"] = hexadecimal(path).into();
            }
            value
        }
    }
}

fn lossy(path: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(path)
}
