//! Test of the picture that the page shows before its module has arrived. It is the finished fit of the page's default run, drawn in
//! `www/index.html`. `MULTIWELL_RECORD=1 cargo test --release --test it first_picture:: -- --ignored` writes it again.

use crate::fits::finished;
use multiwell::internal::model::potential::Outputs;
use multiwell::internal::problem::settings::Recipe;
use multiwell::internal::problem::{DataSource, Settings};
use std::fmt::Write as _;

/// Number of points of each curve.
const CURVE_POINTS: usize = 97;
const BEGIN_MARK: &str = "<!-- The finished fit; tests/first_picture.rs draws it. -->\n";
const END_MARK: &str = "<!-- / -->";

/// A position in a square of 1000 by 1000, with (0, 0) at the upper left corner.
type SquarePoint = (f64, f64);

/// Lines through the positions inside the square.
fn path(places: &[SquarePoint]) -> String {
    let mut out = String::new();
    let mut is_on = false;
    for &(x, y) in places {
        let is_in = (0.0..=1000.0).contains(&y);
        if is_in {
            let _ = write!(out, "{}{x:.0} {y:.0}", if is_on { "L" } else { "M" });
        }
        is_on = is_in;
    }
    out
}

/// Indices where a curve changes from falling to rising. With `sign` -1, those where it changes from rising to falling.
fn turns(curve: &[SquarePoint], sign: f64) -> impl Iterator<Item = usize> + '_ {
    (1..curve.len() - 1).filter(move |&k| [k - 1, k + 1].iter().all(|&beside| sign * (curve[k].1 - curve[beside].1) > 0.0))
}

fn picture() -> String {
    let run = finished(Settings::on(Recipe::default(), "cosine-well"), DataSource::Benchmark);
    let potential = run.potential();
    let [low, high] = run.bounds()[0];
    let fine: Vec<f64> =
        (0..=8 * (CURVE_POINTS - 1)).map(|k| low + (high - low) * k as f64 / (8 * (CURVE_POINTS - 1)) as f64).collect();
    let found = potential.values(&fine, Outputs { modes: true, ..Outputs::default() });
    let (top, bottom) = found.psi.iter().fold((f64::MIN, f64::MAX), |(top, bottom), &v| (top.max(v), bottom.min(v)));
    let height = |v: f64| 960.0 - 920.0 * (v - bottom) / (top - bottom);
    let across = |x: f64| 1000.0 * (x - low) / (high - low);
    let curve = |value: &dyn Fn(usize) -> f64| -> Vec<SquarePoint> {
        fine.iter().enumerate().map(|(k, &x)| (across(x), height(value(k)))).collect()
    };
    let coarse = |curve: &[SquarePoint]| path(&curve.iter().copied().step_by(8).collect::<Vec<_>>());
    let fit = curve(&|k| found.psi[k]);
    let modes = found.curves.len() / fine.len();
    let holder = |k: usize| {
        (0..modes)
            .max_by(|&a, &b| found.responsibilities[k * modes + a].total_cmp(&found.responsibilities[k * modes + b]))
            .unwrap()
    };
    let mut holders: Vec<usize> =
        (0..fine.len()).filter(|&k| found.responsibilities[k * modes + holder(k)] > 0.5).map(holder).collect();
    holders.sort_unstable();
    holders.dedup();
    let mut out = String::from("<svg viewBox=\"0 0 1000 1000\" preserveAspectRatio=\"none\" aria-hidden=\"true\">\n");
    // Curve of a single mode, raised to the fit where it is most responsible.
    for (colour, &mode) in holders.iter().enumerate() {
        let share = |k: usize| found.responsibilities[k * modes + mode];
        let k = (0..fine.len()).max_by(|&a, &b| share(a).total_cmp(&share(b))).unwrap();
        let lift = found.psi[k] - found.curves[k * modes + mode];
        let _ = writeln!(
            out,
            "<path class=\"mode m{colour}\" d=\"{}\"/>",
            coarse(&curve(&|k| found.curves[k * modes + mode] + lift))
        );
    }
    let dots: Vec<String> = run
        .data()
        .x
        .iter()
        .zip(&run.data().y)
        .step_by(4)
        .map(|(&x, &y)| (across(x), height(y)))
        .map(|(x, y)| format!("M{x:.0} {y:.0}h0"))
        .collect();
    let _ = writeln!(out, "<path class=\"dots\" d=\"{}\"/>", dots.concat());
    let _ = writeln!(out, "<path class=\"fit\" d=\"{}\"/>", coarse(&fit));
    for k in turns(&fit, -1.0) {
        let _ = writeln!(
            out,
            "<path class=\"pass\" d=\"M{0:.0} {1:.0}h0\"/><path class=\"hole\" d=\"M{0:.0} {1:.0}h0\"/>",
            fit[k].0, fit[k].1
        );
    }
    for k in turns(&fit, 1.0) {
        let colour = holders.iter().position(|&mode| mode == holder(k)).unwrap();
        let _ = writeln!(out, "<path class=\"well m{colour}\" d=\"M{:.0} {:.0}h0\"/>", fit[k].0, fit[k].1);
    }
    out + "</svg>\n"
}

// On other processors, the order of sums may differ, and with it the last digit.

/// Tests that train a recipe to its end: `cargo test --release -- --ignored full::`.
mod full {
    use super::*;

    #[cfg(target_arch = "x86_64")]
    #[test]
    #[ignore = "full recipe"]
    fn first_figure_of_page_is_finished_default_fit() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/www/index.html");
        let page = std::fs::read_to_string(file).unwrap();
        let (before, rest) = page.split_once(BEGIN_MARK).expect("the page has a place for it");
        let (drawn, after) = rest.split_once(END_MARK).expect("and its end");
        let picture = picture();
        if std::env::var_os("MULTIWELL_RECORD").is_some() {
            std::fs::write(file, format!("{before}{BEGIN_MARK}{picture}{END_MARK}{after}")).unwrap();
        } else {
            assert!(drawn == picture, "www/index.html holds another picture; the head of this file says how to write it anew");
        }
    }
}
