//! The external programs for packing: `git`, `tar`, `gzip`, `dpkg-deb`.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};

/// A program with an environment that does not change its output.
pub fn tool(name: &str) -> Command {
    let mut command = Command::new(name);
    command.env("LC_ALL", "C").env("TZ", "UTC").stdin(Stdio::null());
    for options in ["TAR_OPTIONS", "GZIP", "XZ_OPT", "XZ_DEFAULTS"] {
        command.env_remove(options);
    }
    command
}

/// Runs it to its end, and returns its output.
pub fn output(command: &mut Command) -> Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot run {name}"))?;
    ensure!(output.status.success(), "{name} failed: {}", output.status);
    String::from_utf8(output.stdout).with_context(|| format!("{name} writes text"))
}

/// Compresses a file of a tree for Debian, without a name or a time in it: `ns-ls.8` becomes `ns-ls.8.gz`.
pub fn compress(path: &Path) -> Result<()> {
    output(tool("gzip").arg("-9n").arg(path)).map(drop)
}
