//! Vertical range that shows the wells.

use crate::numerics::statistics::median;

/// Height of the visible part of a landscape, as a multiple of the height of its highest barrier above its lowest value.
const VISIBLE_HEIGHT_FACTOR: f64 = 2.0;
/// Largest number of cells in which barriers of data are searched.
const MAX_CELLS: usize = 64;
/// Smallest mean number of samples of a cell.
const CELL_SAMPLES: usize = 4;
/// Smallest height of a barrier of data above the wells on both sides, as a multiple of the median range of values in a cell.
const MIN_BARRIER_RANGES: f64 = 1.5;

/// Range of truth and data for the vertical axis: from the smallest finite value of both to the largest one, but at most twice the
/// height of the highest barrier of the truth, or of the data (`[x, y]`) if the truth is not known. The wells then remain visible
/// between steep walls. `None` if there are no values, for example if the data consist only of derivatives.
pub fn bounds(truth: &[f32], [x, y]: [&[f32]; 2]) -> Option<[f64; 2]> {
    let finite = truth.iter().chain(y).filter(|y| y.is_finite());
    let (low, high) = finite.fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), &y| (low.min(y), high.max(y)));
    let [low, high] = [low, high].map(f64::from);
    let highest = if truth.is_empty() { highest_barrier_of_data(x, y) } else { highest_barrier(truth, 0.0) };
    let visible = highest.map_or(high, |barrier| low + VISIBLE_HEIGHT_FACTOR * (barrier - low));
    (low <= high).then_some([low, high.min(visible)])
}

/// Largest value that exceeds the smallest values on both sides by more than `height`, and is a local maximum.
fn highest_barrier(values: &[f32], height: f64) -> Option<f64> {
    let mut lowest_after = values.to_vec();
    for i in (1..values.len()).rev() {
        lowest_after[i - 1] = lowest_after[i - 1].min(lowest_after[i]);
    }
    let mut lowest_before = f32::INFINITY;
    let barriers = values.windows(3).enumerate().filter_map(|(i, near)| {
        lowest_before = lowest_before.min(near[0]);
        let is_maximum = near[1] > near[0] && near[1] >= near[2];
        let top = f64::from(near[1]);
        (is_maximum && top - f64::from(lowest_before.max(lowest_after[i + 2])) > height).then_some(top)
    });
    barriers.reduce(f64::max)
}

/// Highest barrier of the largest values in cells of equal width. Noise is no barrier, because it widens the range of values in a cell.
fn highest_barrier_of_data(x: &[f32], y: &[f32]) -> Option<f64> {
    let [first, last] = x.iter().fold([f32::INFINITY, f32::NEG_INFINITY], |[low, high], &x| [low.min(x), high.max(x)]);
    let cells = (x.len() / CELL_SAMPLES).min(MAX_CELLS);
    let mut ranges = vec![[f32::INFINITY, f32::NEG_INFINITY]; cells];
    for (x, &y) in x.iter().zip(y).filter(|(_, y)| y.is_finite()) {
        let cell = (cells as f32 * (x - first) / (last - first)) as usize;
        let [low, high] = ranges.get_mut(cell.min(cells.saturating_sub(1)))?;
        (*low, *high) = (low.min(y), high.max(y));
    }
    ranges.retain(|[low, high]| low <= high);
    let range = median(ranges.iter().map(|[low, high]| f64::from(high - low)).collect())?;
    let tops: Vec<f32> = ranges.into_iter().map(|[_, high]| high).collect();
    highest_barrier(&tops, MIN_BARRIER_RANGES * range)
}
