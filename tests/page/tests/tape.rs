//! Tests of the tape: the graph of the fit, its derivative, the plan and its kernels, opened and explored by keys.

use multiwell_page_tests::{Key, Page, WINDOW_SETTINGS, visit, visit_run};
use serde_json::json;

/// Selector of the line of the tree that has the focus.
const CURRENT_LINE: &str = "#tape [role=treeitem]:not([tabindex=\"-1\"])";

/// Opens the tape from the guide, by keys.
async fn open(page: &Page) {
    page.script("document.querySelector('#guides').replaceChildren()").await;
    page.send("#guide > summary", &Key::Enter).await;
    page.until("the guide lists the tape", 10, "!!document.querySelector('#open-tape')").await;
    page.send("#open-tape", &Key::Enter).await;
    page.until("the tape is recorded", 20, "document.querySelector('#tape')?.dataset.state === 'ready'").await;
}

/// Moves down by keys until the selected line contains these words.
async fn down_to(page: &Page, words: &str) {
    for _ in 0..60 {
        let name = page.text(&format!("{CURRENT_LINE} .name")).await;
        if name.contains(words) {
            return;
        }
        page.send(CURRENT_LINE, &Key::Down).await;
    }
    panic!("there is no line of {words}");
}

/// Waits until the selected node is described, and returns the number of its derivatives. The table is that of the adjoint or the tangent.
async fn derivatives(page: &Page, table: &str) -> u64 {
    let shown = format!(
        "document.querySelector('#tape [data-tape=node]').dataset.node === document.querySelector(`{CURRENT_LINE}`).id.slice(5)"
    );
    page.until("the node is described", 10, &shown).await;
    let rows = format!("return document.querySelectorAll('#tape [data-table={table}] tbody tr').length");
    page.script(&rows).await.as_u64().expect("a number of rows")
}

async fn fits_the_window(page: &Page) {
    let wide = page.script("return [document.documentElement.scrollWidth, document.querySelector('#tape').scrollWidth - document.querySelector('#tape').clientWidth, innerWidth]").await;
    assert!(wide[0].as_f64() <= wide[2].as_f64() && wide[1] == json!(0), "{wide}");
}

#[tokio::test]
async fn tape_is_navigated_by_keys() {
    visit_run("benchmark=double-well&modes=10&hidden=10,10&recipe=paper&epochs=300", |page| async move {
        for window in WINDOW_SETTINGS {
            page.enter_window(window).await;
            open(&page).await;
            let name = |what: &str| format!("tape, {what}, {window:?}");
            fits_the_window(&page).await;
            page.audit(&name("folded")).await;
            // Keys lead to the first layer, into it, and to its softplus.
            page.send("#tape-root-forward", &Key::Down).await;
            down_to(&page, "layer 1").await;
            page.send(CURRENT_LINE, &Key::Right).await;
            down_to(&page, "softplus").await;
            for table in ["adjoint", "tangent"] {
                assert_eq!(derivatives(&page, table).await, 10, "a mode of ten rows");
            }
            fits_the_window(&page).await;
            page.audit(&name("node")).await;
            // A click selects a parameter.
            page.script("[...document.querySelectorAll('#tape [role=treeitem]')].find((line) => line.innerText.includes('parameter V1')).click()").await;
            assert!(derivatives(&page, "adjoint").await > 0);
            // The slider moves the point.
            let before = page.script("return document.querySelector('#tape [data-tape=node]').dataset.point").await;
            page.send("#tape-slider", &Key::Right).await;
            page.until("the point has moved", 10, &format!("document.querySelector('#tape [data-tape=node]').dataset.point !== {before}")).await;
            // The remaining tabs.
            page.send("#tape-tab-graph", &Key::Right).await;
            let steps = page.script("return document.querySelectorAll('#tape [data-table=steps] tbody tr').length").await;
            assert!(steps.as_u64() > Some(20), "{steps} steps");
            fits_the_window(&page).await;
            page.audit(&name("plan")).await;
            page.send("#tape-tab-plan", &Key::Right).await;
            page.send("#tape-measure", &Key::Enter).await;
            // The kernels are timed. Otherwise a sentence gives the reason, and the button can be pressed again.
            let timed = "!!document.querySelector('#tape [data-table=kernels]')";
            let failed = "!document.querySelector('#tape-measure').disabled && document.querySelector('#tape-progress').textContent";
            page.until("the kernels are timed, or not", 60, &format!("{timed} || ({failed})")).await;
            let sentence = page.text("#tape-progress").await;
            assert_eq!(page.script(&format!("return {timed}")).await, json!(true), "{sentence}");
            fits_the_window(&page).await;
            page.audit(&name("time")).await;
            let whole = "return Number([...document.querySelectorAll('#tape [data-table=kernels] [data-value]')].at(-1).dataset.value)";
            assert!(page.script(whole).await.as_f64() > Some(0.0));
            // After the tape is closed, the focus is where it was before.
            page.send("#tape-measure", &Key::Escape).await;
            page.until("the tape is closed", 5, "!document.querySelector('#tape').open").await;
            assert_eq!(page.script("return document.activeElement === document.querySelector('#guide > summary')").await, json!(true));
        }
    })
    .await;
}

