//! The pictures as figures, laid over the newest numbers.

use super::app::State;
use super::readout;
use super::sketch::{Held, Marks, Tool, values};
use super::view::{Picture, ViewId};
use multiwell::plot::figures::Chart;
use multiwell::plot::figures::paper::soft_minimum;
use multiwell::plot::figures::{Shape, Tone};
use multiwell::plot::ticks::fixed;
use multiwell::plot::{Drawing, Enlarged, Figure, Gates, Haunted, Landscape, Loss, Panel, Pointed, Theme};
use multiwell::potentials::sketch::points::Points;
use multiwell::potentials::sketch::samples::MOST;
use multiwell::potentials::{Curve, SoftParabolas};
use multiwell::problem::curve::CurveParts;
use multiwell::problem::view::Touch;

/// Points of each curve of the soft minimum.
const POINTS: usize = 401;

type Cursor = Option<(f64, f64)>;

/// The palette that the reader prefers.
pub fn theme(state: &State) -> &'static Theme {
    palette(state.dark)
}

/// The dark palette or the light one.
pub fn palette(is_dark: bool) -> &'static Theme {
    if is_dark { &Theme::DARK } else { &Theme::LIGHT }
}

/// Version of what a picture shows; `None` for pictures that follow the run.
pub fn version(state: &State, picture: Picture) -> Option<u64> {
    match picture {
        Picture::Landscape | Picture::Loss | Picture::Gates => None,
        Picture::Fits | Picture::Losses | Picture::Counts => Some(state.ensemble.version),
        Picture::Trace | Picture::Loop => Some(state.physics.version),
        Picture::Soft => Some(state.sharpness.to_bits()),
        Picture::Plot(_) => Some(state.own.version),
    }
}

/// Hands the figure of a picture of this size to `visit`, the part of it that is shown, with the pinned runs over it.
pub fn with_figure(state: &State, picture: Picture, at: Cursor, size: (f64, f64), visit: &mut dyn FnMut(&dyn Figure)) {
    // A map is drawn as it has been computed.
    let part = state.part(picture).filter(|_| state.map(picture).is_none());
    let ghosts = state.ghosts(picture);
    with_whole(state, picture, at, size, &mut |figure| {
        let enlarged = part.map(|part| Enlarged { figure, part });
        let figure = enlarged.as_ref().map_or(figure, |enlarged| enlarged as &dyn Figure);
        if ghosts.is_empty() { visit(figure) } else { visit(&Haunted { figure, ghosts: &ghosts }) }
    });
}

/// Hands all of the figure of a picture to `visit`.
pub fn with_whole(state: &State, picture: Picture, at: Cursor, size: (f64, f64), visit: &mut dyn FnMut(&dyn Figure)) {
    let (layout, numbers) = (state.frame.0.layout, &state.frame.1);
    let part = |range: std::ops::Range<usize>| numbers.get(range).unwrap_or_default();
    let last_epoch = state.frame.0.last_epoch as f64;
    let (cursor, domain) = (at.map(|at| at.0), state.scene.0.domain);
    let moment = cursor.or(state.frame.0.back.map(|back| back as f64));
    match picture {
        Picture::Landscape => with_landscape(state, cursor, &mut |landscape| visit(landscape)),
        Picture::Loss => visit(&Loss {
            epochs: part(layout.epochs()),
            low: part(layout.loss_low()),
            high: part(layout.loss_high()),
            responsible: part(layout.responsible()),
            modes: layout.modes,
            stages: &state.frame.0.stages(),
            last_epoch,
            cursor: moment,
        }),
        Picture::Gates => {
            let gates: Vec<_> = (0..layout.modes).map(|i| part(layout.gate(i))).collect();
            let responsible: Vec<_> = state.frame.0.largest_responsibilities.iter().map(|&r| r > 0.5).collect();
            let (epochs, rho) = (part(layout.epochs()), part(layout.rho()));
            visit(&Gates { epochs, gates: &gates, responsible: &responsible, rho, last_epoch, cursor: moment });
        }
        Picture::Fits => visit(&state.ensemble.fits(readout::truth(&state.scene), state.bounds, size)),
        Picture::Losses => visit(&state.ensemble.chart(0, cursor)),
        Picture::Counts => visit(&state.ensemble.chart(1, cursor)),
        Picture::Trace => visit(&state.physics.trace(domain)),
        Picture::Loop => visit(&state.physics.cycle(domain)),
        Picture::Soft => visit(&soft(state.rho())),
        Picture::Plot(k) => {
            if let Some(plot) = state.own.plot(k) {
                let across = matches!(plot.picture, multiwell::problem::view::Picture::Map(_));
                visit(&Pointed { figure: &plot.picture, at, across });
            }
        }
    }
}

