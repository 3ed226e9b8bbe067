//! What an inventory lacks, as a listing says it.

use crate::inventory::{Inventory, Places};
use crate::output::Incomplete;

impl Inventory {
    /// What could not be read. `asked` are the places that were to be searched.
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
