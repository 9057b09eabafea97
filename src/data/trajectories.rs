//! What was measured along paths: runs of equally many samples, each with times, inputs and outputs. Read from a table by
//! [`super::csv::read_trajectories`].

use ndarray::ArrayView1;

use super::{InvalidData, all_usable, spread_out};

/// One run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trajectory {
    /// What it is called.
    pub name: String,
    /// Times, increasing.
    pub time: Vec<f64>,
    /// `[samples, inputs]`.
    pub inputs: Vec<f64>,
    /// `[samples, outputs]`.
    pub outputs: Vec<f64>,
}

/// Several runs, all of the same number of samples.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trajectories {
    /// Where they come from: a benchmark's id or a file's name.
    pub name: String,
    /// Names of the inputs.
    pub inputs: Vec<String>,
    /// Names of the outputs: the k-th is what does work on the k-th input; with one input there may be a second, across it.
    pub outputs: Vec<String>,
    /// The runs.
    pub trajectories: Vec<Trajectory>,
}

impl Trajectories {
    /// These trajectories, if something can be learnt from them: at least two, each with as many rows, three or more, in the order of their
    /// times, and no input or output that is the same throughout.
    ///
    /// # Errors
    /// One sentence on the first thing that is wrong.
    ///
    /// # Panics
    /// If a trajectory has another number of inputs or outputs a row than there are names.
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
        let first = trajectories.first().ok_or(InvalidData::OneTrajectory)?;
        let (first, expected) = (first.name.clone(), first.time.len());
        for Trajectory { name: run, time, .. } in trajectories {
            if time.len() != expected {
                return Err(InvalidData::Uneven { run: run.clone(), samples: time.len(), first, expected });
            }
            if !time.windows(2).all(|pair| pair[0] < pair[1]) {
                return Err(InvalidData::Unsorted { run: run.clone() });
            }
        }
        match (expected, trajectories.len()) {
            (0..3, _) => Err(InvalidData::Short { run: first, samples: expected }),
            (_, 1) => Err(InvalidData::OneTrajectory),
            _ => Ok(self),
        }
    }

    /// Samples of each run.
    pub fn samples(&self) -> usize {
        self.trajectories.first().map_or(0, |trajectory| trajectory.time.len())
    }
}
