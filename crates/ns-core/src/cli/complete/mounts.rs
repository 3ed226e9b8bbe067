//! Mounts and file system types as values.

use std::collections::HashSet;

use super::choice::{Choice, Word};
use crate::Result;
use crate::error::Doing;
use crate::mounts::{Mount, MountTable, View};

/// The types of file systems that this kernel can mount now, and the types that are mounted. After "no" or "!", the
/// types to leave out.
pub(super) fn filesystems(word: Word<'_>) -> Result<Vec<Choice>> {
    let text = std::fs::read("/proc/filesystems").doing(|| "read /proc/filesystems")?;
    let of_kernel = |line: &[u8]| {
        let (nodev, name) = line.split_at(line.iter().position(|byte| *byte == b'\t')?);
        let about = if nodev.is_empty() {
            "on a device"
        } else {
            "without a device"
        };
        Some(Choice::new(&name[1..], about))
    };
    let mut types: Vec<_> = text.split(|byte| *byte == b'\n').filter_map(of_kernel).collect();
    types.extend(of_mounts(|mount| {
        Choice::new(mount.fs_type.decoded(), "mounted")
    })?);
    let mut types = without_repetition(types);
    for not in ["no", "!"] {
        if word.0.starts_with(not.as_bytes()) {
            let negated =
                |choice: &Choice| Choice::new([not.as_bytes(), &choice.value].concat(), "all others");
            types.extend(types.iter().map(negated).collect::<Vec<_>>());
        }
    }
    Ok(types)
}

/// The mount points, with type and source.
pub(super) fn points() -> Result<Vec<Choice>> {
    let point = |mount: &Mount<'_>| {
        let about = [&*mount.fs_type.decoded(), b" ", &*mount.source.decoded()].concat();
        Choice::new(mount.target.decoded(), about)
    };
    // The last mount at a mount point is the visible one.
    let points: Vec<_> = of_mounts(point)?.into_iter().rev().collect();
    Ok(without_repetition(points).into_iter().rev().collect())
}

/// The sources, with the first mount point of each.
pub(super) fn sources() -> Result<Vec<Choice>> {
    let source = |mount: &Mount<'_>| Choice::new(mount.source.decoded(), mount.target.decoded());
    let named = |choice: &Choice| !choice.value.is_empty() && choice.value != b"none";
    let sources = of_mounts(source)?.into_iter().filter(named).collect();
    Ok(without_repetition(sources))
}

fn of_mounts(choice: impl FnMut(&Mount<'_>) -> Choice) -> Result<Vec<Choice>> {
    let text = View::own()?.read()?;
    Ok(MountTable::parse(&text).mounts().iter().map(choice).collect())
}

/// The first of each value.
fn without_repetition(mut choices: Vec<Choice>) -> Vec<Choice> {
    let mut known = HashSet::new();
    choices.retain(|choice| known.insert(choice.value.clone()));
    choices
}
