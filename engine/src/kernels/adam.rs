//! The arithmetic of a step of the optimiser Adam (Kingma and Ba, 2015), in one loop over parameters, gradient and both moments. It is part
//! of this crate because it is then compiled for speed; rates, groups of parameters and constraints belong to the caller.

use super::Number;

/// The constants of a step.
#[derive(Clone, Copy, Debug)]
pub struct Step<S> {
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
    /// Whether the step is taken on the parameters' logarithms.
    pub logarithmic: bool,
}

/// Takes a step: updates moments and parameters.
#[inline(always)]
pub(super) fn take<S: Number>(step: &Step<S>, params: &mut [S], gradient: &[S], [m, v]: [&mut [S]; 2]) {
    let Step { decays: [b1, b2], weights: [c1, c2], rate, correct, epsilon, logarithmic } = *step;
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
