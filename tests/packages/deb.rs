//! The Debian package as a file: its contents, and the verdict of Debian's own checker.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::{PROGRAMS, RELATIVES, committed, package};
use crate::support::case::{Skip, cases};
use crate::support::{Outcome, Run as _, needs, tool};

cases!["packages::deb":
    the_package_has_every_file, its_pages_and_completions_match_the_checkout, it_belongs_to_root,
    it_declares_its_dependencies, lintian_finds_no_error, no_program_contains_the_path_of_its_build,
    two_programs_link_rtnetlink,
];

/// Declares dpkg-deb(1), and what it runs.
fn dpkg_deb() -> Result<PathBuf, Skip> {
    needs::tools("tar");
    needs::installed("dpkg-deb")
}

/// The package, unpacked.
fn unpacked() -> Result<tempfile::TempDir, Skip> {
    let directory = tempfile::tempdir().expect("a directory can be made");
    tool(dpkg_deb()?)
        .arg("--raw-extract")
        .arg(package()?)
        .arg(directory.path())
        .ran()
        .ok();
    Ok(directory)
}

/// The places in the package for the generated files of the checkout, each with its file. They may be compressed.
fn generated() -> BTreeMap<PathBuf, PathBuf> {
    let mut files = BTreeMap::new();
    for (name, path) in committed("man") {
        let section = name
            .extension()
            .and_then(|section| section.to_str())
            .expect("a section");
        files.insert(
            format!("usr/share/man/man{section}/{}.gz", name.display()).into(),
            path,
        );
    }
    for (name, path) in committed("completions") {
        let shell = name.parent().and_then(Path::to_str);
        let directory = match shell {
            Some("bash") => "bash-completion/completions",
            Some("fish") => "fish/vendor_completions.d",
            Some("zsh") => "zsh/vendor-completions",
            _ => panic!("{}: of what shell?", name.display()),
        };
        let name = name.file_name().expect("a file");
        files.insert(Path::new("usr/share").join(directory).join(name), path);
    }
    // Six pages, and the scripts of three shells for five programs.
    assert_eq!(files.len(), 6 + 3 * 5, "{files:#?}");
    files
}

fn the_package_has_every_file() -> Outcome {
    let root = unpacked()?;
    let mut wanted: Vec<PathBuf> = generated().into_keys().collect();
    wanted.extend(PROGRAMS.map(|name| Path::new("usr/bin").join(name)));
    wanted.extend(RELATIVES.map(|name| Path::new("usr/libexec/ns-utils/bin").join(name)));
    let documents = [
        "README.md",
        "SECURITY.md",
        "CONTRIBUTING.md",
        "docs/causes.md",
        "docs/kernels.md",
        "docs/pictures.md",
        "docs/tour.md",
        "docs/trust.md",
        "docs/picture/session.svg",
        "changelog.Debian.gz",
        "changelog.gz",
        "copyright",
        "licenses-of-crates.gz",
    ];
    wanted.extend(documents.map(|name| Path::new("usr/share/doc/ns-utils").join(name)));
    wanted.sort();
    let found = tool("find")
        .args(["usr", "!", "-type", "d"])
        .current_dir(root.path())
        .ran()
        .ok();
    let mut found: Vec<_> = found.lines().map(PathBuf::from).collect();
    found.sort();
    assert_eq!(found, wanted);
    for file in found {
        let mode = fs::metadata(root.path().join(&file))
            .expect("it was found")
            .permissions()
            .mode()
            & 0o7777;
        // A link has the mode of the program behind it.
        let runs = file.starts_with("usr/bin") || file.starts_with("usr/libexec");
        let wanted = if runs { 0o755 } else { 0o644 };
        assert_eq!(mode, wanted, "{}", file.display());
    }
    Ok(())
}

