//! Tests of the two faces of the page: the simple one of a first visit, and the Lab.

use multiwell_page_tests::{Page, visit, visit_run};
use serde_json::json;

/// Names of the controls that the keyboard reaches.
const CONTROLS: &str = "return [...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex]')]
    .filter(element => element.tabIndex >= 0 && !element.disabled && element.checkVisibility())
    .map(element => element.id || element.textContent)";
/// Number of words that are seen. The symbols of a typeset formula are not counted.
const WORDS: &str = "const count = (element) => element.innerText.split(/\\s+/).filter(Boolean).length;
    return [...document.querySelectorAll('.unseen, #typeset')].reduce((words, element) => words - count(element), count(document.body))";

/// Asserts that the simple face has few controls and words at 1440 x 900.
async fn assert_is_simple(page: &Page, what: &str) {
    page.resize(1440, 900).await;
    page.pause(300).await;
    let (controls, words) = (page.script(CONTROLS).await, page.script(WORDS).await);
    println!("  {what}: {} controls, {words} words", controls.as_array().map_or(0, Vec::len));
    assert!(controls.as_array().is_some_and(|controls| controls.len() <= 15), "{what}: {controls}");
    assert!(words.as_u64().is_some_and(|words| words <= 80), "{what}: {words} words");
}

async fn assert_picture_is_large(page: &Page) {
    for (width, height) in [(1440, 900), (390, 844), (844, 390), (720, 450)] {
        page.resize(width, height).await;
        page.pause(300).await;
        page.assert_picture_is_large(&format!("the simple face at {width} x {height}")).await;
        page.assert_no_overflow(&format!("the simple face at {width} x {height}")).await;
        let cut = "const box = (name) => document.querySelector(name).getBoundingClientRect();
            const [row, name, result] = ['#gallery', '#gallery [aria-pressed=true] span', '#result'].map(box);
            return name.width < 20 || name.bottom > row.bottom + 1 || width > 390 && result.bottom > innerHeight";
        let cut = cut.replace("width > 390", &format!("{width} > 390"));
        assert_eq!(page.script(&cut).await, json!(false), "{width} x {height}: the name of the landscape or the result is cut");
    }
}

