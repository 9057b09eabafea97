//! The scores of a fit of values, by which all methods are compared.

use multiwell::internal::data::Dataset;
use multiwell::internal::landscape::{
    DESCENT_STARTS, Extrema, LARGEST_DISTANCE, Minimum, extrema_above, extrema_around, of_potential_above, pairs::pair,
    starting_points, stationary, stationary_with_faces,
};
use multiwell::internal::numerics::bounds::Bounds;
use multiwell::internal::numerics::statistics::mean;
use multiwell::internal::potentials::KnownPotential;
use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};

use super::FittedSurface;

/// Number of points of the grid on which errors are measured, for one input and for more.
const ERROR_POINTS: [usize; 2] = [2001, 4096];
/// Number of points of the grid on which extrema of one input are bracketed.
const BRACKET_POINTS: usize = 2001;
/// Number of lines along each input that are searched for jumps of the gradient, in more than one input.
const JUMP_LINES: usize = 24;
/// Number of steps of such a line.
const LINE_STEPS: usize = 1000;
/// Range of distances beyond the domain in which extrapolation is measured, as fractions of its width.
const EXTRAPOLATION_RANGE: [f64; 2] = [0.1, 0.2];

/// Reference for the scores of a fit: the truth, the domain, held-out rows and the threshold of a well.
pub struct ValueJudge<'a> {
    /// The truth, if it is known.
    pub truth: Option<&'a dyn KnownPotential>,
    /// The domain, `[low, high]` for each input.
    pub bounds: &'a [[f64; 2]],
    /// For each input, whether it is periodic with its domain as one period; empty if none is.
    pub periodic: &'a [bool],
    /// Held-out rows, if there are any.
    pub held_out: Option<&'a Dataset>,
    /// The smallest barrier of a well.
    pub threshold: f64,
    /// True if only derivatives are learnt, so that a constant must be removed.
    pub is_up_to_constant: bool,
    /// True if the user has requested the end of the search for minima.
    pub is_stopped: &'a dyn Fn() -> bool,
}

/// Scores of a fit, in the units of the data.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ValueScore {
    /// Number of fitted parameters.
    pub parameters: usize,
    /// Hyperparameters chosen by the fit.
    pub choice: String,
    /// Root mean squared error against the truth over the domain.
    pub rmse: Option<f64>,
    /// Root mean squared error of all derivatives against the truth.
    pub rmse_gradient: Option<f64>,
    /// Root mean squared error on held-out rows: of the values, or of the derivatives if no values are known.
    pub held_out: Option<f64>,
    /// Number of minima with a barrier above the threshold.
    pub wells: usize,
    /// Number of all minima in the domain.
    pub minima: usize,
    /// Number of minima without a minimum of the truth within a tenth of the domain.
    pub spurious: Option<usize>,
    /// Number of wells of the truth without a minimum of the fit within a tenth of the domain.
    pub missed: Option<usize>,
    /// Largest change of the gradient over a thousandth of the domain, relative to the root mean square of the gradient. Inputs are in widths of the
    /// domain.
    pub jump: f64,
    /// Root mean squared error outside of the domain, at distances of 10 to 20 per cent of its width; `None` if all inputs are periodic.
    pub extrapolation: Option<f64>,
}

/// The truth as one of the fits.
pub struct Truth<'a>(pub &'a dyn KnownPotential);

impl FittedSurface for Truth<'_> {
    fn evaluate(&self, x: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let points = x.chunks_exact(self.0.inputs().len());
        (points.clone().map(|x| self.0.value(x)).collect(), points.flat_map(|x| self.0.gradient(x)).collect())
    }
}

