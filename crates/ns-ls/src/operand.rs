//! Choosing one namespace of a target that gives several.

use ns_core::{Error, Identity, Kinds, Result, Target};

/// The namespace of one of the kinds that the target gives. It is not kept open, because that would keep it alive.
///
/// Fails if the target gives none or several.
pub fn identity_of(target: &Target, kinds: Kinds) -> Result<Identity> {
    let opened = target.open()?;
    let several = opened.kinds();
    let mut some = several.iter().filter(|kind| kinds.contains(*kind));
    match (some.next(), some.next()) {
        (Some(kind), None) => Ok(opened.namespace(kind)?.identity()),
        (None, _) => Err(Error::Unfit(format!(
            "{target} gives a namespace of the kind {several}, not {kinds}"
        ))),
        (Some(_), Some(_)) => {
            let (what, help) = match opened.process() {
                Some(process) => (
                    format!("{target} is a process, which has namespaces of all kinds"),
                    format!(
                        "choose one with --type, or list its namespaces: ns-ls -p {}",
                        process.pid()
                    ),
                ),
                None => (
                    format!("{target} is the name of several namespaces: {several}"),
                    "choose one with --type".to_owned(),
                ),
            };
            Err(Error::Ambiguous(what).with_help(help))
        }
    }
}