fn its_pages_and_completions_match_the_checkout() -> Outcome {
    let root = unpacked()?;
    for (packed, path) in generated() {
        let packed = root.path().join(packed);
        let contents = if packed.extension().is_some_and(|end| end == "gz") {
            tool("gzip").arg("-dc").arg(&packed).ran().bytes
        } else {
            fs::read(&packed).unwrap_or_default()
        };
        assert!(
            contents == fs::read(&path).expect("it is there"),
            "{} is another file in the package; if it is older, cargo xtask dist",
            path.display()
        );
    }
    Ok(())
}

fn it_belongs_to_root() -> Outcome {
    let list = tool(dpkg_deb()?).arg("--contents").arg(package()?).ran().ok();
    assert!(list.lines().count() > 20, "{list}");
    for line in list.lines() {
        assert_eq!(line.split_whitespace().nth(1), Some("root/root"), "{line}");
    }
    Ok(())
}

fn it_declares_its_dependencies() -> Outcome {
    let package = package()?;
    let dpkg = dpkg_deb()?;
    let field = |name: &str| {
        tool(&dpkg)
            .arg("--field")
            .arg(&package)
            .arg(name)
            .ran()
            .ok()
            .trim()
            .to_owned()
    };
    assert_eq!(field("Package"), "ns-utils");
    assert!(
        field("Version").starts_with(env!("CARGO_PKG_VERSION")),
        "{}",
        field("Version")
    );
    let depends = field("Depends");
    // Every library that a program loads belongs to one of these two packages.
    assert!(depends.contains("libc6 (>= 2."), "{depends}");
    assert!(depends.contains("libgcc-s1"), "{depends}");
    let root = unpacked()?;
    for name in PROGRAMS {
        let dynamic = tool(needs::installed("readelf")?)
            .arg("-dW")
            .arg(root.path().join("usr/bin").join(name))
            .ran()
            .ok();
        for line in dynamic.lines().filter(|line| line.contains("(NEEDED)")) {
            assert!(
                ["[libc.so.6]", "[libgcc_s.so.1]", "[ld-linux-x86-64.so.2]"]
                    .iter()
                    .any(|known| line.contains(known)),
                "{name}: {line}"
            );
        }
    }
    Ok(())
}

fn lintian_finds_no_error() -> Outcome {
    lintian_accepts(&package()?)
}

/// Debian's own checker finds no error in a package.
pub(super) fn lintian_accepts(package: &Path) -> Outcome {
    let lintian = needs::installed("lintian")?;
    let said = tool(lintian)
        // lintian runs the tools that its own package depends on.
        .env(
            "PATH",
            "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        )
        .args(["--fail-on", "error"])
        .arg(package)
        .ran();
    assert_eq!(said.status, 0, "{said:#?}");
    Ok(())
}

fn no_program_contains_the_path_of_its_build() -> Outcome {
    let root = unpacked()?;
    let checkout = env!("CARGO_MANIFEST_DIR").as_bytes();
    let registry = b"/registry/src/";
    for name in PROGRAMS {
        let program = program(root.path(), name);
        assert_eq!(occurrences(&program, checkout), 0, "{name}");
        assert_eq!(
            occurrences(&program, registry),
            occurrences(&program, b"/cargo/registry/src/"),
            "{name}"
        );
    }
    Ok(())
}

/// The paths in a program's panics show which crates it links. rtnetlink is a third of each program.
fn two_programs_link_rtnetlink() -> Outcome {
    let root = unpacked()?;
    let linked: Vec<_> = PROGRAMS
        .into_iter()
        .filter(|name| occurrences(&program(root.path(), name), b"netlink-packet-route-") > 0)
        .collect();
    assert_eq!(linked, ["ns-ls", "ns-unshare"]);
    Ok(())
}

fn program(root: &Path, name: &str) -> Vec<u8> {
    fs::read(root.join("usr/bin").join(name)).expect("it is there")
}

fn occurrences(program: &[u8], text: &[u8]) -> usize {
    program
        .windows(text.len())
        .filter(|window| *window == text)
        .count()
}
