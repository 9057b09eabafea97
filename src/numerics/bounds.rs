//! Box in which some inputs may be periodic.

/// Box `[low, high]` per input. The range of a periodic input is one period, whose ends are equivalent. It has no faces there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds<'a> {
    /// Low and high end of each input.
    pub ends: &'a [[f64; 2]],
    /// Marks of the periodic inputs; empty if no input is periodic.
    pub periodic: &'a [bool],
}

impl<'a, Ends: AsRef<[[f64; 2]]> + ?Sized> From<&'a Ends> for Bounds<'a> {
    fn from(ends: &'a Ends) -> Self {
        Self { ends: ends.as_ref(), periodic: &[] }
    }
}

impl Bounds<'_> {
    /// Returns true if an input is periodic.
    pub fn is_periodic(&self, input: usize) -> bool {
        self.periodic.get(input).is_some_and(|&is_periodic| is_periodic)
    }

    /// Returns true if all inputs are periodic, so that no way leads out.
    pub fn is_closed(&self) -> bool {
        (0..self.ends.len()).all(|k| self.is_periodic(k))
    }

    /// Displacement from one point to the nearest image of another.
    pub fn way(&self, from: &[f64], to: &[f64]) -> Vec<f64> {
        let along = |(k, (from, to)): (usize, (&f64, &f64))| {
            let way = to - from;
            if !self.is_periodic(k) {
                return way;
            }
            let period = self.ends[k][1] - self.ends[k][0];
            way - period * (way / period).round()
        };
        from.iter().zip(to).enumerate().map(along).collect()
    }

    /// Distance of a point from the nearest image of another.
    pub fn distance(&self, a: &[f64], b: &[f64]) -> f64 {
        self.way(a, b).iter().map(|d| d * d).sum::<f64>().sqrt()
    }

    /// Length of the diagonal of the box; in one dimension, its width.
    pub fn diagonal(&self) -> f64 {
        self.ends.iter().map(|[low, high]| (high - low) * (high - low)).sum::<f64>().sqrt()
    }

    /// Image of a point in the box.
    pub fn within(&self, x: &[f64]) -> Vec<f64> {
        x.iter().enumerate().map(|(k, &x)| if self.is_periodic(k) { image(x, self.ends[k]) } else { x }).collect()
    }
}

/// Image of a number in a periodic range, which includes its lower end.
pub fn image(x: f64, [low, high]: [f64; 2]) -> f64 {
    if (low..high).contains(&x) {
        return x;
    }
    let period = high - low;
    let image = x - period * ((x - low) / period).floor();
    // Rounding may have moved it to the upper end.
    if image < high { image.max(low) } else { low }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_across_periodic_boundary_are_shortest() {
        let bounds = Bounds { ends: &[[-180.0, 180.0], [0.0, 1.0]], periodic: &[true, false] };
        assert_eq!(bounds.way(&[170.0, 0.9], &[-170.0, 0.1]), [20.0, -0.8]);
        assert_eq!(bounds.within(&[190.0, 1.5]), [-170.0, 1.5]);
        assert_eq!(bounds.distance(&[170.0, 0.5], &[-170.0, 0.5]), 20.0);
        assert!(!bounds.is_closed());
        for (x, expected) in [(190.0, -170.0), (-180.0, -180.0), (180.0, -180.0), (-900.0, -180.0), (3.0, 3.0)] {
            assert_eq!(image(x, [-180.0, 180.0]), expected);
        }
        assert_eq!(image(-1e-20, [0.0, 1.0]), 0.0);
    }
}
