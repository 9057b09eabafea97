//! Tests of the layout of the page at every width, while it loads, in other documents, by touch and keyboard, and in forced colours.

use multiwell_page_tests::{CURVE_LINK, CUT_SELECTS, Key, Page, visit, visit_run};
use serde_json::{Value, json};

/// A curve, several inputs, a density and a material, with short trainings.
const PROBLEM_LINKS: [(&str, &str); 4] = [
    ("curve", CURVE_LINK),
    ("several", "benchmark=mechanochemical&recipe=paper&epochs=20&samples=60"),
    ("density", "benchmark=schlogl&epochs=30&samples=50"),
    ("material", "benchmark=metamaterial&samples=50&batch=20&epochs=3"),
];

/// JavaScript: the visible elements that a selector finds, by name.
const SEEN_ELEMENTS: &str = "const seen = selector => [...document.querySelectorAll(selector)]
    .filter(e => e.checkVisibility({ visibilityProperty: true }) && e.getClientRects().length)
    .map(e => e.tagName.toLowerCase() + '#' + (e.id || e.className));";

/// Waits until a run has ended and its picture has been drawn.
async fn until_drawn(page: &Page) {
    page.until_state("finished", 60).await;
    let canvas = "[...document.querySelectorAll('#picture canvas')].some(canvas => canvas.checkVisibility() && canvas.width > 1)";
    page.until("its picture is there", 20, canvas).await;
}

/// Layout errors of the current window: elements wider than it, and pictures that are cut off.
async fn faults(page: &Page) -> Value {
    page.script(
        "const faults = [], root = document.documentElement, wide = root.scrollWidth - root.clientWidth;
         if (wide > 0) faults.push(`the document is ${wide} pixels wider than the window`);
         for (const canvas of document.querySelectorAll('#picture canvas, .two canvas')) {
             if (!canvas.checkVisibility()) continue;
             const box = canvas.getBoundingClientRect(), name = `${canvas.id}, ${Math.round(box.width)} x ${Math.round(box.height)},`;
             if (box.width < 100 || box.height < 60) faults.push(`${name} is too small`);
             for (let outside = canvas.parentElement; outside; outside = outside.parentElement) {
                 const frame = outside.getBoundingClientRect();
                 if (box.left < frame.left - 0.5 || box.right > frame.right + 0.5) {
                     faults.push(`${name} is cut off by ${outside.tagName}.${outside.className}`);
                 }
             }
         }
         for (const list of document.querySelectorAll('[role=tablist]')) {
             const tabs = [...list.children].filter(tab => tab.checkVisibility()).map(tab => [tab, tab.getBoundingClientRect()]);
             for (let k = 1; k < tabs.length; k++) {
                 const [[, before], [tab, box]] = [tabs[k - 1], tabs[k]];
                 if (box.top < before.bottom - 1 && box.left - before.right < 15.5) faults.push(`${tab.id} runs into the tab before it`);
             }
         }
         const header = document.querySelector('header').getBoundingClientRect().height;
         if (header > 140 && innerWidth > 760) faults.push(`the header is ${header} pixels high`);
         // Titles of plots, and the sentence on the result.
         for (const words of document.querySelectorAll('.view-plot figcaption, #result, #altered')) {
             // A remark that is longer than its space has a button that opens it.
             if (words.id === 'altered' && document.querySelector('#altered-more').checkVisibility()) continue;
             if (words.scrollWidth > words.clientWidth + 1 || words.scrollHeight > words.clientHeight + 1) faults.push(`cut off: ${words.innerText}`);
         }
         return faults",
    )
    .await
}

#[tokio::test]
async fn layout_has_no_clipped_parts_at_any_width() {
    for (kind, link) in PROBLEM_LINKS {
        visit_run(link, move |page| async move {
            until_drawn(&page).await;
            for (width, height) in [
                (320, 640),
                (390, 844),
                (600, 900),
                (768, 1024),
                (820, 1180),
                (1000, 800),
                (1280, 860),
                (1920, 1080),
                (2560, 1440),
            ] {
                page.resize(width, height).await;
                assert_eq!(faults(&page).await, json!([]), "{kind}, {width} pixels wide");
                page.script("document.querySelector('#guide').open = true").await;
                let sheet = page
                    .script("const box = document.querySelector('.guides').getBoundingClientRect(); return [box.left, box.right]")
                    .await;
                let ends = multiwell_page_tests::numbers(&sheet);
                assert!(ends[0] >= 0.0 && ends[1] <= f64::from(width), "{kind}, {width}: the guide lies at {ends:?}");
                page.script("document.querySelector('#guide').open = false").await;
            }
        })
        .await;
    }
}

