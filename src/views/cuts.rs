//! Cuts through a potential of several inputs: truth, fit and their difference as colours over two of the inputs, the others held.

use super::{Knob, Look, Picture, Plate, Sight, Tab, Touch, View};
use crate::nn::potential::{Evaluator, Parts};
use crate::plot::{Axis, HeatMap};
use crate::run::Run;

/// Points across a cut.
const POINTS: usize = 61;

/// See the module.
pub struct Cuts {
    fit: Evaluator<f32>,
}

impl Cuts {
    /// Prepares to evaluate fits of a run.
    pub fn new(run: &Run) -> Self {
        Self { fit: run.evaluator(Parts::default()) }
    }
}

impl View for Cuts {
    fn tab(&self) -> Tab {
        Tab { id: "cuts".into(), title: "Cuts".into() }
    }

    fn look(&mut self, run: &mut Run, look: &Look) -> Sight {
        let (bounds, names) = (run.bounds().to_vec(), run.names().to_vec());
        let inputs = bounds.len();
        let mut pairs = Vec::new();
        for i in 0..inputs {
            pairs.extend((i + 1..inputs).map(|j| (i, j)));
        }
        let words = pairs.iter().map(|&(i, j)| format!("{}, {}", names[i], names[j])).collect();
        let mut knobs = Vec::new();
        if inputs > 2 {
            knobs.push(look.choose("cut", "cut", "The two inputs that the pictures are drawn over.", words));
        }
        let (p, q) = pairs[knobs.first().map_or(0, |knob: &Knob| knob.value as usize)];
        let mut held: Vec<f64> = bounds.iter().map(|[low, high]| f64::midpoint(*low, *high)).collect();
        for k in (0..inputs).filter(|&k| k != p && k != q) {
            let knob = look.slide(&format!("held-{k}"), &names[k], "An input that is held fixed.", bounds[k], held[k]);
            held[k] = knob.value;
            knobs.push(knob);
        }
        let along = |k: usize, at: usize| bounds[k][0] + (bounds[k][1] - bounds[k][0]) * at as f64 / (POINTS - 1) as f64;
        let places: Vec<f64> = (0..POINTS * POINTS)
            .flat_map(|at| {
                let mut x = held.clone();
                (x[p], x[q]) = (along(p, at % POINTS), along(q, at / POINTS));
                x
            })
            .collect();
        let fit = self.fit.evaluate(&run.narrow_params(), &places).psi;
        let offset = run.offset();
        let fit: Vec<f64> = fit.iter().map(|value| value - offset).collect();
        let plate = |title: &str, values: Vec<f64>| {
            let (low, high) = values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), &v| (l.min(v), h.max(v)));
            let picture = Picture::Map(HeatMap {
                x: Axis::linear(bounds[p][0], bounds[p][1]),
                y: Axis::linear(bounds[q][0], bounds[q][1]),
                columns: POINTS,
                levels: (1..10).map(|k| low + (high - low) * (f64::from(k) / 10.0).powi(2)).collect(),
                values,
                range: [low, high],
                is_difference: false,
                layers: Vec::new(),
                across: names[p].clone(),
                upward: names[q].clone(),
            });
            Plate { title: title.into(), description: String::new(), picture, touch: Touch::Read }
        };
        let mut row = Vec::new();
        if let Some(truth) = run.truth() {
            row.push(plate("Truth", places.chunks(inputs).map(|x| truth.value(x)).collect()));
        }
        row.push(plate("Fit", fit));
        Sight { view: self.tab().id, rows: vec![row], knobs, ..Sight::default() }
    }
}
