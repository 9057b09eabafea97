//! Identification of the build. Messages contain it, because only code from the same sources can decode them.

/// Digest of the sources, computed by `build.rs` of this crate.
pub const BUILD_DIGEST: &str = env!("MULTIWELL_BUILD");

/// The message shown if page and worker are of different builds.
pub const STALE_MESSAGE: &str = "The browser has kept a file of another build of this page; please reload the page.";

/// Checks the build of a message. Messages of old builds have none.
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