impl ValueJudge<'_> {
    /// The scores of a fit.
    pub fn score(&self, fit: &dyn FittedSurface) -> ValueScore {
        let places = self.places();
        let (values, slopes) = fit.evaluate(&places);
        let known = self.truth.map(|truth| Truth(truth).evaluate(&places));
        let lift = |known: &(Vec<f64>, Vec<f64>)| {
            let differences: Vec<f64> = values.iter().zip(&known.0).map(|(a, b)| a - b).filter(|d| d.is_finite()).collect();
            if self.is_up_to_constant { mean(&differences) } else { 0.0 }
        };
        let offset = known.as_ref().map_or(0.0, lift);
        let found = self.extrema(fit);
        let (spurious, missed) = self.unpaired(&found.minima).map_or((None, None), |[a, b]| (Some(a), Some(b)));
        ValueScore {
            parameters: fit.parameters(),
            choice: fit.choice(),
            rmse: known.as_ref().map(|known| rms(values.iter().zip(&known.0).map(|(a, b)| a - offset - b))),
            rmse_gradient: known.as_ref().map(|known| rms(slopes.iter().zip(&known.1).map(|(a, b)| a - b))),
            held_out: self.held_out.map(|rows| self.held_out_error(fit, rows, offset)),
            wells: found.wells(self.threshold),
            minima: found.minima.len(),
            spurious,
            missed,
            jump: self.jump(fit, &slopes),
            extrapolation: self.truth.filter(|_| !self.whole().is_closed()).map(|truth| self.beyond(fit, truth, offset)),
        }
    }

    /// Points over the domain, `[points, inputs]`.
    fn places(&self) -> Vec<f64> {
        match *self.bounds {
            [[low, high]] => line([low, high], ERROR_POINTS[0] - 1),
            _ => starting_points(self.bounds, ERROR_POINTS[1]).into_iter().collect(),
        }
    }

    /// The domain with its periodic inputs.
    fn whole(&self) -> Bounds<'_> {
        Bounds { ends: self.bounds, periodic: self.periodic }
    }

    fn extrema(&self, fit: &dyn FittedSurface) -> Extrema {
        if let [domain] = *self.bounds {
            let search = if self.whole().is_periodic(0) { extrema_around } else { extrema_above };
            return search(domain, BRACKET_POINTS, self.threshold, |xs: &[f64]| fit.evaluate(xs));
        }
        let starts = starting_points(self.bounds, DESCENT_STARTS);
        let surface = &mut |x: &Array2<f64>| {
            // A search that is to end receives a surface without slopes.
            if (self.is_stopped)() {
                return (Array1::zeros(x.nrows()), Array2::zeros(x.raw_dim()));
            }
            let flat: Vec<f64> = x.iter().copied().collect();
            let (values, slopes) = fit.evaluate(&flat);
            (Array1::from(values), Array2::from_shape_vec(x.raw_dim(), slopes).expect("a slope for each input"))
        };
        let has_walls = self.truth.is_some_and(KnownPotential::has_walls);
        let search = if has_walls { stationary_with_faces } else { stationary };
        search(self.whole(), &starts, self.threshold, surface)
    }

    /// Number of minima of the fit without a minimum of the truth, and number of wells of the truth without a minimum of the fit.
    fn unpaired(&self, minima: &[Minimum]) -> Option<[usize; 2]> {
        let known = of_potential_above(self.truth?, self.threshold).minima;
        let domain = self.whole();
        let pairs = pair(minima, &known, domain, LARGEST_DISTANCE * domain.diagonal());
        let is_well = |k: usize| known[k].barrier.is_some_and(|barrier| barrier > self.threshold);
        let spurious = pairs.iter().filter(|pair| pair.1.is_none()).count();
        Some([spurious, pairs.iter().filter(|(fit, truth)| fit.is_none() && truth.is_some_and(is_well)).count()])
    }

    fn jump(&self, fit: &dyn FittedSurface, slopes: &[f64]) -> f64 {
        let inputs = self.bounds.len();
        let width = |k: usize| self.bounds[k % inputs][1] - self.bounds[k % inputs][0];
        let size = rms(slopes.iter().enumerate().map(|(k, slope)| slope * width(k))) * (inputs as f64).sqrt();
        let lines = if inputs == 1 { 1 } else { JUMP_LINES };
        let bases: Vec<f64> = starting_points(self.bounds, lines).into_iter().collect();
        let mut largest = 0.0_f64;
        for base in bases.chunks_exact(inputs) {
            for along in 0..inputs {
                let places: Vec<f64> = line(self.bounds[along], LINE_STEPS)
                    .into_iter()
                    .flat_map(|t| base.iter().enumerate().map(move |(k, x)| if k == along { t } else { *x }))
                    .collect();
                let slopes = fit.evaluate(&places).1;
                for pair in slopes.windows(2 * inputs).step_by(inputs) {
                    let change = (0..inputs).map(|k| ((pair[inputs + k] - pair[k]) * width(k)).powi(2)).sum::<f64>();
                    largest = largest.max(change.sqrt());
                }
            }
        }
        largest / size.max(f64::MIN_POSITIVE)
    }

    fn beyond(&self, fit: &dyn FittedSurface, truth: &dyn KnownPotential, offset: f64) -> f64 {
        let wider = |by: f64| -> Vec<[f64; 2]> {
            let out = |(k, &[low, high]): (usize, &[f64; 2])| {
                let margin = if self.whole().is_periodic(k) { 0.0 } else { by * (high - low) };
                [low - margin, high + margin]
            };
            self.bounds.iter().enumerate().map(out).collect()
        };
        let (inner, outer) = (wider(EXTRAPOLATION_RANGE[0]), wider(EXTRAPOLATION_RANGE[1]));
        let is_inside = |x: &[f64]| x.iter().zip(&inner).all(|(x, [low, high])| x > low && x < high);
        let candidates: Vec<f64> = starting_points(&outer, ERROR_POINTS[1]).into_iter().collect();
        let places: Vec<f64> = candidates.chunks_exact(self.bounds.len()).filter(|x| !is_inside(x)).flatten().copied().collect();
        let (found, known) = (fit.evaluate(&places).0, Truth(truth).evaluate(&places).0);
        rms(found.iter().zip(&known).map(|(a, b)| a - offset - b))
    }

    fn held_out_error(&self, fit: &dyn FittedSurface, rows: &Dataset, offset: f64) -> f64 {
        let x: Vec<f64> = rows.x.iter().copied().collect();
        let (values, slopes) = fit.evaluate(&x);
        match &rows.gradient {
            Some(gradient) if self.is_up_to_constant => rms(slopes.iter().zip(gradient).map(|(a, b)| a - b)),
            _ => rms(values.iter().zip(&rows.y).map(|(a, b)| a - offset - b)),
        }
    }
}

/// Equidistant points, including both ends.
fn line([low, high]: [f64; 2], steps: usize) -> Vec<f64> {
    (0..=steps).map(|k| low + (high - low) * k as f64 / steps as f64).collect()
}

/// Root mean square of the numbers that are not NaN.
fn rms(errors: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = errors.filter(|e| !e.is_nan()).fold((0.0, 0_u32), |(sum, count), e| (sum + e * e, count + 1));
    (sum / f64::from(count)).sqrt()
}
