//! Figures of the pictures, built from the newest frame.

use super::app::State;
use super::readout;
use super::sketch::{Held, SketchMarks, Tool, values};
use super::view::{CanvasPicture, ViewId};
use multiwell::internal::plot::figures::paper::soft_minimum;
use multiwell::internal::plot::figures::{Chart, MarkShape, Tone};
use multiwell::internal::plot::ticks::fixed;
use multiwell::internal::plot::{
    EnlargedFigure, Figure, Gates, LandscapeFigure, LossHistory, OverlaidFigure, Panel, SketchFigure, Theme,
};
use multiwell::internal::potentials::sketch::points::SketchPoints;
use multiwell::internal::potentials::sketch::samples::MAX_SAMPLES;
use multiwell::internal::potentials::{KnownPotential, SoftParabolas};
use multiwell::internal::problem::curve::CurveParts;
use multiwell::internal::problem::view::{Touch, ViewPicture};

/// Number of points of each curve of the soft minimum.
const CURVE_POINTS: usize = 401;

/// Position of the cursor in a picture, in the units of its axes.
pub type Cursor = Option<(f64, f64)>;

/// The palette that the reader prefers.
pub fn theme(state: &State) -> &'static Theme {
    palette(state.environment.is_dark)
}

/// Dark or light palette.
pub fn palette(is_dark: bool) -> &'static Theme {
    if is_dark { &Theme::DARK } else { &Theme::LIGHT }
}

/// Version of the contents of a picture; `None` for pictures that follow the run.
pub fn version(state: &State, picture: CanvasPicture) -> Option<u64> {
    match picture {
        CanvasPicture::Landscape | CanvasPicture::Loss | CanvasPicture::Gates => None,
        CanvasPicture::Fits | CanvasPicture::Losses | CanvasPicture::Counts => Some(state.ensemble.version),
        CanvasPicture::Trace | CanvasPicture::Loop => Some(state.physics.version),
        CanvasPicture::Soft => Some(state.views.sharpness.to_bits()),
        CanvasPicture::Plot(_) => Some(state.views.own.version),
    }
}

/// Calls `visit` with the figure of a picture of this size: its visible part, with the pinned runs and the cross-hair of a plot over it.
pub fn with_figure(state: &State, picture: CanvasPicture, at: Cursor, size: (f64, f64), visit: &mut dyn FnMut(&dyn Figure)) {
    // A map is not enlarged here: the worker computes its visible part.
    let part = state.part(picture).filter(|_| state.views.own.map_is_to_scale(picture).is_none());
    let overlays = state.overlays(picture);
    let plot = if let CanvasPicture::Plot(k) = picture { state.views.own.plot(k) } else { None };
    let crosshair = at.filter(|_| plot.is_some());
    let is_crossed = plot.is_some_and(|plot| matches!(plot.picture, ViewPicture::Map(_)));
    with_whole(state, picture, at, size, &mut |figure| {
        let enlarged = part.map(|part| EnlargedFigure { figure, part });
        let figure = enlarged.as_ref().map_or(figure, |enlarged| enlarged as &dyn Figure);
        visit(&OverlaidFigure { figure, overlays: &overlays, crosshair, is_crossed });
    });
}

