//! Functions of the C library that a case replaces. strace(1) makes a call fail by not making it; here the kernel makes
//! it first.

use std::io::Write as _;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::case::Skip;
use super::{needs, tool};

/// Compiles the source, and has the command load it before the C library. The result must live as long as the command.
pub fn preload(source: &str, command: &mut Command) -> Result<TempDir, Skip> {
    let compiler = needs::installed("cc")?;
    needs::tools("as ld");
    let directory = tempfile::tempdir().expect("there is room in /tmp");
    let library = directory.path().join("replaced.so");
    let mut compiling = tool(compiler)
        .args(["-shared", "-fPIC", "-x", "c", "-", "-o"])
        .arg(&library)
        .stdin(Stdio::piped())
        .spawn()
        .expect("it runs");
    let mut input = compiling.stdin.take().expect("it is piped");
    input.write_all(source.as_bytes()).expect("it is read");
    drop(input);
    assert!(compiling.wait().expect("it ends").success(), "{source}");
    command.env("LD_PRELOAD", library);
    Ok(directory)
}
