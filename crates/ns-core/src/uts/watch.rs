//! Waiting for a name to change: `poll(2)` on `/proc/sys/kernel/hostname` and `domainname`, which wake for every change
//! of their name in any UTS namespace.

use std::fs::File;
use std::os::fd::BorrowedFd;

use rustix::event::{PollFd, PollFlags, poll};

use crate::Result;
use crate::error::Doing;
use crate::process::Process;

/// A watch of all UTS namespaces. What changes after it was made is not missed.
#[derive(Debug)]
pub struct Watch {
    host: File,
    domain: File,
}

/// What ended a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Woken {
    /// A name was set in some UTS namespace, if only to what it was.
    Changed,
    /// The process has ended.
    Ended,
    /// Nobody reads the output any more.
    Unread,
}

impl Watch {
    /// Starts to watch.
    pub fn new() -> Result<Self> {
        let open = |name| {
            let path = format!("/proc/sys/kernel/{name}");
            File::open(&path).doing(|| format!("open {path}"))
        };
        Ok(Self {
            host: open("hostname")?,
            domain: open("domainname")?,
        })
    }

    /// Sleeps until a name is set, `process` ends, or `output` loses its reader.
    pub fn wait(&self, process: Option<&Process>, output: Option<BorrowedFd<'_>>) -> Result<Woken> {
        // The kernel wakes for a name with POLLPRI and POLLERR, for the end of a process with POLLIN, and for a pipe without
        // readers with POLLERR, asked or not.
        let mut fds = vec![
            (Woken::Changed, PollFd::new(&self.host, PollFlags::PRI)),
            (Woken::Changed, PollFd::new(&self.domain, PollFlags::PRI)),
        ];
        fds.extend(process.map(|process| (Woken::Ended, PollFd::new(process, PollFlags::IN))));
        fds.extend(output.map(|output| {
            (
                Woken::Unread,
                PollFd::from_borrowed_fd(output, PollFlags::empty()),
            )
        }));
        let (meanings, mut fds): (Vec<_>, Vec<_>) = fds.into_iter().unzip();
        loop {
            match poll(&mut fds, None) {
                Ok(0) | Err(rustix::io::Errno::INTR) => {}
                answer => {
                    answer.doing(|| "wait for a name to change")?;
                    break;
                }
            }
        }
        // A name's wake-up comes once and first; the others stay as they are until they are asked for.
        let woken = fds.iter().position(|fd| !fd.revents().is_empty());
        Ok(woken.map_or(Woken::Changed, |index| meanings[index]))
    }
}
