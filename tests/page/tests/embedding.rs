//! Tests of the playground inside other documents: the article and the book of `examples/embed`.

use multiwell_page_tests::{Page, frame_in, visit};

const ARTICLE_PATH: &str = "examples/embed/article.html";
const BOOK_PATH: &str = "examples/embed/book/html/wells.html";

/// Waits until the playground in this frame shows an epoch after `epoch`. Returns that epoch.
async fn trains_beyond(page: &Page, frame: &str, epoch: f64) -> f64 {
    page.enter_frame(frame).await;
    page.until_epoch_after(epoch).await;
    let reached = page.epoch().await;
    page.leave_frame().await;
    reached
}

#[tokio::test]
async fn playgrounds_train_concurrently_without_taking_focus_and_load_when_seen() {
    visit(ARTICLE_PATH, |page| async move {
        page.until("both frames are there", 10, &format!("{} && {}", frame_in("#left"), frame_in("#right"))).await;
        // With many epochs, neither playground ends while both are checked alternately.
        page.script(
            "for (const one of document.querySelectorAll('#left, #right')) {
                 one.setAttribute('recipe', 'paper'); one.setAttribute('epochs', '10000000');
             }",
        )
        .await;
        let left = trains_beyond(&page, "#left", 0.0).await;
        let right = trains_beyond(&page, "#right", 0.0).await;
        trains_beyond(&page, "#left", left).await;
        trains_beyond(&page, "#right", right).await;
        let focused = page.script("return document.activeElement === document.body && !document.querySelector(':focus')").await;
        assert_eq!(focused, true, "something in the article has taken the focus");
        assert_eq!(page.script("return scrollY").await, 0, "the article has been scrolled");
        let named = page
            .script(&format!("return {}.title.length > 10 && {}.title.length > 10", frame_in("#left"), frame_in("#right")))
            .await;
        assert_eq!(named, true, "a frame has no title");
        for (frame, benchmark) in [("#left", "double-well"), ("#right", "cosine-well")] {
            page.enter_frame(frame).await;
            page.until_painted("#plot-landscape").await;
            let left = "const left = (name) => document.querySelector(name).getBoundingClientRect().left; return left('#result') - left('#run')";
            assert!(page.script(left).await.as_f64() <= Some(1.0), "{frame}: words below the button begin where it begins");
            assert!(page.link().await.contains(benchmark) || benchmark == "cosine-well", "{frame} shows another benchmark");
            let full = page.script("return document.querySelector('#open-full').href").await;
            assert!(!full.as_str().unwrap_or("embed").contains("embed"), "{frame}: the way out leads into a frame again: {full}");
            page.leave_frame().await;
        }
        assert_eq!(page.errors().await, Vec::<String>::new());
        // If a document names no icon, browsers request one that does not exist.
        assert_eq!(page.script("return !!document.querySelector('link[rel=icon]')").await, true);
        let loaded = &frame_in("#below");
        assert_eq!(page.script(&format!("return {loaded}")).await, serde_json::Value::Null, "it has loaded unseen");
        let link = "document.querySelector('#below a')?.getAttribute('href').includes('three-well')";
        page.until("a link stands in its place", 10, link).await;
        page.script("document.querySelector('#below').scrollIntoView()").await;
        page.until("it loads once seen", 10, loaded).await;
        trains_beyond(&page, "#below", 0.0).await;
        // The frame hides the link. React reports an error if a script removes content.
        assert_eq!(page.script("return document.querySelector('#below > a')?.checkVisibility()").await, false);
    })
    .await;
}

#[tokio::test]
async fn book_shows_element_and_plain_frame() {
    visit(BOOK_PATH, |page| async move {
        trains_beyond(&page, "#element", 0.0).await;
        page.script("document.querySelector('#frame').scrollIntoView()").await;
        trains_beyond(&page, "#frame", 0.0).await;
        page.enter_frame("#frame").await;
        page.until_painted("#plot-landscape").await;
        page.leave_frame().await;
    })
    .await;
}

#[tokio::test]
async fn element_address_follows_attributes() {
    visit(ARTICLE_PATH, |page| async move {
        page.until("the frame is there", 10, &frame_in("#left")).await;
        let address = page
            .script(&format!(
                "const element = document.querySelector('#left');
                 element.setAttribute('settings', '#seed=9&lr=1e-2');
                 element.setAttribute('layers', '6,6');
                 element.setAttribute('hide', 'numbers');
                 return {}.src",
                frame_in("#left")
            ))
            .await;
        let address = address.as_str().expect("a frame has an address").to_owned();
        // The attribute `seed="3"` of the article overrides the 9 of the settings.
        for part in ["?embed=", "hide=numbers", "benchmark=double-well", "hidden=6,6", "lr=1e-2", "seed=3", "modes=4"] {
            assert!(address.contains(part), "{part} is not in {address}");
        }
        trains_beyond(&page, "#left", 0.0).await;
    })
    .await;
}

