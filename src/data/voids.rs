//! Places in several inputs that are far from all rows.
//!
//! The volume of a ball in `d` inputs is proportional to `radius^d`. For random rows of equal density, let `V` be the volume of the ball
//! around a place that reaches the nearest row, and `W` that of the ball around this row that reaches its `k`-th nearest row. `V k / W`
//! exceeds `t` with the probability `(1 + t/k)^-k`. Along one input, the stretches between rows obey the same law.

use ndarray::ArrayView1;

use super::Dataset;
use super::gaps::{GAP_LEVEL, NEIGHBOUR_SPACINGS};
use crate::numerics::statistics::{median, smallest, sort_by};
use crate::text::number;

impl Dataset {
    /// Sentence on the first of these `places`, each with its kind, that is farther from all rows than chance explains. `None` for one input.
    pub(super) fn point_in_void(&self, places: &[(&str, &[f64])]) -> Option<String> {
        let (what, x, times) = places.iter().find_map(|&(what, x)| Some((what, x, self.void_at(x)?)))?;
        let coordinates: Vec<String> = x.iter().map(|x| number(*x, 4)).collect();
        Some(format!(
            "The {what} of the fit at {} is {} times as far from the nearest row as neighbouring rows are from each other: it is a guess. Measure \
             there.",
            coordinates.join(", "),
            number(times, 2)
        ))
    }

    /// Distance of a place from the nearest row in spacings of the rows there, if it is larger than chance explains. `None` for one input.
    pub(crate) fn void_at(&self, place: &[f64]) -> Option<f64> {
        let (rows, inputs) = self.x.dim();
        if inputs < 2 || rows <= 2 * NEIGHBOUR_SPACINGS {
            return None;
        }
        let k = NEIGHBOUR_SPACINGS as f64;
        let most = k * ((GAP_LEVEL / rows as f64).powf(-1.0 / k) - 1.0);
        self.relative_distance(place).filter(|times| times.powf(inputs as f64) > most)
    }

    /// Relative density of the rows around some places, from the ball around each place that reaches its nearest rows. The density is one
    /// where the ball is that of rows of equal density: at a face, the ball reaches half as many rows, so that volumes within a factor of two
    /// for each input of their median are equal.
    pub(crate) fn densities_at(&self, places: &[Vec<f64>]) -> Vec<f64> {
        let radius = |place: &Vec<f64>| {
            let distances = self.distances_from(place);
            smallest(&distances, NEIGHBOUR_SPACINGS).last().map_or(0.0, |&row| distances[row])
        };
        let radii: Vec<f64> = places.iter().map(radius).collect();
        let Some(usual) = median(radii.clone()) else { return Vec::new() };
        let of_ratio = |ratio: f64| if (0.5..=2.0).contains(&ratio) { 1.0 } else { ratio.powf(-(self.inputs() as f64)) };
        radii.into_iter().map(|radius| if radius > 0.0 { of_ratio(radius / usual) } else { 1.0 }).collect()
    }

    /// Distances of all rows from a place. Each input is measured by its range.
    fn distances_from(&self, place: &[f64]) -> Vec<f64> {
        let ends = self.bounds();
        let distance = |row: ArrayView1<f64>| -> f64 {
            let along = |k: usize| {
                let d = (row[k] - place[k]) / (ends[k][1] - ends[k][0]);
                if self.period(k).is_some() { d - d.round() } else { d }
            };
            (0..place.len()).map(|k| along(k).powi(2)).sum::<f64>().sqrt()
        };
        self.x.rows().into_iter().map(distance).collect()
    }

