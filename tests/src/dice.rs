use std::time::Duration;

/// A small generator of reproducible numbers.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// The numbers of this seed.
    pub fn new(seed: u64) -> Self {
        // Neighbouring seeds begin far apart, and none at zero, where the numbers would stay.
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below this.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }

    /// One of these.
    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        let place = self.below(u64::try_from(of.len()).unwrap_or(u64::MAX));
        &of[usize::try_from(place).unwrap_or(0)]
    }

    /// Whether something of this likelihood, in percent, is the case.
    pub fn percent(&mut self, likelihood: u64) -> bool {
        self.below(100) < likelihood
    }
}

/// Lets requests that were kept back, and released by now, arrive.
pub async fn let_late_requests_arrive() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
    tokio::time::sleep(Duration::from_millis(1)).await;
}
