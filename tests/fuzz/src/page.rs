//! Part of a link about the page, which needs no browser.
#![allow(dead_code)]

#[path = "../../../web/src/state/face.rs"]
pub mod face;
#[path = "../../../web/src/state/link.rs"]
pub mod link;
#[path = "../../../web/src/state/view.rs"]
pub mod view;
