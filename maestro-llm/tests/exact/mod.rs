//! A thousand random bills, compared with what a person would work out on paper.

use chrono::DateTime;
use maestro_core::domain::Usage;
use maestro_llm::prices::from_litellm;

/// A decimal as on paper: its digits, the lowest first, and how many of them come after the point.
#[derive(Clone, Debug)]
struct Paper {
    digits: Vec<u32>,
    places: usize,
}

impl Paper {
    fn new(whole: u64, places: usize) -> Self {
        let digits = whole.to_string().bytes().rev().map(|digit| u32::from(digit - b'0')).collect();
        Self { digits, places }
    }

    fn times(&self, other: &Self) -> Self {
        let mut digits = vec![0; self.digits.len() + other.digits.len() + 1];
        for (low, one) in self.digits.iter().enumerate() {
            for (high, two) in other.digits.iter().enumerate() {
                digits[low + high] += one * two;
                carry(&mut digits, low + high);
            }
        }
        Self { digits, places: self.places + other.places }
    }

    fn plus(&self, other: &Self) -> Self {
        let places = self.places.max(other.places);
        let mut digits = vec![0; self.digits.len().max(other.digits.len()) + places + 1];
        for addend in [self, other] {
            for (place, digit) in addend.digits.iter().enumerate() {
                digits[place + places - addend.places] += digit;
                carry(&mut digits, place + places - addend.places);
            }
        }
        Self { digits, places }
    }

    /// Returns it with so many digits after the point, rounded half up, as a whole number of the last of them.
    fn rounded(&self, places: usize) -> i64 {
        let shifted = Self { places: 0, ..self.clone() };
        let dropped = self.places - places;
        let half = Self { digits: [vec![0; dropped - 1], vec![5]].concat(), places: 0 };
        let digits = shifted.plus(&half).digits.split_off(dropped);
        digits.iter().rev().fold(0, |number, digit| number * 10 + i64::from(*digit))
    }
}

fn carry(digits: &mut [u32], mut place: usize) {
    while digits[place] > 9 {
        digits[place + 1] += digits[place] / 10;
        digits[place] %= 10;
        place += 1;
    }
}

/// Random numbers that are the same in every run (xorshift64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }

    /// Small numbers as often as large ones.
    fn tokens(&mut self) -> u64 {
        let limit = 10_u64.pow(self.below(9) as u32);
        self.below(limit + 1)
    }
}

/// A price in USD per token: `digits` × 10⁻¹², as it is on paper and in JSON.
fn price(dice: &mut Dice) -> (Paper, String) {
    let limit = 10_u64.pow(1 + dice.below(8) as u32);
    let digits = dice.below(limit);
    let text = match dice.below(3) {
        0 => format!("{digits}e-12"),
        1 => format!("{}.{:02}E-10", digits / 100, digits % 100),
        _ => format!("0.{digits:012}"),
    };
    (Paper::new(digits, 12), text)
}

#[test]
fn a_thousand_random_bills_are_right_to_the_nano_dollar() {
    let mut dice = Dice(0x005E_ED0F_B111);
    for number in 0..1_000 {
        let prices: [_; 4] = std::array::from_fn(|_| price(&mut dice));
        let tokens: [_; 4] = std::array::from_fn(|_| dice.tokens());
        let list = format!(
            "{{\"m\": {{\"litellm_provider\": \"p\", \"mode\": \"chat\", \"input_cost_per_token\": {}, \
             \"output_cost_per_token\": {}, \"cache_read_input_token_cost\": {}, \
             \"cache_creation_input_token_cost\": {}}}}}",
            prices[0].1, prices[1].1, prices[2].1, prices[3].1
        );
        let imported = from_litellm(&list, "p", DateTime::UNIX_EPOCH).unwrap();
        let [input, output, cache_read, cache_write] = tokens.map(Some);
        let usage = Usage { input, output, cache_read, cache_write, reasoning: None, raw: None };
        let cost = imported.prices[0].cost(&usage).map(|cost| cost.nanos());

        let bills = prices.iter().zip(tokens).map(|((price, _), tokens)| price.times(&Paper::new(tokens, 0)));
        let total = bills.reduce(|sum, bill| sum.plus(&bill)).unwrap();
        assert_eq!(cost, Some(total.rounded(9)), "bill {number}: {list} {tokens:?}");
    }
}

#[test]
fn paper_is_right() {
    let three_and_a_half = Paper::new(35, 1);
    assert_eq!(three_and_a_half.times(&Paper::new(99, 1)).plus(&Paper::new(1, 3)).rounded(1), 347); // 34.651
    assert_eq!(Paper::new(5, 1).plus(&Paper::new(0, 2)).rounded(0), 1); // 0.50
    assert_eq!(Paper::new(49, 2).rounded(0), 0);
    assert_eq!(Paper::new(999_999, 3).plus(&Paper::new(1, 3)).rounded(1), 10_000);
}
