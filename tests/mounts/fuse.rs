//! A server of a FUSE file system that has one empty directory.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use nix::errno::Errno;

use crate::support::case::Skip;
use crate::support::needs;

/// The length of the header of a request.
const HEADER: usize = 40;

/// A connection to the kernel, and the state of the thread that answers its requests.
pub struct Server {
    connection: File,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    is_stopped: AtomicBool,
    /// The requests that came while nobody answered.
    unanswered: AtomicUsize,
}

impl Server {
    pub fn new() -> Result<Self, Skip> {
        needs::root()?;
        let connection = File::options().read(true).write(true).open("/dev/fuse");
        let connection = connection.map_err(|error| Skip::Lacks(format!("no FUSE: {error}")))?;
        Ok(Self {
            connection,
            state: Arc::default(),
        })
    }

    /// Answers requests in a thread, which ends with the last mount. Before a mount there is nothing to read.
    pub fn serve(&self) {
        let (requests, state) = (self.stdin(), self.state.clone());
        std::thread::spawn(move || serve(requests, &state));
    }

    /// The descriptor for `mount -o fd=0`.
    pub fn stdin(&self) -> File {
        self.connection.try_clone().expect("it can be")
    }

    /// Stops answering, as a process does that got SIGSTOP.
    pub fn stop(&self) {
        self.state.is_stopped.store(true, Ordering::SeqCst);
    }

    /// The number of requests since then.
    pub fn unanswered(&self) -> usize {
        self.state.unanswered.load(Ordering::SeqCst)
    }
}

fn serve(mut connection: File, state: &State) {
    let mut request = vec![0; 1 << 17];
    while let Ok(HEADER..) = connection.read(&mut request) {
        if state.is_stopped.load(Ordering::SeqCst) {
            state.unanswered.fetch_add(1, Ordering::SeqCst);
            continue;
        }
        let operation = u32::from_le_bytes(request[4..8].try_into().expect("it has 4 bytes"));
        let Some((error, body)) = answer(operation) else {
            continue;
        };
        let length = u32::try_from(16 + body.len()).expect("it is short");
        let mut reply = Vec::from(length.to_le_bytes());
        reply.extend(error.to_le_bytes());
        reply.extend(&request[8..16]);
        reply.extend(body);
        if connection.write_all(&reply).is_err() {
            return;
        }
    }
}

/// The error and the body of the answer to an operation; `None` if it gets none.
fn answer(operation: u32) -> Option<(i32, Vec<u8>)> {
    let longs = |values: &[u64]| {
        values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect::<Vec<_>>()
    };
    let words = |values: &[u32]| {
        values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect::<Vec<_>>()
    };
    Some(match operation {
        // FORGET and BATCH_FORGET.
        2 | 42 => return None,
        // LOOKUP finds nothing.
        1 => (-(Errno::ENOENT as i32), Vec::new()),
        // GETATTR: a directory.
        3 => {
            let times = longs(&[0, 0, 1, 0, 0, 0, 0, 0]);
            let rest = words(&[0, 0, 0, 0o40755, 2, 0, 0, 0, 4096, 0]);
            (0, [times, rest].concat())
        }
        // ACCESS: everybody may.
        34 => (0, Vec::new()),
        // STATFS: 2048 blocks.
        17 => {
            let blocks = longs(&[2048, 1024, 1024, 10, 5]);
            (
                0,
                [blocks, words(&[4096, 255, 4096, 0, 0, 0, 0, 0, 0, 0])].concat(),
            )
        }
        // INIT: version 7.31.
        26 => {
            let version = words(&[7, 31, 0, 0, 0, 4096, 1]);
            (0, [version, vec![0; 36]].concat())
        }
        _ => (-(Errno::ENOSYS as i32), Vec::new()),
    })
}
