//! Work on many processes, shared between threads. The threads only read, and end with the work. Later steps may fork and
//! enter namespaces.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// The work that is worth a further thread, in files that are looked at. The threads and the descriptors of a process
/// count: one process can be as much work as a thousand.
const WORTH_A_THREAD: usize = 200;

/// The number of items that a thread takes at a time.
const PORTION: usize = 8;

/// Does the work on every item, which returns how many files it looked at, and returns the result of each thread. There are
/// one or two threads: each holds up to four descriptors, and two fit into the smallest limit.
pub(crate) fn share<T: Default + Send, I: Copy + Sync>(
    items: &[I],
    work: impl Fn(&mut T, I) -> usize + Sync,
) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let take = || {
        let start = next.fetch_add(PORTION, Ordering::Relaxed);
        let rest = items.get(start..).filter(|rest| !rest.is_empty())?;
        Some(&rest[..rest.len().min(PORTION)])
    };
    let part = || {
        let mut found = T::default();
        while let Some(portion) = take() {
            for item in portion {
                work(&mut found, *item);
            }
        }
        found
    };
    thread::scope(|scope| {
        let mut own = T::default();
        let mut other = None;
        let mut done = 0;
        let mut is_alone = true;
        loop {
            let left = items.len().saturating_sub(next.load(Ordering::Relaxed));
            if is_alone && left > PORTION && (done >= WORTH_A_THREAD || left >= 2 * WORTH_A_THREAD) {
                is_alone = false;
                let has_room = thread::available_parallelism().is_ok_and(|processors| processors.get() > 1);
                // If the system refuses a thread, this one does its share.
                other = has_room
                    .then(|| thread::Builder::new().spawn_scoped(scope, part).ok())
                    .flatten();
            }
            let Some(portion) = take() else {
                break;
            };
            for item in portion {
                done += work(&mut own, *item);
            }
        }
        let other = other.map(|thread| match thread.join() {
            Ok(found) => found,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        std::iter::once(own).chain(other).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::Pid;

    #[test]
    fn every_process_is_worked_on_once() {
        for count in [0, 1, 31, 32, 33, 1000] {
            let pids: Vec<_> = (1..=count).map(|pid| Pid::new(pid).unwrap()).collect();
            for files in [0, 1, 1000] {
                let parts = share(&pids, |found: &mut Vec<Pid>, pid| {
                    found.push(pid);
                    files
                });
                let mut all = parts.concat();
                all.sort_unstable();
                assert_eq!(all, pids);
            }
        }
    }

    #[test]
    fn few_processes_with_much_work_are_shared() {
        let threads = |items: usize, files: usize| {
            let items: Vec<usize> = (0..items).collect();
            share(&items, |(): &mut (), _| files).len()
        };
        assert_eq!([threads(8, 1000), threads(100, 1), threads(2, 100_000)], [1; 3]);
        let most = thread::available_parallelism().map_or(1, |processors| processors.get().min(2));
        assert_eq!([threads(400, 0), threads(100, 1000), threads(1000, 1)], [most; 3]);
    }
}
