//! Minima and maxima of a fit, and its behaviour towards the faces of the domain.

use ndarray::{Array2, s};

use super::domain::GRID_POINTS;
use super::{Details, PotentialEvaluation, SearchStarts};
use crate::landscape::{self, Extrema, Minimum};

impl PotentialEvaluation {
    /// Returns true if the fit falls towards every face of the domain, on average over the face. A curve must also become steeper towards its ends.
    pub fn falls_outwards(&self, params: &[f64]) -> bool {
        let inside = if let [[low, high]] = self.domain.bounds[..] {
            Array2::from_elem((1, 1), f64::midpoint(low, high))
        } else {
            landscape::starting_points(&self.domain.bounds, SEARCH_STARTS)
        };
        let mut surface = self.evaluators.surface(params, self.domain.inputs());
        let mut falls = |input: usize, at: f64, outwards: f64| {
            let mut face = inside.clone();
            face.column_mut(input).fill(at);
            outwards * surface(&face).1.column(input).sum() < 0.0
        };
        if let [[low, high]] = self.domain.bounds[..] {
            let bends = self.evaluators.hessians(params, &[low, high]);
            // Flat ends, such as those of a band at rest, and too few rows leave the sign undetermined.
            if bends.iter().any(|bend| *bend >= 0.0) || !self.test.falls_at_ends() {
                return false;
            }
        }
        let mut faces = self.domain.bounds.iter().enumerate().filter(|(k, _)| !self.domain().is_periodic(*k));
        !self.domain().is_closed() && faces.all(|(k, &[low, high])| falls(k, low, -1.0) && falls(k, high, 1.0))
    }

    /// Number of maxima of the fit inside the domain.
    pub fn count_maxima(&self, params: &[f64], found: &Details) -> usize {
        let inputs = self.domain.inputs();
        if inputs == 1 {
            return found.saddles.len();
        }
        let mut surface = self.evaluators.surface(params, inputs);
        // The existence of maxima matters more than their number.
        let starts = landscape::starting_points(
            &self.domain.bounds,
            if inputs > MAX_FULL_SEARCH_INPUTS { QUICK_SEARCH_STARTS } else { SEARCH_STARTS },
        );
        let upside_down = |x: &Array2<f64>| {
            let (values, slopes) = surface(x);
            (-values, -slopes)
        };
        landscape::minima(self.domain(), &starts, upside_down).len()
    }

    /// Minima at the edges of the domain of a curve of a table of rows. They are not among the inner minima.
    pub(super) fn edges(&self, params: &[f64], found: &mut Extrema, threshold: f64) -> Vec<Minimum> {
        let &[domain] = &self.domain.bounds[..] else { return Vec::new() };
        if self.truth.is_some() || self.joint.is_some() || self.domain().is_periodic(0) {
            return Vec::new();
        }
        let ends = self.evaluators.value().evaluate(params, &domain).psi;
        landscape::take_edge_minima(domain, [ends[0], ends[1]], found, threshold)
    }

    pub(super) fn extrema(&self, params: &[f64], search: &SearchStarts, threshold: f64) -> Extrema {
        if let [domain] = self.domain.bounds[..] {
            let evaluate = |xs: &[f64]| self.evaluators.slopes(params, xs);
            if self.domain().is_periodic(0) {
                return landscape::extrema_around(domain, GRID_POINTS, threshold, evaluate);
            }
            return landscape::extrema_between(
                domain,
                self.domain.bounded.first().copied().unwrap_or_default(),
                threshold,
                evaluate,
            );
        }
        let inputs = self.domain.inputs();
        let mut starts = landscape::starting_points(&self.domain.bounds, SEARCH_STARTS);
        if let SearchStarts::Near(known, earlier) = search
            && !known.is_empty()
        {
            let mut places = known.clone();
            if let Some(earlier) = earlier {
                let first = QUICK_SEARCH_STARTS * (earlier % (SEARCH_STARTS / QUICK_SEARCH_STARTS));
                places.extend(starts.slice(s![first..first + QUICK_SEARCH_STARTS, ..]));
            }
            starts = Array2::from_shape_vec((places.len() / inputs, inputs), places).expect("whole places");
        }
        let mut surface = self.evaluators.surface(params, inputs);
        let minima = if self.domain.has_walls {
            landscape::minima_with_faces(self.domain(), &starts, &mut surface)
        } else {
            landscape::minima(self.domain(), &starts, surface)
        };
        Extrema { minima, ..Extrema::default() }
    }
}

/// Largest number of inputs with a full search for maxima. More inputs have a quick one.
const MAX_FULL_SEARCH_INPUTS: usize = 10;

const QUICK_SEARCH_STARTS: usize = 16;

/// Number of starting points of the search for minima in several inputs. A quick search takes the second number of them, a
/// different subset each time, besides the known minima.
const SEARCH_STARTS: usize = 128;
