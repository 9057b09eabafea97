use super::arrays::array;
use super::*;

/// A small network whose numbers need all their digits.
fn sample() -> ModelFile {
    let arch = Architecture::new(2, 2, &[3, 4]);
    let numbers = (1..=parameters(&arch)).map(|k| {
        let k = k as f64;
        (k * 1e3).sin().abs() / 3.0 * 10.0_f64.powf(k % 13.0 - 6.0)
    });
    let scaling = Normalization { input_shift: vec![0.1, -2.0], input_scale: vec![0.3, 1e-5], ..Normalization::identity(2) };
    let names = vec!["u".into(), "v".into()];
    ModelFile { epochs: 17, ..ModelFile::new(&arch, names, "y".into(), scaling, &numbers.collect::<Vec<_>>()) }
}

fn parameters(arch: &Architecture) -> usize {
    arrays_of(arch).iter().map(|array| array.shape.iter().product::<usize>()).sum()
}

fn refused(change: impl FnOnce(&mut Value)) -> String {
    let mut value = serde_json::to_value(sample()).unwrap();
    change(&mut value);
    ModelFile::read(&value.to_string()).expect_err("accepted").to_string()
}

#[test]
fn number_of_wrong_kind_is_refused_in_plain_words() {
    let words = refused(|file| file["epochs"] = serde_json::json!(-7));
    assert!(words.contains("integer `-7`, expected a whole number of 0 or more"), "{words}");
}

#[test]
fn shapes_follow_from_modes_widths_and_inputs() {
    let written = |arch: &Architecture| -> Vec<String> {
        arrays_of(arch).iter().map(|array| format!("{}{:?}", array.name, array.shape)).collect()
    };
    let list = written(&Architecture::new(7, 10, &[8, 9]));
    assert_eq!(
        list.join(" "),
        "V1[10, 8, 7] b1[10, 8] V2[10, 9, 7] W2[10, 9, 8] b2[10, 9] V3[10, 1, 7] W3[10, 1, 9] b3[10, 1] a[10] rho[]"
    );
    // A mode of the paper's one-dimensional set-up has 152 parameters and a gate. There is one rho.
    assert_eq!(parameters(&Architecture::new(1, 10, &[10, 10])), 10 * 153 + 1);
}

#[test]
fn written_model_file_is_read_with_same_bits() {
    let file = sample();
    assert_eq!(ModelFile::read(&file.write()), Ok(file.clone()));
    let (shape, values) = array(&file.params, "W2").unwrap();
    assert_eq!(shape, [2, 4, 3]);
    assert_eq!(file.params["W2"][1][3][2].as_f64(), Some(values[23]));
    assert_eq!(array(&file.params, "rho").unwrap().0, Vec::<usize>::new());
}

#[test]
fn whole_numbers_are_accepted_and_settings_kept() {
    let mut file = sample();
    file.params.insert("rho".into(), 2.into());
    file.settings = Some([("modes".into(), 2.into())].into());
    let read = ModelFile::read(&file.write()).unwrap();
    assert_eq!((array(&read.params, "rho").unwrap().1, read.settings), (vec![2.0], file.settings));
}

#[test]
fn other_files_are_refused_as_model_files() {
    for text in ["", "{", "x,y\n1,2\n", "[1, 2]", "{}", "3", "{\"format\": 3}", "{\"about\": \"reference\", \"params\": {}}"] {
        let sentence = ModelFile::read(text).unwrap_err().to_string();
        assert!(sentence.starts_with("this is not a model file"), "{text}: {sentence}");
    }
    let text = sample().write().replace("\"epochs\":17", "\"epochs\":NaN");
    assert!(ModelFile::read(&text).unwrap_err().to_string().contains("it contains NaN"));
}

#[test]
fn duplicate_names_are_refused() {
    let text = ModelFile { settings: Some([("modes".into(), 2.into())].into()), ..sample() }.write();
    for (from, to) in [("\"modes\":2,\"hidden\"", "\"modes\":3,"), ("\"rho\":", "\"rho\":1,"), ("{\"modes\":2}", "{\"modes\":1,")]
    {
        let twice = text.replacen(from, &format!("{to}{}", from.trim_start_matches('{')), 1);
        assert!(twice != text, "{from}");
        let sentence = ModelFile::read(&twice).unwrap_err().to_string();
        assert!(sentence.contains("duplicate"), "{sentence}");
    }
}

#[test]
fn unclosed_brackets_are_refused() {
    assert!(ModelFile::read(&"[".repeat(1_000_000)).unwrap_err().to_string().starts_with("this is not a model file"));
}

