//! The reports of the kernel about every process that starts, executes a program or ends: the process events connector
//! (`NETLINK_CONNECTOR` in `netlink(7)`, `Documentation/driver-api/connector.rst`).

use std::collections::{BTreeSet, HashMap};
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant, SystemTime};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::netlink::{CONNECTOR, SocketAddrNetlink};
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, bind, recv, sendto, socket_with, sockopt,
};

use super::{Pid, Woken, wait};
use crate::Result;
use crate::error::Doing;

/// `CN_IDX_PROC` and `CN_VAL_PROC`: the group of the reports, and their kind.
const PROC: u32 = 1;
/// `NLMSG_DONE`.
const DONE: u16 = 3;
/// `PROC_CN_MCAST_LISTEN`.
const LISTEN: u32 = 1;
/// The types of the reports: `PROC_EVENT_NONE` (an answer), `PROC_EVENT_FORK` and `PROC_EVENT_EXEC`.
const ANSWER: u32 = 0;
const FORK: u32 = 1;
const EXEC: u32 = 2;

/// The processor of an answer.
const NO_PROCESSOR: u32 = u32::MAX;

/// The bytes for reports that wait. A report takes about a kilobyte of the kernel's memory.
const ROOM: usize = 16 << 20;

/// The time in which the kernel answers. It does not answer a caller in another PID namespace than the first.
const PATIENCE: Duration = Duration::from_millis(200);

/// A queue of reports.
#[derive(Debug)]
pub struct Reports {
    socket: OwnedFd,
    /// The number of the next report of each processor. A gap means that reports were lost.
    next: HashMap<u32, u32>,
}

/// The contents of the queue.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Reported {
    /// The processes that started or executed a program, without threads.
    pub processes: BTreeSet<Pid>,
    /// The number of reports that were lost because the queue was full.
    pub lost: u64,
}

impl Reports {
    /// Asks for reports. `None` if the kernel gives the caller none: it needs `CAP_NET_ADMIN` in the first user namespace,
    /// and the first network and PID namespaces.
    pub fn ask() -> Option<Self> {
        let protocol = Some(CONNECTOR);
        let flags = SocketFlags::CLOEXEC;
        let socket = socket_with(AddressFamily::NETLINK, SocketType::DGRAM, flags, protocol).ok()?;
        bind(&socket, &SocketAddrNetlink::new(0, PROC)).ok()?;
        // With less room, more is lost, and counted.
        let _ = sockopt::set_socket_recv_buffer_size_force(&socket, ROOM);
        let number = number();
        let message = request(number);
        sendto(
            &socket,
            &message,
            SendFlags::empty(),
            &SocketAddrNetlink::new(0, 0),
        )
        .ok()?;
        let mut reports = Self {
            socket,
            next: HashMap::new(),
        };
        reports.is_answered(number).then_some(reports)
    }

    /// True if the kernel agrees to report, in the answer to the request with this number. All listeners get all answers.
    fn is_answered(&mut self, number: u32) -> bool {
        let end = Instant::now() + PATIENCE;
        let mut buffer = [0; 128];
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let time = Timespec::try_from(left).ok();
            let mut fds = [PollFd::new(&self.socket, PollFlags::IN)];
            match poll(&mut fds, time.as_ref()) {
                Ok(1..) => {}
                Err(Errno::INTR) => continue,
                _ => return false,
            }
            let length = match recv(&self.socket, &mut buffer, RecvFlags::DONTWAIT) {
                Ok((length, _)) => length,
                Err(Errno::INTR | Errno::AGAIN | Errno::NOBUFS) => continue,
                Err(_) => return false,
            };
            match Report::parse(&buffer[..length]) {
                // The first number is 0 for an agreement, and an error number else.
                Some(report) if report.what == ANSWER && report.answered == number.wrapping_add(1) => {
                    return report.data.first() == Some(&0);
                }
                // It is for another listener.
                _ if left.is_zero() => return false,
                _ => {}
            }
        }
    }

    /// Takes all reports out of the queue.
    pub fn read(&mut self) -> Result<Reported> {
        let mut reported = Reported::default();
        let mut buffer = [0; 128];
        loop {
            match recv(&self.socket, &mut buffer, RecvFlags::DONTWAIT) {
                Ok((length, _)) => {
                    if let Some(report) = Report::parse(&buffer[..length]) {
                        self.take(&report, &mut reported);
                    }
                }
                Err(Errno::AGAIN) => return Ok(reported),
                // The numbers of the next reports tell how many are lost.
                Err(Errno::INTR | Errno::NOBUFS) => {}
                Err(errno) => return Err(errno).doing(|| "read the reports about processes"),
            }
        }
    }

    fn take(&mut self, report: &Report, reported: &mut Reported) {
        // Answers are counted too, but older kernels give them no processor.
        if report.processor == NO_PROCESSOR {
            return;
        }
        let next = self.next.entry(report.processor).or_insert(report.number);
        let lost = report.number.wrapping_sub(*next);
        // The reports of one processor come in order.
        if lost <= u32::MAX / 2 {
            reported.lost += u64::from(lost);
        }
        *next = report.number.wrapping_add(1);
        if let Some(pid) = report.process() {
            reported.processes.insert(pid);
        }
    }

    /// Sleeps until there are reports, `output` loses its reader, or the time is up.
    pub fn wait(&self, limit: Option<Duration>, output: BorrowedFd<'_>) -> Result<Woken> {
        wait(&[], &[self.socket.as_fd()], None, Some(output), limit)
            .doing(|| "wait for a report about a process")
    }
}

