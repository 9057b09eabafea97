//! Standard deviations of a fit and of its derivatives at points, and the covariance as bytes.

use super::{NORMAL_QUANTILE, Uncertainty};

impl Uncertainty {
    /// Standard deviation of Psi at each of some points, in the units of the data: the half-width of the 90 % interval divided by the quantile
    /// of the normal distribution. Infinite at points where the data do not determine Psi.
    pub fn deviations(&self, x: &[f64]) -> Vec<f64> {
        let scale = self.slopes.scaling.output_scale;
        self.values(&self.slopes.scaled(x)).iter().map(|slope| scale * self.deviation(slope)).collect()
    }

    /// Standard deviations `[points, inputs]` of the derivatives of Psi, as [`Uncertainty::deviations`].
    pub fn gradient_deviations(&self, x: &[f64]) -> Vec<f64> {
        let (scaling, scaled) = (&self.slopes.scaling, self.slopes.scaled(x));
        let inputs = scaling.input_scale.len();
        let mut found = vec![0.0; x.len()];
        for (k, input_scale) in scaling.input_scale.iter().enumerate() {
            for (point, slope) in self.slopes.by_input(&scaled, k).iter().enumerate() {
                found[point * inputs + k] = scaling.output_scale / input_scale * self.deviation(slope);
            }
        }
        found
    }

    /// Bytes that [`Uncertainty::from_bytes`] reads.
    ///
    /// # Errors
    /// If the memory is exhausted.
    pub fn to_bytes(&self) -> Result<Vec<u8>, postcard::Error> {
        postcard::to_allocvec(self)
    }

    /// Reads the bytes of [`Uncertainty::to_bytes`].
    ///
    /// # Errors
    /// If the bytes are not those of an uncertainty.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, postcard::Error> {
        postcard::from_bytes(bytes)
    }

    fn deviation(&self, slope: &[f64]) -> f64 {
        self.determined(slope, f64::INFINITY).map_or(f64::INFINITY, |half| half / NORMAL_QUANTILE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loss::training_set::TrainingSet;
    use crate::model::model_file::Normalization;
    use crate::model::potential::declared;
    use crate::model::{Architecture, Potential, init};

    /// Uncertainty of a curve at 200 points whose errors are 0.1 and -0.1.
    fn of_curve() -> (Uncertainty, Vec<f64>) {
        let arch = Architecture::new(1, 2, &[4]);
        let scaling = Normalization { input_shift: vec![0.1], input_scale: vec![0.7], output_shift: 0.0, output_scale: 3.0 };
        let x: Vec<f64> = (0..200).map(|k| f64::from(k) * 0.03 - 3.0).collect();
        let centres = [(vec![-2.0], 0.0), (vec![2.0], 0.1)];
        let params = init::on_data(&declared(&arch), &x, &centres, &mut init::stream(3));
        let fit = Potential::new(&arch, &Normalization::identity(1), params.clone());
        let y = x.iter().enumerate().map(|(k, x)| fit.value(&[*x]) + [0.1, -0.1][k % 2]).collect();
        let set = TrainingSet::of_values(x.clone(), y, 1);
        (Uncertainty::from_fit(&arch, &scaling, &params, &set).expect("determined"), x)
    }

    #[test]
    fn bytes_keep_uncertainty() {
        let (uncertainty, x) = of_curve();
        let copy = Uncertainty::from_bytes(&uncertainty.to_bytes().unwrap()).unwrap();
        assert_eq!(copy.deviations(&x), uncertainty.deviations(&x));
        assert_eq!(copy.gradient_deviations(&x), uncertainty.gradient_deviations(&x));
        assert!(Uncertainty::from_bytes(&[1, 2, 3]).is_err());
    }

    #[test]
    fn deviations_match_intervals_and_are_infinite_where_undetermined() {
        let (uncertainty, x) = of_curve();
        let inside: Vec<f64> = x.iter().map(|x| 0.1 + 0.7 * x).collect();
        for (deviation, half) in uncertainty.deviations(&inside).iter().zip(uncertainty.band(&inside)) {
            assert!((deviation * NORMAL_QUANTILE / half - 1.0).abs() < 1e-12, "{deviation} {half}");
        }
        assert!(uncertainty.gradient_deviations(&inside).iter().all(|deviation| *deviation > 0.0));
    }
}
