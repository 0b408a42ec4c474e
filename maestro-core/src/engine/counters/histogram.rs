//! Histograms: how often a value was how large, in buckets that grow by a factor.

/// The upper bounds of the buckets, from a millisecond to seventeen minutes; counts of things fit in them too.
const BOUNDS: [f64; 21] = [
    0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0,
    64.0, 128.0, 256.0, 512.0, 1024.0,
];

/// How often a value was how large.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Histogram {
    /// The last bucket has no bound.
    buckets: [u64; BOUNDS.len() + 1],
    sum: f64,
}

impl Histogram {
    pub(crate) fn add(&mut self, value: f64) {
        let place = BOUNDS.iter().position(|bound| value <= *bound).unwrap_or(BOUNDS.len());
        self.buckets[place] += 1;
        self.sum += value;
    }

    /// Returns each upper bound with the number of values up to it.
    pub fn cumulated(&self) -> impl Iterator<Item = (f64, u64)> + '_ {
        let sums = self.buckets.iter().scan(0, |sum, count| {
            *sum += count;
            Some(*sum)
        });
        BOUNDS.into_iter().zip(sums)
    }

    /// Returns how many values there were.
    pub fn count(&self) -> u64 {
        self.buckets.iter().sum()
    }

    /// Returns the sum of all values.
    pub fn sum(&self) -> f64 {
        self.sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_fall_into_the_first_bucket_that_holds_them() {
        let mut histogram = Histogram::default();
        [0.0, 0.001, 0.0011, 3.0, 5_000.0].into_iter().for_each(|value| histogram.add(value));
        let at = |bound: f64| histogram.cumulated().find(|(upper, _)| *upper == bound).unwrap().1;
        assert_eq!((at(0.001), at(0.002), at(2.0), at(4.0), at(1024.0)), (2, 3, 3, 4, 4));
        assert_eq!((histogram.count(), histogram.sum()), (5, 5_003.0021));
    }
}
