//! A material with memory: its loops, training while views are drawn, a path drawn by hand, dynamics, files, and own
//! trajectories.

use e2e::{Page, median_and_largest, visit};
use serde_json::json;

/// A few epochs of a few trajectories.
const FEW: &str = "benchmark=metamaterial&samples=50&batch=20&epochs=8";

/// Waits until the view with this name is drawn.
async fn until_seen(page: &Page, view: &str) {
    let first = match view {
        "loops" => " of trajectory ",
        "parity" => "R²",
        "inside" => "Hidden states",
        "pad" => "Draw a path",
        _ => "Stress and strain",
    };
    // The plots of the previous view stay until those of this one are ready.
    let condition = format!(
        "document.querySelector('#view-{view}')?.ariaSelected === 'true'
         && document.querySelector('#view-plot-title-0')?.innerText.includes('{first}')"
    );
    page.until(&format!("{view} is shown"), 20, &condition).await;
    page.until_painted("#view-plot-0").await;
}

async fn set(page: &Page, selector: &str, value: &str) {
    let script = format!(
        "const control = document.querySelector('{selector}'); control.value = '{value}';
         for (const kind of ['input', 'change']) control.dispatchEvent(new Event(kind, {{ bubbles: true }}))"
    );
    page.script(&script).await;
}

#[tokio::test]
async fn the_loops_are_seen_at_once_and_learnt_within_a_minute() {
    visit("index.html", |page| async move {
        page.before_scripts(
            "window.wiped = [];
             const wipe = CanvasRenderingContext2D.prototype.clearRect;
             CanvasRenderingContext2D.prototype.clearRect = function (...box) {
                 if (this.canvas.id === 'view-plot-0') window.wiped.push(performance.now());
                 return wipe.apply(this, box);
             }",
        )
        .await;
        page.let_be_timed().await;
        page.goto("index.html#benchmark=metamaterial").await;
        until_seen(&page, "loops").await;
        page.screenshot("metamaterial-begin").await;
        page.until("the stress is learnt", 60, "Number(document.querySelector('#r2').dataset.value) > 0.98").await;
        println!("  R² of S11 is above 0.98 at epoch {}", page.epoch().await);
        let (gaps, rate) = (page.gaps("window.wiped").await, page.number("#rate").await);
        let (gap, longest) = median_and_largest(&gaps);
        println!("  loops: {gap:.1} ms apart in the median, {longest:.1} ms at most, beside {rate:.0} epochs a second");
        page.screenshot("metamaterial-loops").await;
        for view in ["parity", "inside", "pad", "compare"] {
            page.click(&format!("#view-{view}")).await;
            until_seen(&page, view).await;
            page.screenshot(&format!("metamaterial-{view}")).await;
        }
        assert_eq!(page.errors().await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn a_path_that_is_drawn_is_answered() {
    visit(&format!("index.html#{FEW}&view=pad"), |page| async move {
        page.until_state("finished", 60).await;
        until_seen(&page, "pad").await;
        let before = page.still("#view-plot-2").await;
        let stroke = "const canvas = document.querySelector('#view-plot-0'), box = canvas.getBoundingClientRect();
             const at = (kind, x, y) => canvas.dispatchEvent(new PointerEvent(kind, { bubbles: true, pointerId: 1, isPrimary: true,
                 buttons: kind === 'pointerup' ? 0 : 1, clientX: box.left + x * box.width, clientY: box.top + y * box.height }));
             at('pointerdown', 0.2, 0.5);
             for (let k = 0; k <= 20; k++) at('pointermove', 0.2 + 0.03 * k, 0.5 + 0.3 * Math.sin(k / 3));
             at('pointerup', 0.8, 0.5)";
        page.script(stroke).await;
        page.until_changed("the answer is another one", "#view-plot-2", before).await;
        page.screenshot("metamaterial-drawn").await;
        assert_eq!(page.errors().await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn the_dynamics_bring_their_rate_and_a_saved_fit_comes_back() {
    visit(&format!("index.html#{FEW}"), |page| async move {
        page.before_scripts("window.saved = []; URL.createObjectURL = blob => (window.saved.push(blob), 'data:,')").await;
        page.goto(&format!("index.html#{FEW}&dynamics=onsager")).await;
        page.until_state("finished", 90).await;
        assert_eq!(page.field("#control-lr").await, "3e-3");
        let shown = (page.exact("#r2").await, page.exact("#rmse").await);
        page.script("document.querySelector('#export').open = true").await;
        page.click("#export-model").await;
        page.until("the fit is saved", 10, "window.saved.length === 1").await;
        let text = page.promise("return await window.saved[0].text()").await;
        let text = text.as_str().expect("a text");
        assert!(text.contains("multiwell-material") && text.contains("onsager"));
        let run = page.run().await;
        page.choose("#benchmark", "double-well").await;
        page.until_run_after(run, 20).await;
        // If the run is paused, an opened file is shown but not trained.
        page.until_state("running", 10).await;
        page.click("#step").await;
        page.until_state("paused", 10).await;
        let run = page.run().await;
        page.open_file("material.json", text).await;
        page.until_run_after(run, 20).await;
        assert_eq!(page.field("#benchmark").await, "metamaterial");
        assert_eq!((page.state().await.as_str(), page.epoch().await), ("paused", 0.0));
        // A file holds all weights exactly, and the held-out trajectories follow from the seed, so nothing may differ.
        assert_eq!((page.exact("#r2").await, page.exact("#rmse").await), shown);
        assert_eq!(page.errors().await, Vec::<String>::new());
    })
    .await;
}

/// Trajectories of a spring with dry friction: the force is proportional to the stretch minus the slip.
fn friction() -> String {
    let mut text = String::from("run,time,u,F\n");
    for run in 0..10 {
        let mut slip = 0.0_f64;
        for n in 0..=40 {
            let u = (0.4 + 0.05 * f64::from(run)) * (f64::from(n) * (0.25 + 0.01 * f64::from(run))).sin();
            slip = slip.clamp(u - 0.2, u + 0.2);
            text += &format!("{run},{n},{u},{}\n", 2.0 * (u - slip) + 0.5 * u);
        }
    }
    text
}

#[tokio::test]
async fn runs_of_a_users_own_are_learnt() {
    visit("index.html#epochs=2000", |page| async move {
        page.until_state("running", 10).await;
        let run = page.run().await;
        page.open_file("friction.csv", &friction()).await;
        page.until("it is asked which columns are what", 10, "document.querySelector('#columns-dialog').open").await;
        set(&page, "#columns-kind", "own-trajectories").await;
        let parts = page.script("return [...document.querySelectorAll('#columns select')].map(s => s.value)").await;
        assert_eq!(parts, json!(["run", "time", "input", "output"]), "what the names say is not proposed");
        page.click("#columns-dialog [value=ok]").await;
        page.until_run_after(run, 20).await;
        assert_eq!(page.field("#benchmark").await, "own-trajectories");
        assert!(!page.text("#controls").await.contains("E11"), "E11 of runs that have none");
        until_seen(&page, "loops").await;
        page.until("the force is learnt", 90, "Number(document.querySelector('#r2').dataset.value) > 0.95").await;
        page.screenshot("own-trajectories").await;
        assert_eq!(page.errors().await, Vec::<String>::new());
    })
    .await;
}
