//! Running one command under `ptrace(2)`: the system calls of its processes are listed, and one of them can be made to
//! fail without being done.
//!
//! A filter (`seccomp(2)`) would stop it less often, but the programs would find that filter and name it as the cause.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use nix::errno::Errno;
use nix::libc;
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use super::state::PROC;

/// One occurrence of a system call.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Site {
    /// The process that makes it: `0` is the first, `0.1` its second child.
    pub process: String,
    /// The number of the call.
    pub call: i64,
    /// Which of the calls with this number of this process: 1 is the first. In an injection, 0 is every call of every
    /// process.
    pub nth: u32,
}

/// A call that fails.
#[derive(Clone, Debug)]
pub struct Injection {
    /// The call.
    pub site: Site,
    /// Its result.
    pub errno: Errno,
}

/// The observations of a run.
#[derive(Debug, Default)]
pub struct Trace {
    /// The exit status of the first process, or 128 and the number of the signal that ended it.
    pub status: i32,
    /// It could not be executed under a limit.
    pub is_unmapped: bool,
    /// The size of its address space when it began, in bytes.
    pub mapped: Option<u64>,
    /// Every call up to the start of another program.
    pub sites: Vec<Site>,
    /// The injected failure happened.
    pub is_hit: bool,
    /// The first argument of the call that failed last.
    pub argument: Option<u64>,
    /// The names of the started programs, and whether each started after the failure.
    pub programs: Vec<(String, bool)>,
    /// Processes that were there after the end of the first.
    pub left: Vec<String>,
}

/// How long processes may go on after the end of the first. They end within milliseconds, but the machine may be busy.
const GRACE: Duration = Duration::from_secs(3);

/// A traced process.
#[derive(Debug, Default)]
struct Tracee {
    path: String,
    is_in_call: bool,
    /// Its first stop, which the kernel adds, is still to come.
    is_new: bool,
    /// The result that the call gets in place of its own.
    result: Option<Errno>,
    counts: HashMap<i64, u32>,
    children: u32,
    /// It is behind the loader of the C library and the start-up of the standard library.
    has_begun: bool,
}

/// The tracer of one command.
struct Tracer<'a> {
    injection: Option<&'a Injection>,
    first: Pid,
    tracees: HashMap<Pid, Tracee>,
    /// Children that stopped before their parent reported them.
    early: Vec<Pid>,
    trace: Trace,
    has_ended: bool,
}

/// Runs a command that makes itself traced by its parent (`probe start --trace`). All children of this process must be
/// the command or in `others`; they are the processes that may be there afterwards.
pub fn run(command: &mut Command, injection: Option<&Injection>, others: &[i32]) -> Result<Trace> {
    let mut child = command
        .spawn()
        .with_context(|| format!("cannot run {command:?}"))?;
    let first = Pid::from_raw(i32::try_from(child.id())?);
    match waitpid(first, Some(WaitPidFlag::__WALL))? {
        WaitStatus::Stopped(_, Signal::SIGTRAP) => {}
        // The kernel cannot map the program, and ends it.
        WaitStatus::Stopped(_, signal @ Signal::SIGSEGV) => {
            child.kill()?;
            child.wait()?;
            return Ok(Trace {
                status: 128 + signal as i32,
                is_unmapped: true,
                ..Trace::default()
            });
        }
        status => bail!("{command:?} was not traced: {status:?}"),
    }
    let options = Options::PTRACE_O_TRACESYSGOOD
        | Options::PTRACE_O_TRACEFORK
        | Options::PTRACE_O_TRACEVFORK
        | Options::PTRACE_O_TRACECLONE
        | Options::PTRACE_O_TRACEEXEC
        | Options::PTRACE_O_EXITKILL;
    ptrace::setoptions(first, options)?;
    let mut tracer = Tracer {
        injection,
        first,
        tracees: HashMap::new(),
        early: Vec::new(),
        trace: Trace::default(),
        has_ended: false,
    };
    let path = "0".to_owned();
    tracer.tracees.insert(
        first,
        Tracee {
            path,
            ..Tracee::default()
        },
    );
    tracer.resume(first, None);
    tracer.follow(others)?;
    Ok(tracer.trace)
}

