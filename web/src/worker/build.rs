//! Identifies the build of the code. Messages carry it, because their bytes can be decoded only by code of the same sources.

/// Digest of the sources, made by `build.rs` of this crate.
pub const BUILD: &str = env!("MULTIWELL_BUILD");

/// The message shown if page and worker are of different builds.
pub const STALE: &str = "The browser has kept a file of another build of this page; please reload the page.";

/// Checks the build that a message carries. Messages of old builds carry none.
///
/// # Errors
/// [`STALE`], if the message is of another build.
pub fn check(build: Option<&str>) -> Result<(), String> {
    if build == Some(BUILD) { Ok(()) } else { Err(STALE.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_messages_of_this_build_are_read() {
        assert!(BUILD.len() == 16 && BUILD.chars().all(|c| c.is_ascii_hexdigit()), "{BUILD}");
        assert_eq!(check(Some(BUILD)), Ok(()));
        for other in [None, Some(""), Some("0123456789abcdef")] {
            assert_eq!(check(other), Err(STALE.into()));
        }
    }
}
