//! Programs under a filter of system calls, as containers have it, in small.

use std::process::Command;

use super::case::Skip;
use super::{needs, tool};

/// Loads a filter that answers the call with the first number `EPERM`, and everything else not at all; then becomes the rest.
const LOADER: &str = "
import ctypes, os, struct, sys
libc = ctypes.CDLL(None, use_errno=True)
code = [(0x20, 0, 0, 0), (0x15, 0, 1, int(sys.argv[1])), (0x06, 0, 0, 0x00050001), (0x06, 0, 0, 0x7fff0000)]
program = b''.join(struct.pack('HBBI', *instruction) for instruction in code)
buffer = ctypes.create_string_buffer(program)
fprog = struct.pack('HxxxxxxP', len(code), ctypes.addressof(buffer))
libc.prctl(38, 1, 0, 0, 0)
assert libc.prctl(22, 2, ctypes.create_string_buffer(fprog), 0, 0) == 0, os.strerror(ctypes.get_errno())
os.execv(sys.argv[2], sys.argv[2:])
";

/// This command, run where the kernel refuses the system call with this number.
pub fn refusing(call: i64, command: &Command) -> Result<Command, Skip> {
    let mut filtered = tool(needs::installed("python3")?);
    filtered.args(["-c", LOADER, &call.to_string()]);
    filtered.arg(command.get_program()).args(command.get_args());
    Ok(filtered)
}
