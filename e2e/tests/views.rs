//! The views behind the tabs: ensembles, physics, the soft minimum; and the details below the number line.

use e2e::{Page, visit};
use serde_json::json;

/// Two wells, which are learnt within two seconds.
const QUICK: &str = "benchmark=double-well&modes=5&hidden=8,8&recipe=paper&lr=0.01&gate-lr=0.01&epochs=1500";

/// Moves a slider as a user would.
async fn slide(page: &Page, selector: &str, value: f64) {
    let script = format!(
        "const slider = document.querySelector('{selector}'); slider.value = {value};
         slider.dispatchEvent(new Event('input', {{ bubbles: true }}))"
    );
    page.script(&script).await;
}

async fn is_shown(page: &Page, selector: &str) -> bool {
    page.script(&format!("return document.querySelector('{selector}').checkVisibility()")).await == json!(true)
}

/// Nothing may be wider than the window.
async fn fits(page: &Page, what: &str) {
    let overflow = page.script("return document.documentElement.scrollWidth - innerWidth").await;
    assert!(overflow.as_i64().is_some_and(|pixels| pixels <= 0), "{what} is wider than the screen by {overflow} pixels");
}

#[tokio::test]
async fn tabs_change_the_picture_and_nothing_else_moves() {
    visit(&format!("index.html#{QUICK}&view=physics&panel=modes"), |page| async move {
        page.until_state("finished", 60).await;
        assert!(is_shown(&page, "#plot-loop").await && !is_shown(&page, "#plot-loss").await);
        let places = "return JSON.stringify(['.numbers', '#picture', '.two', '#panel', '#control-modes'].map(part =>
                          { const box = document.querySelector(part).getBoundingClientRect();
                            return [box.left, box.top, box.width, box.height] }))";
        let before = page.script(places).await;
        for (view, canvas) in [("landscape", "#plot-gates"), ("ensemble", "#plot-fits"), ("soft-minimum", "#plot-soft")] {
            page.click(&format!("#view-{view}")).await;
            assert!(is_shown(&page, canvas).await, "{canvas} is not shown");
            assert_eq!(page.script(places).await, before, "{view} moves the frame");
            let selected = "return [...document.querySelectorAll('.views [aria-selected=true]')].map(tab => tab.id)";
            assert_eq!(page.script(selected).await, json!([format!("view-{view}")]));
            assert_eq!(page.link().await.contains(&format!("view={view}")), view != "landscape");
        }
        assert!(page.link().await.contains("panel=modes"));
        assert_eq!(page.script("return document.documentElement.scrollHeight > innerHeight").await, json!(false));
        assert_eq!(page.text("#message-text").await, "", "the link has been found fault with");
        assert_eq!(page.errors().await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn tabs_are_walked_with_the_arrows() {
    visit(&format!("index.html#{QUICK}"), |page| async move {
        page.until_state("finished", 60).await;
        let press = |key: &str| {
            format!(
                "document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {{ key: '{key}', bubbles: true }}));
                 return [document.activeElement.id, document.activeElement.tabIndex,
                         document.querySelector('.views [tabindex=\"0\"]').id]"
            )
        };
        page.script("document.querySelector('#view-landscape').focus()").await;
        for (key, id) in [("ArrowRight", "view-ensemble"), ("End", "view-soft-minimum"), ("ArrowRight", "view-landscape")] {
            assert_eq!(page.script(&press(key)).await, json!([id, 0, id]), "after {key}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_ensemble_is_trained_and_its_best_is_opened() {
    visit(&format!("index.html#{QUICK}&view=ensemble&seed=3"), |page| async move {
        page.until_state("finished", 60).await;
        page.overwrite("#ensemble-runs", "4").await;
        page.click("#ensemble-start").await;
        page.until("all four have ended", 120, "Number(document.querySelector('#ensemble-progress').dataset.value) === 4").await;
        page.until("each can be opened", 5, "document.querySelectorAll('#fits button:not([disabled])').length === 4").await;
        for canvas in ["#plot-fits", "#plot-losses", "#plot-counts"] {
            page.until_painted(canvas).await;
        }
        page.screenshot("ensemble").await;
        assert_eq!(page.script("return document.querySelectorAll('#fits [data-best]').length").await, json!(1));
        // The opened run is the one on the button, with the same RMSE.
        let told = page.script("return document.querySelector('#fits button:nth-child(3)').getAttribute('aria-label')").await;
        let run = page.run().await;
        page.click("#fits button:nth-child(3)").await;
        page.until_finished_after(run, 60).await;
        assert!(page.link().await.contains("seed=5"), "the link does not have its seed");
        let shown = page.text("#rmse").await;
        assert!(told.as_str().is_some_and(|told| told.contains(&format!("RMSE {shown},"))), "{told}, and opened {shown}");
        assert!(is_shown(&page, "#plot-landscape").await);
    })
    .await;
}

#[tokio::test]
async fn what_an_ensemble_has_done_is_kept_when_it_is_stopped() {
    visit(&format!("index.html#{}&view=ensemble", QUICK.replace("1500", "10000000")), |page| async move {
        page.until_state("running", 10).await;
        page.overwrite("#ensemble-runs", "30").await;
        // The run of the page waits for the ensemble to end.
        page.click("#ensemble-start").await;
        page.until_state("paused", 10).await;
        page.click("#ensemble-start").await;
        page.until_state("running", 10).await;

        page.enter("#control-epochs", "15000").await;
        page.until("the link has the new end", 5, "location.hash.includes('epochs=15000')").await;
        page.click("#ensemble-start").await;
        page.until("one has ended", 60, "Number(document.querySelector('#ensemble-progress').dataset.value) > 0").await;
        page.click("#ensemble-start").await;
        let kept = page.number("#ensemble-progress").await;
        page.pause(700).await;
        assert_eq!(page.number("#ensemble-progress").await, kept, "it goes on after it was stopped");
        assert!(kept < 30.0 && page.text("#ensemble-progress").await.starts_with("Stopped"));
        let open = page.script("return document.querySelectorAll('#fits button:not([disabled])').length").await;
        assert_eq!(open, json!(kept as u64));
        page.overwrite("#ensemble-runs", "0").await;
        page.click("#ensemble-start").await;
        assert!(page.text("#message-text").await.contains("from 1 to 100"));
    })
    .await;
}

#[tokio::test]
async fn the_stages_of_a_recipe_are_followed() {
    visit("index.html#benchmark=double-well&recipe=reliable", |page| async move {
        let shown = "document.querySelector('#stages [aria-current=step]')?.checkVisibility()";
        page.until("the stages are shown while the recipe is at work on them", 20, shown).await;
        assert!(!is_shown(&page, "#control-schedule").await, "the recipe has a schedule of its own");
        page.screenshot("stages").await;
        page.until_state("finished", 60).await;
        let run = page.run().await;
        assert!(is_shown(&page, "#minima").await, "what has come of it is not shown at the end");
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
        page.choose("#control-recipe", "paper").await;
        page.until_run_after(run, 10).await;
        assert!(is_shown(&page, "#control-schedule").await, "the recipe of the paper lets one choose a schedule");
    })
    .await;
}

#[tokio::test]
async fn each_mode_says_what_it_does_and_is_seen_alone() {
    visit(&format!("index.html#{QUICK}&panel=modes"), |page| async move {
        page.until_state("finished", 60).await;
        page.until_surveyed(1500).await;
        assert!(is_shown(&page, "#modes tr[data-value=well]").await, "no mode holds a well");
        let listed = page.script("return document.querySelectorAll('#modes tr[data-mode]').length").await;
        assert_eq!(listed.as_f64(), Some(page.number("#responsible").await), "the list and the count of modes differ");
        let curvatures = page
            .script(
                "return [...document.querySelectorAll('#modes tr[data-mode] td:nth-child(5)')].map(c => Number(c.dataset.value))",
            )
            .await;
        assert!(e2e::numbers(&curvatures).iter().all(|&c| c > -1e-6), "a mode is not convex: {curvatures}");
        let all = page.still("#plot-landscape").await;
        page.click("#modes tr:first-child button").await;
        page.until("one is said to be alone", 5, "document.querySelector('#alone-end').checkVisibility()").await;
        page.until_changed("one is drawn alone", "#plot-landscape", all).await;
        assert_eq!(page.script("return document.querySelectorAll('#modes [aria-pressed=true]').length").await, json!(1));
        page.screenshot("mode-alone").await;
        page.click("#alone-end").await;
        // The band below the axis names the mode that is responsible there.
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

/// Removal errors begin with the displayed error of the fit.
async fn priced_as_shown(page: &Page) {
    let (rmse, cost) = (page.text("#rmse").await, page.text("#prune-cost").await);
    assert!(cost.starts_with(&format!("RMSE {rmse} → ")), "the error is {rmse}, and the price is `{cost}`");
}

#[tokio::test]
async fn pruning_says_its_price_before_it_is_done() {
    visit(&format!("index.html#{QUICK}&panel=pruning"), |page| async move {
        page.until_state("finished", 60).await;
        page.until_surveyed(1500).await;
        page.until("the slider has its length", 10, "document.querySelector('#prune').max === '4'").await;
        assert!(page.text(".pruning p").await.contains("The blue curve"));
        let rmse = page.number("#rmse").await;
        let before = page.still("#plot-landscape").await;
        slide(&page, "#prune", 4.0).await;
        // The removal can be accepted if the numbers shown are those of the current fit.
        let priced =
            "document.querySelector('#prune-count').dataset.value === '4' && !document.querySelector('#prune-apply').disabled";
        page.until("four are marked and priced", 5, priced).await;
        priced_as_shown(&page).await;
        let price = page.number("#prune-cost").await;
        assert!(price > 2.0 * rmse, "one mode cannot hold two wells: {rmse} and {price}");
        page.until_changed("what would be left is drawn", "#plot-landscape", before).await;
        page.screenshot("pruning").await;
        page.click("#prune-cancel").await;
        assert!((page.number("#rmse").await - rmse).abs() < 1e-12);
        slide(&page, "#prune", 4.0).await;
        page.until("four are marked and priced again", 5, priced).await;
        page.click("#prune-apply").await;
        page.until("the error is another", 10, &format!("Number(document.querySelector('#rmse').dataset.value) !== {rmse}"))
            .await;
        let reached = page.number("#rmse").await;
        assert!((reached - price).abs() < 1e-3 * price, "{reached} instead of {price}");
        assert_eq!(page.exact("#responsible").await, "1");
        assert!(page.text("#altered").await.contains("cannot replay"));
        // The way back leads to the very same fit, and the way on to the one without these modes.
        for (way, error) in [("#undo", rmse), ("#redo", reached), ("#undo", rmse)] {
            page.click(way).await;
            page.until(
                "the error is the other one",
                10,
                &format!("Number(document.querySelector('#rmse').dataset.value) === {error}"),
            )
            .await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_run_that_is_priced_waits_and_is_priced_as_it_stands() {
    let link = QUICK.replace("1500", "10000000");
    visit(&format!("index.html#{link}&panel=pruning"), |page| async move {
        page.until("the slider has its length", 10, "document.querySelector('#prune').max === '4'").await;
        page.until("training is under way", 10, "Number(document.querySelector('#epoch').dataset.value) > 1000").await;
        slide(&page, "#prune", 4.0).await;
        page.until_state("paused", 10).await;
        page.until("what is marked can be removed", 10, "!document.querySelector('#prune-apply').disabled").await;
        priced_as_shown(&page).await;
        let epoch = page.epoch().await;
        page.click("#prune-cancel").await;
        page.until_state("running", 10).await;
        page.until("training goes on", 10, &format!("Number(document.querySelector('#epoch').dataset.value) > {epoch}")).await;
    })
    .await;
}

#[tokio::test]
async fn removals_in_several_inputs_are_priced_one_after_another() {
    let link = "benchmark=muller-brown&recipe=paper&modes=8&hidden=6&samples=300&epochs=300&panel=pruning";
    visit(&format!("index.html#{link}"), |page| async move {
        page.until_state("finished", 60).await;
        page.until("the slider has its length", 60, "document.querySelector('#prune').max === '7'").await;
        slide(&page, "#prune", 7.0).await;
        page.until("the last is marked", 20, "document.querySelector('#prune-count').dataset.value === '7'").await;
        page.screenshot("pruning-of-two-inputs").await;
        let removable = "!document.querySelector('#prune-apply').disabled";
        page.until("the last removal is priced", 120, removable).await;
        let words = page.text("#prune-count").await;
        assert!(words.starts_with("7 modes: ") && words.matches(',').count() == 6, "{words}");
        priced_as_shown(&page).await;
        let price = page.number("#prune-cost").await;
        page.click("#prune-apply").await;
        page.until("one mode is left", 20, "document.querySelector('#responsible').dataset.value === '1'").await;
        let reached = page.number("#rmse").await;
        assert!((reached - price).abs() < 1e-3 * price, "{reached} instead of {price}");
    })
    .await;
}

#[tokio::test]
async fn balls_roll_heat_moves_them_and_a_tilt_goes_round() {
    visit(&format!("index.html#{QUICK}&view=physics"), |page| async move {
        page.until_state("finished", 60).await;
        page.until_surveyed(1500).await;
        page.click("#balls-none").await;
        let still = page.still("#plot-landscape").await;
        page.script(
            "const canvas = document.querySelector('#plot-landscape'), box = canvas.getBoundingClientRect();
             canvas.dispatchEvent(new PointerEvent('click',
                 { clientX: box.left + box.width * 0.8, clientY: box.top + 80, bubbles: true }))",
        )
        .await;
        let mut seen = page.until_changed("a ball is seen", "#plot-landscape", still).await;
        slide(&page, "#temperature", 80.0).await;
        assert!(page.number("#temperature-value").await > 0.0);
        // Without heat, a ball would have come to rest by then.
        page.pause(3000).await;
        for _ in 0..4 {
            seen = page.until_changed("heat moves the ball", "#plot-landscape", seen).await;
        }
        slide(&page, "#tilt", 50.0).await;
        page.until("the tilt has its range", 10, "Number(document.querySelector('#tilt-value').dataset.value) > 0").await;
        for canvas in ["#plot-trace", "#plot-loop"] {
            page.until_painted(canvas).await;
        }
        page.screenshot("physics").await;
        assert_eq!(page.errors().await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn the_soft_minimum_follows_its_sharpness() {
    visit(&format!("index.html#{QUICK}&view=soft-minimum"), |page| async move {
        page.until_state("finished", 60).await;
        let before = page.still("#plot-soft").await;
        slide(&page, "#soft-rho", 200.0).await;
        assert!((page.number("#soft-rho-value").await - 100.0).abs() < 1e-9);
        page.until_changed("the soft minimum follows", "#plot-soft", before).await;
        page.screenshot("soft-minimum").await;
    })
    .await;
}

#[tokio::test]
async fn every_picture_can_be_exported() {
    visit("index.html", |page| async move {
        page.before_scripts("window.saved = []; URL.createObjectURL = blob => (window.saved.push(blob), 'data:,')").await;
        page.goto(&format!("index.html#{QUICK}")).await;
        page.until_state("finished", 60).await;
        let mut count = 0;
        for view in ["landscape", "ensemble", "physics", "soft-minimum"] {
            page.click(&format!("#view-{view}")).await;
            let names = page.script("return [...document.querySelectorAll('#export-which option')].map(o => o.value)").await;
            for name in names.as_array().expect("a list of pictures") {
                page.script("document.querySelector('#export').open = true").await;
                page.choose("#export-which", name.as_str().expect("a name")).await;
                page.click("#export-svg").await;
                page.until(&format!("{name} is offered"), 5, &format!("window.saved.length > {count}")).await;
                let text = page.promise(&format!("return await window.saved[{count}].text()")).await;
                assert!(text.as_str().is_some_and(|t| t.starts_with("<svg") && t.contains("</svg>")), "{view}: {name}");
                count += 1;
            }
        }
        assert_eq!(count, 16, "three pictures a view, and the whole of it");
    })
    .await;
}

#[tokio::test]
async fn every_view_fits_a_phone_in_the_dark() {
    visit("index.html", |page| async move {
        let phone = json!({ "width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": true });
        page.devtools("Emulation.setDeviceMetricsOverride", phone).await;
        page.prefer("dark").await;
        for (view, panel) in [("landscape", "wells"), ("ensemble", "modes"), ("physics", "stages"), ("soft-minimum", "pruning")] {
            page.goto(&format!("index.html#{QUICK}&view={view}&panel={panel}")).await;
            page.until_state("finished", 60).await;
            page.pause(100).await;
            fits(&page, view).await;
            let narrow = page
                .script(
                    "return [...document.querySelectorAll('[role=tab], .tools button, .tools input')]
                         .filter(e => e.checkVisibility() && e.getBoundingClientRect().height < 43.5).map(e => e.id)",
                )
                .await;
            assert_eq!(narrow, json!([]), "{view}: too small for a finger");
            page.screenshot(&format!("phone-{view}")).await;
        }
    })
    .await;
}
