//! Settings by name in links and on the command line, and in words where people see labels.

use super::InvalidSetting;

/// What a setting is, as the subject of a sentence.
fn noun(name: &str) -> Option<&'static str> {
    Some(match name {
        "modes" => "the number of modes",
        "hidden" => "the list of hidden layers",
        "epsilon" => "the sparsity ε",
        "lr" => "the network's learning rate",
        "gate-lr" => "the learning rate of gates and ρ",
        "epochs" => "the last epoch",
        "stop-loss" => "the loss to stop at",
        "seed" => "the seed of the weights",
        "samples" => "the number of samples",
        "noise" => "the noise",
        "data-seed" => "the seed of the data",
        "target-seed" => "the seed of the target",
        "value-weight" => "the weight of the values",
        "b" => "the coupling b",
        "c1" => "the rate c₁",
        "c2" => "the rate c₂",
        "c3" => "the rate c₃",
        "c4" => "the rate c₄",
        "decay" => "the decay",
        "amplitude" => "the amplitude of the loads",
        "period" => "the period of the loads",
        "batch" => "the batch",
        "kl" => "the weight of the Kullback-Leibler distance",
        "schedule" => "the schedule",
        "recipe" => "the recipe",
        "scaling" => "the scaling",
        "sampling" => "the choice of points",
        "target-kind" => "the kind of target",
        "skip" => "the skip",
        "symmetry" => "the symmetry",
        "dynamics" => "the dynamics",
        "fixed-phase" => "the choice whether the phase is fixed",
        "structural" => "the choice whether the potential sees the first input",
        "start" => "the start of the fits",
        "pooling" => "the pooling",
        _ => return None,
    })
}

impl InvalidSetting {
    /// The sentence with the setting in words in place of its name, for where people see labels: `lr must be a number ...` is that the
    /// network's learning rate must be one.
    pub fn in_words(&self) -> String {
        let rest = self.sentence.strip_prefix(&self.field).filter(|rest| rest.starts_with(' '));
        match (noun(&self.field), rest) {
            (Some(noun), Some(rest)) => format!("{noun}{rest}"),
            _ => self.sentence.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{FIELDS, PICKS, Settings};
    use super::*;
    use crate::problem::settings::form::put;

    #[test]
    fn sentences_for_people_name_no_setting_by_its_name_in_links() {
        let names = FIELDS.iter().map(|f| f.name).chain(PICKS.iter().map(|p| p.name)).chain(["hidden"]);
        for name in names {
            let problem = put(&mut Settings::default(), name, "nonsense").expect_err("refused");
            let words = problem.in_words();
            assert!(words.starts_with("the ") && words.contains(" must "), "{words}");
            assert!(problem.sentence.starts_with(name), "who types a name is answered by it: {}", problem.sentence);
        }
        let problem = InvalidSetting::new("lr", "lr must be a number from 0 to 10000, not inf");
        assert_eq!(problem.in_words(), "the network's learning rate must be a number from 0 to 10000, not inf");
        assert_eq!(InvalidSetting::new("c1", "with these rates X grows").in_words(), "with these rates X grows");
    }
}
