//! Random choices from a seed.

/// Throws dice. The same seed gives the same results.
pub struct Dice(pub u64);

impl Dice {
    /// The next number (`splitmix64`).
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below this limit, which is not 0.
    pub fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(limit).expect("it is small")).expect("it is small")
    }

    /// One of them.
    pub fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }

    /// One of them, in so many of a hundred cases; otherwise nothing.
    pub fn sometimes<'a>(&mut self, percent: usize, of: &[&'a str]) -> &'a str {
        if self.below(100) < percent {
            self.one(of)
        } else {
            ""
        }
    }

    /// Up to so many of them, without repetition, in any order.
    pub fn some(&mut self, most: usize, of: &[&str], between: &str) -> String {
        let mut left = of.to_vec();
        let mut chosen = Vec::new();
        for _ in 0..self.below(most + 1) {
            chosen.push(left.swap_remove(self.below(left.len())));
        }
        chosen.join(between)
    }
}

/// The number in an environment variable, or `or` without it.
pub fn number(variable: &str, or: u64) -> u64 {
    std::env::var(variable).map_or(or, |text| text.parse().expect("it is a number"))
}
