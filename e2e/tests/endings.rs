//! The end of a run, and its replacement by another one, which can always be undone.

use e2e::{Page, visit};
use serde_json::json;

/// A recipe with stages that ends at once.
const RECIPE: &str = "benchmark=double-well&modes=3&hidden=4&epochs=300";
/// A few steps of seven densities.
const DENSITIES: &str = "benchmark=schlogl&epochs=60&samples=50";
/// One of many settings of a run of Adam alone.
const ADAM: &str = "benchmark=double-well&modes=3&hidden=4&recipe=paper&epochs=400";

/// The properties of a run to compare: its link, its loss, its epoch, and its last epoch.
async fn known(page: &Page) -> [String; 4] {
    [page.link().await, page.exact("#loss").await, page.exact("#epoch").await, page.field("#control-epochs").await]
}

/// Returns to the previous run and compares its properties.
async fn back_to(page: &Page, before: &[String; 4]) {
    let run = page.run().await;
    page.click("#undo").await;
    page.until_finished_after(run, 30).await;
    page.until("the link is that of the run before", 10, &format!("location.hash.slice(1) === '{}'", before[0])).await;
    assert_eq!(&known(page).await, before);
}

#[tokio::test]
async fn a_recipe_that_has_ended_offers_a_new_run_and_trains_nothing_by_itself() {
    for link in [RECIPE, DENSITIES] {
        visit(&format!("index.html#{link}"), |page| async move {
            page.until_state("finished", 60).await;
            let (before, run) = (known(&page).await, page.run().await);
            assert_eq!((page.text("#run").await, page.text("#restart").await), ("New seed".into(), "Restart".into()));
            assert!(page.text("#cost").await.contains("new run"), "{}", page.text("#cost").await);
            // The key that starts and pauses has no effect.
            page.script("document.activeElement.blur(); document.body.dispatchEvent(new KeyboardEvent('keydown', { key: ' ', bubbles: true }))")
                .await;
            page.pause(200).await;
            assert_eq!((known(&page).await, page.run().await, page.state().await), (before.clone(), run, "finished".into()));
            assert!(!page.text("#altered").await.contains("cannot replay"));
            // The same run again is the same run.
            page.click("#restart").await;
            page.until_finished_after(run, 60).await;
            assert_eq!(known(&page).await, before);
            let run = page.run().await;
            page.click("#run").await;
            page.until_finished_after(run, 60).await;
            assert!(page.link().await.contains("seed="), "{}", page.link().await);
            back_to(&page, &before).await;
        })
        .await;
    }
}

#[tokio::test]
async fn seven_fits_are_begun_again_only_as_a_new_run() {
    visit(&format!("index.html#{DENSITIES}"), |page| async move {
        page.until_state("finished", 60).await;
        let (before, run) = (known(&page).await, page.run().await);
        page.enter("#control-epochs", "90").await;
        page.until_finished_after(run, 60).await;
        assert!(page.link().await.contains("epochs=90"));
        back_to(&page, &before).await;
    })
    .await;
}

#[tokio::test]
async fn training_is_continued_where_adam_has_stopped_and_the_next_file_stops_where_it_would_have() {
    visit(&format!("index.html#{ADAM}"), |page| async move {
        page.until_state("finished", 60).await;
        assert_eq!(page.text("#run").await, "Continue training");
        page.click("#run").await;
        page.until("it goes on to epoch 800", 30, "Number(document.querySelector('#epoch').dataset.value) === 800").await;
        page.until_state("finished", 10).await;
        assert!(page.link().await.contains("epochs=800") && !page.text("#altered").await.contains("cannot replay"));
        let (before, run) = (known(&page).await, page.run().await);
        let rows = (0..40).map(|k| format!("{k},{}\n", f64::from(k).sin()));
        page.open_file("next.csv", &rows.fold(String::from("x,y\n"), |text, row| text + &row)).await;
        // If the page asks about the two columns, accept its proposal.
        page.until(
            "it is learnt, or asked about",
            10,
            &format!("parseInt(document.body.dataset.shown) > {run} || document.querySelector('#columns-dialog').open"),
        )
        .await;
        page.script("document.querySelector('#columns-dialog[open] [value=ok]')?.click()").await;
        page.until_finished_after(run, 60).await;
        assert_eq!(page.field("#control-epochs").await, "400", "the file has inherited the end that was put off");
        assert_eq!(page.epoch().await, 400.0);
        back_to(&page, &before).await;
    })
    .await;
}

