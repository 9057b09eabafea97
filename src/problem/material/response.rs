//! Fitted material as a function of its history.

use super::file::MaterialFile;
use super::model::{self, TrajectoryResponse};
use crate::data::trajectories::Trajectory;
use crate::loss::trajectories::TrajectoryModel;
use crate::model::model_file::ModelFileError;
use crate::model::pool::ValuePool;

/// Fitted material with memory: its response to a history of its inputs. Any number of threads can evaluate it.
pub struct Material {
    file: MaterialFile,
    params: Vec<f32>,
    models: ValuePool<Box<dyn TrajectoryModel<f32>>>,
}

impl std::fmt::Debug for Material {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.debug_struct("Material").field("file", &self.file).finish_non_exhaustive()
    }
}

impl Material {
    /// Reads the material in the text of a model file.
    ///
    /// # Errors
    /// A sentence if the text is no model file of a material.
    pub fn read(text: &str) -> Result<Self, ModelFileError> {
        let file = MaterialFile::read(text)?;
        let params = file.params(compile(&file).params())?;
        Ok(Self { file, params, models: ValuePool::default() })
    }

    /// Names of the inputs, then of the outputs.
    pub fn names(&self) -> (&[String], &[String]) {
        (&self.file.inputs, &self.file.outputs)
    }

    /// Response along trajectories with equal numbers of rows, whose outputs may be unknown: outputs, hidden states,
    /// responsibilities of the modes, and the energy dissipated at each step.
    ///
    /// # Panics
    /// If trajectories have different numbers of rows, or another number of inputs than the material.
    pub fn respond(&self, trajectories: &[Trajectory]) -> TrajectoryResponse {
        let inputs = self.file.inputs.len();
        for trajectory in trajectories {
            assert_eq!(trajectory.time.len(), trajectories[0].time.len(), "rows of trajectory {}", trajectory.name);
            assert_eq!(trajectory.inputs.len(), trajectory.time.len() * inputs, "inputs of trajectory {}", trajectory.name);
        }
        let answer = |model: &mut Box<dyn TrajectoryModel<f32>>| {
            model.set_theta(self.file.theta);
            model::answer(&mut **model, &self.params, &self.file.features, trajectories, true)
        };
        self.models.with(|_| true, || compile(&self.file), answer)
    }
}

fn compile(file: &MaterialFile) -> Box<dyn TrajectoryModel<f32>> {
    // The weights of the outputs affect training only.
    model::compile(file.dynamics, &file.features, &file.hidden, &vec![1.0; file.outputs.len()])
}
