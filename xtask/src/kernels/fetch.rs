//! The kernels: Debian's cloud flavours, fetched by apt with a configuration and a directory of its own.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

/// A kernel that was unpacked.
#[derive(Debug)]
pub struct Kernel {
    /// The version of Debian's package: `6.12.117-1`.
    pub version: String,
    /// The kernel itself.
    pub image: PathBuf,
    /// The directory of its modules, which has the name of the release.
    pub modules: PathBuf,
}

/// The suites that the kernels come from, each with its archive, from the oldest kernel to the newest.
const SUITES: [(&str, &str); 5] = [
    ("bullseye-security", "debian-security"),
    ("bookworm", "debian"),
    ("trixie", "debian"),
    ("sid", "debian"),
    ("experimental", "debian"),
];

/// The package that depends on the newest kernel of a suite.
const NEWEST: &str = "linux-image-cloud-amd64";

/// Downloads and unpacks the kernels that are not there yet.
pub fn kernels(directory: &Path) -> Result<Vec<Kernel>> {
    let apt = Apt::new(directory)?;
    apt.run("apt-get", &["-qq", "update"], directory)?;
    SUITES.iter().map(|(suite, _)| apt.kernel(suite)).collect()
}

/// The versions of the kernels that are there, from the oldest to the newest.
pub fn unpacked(directory: &Path) -> Result<Vec<String>> {
    let mut versions = Vec::new();
    for entry in std::fs::read_dir(directory.join("kernels"))? {
        versions.push(entry?.file_name().to_string_lossy().into_owned());
    }
    versions.sort_by_key(|version| {
        let numbers = version.split(|c: char| !c.is_ascii_digit());
        numbers
            .filter_map(|number| number.parse().ok())
            .collect::<Vec<u32>>()
    });
    Ok(versions)
}

/// Unpacks Debian's static busybox into the directory, and returns its file.
pub fn busybox(directory: &Path) -> Result<PathBuf> {
    let place = directory.join("busybox");
    let file = place.join("bin/busybox");
    if !file.exists() {
        let apt = Apt::new(directory)?;
        apt.unpack("busybox-static/bookworm", &place)?;
    }
    Ok(file)
}

/// apt with a configuration, lists and a cache of its own.
struct Apt {
    directory: PathBuf,
}

impl Apt {
    fn new(directory: &Path) -> Result<Self> {
        let directory = directory.join("apt");
        for place in ["state/lists/partial", "cache/archives/partial"] {
            std::fs::create_dir_all(directory.join(place))?;
        }
        let mut sources = String::new();
        for (suite, archive) in SUITES {
            let key = "/usr/share/keyrings/debian-archive-keyring.gpg";
            writeln!(
                sources,
                "deb [signed-by={key}] http://deb.debian.org/{archive} {suite} main"
            )?;
        }
        std::fs::write(directory.join("sources.list"), sources)?;
        std::fs::write(directory.join("status"), "")?;
        let place = directory.display();
        let settings = format!(
            "Dir::Etc::SourceList \"{place}/sources.list\";\nDir::Etc::SourceParts \"/dev/null\";\n\
             Dir::State \"{place}/state\";\nDir::State::status \"{place}/status\";\nDir::Cache \"{place}/cache\";\n\
             APT::Sandbox::User \"root\";\nAcquire::Languages \"none\";\n"
        );
        std::fs::write(directory.join("apt.conf"), settings)?;
        Ok(Self { directory })
    }

    /// The output of one of apt's commands.
    fn run(&self, command: &str, words: &[&str], place: &Path) -> Result<String> {
        let output = Command::new(command)
            .args(words)
            .env("APT_CONFIG", self.directory.join("apt.conf"))
            .current_dir(place)
            .output()
            .with_context(|| format!("cannot run {command}"))?;
        let error = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{command} {}: {error}", words.join(" "));
        Ok(String::from_utf8(output.stdout)?)
    }

    /// The newest kernel of the suite.
    fn kernel(&self, suite: &str) -> Result<Kernel> {
        let shown = self.run(
            "apt-cache",
            &["show", &format!("{NEWEST}/{suite}")],
            &self.directory,
        )?;
        let version = field(&shown, "Version").context("apt-cache shows no version")?;
        let depends = field(&shown, "Depends").context("apt-cache shows no kernel")?;
        let names = depends.split(", ").filter_map(|name| name.split(' ').next());
        let image = names
            .into_iter()
            .find(|name| name.starts_with("linux-image-"))
            .context("it depends on no kernel")?;
        let place = self.directory.with_file_name("kernels").join(version);
        if !place.exists() {
            // Newer suites have the kernel and its modules in two packages.
            let release = image.trim_start_matches("linux-image-");
            let parts = [
                format!("linux-binary-{release}"),
                format!("linux-modules-{release}"),
            ];
            if self
                .run("apt-cache", &["show", &parts[0]], &self.directory)
                .is_ok()
            {
                for part in &parts {
                    self.unpack(part, &place)?;
                }
            } else {
                self.unpack(image, &place)?;
            }
        }
        let modules = only_directory(&place)?;
        let release = modules
            .file_name()
            .context("it has a name")?
            .to_string_lossy()
            .into_owned();
        let image = [
            modules.join("vmlinuz"),
            place.join(format!("boot/vmlinuz-{release}")),
        ]
        .into_iter()
        .find(|file| file.exists())
        .context("the package has no kernel")?;
        Ok(Kernel {
            version: version.to_owned(),
            image,
            modules,
        })
    }

    /// Downloads a package and unpacks it into this directory.
    fn unpack(&self, package: &str, place: &Path) -> Result<()> {
        std::fs::create_dir_all(place)?;
        let downloads = tempfile::tempdir_in(&self.directory)?;
        self.run("apt-get", &["-qq", "download", package], downloads.path())?;
        for entry in std::fs::read_dir(downloads.path())? {
            let unpacked = Command::new("dpkg-deb")
                .arg("-x")
                .arg(entry?.path())
                .arg(place)
                .status();
            ensure!(
                unpacked.context("cannot run dpkg-deb")?.success(),
                "cannot unpack {package}"
            );
        }
        Ok(())
    }
}

/// The value of a field of a package.
fn field<'a>(shown: &'a str, name: &str) -> Option<&'a str> {
    let start = format!("{name}: ");
    shown.lines().find_map(|line| line.strip_prefix(&start))
}

/// The directory of the modules of the one kernel that is unpacked here.
fn only_directory(place: &Path) -> Result<PathBuf> {
    for modules in ["usr/lib/modules", "lib/modules"] {
        let entries = std::fs::read_dir(place.join(modules));
        if let Some(entry) = entries.ok().and_then(|mut entries| entries.next()) {
            return Ok(entry?.path());
        }
    }
    anyhow::bail!("{} has no modules", place.display())
}