#[tokio::test]
async fn figure_fills_half_of_embedded_frame() {
    for (kind, link) in PROBLEM_LINKS {
        visit(&format!("index.html?embed#{link}"), move |page| async move {
            until_drawn(&page).await;
            for (width, height) in [(390, 440), (720, 480), (1000, 440), (720, 360)] {
                page.resize(width, height).await;
                assert_eq!(faults(&page).await, json!([]), "{kind}, {width} x {height}");
                page.assert_picture_is_large(&format!("{kind}, {width} x {height}")).await;
            }
        })
        .await;
    }
}

/// Script that records the elements that are visible and drawn before there is a run, and the layout shift of the page.
const WATCH_LOADING: &str = "window.flashed = new Set(); window.frames_seen = 0; window.shift = 0;
    new PerformanceObserver(list => {
        for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value;
    }).observe({ type: 'layout-shift', buffered: true });
    const begun = () => document.body?.dataset.shown;
    const look = () => {
        if (begun()) return;
        if (document.body) {
            window.frames_seen += 1;
            seen('[role=tab], .tools, .numbers, table, canvas, #controls *, nav *, header select, dialog')
                .forEach(name => window.flashed.add(name));
        }
        requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
    const write = CanvasRenderingContext2D.prototype.fillText;
    CanvasRenderingContext2D.prototype.fillText = function (text, ...place) {
        if (!begun()) window.flashed.add('the text ' + text);
        return write.call(this, text, ...place);
    };";

#[tokio::test]
async fn layout_does_not_flash_or_shift_during_load() {
    for (width, height) in [(1280, 860), (390, 844)] {
        for (kind, link) in [PROBLEM_LINKS[0], PROBLEM_LINKS[1], PROBLEM_LINKS[3]] {
            visit("index.html#face=lab", move |page| async move {
                page.resize(width, height).await;
                page.before_scripts(&format!("{SEEN_ELEMENTS} {WATCH_LOADING}")).await;
                // The network has the speed of a good mobile network.
                let network = json!({ "offline": false, "latency": 40, "downloadThroughput": 1e6, "uploadThroughput": 1e6 });
                page.devtools("Network.enable", json!({})).await;
                page.devtools("Network.emulateNetworkConditions", network).await;
                page.goto(&format!("index.html#{link}")).await;
                until_drawn(&page).await;
                let seen = page.script("return [window.frames_seen > 5, [...window.flashed]]").await;
                assert_eq!(seen, json!([true, []]), "{kind}, {width} pixels: seen before there is anything in it");
                let shift = page.script("return window.shift").await.as_f64().unwrap_or(f64::NAN);
                println!("  {kind}, {width} pixels: layout shift {shift:.3}");
                assert!(shift < 0.1, "{kind}, {width} pixels: the layout has shifted by {shift}");
            })
            .await;
        }
    }
}

#[tokio::test]
async fn message_shifts_no_layout_and_closes_on_next_click() {
    visit_run(PROBLEM_LINKS[0].1, |page| async move {
        until_drawn(&page).await;
        let places = "return JSON.stringify(['main', '.numbers', '#picture', '#panel'].map(part =>
                          document.querySelector(part).getBoundingClientRect()))";
        let before = page.script(places).await;
        page.click("#share").await;
        page.until("it is said what was copied", 10, "document.querySelector('#message-text').innerText").await;
        assert_eq!(page.script(places).await, before, "the message moves the page");
        page.click("#view-physics").await;
        page.until("it is gone", 5, "!document.querySelector('#message').checkVisibility()").await;
        page.click("#share").await;
        page.until("it is shown again", 10, "document.querySelector('#message').checkVisibility()").await;
        page.until("it is gone by itself", 10, "!document.querySelector('#message').checkVisibility()").await;
    })
    .await;
}

