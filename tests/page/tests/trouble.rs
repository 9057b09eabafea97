//! Tests of failures of the environment. The page answers with a sentence and a way to continue, and is never frozen.

use multiwell_page_tests::{Page, visit};

/// Script that keeps references to the workers of the page and to the build in their messages, so that a test can post messages.
const HOLD_WORKERS: &str = "window.workers = [];
    window.Worker = class extends Worker {
        constructor(...given) { super(...given); window.workers.push(this); }
        postMessage(message, ...rest) { window.build ??= message[0]; super.postMessage(message, ...rest); }
    };";

/// Trains with the settings of a link, ends the worker by a method call, and replaces it by the button of the message.
async fn end_and_replace_worker(page: &Page, link: &str, call: &str, word: &str) {
    page.before_scripts(HOLD_WORKERS).await;
    page.goto(&format!("index.html#{link}")).await;
    page.until_epoch_after(300).await;
    page.script(&format!("window.workers.at(-1).{call}")).await;
    page.until_state("failed", 10).await;
    let message = page.text("#message-text").await;
    assert!(message.contains(word), "the message does not say what happened: {message}");
    assert!(page.colours("#plot-landscape").await > 8, "the picture is gone");
    page.begin_run(10, page.click("#message-action")).await;
    page.until_state("running", 10).await;
    page.until_epoch_after(300).await;
    assert_eq!(page.text("#message-text").await, "", "the message stays");
    assert_eq!(page.link().await, link, "the settings are lost");
}

#[tokio::test]
async fn panicked_worker_is_reported_and_replaced() {
    visit("index.html#face=lab", |page| async move {
        // The request for a panic is the first variant of the protocol.
        let panic = "postMessage([window.build, new Uint8Array([0])])";
        end_and_replace_worker(&page, "recipe=paper&seed=4", panic, "panic").await;
        let workers = page.script("return window.workers.length").await;
        assert_eq!(workers, 2, "the worker has not been replaced by one other");
    })
    .await;
}

/// Script that makes the messages of workers appear to belong to another build, until the page has been reloaded.
const OTHER_BUILD: &str = "window.Worker = class extends Worker {
        addEventListener(kind, act) {
            const alter = event => new MessageEvent('message', { data: ['0123456789abcdef', ...event.data.slice(1)] });
            const stale = kind === 'message' && !sessionStorage.getItem('reloaded');
            super.addEventListener(kind, stale ? event => act(alter(event)) : act);
        }
    };";

#[tokio::test]
async fn worker_of_another_build_is_reported_and_not_decoded() {
    visit("index.html#face=lab", |page| async move {
        page.before_scripts(OTHER_BUILD).await;
        page.goto("index.html#recipe=paper&seed=4").await;
        page.until_state("failed", 30).await;
        let message = page.text("#message-text").await;
        println!("  {message}");
        assert!(
            message.contains("another build") && message.contains("reload"),
            "the message does not say what to do: {message}"
        );
        assert_eq!(page.text("#message-action").await, "Reload");
        page.script("sessionStorage.setItem('reloaded', 'yes')").await;
        page.click("#message-action").await;
        page.until_state("running", 30).await;
        assert_eq!((page.text("#message-text").await, page.link().await), (String::new(), "recipe=paper&seed=4".into()));
    })
    .await;
}

#[tokio::test]
async fn missing_simd_or_missing_module_is_reported() {
    let no_module = "const given = window.fetch; window.fetch = (what, how) => String(what.url ?? what).includes('.wasm') ? Promise.reject(new Error('the line is dead')) : given(what, how)";
    for (lack, word) in [("WebAssembly.validate = () => false", "SIMD"), (no_module, "the line is dead")] {
        visit("index.html#face=lab", move |page| async move {
            page.before_scripts(lack).await;
            page.goto("index.html#face=lab").await;
            page.until_state("unsupported", 10).await;
            let message = page.text("#message-text").await;
            assert!(message.contains(word), "the message does not name what is missing: {message}");
        })
        .await;
    }
}

#[tokio::test]
async fn document_of_another_version_is_reported_at_start_and_later() {
    visit("embed.js", |page| async move {
        page.before_scripts("addEventListener('DOMContentLoaded', () => document.querySelector('#prune')?.remove())").await;
        page.goto("index.html").await;
        page.until_state("unsupported", 30).await;
        let message = page.text("#message-text").await;
        assert!(message.contains("different versions") && message.contains("reload"), "{message}");
    })
    .await;
    visit("index.html#benchmark=double-well&recipe=paper&epochs=60&face=simple", |page| async move {
        page.until_state("finished", 60).await;
        page.script("document.querySelector('#altered').remove()").await;
        page.click("#face").await;
        page.until("the page says so", 10, "document.querySelector('#message').checkVisibility()").await;
        assert_eq!(page.text("#message-text").await, "Reload the page: its parts are of different versions.");
    })
    .await;
}

#[tokio::test]
async fn page_without_style_sheet_or_server_states_remedy() {
    visit("index.html?embed", |page| async move {
        assert!(!page.is_visible("#incomplete").await);
        page.script("document.querySelector('link[rel=stylesheet]').disabled = true").await;
        assert!(page.is_visible("#incomplete").await);
        page.goto_elsewhere(concat!("file://", env!("CARGO_MANIFEST_DIR"), "/../../dist/index.html")).await;
        page.until_state("unsupported", 10).await;
        assert!(page.text("#message-text").await.contains("serve its folder"), "{}", page.text("#message-text").await);
    })
    .await;
}

#[tokio::test]
async fn terminated_worker_is_detected_and_replaced() {
    visit("index.html#face=lab", |page| async move {
        // The worker ends without a message, as when the browser reclaims memory.
        end_and_replace_worker(&page, "recipe=paper&epochs=1e7&seed=4", "terminate()", "worker was ended").await;
        // A further run in the new worker is not a failure.
        page.begin_run(60, page.choose("#benchmark", "gene-circuit")).await;
        page.begin_run(30, page.click("#undo")).await;
        page.until_state("running", 10).await;
        assert_eq!(page.text("#message-text").await, "");
    })
    .await;
}
