//! The completion scripts as files.

use std::path::Path;

use crate::support::case::cases;
use crate::support::{Outcome, Run as _, needs, tool};

cases!["completions::scripts": bash_reads_its_scripts, zsh_reads_its_scripts, fish_reads_its_scripts];

fn bash_reads_its_scripts() -> Outcome {
    are_read("bash")
}

fn zsh_reads_its_scripts() -> Outcome {
    are_read("zsh")
}

fn fish_reads_its_scripts() -> Outcome {
    are_read("fish")
}

/// The shell finds no syntax error in any script.
fn are_read(shell: &str) -> Outcome {
    let shell_path = needs::installed(shell)?;
    let directory = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("completions")
        .join(shell);
    let scripts: Vec<_> = directory
        .read_dir()
        .expect("they are there")
        .map(|entry| entry.expect("it can be read").path())
        .collect();
    assert_eq!(scripts.len(), 5);
    for script in scripts {
        let ran = tool(&shell_path).arg("-n").arg(&script).ran();
        assert!(
            ran.status == 0 && ran.stderr.is_empty(),
            "{}: {ran:?}",
            script.display()
        );
    }
    Ok(())
}
