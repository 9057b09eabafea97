//! Cubics through points, monotone between the points, with a continuous slope.

/// Curve through points.
#[derive(Clone, Debug, Default)]
pub struct CurveSpline {
    x: Vec<f64>,
    y: Vec<f64>,
    slopes: Vec<f64>,
}

impl CurveSpline {
    /// Creates the curve through at least two points, from left to right.
    pub fn new(x: Vec<f64>, y: Vec<f64>) -> Self {
        let widths: Vec<f64> = x.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let rises: Vec<f64> = y.windows(2).zip(&widths).map(|(pair, width)| (pair[1] - pair[0]) / width).collect();
        let inner = widths.windows(2).zip(rises.windows(2)).map(|(widths, rises)| between(widths, rises));
        let first = at_end(widths[0], widths.get(1), rises[0], rises.get(1));
        let [mut turned_widths, mut turned_rises] = [widths.clone(), rises.clone()];
        turned_widths.reverse();
        turned_rises.reverse();
        let last = at_end(turned_widths[0], turned_widths.get(1), turned_rises[0], turned_rises.get(1));
        let slopes = [first].into_iter().chain(inner).chain([last]).collect();
        Self { x, y, slopes }
    }

    /// First and last `x` of the curve.
    pub fn domain(&self) -> [f64; 2] {
        [self.x[0], self.x[self.x.len() - 1]]
    }

    /// Value and slope. Beyond the ends, the curve continues as a straight line.
    pub fn at(&self, x: f64) -> [f64; 2] {
        let last = self.x.len() - 1;
        for (end, is_beyond) in [(0, x < self.x[0]), (last, x > self.x[last])] {
            if is_beyond {
                return [self.y[end] + self.slopes[end] * (x - self.x[end]), self.slopes[end]];
            }
        }
        let k = self.x.partition_point(|&knot| knot <= x).clamp(1, last) - 1;
        let width = self.x[k + 1] - self.x[k];
        let t = (x - self.x[k]) / width;
        // Hermite basis: value, and derivative with respect to t.
        let [from, to] = [self.y[k], self.y[k + 1]];
        let [begin, end] = [self.slopes[k] * width, self.slopes[k + 1] * width];
        let step = to - from;
        let (second, third) = (3.0 * step - 2.0 * begin - end, begin + end - 2.0 * step);
        [from + t * (begin + t * (second + t * third)), (begin + t * (2.0 * second + 3.0 * t * third)) / width]
    }
}

/// Slope at a point between two others: the harmonic mean of the slopes beside it, weighted by the widths; zero at an extremum.
fn between(widths: &[f64], rises: &[f64]) -> f64 {
    if rises[0] * rises[1] <= 0.0 {
        return 0.0;
    }
    let [near, far] = [2.0 * widths[1] + widths[0], widths[1] + 2.0 * widths[0]];
    (near + far) / (near / rises[0] + far / rises[1])
}

/// Slope at an end, from the widths and slopes of the two pieces next to it. It is the slope of a parabola, limited so that the curve stays
/// monotone.
fn at_end(width: f64, next: Option<&f64>, rise: f64, after: Option<&f64>) -> f64 {
    let (Some(next), Some(after)) = (next, after) else { return rise };
    let slope = ((2.0 * width + next) * rise - width * after) / (width + next);
    if slope * rise <= 0.0 {
        0.0
    } else if rise * after <= 0.0 && slope.abs() > 3.0 * rise.abs() {
        3.0 * rise
    } else {
        slope
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spline_agrees_with_scipy() {
        // Reference values of scipy.interpolate.PchipInterpolator([0, 1, 3, 4, 6], [0, 2, 1, 1.5, 9]) and its derivative.
        let spline = CurveSpline::new(vec![0.0, 1.0, 3.0, 4.0, 6.0], vec![0.0, 2.0, 1.0, 1.5, 9.0]);
        for (x, value, slope) in SCIPY_VALUES {
            let [v, s] = spline.at(x);
            assert!((v - value).abs() < 1e-12 && (s - slope).abs() < 1e-12, "{x}: {v} {s}");
        }
    }

    #[test]
    fn minima_of_spline_are_at_points() {
        let spline = CurveSpline::new(vec![0.0, 1.0, 2.0, 3.0], vec![1.0, 0.2, 0.9, 0.1]);
        let lowest = (0..=1000).map(|k| spline.at(0.002 * f64::from(k))[0]).fold(f64::INFINITY, f64::min);
        assert_eq!((lowest, spline.at(1.0)), (0.2, [0.2, 0.0]));
        assert!((spline.at(3.0)[0] - 0.1).abs() < 1e-12);
        let line = CurveSpline::new(vec![0.0, 2.0], vec![1.0, 5.0]);
        assert_eq!((line.at(0.5), line.at(3.0)), ([2.0, 2.0], [7.0, 2.0]));
    }

    const SCIPY_VALUES: [(f64, f64, f64); 5] = [
        (0.3, 0.848_499_999_999_999_9, 2.718_333_333_333_333_3),
        (1.7, 1.718_25, -0.682_499_999_999_999_9),
        (3.2, 1.025_975_903_614_457_8, 0.252_289_156_626_506_25),
        (4.5, 2.345_914_909_638_554_3, 2.522_276_606_425_702_7),
        (5.9, 8.415_508_785_140_565, 5.771_232_429_718_877),
    ];
}
