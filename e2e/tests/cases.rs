//! Worked cases: links that name a table of the page's own site.

use e2e::visit;

#[tokio::test]
async fn every_worked_case_of_the_help_opens_and_its_link_replays_it() {
    visit("index.html#recipe=paper&epochs=50", |page| async move {
        page.until_state("finished", 60).await;
        let cases = page.script("return document.querySelectorAll('#cases a').length").await.as_u64().unwrap_or(0);
        assert_eq!(cases, 4);
        for case in 0..cases {
            let run = page.run().await;
            page.click("#help").await;
            page.until("the help is open", 5, "document.querySelector('#help-dialog').open").await;
            page.script(&format!("document.querySelectorAll('#cases a')[{case}].click()")).await;
            page.until("the help is closed", 5, "!document.querySelector('#help-dialog').open").await;
            page.until_run_after(run, 60).await;
            page.until("it trains", 60, "Number(document.querySelector('#epoch').dataset.value) > 20").await;
            let (kind, note, link) = (page.field("#benchmark").await, page.text("#altered").await, page.link().await);
            assert!(note.is_empty(), "case {case}: {note}");
            let name = ["alanine.dat", "alanine-metad.dat", "hairpin.csv", "x%5E4"][usize::try_from(case).unwrap_or(0)];
            assert!(link.contains(name), "case {case}: {link}");
            assert_eq!(kind, ["own-joint", "own-joint", "own-data", "formula"][usize::try_from(case).unwrap_or(0)]);
            page.screenshot(&format!("case-{case}")).await;
        }
        assert_eq!(page.errors().await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn a_table_that_a_link_names_and_that_is_not_there_is_told() {
    visit("index.html#benchmark=own-data&data=data/nowhere.csv", |page| async move {
        page.until_state("running", 30).await;
        let said = page.text("#message-text").await;
        assert!(said.contains("data/nowhere.csv") && said.contains("there is no such file"), "{said}");
        assert_eq!(page.field("#benchmark").await, "cosine-well");
        page.goto("index.html#benchmark=own-data&data=https://example.org/table.csv").await;
        page.until("it is told again", 30, "document.querySelector('#message-text').innerText.includes('another site')").await;
    })
    .await;
}
