//! Messages between page and worker.

use std::fmt::Debug;
use std::sync::LazyLock;

use arbitrary::Unstructured;
use multiwell::internal::controller::link;
use multiwell::internal::controller::protocol::{
    Bytes, ExportForm, Frame, RawTable, Reply, Request, Scene, UserTable, decode, encode,
};
use multiwell::internal::data::csv::Columns;
use multiwell::internal::dynamics::{Hysteresis, Path};
use multiwell::internal::landscape::{Pruned, Survey};
use multiwell::internal::problem::density::metrics::{DensityMetrics, FittedSets, FittedWell};
use multiwell::internal::problem::material::metrics::MaterialMetrics;
use multiwell::internal::problem::metrics::{Metrics, ProblemMetrics};
use multiwell::internal::problem::potential::{JointMetrics, PotentialMetrics};
use multiwell::internal::problem::proposal::Proposal;
use multiwell::internal::problem::view::{View, ViewState};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::is_sentence;
use crate::odd::damage;

static VALID_MESSAGES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let of = |link: &str| link::read(link).0;
    let columns = Columns { inputs: vec!["x".into()], ..Columns::default() };
    let table = UserTable { name: "t.csv".into(), text: "x,y\n1,2\n".into(), columns, ..UserTable::default() };
    let (model, drawing) = (Some("{}".into()), Some("AA__gAAA____".into()));
    let requests = [
        Request::Inspect(vec![("t.csv".into(), Bytes::from(b"x,y".to_vec()))]),
        Request::Start { run: 3, settings: of("benchmark=formula&formula=x"), table: Some(table), model, running: true },
        Request::Start { run: 300, settings: of("benchmark=schlogl"), table: None, model: None, running: false },
        Request::Redraw(drawing),
        Request::SelectSnapshot(Some(7)),
        Request::Change(of("benchmark=metamaterial")),
        Request::Forget(vec![1, 2, 70_000]),
        Request::Export(ExportForm { name: "tape-0".into(), hessian: true }),
        Request::Pruning { continues: true },
        Request::Prune(vec![1, 0]),
        Request::Reopen,
        Request::Drop { positions: vec![0.5, -1.0], temperature: 0.1, tilt: vec![0.2], seed: 7, frames: 30 },
        Request::Tilt { range: Some([-1.0, 1.0]), points: 100 },
        Request::ViewState(Some(ViewState::default())),
        Request::Visible(true),
        Request::LimitSpeed(Some(0.5)),
    ];
    let replies = [
        Reply::Inspected(Ok((RawTable { names: vec!["x".into()], ..RawTable::default() }, Proposal::default()))),
        Reply::Notes { run: 1, notes: vec!["One.".into(), String::new()] },
        Reply::Scene { run: 1, settings: of("benchmark=drawing"), scene: Scene::default() },
        Reply::Refused { run: 1, problems: of("modes=3").with("modes=0").err().into_iter().collect() },
        Reply::Survey { run: 1, epoch: 2, survey: Box::<Survey>::default() },
        Reply::Pruning { run: 1, epoch: 2, steps: vec![Pruned::default(); 2] },
        Reply::Path { run: 1, path: Path::default() },
        Reply::Hysteresis { run: 1, hysteresis: Hysteresis::default() },
        Reply::View { run: 1, view: Box::<View>::default() },
    ];
    let frames = metrics_of_every_kind().map(|own| {
        let metrics = Metrics { own, ..Metrics::default() };
        Reply::Frame { run: 1, frame: Box::new(Frame { metrics, ..Frame::default() }) }
    });
    requests.iter().map(written).chain(replies.iter().chain(&frames).map(written)).collect()
});

/// Metrics of every kind of fit, with empty optional fields. A message with a missing field could not be read.
fn metrics_of_every_kind() -> [ProblemMetrics; 4] {
    let density = PotentialMetrics { density: Some(JointMetrics::default()), ..PotentialMetrics::default() };
    let modes = vec![vec![FittedWell::default()]];
    let sets = FittedSets { wells: modes, ..FittedSets::default() };
    [
        ProblemMetrics::default(),
        ProblemMetrics::Potential(density, Some(Box::default())),
        ProblemMetrics::Density(DensityMetrics { sets, ..DensityMetrics::default() }),
        ProblemMetrics::Material(MaterialMetrics::default()),
    ]
}

/// Encodes a message, and checks that it can be decoded.
fn written<M: Serialize + DeserializeOwned>(message: &M) -> Vec<u8> {
    let bytes = encode(message).expect("messages can be written");
    decode::<M>(&bytes).expect("messages can be read");
    bytes
}

/// Reads bytes as a message. The message is written and read again without a change.
fn read<M: Serialize + DeserializeOwned + Debug>(bytes: &[u8]) {
    match decode::<M>(bytes) {
        Err(sentence) => is_sentence(&sentence),
        Ok(message) => {
            let written = encode(&message).expect("messages can be written");
            let again = decode::<M>(&written).expect("what is written can be read");
            assert!(encode(&again).as_ref() == Ok(&written), "{message:?}");
        }
    }
}

/// Reads bytes, or a damaged message, as every kind of message.
pub fn check(input: &[u8]) {
    let bytes = match input.split_first() {
        Some((first, rest)) if first & 1 == 1 => {
            let mut u = Unstructured::new(rest);
            let mut bytes = u.choose(&VALID_MESSAGES).cloned().unwrap_or_default();
            let _ = damage(&mut u, &mut bytes);
            bytes
        }
        Some((_, rest)) => rest.to_vec(),
        None => Vec::new(),
    };
    read::<Request>(&bytes);
    read::<Reply>(&bytes);
}
