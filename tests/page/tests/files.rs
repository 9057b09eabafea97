//! Tests of the opening and saving of files.

use multiwell_page_tests::{Key, visit, visit_for_downloads};
use serde_json::json;

/// A table of `rows` points on a parabola.
fn table(rows: usize) -> String {
    let lines = (0..rows).map(|i| f64::from(u32::try_from(i).unwrap_or(0)) / 10.0 - 2.0).map(|x| format!("{x},{}\n", x * x));
    std::iter::once("x,y\n".to_owned()).chain(lines).collect()
}

#[tokio::test]
async fn own_table_is_learnt() {
    visit("index.html#face=lab", |page| async move {
        page.until_state("running", 10).await;
        page.begin_run(10, page.open_file("parabola.csv", &table(40).replacen("x,y", "x [nm],y [kJ/mol]", 1))).await;
        assert_eq!(page.field("#benchmark").await, "own-data");
        page.until("the parabola is learnt", 60, "Number(document.querySelector('#rmse').dataset.value) < 0.2").await;
        page.until_painted("#plot-landscape").await;
        // Table heads have the units of the table.
        let heads =
            page.script("return [3, 6, 9].map(k => document.querySelector(`#wells-table th:nth-child(${k})`).innerText)").await;
        assert_eq!(heads, serde_json::json!(["x [nm]", "Ψ [kJ/mol]", "barrier [kJ/mol]"]));
        // The lowest path out of its only well leads over the edge of the data.
        let barrier = "document.querySelector('#minima tr td:nth-child(9)')?.innerText ?? ''";
        page.until("its barrier is a bound", 20, &format!("{barrier}.startsWith('\u{2265} ')")).await;
    })
    .await;
}

#[tokio::test]
async fn fit_is_exported_as_code_without_connection() {
    visit_for_downloads("recipe=paper&benchmark=double-well&epochs=3000&modes=6", |page| async move {
        // The menu loads the exporter when it is opened.
        page.script("document.querySelector('#export > summary').click()").await;
        let is_loaded = "performance.getEntriesByType('resource').some(e => e.name.includes('worker.js?start_export'))";
        page.until("the worker of exports is asked for", 10, is_loaded).await;
        let save = |form: &'static str, count: usize| {
            let page = page.clone();
            async move {
                page.script(&format!("document.querySelector('#export-form').value = '{form}'")).await;
                page.export("#export-code").await;
                page.saved(count).await
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
    })
    .await;
}

#[tokio::test]
async fn every_export_produces_a_file() {
    visit("index.html#face=lab", |page| async move {
        page.keep_downloads().await;
        page.goto("index.html#face=lab").await;
        page.until_epoch_after(300).await;
        for (count, (kind, start)) in [("history", "epoch"), ("settings", "{")].into_iter().enumerate() {
            page.export(&format!("#export-{kind}")).await;
            assert!(page.saved(count).await.starts_with(start), "{kind} does not begin with {start}");
        }
        // The exported drawing can be read.
        page.until_state("finished", 60).await;
        page.script("document.querySelector('#export').open = true").await;
        page.send("#export-table", &Key::Enter).await;
        page.until("tables are shown", 10, "document.querySelectorAll('#table-dialog caption').length > 3").await;
        assert!(page.text("#table-dialog").await.contains("truth"), "{}", page.text("#table-dialog").await);
        page.audit("the numbers of a picture").await;
        page.send("#table-dialog > button", &Key::Enter).await;
        page.until("they are gone", 10, "!document.querySelector('#table-dialog').hasChildNodes()").await;
    })
    .await;
}
