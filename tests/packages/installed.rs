//! The packages after installation: manual pages, completion, programs.

use super::root::Root;
use super::{PROGRAMS, made, package};
use crate::support::case::{Skip, cases};
use crate::support::{Outcome, Terminal};

cases!["packages::installed":
    the_package_installs_and_uninstalls, its_programs_run, man_shows_its_pages,
    bash_completes_after_installation, zsh_completes_after_installation, fish_completes_after_installation,
    the_tarball_unpacks_into_a_prefix, the_tarball_has_the_names_of_the_relatives, bash_completes_beside_the_tarball,
];

/// A root with the package installed.
fn debian() -> Result<Root, Skip> {
    Root::new(&[&package()?], "dpkg --install /tmp/*.deb")
}

/// A root with the tarball unpacked.
fn prefix() -> Result<Root, Skip> {
    let tarball = made("ns-utils-", "linux-gnu.tar.gz", "cargo xtask dist")?;
    Root::new(
        &[&tarball],
        "tar -C /usr/local --strip-components=1 -xzf /tmp/*.tar.gz",
    )
}

fn the_package_installs_and_uninstalls() -> Outcome {
    let said = debian()?.says(
        "dpkg-query --show --showformat='${Status}\\n' ns-utils
        dpkg --verify ns-utils
        files=$(dpkg --listfiles ns-utils | while read -r file; do [ -d \"$file\" ] || echo \"$file\"; done)
        echo \"$files\" | wc -l
        dpkg --purge ns-utils >/dev/null
        for file in $files; do [ ! -e \"$file\" ] || echo \"$file is left\"; done",
    );
    // Programs, links to them, pages, completions, documents.
    let files = 5 + 9 + 6 + 3 * 5 + 13;
    assert_eq!(said, format!("install ok installed\n{files}\n"));
    Ok(())
}

fn its_programs_run() -> Outcome {
    // All five run on one namespace and its mount, and from the right place.
    let said = debian()?.says(&format!(
        "{VERSIONS}
        ns-unshare -r -m -u -p --mount-proc --hostname packed sh -c '
            mount -t tmpfs packed /mnt; ns-mounts -no SOURCE /mnt; ns-hostname; ns-ls -t uts -no HOSTNAME --look processes
            ns-enter -t $$ -u ns-hostname'"
    ));
    assert_eq!(said, versions("/usr/bin") + &"packed\n".repeat(4));
    Ok(())
}

/// A script that prints the place and the version of each program.
const VERSIONS: &str =
    "for name in ns-enter ns-hostname ns-ls ns-mounts ns-unshare; do command -v $name; $name --version; done";

/// The expected output of that script.
fn versions(directory: &str) -> String {
    let line = |name| format!("{directory}/{name}\n{name} {}\n", env!("CARGO_PKG_VERSION"));
    PROGRAMS.map(line).concat()
}

fn man_shows_its_pages() -> Outcome {
    shows_pages(&debian()?, "/usr/share/man", ".gz")
}

/// `man(1)` finds and shows all six pages, and they are the pages of the checkout.
#[track_caller]
fn shows_pages(root: &Root, directory: &str, end: &str) -> Outcome {
    root.has("usr/bin/man")?;
    let pages = [
        ("ns-enter", 1),
        ("ns-hostname", 1),
        ("ns-ls", 8),
        ("ns-mounts", 8),
        ("ns-unshare", 1),
        ("ns-utils", 7),
    ];
    let names = pages.map(|(name, _)| name).join(" ");
    let said = root.says(&format!(
        "for name in {names}; do realpath $(man -w $name); MANPAGER=cat MANWIDTH=80 man $name 2>&1; echo END OF PAGE; done"
    ));
    let shown: Vec<_> = said.split("END OF PAGE\n").collect();
    assert_eq!(shown.len(), pages.len() + 1, "{said}");
    for ((name, section), said) in pages.into_iter().zip(shown) {
        let (path, page) = said.split_once('\n').expect("a line");
        assert_eq!(path, format!("{directory}/man{section}/{name}.{section}{end}"));
        let title = format!("{}({section})", name.to_uppercase());
        assert!(page.trim_start().starts_with(&title), "{page}");
        assert!(page.contains("DESCRIPTION"), "{page}");
    }
    Ok(())
}

/// A shell at a terminal in the root completes values that only the real arguments have.
#[track_caller]
fn completes(root: &Root, shell: &[&str], ready: &str) -> Outcome {
    root.has(&format!("usr/bin/{}", shell[0]))?;
    let mut terminal = Terminal::new(&root.command(shell))?;
    terminal.until(|screen| screen.contains('>') || screen.contains('#'));
    terminal.type_keys(&format!("{ready}\r"));
    terminal.until(|screen| screen.contains("is ready"));
    for (typed, whole) in [
        ("ns-ls --pers", "ns-ls --persistent"),
        ("ns-mounts --shad", "ns-mounts --shadowed"),
        ("ns-unshare --map-r", "ns-unshare --map-root-user"),
    ] {
        terminal.type_keys(&format!("\x15{typed}\t"));
        terminal.until(|screen| screen.trim_end().ends_with(whole));
    }
    Ok(())
}

/// Every login shell of Debian reads `/etc/profile`, which prepares the completion.
const BASH: &[&str] = &["bash", "--login", "-i"];

fn bash_completes_after_installation() -> Outcome {
    let root = debian()?;
    root.has("usr/share/bash-completion/bash_completion")?;
    completes(&root, BASH, "PS1='> '; clear; echo bash is' 'ready")
}

fn zsh_completes_after_installation() -> Outcome {
    let ready = "autoload -Uz compinit; compinit -D -u; clear; echo zsh is' 'ready";
    completes(&debian()?, &["zsh", "-f", "-i"], ready)
}

fn fish_completes_after_installation() -> Outcome {
    let ready = "set -g fish_autosuggestion_enabled 0; clear; echo fish is' 'ready";
    completes(
        &debian()?,
        &["fish", "-C", "function fish_prompt; printf '> '; end", "-i"],
        ready,
    )
}

fn the_tarball_unpacks_into_a_prefix() -> Outcome {
    let root = prefix()?;
    assert_eq!(root.says(VERSIONS), versions("/usr/local/bin"));
    shows_pages(&root, "/usr/local/share/man", "")
}

fn the_tarball_has_the_names_of_the_relatives() -> Outcome {
    let said =
        prefix()?.says("PATH=/usr/local/libexec/ns-utils/bin:$PATH; lsns --version; command -v hostname");
    let version = env!("CARGO_PKG_VERSION");
    let lsns = format!("lsns from ns-utils {version} (compatible with util-linux 2.43)\n");
    assert_eq!(said, lsns + "/usr/local/libexec/ns-utils/bin/hostname\n");
    Ok(())
}

fn bash_completes_beside_the_tarball() -> Outcome {
    let root = prefix()?;
    root.has("usr/share/bash-completion/bash_completion")?;
    completes(&root, BASH, "PS1='> '; clear; echo bash is' 'ready")
}
