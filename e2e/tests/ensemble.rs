//! Independent runs on several workers.

use e2e::visit;

#[tokio::test]
async fn runs_are_shared_out_among_workers_and_all_of_them_end() {
    visit("index.html#recipe=paper&epochs=1", |page| async move {
        page.until_state("finished", 10).await;
        let bench = |arguments: &str| {
            format!("return (await import(new URL('multiwell_web.js', document.baseURI))).bench_runs({arguments})")
        };
        // More runs than workers: each worker must come back for more.
        let seconds = page.promise(&bench("2, 5, 100")).await;
        assert!(seconds.as_f64().is_some_and(|seconds| seconds > 0.0), "{seconds}");
        let error = page.promise(&bench("1, 1, 0")).await;
        assert!(error.as_str().is_some_and(|error| error.contains("refused")), "{error}");
    })
    .await;
}