#[test]
fn other_versions_are_refused_by_number() {
    assert!(refused(|f| f["version"] = 3.into()).contains("has version 3, but only versions 1 to 2 are"));
    assert!(refused(|f| f["version"] = "1".into()).contains("`version`"));
}

#[test]
fn missing_and_invalid_fields_are_named() {
    for field in ["modes", "hidden", "inputs", "target", "scaling", "params", "epochs"] {
        let sentence = refused(|f| {
            f.as_object_mut().unwrap().remove(field);
        });
        assert!(sentence.contains(&format!("missing field `{field}`")), "{sentence}");
    }
    assert!(refused(|f| f["modes"] = 0.into()).contains("`modes` is 0"));
    assert!(refused(|f| f["modes"] = (-1).into()).contains("damaged"));
    assert!(refused(|f| f["hidden"] = serde_json::json!([])).contains("`hidden`"));
    assert!(refused(|f| f["hidden"] = serde_json::json!([3, 0])).contains("`hidden`"));
    assert!(refused(|f| f["inputs"] = serde_json::json!([])).contains("`inputs`"));
    assert!(refused(|f| f["scaling"]["input_scale"] = serde_json::json!([1.0])).contains("one `input_scale` an input"));
    assert!(refused(|f| f["scaling"]["input_scale"][1] = 0.into()).contains("positive"));
    assert!(refused(|f| f["scaling"]["output_scale"] = (-1.0).into()).contains("positive"));
    assert!(refused(|f| f["scaling"]["output_shift"] = Value::Null).contains("damaged"));
}

#[test]
fn arrays_with_wrong_shape_or_values_are_refused() {
    for ArraySpec { name, shape, .. } in arrays_of(&sample().architecture()) {
        let sentence = refused(|f| {
            f["params"].as_object_mut().unwrap().remove(&name);
        });
        assert_eq!(sentence, format!("the model file lacks the array {name}"));
        assert!(refused(|f| f["params"][&name] = Value::Null).contains("not a finite number"));
        assert!(refused(|f| f["params"][&name] = "3".into()).contains("not a finite number"));
        assert!(refused(|f| f["params"][&name] = serde_json::json!([[[[1.0]]]])).contains("has shape [1, 1, 1, 1]"));
        if shape.is_empty() {
            continue;
        }
        assert!(refused(|f| f["params"][&name] = 3.5.into()).contains("has shape []"));
        assert!(refused(|f| f["params"][&name] = serde_json::json!([])).contains("has shape [0]"));
        assert!(refused(|f| f["params"][&name][1] = Value::Null).contains("not a finite number"));
        let sentence = refused(|f| {
            f["params"][&name].as_array_mut().unwrap().pop();
        });
        assert!(sentence.contains(&format!("array {name} of the model file has shape")), "{sentence}");
        if shape.len() > 1 {
            let sentence = refused(|f| {
                f["params"][&name][1].as_array_mut().unwrap().push(1.0.into());
            });
            assert!(sentence.contains("ragged"), "{sentence}");
            assert!(refused(|f| f["params"][&name][1] = 1.0.into()).contains("ragged"));
        }
    }
    assert!(refused(|f| f["params"]["V9"] = 1.into()).contains("an array V9"));
    assert!(
        refused(|f| f["modes"] = 3.into())
            .contains("has shape [2, 3, 2], but its modes, hidden layers and inputs require [3, 3, 2]")
    );
}

#[test]
fn networks_with_negative_weights_or_sharpness_are_refused() {
    assert!(refused(|f| f["params"]["W2"][0][1][2] = (-1e-9).into()).contains("W2 of the model file has a negative entry"));
    assert!(refused(|f| f["params"]["rho"] = 0.into()).contains("rho is 0"));
    assert!(refused(|f| f["params"]["rho"] = (-2.5).into()).contains("rho is -2.5"));
    let mut file = sample();
    file.params.insert("W3".into(), serde_json::json!(vec![[[0.0; 4]]; 2]));
    assert!(file.check().is_ok(), "a weight may be zero");
}

#[test]
fn damaged_contents_are_quoted_briefly_on_one_line() {
    let long = "\u{12}\n".repeat(5000);
    let text = serde_json::json!({ "format": FORMAT_NAME, "version": 1, "params": long }).to_string();
    let sentence = ModelFile::read(&text).unwrap_err().to_string();
    assert!(sentence.len() < 2500 && !sentence.contains(char::is_control), "{sentence}");
}
