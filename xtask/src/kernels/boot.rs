//! Booting a guest and reading its console.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};

use super::fetch::Kernel;
use super::jobs::Start;

/// Boots the kernel with these disks, and returns what it wrote to its console. The disks stay as they are.
pub fn boot(kernel: &Kernel, start: &Path, disks: &[&Path], guest: Start) -> Result<String> {
    let parameters = format!("console=ttyS0 quiet panic=-1 {}", guest.parameters);
    let mut command = Command::new("timeout");
    command
        .args([
            guest.limit,
            "qemu-system-x86_64",
            "-machine",
            "q35",
            "-accel",
            "tcg,thread=multi",
            "-cpu",
            "max",
        ])
        .args([
            "-smp",
            "2",
            "-m",
            "2048",
            "-no-reboot",
            "-nodefaults",
            "-display",
            "none",
            "-serial",
            "stdio",
        ])
        .arg("-kernel")
        .arg(&kernel.image)
        .arg("-initrd")
        .arg(start)
        .args(["-append", &parameters]);
    for disk in disks {
        command.args([
            "-drive",
            &format!("file={},if=virtio,format=raw,snapshot=on", disk.display()),
        ]);
    }
    let output = command
        .stdin(Stdio::null())
        .output()
        .context("cannot run timeout(1), for qemu-system-x86_64")?;
    let console = String::from_utf8_lossy(&output.stdout).replace('\r', "");
    let error = String::from_utf8_lossy(&output.stderr);
    ensure!(
        console.contains("== end"),
        "Linux {} did not come to its end: {error}{console}",
        kernel.version
    );
    Ok(console)
}
