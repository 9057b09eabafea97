//! Tests of records in the browser: own data, runs and settings after a reload, the list under Open, and the page without a connection.

use multiwell_page_tests::{visit, visit_run};
use serde_json::json;

/// Points of a well with small irregularities.
const POINTS_TABLE: &str =
    "x,y\n-2,4.1\n-1.6,1.2\n-1.2,0.3\n-1,0.1\n-0.6,0.5\n-0.2,0.9\n0,1\n0.3,0.8\n0.7,0.4\n1,0.2\n1.3,0.6\n1.7,1.9\n2,4\n";

/// Condition that the database of the page contains this number of runs with tables.
fn kept(tables: usize) -> String {
    format!(
        "await import('./keep.js').then((keep) => keep.list()).then((runs) => runs.filter((run) => run.table).length === {tables})"
    )
}

#[tokio::test]
async fn own_data_survive_reload_and_are_deleted_from_list() {
    visit_run("epochs=400", |page| async move {
        page.finish_run(60, page.open_file("points.csv", POINTS_TABLE)).await;
        let (link, loss) = (page.link().await, page.exact("#loss").await);
        assert!(link.contains("own-data"), "{link}");
        assert_eq!(page.promise(&format!("return {}", kept(1))).await, json!(true), "the table is not kept");
        // The run has the same bits, and no message mentions data that a link cannot carry.
        page.script("location.reload()").await;
        page.until_state("finished", 60).await;
        assert_eq!((page.link().await, page.exact("#loss").await), (link.clone(), loss.clone()));
        assert_eq!(page.script("return document.querySelector('#message').hidden").await, json!(true));
        // Another run is shown, and the list restores the first one.
        page.begin_run(30, page.choose("#benchmark", "double-well")).await;
        page.click("#open > summary").await;
        let first =
            "[...document.querySelectorAll('.kept > :first-child')].find((button) => button.textContent.includes('points.csv'))";
        page.until("it is listed", 10, &format!("!!{first}")).await;
        page.finish_run(60, page.script(&format!("{first}.click()"))).await;
        assert_eq!((page.link().await, page.exact("#loss").await), (link, loss));
        // A deleted run is removed.
        page.click("#open > summary").await;
        page.until("it is listed", 10, &format!("!!{first}")).await;
        page.script("for (const button of document.querySelectorAll('.kept .delete')) button.click()").await;
        page.until("nothing is listed", 10, "document.querySelectorAll('.kept').length === 0").await;
        // Later records of the displayed run do not restore it.
        let later = "const keep = await import('./keep.js'); const run = parseInt(document.body.dataset.shown); await keep.keep(run, { model: '{}' }, () => {});";
        let listed = page.promise(&format!("{later} return (await keep.list()).length")).await;
        assert_eq!(listed, json!(0), "a deleted run is kept again");
        page.audit("the list of what is kept").await;
    })
    .await;
}

#[tokio::test]
async fn changed_run_is_restored_with_its_fit_after_reload() {
    visit("index.html#recipe=paper&epochs=100000000", |page| async move {
        page.until_epoch_after(2000).await;
        page.enter("#control-lr", "0.002").await;
        page.until_text("#altered", "cannot replay").await;
        page.click("#run").await;
        page.until_state("paused", 10).await;
        page.until("its error is that of the pause", 10, "document.body.dataset.shown.endsWith('paused')").await;
        let rmse = page.number("#rmse").await;
        page.until("the fit is kept", 10, "(await (await import('./keep.js')).list()).some((run) => run.model)").await;
        page.script("window.isOld = true; location.reload()").await;
        page.until("it is paused again", 30, "!window.isOld && document.body.dataset.shown?.endsWith(' paused')").await;
        let back = page.number("#rmse").await;
        assert!((back / rmse - 1.0).abs() < 1e-3, "{back} after the reload, {rmse} before it");
    })
    .await;
}

#[tokio::test]
async fn all_files_are_cached_after_second_visit() {
    visit_run("epochs=400", |page| async move {
        page.until("the service worker has taken over", 20, "!!navigator.serviceWorker.controller").await;
        page.script("location.reload()").await;
        page.until_state("finished", 60).await;
        // The list of the build is stored last.
        let all = "await (async () => {
            const [name, ...others] = await caches.keys();
            const files = name ? (await (await caches.open(name)).keys()).map((request) => request.url.split('/').at(-1)) : [];
            return others.length === 0 && ['multiwell_web_bg.wasm', 'boot.js', 'build.json']
                .every((file) => files.includes(file)) })()";
        page.until("all files are kept", 20, all).await;
    })
    .await;
}

#[tokio::test]
async fn runs_before_and_after_a_reload_are_not_mixed() {
    visit_run("epochs=400", |page| async move {
        page.finish_run(60, page.open_file("points.csv", POINTS_TABLE)).await;
        assert_eq!(page.promise(&format!("return {}", kept(1))).await, json!(true), "the table is not kept");
        // After a reload at another address, the numbers of runs start again.
        for benchmark in ["double-well", "three-well"] {
            page.script(&format!("location.hash = 'benchmark={benchmark}&epochs=50&recipe=paper'; location.reload()")).await;
            page.until("it is that run", 30, &format!("location.hash.includes('{benchmark}')")).await;
            page.until_state("finished", 60).await;
            page.enter("#control-modes", "3").await;
            page.until("another run is shown", 30, "document.body.dataset.shown === '2 finished'").await;
        }
        let mixed = "return (await import('./keep.js').then((keep) => keep.list()))
            .filter((run) => (run.table?.text ?? '').length > 0 !== run.link.includes('own-data')).map((run) => run.link)";
        assert_eq!(page.promise(mixed).await, json!([]));
        assert_eq!(page.promise(&format!("return {}", kept(1))).await, json!(true), "the table is lost");
    })
    .await;
}

#[tokio::test]
async fn missing_storage_is_reported_before_the_page_is_left() {
    // One browser has no database, as in some private windows. The storage of the other one is full.
    let none = "indexedDB.open = () => { throw new DOMException('The operation is insecure.', 'SecurityError') }";
    let full =
        "IDBObjectStore.prototype.put = function () { throw new DOMException('The quota is exceeded.', 'QuotaExceededError') }";
    for lack in [none, full] {
        visit("index.html#face=lab", |page| async move {
            page.before_scripts(lack).await;
            page.before_scripts("window.left = () => !dispatchEvent(new Event('beforeunload', { cancelable: true }))").await;
            page.goto("index.html#epochs=300").await;
            page.until_state("finished", 60).await;
            assert_eq!(page.script("return window.left()").await, json!(false), "what a link replays is not lost");
            page.finish_run(60, page.open_file("points.csv", POINTS_TABLE)).await;
            page.until_text("#message-text", "cannot store your data").await;
            assert_eq!(page.script("return window.left()").await, json!(true), "nobody is warned");
            assert_eq!(page.field("#benchmark").await, "own-data");
            // The warning is disabled so that the test can leave the page.
            page.script(
                "window.addEventListener('beforeunload', (event) => event.stopImmediatePropagation(), { capture: true })",
            )
            .await;
        })
        .await;
    }
}
