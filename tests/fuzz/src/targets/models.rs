//! Model files of every kind, with random changes in their JSON.

use std::sync::LazyLock;

use arbitrary::{Result, Unstructured};
use multiwell::Density;
use multiwell::internal::data::trajectories::Trajectory;
use multiwell::internal::fit::any::{AnyModel, LearntModel};
use multiwell::internal::model::model_file::ModelFile;
use multiwell::internal::problem::job::FitInputs;
use multiwell::internal::problem::jobs::{self, ModelKind};
use multiwell::internal::problem::material::file::MaterialFile;
use multiwell::internal::problem::settings::Recipe;
use multiwell::internal::problem::{Settings, benchmarks};
use serde_json::{Value, json};

use crate::is_sentence;
use crate::odd::{one, raw_or_built, sometimes_damaged, text, word};

/// One in this number of inputs is opened as a job, which is slow.
const INPUTS_PER_OPENED_MODEL: usize = 16;

/// A model file of each kind.
static MODEL_DOCUMENTS: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let texts = [
        include_str!("../../../../cli/tests/golden/data/potential.json"),
        include_str!("../../../../cli/tests/golden/data/gradient.json"),
        include_str!("../../documents/periodic.json"),
        include_str!("../../documents/joint.json"),
        include_str!("../../../../cli/tests/golden/data/density.json"),
        include_str!("../../../../cli/tests/golden/data/schlogl.json"),
        include_str!("../../../data/density_v1.json"),
        include_str!("../../../../cli/tests/golden/data/material.json"),
        include_str!("../../../../cli/tests/golden/data/spring.json"),
        include_str!("../../../../cli/tests/golden/data/node.json"),
    ];
    texts.map(|text| serde_json::from_str(text).expect("these are model files")).to_vec()
});

/// Paths of all values in a document, parents before children.
fn pointers(value: &Value, here: &str, all: &mut Vec<String>) {
    all.push(here.to_owned());
    match value {
        Value::Array(items) => items.iter().enumerate().for_each(|(k, item)| pointers(item, &format!("{here}/{k}"), all)),
        Value::Object(map) => map.iter().for_each(|(name, item)| {
            let name = name.replace('~', "~0").replace('/', "~1");
            pointers(item, &format!("{here}/{name}"), all);
        }),
        _ => {}
    }
}

/// A value that is invalid or rare in a model file.
fn odd(u: &mut Unstructured) -> Result<Value> {
    const ODD_INTEGERS: [u64; 12] = [0, 1, 2, 3, 8, 64, 65, 256, 257, 1_000_000_000, 9_007_199_254_740_993, u64::MAX];
    const ODD_REALS: [f64; 12] = [0.0, -0.0, -1.0, 0.5, 1e-320, 1e-300, 1e-30, 1e30, 1e38, 1e39, 1e308, -1e308];
    Ok(match u.int_in_range(0..=9)? {
        0 => Value::Null,
        1 => json!(u.arbitrary::<bool>()?),
        2 | 3 => json!(*u.choose(&ODD_INTEGERS)?),
        4 | 5 => json!(*u.choose(&ODD_REALS)?),
        6 => json!(word(u, "words in model files")?),
        7 => json!(text(u, 60)?),
        8 => json!([]),
        _ => json!({}),
    })
}

