//! Stored fits of the program: a trained model with play, and the results of the three dynamics.
//! `cargo test --release --test it pretrained:: -- --ignored` trains them again and writes the file.
//!
//! The file is small because each array consists of 16-bit integers and one unit.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::features::Features;
use super::model::{self, LAST_THETA, TrajectoryResponse};
use super::run::MetamaterialRun;
use super::settings::Dynamics;
use super::task::MetamaterialSettings;
use crate::data::trajectories::Trajectory;
use crate::dynamics::metamaterial::{LoadPath, MaterialConstants, TriangularLoad};
use crate::loss::Loss;
use crate::loss::trajectories::TrajectoryModel;
use crate::model::Param;

/// Content of the file.
const FILE_BYTES: &[u8] = include_bytes!("pretrained.bin");

/// Errors of a fit on held-out trajectories, and its response along one of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PretrainedErrors {
    /// Dynamics of the fit.
    pub dynamics: Dynamics,
    /// `r2_s11, rmse_s11, rmse near transitions, sharpness, violations, steps, least dissipation, parameters, steps of training,
    /// milliseconds each`.
    pub numbers: [f64; 10],
    /// S11 along the path.
    #[serde(serialize_with = "quantize", deserialize_with = "restore")]
    pub stress: Vec<f64>,
    /// Energy dissipated at each step of the path.
    #[serde(serialize_with = "quantize", deserialize_with = "restore")]
    pub dissipation: Vec<f64>,
}

/// Stored model and results.
pub struct Pretrained {
    features: Features,
    params: Vec<f32>,
    model: Box<dyn TrajectoryModel<f32>>,
    /// Results of the three dynamics.
    pub records: Vec<PretrainedErrors>,
    /// Path of the results.
    pub path: LoadPath,
}

impl Pretrained {
    /// Unpacks the pretrained model; `None` if the program was built without it.
    pub fn open() -> Option<Self> {
        unpack(FILE_BYTES)
    }

    /// Response of the model along runs of the benchmark.
    pub fn answer(&mut self, trajectories: &[Trajectory]) -> TrajectoryResponse {
        model::answer(&mut *self.model, &self.params, &self.features, trajectories, false)
    }
}

fn hidden() -> Vec<usize> {
    MetamaterialSettings::from_dynamics(Dynamics::Play, false).hidden
}

/// Values as 16-bit integers, low byte first, in a common unit.
#[derive(Serialize, Deserialize)]
struct QuantizedValues {
    unit: f32,
    values: Vec<[u8; 2]>,
}

impl QuantizedValues {
    fn new(values: &[f64]) -> Self {
        let unit = values.iter().fold(1e-30_f64, |most, v| most.max(v.abs())) / f64::from(i16::MAX);
        Self { unit: unit as f32, values: values.iter().map(|v| ((v / unit).round() as i16).to_le_bytes()).collect() }
    }

    fn numbers(&self) -> impl Iterator<Item = f64> {
        self.values.iter().map(|&bytes| f64::from(i16::from_le_bytes(bytes)) * f64::from(self.unit))
    }
}

fn quantize<S: Serializer>(values: &[f64], serializer: S) -> Result<S::Ok, S::Error> {
    QuantizedValues::new(values).serialize(serializer)
}

fn restore<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<f64>, D::Error> {
    QuantizedValues::deserialize(deserializer).map(|values| values.numbers().collect())
}

/// Content of the file.
#[derive(Serialize, Deserialize)]
struct PretrainedFile {
    features: Features,
    /// Load of the path of the results.
    load: TriangularLoad,
    params: Vec<QuantizedValues>,
    records: Vec<PretrainedErrors>,
}

/// Packs a trained run with play, results, and the load of their path.
pub fn pack(run: &MetamaterialRun, records: Vec<PretrainedErrors>, load: TriangularLoad) -> Vec<u8> {
    let values = |param: &Param| run.trainer.params()[param.range()].iter().map(|&p| f64::from(p)).collect::<Vec<_>>();
    let params = run.loss.params().iter().map(|param| QuantizedValues::new(&values(param))).collect();
    let file = PretrainedFile { features: run.features.clone(), load, params, records };
    postcard::to_allocvec(&file).expect("a vector takes what is written")
}

/// Unpacks the bytes of [`pack`].
fn unpack(bytes: &[u8]) -> Option<Pretrained> {
    let PretrainedFile { features, load, params, records } = postcard::from_bytes(bytes).ok()?;
    let mut model = model::compile(Dynamics::Play, &features, &hidden(), &[1.0, 2.0]);
    model.set_theta(LAST_THETA);
    let params = params.iter().flat_map(QuantizedValues::numbers).map(|v| v as f32).collect();
    let path = MaterialConstants::default().follow(&load.strains(), None);
    Some(Pretrained { features, params, model, records, path })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pretrained_material_matches_its_record() {
        let mut pretrained = Pretrained::open().expect("it is there");
        let run = MetamaterialRun::new(MetamaterialSettings::from_dynamics(Dynamics::Play, false));
        let answer = pretrained.answer(run.held_out());
        let report = run.metrics_of(&answer);
        assert!(report.own.r2_s11 > 0.9999 && report.own.r2_s22.unwrap() > 0.9999, "{report:?}");
        assert_eq!(report.own.dissipation_violations, 0);
        let apart = |(a, b): (&f64, &f64)| (a - b).abs();
        let off = pretrained.path.strain.iter().zip(&run.truth()[0].strain).map(apart).fold(0.0, f64::max);
        assert!(off < 1e-6, "the records are along another path: {off}");
        let play = &pretrained.records[2];
        assert!((play.numbers[0] - report.own.r2_s11).abs() < 1e-5, "{} against {}", play.numbers[0], report.own.r2_s11);
        let largest = answer.stress.iter().step_by(2).zip(&play.stress).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(largest < 1e-3, "{largest}");
        let [node, onsager, _] = [0, 1, 2].map(|k| pretrained.records[k].numbers);
        assert!(node[0] > 0.999 && onsager[0] > 0.999 && node[4] > 0.0 && onsager[4] == 0.0);
    }

    #[test]
    fn truncated_file_is_not_unpacked() {
        assert!(unpack(&[]).is_none() && unpack(&FILE_BYTES[..FILE_BYTES.len() - 1]).is_none());
    }
}
