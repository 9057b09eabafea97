//! The page without the browser. [`app::State`] is its state, [`action::Action`] an event, [`update::update`] the reducer, and
//! [`effect::Effect`] a task for the browser.
//! The module `page` draws the document and the canvases from the state and carries out the effects.

pub mod action;
pub mod address;
pub mod app;
pub mod columns;
pub mod edits;
pub mod effect;
pub mod ensemble;
pub mod environment;
pub mod export;
pub mod face;
pub mod figures;
pub mod files;
pub mod form;
pub mod inspection;
pub mod link;
pub mod message;
pub mod own_view;
pub mod phase;
pub mod physics;
pub mod pictures;
pub mod pins;
pub mod queue;
pub mod readout;
pub mod requests;
pub mod result;
pub mod run;
pub mod sketch;
pub mod speed;
pub mod timeline;
pub mod update;
pub mod view;
pub mod view_choice;
pub mod workers;
pub mod zoom;
