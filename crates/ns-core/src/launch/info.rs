//! The output of `--info-fd` about the process that keeps the namespaces alive: one JSON object in one line.

use serde_json::json;

use crate::escape::escape_json;
use crate::process::{Pid, Process};
use crate::{Kind, Result};

/// `{"pid":…,"pidfd-inode":…,"namespaces":[{"type":…,"ns":…,"id":…},…],"interfaces":[{"name":…,"peer":…},…]}`; ids
/// and the inode of the pidfd are null if the kernel has none.
pub(super) fn line(pid: Pid, interfaces: &serde_json::Value) -> Result<String> {
    let process = Process::open_own(pid)?;
    let namespaces = Kind::ALL.map(|kind| {
        let (inode, id) = match process.namespace(kind) {
            Ok(namespace) => (Some(namespace.identity().inode), namespace.id().known()),
            Err(_) => (None, None),
        };
        json!({"type": kind.name(), "ns": inode, "id": id})
    });
    let object = json!({
        "pid": pid.as_raw(),
        "pidfd-inode": process.inode()?.known(),
        "namespaces": namespaces,
        "interfaces": interfaces,
    });
    Ok(format!("{}\n", escape_json(&object.to_string())))
}
