//! Tests that run in a page and in a worker.

use multiwell::internal::controller::protocol::{Frame, FrameLayout, Reply, Request, Scene, Status, UserTable, decode, encode};
use multiwell::internal::data::csv::Columns;
use multiwell::internal::landscape::{CriticalPoint, Minimum};
use multiwell::internal::problem::metrics::{Metrics, ProblemMetrics};
use multiwell::internal::problem::potential::PotentialMetrics;
use multiwell::internal::problem::{InvalidSetting, Settings};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The build has SIMD lanes. Without them everything would work, but slowly.
pub fn simd_is_on() {
    let lanes = if cfg!(target_feature = "simd128") { 4 } else { 1 };
    assert_eq!(lanes, 4, "built without 128-bit lanes: RUSTFLAGS replaces the flags in .cargo/config.toml");
}

/// Converts a value to JavaScript and back.
fn there_and_back<T: Serialize + DeserializeOwned>(value: &T) -> T {
    let sent = js_sys::Uint8Array::from(encode(value).expect("it can be sent").as_slice());
    decode(&sent.to_vec()).expect("it can be read")
}

/// Requests of the page arrive unchanged.
pub fn requests_arrive_unchanged() {
    let settings = {
        let mut s = Settings::default();
        s.training.hidden = vec![3, 200, 1];
        s.training.epsilon = 0.1 + 0.2;
        s.training.lr = 5e-324;
        s.training.stop_loss = Some(1e-9);
        s.training.seed = 9_007_199_254_740_991;
        s.training.epochs = 1_000_000_000;
        s
    };
    let columns = Columns { inputs: vec!["x".into()], target: Some("y".into()), ..Columns::default() };
    let table = UserTable { name: "ä.csv".into(), text: "x,y\n1,2\n".into(), columns, held: 0 };
    let start = |table, model| Request::Start { run: u32::MAX, settings: settings.clone(), table, model, running: true };
    for request in [
        start(Some(table), None),
        start(None, Some("{\"version\": 1}".into())),
        Request::Go,
        Request::Pause,
        Request::Step,
        Request::Change { settings: Settings::default() },
        Request::Recall { run: 7 },
        Request::Forget { runs: vec![1, 2] },
        Request::Save { is_kept: true },
        Request::Export { form: "c".into(), hessian: true },
        Request::History,
        Request::Visible { visible: false },
        Request::Panic,
    ] {
        assert_eq!(there_and_back(&request), request);
    }
}

/// Answers of the worker arrive unchanged, including integers and numbers that are not finite.
pub fn replies_arrive_unchanged() {
    let minima = vec![Minimum { x: vec![1.0, -0.5], ..Minimum::default() }];
    let own = PotentialMetrics {
        loss: f64::INFINITY,
        rho: 2.0,
        gates: vec![0.5, 1.0],
        minima: minima.clone(),
        ..PotentialMetrics::default()
    };
    let metrics = Metrics { finite: true, own: ProblemMetrics::Potential(own, None), ..Metrics::default() };
    let layout = FrameLayout { points: 400, modes: 64, history: 1000 };
    let status = Status::Diverged { sentence: "…".into() };
    let frame = Frame { status, metrics, largest_responsibilities: vec![1.0], layout, altered: true, ..Frame::default() };
    let saddles = vec![CriticalPoint::default()];
    let scene = Scene { names: vec!["x".into(), "Ψ".into()], domain: [-3.0, 3.0], minima, saddles, ..Scene::default() };
    for reply in [
        Reply::Ready,
        Reply::Scene { run: 1, settings: Settings::default(), scene },
        Reply::Frame { run: 2, frame: Box::new(frame) },
        Reply::Refused { run: 3, problems: vec![InvalidSetting::new("modes", "…")] },
        Reply::Model { run: 1, json: "{}".into(), is_kept: true },
        Reply::Export { json: "{}".into(), form: "c".into(), hessian: true },
        Reply::History { csv: "epoch\n".into() },
    ] {
        assert_eq!(there_and_back(&reply), reply);
    }
}
