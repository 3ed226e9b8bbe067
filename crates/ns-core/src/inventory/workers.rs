//! Work on many processes, shared among threads. The threads only read, and end with the work. Later steps may fork and
//! enter namespaces.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// The number of processes that are worth a further thread.
const WORTH_A_THREAD: usize = 200;

/// Each thread holds up to four descriptors. Two threads fit into the smallest limit.
const MOST_THREADS: usize = 2;

/// The number of processes that a thread takes at a time.
const PORTION: usize = 32;

/// Does the work on every item, which is a process, and returns the result of each thread.
pub(crate) fn share<T: Default + Send, I: Copy + Sync>(
    items: &[I],
    work: impl Fn(&mut T, I) + Sync,
) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let part = || {
        let mut found = T::default();
        loop {
            let start = next.fetch_add(PORTION, Ordering::Relaxed);
            let Some(rest) = items.get(start..) else {
                return found;
            };
            for item in rest.iter().take(PORTION) {
                work(&mut found, *item);
            }
        }
    };
    let threads = thread::available_parallelism()
        .map_or(1, usize::from)
        .min(items.len() / WORTH_A_THREAD)
        .min(MOST_THREADS);
    thread::scope(|scope| {
        // If the system refuses a thread, the running threads do its share.
        let others: Vec<_> = (1..threads)
            .map_while(|_| thread::Builder::new().spawn_scoped(scope, part).ok())
            .collect();
        let own = part();
        let others = others.into_iter().map(|thread| match thread.join() {
            Ok(found) => found,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        std::iter::once(own).chain(others).collect()
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
            let mut all: Vec<Pid> = share(&pids, |found: &mut Vec<Pid>, pid| found.push(pid)).concat();
            all.sort_unstable();
            assert_eq!(all, pids);
        }
    }
}
