//! Tests of the views behind the tabs (ensembles, physics, the soft minimum), and of the details below the number line.

use multiwell_page_tests::{CURVE_LINK, visit, visit_run};
use serde_json::json;

#[tokio::test]
async fn tabs_change_figure_without_layout_shift_and_arrow_keys_move_between_them() {
    visit_run(&format!("{CURVE_LINK}&view=physics&panel=modes"), |page| async move {
        assert!(page.is_visible("#plot-loop").await && !page.is_visible("#plot-loss").await);
        let places = "return JSON.stringify(['.numbers', '#picture', '.two', '#panel', '#control-modes'].map(part =>
                          { const box = document.querySelector(part).getBoundingClientRect();
                            return [box.left, box.top, box.width, box.height] }))";
        let before = page.script(places).await;
        for (view, canvas) in [("landscape", "#plot-gates"), ("ensemble", "#plot-fits"), ("soft-minimum", "#plot-soft")] {
            page.click(&format!("#view-{view}")).await;
            assert!(page.is_visible(canvas).await, "{canvas} is not shown");
            assert_eq!(page.script(places).await, before, "{view} moves the frame");
            let selected = "return [...document.querySelectorAll('.views [aria-selected=true]')].map(tab => tab.id)";
            assert_eq!(page.script(selected).await, json!([format!("view-{view}")]));
            assert_eq!(page.link().await.contains(&format!("view={view}")), view != "landscape");
        }
        assert!(page.link().await.contains("panel=modes"));
        assert_eq!(page.script("return document.documentElement.scrollHeight > innerHeight").await, json!(false));
        assert_eq!(page.text("#message-text").await, "", "the link has been found fault with");
        let press = |key: &str| {
            format!(
                "document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {{ key: '{key}', bubbles: true }}));
                 return [document.activeElement.id, document.activeElement.tabIndex,
                         document.querySelector('.views [tabindex=\"0\"]').id]"
            )
        };
        page.click("#view-landscape").await;
        page.script("document.querySelector('#view-landscape').focus()").await;
        for (key, id) in [("ArrowRight", "view-ensemble"), ("End", "view-soft-minimum"), ("ArrowRight", "view-landscape")] {
            assert_eq!(page.script(&press(key)).await, json!([id, 0, id]), "after {key}");
        }
    })
    .await;
}

#[tokio::test]
async fn ensemble_is_trained_and_its_member_is_opened() {
    visit_run(&format!("{CURVE_LINK}&view=ensemble&seed=3"), |page| async move {
        page.overwrite("#ensemble-runs", "4").await;
        page.click("#ensemble-start").await;
        page.until("all four have ended", 120, "Number(document.querySelector('#ensemble-progress').dataset.value) === 4").await;
        page.until("each can be opened", 5, "document.querySelectorAll('#fits button:not([disabled])').length === 4").await;
        for canvas in ["#plot-fits", "#plot-losses", "#plot-counts"] {
            page.until_painted(canvas).await;
        }
        assert_eq!(page.script("return document.querySelectorAll('#fits [data-best]').length").await, json!(1));
        // The opened run is that of the button, with the same RMSE.
        let told = page.script("return document.querySelector('#fits button:nth-child(3)').getAttribute('aria-label')").await;
        page.finish_run(60, page.click("#fits button:nth-child(3)")).await;
        assert!(page.link().await.contains("seed=5"), "the link does not have its seed");
        let shown = page.text("#rmse").await;
        assert!(told.as_str().is_some_and(|told| told.contains(&format!("RMSE {shown},"))), "{told}, and opened {shown}");
        assert!(page.is_visible("#plot-landscape").await);
    })
    .await;
}

#[tokio::test]
async fn stages_of_recipe_are_listed() {
    visit("index.html#benchmark=double-well&recipe=reliable", |page| async move {
        let shown = "document.querySelector('#stages [aria-current=step]')?.checkVisibility()";
        page.until("the stages are shown while the recipe is at work on them", 20, shown).await;
        assert!(!page.is_visible("#control-schedule").await, "the recipe has a schedule of its own");
        page.until_state("finished", 60).await;
        assert!(page.is_visible("#minima").await, "what has come of it is not shown at the end");
        assert_eq!(page.script("return document.querySelector('#panel').scrollTop").await, json!(0), "its first row is cut");
        assert_eq!(page.exact("#wells").await, "2");
        page.click("#panel-stages").await;
        let stages =
            page.script("return [...document.querySelectorAll('#stages tr')].map(row => row.innerText.split('\\t'))").await;
        let stages = stages.as_array().expect("rows");
        assert!(stages.len() > 4, "{stages:?}");
        for stage in stages {
            assert!((0..3).all(|k| !stage[k].as_str().unwrap_or_default().trim().is_empty()), "{stage}: something is not said");
        }
        assert_eq!(page.script("return document.querySelectorAll('#stages [aria-current]').length").await, json!(0));
    })
    .await;
}

