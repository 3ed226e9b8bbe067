//! Which namespace is meant, where a target gives several.

use ns_core::{Error, Identity, Kinds, Result, Target};

/// The namespace of one of the kinds that the target gives. It is not held: to hold it would be to keep it alive.
///
/// Fails where the target gives none, and where it gives several.
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
            let what = match opened.process() {
                Some(_) => format!("{target} is a process, which is in namespaces of all kinds"),
                None => format!("{target} is the name of several namespaces: {several}"),
            };
            Err(Error::Ambiguous(what).with_help("choose one with --type"))
        }
    }
}
