//! Periodic inputs: ranges stated by a user or a file, and periods guessed from the values of a column.

use std::f64::consts::{PI, TAU};

use ndarray::ArrayRef1;

use super::Dataset;
use super::csv::is_angle_name;
use crate::numerics::bounds::image;
use crate::numerics::statistics::extent;
use crate::text::{angle, shortened};

/// The range in which each input is periodic; empty if none is.
pub type Periods = Vec<Option<[f64; 2]>>;

/// Text that states no periodic input and overrides the file.
const NO_PERIODS: &str = "none";
/// Usual periods of columns of angles.
const USUAL_PERIODS: [f64; 2] = [360.0, TAU];
/// Smallest fraction of a usual range that a column of angles fills. One hundred numbers spread evenly over a range leave
/// out about a fiftieth of it at the ends.
const FILLED_FRACTION: f64 = 0.97;
/// Largest excess over a range by rounding, as a fraction of the range.
const ROUNDING_FRACTION: f64 = 1e-3;

/// Reads the periods that a text states for columns with these names. The text is a list such as `phi:360, psi:2pi`, or one period or range
/// for all columns. A range such as `theta:-pi..pi` may replace a period. A period begins at zero if no number of its column is negative;
/// otherwise it is centred at zero. `none` states that no column is periodic.
///
/// # Errors
/// One sentence on the first error in the text.
pub fn parse(text: &str, names: &[String], bounds: &[[f64; 2]]) -> Result<Periods, String> {
    let mut periods = vec![None; names.len()];
    if text.trim() == NO_PERIODS {
        return Ok(Vec::new());
    }
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let (of, range) = match part.rsplit_once([':', '=']) {
            Some((name, range)) => {
                let column = names.iter().position(|other| other == name.trim());
                let unknown = || {
                    format!("periodic names the input \"{}\", but the inputs are {}", shortened(name.trim()), names.join(", "))
                };
                (vec![column.ok_or_else(unknown)?], range)
            }
            None => ((0..names.len()).collect(), part),
        };
        for column in of {
            let example = "write a period such as phi:360 or a range such as phi:-pi..pi";
            let range = range_of(range.trim(), bounds[column])
                .ok_or_else(|| format!("periodic does not understand \"{}\"; {example}", shortened(part)))?;
            periods[column] = Some(range);
        }
    }
    Ok(periods)
}

/// Reads a period or a range, in a column with these bounds, as a range.
fn range_of(text: &str, [lowest, _]: [f64; 2]) -> Option<[f64; 2]> {
    let range = if let Some((low, high)) = text.split_once("..") {
        [angle(low.trim())?, angle(high.trim())?]
    } else {
        let period = angle(text)?;
        if lowest >= -ROUNDING_FRACTION * period { [0.0, period] } else { [-0.5 * period, 0.5 * period] }
    };
    (range[0] < range[1]).then_some(range)
}

/// Writes periods in the form that [`parse`] reads.
pub fn written(names: &[String], periods: &[Option<[f64; 2]>]) -> String {
    let one = |(name, range): (&String, &Option<[f64; 2]>)| {
        let [low, high] = (*range)?;
        Some(format!("{name}:{}..{}", in_pi(low), in_pi(high)))
    };
    names.iter().zip(periods).filter_map(one).collect::<Vec<_>>().join(",")
}

/// Writes a number, as a multiple of pi if it is one.
fn in_pi(number: f64) -> String {
    match number / PI {
        1.0 => "pi".into(),
        -1.0 => "-pi".into(),
        2.0 => "2pi".into(),
        _ => number.to_string(),
    }
}

/// Range in which a column seems to be periodic: its values fill one turn, in degrees or radians, and lie within it.
pub fn likely(column: &ArrayRef1<f64>) -> Option<[f64; 2]> {
    let [low, high] = extent(column.iter().copied());
    let ranges = USUAL_PERIODS.into_iter().flat_map(|period| [[0.0, period], [-0.5 * period, 0.5 * period]]);
    ranges.into_iter().find(|[first, last]| {
        let (period, slack) = (last - first, ROUNDING_FRACTION * (last - first));
        low >= first - slack && high <= last + slack && high - low >= FILLED_FRACTION * period
    })
}

/// Number of whole periods by which a number lies outside its range.
pub(super) fn winding(x: f64, period: Option<[f64; 2]>) -> i64 {
    period.map_or(0, |[low, high]| {
        let turns = (x - low) / (high - low);
        // The upper end of the range is equivalent to the lower end.
        if turns == 1.0 { 0 } else { turns.floor() as i64 }
    })
}

impl Dataset {
    /// Returns the periods of the inputs: those that `text` states, see [`parse`], or if it is empty, those that the file states.
    ///
    /// # Errors
    /// One sentence on the error in the text.
    pub fn stated_periods(&self, text: &str) -> Result<Periods, String> {
        if text.trim().is_empty() {
            return Ok(self.periods.clone());
        }
        parse(text, &self.names[..self.inputs()], &self.row_bounds())
    }

    /// Makes inputs periodic in these ranges, and moves all points into them.
    #[must_use]
    pub fn repeating(mut self, periods: Periods) -> Self {
        for (k, range) in periods.iter().enumerate() {
            if let Some(range) = range {
                self.x.column_mut(k).mapv_inplace(|x| image(x, *range));
            }
        }
        self.periods = if periods.iter().any(Option::is_some) { periods } else { Vec::new() };
        self
    }

    /// Range of an input, if it is periodic.
    pub fn period(&self, k: usize) -> Option<[f64; 2]> {
        self.periods.get(k).copied().flatten()
    }

    /// Length of the period of an input, if it is periodic.
    pub fn period_length(&self, k: usize) -> Option<f64> {
        self.period(k).map(|[low, high]| high - low)
    }

