//! Picture of a fit of one input, drawn by [`LandscapeFigure`] from a scene and a frame with their arrays.

use super::frame::{Frame, Scene};
use crate::landscape::{CriticalPoint, Minimum};
use crate::plot::{Dots, LandscapeFigure, Mark, ModeCurve};

/// Inputs of the picture that need other arrays than the frame has.
pub struct CurveParts<'a> {
    scene: (&'a Scene, &'a [f32]),
    frame: (&'a Frame, &'a [f32]),
    modes: Vec<ModeCurve<'a>>,
    minima: Vec<Mark>,
    maxima: Vec<Mark>,
}

impl<'a> CurveParts<'a> {
    /// Inputs from a scene and a frame with their arrays.
    pub fn new(scene: (&'a Scene, &'a [f32]), frame: (&'a Frame, &'a [f32])) -> Self {
        let layout = frame.0.layout;
        let part = |range: std::ops::Range<usize>| frame.1.get(range).unwrap_or_default();
        let mode = |i| ModeCurve { curve: part(layout.mode(i)), responsibility: part(layout.responsibility(i)) };
        let first = |x: &[f64]| x.first().copied().unwrap_or(f64::NAN);
        let minimum = |m: &Minimum| Mark {
            x: first(&m.x),
            y: m.value,
            mode: m.modes.first().copied(),
            bars: m.bars(),
            is_doubtful: m.is_doubtful(frame.0.threshold),
        };
        let maximum = |m: &CriticalPoint| Mark { x: first(&m.x), y: m.value, mode: None, bars: None, is_doubtful: false };
        Self {
            scene,
            frame,
            modes: (0..layout.modes).map(mode).collect(),
            minima: frame.0.metrics.minima().iter().map(minimum).collect(),
            maxima: frame.0.saddles.iter().map(maximum).collect(),
        }
    }

    /// Picture of data, truth, fit and modes. It is empty for several inputs, which have no curves.
    pub fn landscape(&self) -> LandscapeFigure<'_> {
        let ((scene, data), (frame, numbers)) = (self.scene, self.frame);
        let layout = frame.layout;
        let one = scene.inputs == 1;
        let samples = if one { scene.samples } else { 0 };
        let fit = frame.metrics.potential();
        let rho = fit.map_or(0.0, |fit| fit.rho);
        let has_density = fit.is_some_and(|own| own.density.is_some());
        let truth = scene.samples * (scene.inputs + 1);
        LandscapeFigure {
            domain: scene.domain,
            names: [
                scene.names.first().map_or("x", String::as_str),
                match scene.names.last().map(String::as_str) {
                    _ if scene.has_truth => "Ψ(x)",
                    Some(name) if name != "Psi" => name,
                    _ => "Ψ",
                },
            ],
            data_x: data.get(..samples).unwrap_or_default(),
            data_y: data.get(samples..2 * samples).unwrap_or_default(),
            dots: if has_density { Dots::Kernel } else { Dots::Values },
            truth: if scene.has_truth { data.get(truth..).unwrap_or_default() } else { &[] },
            fit: numbers.get(layout.fit()).unwrap_or_default(),
            band: &frame.band,
            modes: if layout.points > 0 { &self.modes } else { &[] },
            lift: if rho > 0.0 { (layout.modes.max(1) as f64).ln() / rho } else { 0.0 },
            minima: if one { &self.minima } else { &[] },
            maxima: if one { &self.maxima } else { &[] },
            ..LandscapeFigure::default()
        }
    }
}
