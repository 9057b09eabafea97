use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::*;
use crate::plot::{Theme, svg};

fn figure<'a>(fit: &'a [f32], modes: &'a [ModeCurve<'a>], minima: &'a [Mark]) -> LandscapeFigure<'a> {
    LandscapeFigure {
        domain: [-1.0, 1.0],
        names: ["x", "Ψ(x)"],
        data_x: &[0.0],
        data_y: &[0.5],
        truth: &[1.0, 0.0, 1.0],
        fit,
        modes,
        minima,
        ..Default::default()
    }
}

#[test]
fn svg_of_landscape_contains_every_part() {
    let fit = [1.0, 0.1, 1.0];
    let mode = ModeCurve { curve: &fit, responsibility: &[1.0, 1.0, 0.2] };
    let minima = [Mark { x: 0.0, y: 0.1, mode: Some(0), bars: Some([0.1, 0.2]), is_doubtful: false }];
    let text = svg(&figure(&fit, &[mode], &minima), (640, 400), &Theme::LIGHT);
    assert!(text.starts_with("<svg width=\"640\" height=\"400\" viewBox=\"0 0 10240 6400\""));
    for part in ["truth", "fit", "modes", "Ψ(x)", "#0176AF", "#B3261E"] {
        assert!(text.contains(part), "{part}");
    }
}

#[test]
fn legend_of_modes_has_several_mode_colours() {
    let fit = [1.0, 0.1, 1.0];
    let mode = ModeCurve { curve: &fit, responsibility: &[0.0; 3] };
    let text = svg(&figure(&fit, &[mode, mode, mode], &[]), (640, 400), &Theme::LIGHT);
    // The legend is the line at a height of ten pixels.
    let legend: Vec<&str> = text.split("<polyline").filter(|line| line.contains(",160 ")).collect();
    for k in 0..3 {
        let colour = crate::plot::palette::css(Theme::LIGHT.mode(k)).to_uppercase();
        assert!(legend.iter().any(|line| line.contains(&colour)), "{colour} is not among {legend:?}");
    }
}

#[test]
fn legend_of_a_narrow_figure_has_every_entry_above_the_plot_area() {
    let fit = [1.0, 0.1, 1.0];
    let mode = ModeCurve { curve: &fit, responsibility: &[0.0; 3] };
    let modes = [mode];
    let known = figure(&fit, &modes, &[]);
    let text = svg(&known, (362, 300), &Theme::LIGHT);
    for name in ["truth", "fit", "modes", "data", "minimum", "barrier"] {
        assert!(text.contains(&format!(">\n{name}\n")), "{name} is not in {text}");
    }
    assert_eq!([362.0, 800.0].map(|width| known.panel((width, 300.0)).top), [38.0, 24.0]);
}

#[test]
fn landscape_omits_non_finite_numbers() {
    let fit = [f32::NAN, f32::INFINITY, 1e30];
    let mode = ModeCurve { curve: &fit, responsibility: &[f32::NAN; 3] };
    let minima = [Mark { x: f64::NAN, y: f64::NAN, mode: Some(0), bars: Some([f64::NAN; 2]), is_doubtful: false }];
    let text = svg(&figure(&fit, &[mode], &minima), (390, 280), &Theme::DARK);
    assert!(text.contains("</svg>") && !text.contains("NaN"));
}

#[test]
fn well_below_kernel_estimate_is_inside_figure() {
    let of = |dots: Dots| {
        let landscape = LandscapeFigure {
            domain: [0.0, 1.0],
            data_x: &[0.5],
            data_y: &[1.0],
            fit: &[9.0, -3.0, 9.0],
            dots,
            ..LandscapeFigure::default()
        };
        landscape.panel((400.0, 300.0)).y.value(0.0)
    };
    assert!(of(Dots::Kernel) < -3.0 && of(Dots::Values) > 0.0);
}

#[test]
fn marks_lie_on_drawn_curve() {
    let fit = [0.0, 0.5, 1.0];
    let figure = figure(&fit, &[], &[]);
    let panel = figure.panel((600.0, 400.0));
    let at = |x| figure.on_fit(&panel, &Mark { x, y: 9.0, mode: None, bars: None, is_doubtful: false });
    assert_eq!(at(-0.5), panel.at(-0.5, 0.25));
    assert_eq!(at(1.0), panel.at(1.0, 1.0));
    assert_eq!(at(-2.0), panel.at(-2.0, 9.0));
}