    /// Marks of the periodic inputs; empty if no input is periodic.
    pub fn periodic(&self) -> Vec<bool> {
        self.periods.iter().map(Option::is_some).collect()
    }

    /// Sentences on the inputs that are periodic by the file, and on those that seem to be periodic.
    pub fn remarks_on_periods(&self) -> Vec<String> {
        let likely = self.likely_periods();
        let likely = (!likely.is_empty())
            .then(|| format!("Some inputs cover a full turn. As angles they need the setting Periodic: {likely}."));
        self.remark_on_stated_periods().into_iter().chain(likely).collect()
    }

    /// Sentence on the inputs that are periodic by the file, if there are any.
    pub(crate) fn remark_on_stated_periods(&self) -> Option<String> {
        let stated = written(&self.names, &self.periods);
        (!stated.is_empty()).then(|| format!("Periodic according to the file: {stated}."))
    }

    /// Periods of inputs that seem to be periodic but are not stated, in the form that [`parse`] reads; empty if there are none.
    pub fn likely_periods(&self) -> String {
        written(&self.names, &(0..self.inputs()).map(|k| self.likely_period(k)).collect::<Periods>())
    }

    /// Stated and likely periods of the inputs, and the likely one of the values if `with_values`, in the form that [`parse`] reads; empty if
    /// there are no likely ones.
    pub fn stated_and_likely_periods(&self, with_values: bool) -> String {
        let mut periods: Periods = (0..self.inputs()).map(|k| self.likely_period(k)).collect();
        periods.extend(with_values.then(|| likely(&self.y)));
        if periods.iter().all(Option::is_none) {
            return String::new();
        }
        for (period, stated) in periods.iter_mut().zip(&self.periods) {
            *period = stated.or(*period);
        }
        // A column with the name of an angle has the unit of one that covers a full turn.
        let turn = periods.iter().copied().flatten().next();
        let columns = self.x.columns().into_iter().chain(with_values.then(|| self.y.view()));
        for ((period, column), name) in periods.iter_mut().zip(columns).zip(&self.names) {
            let holds = |[low, high]: &[f64; 2]| column.iter().all(|x| (low..=high).contains(&x));
            *period = period.or(turn.filter(|turn| is_angle_name(name) && holds(turn)));
        }
        written(&self.names, &periods)
    }

    /// Period of an input that seems to be periodic but is not stated.
    pub(super) fn likely_period(&self, k: usize) -> Option<[f64; 2]> {
        if self.period(k).is_some() { None } else { likely(&self.x.column(k)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array1, array};

    fn names() -> Vec<String> {
        ["phi", "psi", "d"].map(String::from).to_vec()
    }

    #[test]
    fn periods_and_ranges_are_read_and_written() {
        let bounds = [[-170.0, 175.0], [0.1, 6.2], [0.0, 1.0]];
        let read = |text: &str| parse(text, &names(), &bounds);
        assert_eq!(read("phi:360, psi:2pi").unwrap(), [Some([-180.0, 180.0]), Some([0.0, TAU]), None]);
        assert_eq!(read("psi=-pi..pi").unwrap(), [None, Some([-PI, PI]), None]);
        assert_eq!(read("d:0.5..2*pi").unwrap(), [None, None, Some([0.5, TAU])]);
        assert_eq!(read("400").unwrap(), [Some([-200.0, 200.0]), Some([0.0, 400.0]), Some([0.0, 400.0])]);
        assert!(read("none").unwrap().is_empty());
        let text = written(&names(), &read("phi:360,psi:2pi").unwrap());
        assert_eq!(text, "phi:-180..180,psi:0..2pi");
        assert_eq!(read(&text), read("phi:360,psi:2pi"));
        for (text, words) in [
            ("chi:360", "the inputs are phi, psi, d"),
            ("phi:round", "\"phi:round\""),
            ("phi:pi..-pi", "-pi..pi"),
            ("phi:-1", "write a period"),
            ("phi:\u{1a}\n", "\\u{1a}"),
            ("\n:3", "the input \"\", but"),
            ("phi:nan", "write a period"),
        ] {
            assert!(read(text).unwrap_err().contains(words), "{text}: {:?}", read(text));
        }
    }

    #[test]
    fn column_over_full_turn_looks_periodic() {
        let over = |low: f64, high: f64| likely(&Array1::linspace(low, high, 50));
        assert_eq!(over(-179.0, 179.9), Some([-180.0, 180.0]));
        assert_eq!(over(0.01, 6.27), Some([0.0, TAU]));
        assert_eq!(over(-0.999 * PI, 1.0001 * PI), Some([-PI, PI]));
        assert_eq!((over(0.0, 100.0), over(-3.0, 3.0), over(0.0, 400.0)), (None, None, None));
        let x = array![[-179.0, 0.0], [179.0, 1.0], [190.0, 0.5]];
        let data = Dataset { x, names: names(), y: array![0.0, 1.0, 2.0], ..Dataset::default() };
        assert_eq!(data.likely_periods(), "");
        let beside = Dataset {
            x: array![[-179.0, 0.0], [179.0, 1.0], [90.0, 0.5]],
            names: names(),
            y: array![0.0, 1.0, 2.0],
            ..Dataset::default()
        };
        assert_eq!(beside.stated_and_likely_periods(false), "phi:-180..180,psi:-180..180");
        let data = data.repeating(vec![Some([-180.0, 180.0]), None]);
        assert_eq!((data.x[[2, 0]], data.periodic()), (-170.0, vec![true, false]));
        assert_eq!(data.bounds(), [[-180.0, 180.0], [0.0, 1.0]]);
        assert_eq!(Dataset { periods: Vec::new(), ..data }.likely_periods(), "phi:-180..180");
    }
}
