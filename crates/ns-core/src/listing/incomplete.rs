//! The missing parts of an inventory, for a listing.

use serde_json::Value;

use crate::inventory::{Inventory, Places};
use crate::output::Incomplete;

/// The key under which JSON names the places that were not searched.
pub const NOT_LOOKED: &str = "not-looked";

impl Inventory {
    /// The places that were not searched, as JSON names them beside the rows of a listing. These include the list of a
    /// kernel that does not list all kinds.
    pub fn not_looked(&self) -> (&'static str, Value) {
        let left_out: Vec<_> = Places::all()
            .difference(self.looked() - self.untold())
            .names()
            .collect();
        (NOT_LOOKED, left_out.into())
    }

    /// Everything that could not be read. `asked` are the places that should have been searched.
    pub fn incomplete(&self, asked: Places) -> Incomplete {
        let unread = self.unread();
        Incomplete {
            unread: unread.clone(),
            places: asked.difference(self.looked()).names().collect(),
            help: unread.help(),
            ..Incomplete::default()
        }
    }
}
