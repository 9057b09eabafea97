//! Tests of densities: a user's own samples, and the stages of the reaction.

use multiwell_page_tests::{visit, visit_run};

#[tokio::test]
async fn column_of_samples_is_fitted_as_density() {
    visit_run("benchmark=schlogl&epochs=60&samples=50", |page| async move {
        let numbers: Vec<String> = (0..150).map(|k| ((f64::from(k) * 0.7).sin() + f64::from(k % 3)).to_string()).collect();
        page.begin_run(20, page.open_file("samples.csv", &format!("height\n{}\n", numbers.join("\n")))).await;
        assert_eq!(page.field("#benchmark").await, "own-samples");
        assert_eq!(page.text("#sentence").await, "Density of height, learnt from samples in samples.csv.");
        page.until_state("finished", 20).await;
        page.until_view("at-one-time").await;
        page.until_text("#view-head", "kT").await;
        // The definitions of the numbers are those of densities.
        page.click("#definitions .term:has(#loss) summary").await;
        let words = page.text("#definitions .term:has(#loss) .definition").await;
        assert!(words.contains("logarithm of the fitted density") && !words.contains("squared"), "{words}");
        let formulas = "return [...document.querySelectorAll('#definitions .term:has(#loss) math')].filter(math => math.checkVisibility()).length";
        assert_eq!(page.script(formulas).await, 0, "the formula of a mean squared error");
        page.until_text("#view-rows", "±").await;
        assert_eq!(page.text("#rmse").await + &page.text("#r2").await, "", "errors that a density does not have");
    })
    .await;
}

#[tokio::test]
async fn list_of_stages_never_begins_with_a_cut_row() {
    visit("index.html#face=lab", |page| async move {
        page.resize(820, 1180).await;
        page.goto("index.html#benchmark=schlogl").await;
        page.until("the list is longer than its part of the page", 20, "document.querySelectorAll('#stages tr').length > 6")
            .await;
        let cut = "const head = document.querySelector('#panel th').getBoundingClientRect().bottom;
            return [...document.querySelectorAll('#stages tr')].map((row) => row.getBoundingClientRect())
                .filter(({ top, bottom }) => top < head - 2 && bottom > head + 2).length";
        for _ in 0..3 {
            assert_eq!(page.script(cut).await, 0, "a row is cut below the head of the table");
            page.pause(150).await;
        }
    })
    .await;
}
