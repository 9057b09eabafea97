//! Tapes of all kinds of models: derivatives match finite differences, layers contain every node once, and plans can be displayed.

#[path = "../../../../export/tests/it/models.rs"]
#[allow(dead_code, reason = "points are those of the tape")]
mod models;

use super::Tape;
use super::differences::DifferenceCheck;
use super::layout::TapeLayout;

/// Maximum number of compared entries of a node.
const MAX_ENTRIES: usize = 6;

fn tapes() -> Vec<(&'static str, Tape)> {
    let read = |known: models::KnownModel| {
        (known.name, Tape::read(&known.text).unwrap_or_else(|error| panic!("{}: {error}", known.name)))
    };
    models::all().into_iter().map(read).collect()
}

/// Derivatives of one node agree to 1e-6 of the largest, or to the rounding errors: 1e-9 of the `size` of the differentiated function over its
/// length scale for differences; a few 1e-16 for a sigmoid near its ends and for its slope.
fn agree(what: &str, compared: &[DifferenceCheck], [size, distance]: [f64; 2], worst: &mut f64) {
    let slope = size / distance;
    let largest = compared.iter().fold(0.0_f64, |top, one| top.max(one.exact.abs()));
    for one in compared {
        let apart = (one.exact - one.difference).abs();
        assert!(apart <= 1e-6 * largest + 1e-9 * slope + 1e-15 / distance, "{what}: {one:?}, the largest {largest}");
        if largest > slope.max(1e-9) {
            *worst = worst.max(apart / largest);
        }
    }
}

#[test]
fn derivatives_of_every_node_match_finite_differences() {
    for (name, tape) in tapes() {
        let (point, mut worst, mut adjoints, mut nodes) = (tape.point(), 0.0, 0, 0);
        let value = tape.value_of(tape.value, &point)[0];
        for node in tape.graph.nodes() {
            let entries = 0..tape.graph.shape(node).len().min(MAX_ENTRIES);
            for along in 0..point.len().min(2) {
                let seen = tape.inspect(node, entries.clone(), &point, along);
                let what = format!("{name}, %{} = {}", node.index(), tape.operation(node));
                let tangents: Vec<DifferenceCheck> = seen.iter().map(|entry| entry.tangent).collect();
                let [low, high] = tape.coordinates[along].range;
                let size = seen.iter().fold(0.0_f64, |top, entry| top.max(entry.value.abs()));
                agree(&format!("{what}, tangent {along}"), &tangents, [size, high - low], &mut worst);
                let of_entries: Vec<DifferenceCheck> = seen.iter().filter_map(|entry| entry.adjoint).collect();
                agree(&format!("{what}, adjoint"), &of_entries, [value.abs(), size.max(1.0)], &mut worst);
                adjoints += usize::from(!of_entries.is_empty());
            }
            nodes += 1;
        }
        println!("{name}: {nodes} nodes, {adjoints} adjoints, at most {worst:.1e} apart");
        assert!(adjoints > 10, "{name} has {adjoints} adjoints");
    }
}

#[test]
fn adjoint_of_inputs_is_gradient() {
    for known in models::all().into_iter().filter(|known| known.name == "deep" || known.name == "periodic") {
        let tape = Tape::read(&known.text).expect("a model");
        let model = multiwell_export::Model::read(&known.text, None).expect("a model");
        let function = &model.functions[1];
        let expected = function.evaluate(&[tape.point()]);
        let input = tape.graph.inputs()[0];
        let adjoint = tape.adjoint(input).expect("the value depends on the inputs");
        let found = tape.value_of(adjoint, &tape.point());
        assert!(found.iter().zip(&expected[1]).all(|(a, b)| (a - b).abs() <= 1e-12 * b.abs()), "{found:?}, {expected:?}");
        let value = tape.value_of(tape.value, &tape.point())[0];
        assert!((value - expected[0][0]).abs() <= 1e-12 * value.abs(), "{value}, {expected:?}");
    }
}

#[test]
fn layers_contain_every_node_once() {
    for (name, tape) in tapes() {
        let mut count = vec![0; tape.graph.len()];
        for node in tape.layers.iter().flat_map(|layer| &layer.nodes) {
            count[node.index()] += 1;
        }
        for node in tape.graph.nodes() {
            assert_eq!(count[node.index()], 1, "{name}, %{} = {}", node.index(), tape.operation(node));
        }
        let names = |is_reverse| {
            tape.layers
                .iter()
                .filter(move |layer| layer.is_reverse == is_reverse)
                .map(|layer| layer.name.as_str())
                .collect::<Vec<_>>()
        };
        println!("{name}: {:?}, {:?}", names(false), names(true));
        let is_network = |name: &str| name.starts_with("layer 1");
        assert!(names(false).iter().any(|name| is_network(name)) && names(true).iter().any(|name| is_network(name)), "{name}");
    }
}

#[test]
fn graph_of_ten_modes_has_fewer_than_150_nodes() {
    let (_, curve) = tapes().into_iter().find(|(name, _)| *name == "curve").expect("a model of ten modes and two layers");
    let forward = curve.layers.iter().filter(|layer| !layer.is_reverse);
    let names: Vec<&str> = forward.map(|layer| layer.name.as_str()).collect();
    assert_eq!(names, ["inputs", "units", "layer 1", "layer 2", "layer 3", "soft minimum"]);
    assert!(curve.graph.len() < 150, "{} nodes", curve.graph.len());
    assert!(curve.layers.iter().all(|layer| layer.nodes.len() <= 40));
}

#[test]
fn slots_contain_one_value_at_a_time() {
    for (name, tape) in tapes() {
        let layout = TapeLayout::new(tape);
        let (extents, slots, steps) = (layout.extents(), layout.slots(), layout.steps());
        assert!(extents.passes == 1 && extents.rows <= extents.rows_of_all, "{name}: {extents:?}");
        for (k, a) in slots.iter().enumerate() {
            assert!(a.first + a.rows <= extents.rows && a.live_steps[1] < steps.len(), "{name}: {a:?}");
            for b in &slots[..k] {
                let meet_in_rows = a.first < b.first + b.rows && b.first < a.first + a.rows;
                let meet_in_time = a.live_steps[0] <= b.live_steps[1] && b.live_steps[0] <= a.live_steps[1];
                assert!(!(meet_in_rows && meet_in_time), "{name}: {a:?} and {b:?}");
            }
        }
    }
}

#[test]
fn invalid_model_is_refused_with_message() {
    let error = Tape::read("{}").unwrap_err().to_string();
    assert!(error.len() > 20, "{error}");
}