#[tokio::test]
async fn first_visit_draws_curve_and_invites_reader_to_draw() {
    visit("index.html", |page| async move {
        page.until("the curve is drawn", 30, "document.querySelector('#sketch-note').textContent.startsWith('Now you')").await;
        assert_is_simple(&page, "a first visit").await;
        page.until("one step is current", 10, "document.querySelectorAll('#steps [aria-current=step]').length === 1").await;
        page.audit("the simple face while it trains").await;
        page.set("#speed", "100").await;
        page.until_state("finished", 60).await;
        page.until(
            "the sentence says so",
            5,
            "/^10 convex bowls → 4 wells found/.test(document.querySelector('#result').textContent)",
        )
        .await;
        page.audit("the simple face").await;
        assert_is_simple(&page, "a finished first visit").await;
        assert_picture_is_large(&page).await;
        assert!(page.link().await.contains("face=simple"), "{}", page.link().await);
        assert_eq!(page.errors().await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn every_benchmark_has_few_controls_and_words_in_every_state() {
    visit_run("benchmark=double-well&recipe=paper&epochs=30&face=simple", |page| async move {
        let ids = page.script("return [...document.querySelectorAll('#benchmark option')].map((option) => option.value)").await;
        for id in ids.as_array().expect("benchmarks").iter().filter_map(|id| id.as_str()) {
            let short = if id == "metamaterial" { "batch=20&samples=50&epochs=3" } else { "epochs=40" };
            // The last link names no version of the recipe, so the run has a remark.
            for (link, state) in [("recipe_version=9", "running"), ("", "paused"), (short, "finished")] {
                if state == "paused" {
                    page.click("#run").await;
                } else {
                    page.goto(&format!("index.html#benchmark={id}&{link}&face=simple")).await;
                }
                page.until_state(state, 90).await;
                page.until("the page is unveiled", 30, "!document.body.hasAttribute('data-veiled')").await;
                assert_is_simple(&page, &format!("{id}, {state}")).await;
            }
        }
    })
    .await;
}

#[tokio::test]
async fn steps_of_training_stay_in_place_when_they_end_and_when_result_is_long() {
    visit_run("benchmark=double-well&face=simple", |page| async move {
        for (width, height) in [(1280, 860), (820, 1180), (390, 844), (844, 390)] {
            page.resize(width, height).await;
            page.pause(200).await;
            let moved = "const [result, list] = ['#result', '#steps'].map((name) => document.querySelector(name));
                const place = () => { const { left, width, height } = list.getBoundingClientRect(); return [left, width, height] };
                const done = place();
                const words = result.textContent;
                result.textContent = words.repeat(3);
                const long = place();
                result.textContent = words;
                for (const step of list.children) step.classList.remove('done');
                list.children[1].setAttribute('aria-current', 'step');
                const none = place();
                for (const step of list.children) step.classList.add('done');
                list.children[1].removeAttribute('aria-current');
                return [...long, ...none].map((at, k) => Math.abs(at - done[k % 3]))";
            let by = page.script(moved).await;
            assert!(by.as_array().expect("six numbers").iter().all(|by| by.as_f64() < Some(1.0)), "{width}: {by}");
        }
    })
    .await;
}

#[tokio::test]
async fn face_is_kept_by_link_and_visitor() {
    visit("index.html#benchmark=double-well&face=simple", |page| async move {
        page.until_state("running", 30).await;
        assert_eq!(page.text("#speed-value").await, "600 epochs/s");
        assert!(!page.is_visible("#controls [data-part=epsilon]").await && !page.is_visible("#rmse").await);
        let noise = "document.querySelector('label[for=control-noise]').dataset.text";
        // The value is 0.05 at position 68 of 120.
        page.set("#slider-noise", "68").await;
        page.until("the noise is round", 20, &format!("{noise} === '0.05' && location.hash.includes('noise=0.05')")).await;
        page.click("#gallery [data-benchmark=random-wells]").await;
        page.until("the landscape is another", 20, "/benchmark=random-wells.*face=simple/.test(location.hash)").await;
        page.until("the noise is kept", 20, "location.hash.includes('noise=0.05')").await;
        page.click("#face").await;
        page.until("all controls are shown", 5, "document.body.dataset.face === 'lab'").await;
        assert!(page.is_visible("#controls [data-part=epsilon]").await && page.is_visible("#rmse").await);
        assert_eq!(page.text("#speed-value").await, "full");
        page.until("the link has no face", 5, "!location.hash.includes('face')").await;
        // The next visit without a link has the last face.
        page.goto("index.html?").await;
        page.goto("index.html").await;
        page.until("the Lab is shown", 20, "document.body.dataset.face === 'lab' && document.body.dataset.state !== 'loading'")
            .await;
        page.until("the link is complete", 20, "/^#benchmark=cosine-well&recipe_version=/.test(location.hash)").await;
        assert_eq!(page.errors().await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn result_precedes_note_on_view_and_nothing_overlaps_in_any_window() {
    // Tops of the visible parts from above, and parts that lie on one another.
    let parts = "scrollTo(0, document.body.scrollHeight);
        const box = (e) => e.getBoundingClientRect();
        const plots = [...document.querySelectorAll('.view-plot')].filter((plot) => plot.checkVisibility());
        const others = ['#result', '#run', '#speed'].map((name) => document.querySelector(name));
        const all = [...plots, ...others];
        const overlap = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1;
        return all.flatMap((a, k) => all.slice(k + 1).filter((b) => overlap(box(a), box(b))).map((b) => `${a.id || a.innerText} on ${b.id || b.innerText}`))";
    for link in [
        "benchmark=muller-brown&recipe=paper&samples=100&epochs=30",
        "benchmark=schlogl&epochs=30&samples=50",
        "benchmark=metamaterial&samples=50&batch=20&epochs=3",
    ] {
        visit_run(&format!("{link}&face=simple"), move |page| async move {
            for (width, height) in [(1280, 860), (820, 1180), (844, 390), (720, 450), (390, 844)] {
                page.resize(width, height).await;
                page.script("scrollTo(0, 0)").await;
                page.pause(300).await;
                let below =
                    page.script("return document.querySelector('#run').getBoundingClientRect().bottom - innerHeight").await;
                assert!(width > 390 || below.as_f64() <= Some(0.0), "{link}: the run button is {below} pixels below the window");
                assert_eq!(page.script(parts).await, json!([]), "{link}, {width} x {height}");
            }
            assert_is_simple(&page, link).await;
            if link.contains("metamaterial") {
                assert!(!page.is_visible("#steps").await && !page.is_visible("#explanation").await);
                assert!(page.text("#result").await.starts_with("Response of the material learnt, R²"));
            }
            // One note follows the result.
            let notes = "const below = document.querySelector('#result').getBoundingClientRect().bottom;
                const notes = [...document.querySelectorAll('main .note')].filter((note) => note.checkVisibility());
                return notes.map((note) => [note.id, note.getBoundingClientRect().top > below - 1])";
            let notes = page.script(notes).await;
            let has_remark = page.is_visible("#altered").await;
            let note = if has_remark {
                "altered"
            } else if link.contains("muller") {
                "view-note"
            } else {
                "explanation"
            };
            assert_eq!(notes, json!([[note, true]]), "{link}");
        })
        .await;
    }
}
