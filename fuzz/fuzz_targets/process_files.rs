//! Any bytes as the small files of a process: stat, status, cgroup, cmdline, and the link of a namespace.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ns_core::process::{Cgroups, Status, command_line, parse_link, parse_stat};

fuzz_target!(|bytes: &[u8]| {
    if let Some(stat) = parse_stat(bytes) {
        assert!(stat.name.is_empty() || bytes.windows(stat.name.len()).any(|name| name == stat.name));
    }
    let status = Status::new(bytes.to_vec());
    let _ = (
        status.permitted(),
        status.effective(),
        status.signals_asked_for(),
        status.leader(),
    );
    let _ = (
        status.threads(),
        status.has_seccomp_filter(),
        status.real_uid(),
        status.pids(),
    );
    let cgroups = Cgroups::new(bytes.to_vec());
    for cgroup in cgroups.all() {
        // The kernel ends no path with a slash, except that of the top.
        assert!(cgroup.path.ends_with(b"/") || cgroups.are_in(cgroup));
        assert!(cgroup.down().all(|above| cgroups.are_in(above)));
        cgroup.containers();
    }
    let _ = (
        cgroups.unified(),
        cgroups.path(),
        cgroups.unit(),
        cgroups.container(),
    );
    assert!(command_line(bytes).is_none_or(|line| line.len() <= bytes.len()));
    let _ = parse_link(bytes);
});
