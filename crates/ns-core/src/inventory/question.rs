//! What is asked for: it decides what is read.

use bitflags::bitflags;

use crate::Kinds;

/// What is to be found out.
#[derive(Clone, Copy, Debug)]
pub struct Question {
    /// Of which kinds.
    pub kinds: Kinds,
    /// What is to be known of them.
    pub facts: Facts,
}

bitflags! {
    /// What can be known of a namespace beyond that it is there and which processes are in it.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Facts: u32 {
        /// Its owner, its parent, the uid of its owner and its 64-bit id: it has to be opened for them.
        const RELATIVES = 1;
        /// The command line of the process that stands for it.
        const COMMAND = 1 << 1;
        /// The uid of that process.
        const UID = 1 << 2;
        /// The parent of that process.
        const PARENT = 1 << 3;
    }
}
