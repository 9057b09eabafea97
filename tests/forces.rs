//! Potentials learnt from their derivatives.

use multiwell::landscape::of_potential;
use multiwell::nn::model_file::ModelFile;
use multiwell::nn::{Potential as Fit, Skip, Symmetry};
use multiwell::potentials::{GeneCircuit, Mechanochemical};
use multiwell::run::settings::Recipe;
use multiwell::run::{Run, Settings, Source, link};
use ndarray::array;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn trained(settings: &Settings, slice: u64) -> Run {
    let mut run = Run::new(settings.clone(), Source::Benchmark, None).unwrap();
    while run.ended().is_none() {
        run.advance(slice);
    }
    run
}

fn gene(epochs: u64) -> Settings {
    Settings { epochs, ..Settings::on(Recipe::Reliable, GeneCircuit::ID) }
}

#[test]
fn a_vector_field_gives_its_potential_and_the_stable_states() {
    let report = trained(&gene(2_000), 500).report();
    assert!(report.r2_components.len() == 2 && report.r2_components.iter().all(|&r2| r2 > 0.999), "{:?}", report.r2_components);
    assert!(report.r2_potential.unwrap() > 0.9999 && report.potential_offset.is_some());
    assert_eq!(report.minima.len(), 2);
    assert!(report.location_error.unwrap() < 0.02 && report.value_error.unwrap() < 0.01, "{report:?}");
    // At a weak coupling there is one.
    assert_eq!(trained(&Settings { b: 0.1, ..gene(1_000) }, 500).report().minima.len(), 1);
}

#[test]
fn the_same_bits_come_out_however_the_epochs_are_cut() {
    let settings = Settings { modes: 2, hidden: vec![4], skip: Skip::Quartic, samples: 300, ..gene(150) };
    let at_once = trained(&settings, 1_000);
    let by_seven = trained(&settings, 7);
    assert_eq!(at_once.params(), by_seven.params());
    assert_eq!(at_once.history_csv(), by_seven.history_csv());
}

#[test]
fn a_fit_that_is_made_symmetric_is_so_exactly_and_its_file_says_so() {
    let settings = Settings { symmetry: Symmetry::Exchange, skip: Skip::Quadratic, ..gene(100) };
    let run = trained(&settings, 100);
    let file = ModelFile::read(&run.model_file().write()).unwrap();
    assert_eq!((file.skip, file.symmetry), (Skip::Quadratic, Symmetry::Exchange));
    let mut fit = Fit::from_file(&file).unwrap();
    let (psi, gradient) = fit.evaluate(&array![[0.3, 1.4], [1.4, 0.3]], true);
    assert!((psi[0] - psi[1]).abs() < 1e-12 && (gradient[[0, 0]] - gradient[[1, 1]]).abs() < 1e-12);
    assert!((run.potential().evaluate(&array![[0.3, 1.4]], false).0[0] - psi[0]).abs() < 1e-12);
    // Training goes on from the file.
    let mut next = Run::new(settings, Source::Benchmark, Some(&file)).unwrap();
    next.advance(5);
    assert!(next.report().finite);
}

#[test]
fn the_constant_that_a_gradient_leaves_open_is_that_of_the_truth_on_average() {
    let run = trained(
        &Settings { skip: Skip::Quartic, ..Settings { epochs: 400, ..Settings::on(Recipe::Reliable, Mechanochemical::ID) } },
        400,
    );
    let test = multiwell::data::sampling::held_out(&Mechanochemical, 800, 200, 1);
    let (psi, _) = run.potential().evaluate(&test.x, false);
    assert!((&psi - &test.y).mean().unwrap().abs() < 1e-9);
}

#[test]
fn the_four_wells_of_the_material_are_found_on_the_faces_of_the_box() {
    let settings = Settings { epochs: 1_500, skip: Skip::Quartic, ..Settings::on(Recipe::Reliable, Mechanochemical::ID) };
    let report = trained(&settings, 1_500).report();
    assert!(report.r2_components.len() == 7 && report.r2_components.iter().all(|&r2| r2 > 0.995), "{:?}", report.r2_components);
    assert_eq!((report.minima.len(), report.wells, report.true_wells), (4, 4, Some(4)), "{:?}", report.minima);
    assert!(report.location_error.unwrap() < 0.05, "{:?}", report.location_error);
    assert_eq!(report.trajectory_error.len(), 3);
    assert_eq!(of_potential(&Mechanochemical).minima.len(), 4);
}

#[test]
fn barriers_between_wells_on_walls_are_those_of_the_truth() {
    let settings = Settings { epochs: 1_000, skip: Skip::Quartic, ..Settings::on(Recipe::Reliable, Mechanochemical::ID) };
    let (report, survey) = trained(&settings, 1_000).judged();
    assert_eq!((report.wells, survey.wells, survey.truth.as_ref().map(|truth| truth.wells)), (4, 4, Some(4)));
    let truth = survey.truth.unwrap();
    for pair in &truth.matches {
        let known = truth.minima[pair.truth.unwrap()].barrier.unwrap();
        // A variant is left for another across c = 0 at 0.50625.
        assert!(known > 0.506, "{known}");
        assert!(pair.barrier_error.unwrap().abs() < 0.3, "{pair:?}");
    }
    assert!(!survey.maxima.is_empty() && survey.roles.iter().map(|role| role.wells.len()).sum::<usize>() == 4);
}

#[test]
fn the_one_stage_says_how_far_it_is_and_then_what_holds() {
    let mut run = Run::new(gene(50), Source::Benchmark, None).unwrap();
    run.advance(20);
    let stage = run.stage().unwrap();
    assert!((stage.done, stage.of) == (20, 50) && !stage.sentence.is_empty() && run.report().stages.is_empty());
    run.advance(30);
    let notes = run.report().stages;
    assert!(run.stage().is_none() && notes.len() == 1 && notes[0].epochs == 50, "{notes:?}");
    assert!(notes[0].sentence.contains("up to a constant") && notes[0].sentence.contains("convex"));
    let paper = Settings { epochs: 5, ..Settings::on(Recipe::Paper, GeneCircuit::ID) };
    assert!(trained(&paper, 5).report().stages.is_empty());
}

#[test]
fn what_is_said_of_the_modes_of_a_symmetric_fit_says_that_each_has_a_mirror_image() {
    let says = |symmetry: Symmetry| {
        let survey = trained(&Settings { symmetry, ..gene(200) }, 200).survey();
        survey.roles.iter().filter(|role| role.clause.contains("mirror image")).count()
    };
    assert!(says(Symmetry::Exchange) > 0 && says(Symmetry::None) == 0);
}

#[test]
fn a_link_to_a_benchmark_begins_with_what_suits_it() {
    let settings = Settings::on(Recipe::Reliable, Mechanochemical::ID);
    assert_eq!((settings.modes, settings.samples, settings.epsilon), (5, 800, 0.0));
    assert_eq!(link::write(&settings), "benchmark=mechanochemical");
    assert_eq!(link::read("benchmark=mechanochemical"), (settings.clone(), vec![]));
    let other = Settings { b: 0.1, skip: Skip::Quartic, ..settings.moved_to(GeneCircuit::ID) };
    assert_eq!(other.hidden, [8, 8, 8]);
    assert_eq!(link::read(&link::write(&other)), (other, vec![]));
}
