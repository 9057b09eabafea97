//! Tests of the comparison with other methods. It is opened, run, stopped and continued by keys alone, on a benchmark and on a table. Another case
//! has nothing to compare.

use multiwell_page_tests::{Key, Page, WINDOW_SETTINGS, visit, visit_run};
use serde_json::{Value, json};

/// Output of the command line for the same settings.
const RECORDED_SCORES: &str = include_str!("../../../cli/tests/cli/data/compared.jsonl");
/// Columns of the page, with the fields of the command line.
const SCORE_FIELDS: [(&str, &str); 9] = [
    ("parameters", "parameters"),
    ("RMSE", "rmse"),
    ("of slopes", "rmse_gradient"),
    ("held out", "held_out"),
    ("wells", "wells"),
    ("missed", "missed"),
    ("spurious", "spurious"),
    ("jump", "jump"),
    ("outside", "extrapolation"),
];

/// Opens the comparison by the keyboard.
async fn open(page: &Page, state: &str) {
    page.send("#compare", &Key::Enter).await;
    until(page, state).await;
    assert_eq!(page.script("return document.querySelector('#compare-dialog').open").await, json!(true));
}

async fn until(page: &Page, state: &str) {
    let condition = format!("document.querySelector('#compare-dialog').dataset.state === '{state}'");
    page.until(&format!("the comparison is {state}"), 60, &condition).await;
}

/// Selects these methods, and no others, by the space bar.
async fn tick(page: &Page, wanted: &[&str]) {
    let boxes = page
        .script("return [...document.querySelectorAll('#compare-methods input:enabled')].map((b) => [b.value, b.checked])")
        .await;
    for each in boxes.as_array().expect("a list") {
        let name = each[0].as_str().expect("a name");
        if wanted.contains(&name) != (each[1] == json!(true)) {
            page.send(&format!("#compare-methods input[value={name}]"), " ").await;
        }
    }
}

/// Opens the comparison, and fits these methods.
async fn compare(page: &Page, methods: &[&str]) {
    open(page, "ready").await;
    tick(page, methods).await;
    page.send("#compare-start", &Key::Enter).await;
    until(page, "ended").await;
}

/// Rows of the table, by their names.
async fn rows(page: &Page) -> Value {
    page.script("return [...document.querySelectorAll('#compare-scores tbody tr')].map((row) => row.dataset.method)").await
}

/// Asserts that the page has the numbers of the command line for the recorded methods of a table.
async fn has_the_numbers_of_the_command_line(page: &Page, benchmark: &str) {
    let lines = RECORDED_SCORES.lines().map(|line| serde_json::from_str::<Value>(line).expect("a line of JSON"));
    let shown = rows(page).await;
    let mut compared = 0;
    for line in lines.filter(|line| line["benchmark"] == benchmark && shown.as_array().expect("rows").contains(&line["method"])) {
        let method = line["method"].as_str().expect("a name");
        for (head, field) in SCORE_FIELDS.iter().filter(|(_, field)| line[*field].is_number() && method != "truth") {
            let selector = format!("#compare-scores [data-method={method}] [data-head=\"{head}\"]");
            let (found, known) = (page.number(&selector).await, line[*field].as_f64().expect("a number"));
            assert!(
                (found - known).abs() <= 1e-6 * known.abs() + 1e-9,
                "{method}, {head}: {found} here, {known} on the command line"
            );
            compared += 1;
        }
    }
    assert!(compared >= 8, "{compared} numbers were compared");
}

async fn audit(page: &Page, what: &str) {
    for window in WINDOW_SETTINGS {
        page.enter_window(window).await;
        page.pause(100).await;
        page.audit(&format!("{what}, {window:?}")).await;
        let widths = "const dialog = document.querySelector('#compare-dialog');
            const words = [...dialog.querySelectorAll('svg text')].map((text) => text.getBoundingClientRect().right - text.ownerSVGElement.getBoundingClientRect().right);
            const ticks = dialog.querySelectorAll('svg text[text-anchor=middle]').length;
            return [document.documentElement.scrollWidth - innerWidth, dialog.scrollWidth - dialog.clientWidth, dialog.getBoundingClientRect().right - innerWidth, ...words, ticks && 2 - ticks]";
        let beyond = page.script(widths).await;
        assert!(beyond.as_array().expect("widths").iter().all(|by| by.as_f64() <= Some(0.0)), "{what}, {window:?}: {beyond}");
    }
}

