//! The page without the browser: [`app::State`] is its state, [`action::Action`] an event, [`update::update`] the reducer, and
//! [`effect::Effect`] a task for the browser. The document and the canvases are drawn
//! from the state by `page`, which also carries out the effects.

pub mod action;
pub mod app;
pub mod columns;
pub mod effect;
pub mod ensemble;
pub mod export;
pub mod figures;
pub mod form;
pub mod inspection;
pub mod link;
pub mod message;
pub mod own_view;
pub mod physics;
pub mod pins;
pub mod readout;
pub mod sketch;
pub mod timeline;
pub mod trainer;
pub mod update;
pub mod view;
pub mod zoom;
