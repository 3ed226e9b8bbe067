//! A server of a FUSE file system that has one directory, which is empty or has one file.

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
    /// True if there is a file of mode 0644 by every name. It never opens.
    has_file: bool,
    /// The requests that came while nobody answered.
    unanswered: AtomicUsize,
}

impl Server {
    /// The server of an empty directory.
    pub fn new() -> Result<Self, Skip> {
        Self::of(State::default())
    }

    /// The server of a directory with a file of mode 0644 by every name, which never opens.
    pub fn with_file() -> Result<Self, Skip> {
        Self::of(State {
            has_file: true,
            ..State::default()
        })
    }

    fn of(state: State) -> Result<Self, Skip> {
        needs::root()?;
        let connection = File::options().read(true).write(true).open("/dev/fuse");
        let connection = connection.map_err(|error| Skip::Lacks(format!("no FUSE: {error}")))?;
        Ok(Self {
            connection,
            state: state.into(),
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
        let is_file = state.has_file && (operation == LOOKUP || request[16..24] != 1_u64.to_le_bytes());
        let Some((error, body)) = answer(operation, is_file) else {
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

/// Look for a name.
const LOOKUP: u32 = 1;

/// The error and the body of the answer to an operation on the directory or the file; `None` if it gets none.
fn answer(operation: u32, is_file: bool) -> Option<(i32, Vec<u8>)> {
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
    // The number and the mode, without times or size.
    let attributes = || {
        let (number, mode) = if is_file { (2, 0o100_644) } else { (1, 0o40755) };
        let rest = words(&[0, 0, 0, mode, 2, 0, 0, 0, 4096, 0]);
        [longs(&[number, 0, 0, 0, 0, 0]), rest].concat()
    };
    Some(match operation {
        // OPEN of the file.
        14 if is_file => return None,
        LOOKUP if is_file => (0, [longs(&[2, 0, 0, 0, 0]), attributes()].concat()),
        // FORGET and BATCH_FORGET.
        2 | 42 => return None,
        // LOOKUP finds nothing.
        LOOKUP => (-(Errno::ENOENT as i32), Vec::new()),
        // GETATTR.
        3 => (0, [longs(&[0, 0]), attributes()].concat()),
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
