//! Booting a guest and reading its console.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};

use super::fetch::Kernel;
use super::jobs::Start;

/// The directory of what guests wrote to their consoles. A new guest of the same kernel and start replaces the file.
pub const CONSOLES: &str = "consoles";

/// Boots the kernel with these disks, and returns what it wrote to its console. It is written to this file too, after a
/// line with the time. The disks stay as they are.
pub fn boot(log: &Path, kernel: &Kernel, start: &Path, disks: &[&Path], guest: Start) -> Result<String> {
    let parameters = format!(
        "console=ttyS0 quiet panic=-1 mitigations=off {}",
        guest.parameters
    );
    let mut command = Command::new("timeout");
    command
        .args([
            guest.limit,
            "qemu-system-x86_64",
            "-machine",
            "q35",
            "-accel",
            "tcg,thread=single",
            "-cpu",
            "max,la57=off",
            // The guest's time passes with its instructions, so that no time limit in the guest depends on the load here.
            "-icount",
            "shift=0",
        ])
        .args([
            "-smp",
            "1",
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
    let now = Command::new("date").arg("+%Y-%m-%d %H:%M").output()?;
    let mut file = File::create(log)?;
    write!(file, "== time {}", String::from_utf8_lossy(&now.stdout))?;
    let output = command
        .stdin(Stdio::null())
        .stdout(file)
        .output()
        .context("cannot run timeout(1), for qemu-system-x86_64")?;
    let console = String::from_utf8_lossy(&std::fs::read(log)?).replace('\r', "");
    let error = String::from_utf8_lossy(&output.stderr);
    ensure!(
        console.contains("== end"),
        "Linux {} did not come to its end: {error}{console}",
        kernel.version
    );
    Ok(console)
}
