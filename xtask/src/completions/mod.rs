//! `cargo xtask completions`: scripts for bash, zsh and fish from our own templates.
//!
//! clap's generators complete no values, and do not complete the arguments of the program to run. All three scripts
//! know the options; the values come from the shell (files, users) or, at completion time, from the program itself
//! (`--complete=SOURCE`, see `ns_core::cli`).

mod bash;
mod fish;
mod model;
mod zsh;

use crate::generated::Generated;
use crate::programs;
use model::Model;

/// Three scripts for each program, under the names where the shells look for them.
pub fn scripts() -> Vec<Generated> {
    let mut scripts = Vec::new();
    for program in programs::all() {
        let model = Model::new(&program);
        let name = &model.name;
        for (path, text) in [
            (format!("bash/{name}"), bash::script(&model)),
            (format!("fish/{name}.fish"), fish::script(&model)),
            (format!("zsh/_{name}"), zsh::script(&model)),
        ] {
            scripts.push(Generated {
                path: format!("completions/{path}").into(),
                text,
                task: "completions",
            });
        }
    }
    scripts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_long_option_is_in_every_script() {
        let scripts = scripts();
        for program in programs::all() {
            let of_it = |script: &&Generated| {
                let stem = script.path.file_stem().unwrap_or_default().to_string_lossy();
                stem.trim_start_matches('_') == program.name
            };
            let scripts: Vec<_> = scripts.iter().filter(of_it).collect();
            assert_eq!(scripts.len(), 3);
            for long in program.options().filter_map(clap::Arg::get_long) {
                for script in &scripts {
                    assert!(script.text.contains(long), "{}: {long}", script.path.display());
                }
            }
        }
    }

    /// The value names that complete nothing. The model knows all other names.
    #[test]
    fn all_values_but_these_have_something_to_choose_from() {
        let free = [
            "DOMAIN",
            "FD",
            "ID",
            "LINE",
            "NAME",
            "NAME=VALUE",
            "OPTIONS",
            "SECONDS",
            "TIME",
            "UID:GID",
        ];
        for program in programs::all() {
            for option in Model::new(&program).options {
                let Some(value) = option.value else { continue };
                let is_free = matches!(value.source, model::Source::Free);
                let expected = free.contains(&value.name.as_str());
                assert_eq!(is_free, expected, "{}: {}", option.longs.join(" "), value.name);
            }
        }
    }
}