#[test]
fn names_of_marks_lie_beyond_their_error_bars() {
    let panel = figure(&[1.0, 0.0, 1.0], &[], &[]).panel((600.0, 400.0));
    let (middle, pixels) = (panel.at(0.0, 0.5).1, panel.at(0.0, 0.0).1 - panel.at(0.0, 0.2).1);
    let distance = |down, half| LandscapeFigure::name_distance(&panel, down, Some([0.1, half]));
    assert_eq!([0.0, 0.001, f64::NAN].map(|half| distance(middle, half)), [15.0; 3]);
    assert!((distance(middle, 0.2) - pixels - 10.0).abs() < 1e-6);
    assert!((distance(panel.bottom - 20.0, 0.2) + pixels + 10.0).abs() < 1e-6, "the panel has no space below the bar");
    assert_eq!(LandscapeFigure::name_distance(&panel, panel.bottom - 20.0, None), 15.0);
}

#[test]
fn axis_follows_fit_without_truth_and_values() {
    let (fit, unknown) = ([-0.3, 0.5, -0.2], [f32::NAN; 3]);
    let figure =
        LandscapeFigure { domain: [-1.0, 1.0], fit: &fit, data_x: &[-1.0, 0.0, 1.0], data_y: &unknown, ..Default::default() };
    let axis = figure.panel((600.0, 400.0)).y;
    for y in fit {
        assert!((0.0..=1.0).contains(&axis.along(y.into())), "{y} is out of the picture");
    }
    assert!(axis.along(0.5) - axis.along(-0.3) > 0.5, "the fit is flat");
    assert_eq!(bounds(&[], [&[-1.0, 0.0, 1.0], &unknown]), None);
}

#[test]
fn axis_ends_at_twice_the_highest_barrier() {
    let truth = [90.0, -1.0, 0.5, 0.0, 1.0, -0.5, 90.0];
    assert_eq!(bounds(&truth, [&[0.0], &[70.0]]), Some([-1.0, 3.0]));
    assert_eq!(bounds(&[90.0, -1.0, 90.0], [&[]; 2]), Some([-1.0, 90.0]), "a bowl has no barrier");
}

#[test]
fn axis_of_data_ends_at_twice_the_highest_barrier() {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
    let mut range = |barrier: f32, noise: f32| {
        let x: Vec<f32> = (0..300).map(|_| rng.random_range(-2.5..2.5)).collect();
        let noise: Vec<f32> = x.iter().map(|_| noise * rng.random_range(-1.0..1.0)).collect();
        let y: Vec<f32> = x.iter().zip(noise).map(|(x, noise)| x.powi(4) - 2.0 * barrier * x * x + noise).collect();
        bounds(&[], [&x, &y]).unwrap()
    };
    let [low, high] = range(1.0, 0.0);
    assert!((low + 1.0).abs() < 0.01 && (high - 1.0).abs() < 0.05, "{low} to {high}");
    let [low, high] = range(1.0, 0.05);
    assert!((low + 1.0).abs() < 0.1 && (high - 1.0).abs() < 0.3, "{low} to {high}");
    for noise in [0.0, 0.1, 3.0] {
        let [_, high] = range(0.0, noise);
        assert!(high > 35.0, "a bowl with noise {noise} has no barrier: {high}");
    }
}

#[test]
fn strip_shows_difference_from_truth_or_data() {
    let fit = [1.0, 0.01, 1.0];
    let known = figure(&fit, &[], &[]);
    let text = |figure: &LandscapeFigure| svg(figure, (640, 400), &Theme::LIGHT);
    assert!(text(&known).contains("fit − truth") && text(&known).contains("0.01"));
    let unknown = LandscapeFigure { truth: &[], ..known };
    assert!(text(&unknown).contains("fit − data") && text(&unknown).contains("0.5"));
    // A fit need not match a kernel estimate, and particles need the space of the strip.
    let density = LandscapeFigure { dots: Dots::Kernel, ..unknown };
    let in_motion = LandscapeFigure { particles: &[0.2], ..known };
    assert!(!text(&density).contains("fit −") && !text(&in_motion).contains("fit −"));
}

#[test]
fn vertical_axis_does_not_depend_on_fit() {
    let (a, b) = ([0.0, 0.0, 0.0], [9.0, -9.0, 9.0]);
    assert_eq!(figure(&a, &[], &[]).panel((600.0, 400.0)), figure(&b, &[], &[]).panel((600.0, 400.0)));
}

#[test]
fn marks_of_minima_have_numbers_of_wells_from_the_lowest_on() {
    let fit = [0.0_f32, 1.0, -1.0];
    let mark = |x, y, mode| Mark { x, y, mode: Some(mode), bars: None, is_doubtful: x > 0.0 };
    let minima = [mark(-1.0, 0.0, 7), mark(0.5, -1.0, 8)];
    let text = svg(&figure(&fit, &[], &minima), (640, 400), &Theme::LIGHT);
    let has = |name: &str| text.lines().any(|line| line.trim() == name) || text.contains(&format!(">{name}<"));
    assert!(has("2") && has("1?") && !has("7") && !has("8?"), "{text}");
}
