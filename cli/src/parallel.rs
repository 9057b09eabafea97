//! Many runs at once, each on one thread from beginning to end.

use multiwell::model::model_file::ModelFile;
use multiwell::problem::{InvalidSetting, Run, Settings, Source};
use rayon::prelude::*;

/// Makes a run of each element of `settings` and passes it with its index to `train`, on as many threads as rayon has. The values that `train`
/// returns keep the order of `settings`, and each run gives the same bits as it gives alone.
///
/// # Errors
/// What is wrong with the first settings that cannot be used; in that case nothing has been trained.
pub fn in_parallel<R: Send>(
    settings: &[Settings],
    source: &Source,
    start: Option<&ModelFile>,
    train: impl Fn(usize, &mut Run) -> R + Sync,
) -> Result<Vec<R>, Vec<InvalidSetting>> {
    settings.iter().try_for_each(Settings::check)?;
    let one =
        |(k, settings): (usize, &Settings)| Run::new(settings.clone(), source.clone(), start).map(|mut run| train(k, &mut run));
    // One run at a time is taken from the list, so that long and short ones are spread evenly.
    settings.par_iter().enumerate().with_max_len(1).map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use multiwell::problem::settings::Recipe;

    fn small(seed: u64) -> Settings {
        Settings::of(Recipe::Paper).with(&format!("modes=3&hidden=4&samples=30&epochs=60&seed={seed}")).unwrap()
    }

    fn trained(run: &mut Run) -> Vec<f64> {
        run.advance(u64::MAX);
        run.params()
    }

    #[test]
    fn runs_have_the_same_bits_in_parallel_as_alone() {
        let settings: Vec<Settings> = (0..7).map(small).collect();
        let together = in_parallel(&settings, &Source::Benchmark, None, |_, run| trained(run)).unwrap();
        let alone = |settings| trained(&mut Run::new(settings, Source::Benchmark, None).unwrap());
        assert_eq!(together, settings.into_iter().map(alone).collect::<Vec<_>>());
        let mut unusable = small(1);
        unusable.training.modes = 0;
        let wrong = [small(0), unusable];
        assert_eq!(in_parallel(&wrong, &Source::Benchmark, None, |_, _| ()).unwrap_err()[0].field, "modes");
    }
}
