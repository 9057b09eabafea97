//! Combines samples of several windows, each drawn under a harmonic bias, into one weighted set by the multistate Bennett acceptance ratio
//! (MBAR).
//!
//! With biases `u_k(x) = spring_k (x - centre_k)^2 / (2 kT)` and `N_k` samples of window `k`, the free energies `f_k` of the windows satisfy
//! equation 11 of Shirts and Chodera (J. Chem. Phys. 129, 2008, 124105),
//!
//! ```text
//! exp(-f_k) = sum_n exp(-u_k(x_n)) / sum_j N_j exp(f_j - u_j(x_n))
//! ```
//!
//! over the samples of all windows. Without a bias, a sample has the weight `1 / sum_j N_j exp(f_j - u_j(x_n))`. The free energies minimise
//! the convex function `sum_n log sum_k N_k exp(f_k - u_k(x_n)) - sum_k N_k f_k`. The solver runs some rounds of that equation, then
//! Newton's method.

use ndarray::{Array2, Axis, concatenate};

use super::Dataset;
use super::correlation::{self, RowOrder, RowSeries};
use crate::numerics::linear::{factorize, substitute};
use crate::numerics::statistics::{extent, mean_of, moments};
use crate::text::{angle, number, shortened, whole};

/// Number of rounds of the equation before Newton's method, and largest number of Newton steps.
const FIXED_POINT_ROUNDS: usize = 20;
const MAX_NEWTON_STEPS: usize = 100;
/// Largest gradient at convergence of the free energies, as a fraction of the number of all samples.
const GRADIENT_TOLERANCE: f64 = 1e-10;
const MAX_HALVINGS: usize = 30;
/// Smallest fraction of a window's samples that other windows must explain. It is the smallest overlap of neighbours that
/// Klimovich, Shirts and Mobley (J. Comput. Aided Mol. Des. 29, 2015, 397) recommend.
const MIN_OVERLAP: f64 = 0.03;
/// Significant difference of mean square distances from those that other windows imply, in standard errors, and smallest relative
/// difference that is reported.
const SIGNIFICANT_DIFFERENCE: f64 = 4.0;
const MIN_RELATIVE_DIFFERENCE: f64 = 0.05;
/// Largest standard error of a difference of two free energies without a warning, in kT.
const MAX_FREE_ENERGY_ERROR: f64 = 0.1;

/// Umbrella window with the bias `spring (x - centre)^2 / 2` of each input.
#[derive(Clone, Debug, PartialEq)]
pub struct Window {
    /// Name of the window's file; empty if the windows are in the order of the files.
    pub name: String,
    /// Centre of the bias of each input.
    pub centres: Vec<f64>,
    /// Spring constant of each input.
    pub springs: Vec<f64>,
}

/// Reads windows from a table. Each line holds the name of a file, its centres, and its spring constants, separated by commas or blanks.
/// Without names, the lines are in the order of the files. Lines that begin with `#`, and a first line of names, are left out.
///
/// # Errors
/// One sentence on the first line that is not a window.
pub fn read_windows(text: &str, inputs: usize) -> Result<Vec<Window>, String> {
    let mut windows: Vec<Window> = Vec::new();
    for (line, row) in text.lines().map(str::trim).enumerate().filter(|(_, row)| !row.is_empty() && !row.starts_with('#')) {
        let fields: Vec<&str> = row.split([',', ';', '\t', ' ']).map(str::trim).filter(|field| !field.is_empty()).collect();
        let is_nameless = fields.len() == 2 * inputs && fields.iter().all(|field| angle(field).is_some());
        let (names, numbers) = fields.split_at(usize::from(!is_nameless));
        let name = names.concat().trim_matches('"').to_owned();
        let numbers: Vec<Option<f64>> = numbers.iter().map(|field| angle(field)).collect();
        if windows.is_empty() && !numbers.is_empty() && numbers.iter().all(Option::is_none) {
            continue;
        }
        let numbers: Vec<f64> = numbers.into_iter().flatten().collect();
        let (centres, springs) = numbers.split_at(numbers.len().min(inputs));
        let is_alike = windows.first().is_none_or(|first| first.name.is_empty() == name.is_empty());
        if numbers.len() != 2 * inputs || springs.iter().any(|spring| *spring < 0.0) || !is_alike {
            let what = if inputs == 1 {
                "a centre and a spring constant".into()
            } else {
                format!("{inputs} centres and {inputs} spring constants")
            };
            return Err(format!(
                "line {} of the windows is \"{}\"; it must hold the name of a file, {what}",
                line + 1,
                shortened(row)
            ));
        }
        windows.push(Window { name, centres: centres.to_vec(), springs: springs.to_vec() });
    }
    if windows.is_empty() { Err("there are no windows in the file of centres".into()) } else { Ok(windows) }
}

