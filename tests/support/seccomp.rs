//! Programs under a filter of system calls, as containers have it, in small.

use std::process::Command;

use super::case::Skip;
use super::{needs, tool};

/// Loads a filter that answers the call with the first number with the second, an error, and everything else not at all;
/// then becomes the rest.
const LOADER: &str = "
import ctypes, os, struct, sys
libc = ctypes.CDLL(None, use_errno=True)
code = [(0x20, 0, 0, 0), (0x15, 0, 1, int(sys.argv[1])), (0x06, 0, 0, 0x00050000 | int(sys.argv[2])), (0x06, 0, 0, 0x7fff0000)]
program = b''.join(struct.pack('HBBI', *instruction) for instruction in code)
buffer = ctypes.create_string_buffer(program)
fprog = struct.pack('HxxxxxxP', len(code), ctypes.addressof(buffer))
libc.prctl(38, 1, 0, 0, 0)
assert libc.prctl(22, 2, ctypes.create_string_buffer(fprog), 0, 0) == 0, os.strerror(ctypes.get_errno())
os.execv(sys.argv[3], sys.argv[3:])
";

/// This command, run where the kernel refuses the system call with this number: with `EPERM`, as a filter does.
pub fn refusing(call: i64, command: &Command) -> Result<Command, Skip> {
    refusing_with(nix::errno::Errno::EPERM, call, command)
}

/// This command, run where the system call with this number fails. `ENOSYS` is the answer of a kernel without the call.
pub fn refusing_with(errno: nix::errno::Errno, call: i64, command: &Command) -> Result<Command, Skip> {
    let mut filtered = tool(needs::installed("python3")?);
    filtered.args(["-c", LOADER, &call.to_string(), &(errno as i32).to_string()]);
    filtered.arg(command.get_program()).args(command.get_args());
    Ok(filtered)
}
