//! Stored fits of the program: a trained model with play, and the results of the three dynamics.
//! `cargo test --release --test it pretrained:: -- --ignored` trains them again and writes the file.
//!
//! The file is small because each array consists of 16-bit integers and one unit.

use super::features::Features;
use super::model::{self, LAST_THETA, TrajectoryResponse};
use super::run::MetamaterialRun;
use super::settings::Dynamics;
use super::task::MetamaterialSettings;
use crate::data::trajectories::Trajectory;
use crate::dynamics::metamaterial::{LoadPath, MaterialConstants, TriangularLoad};
use crate::loss::Loss;
use crate::loss::trajectories::TrajectoryModel;
use crate::numerics::linear::widen;

const FILE_BYTES: &[u8] = include_bytes!("pretrained.bin");
/// Number of entries of [`PretrainedErrors::numbers`].
const RECORD_NUMBERS: usize = 10;

/// Errors of a fit on held-out trajectories, and its response along one of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PretrainedErrors {
    /// Dynamics of the fit.
    pub dynamics: Dynamics,
    /// `r2_s11, rmse_s11, rmse near transitions, sharpness, violations, steps, least dissipation, parameters, steps of training,
    /// milliseconds each`.
    pub numbers: [f64; RECORD_NUMBERS],
    /// S11 along the path.
    pub stress: Vec<f64>,
    /// Energy dissipated at each step of the path.
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

fn append(bytes: &mut Vec<u8>, value: f64) {
    bytes.extend((value as f32).to_le_bytes());
}

/// Writes values as 16-bit integers in a common unit.
fn write_values(bytes: &mut Vec<u8>, values: &[f64]) {
    let unit = values.iter().fold(1e-30_f64, |most, v| most.max(v.abs())) / f64::from(i16::MAX);
    append(bytes, unit);
    bytes.extend(values.iter().flat_map(|v| ((v / unit).round() as i16).to_le_bytes()));
}

/// Packs a trained run with play, results, and the load of their path.
pub fn pack(run: &MetamaterialRun, records: &[PretrainedErrors], load: &TriangularLoad) -> Vec<u8> {
    let Features { strain, rate, energy, .. } = &run.features;
    let mut bytes = Vec::new();
    for value in [strain[0], rate[0], *energy, load.amplitude, load.period, load.sign] {
        append(&mut bytes, value);
    }
    for param in run.loss.params().iter() {
        write_values(&mut bytes, &widen(&run.trainer.params()[param.range()]));
    }
    for record in records {
        record.numbers.iter().for_each(|&number| append(&mut bytes, number));
        write_values(&mut bytes, &record.stress);
        write_values(&mut bytes, &record.dissipation);
    }
    bytes
}

/// Reader of bytes from the front.
struct ByteReader<'a>(&'a [u8]);

impl ByteReader<'_> {
    fn number(&mut self) -> Option<f64> {
        let (head, rest) = self.0.split_first_chunk::<4>()?;
        self.0 = rest;
        Some(f64::from(f32::from_le_bytes(*head)))
    }

    fn many(&mut self, len: usize) -> Option<Vec<f64>> {
        let unit = self.number()?;
        let (head, rest) = self.0.split_at_checked(2 * len)?;
        self.0 = rest;
        Some(head.chunks_exact(2).map(|b| f64::from(i16::from_le_bytes([b[0], b[1]])) * unit).collect())
    }
}

/// Unpacks the bytes of [`pack`].
fn unpack(bytes: &[u8]) -> Option<Pretrained> {
    let mut rest = ByteReader(bytes);
    let mut number = [0.0; 6];
    for value in &mut number {
        *value = rest.number()?;
    }
    let [strain, rate, energy, amplitude, period, sign] = number;
    let features = Features {
        structural: false,
        play: true,
        origin: vec![0.0],
        strain: vec![strain],
        rate: vec![rate],
        energy,
        outputs: 2,
        duration: 1.0,
    };
    let mut model = model::compile(Dynamics::Play, &features, &hidden(), &[1.0, 2.0]);
    model.set_theta(LAST_THETA);
    let mut params = Vec::new();
    for param in model.params().iter() {
        params.extend(rest.many(param.len())?.iter().map(|&v| v as f32));
    }
    let path = MaterialConstants::default().follow(&TriangularLoad { amplitude, period, sign }.strains(), None);
    let mut records = Vec::new();
    for dynamics in [Dynamics::Node, Dynamics::Onsager, Dynamics::Play] {
        let mut record = PretrainedErrors { dynamics, ..PretrainedErrors::default() };
        for value in &mut record.numbers {
            *value = rest.number()?;
        }
        record.stress = rest.many(path.strain.len())?;
        record.dissipation = rest.many(path.strain.len() - 1)?;
        records.push(record);
    }
    Some(Pretrained { features, params, model, records, path })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pretrained_material_matches_its_record() {
        let mut pretrained = Pretrained::open().expect("it is there");
        let run = MetamaterialRun::new(MetamaterialSettings::from_dynamics(Dynamics::Play, false));
        let answer = pretrained.answer(&run.held_out);
        let report = run.metrics_of(&answer);
        assert!(report.own.r2_s11 > 0.9999 && report.own.r2_s22.unwrap() > 0.9999, "{report:?}");
        assert_eq!(report.own.dissipation_violations, 0);
        let apart = |(a, b): (&f64, &f64)| (a - b).abs();
        let off = pretrained.path.strain.iter().zip(&run.truth[0].strain).map(apart).fold(0.0, f64::max);
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