#[tokio::test]
async fn unfolded_tape_tree_has_a_line_for_every_node() {
    visit_run("benchmark=cosine-well&recipe=paper&epochs=100", |page| async move {
        open(&page).await;
        for sweep in ["forward", "reverse"] {
            page.send(&format!("#tape-root-{sweep}"), &Key::Down).await;
            page.send(CURRENT_LINE, "*").await;
        }
        let nodes = "[...document.querySelectorAll('#tape [aria-level=\"3\"]')].map((line) => line.id)";
        let counts = page.script(&format!("const nodes = {nodes}; return [nodes.length, new Set(nodes).size]")).await;
        let summary = page.text("#tape [data-tape=summary]").await;
        let numbers: Vec<u64> = summary.split(' ').filter_map(|word| word.parse().ok()).collect();
        // The numbers are the epoch, the number of forward nodes and that of reverse nodes.
        let all: u64 = numbers[numbers.len() - 2..].iter().sum();
        assert_eq!(counts, json!([all, all]), "{summary}");
        page.audit("unfolded").await;
    })
    .await;
}

#[tokio::test]
async fn derivatives_of_tape_are_shown_for_each_input() {
    visit_run("benchmark=gene-circuit&recipe=paper&epochs=30&samples=60", |page| async move {
        open(&page).await;
        page.send("#tape-root-forward", &Key::Down).await;
        down_to(&page, "layer 1").await;
        page.send(CURRENT_LINE, &Key::Right).await;
        down_to(&page, "matvec").await;
        assert!(derivatives(&page, "adjoint").await > 0);
        let caption = "document.querySelector('#tape [data-table=tangent] caption').textContent";
        let before = page.script(&format!("return {caption}")).await;
        page.choose("#tape-along", "1").await;
        page.until("the tangent is by the second input", 10, &format!("{caption} !== {before}")).await;
        page.resize(390, 844).await;
        fits_the_window(&page).await;
        assert_eq!(
            page.script("return document.querySelector('#message').hidden").await,
            json!(true),
            "no message names the export"
        );
    })
    .await;
}

#[tokio::test]
async fn tape_of_running_fit_is_fixed_until_refreshed() {
    visit("index.html#recipe=paper&epochs=100000000", |page| async move {
        page.until_epoch_after(500).await;
        open(&page).await;
        page.send("#tape-root-forward", &Key::Right).await;
        page.send(CURRENT_LINE, &Key::Right).await;
        let first = page.script("return document.querySelector('#tape [data-tape=summary]').textContent").await;
        let chosen = page.script(&format!("return document.querySelector('{CURRENT_LINE}').id")).await;
        page.pause(500).await;
        assert_eq!(page.script("return document.querySelector('#tape [data-tape=summary]').textContent").await, first);
        page.click("#tape [data-tape=again]").await;
        let again = "document.querySelector('#tape').dataset.state === 'ready' && document.querySelector('#tape [data-tape=summary]').textContent";
        page.until("it is of a later epoch", 20, &format!("{again} !== {first}")).await;
        assert_eq!(page.script(&format!("return document.querySelector('{CURRENT_LINE}').id")).await, chosen);
        assert_eq!(page.errors().await, Vec::<String>::new());
    })
    .await;
}
