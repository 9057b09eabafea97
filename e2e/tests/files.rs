//! Opening and saving files.

use e2e::visit;
use multiwell::model::model_file::ModelFile;
use multiwell::model::potential::Potential;
use multiwell::potentials;
use ndarray::Array2;
use serde_json::json;

/// Intercepts the downloads that the page offers.
const KEEP_DOWNLOADS: &str = "window.saved = [];
    const made = URL.createObjectURL;
    URL.createObjectURL = blob => { window.saved.push(blob); return made.call(URL, blob) };";

/// A table of `rows` points on a parabola.
fn table(rows: usize) -> String {
    let lines = (0..rows).map(|i| f64::from(u32::try_from(i).unwrap_or(0)) / 10.0 - 2.0).map(|x| format!("{x},{}\n", x * x));
    std::iter::once("x,y\n".to_owned()).chain(lines).collect()
}

#[tokio::test]
async fn a_table_of_ones_own_is_learnt() {
    visit("index.html", |page| async move {
        page.before_scripts(KEEP_DOWNLOADS).await;
        page.goto("index.html").await;
        page.until_state("running", 10).await;
        let run = page.run().await;
        page.open_file("parabola.csv", &table(40).replacen("x,y", "x [nm],y [kJ/mol]", 1)).await;
        page.until_run_after(run, 10).await;
        assert_eq!(page.field("#benchmark").await, "own-data");
        page.until("the parabola is learnt", 60, "Number(document.querySelector('#rmse').dataset.value) < 0.2").await;
        page.until_painted("#plot-landscape").await;
        page.screenshot("own-data").await;
        // Settings that matter for derivatives or several inputs are not there, and no heading stands over nothing.
        let seen = page
            .script(
                "const seen = name => document.querySelector(`#control-${name}`)?.checkVisibility();
                 const empty = group => group.checkVisibility() && ![...group.querySelectorAll('.row')].some(row => row.checkVisibility());
                 return [...['value-weight', 'symmetry'].filter(seen),
                         ...[...document.querySelectorAll('#controls details')].filter(empty).map(group => group.textContent)]",
            )
            .await;
        assert_eq!(seen, serde_json::json!([]));
        // Heads carry the units of the table.
        let heads = page.script("return [2, 5, 8].map(k => document.querySelector(`#wells-table th:nth-child(${k})`).innerText)").await;
        assert_eq!(heads, serde_json::json!(["x [nm]", "depth [kJ/mol]", "barrier [kJ/mol]"]));
        // The way out of its only well leads over the edge of the data.
        let barrier = "document.querySelector('#minima tr td:nth-child(8)')?.innerText ?? ''";
        page.until("its barrier is a bound", 20, &format!("{barrier}.startsWith('\u{2265} ')")).await;
        // Other seeds are drawn without a truth, which nobody knows.
        page.until_state("finished", 60).await;
        page.click("#view-ensemble").await;
        page.overwrite("#ensemble-runs", "2").await;
        page.click("#ensemble-start").await;
        page.until("both have ended", 60, "Number(document.querySelector('#ensemble-progress').dataset.value) === 2").await;
        page.script("document.querySelector('#export').open = true").await;
        page.click("#export-csv").await;
        page.until("the numbers are offered", 10, "window.saved.length").await;
        let csv = page.promise("return await window.saved[0].text()").await;
        let csv = csv.as_str().unwrap_or_default();
        assert!(csv.contains("\"fits\",") && !csv.contains("truth"), "{}", &csv[..200.min(csv.len())]);
        assert_eq!(page.errors().await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn a_file_that_cannot_be_used_is_answered_by_a_sentence() {
    visit("index.html#recipe=paper&epochs=10000000", |page| async move {
        page.until("training is under way", 30, "Number(document.querySelector('#epoch').dataset.value) > 100").await;
        let mut said = Vec::new();
        for (name, text) in [
            ("empty.csv", ""),
            ("header.csv", "x,y\n"),
            ("HILLS", "#! FIELDS time phi sigma_phi height biasf\n0 1 0.3 1.2 10\n"),
            ("words.csv", "x,y\n1,two\n2,3\n"),
            ("holes.csv", "x,y\n1,2\n3\n"),
            ("nan.csv", "x,y\n1,NaN\n2,3\n"),
            ("one.csv", "x,y\n1,2\n"),
            ("single.csv", "x\n1\n2\n"),
            ("broken.json", "{\"format\": "),
            ("other.json", "{\"name\": \"somebody else's\"}"),
        ] {
            page.open_file(name, text).await;
            page.until("there is a message", 10, "document.querySelector('#message-text').innerText").await;
            let message = page.text("#message-text").await;
            println!("  {name}: {message}");
            assert!(message.len() > 20 && message.len() < 300, "{name} is answered by `{message}`");
            assert_eq!(page.state().await, "running", "{name} has stopped the run");
            assert_eq!(page.field("#benchmark").await, "cosine-well", "{name} has taken the place of the run");
            said.push(message);
            page.click("#message-close").await;
        }
        said.sort();
        said.dedup();
        assert!(said.len() >= 7, "different mistakes are answered by the same words: {said:?}");
    })
    .await;
}

#[tokio::test]
async fn a_saved_model_is_the_fit_that_is_shown() {
    visit("index.html", |page| async move {
        page.before_scripts(KEEP_DOWNLOADS).await;
        page.goto("index.html#recipe=paper&benchmark=double-well&epochs=3000&modes=6").await;
        page.until_state("finished", 60).await;
        page.script("document.querySelector('#export').open = true").await;
        page.click("#export-model").await;
        page.until("the model is offered", 10, "window.saved.length").await;
        let text = page.promise("return await window.saved[0].text()").await;
        let model = ModelFile::read(text.as_str().expect("a model file is a text")).expect("the page writes what it can read");
        let fit = Potential::from_file(&model).expect("the model holds what it says");

        let truth = potentials::find("double-well").expect("the benchmark is known");
        let [low, high] = truth.bounds()[0];
        let x: Vec<f64> = (0..200).map(|i| low + (high - low) * f64::from(i) / 199.0).collect();
        let points = Array2::from_shape_vec((200, 1), x.clone()).expect("one input");
        let squares =
            fit.evaluate(&points, false).0.iter().zip(&x).map(|(psi, x)| (psi - truth.value(&[*x])).powi(2)).sum::<f64>();
        let (found, shown) = ((squares / 200.0).sqrt(), page.number("#rmse").await);
        println!("  RMSE {shown:.6} in the page, {found:.6} from its file");
        assert!((found - shown).abs() < 1e-3 * shown, "the file has RMSE {found}, the page shows {shown}");

        // Opened again, the run continues from the saved epoch.
        let run = page.run().await;
        page.open_file("model.json", text.as_str().unwrap_or_default()).await;
        page.until_run_after(run, 10).await;
        assert!(page.text("#altered").await.contains("cannot replay"), "the page does not say that the run went on");
        assert!(page.number("#rmse").await < 2.0 * shown, "the model opened is another");
    })
    .await;
}

#[tokio::test]
async fn the_fit_is_saved_as_code_without_the_network() {
    visit("index.html", |page| async move {
        page.before_scripts(KEEP_DOWNLOADS).await;
        page.goto("index.html#recipe=paper&benchmark=double-well&epochs=3000&modes=6").await;
        page.until_state("finished", 60).await;
        // What writes exports is loaded when the menu is opened.
        page.script("document.querySelector('#export > summary').click()").await;
        let is_loaded = "performance.getEntriesByType('resource').some(e => e.name.includes('export.js'))";
        page.until("the worker of exports is asked for", 10, is_loaded).await;
        let save = |form: &'static str, count: usize| {
            let page = page.clone();
            async move {
                page.script(&format!("document.querySelector('#export-form').value = '{form}'")).await;
                page.script("document.querySelector('#export').open = true").await;
                page.click("#export-code").await;
                page.until(&format!("{form} is offered"), 20, &format!("window.saved.length > {count}")).await;
                let text = page.promise(&format!("return await window.saved[{count}].text()")).await;
                text.as_str().unwrap_or_default().to_owned()
            }
        };
        let first = save("c", 0).await;
        assert!(first.contains("SHA-256") && first.contains("double model_gradient("), "{}", &first[..600]);
        page.devtools("Network.enable", json!({})).await;
        let cut = json!({ "offline": true, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0 });
        page.devtools("Network.emulateNetworkConditions", cut).await;
        page.script("document.querySelector('#export-hessian').checked = true").await;
        for (count, (form, part)) in
            [("python", "import numpy"), ("js", "export function"), ("formula", "\\"), ("plumed", "#! FIELDS")]
                .into_iter()
                .enumerate()
        {
            let text = save(form, count + 1).await;
            assert!(text.contains(part), "{form}: {}", &text[..600.min(text.len())]);
        }
        assert!(page.text("#message-text").await.starts_with("Saved as model.dat: a potential"));
        let took = page
            .promise(
                "const before = window.saved.length, start = performance.now();
                 document.querySelector('#export-form').value = 'c'; document.querySelector('#export-code').click();
                 while (window.saved.length === before) await new Promise(r => setTimeout(r, 2));
                 return performance.now() - start",
            )
            .await;
        println!("  C with the Hessian after {took} ms");
    })
    .await;
}

#[tokio::test]
async fn every_export_offers_something() {
    visit("index.html", |page| async move {
        page.before_scripts(KEEP_DOWNLOADS).await;
        page.goto("index.html").await;
        page.until("training is under way", 30, "Number(document.querySelector('#epoch').dataset.value) > 300").await;
        for (count, (kind, start)) in
            [("history", "epoch"), ("svg", "<svg"), ("png", "\u{fffd}PNG"), ("settings", "{")].into_iter().enumerate()
        {
            page.script("document.querySelector('#export').open = true").await;
            page.click(&format!("#export-{kind}")).await;
            page.until(&format!("{kind} is offered"), 10, &format!("window.saved.length > {count}")).await;
            let text = page.promise(&format!("return (await window.saved[{count}].text()).slice(0, 40)")).await;
            assert!(text.as_str().is_some_and(|text| text.starts_with(start)), "{kind} begins with {text}");
        }
        // What is drawn can be read.
        page.until_state("finished", 60).await;
        page.script("document.querySelector('#export').open = true").await;
        page.send("#export-table", "\u{e007}").await;
        page.until("tables are shown", 10, "document.querySelectorAll('#table-dialog caption').length > 3").await;
        assert!(page.text("#table-dialog").await.contains("truth"), "{}", page.text("#table-dialog").await);
        page.audit("the numbers of a picture").await;
        page.send("#table-dialog > button", "\u{e007}").await;
        page.until("they are gone", 10, "!document.querySelector('#table-dialog').hasChildNodes()").await;
    })
    .await;
}

#[tokio::test]
async fn files_of_other_programs_are_read_and_how_is_said() {
    visit("index.html#recipe=paper&epochs=2000", |page| async move {
        page.until("training is under way", 30, "Number(document.querySelector('#epoch').dataset.value) > 10").await;
        let row = |k: i32| format!(" {k}.0 {} {} 1.5\n", f64::from(k * 7 % 30) / 5.0, f64::from(k * 11 % 30));
        let rows = (0..30).fold(String::new(), |text, k| text + &row(k));
        page.open_file("COLVAR", &format!("#! FIELDS time phi psi metad.bias\n#! SET min_phi -pi\n{rows}")).await;
        page.until("it is asked which columns are what", 20, "document.querySelector('#columns-dialog').open").await;
        let parts = page.script("return [...document.querySelectorAll('#columns select')].map(s => s.value).join(' ')").await;
        assert_eq!(parts.as_str(), Some(" input input bias"));
        let remarks = page.text("#columns-remarks").await;
        assert!(remarks.contains("Not used: time."), "{remarks}");
        assert_eq!(page.field("#columns-kind").await, "own-joint");
        page.script("document.querySelector('#columns-dialog').close()").await;
        // A function needs no choice; how it was read is said beside its run.
        let x = |k: i32| f64::from(k) / 20.0 - 1.0;
        let curve = (0..40).fold(String::new(), |text, k| text + &format!("{} {}\n", x(k), x(k) * x(k)));
        page.open_file("curve.dat", &format!("{curve}2 inf\n")).await;
        page.until("it is learnt", 20, "document.querySelector('#benchmark').value == 'own-data'").await;
        page.until("there is a message", 10, "document.querySelector('#message-text').innerText").await;
        let message = page.text("#message-text").await;
        assert!(message.contains("columns are called x and y") && message.contains("1 of 41"), "{message}");
    })
    .await;
}