/// A document with random changes.
fn document(u: &mut Unstructured) -> Result<Vec<u8>> {
    let mut value = u.choose(&MODEL_DOCUMENTS)?.clone();
    for _ in 0..u.int_in_range(0..=3)? {
        let mut all = Vec::new();
        pointers(&value, "", &mut all);
        let place = u.choose(&all)?.clone();
        let other = value.pointer(u.choose(&all)?).cloned();
        let change = u.int_in_range(0..=7)?;
        let new = odd(u)?;
        let Some(at) = value.pointer_mut(&place) else { continue };
        match (change, at) {
            (0 | 1, at) => *at = new,
            (2, at) => *at = other.unwrap_or_default(),
            (3, Value::Array(items)) => {
                items.pop();
            }
            (4, Value::Array(items)) => items.push(items.last().cloned().unwrap_or(new)),
            (3, Value::Object(map)) => {
                let names: Vec<String> = map.keys().cloned().collect();
                if !names.is_empty() {
                    map.remove(u.choose(&names)?);
                }
            }
            (4, Value::Object(map)) => {
                map.insert(one(u, &["settings", "domain", "D", "V9", "M", "kT", "unit", "x"])?.into(), new);
            }
            (_, Value::Number(number)) => {
                let factor = *u.choose(&[-1.0, 0.0, 1e-300, 1e-20, 2.0, 1e3, 1e30, 1e300])?;
                *number = serde_json::Number::from_f64(number.as_f64().unwrap_or(0.0) * factor).unwrap_or_else(|| 7.into());
            }
            (_, at) => *at = new,
        }
    }
    sometimes_damaged(u, value.to_string(), 4)
}

/// Evaluates a model inside and outside its domain.
fn use_it(model: &AnyModel) {
    assert!(!model.inputs.is_empty());
    if let Some(potential) = model.potential() {
        let inputs = potential.inputs();
        let middle: Vec<f64> =
            (0..inputs).map(|k| model.domain.bounds.get(k).map_or(0.3, |[low, high]| 0.5 * low + 0.5 * high)).collect();
        for x in [middle, vec![0.0; inputs], vec![-1e6; inputs]] {
            potential.value(&x);
            assert!(potential.gradient(&x).len() == inputs && potential.hessian(&x).len() == inputs * inputs);
            assert!(potential.responsibilities(&x).len() == potential.modes());
        }
        assert!(model.periodic().len() == inputs);
    }
    if let LearntModel::Material(material) = &model.learnt {
        let inputs = model.inputs.len();
        let time: Vec<f64> = vec![0.0, 0.25, 1.0];
        let values = (0..3 * inputs).map(|k| 0.01 * k as f64).collect();
        material.respond(&[Trajectory { name: "a".into(), time, inputs: values, outputs: vec![0.0; 3 * model.outputs.len()] }]);
    }
    model.log_z();
}

/// Reads a text as a model file.
pub fn check(input: &[u8]) {
    let bytes = raw_or_built(input, document);
    let text = String::from_utf8_lossy(&bytes);
    match AnyModel::read(&text) {
        Ok(model) => use_it(&model),
        Err(error) => is_sentence(&error),
    }
    match ModelKind::of_file(&text) {
        Some(ModelKind::Potential) => match ModelFile::read(&text) {
            Ok(file) => {
                assert!(file.check().is_ok() && ModelFile::read(&file.write()).as_ref() == Ok(&file), "not the same again");
            }
            Err(error) => is_sentence(&error),
        },
        Some(ModelKind::Material) => match MaterialFile::read(&text) {
            Ok(file) => assert!(MaterialFile::read(&file.write()).as_ref() == Ok(&file), "not the same again"),
            Err(error) => is_sentence(&error),
        },
        _ => {}
    }
    for density in Density::read_all(&text).unwrap_or_default() {
        let _ = (density.wells(), density.log_density(0.5));
    }
    let _ = (jobs::check_model(&text), Settings::has_older_recipe(&text));
    if bytes.len().is_multiple_of(INPUTS_PER_OPENED_MODEL)
        && let Err(problems) = jobs::open(Settings::default(), FitInputs { table: None, model: Some(&text) })
    {
        problems.iter().for_each(is_sentence);
    }
    let own = Settings::of_file(&text);
    for settings in
        own.into_iter().chain(["cosine-well", "schlogl", "metamaterial"].map(|id| Settings::on(Recipe::default(), id)))
    {
        // An unknown benchmark in a record is refused.
        let mut settings = if benchmarks::find(&settings.benchmark).is_some() { settings } else { continue };
        if let Err(clause) = jobs::take_shape(&mut settings, &text) {
            is_sentence(&clause);
        }
    }
}
