//! Identifies the build of the code. Messages carry it, because their bytes can be decoded only by code of the same sources.

/// Digest of the sources, made by `build.rs` of this crate.
pub const BUILD_DIGEST: &str = env!("MULTIWELL_BUILD");

/// The message shown if page and worker are of different builds.
pub const STALE_MESSAGE: &str = "The browser has kept a file of another build of this page; please reload the page.";

/// Checks the build that a message carries. Messages of old builds carry none.
///
/// # Errors
/// [`STALE_MESSAGE`], if the message is of another build.
pub fn check(build: Option<&str>) -> Result<(), String> {
    if build == Some(BUILD_DIGEST) { Ok(()) } else { Err(STALE_MESSAGE.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_messages_of_this_build_are_read() {
        assert!(BUILD_DIGEST.len() == 16 && BUILD_DIGEST.chars().all(|c| c.is_ascii_hexdigit()), "{BUILD_DIGEST}");
        assert_eq!(check(Some(BUILD_DIGEST)), Ok(()));
        for other in [None, Some(""), Some("0123456789abcdef")] {
            assert_eq!(check(other), Err(STALE_MESSAGE.into()));
        }
    }
}
