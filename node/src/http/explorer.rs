//! The explorer: a page and its files, embedded, which shows what the API says and nothing else.
//!
//! Its files ask only the host that served them, run no script but their own, and stand in nobody's frame: the policy below
//! says so to the browser. A file is kept by browsers and asked for again by its hash.

use super::failure::{Failure, no_such_path};
use axum::{
    body::Bytes,
    extract::Path,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse as _, Redirect, Response},
};
use std::{collections::BTreeMap, sync::LazyLock};

/// Where the page is.
pub(super) const HOME: &str = "/explorer/";
/// The same without the slash at its end.
pub(super) const BARE: &str = "/explorer";
/// Its files.
pub(super) const FILE: &str = "/explorer/{*path}";

const POLICY: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'none'; object-src 'none'; require-trusted-types-for 'script'; trusted-types receipt";

macro_rules! files {
    ($($path:literal),* $(,)?) => {
        &[$(($path, include_bytes!(concat!("../../../explorer/site/", $path)))),*]
    };
}

static FILES: &[(&str, &[u8])] = files![
    "api.js",
    "app.js",
    "base.css",
    "blake3.js",
    "dom.js",
    "draw.js",
    "format.js",
    "index.html",
    "list.js",
    "live.js",
    "mark.svg",
    "pages/account.js",
    "pages/accounts.js",
    "pages/block.js",
    "pages/blocks.js",
    "pages/evidence.js",
    "pages/find.js",
    "pages/home.js",
    "pages/ledger.js",
    "pages/log.js",
    "pages/money.js",
    "pages/network.js",
    "pages/program.js",
    "pages/programs.js",
    "pages/prover.js",
    "pages/provers.js",
    "pages/validators.js",
    "pages/verify.js",
    "pages/workload.js",
    "pages/workloads.js",
    "parts.css",
    "parts.js",
    "plot.js",
    "receipt-module.js",
    "receipt-worker.js",
    "receipt.js",
    "receipt.wasm",
    "search.js",
    "series.js",
    "theme-switch.js",
    "theme.js",
];

/// A file as it is sent.
struct Embedded {
    content: &'static str,
    tag: HeaderValue,
    bytes: Bytes,
}

static EMBEDDED: LazyLock<BTreeMap<&'static str, Embedded>> = LazyLock::new(|| {
    let embedded = |(path, bytes): &(&'static str, &'static [u8])| {
        let tag = format!("\"{}\"", blake3::hash(bytes).to_hex());
        let tag = HeaderValue::from_str(&tag).unwrap_or(HeaderValue::from_static("\"\""));
        (*path, Embedded { content: content(path), tag, bytes: Bytes::from_static(bytes) })
    };
    FILES.iter().map(embedded).collect()
});

fn content(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, ending)| ending) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("wasm") => "application/wasm",
        _ => "application/octet-stream",
    }
}

/// To the page.
pub(super) async fn enter() -> Redirect {
    Redirect::temporary(HOME)
}

pub(super) async fn home(asked: HeaderMap, uri: Uri) -> Result<Response, Failure> {
    file(Path("index.html".to_owned()), asked, uri).await
}

pub(super) async fn file(Path(path): Path<String>, asked: HeaderMap, uri: Uri) -> Result<Response, Failure> {
    let Some(file) = EMBEDDED.get(path.as_str()) else { return Err(no_such_path(uri).await) };
    let mut response = if known(&asked, &file.tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, file.content)], file.bytes.clone()).into_response()
    };
    let headers = response.headers_mut();
    headers.insert(header::ETAG, file.tag.clone());
    headers.extend(FIXED.map(|(name, value)| (name, HeaderValue::from_static(value))));
    Ok(response)
}

/// What every file is sent with.
const FIXED: [(HeaderName, &str); 4] = [
    (header::CACHE_CONTROL, "no-cache"),
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
];

/// Whether who asks has this very file.
fn known(asked: &HeaderMap, tag: &HeaderValue) -> bool {
    let tags = asked.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    tags.flat_map(|tags| tags.split(',')).any(|it| it.trim().trim_start_matches("W/").as_bytes() == tag.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::{Path as Folder, PathBuf};

    fn below(folder: &Folder) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
        entries.flat_map(|path| if path.is_dir() { below(&path) } else { vec![path] }).collect()
    }

    #[test]
    fn every_file_of_the_folder_is_embedded() {
        let site = Folder::new(env!("CARGO_MANIFEST_DIR")).join("../explorer/site");
        let name = |path: &PathBuf| path.strip_prefix(&site).expect("below").to_str().expect("text").to_owned();
        let mut there: Vec<_> = below(&site).iter().map(name).collect();
        there.sort();
        assert_eq!(there, EMBEDDED.keys().copied().collect::<Vec<_>>());
    }

    #[test]
    fn no_file_names_another_host_or_carries_a_script_of_its_own() {
        let allowed = "http://www.w3.org/2000/svg";
        for (path, bytes) in FILES.iter().filter(|(path, _)| !path.ends_with(".wasm")) {
            let text = std::str::from_utf8(bytes).expect("text").replace(allowed, "");
            assert!(!text.contains("://"), "{path} names a host");
            assert!(
                !["innerHTML", "outerHTML", "insertAdjacentHTML", "eval("].iter().any(|it| text.contains(it)),
                "{path}"
            );
        }
        let page = String::from_utf8(FILES.iter().find(|(path, _)| *path == "index.html").expect("there").1.to_vec());
        let page = page.expect("text");
        let scripts = page.matches("<script").count();
        assert_eq!((scripts, page.matches("></script>").count(), page.contains("style=")), (scripts, scripts, false));
    }
}