/// Biases of samples of all windows under each window, `[samples, windows]`, in units of kT.
struct Biases<'a> {
    values: Vec<f64>,
    counts: &'a [usize],
}

/// Free energies of windows, and the properties of the samples that follow from them.
struct UmbrellaSolution {
    free_energies: Vec<f64>,
    /// Logarithm of the denominator of each sample.
    logs: Vec<f64>,
    /// Fraction of each window in the denominator of each sample, `[samples, windows]`.
    shares: Vec<f64>,
}

impl UmbrellaSolution {
    /// Fraction of the samples of a window that the window itself explains: an entry of the diagonal of the overlap matrix.
    fn alone(&self, window: usize, count: usize) -> f64 {
        self.of(window).map(|share| share * share).sum::<f64>() / count as f64
    }

    /// Fractions of a window in the denominators.
    fn of(&self, window: usize) -> impl Iterator<Item = f64> {
        self.shares.iter().skip(window).step_by(self.free_energies.len()).copied()
    }

    /// Largest standard error of the difference of two free energies for independent samples: C. J. Geyer, "Estimating normalizing constants
    /// and reweighting mixtures" (University of Minnesota, 1994). For two windows it is that of Bennett. `None` if the matrix is singular.
    fn error(&self, counts: &[usize]) -> Option<f64> {
        let windows = counts.len();
        let sums: Vec<f64> = (0..windows).map(|window| self.of(window).sum()).collect();
        let mut matrix = hessian(&self.shares, &sums);
        factorize(&mut matrix, windows - 1)?;
        let mut covariance = Array2::zeros((windows, windows));
        for i in 1..windows {
            let mut column = vec![0.0; windows - 1];
            column[i - 1] = 1.0;
            substitute(&matrix, &mut column);
            for j in 1..windows {
                let of_counts = 1.0 / counts[0] as f64 + if i == j { 1.0 / counts[i] as f64 } else { 0.0 };
                covariance[[i, j]] = column[j - 1] - of_counts;
            }
        }
        let variance = |i: usize, j: usize| covariance[[i, i]] + covariance[[j, j]] - 2.0 * covariance[[i, j]];
        let largest = (0..windows).flat_map(|i| (0..i).map(move |j| (i, j))).map(|(i, j)| variance(i, j)).fold(0.0, f64::max);
        Some(largest.sqrt())
    }
}

