//! Tables of training data for the cases, each computed by a formula, and model files for continued training.

use std::f64::consts::TAU;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// A number from 0 to 1 that looks random: the fractional part of a multiple of an irrational number. The tables use sums of such numbers.
fn part(k: u32, step: f64) -> f64 {
    (f64::from(k) * step).fract()
}

fn rounded(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

/// One input with two wells.
fn line(rows: u32) -> String {
    let mut text = String::from("x,y\n");
    for k in 0..rows {
        let x = 4.0 * part(k, 0.618_033_988_7) - 2.0;
        writeln!(text, "{},{}", rounded(x), rounded(0.5 * x.powi(4) - 1.5 * x * x + 0.2 * x)).unwrap();
    }
    text
}

/// One input with two wells, with a slope and a standard error in each row. Every third row has a large error.
fn uncertain(rows: u32) -> String {
    let mut text = String::from("x,y,dydx,err\n");
    for k in 0..rows {
        let x = 4.0 * part(k, 0.618_033_988_7) - 2.0;
        let err = if k % 3 == 0 { 0.4 } else { 0.02 };
        let off = err * (2.0 * part(k, 0.414_213_562_4) - 1.0);
        let (y, slope) = (0.5 * x.powi(4) - 1.5 * x * x + 0.2 * x + off, 2.0 * x.powi(3) - 3.0 * x + 0.2 - off);
        writeln!(text, "{},{},{},{err}", rounded(x), rounded(y), rounded(slope)).unwrap();
    }
    text
}

/// Two inputs with two wells and their derivatives, some of them missing.
fn plane(rows: u32, has_gaps: bool) -> String {
    let mut text = String::from("u,v,y,fu,fv\n");
    for k in 0..rows {
        let (u, v) = (3.0 * part(k, 0.754_877_666_2) - 1.5, 3.0 * part(k, 0.569_840_290_9) - 1.5);
        let y = u.powi(4) - 2.0 * u * u + v * v + 0.3 * u * v;
        let slopes = [4.0 * u.powi(3) - 4.0 * u + 0.3 * v, 2.0 * v + 0.3 * u].map(|slope| rounded(slope).to_string());
        let [fu, fv] = slopes;
        let fv = if has_gaps && k % 3 == 0 { String::new() } else { fv };
        writeln!(text, "{},{},{},{fu},{fv}", rounded(u), rounded(v), rounded(y)).unwrap();
    }
    text
}

/// Two angles in degrees with two wells, one of them at the seam, with forces.
fn angles(rows: u32) -> String {
    let mut text = String::from("phi,psi,F,fphi,fpsi\n");
    for k in 0..rows {
        let [phi, psi] = [0.754_877_666_2, 0.569_840_290_9].map(|step| 360.0 * part(k, step) - 180.0);
        let (a, b) = ((phi - 170.0).to_radians(), (psi + 30.0).to_radians());
        let energy = -a.cos() - 1.5 * (2.0 * a).cos() - b.cos();
        let forces = [-a.sin() - 3.0 * (2.0 * a).sin(), -b.sin()].map(|force| rounded(force.to_radians()));
        writeln!(text, "{},{},{},{},{}", rounded(phi), rounded(psi), rounded(energy), forces[0], forces[1]).unwrap();
    }
    text
}

/// Two inputs with derivatives. Every fourth row is held out.
fn parts(rows: u32) -> String {
    let mut lines = plane(rows, false).lines().map(String::from).collect::<Vec<_>>();
    for (k, line) in lines.iter_mut().enumerate() {
        *line += match k {
            0 => ",part",
            k if k % 4 == 0 => ",test",
            _ => ",train",
        };
    }
    lines.join("\n") + "\n"
}

/// A sample of a density with two peaks. Their distance grows with `time`.
fn sample(k: u32, time: f64) -> f64 {
    let (a, b) = (part(k + 1, 0.618_033_988_7), part(k + 1, 0.414_213_562_4));
    let normal = (-2.0 * (1.0 - a).ln()).sqrt() * (TAU * b).cos();
    let side = if k.is_multiple_of(3) { -1.0 } else { 1.0 };
    rounded(side * time + 0.6 * normal)
}

fn samples(head: &str, times: &[f64], rows: u32) -> String {
    let mut text = format!("{head}\n");
    for k in 0..rows {
        let row: Vec<String> = times.iter().map(|&time| sample(k, time).to_string()).collect();
        writeln!(text, "{}", row.join(",")).unwrap();
    }
    text
}

/// Samples of two quantities, drawn together, with their weights and the corresponding bias.
fn pairs(rows: u32) -> String {
    let mut text = String::from("a,b,w,v\n");
    for k in 0..rows {
        let (a, b) = (sample(k, 1.2), sample(3 * k + 1, 0.4));
        let w = rounded(0.2 + part(k + 1, 0.732_050_807_6));
        writeln!(text, "{a},{b},{w},{}", rounded(2.5 * w.ln())).unwrap();
    }
    text
}

/// Runs of a spring with friction. The stress follows the strain and lags behind it.
fn runs(runs: u32, steps: u32, has_second: bool) -> String {
    let mut text = String::from(if has_second { "run,t,e,f,s,r\n" } else { "run,t,e,s\n" });
    for run in 0..runs {
        let (size, speed) = (0.1 + 0.02 * f64::from(run % 5), 1.0 + 0.25 * f64::from(run % 3));
        let mut slider = 0.0;
        for k in 0..steps {
            let t = f64::from(k) / f64::from(steps - 1);
            let e = size * (TAU * speed * t).sin();
            let f = 0.5 * size * (1.0 - (TAU * t).cos());
            slider += f64::max(e - slider - 0.03, 0.0) - f64::max(slider - e - 0.03, 0.0);
            let (s, r) = (2.0 * e + 3.0 * (e - slider), 1.5 * f + 0.2 * e);
            let [t, e, f, s, r] = [t, e, f, s, r].map(rounded);
            if has_second {
                writeln!(text, "r{run},{t},{e},{f},{s},{r}").unwrap();
            } else {
                writeln!(text, "r{run},{t},{e},{s}").unwrap();
            }
        }
    }
    text
}

/// Names and texts of all files.
pub fn all() -> Vec<(&'static str, String)> {
    vec![
        ("line.csv", line(60)),
        ("many.csv", line(9000)),
        ("plane.csv", plane(150, false)),
        ("gaps.csv", plane(150, true)),
        ("parts.csv", parts(80)),
        ("angles.csv", angles(200)),
        ("uncertain.csv", uncertain(120)),
        ("samples.csv", samples("angle", &[1.5], 150)),
        ("left.csv", samples("angle", &[0.5], 80)),
        ("right.csv", samples("angle", &[0.7], 80)),
        ("centres.csv", "file,centre,spring\nleft.csv,-0.5,1\nright.csv,0.5,1\n".into()),
        ("columns.csv", samples("first,second", &[1.0, 2.0], 120)),
        ("times.csv", samples("0.5,1,2", &[0.3, 1.0, 2.0], 80)),
        ("runs.csv", runs(10, 30, false)),
        ("tensor.csv", runs(10, 30, true)),
        ("points.csv", "x\n-2\n-0.5\n0\n1.25\n3\n".into()),
        ("states.csv", "x1,x2\n0.2,1.5\n1,1\n1.75,0.1\n".into()),
        ("potential.json", include_str!("data/potential.json").into()),
        ("gradient.json", include_str!("data/gradient.json").into()),
        ("density.json", include_str!("data/density.json").into()),
        ("schlogl.json", include_str!("data/schlogl.json").into()),
        ("material.json", include_str!("data/material.json").into()),
        ("node.json", include_str!("data/node.json").into()),
        ("spring.json", include_str!("data/spring.json").into()),
        ("pairs.csv", pairs(200)),
        ("corners.csv", "v,u\n-1,1\n0,0\n0.5,-1.25\n".into()),
    ]
}

/// The names of all files.
pub fn names() -> impl Iterator<Item = &'static str> {
    all().into_iter().map(|(name, _)| name)
}

/// Writes every file into a folder.
pub fn write(folder: &Path) {
    for (name, text) in all() {
        fs::write(folder.join(name), text).expect("a file");
    }
}

/// The text of a file.
pub fn text(name: &str) -> String {
    all().into_iter().find(|table| table.0 == name).map(|table| table.1).expect("a file of this name")
}
