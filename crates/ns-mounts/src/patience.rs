//! Time limits for file systems that may not answer.

use std::time::{Duration, Instant};

/// The time limit for one file system.
const LIMIT: Duration = Duration::from_secs(1);

/// The time limit for all file systems together.
const TOGETHER: Duration = Duration::from_secs(3);

/// The time limit for one file system after the common time is up.
const AT_LEAST: Duration = Duration::from_millis(50);

/// The time that is left for file systems that may not answer.
#[derive(Debug)]
pub struct Patience(Duration);

impl Default for Patience {
    fn default() -> Self {
        Self(TOGETHER)
    }
}

impl Patience {
    /// The time limit for the next file system.
    pub fn limit(&self) -> Duration {
        self.0.clamp(AT_LEAST, LIMIT)
    }

    /// Subtracts the time since `start`.
    pub fn waited_since(&mut self, start: Instant) {
        self.0 = self.0.saturating_sub(start.elapsed());
    }
}
