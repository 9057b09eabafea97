//! The two faces of the page.

use super::view::{name, named};

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
const FACE_NAMES: [(&str, Face); 2] = [("simple", Face::Simple), ("lab", Face::Lab)];

impl Face {
    /// Face with this name.
    pub fn named(text: &str) -> Option<Self> {
        named(&FACE_NAMES, text)
    }

    /// Name in links and in the document.
    pub fn name(self) -> &'static str {
        name(&FACE_NAMES, &self)
    }

    /// The other face.
    pub fn other(self) -> Self {
        if self == Self::Simple { Self::Lab } else { Self::Simple }
    }
}