#[tokio::test]
async fn table_of_wells_begins_at_its_first_row_when_run_ends() {
    // The list of stages has been scrolled, and the table of six wells is higher than its panel.
    visit_run("benchmark=random-wells&target-seed=2", |page| async move {
        let panel =
            "const panel = document.querySelector('#panel'); return [panel.scrollTop, panel.scrollHeight > panel.clientHeight]";
        assert_eq!(page.script(panel).await, json!([0, true]), "the first row is cut");
    })
    .await;
}

#[tokio::test]
async fn buttons_of_pinned_run_are_apart() {
    visit_run(CURVE_LINK, |page| async move {
        page.click("#pin").await;
        page.until("the run is pinned", 10, "document.querySelectorAll('#pinned button').length === 2").await;
        let gap = "const [show, unpin] = [...document.querySelectorAll('#pinned button')].map((button) => button.getBoundingClientRect());
                   return unpin.top >= show.bottom ? Infinity : unpin.left - show.right";
        assert!(page.script(gap).await.as_f64().is_none_or(|gap| gap >= 4.0), "they read as one word");
    })
    .await;
}

#[tokio::test]
async fn modes_are_described_and_shown_alone() {
    visit_run(&format!("{CURVE_LINK}&panel=modes"), |page| async move {
        page.until_surveyed(1500).await;
        assert!(page.is_visible("#modes tr[data-value=well]").await, "no mode holds a well");
        let listed = page.script("return document.querySelectorAll('#modes tr[data-mode]').length").await;
        assert_eq!(listed.as_f64(), Some(page.number("#responsible").await), "the list and the count of modes differ");
        let all = page.still("#plot-landscape").await;
        page.click("#modes tr:first-child button").await;
        page.until("one is said to be alone", 5, "document.querySelector('#alone-end').checkVisibility()").await;
        page.until_changed("one is drawn alone", "#plot-landscape", all).await;
        assert_eq!(page.script("return document.querySelectorAll('#modes [aria-pressed=true]').length").await, json!(1));
        page.click("#alone-end").await;
        // The band below the axis shows the mode that is responsible there.
        page.script(
            "const canvas = document.querySelector('#plot-landscape'), box = canvas.getBoundingClientRect();
             canvas.dispatchEvent(new PointerEvent('click',
                 { clientX: box.left + 200, clientY: box.bottom - 10, bubbles: true }))",
        )
        .await;
        page.until("the band is clicked", 5, "document.querySelector('#alone-end').checkVisibility()").await;
    })
    .await;
}

#[tokio::test]
async fn removal_cost_is_shown_before_pruning() {
    visit_run(&format!("{CURVE_LINK}&panel=pruning"), |page| async move {
        page.until_surveyed(1500).await;
        page.until("the slider has its length", 10, "document.querySelector('#prune').max === '4'").await;
        assert!(page.text(".pruning p").await.contains("The blue curve"));
        let rmse = page.number("#rmse").await;
        let before = page.still("#plot-landscape").await;
        page.set("#prune", "4").await;
        // The removal can be accepted if the displayed numbers are those of the current fit.
        let has_cost =
            "document.querySelector('#prune-count').dataset.value === '4' && !document.querySelector('#prune-apply').disabled";
        page.until("four are marked and their cost is shown", 5, has_cost).await;
        let (shown, words) = (page.text("#rmse").await, page.text("#prune-cost").await);
        assert!(words.starts_with(&format!("RMSE {shown} → ")), "the error is {shown}, and the cost is `{words}`");
        page.until_changed("the remaining fit is drawn", "#plot-landscape", before).await;
        page.click("#prune-cancel").await;
        assert!((page.number("#rmse").await - rmse).abs() < 1e-12);
        page.set("#prune", "4").await;
        page.until("four are marked and their cost is shown again", 5, has_cost).await;
        page.click("#prune-apply").await;
        page.until("the error is another", 10, &format!("Number(document.querySelector('#rmse').dataset.value) !== {rmse}"))
            .await;
        assert_eq!(page.exact("#responsible").await, "1");
        assert!(page.text("#altered").await.contains("cannot replay"));
    })
    .await;
}

#[tokio::test]
async fn heat_moves_particles_and_tilt_gives_loop() {
    visit_run(&format!("{CURVE_LINK}&view=physics"), |page| async move {
        page.until_surveyed(1500).await;
        page.click("#balls-none").await;
        let still = page.still("#plot-landscape").await;
        page.script(
            "const canvas = document.querySelector('#plot-landscape'), box = canvas.getBoundingClientRect();
             canvas.dispatchEvent(new PointerEvent('click',
                 { clientX: box.left + box.width * 0.8, clientY: box.top + 80, bubbles: true }))",
        )
        .await;
        let mut seen = page.until_changed("a particle is seen", "#plot-landscape", still).await;
        page.set("#temperature", "80").await;
        assert!(page.number("#temperature-value").await > 0.0);
        // Without heat, a particle would have come to rest by then.
        page.pause(3000).await;
        for _ in 0..4 {
            seen = page.until_changed("heat moves the ball", "#plot-landscape", seen).await;
        }
        page.set("#tilt", "50").await;
        page.until("the tilt has its range", 10, "Number(document.querySelector('#tilt-value').dataset.value) > 0").await;
        for canvas in ["#plot-trace", "#plot-loop"] {
            page.until_painted(canvas).await;
        }
    })
    .await;
}
