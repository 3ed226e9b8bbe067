//! Waiting for a name to change: `poll(2)` on `/proc/sys/kernel/hostname` and `domainname`, which wake for every change
//! of that name in any UTS namespace.

use std::fs::File;
use std::os::fd::{AsFd as _, BorrowedFd};
use std::time::Duration;

use crate::error::Doing;
use crate::process::{Process, Woken, wait};
use crate::{Error, Result};

/// A watch of all UTS namespaces. No change after its creation is missed.
#[derive(Debug)]
pub struct Watch {
    host: File,
    domain: File,
}

impl Watch {
    /// Starts to watch.
    pub fn new() -> Result<Self> {
        let open = |name| {
            let path = format!("/proc/sys/kernel/{name}");
            let file = File::open(&path).doing(|| format!("open {path}"));
            file.map_err(Error::or_without_proc)
        };
        Ok(Self {
            host: open("hostname")?,
            domain: open("domainname")?,
        })
    }

    /// Sleeps until a name is set, `process` ends, `output` loses its reader, or the time is up.
    pub fn wait(
        &self,
        process: Option<&Process>,
        output: Option<BorrowedFd<'_>>,
        limit: Option<Duration>,
    ) -> Result<Woken> {
        let files = [self.host.as_fd(), self.domain.as_fd()];
        wait(&files, &[], process, output, limit).doing(|| "wait for a name to change")
    }
}