impl Tracer<'_> {
    /// Follows the processes until the first has ended, and the others too or [`GRACE`] is over.
    fn follow(&mut self, others: &[i32]) -> Result<()> {
        let mut deadline = None;
        loop {
            let flags = if self.has_ended {
                WaitPidFlag::__WALL | WaitPidFlag::WNOHANG
            } else {
                WaitPidFlag::__WALL
            };
            match waitpid(None, Some(flags)) {
                Ok(WaitStatus::StillAlive) | Err(Errno::EINTR | Errno::ECHILD) => {}
                Ok(status) => {
                    self.handle(status)?;
                    continue;
                }
                Err(error) => return Err(error.into()),
            }
            if !self.has_ended {
                continue;
            }
            let left = processes(others);
            let deadline = deadline.get_or_insert_with(|| Instant::now() + GRACE);
            if left.is_empty() || Instant::now() > *deadline {
                self.trace.left = left;
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    fn handle(&mut self, status: WaitStatus) -> Result<()> {
        match status {
            WaitStatus::Exited(pid, status) => self.ended(pid, status),
            WaitStatus::Signaled(pid, signal, _) => self.ended(pid, 128 + signal as i32),
            WaitStatus::PtraceSyscall(pid) => {
                // It can be killed at any moment, and all requests fail then.
                if self.at_call(pid).is_some() {
                    self.resume(pid, None);
                }
            }
            WaitStatus::PtraceEvent(pid, _, libc::PTRACE_EVENT_EXEC) => self.another_program(pid),
            WaitStatus::PtraceEvent(pid, _, _) => {
                if let Ok(child) = ptrace::getevent(pid) {
                    self.born(pid, Pid::from_raw(i32::try_from(child)?));
                }
                self.resume(pid, None);
            }
            WaitStatus::Stopped(pid, signal) => match self.tracees.get_mut(&pid) {
                Some(tracee) => {
                    let is_new = std::mem::take(&mut tracee.is_new);
                    self.resume(pid, Some(signal).filter(|_| !is_new));
                }
                // The first stop of a child, whose parent reports it a moment later.
                None => self.early.push(pid),
            },
            WaitStatus::Continued(_) | WaitStatus::StillAlive => {}
        }
        Ok(())
    }

    fn ended(&mut self, pid: Pid, status: i32) {
        self.tracees.remove(&pid);
        self.early.retain(|early| *early != pid);
        if pid == self.first {
            self.trace.status = status;
            self.has_ended = true;
        }
    }

    fn born(&mut self, parent: Pid, child: Pid) {
        let Some(parent) = self.tracees.get_mut(&parent) else {
            return;
        };
        let path = format!("{}.{}", parent.path, parent.children);
        parent.children += 1;
        let early = self.early.iter().position(|early| *early == child);
        let tracee = Tracee {
            path,
            is_new: early.is_none(),
            has_begun: true,
            ..Tracee::default()
        };
        self.tracees.insert(child, tracee);
        if let Some(early) = early {
            self.early.swap_remove(early);
            self.resume(child, None);
        }
    }

    /// A process has become another program, which is no longer of interest.
    fn another_program(&mut self, pid: Pid) {
        let path = fs::read_link(format!("{PROC}/{pid}/exe")).unwrap_or_default();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        self.trace.programs.push((name, self.trace.is_hit));
        self.tracees.remove(&pid);
        let _ = ptrace::detach(pid, None);
    }

    /// A process enters a call, or comes back. None if it is gone.
    fn at_call(&mut self, pid: Pid) -> Option<()> {
        let tracee = self.tracees.get_mut(&pid)?;
        tracee.is_in_call = !tracee.is_in_call;
        if !tracee.is_in_call {
            if let Some(errno) = tracee.result.take() {
                registers::set_result(pid, errno).ok()?;
            }
            return Some(());
        }
        let call = registers::call(pid).ok()?;
        let count = tracee.counts.entry(call).or_default();
        *count += 1;
        if !tracee.has_begun {
            // The standard library ends with a stack for signals. The first thing in `main` is a look at the stack.
            tracee.has_begun =
                call == libc::SYS_prlimit64 && tracee.counts.contains_key(&libc::SYS_sigaltstack);
            if tracee.has_begun {
                self.trace.mapped = size_of(pid);
            }
            return Some(());
        }
        let (nth, process) = (*count, tracee.path.clone());
        let site = Site { process, call, nth };
        match self.injection {
            None => self.trace.sites.push(site),
            Some(injection)
                if injection.site == site || (injection.site.nth == 0 && injection.site.call == call) =>
            {
                tracee.result = Some(injection.errno);
                self.trace.is_hit = true;
                self.trace.argument = registers::argument(pid).ok();
                // Linux closes a descriptor even if close(2) fails.
                if call != libc::SYS_close {
                    registers::skip(pid).ok()?;
                }
            }
            Some(_) => {}
        }
        Some(())
    }

    /// Lets a process go on, to its next call if that is of interest.
    fn resume(&mut self, pid: Pid, signal: Option<Signal>) {
        let Some(tracee) = self.tracees.get_mut(&pid) else {
            return;
        };
        let stops = match self.injection {
            None => true,
            Some(_) if tracee.result.is_some() => true,
            Some(injection) if injection.site.nth == 0 => true,
            Some(injection) => !self.trace.is_hit && injection.site.process == tracee.path,
        };
        // A process that died meanwhile is reported by waitpid(2).
        let _ = if stops {
            ptrace::syscall(pid, signal)
        } else {
            ptrace::cont(pid, signal)
        };
    }
}

/// The size of the address space of a process, in bytes.
fn size_of(pid: Pid) -> Option<u64> {
    let status = fs::read_to_string(format!("{PROC}/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmSize:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1024)
}

/// The PIDs of all processes in /proc but this one.
pub fn own_processes() -> Vec<i32> {
    let pid = |process: &String| process.split(' ').next()?.parse().ok();
    processes(&[]).iter().filter_map(pid).collect()
}

/// The processes in /proc but this one and `others`, each with its name. A dead one, which the first process of its PID
/// namespace does not care for, is none.
pub fn processes(others: &[i32]) -> Vec<String> {
    let own = std::process::id().to_string();
    let Ok(entries) = fs::read_dir(PROC) else {
        return Vec::new();
    };
    let name = |entry: fs::DirEntry| {
        let pid = entry.file_name().into_string().ok()?;
        let is_other = others.contains(&pid.parse().ok()?);
        let name = fs::read_to_string(Path::new(PROC).join(&pid).join("comm")).ok()?;
        let status = fs::read_to_string(Path::new(PROC).join(&pid).join("status")).ok()?;
        let is_dead = status.contains("\nState:\tZ");
        (pid != own && !is_other && !is_dead).then(|| format!("{pid} {}", name.trim_end()))
    };
    entries.flatten().filter_map(name).collect()
}

#[cfg(target_arch = "x86_64")]
mod registers {
    use nix::errno::Errno;
    use nix::sys::ptrace;
    use nix::unistd::Pid;

    /// The number of the call that the process is in.
    pub fn call(pid: Pid) -> nix::Result<i64> {
        Ok(ptrace::getregs(pid)?.orig_rax.cast_signed())
    }

    /// The first argument of the call that the process is in.
    pub fn argument(pid: Pid) -> nix::Result<u64> {
        Ok(ptrace::getregs(pid)?.rdi)
    }

    /// Has the kernel do nothing in place of the call.
    pub fn skip(pid: Pid) -> nix::Result<()> {
        let mut registers = ptrace::getregs(pid)?;
        registers.orig_rax = u64::MAX;
        ptrace::setregs(pid, registers)
    }

    /// Has the call fail.
    pub fn set_result(pid: Pid, errno: Errno) -> nix::Result<()> {
        let mut registers = ptrace::getregs(pid)?;
        registers.rax = (-i64::from(errno as i32)).cast_unsigned();
        ptrace::setregs(pid, registers)
    }
}

#[cfg(not(target_arch = "x86_64"))]
mod registers {
    use nix::errno::Errno;
    use nix::unistd::Pid;

    pub fn call(_: Pid) -> nix::Result<i64> {
        Err(Errno::ENOSYS)
    }

    pub fn argument(_: Pid) -> nix::Result<u64> {
        Err(Errno::ENOSYS)
    }

    pub fn skip(_: Pid) -> nix::Result<()> {
        Err(Errno::ENOSYS)
    }

    pub fn set_result(_: Pid, _: Errno) -> nix::Result<()> {
        Err(Errno::ENOSYS)
    }
}