/// Hands the landscape to `act`.
pub fn with_landscape(state: &State, cursor: Option<f64>, act: &mut dyn FnMut(&Landscape)) {
    let (scene, frame) = (&state.scene, &state.frame);
    let one = scene.0.inputs == 1;
    // A hump that a mode makes for itself is marked as that mode's.
    let hump = |x: f64| state.inspection.hump_at(frame.0.metrics.epochs, x);
    let parts = CurveParts::new((&scene.0, &scene.1), (&frame.0, &frame.1), hump);
    let whole = parts.landscape();
    // Samples that are too few say nothing yet.
    let is_draft = state.is_draft();
    let shown = if is_draft {
        Landscape {
            domain: whole.domain,
            names: whole.names,
            dots: whole.dots,
            truth: whole.truth,
            lift: whole.lift,
            ..Landscape::default()
        }
    } else {
        whole
    };
    let paper = state.scene.0.paper;
    let drawn = Drawn::of(state);
    let gesture = state.sketch.gesture.as_ref();
    let in_motion = one && state.view == ViewId::Physics;
    act(&Landscape {
        alone: state.inspection.alone.filter(|&k| k < frame.0.layout.modes),
        beside: state.inspection.beside(),
        tilt: if in_motion { state.physics.tilt } else { 0.0 },
        balls: if in_motion { &state.physics.balls } else { &[] },
        bounds: state.bounds,
        cursor: cursor.filter(|_| state.tool().is_none()),
        drawing: paper.map(|paper| Drawing {
            paper,
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
            at: state.cursor(Picture::Landscape).filter(|_| cursor.is_some() && state.tool().is_some()),
        }),
        ..shown
    });
}

/// What is drawn, in the units of the paper.
#[derive(Default)]
struct Drawn {
    /// The points of a curve, or those of the pencil's way over samples.
    points: Vec<(f64, f64)>,
    samples: Vec<f64>,
    /// The density of the fit to samples, as high as a pencil that draws it.
    density: Vec<(f64, f64)>,
}

impl Drawn {
    fn of(state: &State) -> Self {
        let Some(paper) = state.scene.0.paper else { return Self::default() };
        let points = |points: &Points| points.places().iter().map(|&at| values(paper, at)).collect();
        let samples = match state.marks() {
            Marks::Curve(curve) => return Self { points: points(&curve), ..Self::default() },
            Marks::Samples(samples) => samples,
        };
        let way = state.sketch.gesture.as_ref().map(|gesture| points(&gesture.way)).unwrap_or_default();
        let line = |&column: &i32| values(paper, [column, 0]).0;
        let [[left, right], [bottom, top]] = paper;
        // At the upper edge of the paper there are as many samples as it can have, evenly spread.
        let whole = samples.columns().len() as f64 / MOST as f64 * (right - left);
        let (frame, scene) = (&state.frame, &state.scene.0);
        let fit = frame.1.get(frame.0.layout.fit()).unwrap_or_default();
        let step = (scene.domain[1] - scene.domain[0]) / (fit.len().max(2) - 1) as f64;
        let height = |(i, &psi): (usize, &f32)| {
            let part = whole * state.density_of(psi.into());
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
    let x: Vec<f64> = (0..POINTS).map(|k| -3.0 + 6.0 * k as f64 / (POINTS - 1) as f64).collect();
    let modes: Vec<Vec<f64>> = (0..3).map(|k| x.iter().map(|&x| SoftParabolas::parabolas(x)[k]).collect()).collect();
    let values = SoftParabolas::new(rho).map(|soft| x.iter().map(|&x| soft.value(x)).collect()).unwrap_or_default();
    let mut chart = soft_minimum(&x, &modes, &[(rho, values)], [-0.1, 1.4]);
    for (k, layer) in chart.layers.iter_mut().enumerate() {
        (layer.tone, layer.shape) = if k < 3 { (Tone::Mode(k), Shape::Line(1.25)) } else { (Tone::Accent, Shape::Line(2.5)) };
    }
    chart
}

/// The values under the cursor; empty where there is nothing to read off. `by_keys` says whether the picture is used by keys.
pub fn read_off(state: &State, picture: Picture, panel: &Panel, by_keys: bool) -> String {
    let Some(at) = state.cursor(picture) else { return String::new() };
    let (scene, frame) = (&state.scene, &state.frame);
    match picture {
        Picture::Landscape if state.sketch.gesture.is_some() => {
            let end = if by_keys { "\nEnter: lift" } else { "" };
            let count = state.marks().samples().map(|samples| format!("{} samples", samples.columns().len()));
            format!("x {}\n{}{end}", fixed(at.0, 3), count.unwrap_or_else(|| format!("y {}", fixed(at.1, 3))))
        }
        Picture::Landscape => {
            let begin = if by_keys && state.tool().is_some() { "\nEnter: put down" } else { "" };
            format!("{}{begin}", readout::landscape(scene, frame, &|psi| state.density_of(psi), at.0))
        }
        Picture::Loss => readout::bucket(frame, at.0).map(|b| readout::loss(frame, b)).unwrap_or_default(),
        Picture::Gates => readout::bucket(frame, at.0).map(|b| readout::gates(frame, b)).unwrap_or_default(),
        Picture::Losses => state.ensemble.readout(0, at.0),
        Picture::Counts => state.ensemble.readout(1, at.0),
        Picture::Plot(k) => {
            let Some(plot) = state.own.plot(k) else { return String::new() };
            let values = readout::plot(plot, at, panel);
            match (plot.touch == Touch::Stroke && by_keys, state.drawing == Some(picture)) {
                (true, true) => format!("{values}\nEnter: end the path"),
                (true, false) => format!("{values}\nEnter: begin a path"),
                _ => values,
            }
        }
        _ => String::new(),
    }
}