    /// Distance of a place from the nearest row, divided by the spacing of the rows around that row.
    fn relative_distance(&self, place: &[f64]) -> Option<f64> {
        let nearest = self.distances_from(place).into_iter().enumerate().min_by(|a, b| a.1.total_cmp(&b.1));
        let (nearest, distance) = nearest?;
        let mut around = self.distances_from(&self.x.row(nearest).to_vec());
        sort_by(&mut around, |&distance| distance);
        // Repeated measurements at one place are one neighbour.
        around.dedup();
        let radius = around.get(NEIGHBOUR_SPACINGS)?;
        Some(distance / radius * (NEIGHBOUR_SPACINGS as f64).powf(1.0 / self.inputs() as f64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::potentials::sampling;
    use crate::potentials::{RandomLandscape, random::RandomTargetKind};
    use ndarray::{Array1, Array2};

    fn surface(places: &[[f64; 2]]) -> Dataset {
        let x = Array2::from_shape_fn((places.len(), 2), |(row, k)| places[row][k]);
        let y: Array1<f64> = places.iter().map(|[x, y]| (2.0 * x).cos() + y.sin()).collect();
        Dataset::values(x, y).unwrap()
    }

    #[test]
    fn places_off_a_line_or_in_a_corner_without_rows_are_guesses() {
        let along = |k: u32| f64::from(k) * 0.618_034 % 1.0;
        let line = surface(&(0..200).map(|k| [along(k), 2.0 * along(k)]).collect::<Vec<_>>());
        let sentence = line.point_in_void(&[("well", &[0.5, 1.0]), ("barrier", &[0.2, 1.6])]).unwrap();
        assert!(sentence.starts_with("The barrier of the fit at 0.2, 1.6 is"), "{sentence}");
        assert_eq!(line.point_in_void(&[("well", &[0.5, 1.0])]), None);
        let arms = |k: u32| if k.is_multiple_of(2) { [along(k), 0.2 * along(3 * k)] } else { [0.2 * along(3 * k), along(k)] };
        let arms = surface(&(0..300).map(arms).collect::<Vec<_>>());
        assert!(arms.point_in_void(&[("well", &[0.7, 0.7])]).is_some());
        assert_eq!(arms.point_in_void(&[("well", &[0.1, 0.1]), ("well", &[0.8, 0.1])]), None);
    }

    #[test]
    fn densities_follow_rows_of_unequal_density_and_are_one_for_equal_density() {
        let target = RandomLandscape::new(RandomTargetKind::Smooth, 2, 0);
        let data = sampling::uniform(&target, 600, 0.0, 1);
        let grid: Vec<Vec<f64>> = data.bounds()[0].into_iter().flat_map(|x| [vec![0.5 * x, 0.2], vec![0.1 * x, -0.3]]).collect();
        assert!(data.densities_at(&grid).iter().all(|density| *density == 1.0));
        // Nine of ten rows are in a hundredth of the square.
        let along = |k: u32, of: f64| f64::from(k) * of % 1.0;
        let place = |k: u32| [along(k, 0.618_034), along(k, 0.754_878)].map(|x| if k.is_multiple_of(10) { x } else { 0.1 * x });
        let uneven = surface(&(0..1000).map(place).collect::<Vec<_>>());
        let densities = uneven.densities_at(&[vec![0.05, 0.05], vec![0.5, 0.5], vec![0.7, 0.3], vec![0.4, 0.8]]);
        assert!((200.0..2000.0).contains(&densities[0]) && densities[1..].iter().all(|density| *density == 1.0), "{densities:?}");
    }

    #[test]
    fn places_among_uniform_rows_or_grid_points_are_no_guesses() {
        let mut voids = 0;
        let targets = [2, 3].map(|inputs| RandomLandscape::new(RandomTargetKind::Smooth, inputs, 0));
        for seed in 0..100 {
            let data = sampling::uniform(&targets[seed as usize % 2], 300, 0.0, seed);
            let place = |part: f64| data.bounds().iter().map(|[low, high]| low + part * (high - low)).collect::<Vec<f64>>();
            let places = [0.2, 0.5, 0.8].map(place);
            voids += usize::from(data.point_in_void(&places.each_ref().map(|x| ("well", &x[..]))).is_some());
        }
        assert!(voids <= 5, "{voids} of 100");
        let grid = surface(&(0..400).map(|k| [f64::from(k % 20), f64::from(k / 20)]).collect::<Vec<_>>());
        assert_eq!(grid.point_in_void(&[("well", &[4.5, 4.5]), ("barrier", &[0.5, 0.5])]), None);
    }
}
