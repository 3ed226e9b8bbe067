//! Entering by name: a pinned name, a file, and a name whose namespace no longer exists.

use super::inodes_inside;
use crate::support::case::cases;
use crate::support::{Held, Outcome, Run as _, inode_of, needs, program, tool};

cases!["enter::names": a_name_pins_what_is_entered, a_file_may_be_meant_by_a_name, a_stale_name_is_called_stale];

/// A name that `ip netns` creates. It is removed when this is dropped.
struct Name(String);

impl Name {
    fn new() -> Result<Self, crate::support::case::Skip> {
        needs::root()?;
        needs::installed("ip")?;
        let thread = std::thread::current().id();
        let name: String = format!("ns-enter-{}-{thread:?}", std::process::id())
            .chars()
            .filter(|letter| letter.is_ascii_alphanumeric() || *letter == '-')
            .collect();
        tool("ip").args(["netns", "add", &name]).ran().ok();
        Ok(Self(name))
    }

    fn inode(&self) -> u64 {
        use std::os::unix::fs::MetadataExt as _;
        std::fs::metadata(format!("/run/netns/{}", self.0))
            .expect("it is there")
            .ino()
    }
}

impl Drop for Name {
    fn drop(&mut self) {
        let _ = tool("ip").args(["netns", "del", &self.0]).output();
    }
}

fn a_name_pins_what_is_entered() -> Outcome {
    needs::tools("mount");
    let name = Name::new()?;
    let (blue, inode) = (&name.0, name.inode());
    for options in [
        vec![format!("--net={blue}")],
        vec![format!("--net=name:{blue}")],
        vec![format!("-n=/run/netns/{blue}")],
        vec![format!("-n=net:[{inode}]")],
        vec![format!("--net={inode}")],
        vec!["-t".into(), blue.clone()],
        vec!["-t".into(), blue.clone(), "-n".into()],
        vec!["-t".into(), blue.clone(), "-a".into()],
        vec!["-t".into(), format!("net:[{inode}]")],
    ] {
        for (kind, found) in inodes_inside(program("ns-enter").args(&options)) {
            let expected = match kind {
                "net" => inode,
                _ => inode_of(&format!("/proc/self/ns/{kind}")),
            };
            assert_eq!(found, expected, "{options:?} {kind}");
        }
    }
    let links = program("ns-enter")
        .args([&format!("--net={blue}"), "ip", "-o", "link"])
        .ran()
        .ok();
    assert_eq!(links.lines().count(), 1, "{links}");
    // The name is resolved outside. Inside that mount namespace, it may mean another namespace.
    let held = Held::new(
        program("ns-unshare").arg("-m"),
        "mount -t tmpfs none /run; mkdir /run/netns",
    );
    let inside = program("ns-enter")
        .args([
            "-t",
            &held.pid.to_string(),
            "-m",
            &format!("--net={blue}"),
            "readlink",
            "/proc/self/ns/net",
        ])
        .ran()
        .ok();
    assert_eq!(inside, format!("net:[{inode}]\n"));
    let error = program("ns-enter")
        .with(&format!("-t {blue} --uts true"))
        .fails(1);
    assert!(error.contains("no UTS namespace is pinned"), "{error}");
    Ok(())
}

fn a_file_may_be_meant_by_a_name() -> Outcome {
    let name = Name::new()?;
    let directory = tempfile::tempdir().expect("root can make one");
    let held = Held::new(program("ns-unshare").arg("-n"), "");
    for file in ["file-only", &name.0] {
        std::os::unix::fs::symlink(held.proc("ns/net"), directory.path().join(file)).expect("it is ours");
    }
    let enter = |value: &str| {
        program("ns-enter")
            .current_dir(directory.path())
            .args([&format!("--net={value}"), "readlink", "/proc/self/ns/net"])
            .ran()
            .ok()
    };
    assert_eq!(enter("file-only"), format!("net:[{}]\n", held.inode("net")));
    assert_eq!(enter(&name.0), format!("net:[{}]\n", name.inode()));
    assert_eq!(
        enter(&format!("./{}", name.0)),
        format!("net:[{}]\n", held.inode("net"))
    );
    Ok(())
}

fn a_stale_name_is_called_stale() -> Outcome {
    let name = Name::new()?;
    let file = format!("/run/netns/{}", name.0);
    nix::mount::umount2(file.as_str(), nix::mount::MntFlags::MNT_DETACH).expect("it is a mount");
    let error = program("ns-enter")
        .args([&format!("--net={}", name.0), "true"])
        .ran()
        .fails(1);
    assert!(error.contains("is stale"), "{error}");
    Ok(())
}