#[tokio::test]
async fn element_attributes_are_exactly_the_settings() {
    visit("index.html#face=lab", |page| async move {
        page.until_state("running", 30).await;
        let names = page.script("return [...document.querySelectorAll('.row[data-part]:not(#pace)')].map(row => row.dataset.part)").await;
        assert!(names.as_array().is_some_and(|names| names.len() > 20), "the settings are {names}");
        page.goto(ARTICLE_PATH).await;
        let script = format!(
            "const element = document.createElement('multiwell-playground');
             const names = {names}.map(name => name === 'hidden' ? 'layers' : name);
             for (const name of [...names, 'class', 'id', 'style', 'hidden', 'aria-label', 'data-x', 'onclick', 'tabindex', 'title', 'height']) {{
                 element.setAttribute(name, '1');
             }}
             return [...new URLSearchParams(new URL(element.address).hash.slice(1)).keys()].sort()"
        );
        // Attributes are in lower-case letters.
        let mut expected: Vec<String> =
            names.as_array().into_iter().flatten().filter_map(|name| name.as_str().map(str::to_lowercase)).collect();
        expected.sort_unstable();
        assert_eq!(page.script(&script).await, serde_json::json!(expected));
    })
    .await;
}

#[tokio::test]
async fn automatic_height_follows_views_that_arrive_while_run_trains() {
    visit(ARTICLE_PATH, |page| async move {
        page.script(
            "const element = document.createElement('multiwell-playground');
             element.id = 'narrow';
             element.set({ benchmark: 'muller-brown', recipe: 'paper', epochs: 10000000, loading: 'eager', height: 'auto' });
             element.style.width = '350px';
             document.body.prepend(element);",
        )
        .await;
        page.until("the frame is as high as its two maps", 30, "document.querySelector('#narrow').offsetHeight > 700").await;
        assert_eq!(page.script("return document.querySelector('#narrow').state.state").await, "running");
    })
    .await;
}

#[tokio::test]
async fn element_follows_theme_and_commands_and_reports_its_run() {
    visit(ARTICLE_PATH, |page| async move {
        page.script(
            "const element = document.createElement('multiwell-playground');
             element.id = 'steered';
             element.set({ benchmark: 'double-well', epochs: 300, theme: 'dark', start: 'paused', loading: 'eager', caption: 'Two wells', height: 'auto' });
             globalThis.events = [];
             for (const name of ['ready', 'finished']) element.addEventListener(name, ({ type, detail }) => events.push([type, detail]));
             document.body.prepend(element);",
        )
        .await;
        page.until("the run waits", 30, "document.querySelector('#steered').state?.state === 'paused'").await;
        assert_eq!(page.script("return events.map(([type]) => type)").await, serde_json::json!(["ready"]));
        page.enter_frame("#steered").await;
        assert_eq!(page.epoch().await, 0.0, "the run has begun");
        assert_eq!(page.text("#caption").await, "Two wells");
        page.leave_frame().await;
        page.until("the height follows the content", 5, "parseFloat(document.querySelector('#steered').style.height) >= 480").await;
        let background = "return getComputedStyle(document.body).backgroundColor";
        for (theme, expected) in [("dark", "rgb(19, 21, 23)"), ("light", "rgb(251, 250, 247)")] {
            page.script(&format!("document.querySelector('#steered').setAttribute('theme', '{theme}')")).await;
            page.enter_frame("#steered").await;
            page.until(&format!("the frame is {theme}"), 5, &format!("(() => {{ {background} }})() === '{expected}'")).await;
            page.leave_frame().await;
        }
        page.script("document.querySelector('#steered').run()").await;
        page.until("the run has ended", 60, "events.some(([type]) => type === 'finished')").await;
        let detail = page.script("return events.at(-1)[1]").await;
        assert_eq!((&detail["state"], &detail["wells"]), (&serde_json::json!("finished"), &serde_json::json!(2)), "{detail}");
        assert!(detail["settings"].as_str().is_some_and(|settings| settings.contains("epochs=300")), "{detail}");
        assert_eq!(page.script("return document.querySelector('#steered').settings").await, detail["settings"]);
        // A command before the page has loaded waits for it.
        page.script("events.length = 0; steered.set({ epochs: 301 }); steered.run()").await;
        page.until("the run with other settings has ended", 60, "events.at(-1)?.[1].settings.includes('epochs=301') && events.at(-1)[0] === 'finished'").await;
        // A run that is shown at its end is hidden until then.
        page.script("document.querySelector('#steered').set({ start: 'finished', epochs: 3000 })").await;
        page.until("the page has loaded", 30, "document.querySelector('#steered').state?.state === 'running'").await;
        page.enter_frame("#steered").await;
        assert!(page.script("return document.body.hasAttribute('data-veiled')").await.as_bool() == Some(true));
        page.until("the run is shown", 60, "!document.body.hasAttribute('data-veiled')").await;
        assert_eq!(page.state().await, "finished");
    })
    .await;
}

