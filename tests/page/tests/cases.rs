//! Tests of worked cases: links with a table of the page's own site.

use multiwell_page_tests::{visit, visit_run};

#[tokio::test]
async fn every_worked_case_of_help_opens_and_has_a_link() {
    visit_run("recipe=paper&epochs=50", |page| async move {
        let cases = page.script("return document.querySelectorAll('#cases a').length").await.as_u64().unwrap_or(0);
        assert_eq!(cases, 4);
        for case in 0..cases {
            let run = page.run().await;
            page.click("#help").await;
            page.until("the help is open", 5, "document.querySelector('#help-dialog').open").await;
            page.script(&format!("document.querySelectorAll('#cases a')[{case}].click()")).await;
            page.until("the help is closed", 5, "!document.querySelector('#help-dialog').open").await;
            page.until_run_after(run, 60).await;
            page.until_epoch_after(20).await;
            let (kind, note, link) = (page.field("#benchmark").await, page.text("#altered").await, page.link().await);
            assert!(note.is_empty(), "case {case}: {note}");
            let name = ["alanine.dat", "alanine-metad.dat", "hairpin.csv", "x%5E4"][usize::try_from(case).unwrap_or(0)];
            assert!(link.contains(name), "case {case}: {link}");
            let sentence = page.text("#sentence").await;
            assert!(kind != "own-joint" || sentence.starts_with("Free energy of phi, psi, learnt from "), "{sentence}");
            assert_eq!(kind, ["own-joint", "own-joint", "own-data", "formula"][usize::try_from(case).unwrap_or(0)]);
        }
    })
    .await;
}

#[tokio::test]
async fn missing_foreign_and_oversized_tables_are_refused() {
    visit("index.html#benchmark=own-data&data=data/nowhere.csv", |page| async move {
        page.until_state("awaiting", 30).await;
        assert!(page.is_visible("#awaited-open").await);
        page.audit("a page that waits for a file").await;
        let said = page.text("#message-text").await;
        assert!(said.contains("data/nowhere.csv") && said.contains("there is no such file"), "{said}");
        assert_eq!(page.field("#benchmark").await, "own-data");
        page.goto("index.html#benchmark=own-data&data=https://example.org/table.csv").await;
        page.until_text("#message-text", "another site").await;
        // A file larger than half the memory of a tab is not read.
        let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("gigantic.csv");
        std::fs::File::create(&file).and_then(|file| file.set_len(201_000_000)).expect("a file of nothing can be made");
        page.element("#file").await.send_keys(&file.to_string_lossy()).await.expect("the file is chosen");
        page.until_text("#message-text", "200 MB").await;
        std::fs::remove_file(file).expect("the file is there");
    })
    .await;
}
