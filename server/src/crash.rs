//! Places where a test can have the process end, as a power cut would: before and after all that is written or sent.
//!
//! They exist in builds of tests only (the feature `failpoints`). There `CONNTEXT_FAIL=place=action` names where it ends,
//! in the language of the crate `fail` (`return` at once, `3*off->return` the fourth time), and only with
//! `CONNTEXT_TEST=1`.

/// Reads which places a test has chosen.
///
/// # Errors
/// In words, where that cannot be read.
#[cfg(feature = "failpoints")]
pub fn choose() -> Result<(), String> {
    let testing = std::env::var("CONNTEXT_TEST").is_ok_and(|v| v == "1");
    let Some(text) = std::env::var("CONNTEXT_FAIL").ok().filter(|_| testing) else { return Ok(()) };
    for part in text.split(';').filter(|part| !part.is_empty()) {
        let (place, action) = part.split_once('=').ok_or_else(|| format!("CONNTEXT_FAIL: {part}: not place=action"))?;
        fail::cfg(place, action)?;
    }
    Ok(())
}

/// The process ends here, where a test has chosen this place.
#[cfg(feature = "failpoints")]
pub fn point(place: &str) {
    fail::eval(place, |_| -> () { std::process::abort() });
}

/// Nothing to choose.
///
/// # Errors
/// None.
#[cfg(not(feature = "failpoints"))]
pub const fn choose() -> Result<(), String> {
    Ok(())
}

/// Nothing happens here.
#[cfg(not(feature = "failpoints"))]
pub const fn point(_: &str) {}
