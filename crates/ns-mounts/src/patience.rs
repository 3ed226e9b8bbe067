//! How long file systems are waited for that may not answer.

use std::time::{Duration, Instant};

/// How long a file system is waited for that may not answer.
const LIMIT: Duration = Duration::from_secs(1);

/// How long all of them are waited for together.
const TOGETHER: Duration = Duration::from_secs(3);

/// How long one is waited for when that time is up.
const AT_LEAST: Duration = Duration::from_millis(50);

/// The time that is left to wait for file systems that may not answer.
#[derive(Debug)]
pub struct Patience(Duration);

impl Default for Patience {
    fn default() -> Self {
        Self(TOGETHER)
    }
}

impl Patience {
    /// How long the next one is waited for.
    pub fn limit(&self) -> Duration {
        self.0.clamp(AT_LEAST, LIMIT)
    }

    /// Takes off the time since `start`.
    pub fn waited_since(&mut self, start: Instant) {
        self.0 = self.0.saturating_sub(start.elapsed());
    }
}
