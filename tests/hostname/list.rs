//! `--list`: every UTS namespace with its names.

use super::container_of;
use crate::support::case::cases;
use crate::support::{Outcome, Run as _, User, inode_of, program, tool};

cases!["hostname::list": lists_every_namespace_with_its_names];

fn lists_every_namespace_with_its_names() -> Outcome {
    let user = User::ordinary()?;
    let there = container_of(user, "listed");
    let list = program("ns-hostname").with("--list --json").json();
    let rows = list["namespaces"].as_array().expect("it is a list");
    let row = |inode: u64| rows.iter().find(|row| row["ns"] == inode).expect("it is listed");
    let new = row(there.inode("uts"));
    assert_eq!(new["hostname"], "listed");
    assert_eq!(new["own"], false);
    assert_eq!(new["nprocs"], 1);
    assert_eq!(new["pid"], there.pid);
    let own = row(inode_of("/proc/self/ns/uts"));
    assert_eq!(own["own"], true);
    assert_eq!(own["hostname"], tool("hostname").ran().ok().trim_end());
    let text = program("ns-hostname").with("--list -o NS,HOSTNAME").ok();
    let line = format!("{} listed", there.inode("uts"));
    assert!(text.lines().any(|text| text == line), "{text}");
    Ok(())
}