#[tokio::test]
async fn long_final_note_shifts_no_layout_and_expands() {
    visit("style.css", |page| async move {
        page.resize(390, 844).await;
        page.goto("index.html#benchmark=muller-brown&recipe_version=9&recipe=paper&epochs=100000000").await;
        page.until("it trains", 60, "document.querySelector('#epoch').dataset.value > 0").await;
        let places = "return JSON.stringify(['#view-tabs', '#picture', '#plot-loss'].map((part) => document.querySelector(part).getBoundingClientRect().top))";
        let before = page.script(places).await;
        page.goto("style.css").await;
        page.goto("index.html#benchmark=muller-brown&recipe_version=9&recipe=paper&epochs=60").await;
        page.until_state("finished", 60).await;
        page.until("there is more to read", 10, "document.querySelector('#altered-more').checkVisibility()").await;
        assert_eq!(page.script(places).await, before, "the remark moves the page");
        let is_whole = "const { scrollHeight, clientHeight } = document.querySelector('#altered'); return scrollHeight <= clientHeight + 1";
        assert_eq!(page.script(is_whole).await, json!(false));
        page.click("#altered-more").await;
        assert_eq!(page.script(is_whole).await, json!(true));
        let told = "const more = document.querySelector('#altered-more'); return [more.textContent, more.getAttribute('aria-expanded')]";
        assert_eq!(page.script(told).await, json!(["less", "true"]));
        page.click("#altered-more").await;
        assert_eq!(page.script(told).await, json!(["more", "false"]));
        assert_eq!(page.script(places).await, before);
        assert_eq!(page.errors().await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn page_without_scripts_shows_message_and_finished_fit() {
    visit("index.html#face=lab", |page| async move {
        page.devtools("Emulation.setScriptExecutionDisabled", json!({ "value": true })).await;
        page.goto("index.html#face=lab").await;
        page.until("it is said what is missing", 10, "document.body.innerText.includes('needs JavaScript')").await;
        let text = page.text("body").await;
        assert!(!text.contains("Loading"), "it says `{text}`");
        assert_eq!(page.script(IS_FIRST_PICTURE_SEEN).await, json!(true), "the finished fit is there");
    })
    .await;
}

/// Condition that the picture of a finished fit is visible.
const IS_FIRST_PICTURE_SEEN: &str = "return document.querySelector('#first .fit').checkVisibility({ visibilityProperty: true })";

#[tokio::test]
async fn default_page_shows_finished_fit_before_module_loads() {
    visit("index.html#face=lab", |page| async move {
        page.before_scripts(
            "const given = window.fetch;
             window.fetch = (what, how) => String(what.url ?? what).includes('.wasm')
                 ? new Promise((go) => { window.arrive = () => go(given(what, how)) })
                 : given(what, how)",
        )
        .await;
        for (width, path, face) in [
            (1280, "index.html", "lab"),
            (390, "index.html", "lab"),
            (1280, "index.html", "simple"),
            (390, "index.html", "simple"),
            (1280, "index.html#benchmark=gene-circuit", "lab"),
            (720, "index.html?embed", "lab"),
        ] {
            page.resize(width, 844).await;
            page.script(&format!("localStorage.setItem('face', '{face}')")).await;
            page.goto(path).await;
            page.until("the module is asked for", 10, "window.arrive").await;
            assert_eq!(page.script(IS_FIRST_PICTURE_SEEN).await, json!(path == "index.html"), "{path}, {face}");
            if path == "index.html" {
                page.audit(&format!("the first screen of {face}, {width} pixels wide")).await;
            }
            page.script("window.arrive()").await;
            page.until("it gives way to the run", 20, "!document.body.hasAttribute('data-veiled')").await;
            assert_eq!(page.script(IS_FIRST_PICTURE_SEEN).await, json!(false), "{path}");
        }
    })
    .await;
}

#[tokio::test]
async fn controls_are_large_enough_for_touch_on_tablet() {
    visit("index.html#face=lab", |page| async move {
        page.emulate_touch().await;
        for (kind, link) in [PROBLEM_LINKS[0], PROBLEM_LINKS[1]] {
            for (width, height) in [(1024, 1366), (820, 1180)] {
                page.resize(width, height).await;
                page.goto(&format!("index.html#{link}")).await;
                assert_eq!(page.script("return matchMedia('(pointer: coarse)').matches").await, json!(true));
                until_drawn(&page).await;
                assert_eq!(faults(&page).await, json!([]), "{kind}, {width} pixels wide");
                page.assert_touchable(&format!("{kind}, {width} pixels"), "button, select, input, summary, [role=tab]").await;
            }
        }
    })
    .await;
}

async fn focused(page: &Page) -> Value {
    page.script("return document.activeElement.id || document.activeElement.tagName").await
}

#[tokio::test]
async fn keys_reach_figures_and_help_returns_focus() {
    visit_run(PROBLEM_LINKS[0].1, |page| async move {
        until_drawn(&page).await;
        page.press(&Key::Tab).await;
        assert_eq!(focused(&page).await, json!("skip"), "the first stop is another");
        page.press(&Key::Enter).await;
        assert_eq!(focused(&page).await, json!("view-landscape"));
        page.press(&Key::Tab).await;
        assert_eq!(focused(&page).await, json!("plot-landscape"));
        for (open, from, to) in [("", "#view-landscape", "view-landscape"), ("#export", "#export-svg", "SUMMARY")] {
            page.script(&format!(
                "const sheet = document.querySelector('{open}' || null); if (sheet) sheet.open = true;
                 document.querySelector('{from}').focus()"
            ))
            .await;
            page.press("?").await;
            page.until("the help is open", 5, "document.querySelector('#help-dialog').open").await;
            page.press(&Key::Escape).await;
            page.until("the help is closed", 5, "!document.querySelector('#help-dialog').open").await;
            assert_eq!(focused(&page).await, json!(to), "from {from}");
        }
    })
    .await;
}

#[tokio::test]
async fn forced_colours_keep_all_distinctions() {
    visit(&format!("index.html#{}&panel=wells", PROBLEM_LINKS[0].1), |page| async move {
        let features = json!({ "features": [{ "name": "forced-colors", "value": "active" }] });
        page.devtools("Emulation.setEmulatedMedia", features).await;
        until_drawn(&page).await;
        assert_eq!(page.script("return matchMedia('(forced-colors: active)').matches").await, json!(true));
        page.until("a well has its colour", 10, "[...document.querySelectorAll('#minima .key')].some(key => key.style.backgroundColor !== 'transparent')")
            .await;
        let alike = page
            .script(
                "const style = (e, name) => getComputedStyle(e)[name], alike = [];
                 for (const [list, side] of [['.views', 'borderBottomColor'], ['.upright', 'borderLeftColor']]) {
                     const [open, other] = ['true', 'false'].map(is => document.querySelector(`${list} [aria-selected=${is}]`));
                     if (style(open, side) === style(other, side)) alike.push(`tabs of ${list}`);
                 }
                 const back = style(document.body, 'backgroundColor');
                 for (const key of document.querySelectorAll('#minima .key')) {
                     if (key.style.backgroundColor !== 'transparent' && style(key, 'backgroundColor') === back) alike.push('a dot and the page');
                 }
                 if (style(document.querySelector('#bar'), 'backgroundColor') === style(document.querySelector('.bar'), 'backgroundColor')) {
                     alike.push('the bar and what it fills');
                 }
                 return alike",
            )
            .await;
        assert_eq!(alike, json!([]), "look alike");
    })
    .await;
}

#[tokio::test]
async fn form_has_no_clipped_values_and_no_empty_groups() {
    for link in [
        "epochs=1000000",
        "benchmark=gene-circuit&epochs=1000000",
        "benchmark=metamaterial&epochs=1000000",
        "benchmark=schlogl&epochs=1000000",
        "benchmark=random-landscape&epochs=1000000",
    ] {
        visit(&format!("index.html#{link}"), move |page| async move {
            page.until("there is a run", 60, "!document.body.hasAttribute('data-veiled')").await;
            let cut = format!(
                "{CUT_SELECTS} const edge = document.querySelector('#controls').getBoundingClientRect().right;
                 const isCut = (field) => field.getBoundingClientRect().right > edge + 0.5
                     || field.tagName === 'INPUT' && field.scrollWidth > field.clientWidth;
                 return [...cutSelects('#controls select'), ...[...document.querySelectorAll('#controls :is(input:not([type=range]), select)')]
                     .filter(field => field.checkVisibility() && isCut(field)).map(field => field.id)]"
            );
            assert_eq!(page.script(&cut).await, json!([]), "cut off");
            let empty = page
                .script(
                    "return [...document.querySelectorAll('#controls details')]
                         .filter(group => group.checkVisibility() && ![...group.querySelectorAll('.row')].some(row => row.checkVisibility()))
                         .map(group => group.textContent)",
                )
                .await;
            assert_eq!(empty, json!([]), "headings over nothing");
        })
        .await;
    }
}