#[tokio::test]
async fn another_benchmark_is_left_again_for_the_same_view() {
    visit("index.html#benchmark=gene-circuit&recipe=paper&epochs=60&samples=100&view=parity&panel=modes", |page| async move {
        page.until_state("finished", 60).await;
        page.until("parity is shown", 20, "document.querySelector('#view-parity')?.ariaSelected === 'true'").await;
        let (before, run) = (known(&page).await, page.run().await);
        page.choose("#benchmark", "double-well").await;
        page.until_run_after(run, 30).await;
        assert!(!page.link().await.contains("parity"));
        back_to(&page, &before).await;
        page.until("parity is shown again", 20, "document.querySelector('#view-parity')?.ariaSelected === 'true'").await;
    })
    .await;
}

#[tokio::test]
async fn seeds_of_other_data_are_put_away_and_come_back_with_them() {
    visit(&format!("index.html#{ADAM}&view=ensemble"), |page| async move {
        page.until_state("finished", 60).await;
        page.overwrite("#ensemble-runs", "2").await;
        page.click("#ensemble-start").await;
        let both = "document.querySelectorAll('#fits button:not([disabled])').length === 2";
        page.until("both can be opened", 60, both).await;
        let run = page.run().await;
        // One of its own seeds leaves it as it is.
        page.click("#fits button:nth-child(2)").await;
        page.until_finished_after(run, 60).await;
        page.click("#view-ensemble").await;
        assert_eq!(page.script(&format!("return {both}")).await, json!(true), "its own seed has put the ensemble away");
        let run = page.run().await;
        page.choose("#benchmark", "cosine-well").await;
        page.until_run_after(run, 30).await;
        assert_eq!(page.script("return document.querySelectorAll('#fits button').length").await, json!(0), "fits of other data");
        let run = page.run().await;
        page.click("#undo").await;
        page.until_run_after(run, 30).await;
        assert_eq!(page.script(&format!("return {both}")).await, json!(true), "the fits are lost");
    })
    .await;
}

#[tokio::test]
async fn a_place_in_the_history_is_an_epoch_that_has_been() {
    visit(&format!("index.html#{RECIPE}"), |page| async move {
        page.until_state("finished", 60).await;
        page.script(
            "const canvas = document.querySelector('#plot-loss'), box = canvas.getBoundingClientRect();
             canvas.dispatchEvent(new PointerEvent('pointermove',
                 { clientX: box.right - 45, clientY: box.top + box.height / 2, bubbles: true }))",
        )
        .await;
        let told = "document.querySelector('#plot-loss + .readout').innerText";
        page.until("values are read off", 10, &format!("{told}.includes('loss')")).await;
        let text = page.script(&format!("return {told}")).await;
        let first = text.as_str().and_then(|text| text.lines().next()).unwrap_or_default().to_owned();
        let digits = first.trim_start_matches("epoch ").split(", step").next().unwrap_or_default().replace(',', "");
        let epoch: f64 = digits.parse().unwrap_or_else(|_| panic!("{first}"));
        assert!(epoch <= page.epoch().await && first.contains("step"), "{first}, after {} epochs", page.epoch().await);
    })
    .await;
}

#[tokio::test]
async fn a_setting_that_is_refused_is_named_in_words() {
    visit(&format!("index.html#{ADAM}"), |page| async move {
        page.until_state("finished", 60).await;
        page.enter("#control-lr", "fast").await;
        page.until("it is said what is wrong", 5, "document.querySelector('#message-lr').innerText").await;
        let words = page.text("#message-lr").await;
        assert!(words.starts_with("The network's learning rate must be a number"), "{words}");
    })
    .await;
}

#[tokio::test]
async fn back_and_forward_and_undo_and_redo_lead_to_runs_as_they_were_left() {
    visit(&format!("index.html#{ADAM}"), |page| async move {
        page.until_state("finished", 60).await;
        let first = known(&page).await;
        // One restart with a setting, one from the same settings, and one of another kind of problem.
        for (change, value) in [("#control-modes", "4"), ("#restart", ""), ("#benchmark", "gene-circuit")] {
            let run = page.run().await;
            match change {
                "#benchmark" => page.choose(change, value).await,
                "#restart" => page.click(change).await,
                field => page.enter(field, value).await,
            }
            page.until_finished_after(run, 60).await;
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
        // Keys lead to the same runs.
        for (shift, run) in [(false, 3), (false, 2), (true, 3), (true, 4)] {
            page.script(&format!(
                "document.activeElement.blur();
                 document.body.dispatchEvent(new KeyboardEvent('keydown', {{ key: 'z', ctrlKey: true, shiftKey: {shift}, bubbles: true }}))"
            ))
            .await;
            page.until(&format!("Ctrl and z lead to run {run}"), 30, &shown(run)).await;
            page.until("their link is written", 10, "document.body.dataset.state === 'finished'").await;
        }
        assert_eq!(known(&page).await, last);
        assert_eq!(page.script("return document.querySelector('#redo').hidden").await, json!(true));
    })
    .await;
}