impl Biases<'_> {
    /// Returns for each sample the logarithm of `sum_k N_k exp(f_k - u_k)`, and the fraction of each window in the sum.
    fn shares(&self, f: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let windows = f.len();
        let offsets: Vec<f64> = f.iter().zip(self.counts).map(|(f, &count)| f + (count as f64).ln()).collect();
        let mut logs = Vec::with_capacity(self.values.len() / windows);
        let mut shares = Vec::with_capacity(self.values.len());
        for biases in self.values.chunks_exact(windows) {
            let highest = biases.iter().zip(&offsets).map(|(u, f)| f - u).fold(f64::NEG_INFINITY, f64::max);
            let first = shares.len();
            shares.extend(biases.iter().zip(&offsets).map(|(u, f)| (f - u - highest).exp()));
            let sum: f64 = shares[first..].iter().sum();
            shares[first..].iter_mut().for_each(|share| *share /= sum);
            logs.push(highest + sum.ln());
        }
        (logs, shares)
    }

    fn objective(&self, f: &[f64], logs: &[f64]) -> f64 {
        logs.iter().sum::<f64>() - f.iter().zip(self.counts).map(|(f, &count)| f * count as f64).sum::<f64>()
    }

    /// Solution in which the first free energy is zero; `None` if windows do not overlap.
    fn solve(&self) -> Option<UmbrellaSolution> {
        let (windows, samples) = (self.counts.len(), self.values.len() / self.counts.len());
        let mut f = vec![0.0; windows];
        let (mut logs, mut shares) = self.shares(&f);
        for round in 0..FIXED_POINT_ROUNDS + MAX_NEWTON_STEPS {
            let mut sums = vec![0.0; windows];
            shares.chunks_exact(windows).for_each(|shares| sums.iter_mut().zip(shares).for_each(|(sum, share)| *sum += share));
            let gradient: Vec<f64> = sums.iter().zip(self.counts).map(|(sum, &count)| sum - count as f64).collect();
            if gradient.iter().all(|slope| slope.abs() < GRADIENT_TOLERANCE * samples as f64) {
                return Some(UmbrellaSolution { free_energies: f, logs, shares });
            }
            if round < FIXED_POINT_ROUNDS {
                f.iter_mut().zip(&sums).zip(self.counts).for_each(|((f, sum), &count)| *f -= (sum / count as f64).ln());
                let first = f[0];
                for f in &mut f {
                    *f -= first;
                }
                (logs, shares) = self.shares(&f);
                continue;
            }
            let step = newton_step(&shares, &sums, &gradient)?;
            let before = self.objective(&f, &logs);
            let mut factor = 1.0;
            let mut is_lower = false;
            for _ in 0..MAX_HALVINGS {
                let trial: Vec<f64> = f.iter().zip(&step).map(|(f, step)| f - factor * step).collect();
                let found = self.shares(&trial);
                if self.objective(&trial, &found.0) <= before {
                    (f, logs, shares, is_lower) = (trial, found.0, found.1, true);
                    break;
                }
                factor *= 0.5;
            }
            // Rounding errors prevent a further decrease.
            if !is_lower {
                let is_near = gradient.iter().all(|slope| slope.abs() < GRADIENT_TOLERANCE.sqrt() * samples as f64);
                return is_near.then_some(UmbrellaSolution { free_energies: f, logs, shares });
            }
        }
        None
    }
}

/// Second derivatives of the objective with respect to all free energies but the first one. `sums` are the sums of the shares.
fn hessian(shares: &[f64], sums: &[f64]) -> Vec<f64> {
    let windows = sums.len();
    let others = windows - 1;
    let mut matrix = vec![0.0; others * others];
    for shares in shares.chunks_exact(windows) {
        for i in (0..others).filter(|&i| shares[i + 1] > 1e-12) {
            for j in 0..=i {
                matrix[i * others + j] -= shares[i + 1] * shares[j + 1];
            }
        }
    }
    for i in 0..others {
        matrix[i * others + i] += sums[i + 1];
    }
    matrix
}

/// Step of Newton's method with a fixed first free energy; `None` if the matrix is singular.
fn newton_step(shares: &[f64], sums: &[f64], gradient: &[f64]) -> Option<Vec<f64>> {
    let mut matrix = hessian(shares, sums);
    factorize(&mut matrix, sums.len() - 1)?;
    let mut step = gradient[1..].to_vec();
    substitute(&matrix, &mut step);
    Some([0.0].into_iter().chain(step).collect())
}

