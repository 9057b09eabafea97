//! The two faces of the page.

/// Arrangement of the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Face {
    /// The picture, one sentence on the result, and few controls.
    Simple,
    /// All controls, views and numbers.
    #[default]
    Lab,
}

/// Names of the faces in links and in the document.
pub const FACE_NAMES: [(&str, Face); 2] = [("simple", Face::Simple), ("lab", Face::Lab)];