/// Calls `visit` with the whole figure of a picture.
pub fn with_whole(state: &State, picture: CanvasPicture, at: Cursor, size: (f64, f64), visit: &mut dyn FnMut(&dyn Figure)) {
    let (layout, numbers) = (state.run.frame.0.layout, &state.run.frame.1);
    let part = |range: std::ops::Range<usize>| numbers.get(range).unwrap_or_default();
    // The axis of a run that has ended ends with its history.
    let end = part(layout.epochs()).last().filter(|_| state.phase.is_over());
    let last_epoch = end.map_or(state.run.frame.0.last_epoch as f64, |&end| end.into());
    let (cursor, domain) = (at.map(|at| at.0), state.run.scene.0.domain);
    let input = state.run.scene.0.names.first().map_or("x", String::as_str);
    let marked = cursor.or(state.run.frame.0.selected_snapshot.map(|position| position as f64));
    match picture {
        CanvasPicture::Landscape => with_landscape(state, cursor, &mut |landscape| visit(landscape)),
        CanvasPicture::Loss => {
            let mut stages = state.run.frame.0.stages();
            // The current stage has no end yet.
            stages.extend(state.run.frame.0.stage.as_ref().map(|stage| (f64::INFINITY, stage.name.as_str())));
            visit(&LossHistory {
                epochs: part(layout.epochs()),
                low: part(layout.loss_low()),
                high: part(layout.loss_high()),
                responsible: part(layout.responsible()),
                modes: layout.modes,
                stages: &stages,
                last_epoch,
                cursor: marked,
            });
        }
        CanvasPicture::Gates => {
            let gates: Vec<_> = (0..layout.modes).map(|i| part(layout.gate(i))).collect();
            let responsible: Vec<_> = state.run.frame.0.largest_responsibilities.iter().map(|&r| r > 0.5).collect();
            let (epochs, rho) = (part(layout.epochs()), part(layout.rho()));
            visit(&Gates { epochs, gates: &gates, responsible: &responsible, rho, last_epoch, cursor: marked });
        }
        CanvasPicture::Fits => visit(&state.ensemble.fits(readout::truth(&state.run.scene), state.run.bounds, size)),
        CanvasPicture::Losses => visit(&state.ensemble.chart(0, cursor)),
        CanvasPicture::Counts => visit(&state.ensemble.chart(1, cursor)),
        CanvasPicture::Trace => visit(&state.physics.trace(input, domain)),
        CanvasPicture::Loop => visit(&state.physics.cycle(input, domain)),
        CanvasPicture::Soft => visit(&soft(state.views.rho())),
        CanvasPicture::Plot(k) => {
            if let Some(plot) = state.views.own.plot(k) {
                visit(&plot.picture);
            }
        }
    }
}

/// Calls `act` with the figure of the landscape.
pub fn with_landscape(state: &State, cursor: Option<f64>, act: &mut dyn FnMut(&LandscapeFigure)) {
    let (scene, frame) = (&state.run.scene, &state.run.frame);
    let one = scene.0.inputs == 1;
    let parts = CurveParts::new((&scene.0, &scene.1), (&frame.0, &frame.1));
    let whole = parts.landscape();
    // A drawing with too few samples has no fit.
    let is_draft = state.is_draft();
    let shown = if is_draft {
        LandscapeFigure {
            domain: whole.domain,
            names: whole.names,
            dots: whole.dots,
            truth: whole.truth,
            lift: whole.lift,
            ..LandscapeFigure::default()
        }
    } else {
        whole
    };
    let canvas = state.run.scene.0.canvas;
    let drawn = DrawnContent::from_state(state);
    let gesture = state.sketch.gesture.as_ref();
    let in_motion = one && state.views.current == ViewId::Physics;
    let [minima, maxima] = if state.is_untrained() { [&[][..]; 2] } else { [shown.minima, shown.maxima] };
    let mut minima = minima.to_vec();
    for fit in state.spurious_wells() {
        minima.iter_mut().skip(fit).take(1).for_each(|mark| mark.is_doubtful = true);
    }
    act(&LandscapeFigure {
        minima: &minima,
        maxima,
        alone: state.inspection.single_mode.filter(|&k| k < frame.0.layout.modes),
        beside: state.inspection.beside(),
        tilt: if in_motion { state.physics.forces.tilt } else { 0.0 },
        particles: if in_motion { &state.physics.particles } else { &[] },
        bounds: state.run.bounds,
        cursor: cursor.filter(|_| state.tool().is_none()),
        drawing: canvas.map(|canvas| SketchFigure {
            canvas,
            points: &drawn.points,
            is_open: gesture.is_some(),
            has_handles: drawn.samples.is_empty() && matches!(state.tool(), Some(Tool::Hand | Tool::Eraser)),
            samples: &drawn.samples,
            density: if is_draft { &[] } else { &drawn.density },
            held: match gesture.and_then(|gesture| gesture.held.clone()) {
                Some(Held::Point(k)) => [k, k + 1],
                Some(Held::Samples(held)) => [held.start, held.end],
                None => [0, 0],
            },
            at: state.pictures.cursor(CanvasPicture::Landscape).filter(|_| cursor.is_some() && state.tool().is_some()),
        }),
        ..shown
    });
}

/// Content of the drawing, in the units of the canvas.
#[derive(Default)]
struct DrawnContent {
    /// Points of a curve, or of the pointer's path over samples.
    points: Vec<(f64, f64)>,
    samples: Vec<f64>,
    /// Density of the fit to samples, scaled to the height of a stroke that draws it.
    density: Vec<(f64, f64)>,
}

