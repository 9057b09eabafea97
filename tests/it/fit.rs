//! Tests of the public interface of the library.
use multiwell::internal::data::Dataset;
use multiwell::internal::data::trajectories::{Trajectories, Trajectory};
use multiwell::internal::problem::settings::Dynamics;
use multiwell::{Density, Error, Fit, Material, Potential, Recipe};
use ndarray::array;

fn double_well() -> Dataset {
    let x: Vec<f64> = (0..100).map(|k| f64::from(k) / 25.0 - 2.0).collect();
    Dataset::curve(&x, &x.iter().map(|x| (x * x - 1.0).powi(2)).collect::<Vec<_>>()).unwrap()
}

fn short() -> Fit<Potential> {
    Fit::potential(&double_well()).recipe(Recipe::Paper).modes(2).epochs(200)
}

#[test]
fn intermediate_fit_is_usable_and_training_continues() {
    let mut ongoing = short().start().unwrap();
    assert!(ongoing.advance(50));
    let so_far = ongoing.fitted().unwrap();
    assert_eq!((so_far.summary.epochs, ongoing.epoch(), ongoing.last_epoch()), (50, 50, 200));
    while ongoing.advance(1000) {}
    let whole = short().run().unwrap();
    assert_eq!(ongoing.fitted().unwrap().model.params(), whole.model.params());
    assert!(whole.metrics().loss < so_far.metrics().loss);
}

#[test]
fn saved_potential_is_loaded_bit_for_bit() {
    let folder = std::env::temp_dir().join(format!("multiwell-fit-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("potential.json");
    let fit = short().run().unwrap();
    fit.save(&path).unwrap();
    let loaded = Potential::load(&path).unwrap();
    assert_eq!((loaded.params(), loaded.scaling()), (fit.model.params(), fit.model.scaling()));
    let survey = loaded.landscape(&[[-2.0, 2.0]], 0.02);
    assert_eq!(survey.minima.len(), fit.landscape().unwrap().minima.len());
    let not_a_density = Density::load(&path).unwrap_err();
    assert!(not_a_density.to_string().contains("its `format` is not"), "{not_a_density}");
    let missing = Potential::load(folder.join("none.json")).unwrap_err();
    assert!(matches!(missing, Error::File { .. }) && missing.to_string().contains("none.json"), "{missing}");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn density_is_normalised_and_has_consistent_logarithm() {
    let samples: Vec<f64> = (0..200).map(|k| f64::from(k % 2) * 5.0 + (f64::from(k) * 0.7).sin()).collect();
    let fit = Fit::density(&samples).unwrap().modes(3).change(|s| s.training.epochs = 300).run().unwrap();
    let [low, high] = fit.model.domain();
    assert!(low < -1.0 && high > 6.0);
    let n = 20_000;
    let step = (high - low) / f64::from(n);
    let mass: f64 = (0..n).map(|k| fit.model.density(low + (f64::from(k) + 0.5) * step) * step).sum();
    // Z is a sum over 901 points with full weights at the end points. The error is half the probability of an end point, which is small.
    assert!((mass - 1.0).abs() < 1e-3, "{mass}");
    let (x, psi) = (1.3, fit.model.potential());
    assert!((fit.model.log_density(x) + psi.value(&[x]) + fit.model.log_z()).abs() < 1e-12);
    let wells = &fit.metrics().sets.wells[0];
    assert!(fit.minima().len() >= 2 && fit.minima().len() == wells.len());
    assert!((wells.iter().map(|well| well.mass).sum::<f64>() - 1.0).abs() < 1e-9, "{wells:?}");
    // The loss is the mean of -log q over the samples, computed in single precision.
    let loss = -samples.iter().map(|&x| fit.model.log_density(x)).sum::<f64>() / 200.0;
    assert!((loss - fit.metrics().sets.loss[0]).abs() < 0.02, "{loss} {:?}", fit.metrics().sets.loss);
}

#[test]
fn loaded_material_gives_same_response() {
    let trajectory = |k: usize| {
        let time: Vec<f64> = (0..20).map(|n| f64::from(n) / 19.0).collect();
        let strain: Vec<f64> = time.iter().map(|t| (3.0 * t + k as f64).sin() * 0.1).collect();
        Trajectory { name: k.to_string(), outputs: strain.iter().map(|e| 2.0 * e + e * e).collect(), inputs: strain, time }
    };
    let data = Trajectories {
        name: "springs".into(),
        inputs: vec!["E".into()],
        outputs: vec!["S".into()],
        trajectories: (0..12).map(trajectory).collect(),
        ..Trajectories::default()
    };
    let fit = Fit::material(&data).unwrap().dynamics(Dynamics::Node).epochs(20).run().unwrap();
    let answer = fit.model.respond(&data.trajectories[..1]);
    assert_eq!((answer.stress.len(), fit.model.names().1), (20, &["S".to_string()][..]));
    assert_eq!(Material::read(fit.model_text()).unwrap().respond(&data.trajectories[..1]), answer);
}

#[test]
fn invalid_numbers_are_reported_in_one_sentence() {
    let curve = |x: &[f64], y: &[f64]| Dataset::curve(x, y).unwrap_err().to_string();
    assert_eq!(curve(&[0.0, 1.0], &[1.0]), "there are 1 values for 2 points; give as many");
    assert!(curve(&[0.0], &[1.0]).contains("only one row"));
    assert!(curve(&[0.0, f64::NAN], &[1.0, 2.0]).contains("row 2, column \"x\" holds NaN"));
    assert!(curve(&[0.0, 1.0], &[1.0, f64::INFINITY]).contains("row 2, column \"y\" holds inf"));
    assert!(curve(&[0.0, 1.0], &[2.0, 2.0]).contains("the same number in every row"));
    let points = || array![[0.0, 1.0], [1.0, 0.0]];
    let gaps = array![[f64::NAN, f64::NAN], [f64::NAN, f64::NAN]];
    assert!(Dataset::gradients(points(), gaps).unwrap_err().to_string().contains("no derivative in any row"));
    let infinite = array![[f64::NAN, 1.0], [0.0, f64::INFINITY]];
    assert!(Dataset::gradients(points(), infinite).unwrap_err().to_string().contains("row 2, column \"dPsi/dx2\""));
    let narrow = Dataset::gradients(points(), array![[0.0], [1.0]]).unwrap_err().to_string();
    assert_eq!(narrow, "there are 1 derivatives for 2 inputs; give as many");
    assert!(Fit::density(&[1.0, 2.0]).unwrap_err().to_string().contains("at least 8"));
    let none = Fit::material(&Trajectories::default()).unwrap_err();
    assert!(none.to_string().contains("give at least one"), "{none}");
}

#[test]
fn invalid_settings_and_divergence_are_errors() {
    let error = Fit::potential(&double_well()).modes(0).hidden(&[0]).run().unwrap_err();
    assert!(matches!(&error, Error::Settings(problems) if problems.len() == 2), "{error}");
    let error = short().change(|settings| settings.training.lr = 1e4).run().unwrap_err();
    assert!(matches!(&error, Error::Diverged(sentence) if sentence.contains("diverged at epoch")), "{error}");
}

#[test]
fn fit_types_are_send_and_sync() {
    fn is_shared<T: Send + Sync>() {}
    is_shared::<Potential>();
    is_shared::<Density>();
    is_shared::<Material>();
    is_shared::<Error>();
}
