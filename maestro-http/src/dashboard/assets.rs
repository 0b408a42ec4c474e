//! Style sheet and scripts. Their address has a hash of them all, so that browsers may keep them for ever.

use std::{fmt::Write, sync::LazyLock};

use axum::{
    extract::Path,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use sha2::{Digest, Sha256};

/// The style sheet, in the order of its parts.
const STYLE: &str = concat!(
    include_str!("../../assets/css/1-tokens.css"),
    include_str!("../../assets/css/2-base.css"),
    include_str!("../../assets/css/3-frame.css"),
    include_str!("../../assets/css/4-controls.css"),
    include_str!("../../assets/css/5-blocks.css"),
    include_str!("../../assets/css/6-drawings.css"),
    include_str!("../../assets/css/7-pages.css"),
    include_str!("../../assets/css/8-narrow.css"),
);

const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";

/// Everything, by name.
const ASSETS: [(&str, &str, &str); 8] = [
    ("style.css", CSS, STYLE),
    ("idiomorph.js", JS, include_str!("../../assets/vendor/idiomorph.min.js")),
    ("main.js", JS, include_str!("../../assets/js/main.js")),
    ("live.js", JS, include_str!("../../assets/js/live.js")),
    ("times.js", JS, include_str!("../../assets/js/times.js")),
    ("keys.js", JS, include_str!("../../assets/js/keys.js")),
    ("forms.js", JS, include_str!("../../assets/js/forms.js")),
    ("icon.svg", "image/svg+xml", include_str!("../../assets/icon.svg")),
];

/// Names the present version of all assets.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut hash = Sha256::new();
    for (name, _, text) in ASSETS {
        hash.update(name);
        hash.update(text);
    }
    hash.finalize().iter().take(6).fold(String::new(), |mut version, byte| {
        // A `String` takes whatever is written to it.
        let _ = write!(version, "{byte:02x}");
        version
    })
});

/// Returns the path of an asset, below the base.
pub(super) fn path(name: &str) -> String {
    format!("/assets/{}/{name}", VERSION.as_str())
}

/// Answers with an asset. An old version gets the present one, which it may not keep.
pub(super) async fn serve(Path((version, name)): Path<(String, String)>) -> Response {
    let Some((_, media, text)) = ASSETS.iter().find(|(known, _, _)| *known == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let kept = if version == *VERSION { "public, max-age=31536000, immutable" } else { "no-cache" };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media)),
        (header::CACHE_CONTROL, HeaderValue::from_static(kept)),
    ];
    (headers, *text).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_browser_loads_is_small_and_asks_nobody_else() {
        let bytes: usize = ASSETS.iter().map(|(_, _, text)| text.len()).sum();
        assert!(bytes < 90_000, "{bytes} bytes before compression");
        for (name, _, text) in ASSETS.iter().filter(|(name, _, _)| *name != "icon.svg") {
            assert!(!text.contains("http://") && !text.contains("https://"), "{name}");
        }
    }
}
