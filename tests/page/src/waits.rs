//! Waiting for states of the page.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::{MIN_TIMEOUT, Page, TIMEOUT_FACTOR};

impl Page {
    /// Waits until the JavaScript expression `condition` is true, which may contain `await`. `what` completes "waited in vain until ...", and
    /// `seconds` is the maximum time on an idle machine. After the wait, a test asserts only the condition, or parts of the same change.
    pub async fn until(&self, what: &str, seconds: u32, condition: &str) {
        let (begun, limit) = (Instant::now(), (TIMEOUT_FACTOR * Duration::from_secs(seconds.into())).max(MIN_TIMEOUT));
        // The page evaluates the condition fifty times a second. This loop checks once a second that it still does.
        let script = format!(
            "const done = arguments[0], end = performance.now() + 1000;
             const look = async () => {{
                 let held;
                 try {{ held = Boolean({condition}) }} catch (error) {{ held = String(error) }}
                 if (held === true || performance.now() > end) done(held); else setTimeout(look, 20);
             }};
             look()"
        );
        loop {
            let seen = self.client.execute_async(&script, vec![]).await;
            if matches!(seen, Ok(Value::Bool(true))) {
                return;
            }
            if begun.elapsed() >= limit {
                let limit = limit.as_secs();
                panic!("waited {limit} s in vain until {what}, last seen: {seen:?}\n{}", self.summary().await);
            }
            if seen.is_err() {
                // The document is being replaced, for example while a frame loads.
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }

    /// Waits until the text of an element contains `part`.
    pub async fn until_text(&self, selector: &str, part: &str) {
        let condition = format!("document.querySelector('{selector}')?.innerText.includes('{part}')");
        self.until(&format!("{selector} contains `{part}`"), 30, &condition).await;
    }

    /// Waits until the page has this state, as in `<body data-state="running">`. The displayed numbers must belong to it, as in
    /// `<body data-shown="3 running">` for the third run.
    pub async fn until_state(&self, state: &str, seconds: u32) {
        let mut condition = format!("document.body.dataset.state === '{state}'");
        if ["running", "paused", "finished", "diverged"].contains(&state) {
            condition += &format!(" && document.body.dataset.shown.endsWith(' {state}')");
        }
        self.until(&format!("the page is {state}"), seconds, &condition).await;
    }

    /// Waits until the run shows an epoch after this one.
    pub async fn until_epoch_after(&self, epoch: impl std::fmt::Display) {
        let condition = format!("Number(document.querySelector('#epoch')?.dataset.value) > {epoch}");
        self.until(&format!("epoch {epoch} is passed"), 60, &condition).await;
    }

    /// Waits until numbers of another run than `run` are displayed: those of a later run, or of an earlier one that is restored.
    pub async fn until_run_after(&self, run: u64, seconds: u32) {
        let condition = format!("(parseInt(document.body.dataset.shown) || {run}) !== {run}");
        self.until(&format!("another run than the {run}. is shown"), seconds, &condition).await;
    }

    /// Performs an action that replaces the run, and waits until numbers of the other run are displayed.
    pub async fn begin_run(&self, seconds: u32, action: impl Future) {
        let run = self.run().await;
        action.await;
        self.until_run_after(run, seconds).await;
    }

    /// Performs an action that replaces the run, and waits until the other run has finished and its last numbers are displayed.
    pub async fn finish_run(&self, seconds: u32, action: impl Future) {
        self.begin_run(seconds, action).await;
        self.until_state("finished", seconds).await;
    }

    /// Waits until the worker has reported the mode classification after the last epoch, which the picture shows.
    pub async fn until_surveyed(&self, epoch: u32) {
        let condition = format!("document.querySelector('#modes').dataset.value === '{epoch}'");
        self.until(&format!("the modes are those of epoch {epoch}"), 10, &condition).await;
    }

    /// Waits until a view that the worker computes is drawn.
    pub async fn until_view(&self, view: &str) {
        let is_selected = format!(
            "document.querySelector('#view-{view}')?.ariaSelected === 'true'
             && document.querySelector('#view-plots').dataset.value === '{view}' && document.querySelector('#view-plot-0')"
        );
        self.until(&format!("{view} is drawn"), 20, &is_selected).await;
        self.until_painted("#view-plot-0").await;
    }

    /// Waits in the page for some time and two animation frames.
    pub async fn pause(&self, milliseconds: u32) {
        self.promise(&format!(
            "await new Promise(resolve => setTimeout(resolve, {milliseconds}));
             for (let i = 0; i < 2; i++) await new Promise(resolve => requestAnimationFrame(resolve))"
        ))
        .await;
    }
}
