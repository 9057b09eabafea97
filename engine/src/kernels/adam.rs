//! The arithmetic of a step of the optimiser Adam (Kingma and Ba, 2015), in one loop over parameters, gradient and both moments. It is part of this
//! crate because this crate is compiled for speed. The caller is responsible for rates, groups of parameters and constraints.

use super::Number;

/// The constants of a step.
#[derive(Clone, Copy, Debug)]
pub struct AdamStep<S> {
    /// The decay of each moment.
    pub decays: [S; 2],
    /// One minus each decay, rounded from the exact difference.
    pub weights: [S; 2],
    /// The learning rate over the correction of the first moment's bias.
    pub rate: S,
    /// The reciprocal of the correction of the second moment's bias.
    pub correct: S,
    /// A number added to the denominator, so that it is never zero.
    pub epsilon: S,
    /// True if the step is taken on the parameters' logarithms.
    pub logarithmic: bool,
}

/// Takes a step: updates moments and parameters.
#[inline(always)]
pub(super) fn apply_step<S: Number>(step: &AdamStep<S>, params: &mut [S], gradient: &[S], [m, v]: [&mut [S]; 2]) {
    let AdamStep { decays: [b1, b2], weights: [c1, c2], rate, correct, epsilon, logarithmic } = *step;
    let all = params.iter_mut().zip(gradient).zip(m.iter_mut().zip(v));
    if logarithmic {
        // With p = exp(q), dL/dq = p dL/dp, and q <- q - step is p <- p exp(-step).
        for ((p, &g), (m, v)) in all {
            let g = g * *p;
            *m = b1 * *m + c1 * g;
            *v = b2 * *v + c2 * g * g;
            *p = *p * (-(rate * *m / ((*v * correct).sqrt() + epsilon))).exp();
        }
        return;
    }
    for ((p, &g), (m, v)) in all {
        *m = b1 * *m + c1 * g;
        *v = b2 * *v + c2 * g * g;
        *p = *p - rate * *m / ((*v * correct).sqrt() + epsilon);
    }
}
