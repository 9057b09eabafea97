//! Test that the same links in Firefox and in Chrome give the same bits. `cargo xtask test --only firefox` runs this test.

use std::process::Command;

use multiwell_page_tests::{Page, visit_in};
use serde_json::Value;

/// Runs of every kind of problem and of both recipes. Each has a link, and the arguments of the command line for the same run, if there are any.
const COMPARED_RUNS: [(&str, &str); 6] = [
    ("benchmark=cosine-well&recipe=paper&epochs=2000&seed=3", "cosine-well --recipe paper --epochs 2000 --seed 3"),
    ("benchmark=double-well&epochs=1500&seed=5", "double-well --epochs 1500 --seed 5"),
    (
        "benchmark=muller-brown&recipe=paper&samples=200&epochs=100&seed=2",
        "muller-brown --recipe paper --samples 200 --epochs 100 --seed 2",
    ),
    ("benchmark=gene-circuit&samples=200&epochs=60&seed=2", "gene-circuit --samples 200 --epochs 60 --seed 2"),
    ("benchmark=drawn-samples&epochs=300&seed=2", ""),
    ("benchmark=metamaterial&samples=50&batch=20&epochs=10&seed=2", "metamaterial --samples 50 --batch 20 --epochs 10 --seed 2"),
];

/// Model file of a run in a browser, and its displayed numbers.
async fn trained(browser: &str, link: &'static str) -> (String, Value) {
    let (send, receive) = tokio::sync::oneshot::channel();
    visit_in(browser, &format!("index.html#{link}&recipe_version=9"), move |page: Page| async move {
        page.until_state("finished", 120).await;
        page.script(
            "window.saved = []; URL.createObjectURL = blob => (window.saved.push(blob), 'data:,');
             document.getElementById('export').open = true; document.getElementById('export-model').click()",
        )
        .await;
        let text = page.saved(0).await;
        let numbers = page
            .script("return Object.fromEntries(['epoch', 'loss', 'rmse', 'r2', 'rho'].map(id => [id, document.getElementById(id).dataset.value]))")
            .await;
        send.send((text, numbers)).expect("it is waited for");
    })
    .await;
    receive.await.expect("the run has ended")
}

/// All numbers of a model file, in their order.
fn numbers(value: &Value, into: &mut Vec<f64>) {
    match value {
        Value::Number(number) => into.extend(number.as_f64()),
        Value::Array(all) => all.iter().for_each(|one| numbers(one, into)),
        Value::Object(all) => all.values().for_each(|one| numbers(one, into)),
        _ => {}
    }
}

/// Number of different numbers in two model files, number of all, and maximum difference as a fraction of the largest number.
fn difference(one: &str, other: &str) -> Option<(usize, usize, f64)> {
    let [mut a, mut b] = [Vec::new(), Vec::new()];
    for (text, into) in [(one, &mut a), (other, &mut b)] {
        numbers(&serde_json::from_str::<Value>(text).ok()?["params"], into);
    }
    let largest = a.iter().fold(0.0_f64, |most, x| most.max(x.abs()));
    let pairs = || a.iter().zip(&b);
    let worst = pairs().fold(0.0_f64, |most, (x, y)| most.max((x - y).abs() / largest));
    (a.len() == b.len()).then(|| (pairs().filter(|(x, y)| x != y).count(), a.len(), worst))
}

#[tokio::test]
async fn link_gives_same_bits_in_every_browser() {
    let Ok(cli) = std::env::var("MULTIWELL_CLI") else {
        println!("  left out: `cargo xtask test --only firefox` compares two browsers");
        return;
    };
    let mut others = Vec::new();
    for (link, arguments) in COMPARED_RUNS {
        let [firefox, chrome] = [trained("MULTIWELL", link).await, trained("MULTIWELL_CHROME", link).await];
        println!("  {link}: {}, model of {} bytes", firefox.1, firefox.0.len());
        if firefox != chrome {
            others.push(format!(
                "{link}: {} in the first browser, {} in Chrome, {:?}",
                firefox.1,
                chrome.1,
                difference(&firefox.0, &chrome.0)
            ));
        }
        if arguments.is_empty() {
            continue;
        }
        // Native code has fused multiply-add and wider lanes, and therefore rounds otherwise. Differences are only printed.
        let file = std::env::temp_dir().join(format!("multiwell-browsers-{}.json", std::process::id()));
        let mut native = Command::new(&cli);
        native.arg("fit").args(arguments.split(' ')).arg("--model-out").arg(&file);
        let output = native.output().unwrap_or_else(|error| panic!("{cli}: {error}"));
        assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
        let text = std::fs::read_to_string(&file).expect("the model has been written");
        std::fs::remove_file(&file).expect("the model can be removed");
        println!("    natively {:?}", difference(&chrome.0, &text));
    }
    assert!(others.is_empty(), "the bits differ:\n{}", others.join("\n"));
}