#[tokio::test]
async fn methods_are_compared_stopped_and_resumed_by_keys() {
    visit_run("benchmark=double-well&modes=3&hidden=5&epochs=400&samples=60&noise=0.02", |page| async move {
        open(&page, "ready").await;
        assert_eq!(page.script("return document.activeElement.id").await, json!("compare-title"));
        audit(&page, "before").await;
        tick(&page, &["polynomial", "spline"]).await;
        page.send("#compare-start", &Key::Enter).await;
        until(&page, "ended").await;
        assert_eq!(rows(&page).await, json!(["truth", "lse-icnn", "polynomial", "spline"]));
        has_the_numbers_of_the_command_line(&page, "double-well").await;
        let missing = "return [...document.querySelectorAll('#compare-scores [data-method=truth] td')].filter((cell) => !cell.dataset.value)
            .map((cell) => cell.textContent)";
        assert_eq!(page.script(missing).await, json!(["–", "–", "–", "–"]), "a missing value has another sign");
        assert!(page.text("#compare-what").await.starts_with("double-well: 60 rows; "));
        let says = page.text("#compare-says").await;
        assert!(says.contains("has the smallest error against the truth") && says.contains("Smoothing spline 1"), "{says}");
        // The focus moves from Stop to the button that replaces it.
        assert_eq!(page.script("return document.activeElement.id").await, json!("compare-scores"));
        assert_eq!(page.script("return document.querySelectorAll('#compare-picture path.fit').length").await, json!(6));
        audit(&page, "with rows").await;
        page.resize(390, 844).await;
        let beyond = "const right = (name) => document.querySelector(name).getBoundingClientRect().right;
            return right('#compare-scores [data-head=spurious]') - right('#compare-scores')";
        assert!(page.script(beyond).await.as_f64() <= Some(0.0), "a phone does not show errors and wells");
        page.resize(1280, 860).await;
        let is_right = "const { ok } = await fetch('book/compare.html'); return ok === !!document.querySelector('#compare-dialog a[href^=book]')";
        assert_eq!(page.promise(is_right).await, json!(true), "a link leads to a page of the book that is not there");
        // A third method is stopped and then started again.
        tick(&page, &["polynomial", "spline", "tanh"]).await;
        // As soon as the fit begins, the page clicks the focused element. On a busy machine, a key would arrive after the end of the fit.
        page.script(
            "const status = document.querySelector('#compare-status');
             new MutationObserver((_, watch) => {
                 if (!status.textContent.includes('tanh')) return;
                 watch.disconnect();
                 window.focused = document.activeElement.id;
                 document.activeElement.click();
             }).observe(status, { childList: true, characterData: true, subtree: true })",
        )
        .await;
        page.send("#compare-start", &Key::Enter).await;
        until(&page, "stopped").await;
        assert_eq!(page.script("return window.focused").await, json!("compare-stop"));
        assert!(page.text("#compare-status").await.contains("1 method is left"));
        assert_eq!(rows(&page).await, json!(["truth", "lse-icnn", "polynomial", "spline"]));
        assert_eq!(page.script("return document.activeElement.id").await, json!("compare-start"));
        page.send("#compare-start", &Key::Enter).await;
        until(&page, "ended").await;
        assert_eq!(rows(&page).await, json!(["truth", "lse-icnn", "polynomial", "spline", "tanh"]));
        has_the_numbers_of_the_command_line(&page, "double-well").await;
        // One of the methods is highlighted before the others.
        page.send("#compare-scores [data-method=spline] button", &Key::Enter).await;
        assert_eq!(page.script("return document.querySelectorAll('#compare-picture .faint').length > 0").await, json!(true));
        // The copy contains the displayed numbers with all digits.
        page.script("navigator.clipboard.writeText = async (text) => (window.copied = text)").await;
        page.send("#compare-copy", &Key::Enter).await;
        page.until("it is said", 5, "document.querySelector('#compare-copy').textContent === 'Copied'").await;
        let copied = page.script("return window.copied").await;
        assert!(
            copied.as_str().is_some_and(|text| text.starts_with("method\tparameters\tRMSE") && text.lines().count() == 6),
            "{copied}"
        );
        page.send("#compare-copy", &Key::Escape).await;
        assert_eq!(
            page.script("return [document.querySelector('#compare-dialog').open, document.activeElement.id]").await,
            json!([false, "compare"])
        );
        // Results are kept until the subject changes.
        open(&page, "ended").await;
        page.send("#compare-copy", &Key::Escape).await;
        page.begin_run(30, page.choose("#benchmark", "cosine-well")).await;
        open(&page, "ready").await;
        assert_eq!(page.text("#compare-result").await, "");
    })
    .await;
}

#[tokio::test]
async fn site_tables_and_samples_are_compared_and_densities_refused() {
    visit_run("benchmark=own-data&data=data/hairpin.csv&scaling=standard&modes=2&hidden=4&epochs=100", |page| async move {
        compare(&page, &["spline"]).await;
        assert!(page.text("#compare-scores [data-method=spline]").await.contains("no derivatives"));
        page.goto("index.html#benchmark=drawn-samples&modes=2&hidden=4&epochs=100").await;
        page.until_state("finished", 60).await;
        compare(&page, &["kernel", "mixture"]).await;
        assert_eq!(rows(&page).await, json!(["lse-icnn", "kernel", "mixture"]));
        audit(&page, "samples").await;
        page.goto("index.html#benchmark=schlogl&epochs=30&samples=50").await;
        page.until_state("finished", 60).await;
        open(&page, "refused").await;
        assert!(page.text("#compare-status").await.starts_with("Compare takes potentials"));
        page.audit("a refusal").await;
    })
    .await;
}

#[tokio::test]
async fn link_to_missing_chapter_of_book_is_absent() {
    visit("style.css", |page| async move {
        page.before_scripts(
            "const given = window.fetch;
             window.fetch = async (what, how) =>
                 String(what.url ?? what).includes('book/') ? new Response('', { status: 404 }) : given(what, how)",
        )
        .await;
        page.goto("index.html#benchmark=double-well&modes=3&hidden=5&epochs=100").await;
        page.until_state("finished", 60).await;
        open(&page, "ready").await;
        page.until("the link is absent", 10, "!document.querySelector('#compare-dialog a[href^=book]')").await;
    })
    .await;
}
