//! The disks of a guest: a root file system, the modules of the kernel, and the programs with the jobs.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use super::cpio::Archive;
use super::fetch::{self, Kernel};
use super::jobs::{self, Start};

/// The names of our programs.
pub const PROGRAMS: [&str; 5] = ["ns-unshare", "ns-enter", "ns-ls", "ns-hostname", "ns-mounts"];

/// The modules that lead to the first disk, in the order in which they are loaded. A kernel may have them built in.
const FIRST_MODULES: [&str; 6] = [
    "virtio",
    "virtio_ring",
    "virtio_pci_modern_dev",
    "virtio_pci_legacy_dev",
    "virtio_pci",
    "virtio_blk",
];

/// The packages of the root file system, beside the essential ones.
const PACKAGES: &str = "iproute2,kmod,procps,python3,strace,uidmap";

/// A Debian root file system with an ordinary user, made once for these packages.
pub fn root(directory: &Path) -> Result<PathBuf> {
    let (place, image) = (directory.join("root"), directory.join("root.img"));
    let packages = directory.join("root.packages");
    let made_of = std::fs::read_to_string(&packages).unwrap_or_default();
    if !image.exists() || made_of != PACKAGES {
        if place.exists() {
            std::fs::remove_dir_all(&place)?;
        }
        let variant = format!("--include={PACKAGES}");
        let words = ["--variant=minbase", &variant, "bookworm"];
        done(Command::new("debootstrap").args(words).arg(&place))?;
        std::fs::create_dir_all(place.join("ns"))?;
        std::fs::create_dir_all(place.join("usr/lib/modules"))?;
        let user = "tester:x:1000:1000::/tmp:/bin/sh\n";
        for (file, line) in [
            ("passwd", user),
            ("group", "tester:x:1000:\n"),
            ("subuid", "tester:100000:65536\n"),
            ("subgid", "tester:100000:65536\n"),
        ] {
            let file = place.join("etc").join(file);
            let text = std::fs::read_to_string(&file).unwrap_or_default();
            if !text.contains(line) {
                std::fs::write(file, text + line)?;
            }
        }
        disk(&place, &image, 900)?;
        std::fs::write(packages, PACKAGES)?;
    }
    Ok(image)
}

/// The modules of the kernel, with an index for modprobe(8).
pub fn modules(directory: &Path, kernel: &Kernel) -> Result<PathBuf> {
    let image = directory.join(format!("modules-{}.img", kernel.version));
    if !image.exists() {
        let place = tempfile::tempdir_in(directory)?;
        let all = place.path().join("lib/modules");
        std::fs::create_dir_all(&all)?;
        done(Command::new("cp").arg("-a").arg(&kernel.modules).arg(&all))?;
        let release = kernel.modules.file_name().context("it has a name")?;
        // The guest's modprobe reads no compressed modules.
        done(
            Command::new("find")
                .arg(&all)
                .args(["-name", "*.xz", "-exec", "xz", "-d", "{}", "+"]),
        )?;
        done(
            Command::new("depmod")
                .arg("-b")
                .arg(place.path())
                .arg(release)
                .stderr(std::process::Stdio::null()),
        )?;
        disk(&all, &image, 400)?;
    }
    Ok(image)
}

/// The programs and the jobs.
pub fn programs(directory: &Path, programs: &Path, jobs: &str) -> Result<PathBuf> {
    let place = tempfile::tempdir_in(directory)?;
    for name in PROGRAMS {
        std::fs::copy(programs.join(name), place.path().join(name))?;
    }
    std::fs::write(place.path().join("jobs"), jobs)?;
    let image = directory.join("programs.img");
    disk(place.path(), &image, 100)?;
    Ok(image)
}

/// The initial root file system: it loads the modules of the disk and goes on there, or is all that the guest has.
pub fn start(directory: &Path, kernel: &Kernel, programs: &Path, start: Start) -> Result<PathBuf> {
    let mut archive = Archive::default();
    for name in ["bin", "dev", "proc", "sys", "new", "modules", "tmp"] {
        archive.directory(name);
    }
    archive.program("bin/busybox", &std::fs::read(fetch::busybox(directory)?)?);
    let mut load = String::new();
    for name in FIRST_MODULES {
        if let Some(module) = module(kernel, name)? {
            archive.program(&format!("modules/{name}.ko"), &module);
            writeln!(load, "busybox insmod /modules/{name}.ko")?;
        }
    }
    if start.bare {
        for name in PROGRAMS {
            archive.program(&format!("bin/{name}"), &std::fs::read(programs.join(name))?);
        }
        archive.program("jobs", jobs::script(start).as_bytes());
    }
    archive.program("start", jobs::START.as_bytes());
    archive.program("init", jobs::first(&load, start).as_bytes());
    let file = directory.join("start.cpio");
    std::fs::write(&file, archive.finish())?;
    Ok(file)
}

/// The contents of a module; `None` if the kernel has it built in.
fn module(kernel: &Kernel, name: &str) -> Result<Option<Vec<u8>>> {
    let found = Command::new("find")
        .arg(&kernel.modules)
        .args(["-name", &format!("{name}.ko*")])
        .output()?;
    let found = String::from_utf8(found.stdout)?;
    let Some(file) = found.lines().next() else {
        return Ok(None);
    };
    if Path::new(file)
        .extension()
        .is_some_and(|extension| extension == "xz")
    {
        let output = Command::new("xz")
            .args(["-dc", file])
            .output()
            .context("cannot run xz")?;
        ensure!(output.status.success(), "cannot decompress {file}");
        return Ok(Some(output.stdout));
    }
    Ok(Some(std::fs::read(file)?))
}

/// An image of this many MiB with the contents of a directory.
pub fn disk(place: &Path, image: &Path, size: u32) -> Result<()> {
    let unfinished = image.with_extension("new");
    let _ = std::fs::remove_file(&unfinished);
    let mut command = Command::new("mke2fs");
    command
        .args(["-q", "-t", "ext4", "-O", "^has_journal", "-d"])
        .arg(place)
        .arg(&unfinished)
        .arg(format!("{size}M"));
    done(&mut command)?;
    Ok(std::fs::rename(unfinished, image)?)
}

/// Runs a command, and fails with its messages if it fails.
pub fn done(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().with_context(|| format!("cannot run {name}"))?;
    let error = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{name} failed: {error}");
    Ok(())
}