/// Statistical inefficiency of the samples of a window.
fn inefficiency(data: &Dataset, periods: &[Option<[f64; 2]>]) -> f64 {
    let period = |k: usize| periods.get(k).copied().flatten().map(|[low, high]| high - low);
    let columns = data.x.columns().into_iter().enumerate();
    let series: Vec<RowSeries> = columns.map(|(k, column)| RowSeries { values: column.to_vec(), period: period(k) }).collect();
    match correlation::order(&series, None) {
        RowOrder::Correlated([inefficiency, _]) => inefficiency,
        _ => 1.0,
    }
}

/// Sentence if the mean square distances of samples from the centres along an input differ from those that all windows together imply: the
/// spring constants are wrong. `squares` are the squared distances, `[samples, windows]`, and `counts` the number of samples of each window
/// with their inefficiency.
fn contradiction(
    name: &str,
    squares: &[f64],
    springs: &[f64],
    solution: &UmbrellaSolution,
    counts: &[[f64; 2]],
) -> Option<String> {
    let (windows, mut first, mut scores, mut ratios) = (counts.len(), 0, Vec::new(), Vec::new());
    for (window, &[count, inefficiency]) in counts.iter().enumerate() {
        let of_window = squares.iter().skip(window).step_by(windows);
        let own: Vec<f64> = of_window.clone().skip(first).take(count as usize).copied().collect();
        let implied = of_window.zip(solution.of(window)).map(|(square, share)| share * square).sum::<f64>() / count;
        let (mean, deviation) = moments(&own);
        first += own.len();
        if springs[window] > 0.0 && deviation > 0.0 {
            scores.push((mean - implied) / (deviation * (inefficiency / count).sqrt()));
            ratios.push(mean / implied);
        }
    }
    let ratio = mean_of(ratios.iter().copied())?;
    let score = scores.iter().sum::<f64>() / (scores.len() as f64).sqrt();
    (score.abs() > SIGNIFICANT_DIFFERENCE && (ratio - 1.0).abs() > MIN_RELATIVE_DIFFERENCE).then(|| {
        format!(
            "The windows contradict their biases: along {name}, the mean square distances of samples from the centres are {} of those that all \
             windows together imply. The bias of a window is spring (x − centre)²/2: check the spring constants, and kT in the same unit.",
            number(ratio, 2)
        )
    })
}

