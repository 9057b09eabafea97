//! Tests of the tasks of the benches and the requests about them.
#[path = "../../benches/speed/questions.rs"]
mod questions;
#[path = "../../benches/speed/tasks.rs"]
mod tasks;

use questions::{all, answer};
use tasks::{TimedTask, loss, time, workload};

#[test]
fn tasks_have_unique_names_and_are_listed() {
    let list: Vec<TimedTask> = serde_json::from_str(&answer("\"tasks\"").unwrap()).unwrap();
    assert_eq!(list, all());
    for (k, task) in list.iter().enumerate() {
        assert!(list[..k].iter().all(|other| other.name != task.name), "{}", task.name);
    }
    assert!(answer("{\"time\": 3}").is_err());
}

#[test]
fn workload_is_exact_in_f32_and_training_lowers_loss() {
    for task in all().into_iter().take(3) {
        let load = workload(&task);
        let numbers = load.x.iter().chain(&load.y).chain(load.params.iter().flat_map(|p| &p.values));
        assert!(numbers.into_iter().all(|&v| f64::from(v as f32) == v));
        assert!(loss(&task, 20).unwrap() < loss(&task, 0).unwrap(), "{}", task.name);
        assert!(time(&task, 0.01) > 0.0);
    }
    assert!(loss(&all()[3], 1).unwrap_err().contains("evaluation"));
}
