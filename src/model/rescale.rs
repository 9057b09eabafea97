//! Conversion of the parameters of a fit to the units of other data.

use super::model_file::Normalization;
use super::params::ParamKind;
use super::potential::declared;
use super::{Architecture, Skip};

/// Parameters of the same potential as a network with another scaling; `None` for modes with a skip and for periodic
/// inputs, for which there are none.
pub fn rescaled(arch: &Architecture, params: &[f64], from: &Normalization, to: &Normalization) -> Option<Vec<f64>> {
    if arch.skip != Skip::None || !arch.periodic.is_empty() {
        return None;
    }
    // An input of the old network is `stretch` times one of the new network, plus `shift`.
    let inputs = 0..arch.inputs;
    let stretch: Vec<f64> = inputs.clone().map(|k| to.input_scale[k] / from.input_scale[k]).collect();
    let shift: Vec<f64> = inputs.map(|k| (to.input_shift[k] - from.input_shift[k]) / from.input_scale[k]).collect();
    let (factor, rise) = (from.output_scale / to.output_scale, (from.output_shift - to.output_shift) / to.output_scale);
    let (declared, mut scaled) = (declared(arch), params.to_vec());
    let last = format!("{}", arch.hidden.len() + 1);
    for param in declared.iter() {
        let is_last = param.name[1..] == last;
        match param.kind {
            ParamKind::Free => {
                let bias = declared.get(&format!("b{}", &param.name[1..]))?.range();
                for (weights, bias) in params[param.range()].chunks(arch.inputs).zip(&mut scaled[bias]) {
                    *bias += weights.iter().zip(&shift).map(|(weight, shift)| weight * shift).sum::<f64>();
                }
                for (k, weight) in scaled[param.range()].iter_mut().enumerate() {
                    *weight *= stretch[k % arch.inputs] * if is_last { factor } else { 1.0 };
                }
            }
            ParamKind::NonNegative if is_last => scaled[param.range()].iter_mut().for_each(|weight| *weight *= factor),
            ParamKind::Bias if is_last => scaled[param.range()].iter_mut().for_each(|bias| *bias = factor * *bias + rise),
            ParamKind::Sharpness => scaled[param.offset] /= factor,
            ParamKind::NonNegative | ParamKind::Bias | ParamKind::Gate => {}
        }
    }
    Some(scaled)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Potential, init};

    #[test]
    fn rescaled_parameters_give_same_potential() {
        let arch = Architecture::new(2, 3, &[5, 4]);
        let params = init::paper(&declared(&arch), 3);
        let of = |input_shift: [f64; 2], input_scale: [f64; 2], output_shift, output_scale| Normalization {
            input_shift: input_shift.to_vec(),
            input_scale: input_scale.to_vec(),
            output_shift,
            output_scale,
        };
        let (from, to) = (of([1.0, -2.0], [0.5, 3.0], 4.0, 2.0), of([0.3, 1.0], [2.0, 0.7], -1.0, 5.0));
        let before = Potential::new(&arch, &from, params.clone());
        let after = Potential::new(&arch, &to, rescaled(&arch, &params, &from, &to).unwrap());
        for k in 0..40 {
            let x = [f64::from(k) * 0.3 - 5.0, f64::from(k * k % 17) * 0.4 - 3.0];
            let (a, b) = (before.value(&x), after.value(&x));
            assert!((a - b).abs() < 1e-12 * a.abs().max(1.0), "{a} {b}");
        }
        assert!((before.rho() - after.rho()).abs() < 1e-12 * before.rho());
        let with_skip = arch.with(Skip::Quadratic, crate::model::Symmetry::None);
        assert_eq!(rescaled(&with_skip, &[], &from, &to), None);
    }
}
