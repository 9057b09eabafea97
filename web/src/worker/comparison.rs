//! Comparisons for the page: the methods of `multiwell compare`, fitted in a dedicated worker that starts when the reader opens the comparison.

use multiwell::internal::problem::table::UserTable;
use multiwell_compare::page::ComparisonPage;
use serde::Deserialize;
use serde_json::json;
use wasm_bindgen::prelude::*;

use super::{file, script};

/// Request of `compare.js`.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum ComparisonRequest {
    /// Open the comparison for a fragment of an address, with the user's own table if there is one. The reply lists the methods as `offers`.
    Open { link: String, table: Option<UserTable> },
    /// Fit these methods. `lines` are results of methods that an earlier worker has fitted to the same rows. During the training of the LSE-ICNN,
    /// replies contain the completed fraction as `progress`, then the [`ProgressReport`](multiwell_compare::page::ProgressReport) as `begun`. Each method has
    /// two replies: its name as `fitting`, then its name and its news as `fitted`. The last reply is `ended`.
    Fit { names: Vec<String>, lines: Vec<String> },
}

/// Registers the handler of requests. Called once, in a dedicated worker.
#[wasm_bindgen]
pub fn start_comparison() {
    let (mut comparison, mut has_started) = (None, false);
    script::listen(move |request, blob| {
        match request {
            ComparisonRequest::Open { link, mut table } => {
                file::fill(table.as_mut(), blob);
                let comparison = comparison.insert(ComparisonPage::new(&link, table.as_ref())?);
                script::post(&json!({ "offers": comparison.offers() }));
            }
            ComparisonRequest::Fit { names, lines } => {
                let comparison = comparison.as_mut().ok_or("The comparison is not open.")?;
                if !has_started {
                    let report = |part| script::post(&json!({ "progress": part }));
                    report(0.0);
                    script::post(&json!({ "begun": comparison.start(&report, &lines)? }));
                    has_started = true;
                }
                for name in names {
                    script::post(&json!({ "fitting": name }));
                    script::post(&json!({ "fitted": [name, comparison.fit(&name)?] }));
                }
                script::post(&json!({ "ended": true }));
            }
        }
        Ok(())
    });
}
