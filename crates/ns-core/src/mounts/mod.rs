//! The mounts of a mount namespace, as `/proc/PID/mountinfo` shows them (`proc_pid_mountinfo(5)`).

mod bounded;
mod cgroup;
mod cover;
mod diff;
mod escape;
mod follow;
mod fstab;
mod line;
mod listed;
mod notices;
mod options;
mod peers;
mod propagation;
mod resolve;
mod statmount;
mod stats;
mod status;
mod table;
mod tags;
mod tree;
mod utab;
mod view;

pub use bounded::may_wait;
pub(crate) use bounded::may_wait_for_another;
pub use cgroup::cgroup_directory;
pub use cover::Covers;
pub use diff::{Aspect, DeviceNumbers, Difference, MountEvent, differences, events};
pub use escape::Escaped;
pub use follow::{Change, Changes, Followed, Place};
pub use line::{Device, FstabFields, Mount, MountId};
pub(crate) use listed::has_pins;
pub use notices::{Attached, Notice, Notices};
pub use options::{MountOptions, merged};
pub use peers::{PeerMount, PeerMounts, Peers};
pub use propagation::{PeerGroup, Propagation};
pub use resolve::{PathKind, ResolvedPath, Space};
#[cfg(fuzzing)]
pub use statmount::check_buffer;
pub use stats::{Statistics, parse_stats};
pub use status::{MountStatus, Statuses};
pub use table::{LineFlaw, MountTable, TableForm};
#[cfg(fuzzing)]
pub use tags::check_device;
pub use tags::{
    Tag, TaggedDevices, Tags, btrfs_devices, device_at, device_of, device_path, parse_tag, type_in_file,
    type_on,
};
pub use tree::{Node, Tree};
pub use utab::UserOptions;
pub use view::View;
