//! The page's own part of a link, which knows no browser.
#![allow(dead_code)]

#[path = "../../web/src/state/link.rs"]
pub mod link;
#[path = "../../web/src/state/view.rs"]
pub mod view;
