//! What the cases share: how one is written, the programs, an ordinary user, processes held in namespaces of their own.

pub mod case;
mod held;
pub mod needs;
mod ran;
mod user;

pub use case::{Case, Outcome};
pub use held::Held;
pub use ran::{Ran, Run, program, tool};
pub use user::User;
