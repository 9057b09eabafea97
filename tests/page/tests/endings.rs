//! Tests of the end of a run, and of its replacement by another run, which can always be undone.

use multiwell_page_tests::{Page, visit, visit_run};
use serde_json::json;

/// Properties of a run for a comparison: its link, its loss, its epoch, and its last epoch.
async fn known(page: &Page) -> [String; 4] {
    [page.link().await, page.exact("#loss").await, page.exact("#epoch").await, page.field("#control-epochs").await]
}

#[tokio::test]
async fn readout_of_the_loss_shows_past_epochs_and_steps() {
    visit_run("benchmark=double-well&modes=3&hidden=4&epochs=300", |page| async move {
        page.script(
            "const canvas = document.querySelector('#plot-loss'), box = canvas.getBoundingClientRect();
             canvas.dispatchEvent(new PointerEvent('pointermove',
                 { clientX: box.right - 45, clientY: box.top + box.height / 2, bubbles: true, pointerType: 'mouse' }))",
        )
        .await;
        page.until_text("#plot-loss + .readout", "loss").await;
        let text = page.text("#plot-loss + .readout").await;
        let first = text.lines().next().unwrap_or_default();
        let digits = first.trim_start_matches("epoch ").split(", step").next().unwrap_or_default().replace(',', "");
        let epoch: f64 = digits.parse().unwrap_or_else(|_| panic!("{first}"));
        assert!(epoch <= page.epoch().await && first.contains("step"), "{first}, after {} epochs", page.epoch().await);
    })
    .await;
}

#[tokio::test]
async fn focus_moves_from_step_to_run_when_the_run_ends() {
    visit("index.html#benchmark=double-well&recipe=paper&epochs=3000", |page| async move {
        page.until_state("running", 10).await;
        page.script("document.querySelector('#step').focus()").await;
        page.until_state("finished", 60).await;
        page.until("the focus is kept", 10, "document.activeElement.id === 'run'").await;
    })
    .await;
}

#[tokio::test]
async fn back_forward_undo_and_redo_restore_runs_unchanged() {
    visit_run("benchmark=double-well&modes=3&hidden=4&recipe=paper&epochs=400", |page| async move {
        let first = known(&page).await;
        // One restart with a setting, one from the same settings, and one of another kind of problem.
        for (change, value) in [("#control-modes", "4"), ("#restart", ""), ("#benchmark", "gene-circuit")] {
            let change = async {
                match change {
                    "#benchmark" => page.choose(change, value).await,
                    "#restart" => page.click(change).await,
                    field => page.enter(field, value).await,
                }
            };
            page.finish_run(60, change).await;
        }
        let last = known(&page).await;
        let places = page.script("return history.length").await;
        let shown = |run: u64| format!("parseInt(document.body.dataset.shown) === {run}");
        for (way, run) in [("back", 3), ("back", 2), ("back", 1), ("forward", 2), ("forward", 3), ("forward", 4)] {
            page.script(&format!("history.{way}()")).await;
            page.until(&format!("{way} leads to run {run}"), 30, &shown(run)).await;
            page.until_state("finished", 10).await;
            match run {
                1 => assert_eq!(known(&page).await, first),
                4 => assert_eq!(known(&page).await, last),
                _ => assert!(page.link().await.contains("modes=4"), "{}", page.link().await),
            }
        }
        assert_eq!(page.script("return history.length").await, places, "going back and forward made new entries");
        assert_eq!(page.script("return document.querySelector('#redo').hidden").await, json!(true));
    })
    .await;
}
