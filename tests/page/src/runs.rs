//! Tests of the page after a run.

use super::{Page, visit};

/// Opens the page with the settings of a link, and runs `test` when the run has ended. The console must have no errors at the end.
pub async fn visit_run<T, F>(link: &str, test: T)
where
    T: FnOnce(Page) -> F + Send + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    visit(&format!("index.html#{link}"), |page| page.after_run(test)).await;
}

/// Runs `test` as [`visit_run`] does, on a page that keeps its downloads for [`Page::saved`].
pub async fn visit_for_downloads<T, F>(link: &str, test: T)
where
    T: FnOnce(Page) -> F + Send + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    let path = format!("index.html#{link}");
    visit("style.css", move |page| async move {
        page.keep_downloads().await;
        page.goto(&path).await;
        page.after_run(test).await;
    })
    .await;
}

impl Page {
    /// Waits until the run has ended, runs `test`, and asserts that the console has no errors.
    async fn after_run<F: Future<Output = ()> + Send + 'static>(self, test: impl FnOnce(Self) -> F + Send) {
        self.until_state("finished", 90).await;
        test(self.clone()).await;
        assert_eq!(self.errors().await, Vec::<String>::new());
    }
}