#[tokio::test]
async fn sandboxed_frame_states_missing_permission() {
    visit(ARTICLE_PATH, |page| async move {
        page.script(
            "const frame = document.createElement('iframe');
             frame.id = 'sandboxed';
             frame.sandbox = 'allow-scripts';
             frame.src = new URL('../../index.html?embed', location.href).href;
             document.body.prepend(frame);",
        )
        .await;
        page.enter_frame("#sandboxed").await;
        page.until_text("#message-text", "allow-same-origin").await;
        page.leave_frame().await;
    })
    .await;
}

#[tokio::test]
async fn frame_of_another_origin_causes_no_error_of_focus() {
    visit("embed.js", |page| async move {
        let elsewhere = std::env::var("MULTIWELL_DOCUMENTS").expect("`cargo xtask test --only page` serves the documents");
        page.goto_elsewhere(&elsewhere).await;
        page.script(&format!(
            "const frame = document.createElement('iframe');
             frame.id = 'foreign';
             frame.src = '{}';
             document.body.prepend(frame);",
            Page::at("index.html?embed")
        ))
        .await;
        trains_beyond(&page, "#foreign", 0.0).await;
        let errors = page.errors().await;
        assert!(!errors.iter().any(|error| error.contains("autofocus")), "{errors:?}");
    })
    .await;
}

#[tokio::test]
async fn snippets_of_default_run_are_copied_and_follow_the_choices_of_the_dialog() {
    visit("style.css", |page| async move {
        page.before_scripts(
            "window.copied = []; Object.defineProperty(navigator, 'clipboard', { value: { writeText: async text => void window.copied.push(text) } })",
        )
        .await;
        page.goto("index.html#face=lab").await;
        page.until_state("running", 30).await;
        page.click("#embed").await;
        for (k, (word, text)) in
            [("element", "settings=\"benchmark=cosine-well&amp;modes=10&amp;"), ("frame", "?embed#benchmark=cosine-well&amp;modes=10&amp;")].into_iter().enumerate()
        {
            page.click(&format!("#embed-{word}-copy")).await;
            page.until("it says so", 5, &format!("document.querySelector('#embed-{word}-copy').textContent === 'Copied'")).await;
            let (code, copied) = (page.field(&format!("#embed-{word}")).await, page.script("return window.copied").await);
            assert!(copied[k] == code.as_str() && code.contains(text), "{code}");
        }
        page.choose("#embed-theme", "dark").await;
        page.choose("#embed-start", "finished").await;
        page.enter("#embed-caption", "Two \"wells\" & <one> bowl").await;
        let read = "const text = document.querySelector('#embed-element').value;
            const element = new DOMParser().parseFromString(text, 'text/html').querySelector('multiwell-playground');
            // A parsed frame would have a style, which the policy of the page forbids.
            const address = document.querySelector('#embed-frame').value.match(/src=\"([^\"]*)\"/)[1];
            const plain = document.createElement('textarea');
            plain.innerHTML = address;
            const frame = new URL(plain.value);
            return [...['theme', 'start', 'caption'].map((name) => element.getAttribute(name)),
                ...['theme', 'start', 'caption'].map((name) => frame.searchParams.get(name)),
                element.getAttribute('settings') === frame.hash.slice(1), frame.hash.includes('modes=10')]";
        let chosen = ["dark", "finished", "Two \"wells\" & <one> bowl"];
        let expected = serde_json::json!([chosen[0], chosen[1], chosen[2], chosen[0], chosen[1], chosen[2], true, true]);
        assert_eq!(page.script(read).await, expected);
        page.audit("the dialog of embedding").await;
        assert_eq!(page.errors().await, Vec::<String>::new());
    })
    .await;
}
