//! A model file of any kind, read once: for front ends in other languages, which learn from the file what it is of.

use super::Learnable;
use crate::landscape::{Survey, survey_learnt};
use crate::model::Potential;
use crate::model::model_file::{LearntDomain, ModelFile, ModelFileError};
use crate::problem::Settings;
use crate::problem::density::Density;
use crate::problem::jobs::Kind;
use crate::problem::material::Material;

/// What a model file is of.
#[derive(Debug)]
pub enum Learnt {
    /// A potential, or a joint density.
    Potential(Potential),
    /// A density of one quantity.
    Density(Density),
    /// A material with memory.
    Material(Material),
}

/// A model file.
#[derive(Debug)]
pub struct AnyModel {
    /// What has been learnt.
    pub learnt: Learnt,
    /// Names of the inputs.
    pub inputs: Vec<String>,
    /// Names of the outputs; none of a density of one quantity.
    pub outputs: Vec<String>,
    /// `[low, high]` of each input: where it was learnt. Empty if the file does not say it.
    pub domain: Vec<[f64; 2]>,
    /// The smallest barrier of a well.
    pub threshold: f64,
    /// Minima that its data did not support as wells.
    pub unsupported: Vec<Vec<f64>>,
    /// The thermal energy of a joint density, whose potential has its unit; none of anything else.
    pub kt: Option<f64>,
}

impl AnyModel {
    /// Reads the text of a model file.
    ///
    /// # Errors
    /// If it is no model file.
    pub fn read(text: &str) -> Result<Self, ModelFileError> {
        let none = |learnt| Self {
            learnt,
            inputs: vec![],
            outputs: vec![],
            domain: vec![],
            threshold: 0.0,
            unsupported: vec![],
            kt: None,
        };
        match Kind::of_file(text) {
            Some(Kind::Density) => {
                let density = <Density as Learnable>::read(text)?;
                let (inputs, domain) = (vec![density.label().to_owned()], vec![density.domain()]);
                Ok(Self { inputs, domain, ..none(Learnt::Density(density)) })
            }
            Some(Kind::Material) => {
                let material = Material::read(text)?;
                let (inputs, outputs) = material.names();
                let (inputs, outputs) = (inputs.to_vec(), outputs.to_vec());
                Ok(Self { inputs, outputs, ..none(Learnt::Material(material)) })
            }
            _ => {
                let file = ModelFile::read(text)?;
                let potential = Potential::from_file(&file)?;
                let kt = file.settings.as_ref().and_then(Settings::from_kept).and_then(|own| own.free_energy_unit());
                let nowhere = LearntDomain { bounds: Vec::new(), threshold: 0.0, unsupported: Vec::new(), accuracy: None };
                let LearntDomain { bounds: domain, threshold, unsupported, .. } = file.domain.unwrap_or(nowhere);
                let (inputs, outputs) = (file.inputs, vec![file.target]);
                Ok(Self { inputs, outputs, domain, threshold, unsupported, kt, ..none(Learnt::Potential(potential)) })
            }
        }
    }

    /// `potential`, `joint`, `density` or `material`.
    pub fn kind(&self) -> &'static str {
        match (&self.learnt, self.kt) {
            (Learnt::Potential(_), None) => "potential",
            (Learnt::Potential(_), Some(_)) => "joint",
            (Learnt::Density(_), _) => "density",
            (Learnt::Material(_), _) => "material",
        }
    }

    /// The potential; none of a material, whose energy depends on hidden states.
    pub fn potential(&self) -> Option<&Potential> {
        match &self.learnt {
            Learnt::Potential(potential) => Some(potential),
            Learnt::Density(density) => Some(density.potential()),
            Learnt::Material(_) => None,
        }
    }

    /// Which inputs the potential is periodic in.
    pub fn periodic(&self) -> Vec<bool> {
        let given = self.potential().map(Potential::periodic).unwrap_or_default();
        if given.is_empty() { vec![false; self.inputs.len()] } else { given }
    }

    /// The logarithm of the normalisation constant; zero where the potential holds it already.
    pub fn log_z(&self) -> f64 {
        if let Learnt::Density(density) = &self.learnt { density.log_z() } else { 0.0 }
    }

    /// Minima, saddles and paths on the domain where it was learnt, of which a material has none; `None` if the file does not say where that was.
    pub fn landscape(&self) -> Option<Survey> {
        match &self.learnt {
            Learnt::Potential(_) if self.domain.is_empty() => None,
            Learnt::Potential(potential) => Some(survey_learnt(potential, &self.learnt_domain())),
            Learnt::Density(density) => Some(density.survey()),
            Learnt::Material(_) => Some(Survey::default()),
        }
    }

    fn learnt_domain(&self) -> LearntDomain {
        let Self { domain, threshold, unsupported, .. } = self;
        LearntDomain { bounds: domain.clone(), threshold: *threshold, unsupported: unsupported.clone(), accuracy: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::by_name;
    use std::time::Duration;

    #[test]
    fn a_density_of_samples_is_known_as_one_however_they_came() {
        let given = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        for (id, kind, kt) in [("drawn-samples", "joint", Some(1.0)), ("double-well", "potential", None)] {
            let mut training = by_name::benchmark(id, &given(&[("modes", "2"), ("epochs", "20")]), None).unwrap();
            while training.advance(Duration::from_millis(20)) {}
            let model = AnyModel::read(&training.model_text()).unwrap();
            assert_eq!((model.kind(), model.kt), (kind, kt), "{id}");
        }
    }
}