impl DrawnContent {
    fn from_state(state: &State) -> Self {
        let Some(canvas) = state.run.scene.0.canvas else { return Self::default() };
        let points = |points: &SketchPoints| points.places().iter().map(|&at| values(canvas, at)).collect();
        let samples = match state.marks() {
            SketchMarks::Curve(curve) => return Self { points: points(&curve), ..Self::default() },
            SketchMarks::Samples(samples) => samples,
        };
        let way = state.sketch.gesture.as_ref().map(|gesture| points(&gesture.way)).unwrap_or_default();
        let line = |&column: &i32| values(canvas, [column, 0]).0;
        let [[left, right], [bottom, top]] = canvas;
        // A stroke at the upper edge of the canvas creates `MAX_SAMPLES` samples, evenly spread.
        let whole = samples.columns().len() as f64 / MAX_SAMPLES as f64 * (right - left);
        let (frame, scene) = (&state.run.frame, &state.run.scene.0);
        let fit = frame.1.get(frame.0.layout.fit()).unwrap_or_default();
        let step = (scene.domain[1] - scene.domain[0]) / (fit.len().max(2) - 1) as f64;
        let height = |(i, &psi): (usize, &f32)| {
            let part = whole * state.run.density_of(psi.into());
            (scene.domain[0] + step * i as f64, bottom + part * (top - bottom))
        };
        Self {
            points: way,
            samples: samples.columns().iter().map(line).collect(),
            density: fit.iter().enumerate().map(height).collect(),
        }
    }
}

/// Figure 1 of the paper at one sharpness: three parabolas under a soft minimum.
fn soft(rho: f64) -> Chart {
    let x: Vec<f64> = (0..CURVE_POINTS).map(|k| -3.0 + 6.0 * k as f64 / (CURVE_POINTS - 1) as f64).collect();
    let modes: Vec<Vec<f64>> = (0..3).map(|k| x.iter().map(|&x| SoftParabolas::parabolas(x)[k]).collect()).collect();
    let values = SoftParabolas::new(rho).map(|soft| x.iter().map(|&x| soft.value(&[x])).collect()).unwrap_or_default();
    let mut chart = soft_minimum(&x, &modes, &[(rho, values)], [-0.1, 1.4]);
    for (k, layer) in chart.layers.iter_mut().enumerate() {
        (layer.tone, layer.shape) =
            if k < 3 { (Tone::Mode(k), MarkShape::Line(1.25)) } else { (Tone::Accent, MarkShape::Line(2.5)) };
    }
    chart
}

/// Values under the cursor; empty where there are none. `by_keys` is true if the reader moves the cursor by keys.
pub fn values_at_cursor(state: &State, picture: CanvasPicture, panel: &Panel, by_keys: bool) -> String {
    let Some(at) = state.pictures.cursor(picture) else { return String::new() };
    let (scene, frame) = (&state.run.scene, &state.run.frame);
    match picture {
        // Values beside a pointer would cover the drawing.
        CanvasPicture::Landscape if state.sketch.gesture.is_some() && !by_keys => String::new(),
        CanvasPicture::Landscape if state.sketch.gesture.is_some() => {
            let count = state.marks().samples().map(|samples| format!("{} samples", samples.columns().len()));
            format!("x {}\n{}\nEnter: end", fixed(at.0, 3), count.unwrap_or_else(|| format!("y {}", fixed(at.1, 3))))
        }
        CanvasPicture::Landscape => {
            let begin = if by_keys && state.tool().is_some() { "\nEnter: begin" } else { "" };
            format!("{}{begin}", readout::landscape(scene, frame, &|psi| state.run.density_of(psi), at.0))
        }
        CanvasPicture::Loss => readout::bucket(frame, at.0).map(|b| readout::loss(frame, b)).unwrap_or_default(),
        CanvasPicture::Gates => readout::bucket(frame, at.0).map(|b| readout::gates(frame, b)).unwrap_or_default(),
        CanvasPicture::Losses => state.ensemble.readout(0, at.0),
        CanvasPicture::Counts => state.ensemble.readout(1, at.0),
        CanvasPicture::Plot(k) => {
            let Some(plot) = state.views.own.plot(k) else { return String::new() };
            let values = readout::plot(plot, at, panel);
            match (plot.touch == Touch::Stroke && by_keys, state.pictures.path_picture == Some(picture)) {
                (true, true) => format!("{values}\nEnter: end the path"),
                (true, false) => format!("{values}\nEnter: begin a path"),
                _ => values,
            }
        }
        _ => String::new(),
    }
}
