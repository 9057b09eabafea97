//! Failures of the environment, which must be answered by a sentence and a way to continue, never by a frozen page.

use e2e::visit;

/// Keeps references to the workers of the page and to the build in their messages, so that a test can post messages.
const HOLD_WORKERS: &str = "window.workers = [];
    window.Worker = class extends Worker {
        constructor(...given) { super(...given); window.workers.push(this); }
        postMessage(message, ...rest) { window.build ??= message[0]; super.postMessage(message, ...rest); }
    };";

#[tokio::test]
async fn a_worker_that_panics_is_reported_and_replaced() {
    visit("index.html#recipe=paper&seed=4", |page| async move {
        page.before_scripts(HOLD_WORKERS).await;
        page.goto("index.html#recipe=paper&seed=4").await;
        page.until("training is under way", 30, "Number(document.querySelector('#epoch').dataset.value) > 300").await;
        // The request for a panic is the first variant of the protocol.
        page.script("window.workers.at(-1).postMessage([window.build, new Uint8Array([0])])").await;
        page.until_state("failed", 10).await;
        let message = page.text("#message-text").await;
        println!("  {message}");
        assert!(message.contains("panic"), "the message does not say what happened: {message}");
        assert!(page.colours("#plot-landscape").await > 8, "the picture is gone");
        page.screenshot("worker-panic").await;

        let run = page.run().await;
        page.click("#message-action").await;
        page.until_run_after(run, 10).await;
        page.until_state("running", 10).await;
        page.until("training is under way again", 30, "Number(document.querySelector('#epoch').dataset.value) > 300").await;
        assert_eq!(page.text("#message-text").await, "", "the message stays");
        assert_eq!(page.link().await, "recipe=paper&seed=4", "the settings are lost");
        let workers = page.script("return window.workers.length").await;
        assert_eq!(workers, 2, "the worker has not been replaced by one other");
    })
    .await;
}

/// Makes the messages of workers appear to be of another build, until the page has been reloaded.
const OTHER_BUILD: &str = "window.Worker = class extends Worker {
        addEventListener(kind, act) {
            const alter = event => new MessageEvent('message', { data: ['0123456789abcdef', ...event.data.slice(1)] });
            const stale = kind === 'message' && !sessionStorage.getItem('reloaded');
            super.addEventListener(kind, stale ? event => act(alter(event)) : act);
        }
    };";

#[tokio::test]
async fn a_worker_of_another_build_is_said_and_not_misread() {
    visit("index.html", |page| async move {
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
async fn a_browser_without_vector_instructions_gets_a_sentence() {
    visit("index.html", |page| async move {
        page.before_scripts("WebAssembly.validate = () => false").await;
        page.goto("index.html").await;
        page.until_state("unsupported", 10).await;
        let message = page.text("#message-text").await;
        println!("  {message}");
        assert!(message.contains("SIMD"), "the message does not say what is missing: {message}");
    })
    .await;
}

#[tokio::test]
async fn a_module_that_does_not_arrive_is_said() {
    visit("index.html", |page| async move {
        page.before_scripts("const given = window.fetch; window.fetch = (what, how) => String(what.url ?? what).includes('.wasm') ? Promise.reject(new Error('the line is dead')) : given(what, how)").await;
        page.goto("index.html").await;
        page.until_state("unsupported", 10).await;
        let message = page.text("#message-text").await;
        println!("  {message}");
        assert!(message.contains("the line is dead"), "the message does not say what happened: {message}");
    })
    .await;
}

#[tokio::test]
async fn problems_of_other_kinds_are_left_again_and_nothing_is_lost() {
    visit("index.html#benchmark=double-well&modes=3&epochs=300&recipe=paper", |page| async move {
        page.until_state("finished", 60).await;
        let loss = page.exact("#loss").await;
        for benchmark in ["gene-circuit", "schlogl"] {
            let run = page.run().await;
            page.choose("#benchmark", benchmark).await;
            page.until_run_after(run, 60).await;
            page.until("its picture is drawn", 30, "document.querySelector('#view-plot-0')").await;
            assert_eq!(page.field("#benchmark").await, benchmark);
            let run = page.run().await;
            page.click("#undo").await;
            page.until_finished_after(run, 30).await;
            assert_eq!((page.field("#benchmark").await, page.exact("#loss").await), ("double-well".into(), loss.clone()));
        }
    })
    .await;
}

#[tokio::test]
async fn a_worker_that_is_gone_is_noticed_and_replaced() {
    visit("index.html", |page| async move {
        page.before_scripts(HOLD_WORKERS).await;
        page.goto("index.html#recipe=paper&epochs=1e7&seed=4").await;
        page.until("training is under way", 30, "Number(document.querySelector('#epoch').dataset.value) > 300").await;
        // As when the browser reclaims memory: there is no message.
        page.script("window.workers.at(-1).terminate()").await;
        page.until_state("failed", 10).await;
        assert!(page.text("#message-text").await.contains("worker was ended"), "{}", page.text("#message-text").await);
        assert!(page.colours("#plot-landscape").await > 8, "the picture is gone");
        let run = page.run().await;
        page.click("#message-action").await;
        page.until_run_after(run, 10).await;
        page.until_state("running", 10).await;
        page.until("training is under way again", 30, "Number(document.querySelector('#epoch').dataset.value) > 300").await;
        assert_eq!(page.link().await, "recipe=paper&epochs=1e7&seed=4", "the settings are lost");
        // Another run in the new worker is no failure.
        let run = page.run().await;
        page.choose("#benchmark", "gene-circuit").await;
        page.until_run_after(run, 60).await;
        let run = page.run().await;
        page.click("#undo").await;
        page.until_run_after(run, 30).await;
        page.until_state("running", 10).await;
        assert_eq!(page.text("#message-text").await, "");
    })
    .await;
}
