//! What was measured along paths: runs of equally many samples, each with times, inputs and outputs. Read from a table by
//! [`super::csv::read_trajectories`].

/// One run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Track {
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
    pub tracks: Vec<Track>,
}

impl Trajectories {
    /// Samples of each run.
    pub fn samples(&self) -> usize {
        self.tracks.first().map_or(0, |track| track.time.len())
    }
}
