//! Measured trajectories, each with times, inputs and outputs. [`super::csv::read_trajectories`] reads them from a table.

use ndarray::ArrayView1;

use super::{InvalidData, NOT_MEASURED, all_usable, spread_out};
use crate::text::shortened;

/// Measured trajectory.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trajectory {
    /// Name of the trajectory.
    pub name: String,
    /// Times, increasing.
    pub time: Vec<f64>,
    /// Inputs, `[samples, inputs]`.
    pub inputs: Vec<f64>,
    /// Outputs, `[samples, outputs]`.
    pub outputs: Vec<f64>,
}

/// Largest number of rows of trajectories of unequal length. Each trajectory counts as many rows as the longest, because training pads it
/// to that length.
const MAX_UNEVEN_ROWS: usize = 400_000;

/// Set of trajectories, whose numbers of samples may differ.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trajectories {
    /// Source of the data: the id of a benchmark or the name of a file.
    pub name: String,
    /// Names of the inputs.
    pub inputs: Vec<String>,
    /// Names of the outputs. The k-th output is work-conjugate to the k-th input. The last inputs may have none. A single input may have a second
    /// output, the transverse stress.
    pub outputs: Vec<String>,
    /// Trajectories with these inputs and outputs.
    pub trajectories: Vec<Trajectory>,
    /// Sentences on how the file was read.
    pub notes: Vec<String>,
}

/// Names of the measured outputs. Outputs called `-` belong to the last inputs and were not measured.
///
/// # Errors
/// If there is not one name for each input, or a second one beside a single input.
pub(super) fn measured_outputs<'a>(inputs: &[String], outputs: &'a [String]) -> Result<&'a [String], InvalidData> {
    let is_measured = |name: &String| name.trim() != NOT_MEASURED;
    let count = outputs.iter().take_while(|name| is_measured(name)).count();
    let is_even = outputs.len() == inputs.len() || (inputs.len(), outputs.len(), count) == (1, 2, 2);
    let measured = &outputs[..count];
    let refused = || {
        InvalidData(format!(
            "there are {} outputs for {} inputs; name one output for each input, in the same order, and - for those of the last inputs if \
             they were not measured (beside a single input a second output, across it, may stand)",
            outputs.len(),
            inputs.len()
        ))
    };
    (count > 0 && is_even && !outputs[count..].iter().any(is_measured)).then_some(measured).ok_or_else(refused)
}

impl Trajectories {
    /// Leaves out the names of outputs that were not measured, `-`. They belong to the last inputs.
    ///
    /// # Errors
    /// If there is not one name for each input, or a second one beside a single input.
    pub(crate) fn with_measured_outputs(self) -> Result<Self, InvalidData> {
        let outputs = measured_outputs(&self.inputs, &self.outputs)?.to_vec();
        Ok(Self { outputs, ..self })
    }

    /// Returns the trajectories if they can be used for a fit. There is at least one, each has at least three rows and increasing times,
    /// and no input or output is constant.
    ///
    /// # Errors
    /// One sentence on the first violation.
    ///
    /// # Panics
    /// If the numbers of inputs or outputs of a trajectory do not match the names.
    pub fn checked(self) -> Result<Self, InvalidData> {
        let Self { inputs, outputs, trajectories, .. } = &self;
        for trajectory in trajectories {
            let rows = trajectory.time.len();
            let expected = [rows * inputs.len(), rows * outputs.len()];
            let found = [trajectory.inputs.len(), trajectory.outputs.len()];
            assert_eq!(found, expected, "numbers of trajectory {}", trajectory.name);
        }
        let columns = [(inputs, false), (outputs, true)]
            .into_iter()
            .flat_map(|(names, out)| names.iter().enumerate().map(move |n| (n, out, names.len())));
        for ((k, name), is_output, count) in columns {
            let rows = trajectories.iter().flat_map(|t| if is_output { &t.outputs } else { &t.inputs }.chunks(count));
            let values: Vec<f64> = rows.map(|row| row[k]).collect();
            all_usable(&ArrayView1::from(&values), name, false)?;
            spread_out(values, name)?;
        }
        for Trajectory { name: run, time, .. } in trajectories {
            if time.len() < 3 {
                return Err(InvalidData::short(run, time.len()));
            }
            if !time.windows(2).all(|pair| pair[0] < pair[1]) {
                let run = shortened(run);
                return Err(InvalidData(format!("the time of run \"{run}\" does not increase; sort its rows by time")));
            }
        }
        let lengths = || trajectories.iter().map(|trajectory| trajectory.time.len());
        let none = || InvalidData("there is no run to learn from; give at least one".into());
        let (runs, longest) = (trajectories.len(), lengths().max().ok_or_else(none)?);
        if lengths().any(|length| length < longest) && runs.saturating_mul(longest) > MAX_UNEVEN_ROWS {
            return Err(InvalidData(format!(
                "the longest of {runs} runs has {longest} rows, and each run takes as much memory as the longest; cut it into several, \
                 or leave rows out"
            )));
        }
        Ok(self)
    }

    /// Number of samples of the first trajectory.
    pub fn samples(&self) -> usize {
        self.trajectories.first().map_or(0, |trajectory| trajectory.time.len())
    }
}
