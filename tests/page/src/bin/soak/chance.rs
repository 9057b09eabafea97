//! Random choices of the next action, its position, and the typed text.

use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

/// Random number generator. The same seed gives the same numbers, but the controls of the page depend on its progress.
#[derive(Debug)]
pub struct SoakRandom(Xoshiro256PlusPlus);

/// Unusual texts for a field, separated by bars.
const ODD_TEXTS: &str = "| |0|-1|1e99|-1e-3|NaN|inf|∞|2.5|1,5|8, 8|8,,8|0x10|1e|ten|\
    <b>bold</b>|%zz&=#|x^4 - a*x^2 + b*x|sin(x)*exp(-x^2) + 0.1*y^2|🜁|a=1,b=2";

/// Correct formulas, separated by bars.
const FORMULAS: &str = "x^4 - a*x^2 + b*x|(x^2 - 1)^2 + 0.3*x|min(x^2, (x - 2)^2 + 0.5)|(x^2 - 1)^2 + k*(y - x/2)^2 + 0.2*x|cos(3*x) + x^2/4|\
    exp(-(x-1)^2) - exp(-(x+1)^2)|abs(x) + log(1 + y^2)|sqrt(x)|1/x";

impl SoakRandom {
    /// Generator for a seed.
    pub fn from_seed(seed: u64) -> Self {
        Self(Xoshiro256PlusPlus::seed_from_u64(seed))
    }

    /// Random number from 0 to below 1.
    pub fn part(&mut self) -> f64 {
        self.0.random()
    }

    /// Returns true with the given probability.
    pub fn happens(&mut self, probability: f64) -> bool {
        self.part() < probability
    }

    /// Random integer from `low` to below `high`.
    pub fn between(&mut self, low: u32, high: u32) -> u32 {
        self.0.random_range(low..high)
    }

    /// Random element of a list.
    pub fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.0.random_range(0..of.len())]
    }

    /// Random text of a list that is separated by bars.
    pub fn one_of<'a>(&mut self, list: &'a str) -> &'a str {
        self.one(&list.split('|').collect::<Vec<_>>())
    }

    /// Random element of a list with weights.
    pub fn weighted<T: Copy>(&mut self, of: &[(T, u32)]) -> T {
        let mut left = self.between(0, of.iter().map(|(_, weight)| weight).sum());
        for (one, weight) in of {
            if left < *weight {
                return *one;
            }
            left -= weight;
        }
        unreachable!("what is drawn is below the sum")
    }

    /// Text for a field that contains `text`: in most cases a number near the current one, else any text.
    pub fn text(&mut self, text: &str) -> String {
        let number = text.trim().parse::<f64>().ok().filter(|_| self.happens(0.7));
        match number {
            Some(number) => match self.between(0, 5) {
                0 => format!("{}", number * 2.0),
                1 => format!("{}", number / 2.0),
                2 => format!("{}", number + 1.0),
                3 => format!("{}", (number * 1.3).round()),
                _ => format!("{:.3e}", number * (0.5 + self.part())),
            },
            None if self.happens(0.05) => "1".repeat(3000),
            None => self.one_of(ODD_TEXTS).to_owned(),
        }
    }

    /// A formula. Most are correct, and the others contain typical mistakes.
    pub fn formula(&mut self) -> String {
        let mut text = self.one_of(FORMULAS).to_owned();
        if self.happens(0.35) {
            let places: Vec<usize> = text.char_indices().map(|(place, _)| place).collect();
            let place = self.one(&places);
            if self.happens(0.5) {
                text.remove(place);
            } else {
                text.insert_str(place, self.one(&["(", "^", "*", "x y", "q(", ")", "..", "é"]));
            }
        }
        text
    }

    /// A small user file: its name and its text, which need not be a table.
    pub fn file(&mut self) -> (&'static str, String) {
        let rows = self.between(1, 80);
        let mut table = |head: &str, columns: usize| {
            let mut text = format!("{head}\n");
            for _ in 0..rows {
                let x = 4.0 * self.part() - 2.0;
                let cells = [x, (x * x - 1.0).powi(2) + 0.05 * self.part(), self.part() - 0.5, 0.1 * self.part()];
                let mut cells: Vec<String> = cells[..columns].iter().map(|cell| format!("{cell:.4}")).collect();
                if self.happens(0.01) {
                    cells[0] = self.one(&["nan", "", "x", "1e400"]).into();
                }
                text += &(cells.join(",") + "\n");
            }
            text
        };
        match table("x,y", 2) {
            text if rows % 6 < 3 => ("own.csv", text),
            _ if rows % 6 == 3 => ("samples.csv", table("x", 1)),
            _ if rows % 6 == 4 => ("forces.csv", table("x,dpsi_dx,y,error", 4)),
            text => ("broken.json", text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_follow_seed_and_weights() {
        let drawn = |seed| {
            let mut chance = SoakRandom::from_seed(seed);
            (0..3000).map(|_| chance.weighted(&[('a', 1), ('b', 0), ('c', 3)])).collect::<String>()
        };
        assert_eq!(drawn(7), drawn(7));
        assert_ne!(drawn(7), drawn(8));
        let often = drawn(7).matches('c').count();
        assert!((2100..2400).contains(&often) && !drawn(7).contains('b'), "{often} of 3000");
    }

    #[test]
    fn generated_texts_formulas_and_files_cover_all_kinds() {
        let mut chance = SoakRandom::from_seed(1);
        let typed: Vec<String> = (0..300).map(|_| chance.text("20")).collect();
        assert!(typed.iter().any(|text| text == "40") && typed.iter().any(|text| text == "NaN"));
        let formulas: Vec<String> = (0..300).map(|_| chance.formula()).collect();
        assert!(formulas.iter().any(|text| text == "1/x") && formulas.iter().any(|text| text.contains("é")));
        let files: Vec<_> = (0..100).map(|_| chance.file()).collect();
        for name in ["own.csv", "samples.csv", "forces.csv", "broken.json"] {
            assert!(files.iter().any(|(other, _)| *other == name), "{name}");
        }
    }
}
