//! Tests of links that are pasted while the page is working. Each takes effect.

use multiwell_page_tests::{Page, visit};

/// A few modes of a curve, trained for the duration of the test.
const ENDLESS_RUN: &str = "recipe=paper&benchmark=double-well&hidden=4&epochs=10000000";

/// JavaScript: pseudo-random numbers from 0 to 1, equal in all runs of the test.
const RANDOM_NUMBERS: &str = "window.state = 20_250_617;
    window.random = () => {
        window.state = (window.state + 0x6D2B79F5) | 0;
        let t = Math.imul(window.state ^ (window.state >>> 15), 1 | window.state);
        t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
        return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
    window.wait = milliseconds => new Promise(resolve => setTimeout(resolve, milliseconds));";

/// JavaScript: changes view, panel and settings repeatedly; each change writes the link.
const RANDOM_CHANGES: &str = "window.changes = 0;
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
    let link = format!("{ENDLESS_RUN}&seed={seed}&modes={modes}&data-seed=1");
    page.promise(&format!("window.enough ??= (window.meddle(), false); await wait(300 * random()); location.hash = '#{link}'"))
        .await;
    let is_followed = format!(
        "document.querySelector('#control-seed').value === '{seed}' && document.querySelector('#control-modes').value === '{modes}'
         && location.hash.includes('seed={seed}') && location.hash.includes('modes={modes}') && !location.hash.includes('data-seed')"
    );
    page.until(&format!("the link with seed {seed} is followed"), 10, &is_followed).await;
}

#[tokio::test]
async fn links_pasted_at_random_times_are_followed() {
    visit("index.html#face=lab", |page| async move {
        page.before_scripts(&format!("{RANDOM_NUMBERS} {RANDOM_CHANGES}")).await;
        // The first link is pasted while the page loads.
        page.goto(&format!("index.html#{ENDLESS_RUN}&modes=9")).await;
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