/// A number for a request, by which its answer is known.
fn number() -> u32 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let pid = std::process::id().rotate_left(16);
    pid ^ now.map_or(0, |now| now.subsec_nanos())
}

/// The message that asks for reports: `struct nlmsghdr`, `struct cn_msg` and the request.
fn request(number: u32) -> Vec<u8> {
    let mut message = Vec::with_capacity(40);
    message.extend(40_u32.to_ne_bytes());
    message.extend(DONE.to_ne_bytes());
    message.extend([0; 10]);
    for word in [PROC, PROC, 0, number] {
        message.extend(word.to_ne_bytes());
    }
    message.extend(4_u16.to_ne_bytes());
    message.extend([0; 2]);
    message.extend(LISTEN.to_ne_bytes());
    message
}

/// A report: `struct nlmsghdr`, `struct cn_msg` and `struct proc_event` (`linux/cn_proc.h`).
#[derive(Debug)]
struct Report {
    /// Counts the reports of one processor.
    number: u32,
    /// In an answer, the number of the request and 1.
    answered: u32,
    what: u32,
    processor: u32,
    /// The numbers that depend on the type.
    data: Vec<u32>,
}

impl Report {
    /// `None` if this is no report about processes.
    fn parse(message: &[u8]) -> Option<Self> {
        let word = |at: usize| {
            let bytes = message.get(at..at + 4)?;
            Some(u32::from_ne_bytes(bytes.try_into().ok()?))
        };
        if (word(16)?, word(20)?) != (PROC, PROC) {
            return None;
        }
        Some(Self {
            number: word(24)?,
            answered: word(28)?,
            what: word(36)?,
            processor: word(40)?,
            // A timestamp of 8 bytes lies between.
            data: (0..4).map_while(|index| word(52 + 4 * index)).collect(),
        })
    }

    /// The process that started or executed a program.
    fn process(&self) -> Option<Pid> {
        let number = match (self.what, &self.data[..]) {
            // The parent comes first. A thread has another number than its process.
            (FORK, [_, _, pid, process, ..]) if pid == process => *process,
            (EXEC, [_, process, ..]) => *process,
            _ => return None,
        };
        Pid::new(i32::try_from(number).ok()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A report of processor 7.
    fn report(number: u32, what: u32, data: [u32; 4]) -> Vec<u8> {
        let mut message = vec![0; 16];
        for word in [PROC, PROC, number, 0, 0, what, 7, 0, 0] {
            message.extend(word.to_ne_bytes());
        }
        for word in data {
            message.extend(word.to_ne_bytes());
        }
        message
    }

    #[test]
    fn processes_are_told_from_threads_and_lost_reports_are_counted() {
        let (socket, _) =
            rustix::net::socketpair(AddressFamily::UNIX, SocketType::DGRAM, SocketFlags::CLOEXEC, None)
                .unwrap();
        let mut reports = Reports {
            socket,
            next: HashMap::new(),
        };
        let mut reported = Reported::default();
        for (number, what, data) in [
            (u32::MAX - 1, FORK, [1, 1, 20, 20]),
            (u32::MAX, FORK, [1, 1, 21, 20]),
            (0, EXEC, [31, 30, 0, 0]),
            (1, ANSWER, [0, 0, 0, 0]),
            (3, 0x8000_0000, [40, 40, 0, 0]),
        ] {
            let report = Report::parse(&report(number, what, data)).unwrap();
            reports.take(&report, &mut reported);
        }
        let pids = [20, 30].map(|pid| Pid::new(pid).unwrap());
        assert_eq!(reported.processes, pids.into());
        assert_eq!(reported.lost, 1);
    }

    #[test]
    fn another_message_is_no_report() {
        assert!(Report::parse(&[]).is_none() && Report::parse(&[0; 70]).is_none());
    }

    #[test]
    fn the_kernel_reports_a_child_of_root() {
        let Some(mut reports) = Reports::ask() else {
            return;
        };
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let pid = Pid::new(i32::try_from(child.id()).unwrap()).unwrap();
        child.wait().unwrap();
        let reported = reports.read().unwrap();
        assert!(reported.processes.contains(&pid), "{reported:?}");
    }
}
