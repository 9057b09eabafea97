//! The views behind the tabs: ensembles, physics, the soft minimum; and the details below the number line.

use e2e::{Page, visit};
use serde_json::json;

/// Two wells, learnt in a second or two.
const QUICK: &str = "benchmark=double-well&modes=5&hidden=8,8&recipe=paper&lr=0.01&gate-lr=0.01&epochs=1500";

/// Moves a slider as a person would.
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

/// What must hold of a window of any size: nothing is wider than it.
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
            assert!(page.colours(canvas).await > 8, "{canvas} is not painted");
        }
        page.screenshot("ensemble").await;
        assert_eq!(page.script("return document.querySelectorAll('#fits [data-best]').length").await, json!(1));
        // What is opened is the same run again: its RMSE is the one that the button has told.
        let told = page.script("return document.querySelector('#fits button:nth-child(3)').getAttribute('aria-label')").await;
        page.click("#fits button:nth-child(3)").await;
        page.until("the link has its seed", 10, "location.hash.includes('seed=5')").await;
        page.until_state("running", 10).await;
        page.until_state("finished", 60).await;
        let shown = page.text("#rmse").await;
        assert!(told.as_str().is_some_and(|told| told.contains(&format!("RMSE {shown},"))), "{told}, and opened {shown}");
        assert!(is_shown(&page, "#plot-landscape").await);
    })
    .await;
}

#[tokio::test]
async fn what_an_ensemble_has_done_is_kept_when_it_is_stopped() {
    visit(&format!("index.html#{}&view=ensemble", QUICK.replace("1500", "15000")), |page| async move {
        page.until_state("running", 10).await;
        page.overwrite("#ensemble-runs", "30").await;
        page.click("#ensemble-start").await;
        page.until_state("paused", 10).await;
        page.until("one has ended", 60, "Number(document.querySelector('#ensemble-progress').dataset.value) > 0").await;
        page.click("#ensemble-start").await;
        let kept = page.number("#ensemble-progress").await;
        page.promise("await new Promise(resolve => setTimeout(resolve, 700))").await;
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
        page.until_state("running", 10).await;
        assert!(is_shown(&page, "#control-schedule").await, "the recipe of the paper lets one choose a schedule");
    })
    .await;
}

#[tokio::test]
async fn each_mode_says_what_it_does_and_is_seen_alone() {
    visit(&format!("index.html#{QUICK}&panel=modes"), |page| async move {
        page.until_state("finished", 60).await;
        // What is said about the modes follows the last epoch, after a while.
        page.until("a mode holds a well", 10, "document.querySelector('#modes tr[data-value=well]')").await;
        let listed = page.script("return document.querySelectorAll('#modes tr[data-mode]').length").await;
        assert_eq!(listed.as_f64(), Some(page.number("#responsible").await), "the list and the count of modes differ");
        let curvatures = page
            .script(
                "return [...document.querySelectorAll('#modes tr[data-mode] td:nth-child(5)')].map(c => Number(c.dataset.value))",
            )
            .await;
        assert!(e2e::numbers(&curvatures).iter().all(|&c| c > -1e-6), "a mode is not convex: {curvatures}");
        let all = page.fingerprint("#plot-landscape").await;
        page.click("#modes tr:first-child button").await;
        page.until("one is drawn alone", 5, "document.querySelector('#alone-end').checkVisibility()").await;
        page.promise("await new Promise(resolve => setTimeout(resolve, 100))").await;
        assert_ne!(page.fingerprint("#plot-landscape").await, all);
        assert_eq!(page.script("return document.querySelectorAll('#modes [aria-pressed=true]').length").await, json!(1));
        page.screenshot("mode-alone").await;
        page.click("#alone-end").await;
        // The band below the axis names the mode that holds the place.
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
async fn pruning_says_its_price_before_it_is_done() {
    visit(&format!("index.html#{QUICK}&panel=pruning"), |page| async move {
        page.until_state("finished", 60).await;
        page.until("the slider has its length", 10, "document.querySelector('#prune').max === '4'").await;
        let rmse = page.number("#rmse").await;
        let before = page.fingerprint("#plot-landscape").await;
        slide(&page, "#prune", 4.0).await;
        page.until("four are marked", 5, "document.querySelector('#prune-count').dataset.value === '4'").await;
        let price = page.number("#prune-cost").await;
        assert!(price > 2.0 * rmse, "one mode cannot hold two wells: {rmse} and {price}");
        page.promise("await new Promise(resolve => setTimeout(resolve, 100))").await;
        assert_ne!(page.fingerprint("#plot-landscape").await, before, "what would be left is not drawn");
        page.screenshot("pruning").await;
        page.click("#prune-cancel").await;
        assert!((page.number("#rmse").await - rmse).abs() < 1e-12);
        slide(&page, "#prune", 4.0).await;
        page.click("#prune-apply").await;
        page.until("the modes are gone", 10, "document.querySelector('#responsible').dataset.value === '1'").await;
        assert!((page.number("#rmse").await - price).abs() < 1e-3 * price);
        assert!(page.text("#altered").await.contains("cannot replay"));
    })
    .await;
}

#[tokio::test]
async fn balls_roll_heat_moves_them_and_a_tilt_goes_round() {
    visit(&format!("index.html#{QUICK}&view=physics"), |page| async move {
        page.until_state("finished", 60).await;
        page.click("#balls-none").await;
        page.promise("await new Promise(resolve => setTimeout(resolve, 300))").await;
        let still = page.fingerprint("#plot-landscape").await;
        page.script(
            "const canvas = document.querySelector('#plot-landscape'), box = canvas.getBoundingClientRect();
             canvas.dispatchEvent(new PointerEvent('click',
                 { clientX: box.left + box.width * 0.8, clientY: box.top + 80, bubbles: true }))",
        )
        .await;
        page.promise("await new Promise(resolve => setTimeout(resolve, 500))").await;
        let rolling = page.fingerprint("#plot-landscape").await;
        assert_ne!(rolling, still, "no ball is seen");
        slide(&page, "#temperature", 80.0).await;
        assert!(page.number("#temperature-value").await > 0.0);
        let mut seen = Vec::new();
        for _ in 0..4 {
            page.promise("await new Promise(resolve => setTimeout(resolve, 250))").await;
            seen.push(page.fingerprint("#plot-landscape").await);
        }
        seen.dedup();
        assert!(seen.len() > 2, "heat does not move the ball");
        slide(&page, "#tilt", 50.0).await;
        assert!(page.number("#tilt-value").await > 0.0, "the tilt has no range: the loop is not known");
        page.promise("await new Promise(resolve => setTimeout(resolve, 300))").await;
        for canvas in ["#plot-trace", "#plot-loop"] {
            assert!(page.colours(canvas).await > 8, "{canvas} is not painted");
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
        let before = page.fingerprint("#plot-soft").await;
        slide(&page, "#soft-rho", 200.0).await;
        page.promise("await new Promise(resolve => setTimeout(resolve, 100))").await;
        assert!((page.number("#soft-rho-value").await - 100.0).abs() < 1e-9);
        assert_ne!(page.fingerprint("#plot-soft").await, before);
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
        assert_eq!(count, 12, "three pictures a view");
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
            page.promise("await new Promise(resolve => setTimeout(resolve, 300))").await;
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