/// Combines the samples of all windows into those of one density, with their weights at no bias. The bias along a periodic input uses the
/// nearest image.
///
/// # Errors
/// A sentence if the windows do not overlap.
pub fn combined(windows: Vec<(Window, Dataset)>, kt: f64, periods: &[Option<[f64; 2]>]) -> Result<Dataset, String> {
    let counts: Vec<usize> = windows.iter().map(|(_, data)| data.samples()).collect();
    let x = concatenate(Axis(0), &windows.iter().map(|(_, data)| data.x.view()).collect::<Vec<_>>())
        .map_err(|error| error.to_string())?;
    let way = |k: usize, way: f64| match periods.get(k).copied().flatten() {
        Some([low, high]) => way - (high - low) * (way / (high - low)).round(),
        None => way,
    };
    let bias = |window: &Window, x: &[f64]| -> f64 {
        let along = |(k, x): (usize, &f64)| 0.5 * window.springs[k] * way(k, x - window.centres[k]).powi(2) / kt;
        x.iter().enumerate().map(along).sum()
    };
    let rows: Vec<Vec<f64>> = x.rows().into_iter().map(|row| row.to_vec()).collect();
    let values = rows.iter().flat_map(|x| windows.iter().map(|(window, _)| bias(window, x))).collect();
    let biases = Biases { values, counts: &counts };
    let unsolved =
        || "the windows do not overlap: their free energies cannot be determined from these samples; add windows between them";
    let solution = biases.solve().ok_or_else(unsolved)?;
    let UmbrellaSolution { free_energies, logs, .. } = &solution;
    let lowest = logs.iter().copied().fold(f64::INFINITY, f64::min);
    let weights = logs.iter().map(|log| (lowest - log).exp()).collect();
    let is_lonely = |window: &usize| solution.alone(*window, counts[*window]) > 1.0 - MIN_OVERLAP;
    let lonely = (0..counts.len()).filter(is_lonely).map(|window| shortened(&windows[window].0.name));
    let lonely: Vec<String> = if windows.len() > 1 { lonely.take(4).collect() } else { Vec::new() };
    let doubt = || {
        format!(
            "The windows {} overlap with others in less than {} % of their samples: free energies between them are not certain; add windows there.",
            lonely.join(", "),
            100.0 * MIN_OVERLAP
        )
    };
    let mut doubts = Vec::from_iter((!lonely.is_empty()).then(doubt));
    let sizes: Vec<[f64; 2]> = windows.iter().map(|(_, data)| [data.samples() as f64, inefficiency(data, periods)]).collect();
    for (k, name) in windows[0].1.names.iter().take(x.ncols()).enumerate() {
        let along =
            |row: &Vec<f64>| windows.iter().map(|(window, _)| way(k, row[k] - window.centres[k]).powi(2)).collect::<Vec<f64>>();
        let squares: Vec<f64> = rows.iter().flat_map(along).collect();
        let springs: Vec<f64> = windows.iter().map(|(window, _)| window.springs[k]).collect();
        doubts.extend(contradiction(name, &squares, &springs, &solution, &sizes));
    }
    let correlation = sizes.iter().map(|[count, inefficiency]| count * inefficiency).sum::<f64>() / logs.len() as f64;
    let error = solution.error(&counts).map(|error| error * correlation.sqrt());
    let error = error.filter(|error| windows.len() > 1 && *error > MAX_FREE_ENERGY_ERROR);
    doubts.extend(error.map(|error| {
        format!(
            "The free energies of the windows have standard errors of up to {} kT relative to each other, and intervals do not include them. More \
             samples, or windows that overlap more, reduce them.",
            number(error, 2)
        )
    }));
    let ends = extent(free_energies.iter().copied());
    let note = format!(
        "{} samples of {} windows are combined by MBAR; the free energies of the windows differ by up to {} kT",
        whole(logs.len() as u64),
        counts.len(),
        number(ends[1] - ends[0], 4)
    );
    let (_, first) = windows.into_iter().next().ok_or("there are no windows")?;
    let notes = first.notes.iter().cloned().chain([note]).collect();
    let data = Dataset::samples_of_density(x, weights).map_err(|error| error.to_string())?;
    Ok(Dataset { name: first.name, names: first.names, periods: first.periods, series: counts, doubts, notes, ..data })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;

    /// Results of pymbar 4.0 for these windows.
    const PYMBAR_FREE_ENERGIES: [f64; 3] = [0.0, -0.517_724_738_681_058_4, 0.642_915_975_071_382_7];
    const PYMBAR_WEIGHTS: [(usize, f64); 6] = [
        (0, 0.056_284_887_958_121_65),
        (5, 0.026_224_245_922_697_748),
        (11, 0.044_601_828_071_068_67),
        (12, 0.026_027_036_162_170_707),
        (20, 0.038_412_794_147_679_36),
        (29, 0.031_696_561_546_653_66),
    ];

    /// Samples of three windows on a parabola without random numbers: quantiles of the Gaussian distributions of the windows.
    fn windows() -> Vec<(Window, Dataset)> {
        let at = |(k, centre): (usize, f64)| {
            let samples = [12, 10, 8][k];
            let spring = [3.0, 2.0, 4.0][k];
            let x = Array2::from_shape_fn((samples, 1), |(row, _)| {
                let u: f64 = (row as f64 + 0.5) / samples as f64;
                let logit = (u / (1.0 - u)).ln() / 1.702;
                centre * spring / (spring + 1.0) + logit / (spring + 1.0_f64).sqrt()
            });
            let data = Dataset::samples_of_density(x, Vec::new()).unwrap();
            (Window { name: format!("w{k}.dat"), centres: vec![centre], springs: vec![spring] }, data)
        };
        [-1.0, 0.2, 1.5].into_iter().enumerate().map(at).collect()
    }

    #[test]
    fn free_energies_and_weights_match_pymbar() {
        let all = windows();
        let counts: Vec<usize> = all.iter().map(|(_, data)| data.samples()).collect();
        let values = all
            .iter()
            .flat_map(|(_, data)| data.x.iter().copied().collect::<Vec<f64>>())
            .flat_map(|x| all.iter().map(move |(w, _)| 0.5 * w.springs[0] * (x - w.centres[0]).powi(2)).collect::<Vec<f64>>())
            .collect();
        let found = Biases { values, counts: &counts }.solve().unwrap();
        for (found, expected) in found.free_energies.iter().zip(PYMBAR_FREE_ENERGIES) {
            assert!((found - expected).abs() < 1e-7, "{found} {expected}");
        }
        let data = combined(all, 1.0, &[]).unwrap();
        assert_eq!(data.series, [12, 10, 8]);
        let shares = data.shares().unwrap();
        for (row, expected) in PYMBAR_WEIGHTS {
            assert!((shares[row] - expected).abs() < 1e-8, "{row}: {} {expected}", shares[row]);
        }
    }

    #[test]
    fn windows_are_read_with_or_without_header() {
        let text = "file,centre,spring\n# comment\na.dat, -1, 2.5\n\"b.dat\" 0.5 3\n";
        let found = read_windows(text, 1).unwrap();
        assert_eq!((found.len(), &*found[1].name, found[0].springs[0]), (2, "b.dat", 2.5));
        assert!(read_windows("a.dat,1\n", 1).unwrap_err().contains("line 1"));
        assert!(read_windows("a.dat,1,2,3\n", 2).unwrap_err().contains("2 centres"));
        assert!(read_windows("\n", 1).is_err());
        let in_order = read_windows("# deg\n-180 200\n-165 200\n", 1).unwrap();
        assert_eq!((in_order.len(), &*in_order[1].name, in_order[1].centres[0]), (2, "", -165.0));
        assert!(read_windows("-180 200\na.dat -165 200\n", 1).unwrap_err().contains("line 2"));
    }

    #[test]
    fn windows_without_overlap_are_refused_or_reported() {
        let mut all = windows();
        all[2].0.centres[0] = 400.0;
        all[2].1.x.mapv_inplace(|x| x + 398.5);
        match combined(all, 1.0, &[]) {
            Ok(data) => assert!(data.doubts[0].contains("w2.dat"), "{:?}", data.doubts),
            Err(sentence) => assert!(sentence.contains("do not overlap")),
        }
    }

    #[test]
    fn wrong_spring_constants_contradict_the_samples() {
        let doubts = |factor: f64| {
            let mut all = windows();
            for (window, data) in &mut all {
                window.springs[0] *= factor;
                // Repeated quantiles have the weight of many samples.
                data.x = concatenate(Axis(0), &[data.x.view(); 30]).unwrap();
            }
            combined(all, 1.0, &[]).unwrap().doubts
        };
        let is_named = |doubt: &String| doubt.contains("check the spring constants");
        assert!(!doubts(1.0).iter().any(is_named), "{:?}", doubts(1.0));
        assert!(doubts(2.0).iter().any(is_named) && doubts(0.5).iter().any(is_named));
    }

    #[test]
    fn standard_error_of_two_windows_is_that_of_bennett() {
        let windows = [-0.7_f64, 0.7];
        let x: Vec<f64> = (0..400).map(|k| f64::from(k % 200) / 100.0 - 1.0 + windows[k as usize / 200]).collect();
        let values: Vec<f64> = x.iter().flat_map(|x| windows.map(|centre| 2.0 * (x - centre).powi(2))).collect();
        let biases = Biases { values, counts: &[200, 200] };
        let solution = biases.solve().unwrap();
        let products: f64 = solution.shares.chunks(2).map(|shares| shares[0] * shares[1]).sum();
        let expected = (1.0 / products - 2.0 / 200.0).sqrt();
        assert!((solution.error(&[200, 200]).unwrap() / expected - 1.0).abs() < 1e-6);
    }
}
