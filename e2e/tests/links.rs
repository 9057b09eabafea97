//! Links that are pasted while the page is working: each is followed.

use e2e::{Page, visit};
use serde_json::json;

/// A few modes of a curve, trained for the duration of the test.
const RUN: &str = "recipe=paper&benchmark=double-well&hidden=4&epochs=10000000";

/// JavaScript: pseudo-random numbers from 0 to 1, equal in all runs of the test.
const RANDOM: &str = "window.state = 20_250_617;
    window.random = () => {
        window.state = (window.state + 0x6D2B79F5) | 0;
        let t = Math.imul(window.state ^ (window.state >>> 15), 1 | window.state);
        t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
        return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
    window.wait = milliseconds => new Promise(resolve => setTimeout(resolve, milliseconds));";

/// JavaScript: changes view, panel and settings repeatedly; each change writes the link.
const MEDDLE: &str = "window.changes = 0;
    window.meddle = async () => {
        const tell = (id, value, ...kinds) => {
            const control = document.querySelector(id);
            control.value = value;
            for (const kind of kinds) control.dispatchEvent(new Event(kind, { bubbles: true }));
        };
        const pick = list => list[Math.floor(random() * list.length)];
        while (!window.enough) {
            await wait(30 * random());
            if (document.body.dataset.state === 'loading') continue;
            pick([
                () => document.querySelector(pick(['#panel-wells', '#panel-modes', '#panel-stages', '#panel-pruning'])).click(),
                () => document.querySelector(pick(['#view-landscape', '#view-physics', '#view-soft-minimum'])).click(),
                () => tell('#control-lr', pick(['1e-3', '2e-3', '3e-3']), 'input', 'change'),
                () => tell('#slider-epsilon', String(Math.floor(280 * random())), 'input', 'change'),
            ])();
            window.changes += 1;
        }
    };";

/// Pastes a link after a short random time and waits until its run is shown. The page then shortens the link.
async fn paste(page: &Page, seed: u32, modes: u32) {
    let link = format!("{RUN}&seed={seed}&modes={modes}&data-seed=1");
    page.promise(&format!("window.enough ??= (window.meddle(), false); await wait(300 * random()); location.hash = '#{link}'"))
        .await;
    let is_followed = format!(
        "document.querySelector('#control-seed').value === '{seed}' && document.querySelector('#control-modes').value === '{modes}'
         && location.hash.includes('seed={seed}') && location.hash.includes('modes={modes}') && !location.hash.includes('data-seed')"
    );
    page.until(&format!("the link with seed {seed} is followed"), 10, &is_followed).await;
}

#[tokio::test]
async fn ten_links_pasted_at_any_moment_are_followed() {
    visit("index.html", |page| async move {
        page.before_scripts(&format!("{RANDOM} {MEDDLE}")).await;
        // The first is pasted while the page loads.
        page.goto(&format!("index.html#{RUN}&modes=9")).await;
        for k in 0..10 {
            paste(&page, 100 + k, 2 + k % 5).await;
        }
        let changes = page.script("window.enough = true; return window.changes").await;
        println!("  {changes} changes by the page meanwhile");
        assert!(changes.as_u64().is_some_and(|changes| changes > 20), "the page has done nothing meanwhile");
        assert_eq!(page.errors().await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn of_links_pasted_at_once_the_last_is_followed() {
    visit(&format!("index.html#{RUN}&modes=9"), |page| async move {
        page.until_state("running", 30).await;
        let run = page.run().await;
        page.script(&format!(
            "for (const seed of [5, 6, 7]) location.hash = '#{RUN}&seed=' + seed;
             document.querySelector('#panel-modes').click()"
        ))
        .await;
        page.until_run_after(run, 10).await;
        page.until("the last is followed", 10, "document.querySelector('#control-seed').value === '7'").await;
        page.click("#panel-stages").await;
        page.until("the link is that of the run", 10, "/seed=7&.*panel=stages$/.test(location.hash)").await;
        // A link to another view of the run does not restart it.
        let (run, link) = (page.run().await, page.link().await);
        page.script(&format!("location.hash = '#{}'", link.replace("panel=stages", "view=physics"))).await;
        page.until("it is shown", 10, "document.querySelector('#view-physics').ariaSelected === 'true'").await;
        assert_eq!(json!(page.run().await), json!(run));
    })
    .await;
}
