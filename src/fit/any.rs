//! Model files of any kind, for front ends in other languages, which determine the kind of model from the file.

use super::Learnable;
use crate::landscape::{Survey, survey_learnt};
use crate::model::Potential;
use crate::model::model_file::{LearntDomain, ModelFile, ModelFileError};
use crate::problem::Settings;
use crate::problem::density::Density;
use crate::problem::jobs::ModelKind;
use crate::problem::material::Material;

/// Fitted model of any kind.
#[derive(Debug)]
pub enum LearntModel {
    /// Potential, or joint density.
    Potential(Potential),
    /// Density of one quantity.
    Density(Density),
    /// Material with memory.
    Material(Material),
}

/// Contents of a model file.
#[derive(Debug)]
pub struct AnyModel {
    /// Fitted model.
    pub learnt: LearntModel,
    /// Names of the inputs.
    pub inputs: Vec<String>,
    /// Names of the outputs; empty for a density of one quantity.
    pub outputs: Vec<String>,
    /// Domain of the training data; its bounds are empty if the file does not contain them.
    pub domain: LearntDomain,
    /// Thermal energy of a joint density, whose potential is in units of energy; `None` for other models.
    pub kt: Option<f64>,
}

impl AnyModel {
    /// Reads the text of a model file.
    ///
    /// # Errors
    /// If it is not a model file.
    pub fn read(text: &str) -> Result<Self, ModelFileError> {
        let none = |learnt| Self { learnt, inputs: vec![], outputs: vec![], domain: LearntDomain::default(), kt: None };
        match ModelKind::of_file(text) {
            Some(ModelKind::Density) => {
                let density = <Density as Learnable>::read(text)?;
                let domain = LearntDomain { bounds: vec![density.domain()], ..LearntDomain::default() };
                let inputs = vec![density.label().to_owned()];
                Ok(Self { inputs, domain, ..none(LearntModel::Density(density)) })
            }
            Some(ModelKind::Material) => {
                let material = Material::read(text)?;
                let (inputs, outputs) = material.names();
                let (inputs, outputs) = (inputs.to_vec(), outputs.to_vec());
                Ok(Self { inputs, outputs, ..none(LearntModel::Material(material)) })
            }
            _ => {
                let file = ModelFile::read(text)?;
                let potential = Potential::from_file(&file)?;
                let kt = file.settings.as_ref().and_then(Settings::from_kept).and_then(|own| own.free_energy_unit());
                let (inputs, outputs, domain) = (file.inputs, vec![file.target], file.domain.unwrap_or_default());
                Ok(Self { inputs, outputs, domain, kt, ..none(LearntModel::Potential(potential)) })
            }
        }
    }

    /// `potential`, `joint`, `density` or `material`.
    pub fn kind(&self) -> &'static str {
        match (&self.learnt, self.kt) {
            (LearntModel::Potential(_), None) => "potential",
            (LearntModel::Potential(_), Some(_)) => "joint",
            (LearntModel::Density(_), _) => "density",
            (LearntModel::Material(_), _) => "material",
        }
    }

    /// Potential; `None` for a material, whose energy depends on hidden states.
    pub fn potential(&self) -> Option<&Potential> {
        match &self.learnt {
            LearntModel::Potential(potential) => Some(potential),
            LearntModel::Density(density) => Some(density.potential()),
            LearntModel::Material(_) => None,
        }
    }

    /// Periodicity of the potential in each input.
    pub fn periodic(&self) -> Vec<bool> {
        let given = self.potential().map(Potential::periodic).unwrap_or_default();
        if given.is_empty() { vec![false; self.inputs.len()] } else { given }
    }

    /// Logarithm of the normalization constant; zero if the potential includes it.
    pub fn log_z(&self) -> f64 {
        if let LearntModel::Density(density) = &self.learnt { density.log_z() } else { 0.0 }
    }

    /// Minima, saddles and paths on the domain of the training data; a material has none. Returns `None` if the file does not contain the domain.
    pub fn landscape(&self) -> Option<Survey> {
        match &self.learnt {
            LearntModel::Potential(_) if self.domain.bounds.is_empty() => None,
            LearntModel::Potential(potential) => Some(survey_learnt(potential, &self.domain)),
            LearntModel::Density(density) => Some(density.survey()),
            LearntModel::Material(_) => Some(Survey::default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::by_name;
    use std::time::Duration;

    #[test]
    fn density_of_drawn_samples_is_read_as_density() {
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
