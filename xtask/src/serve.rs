//! A web server for one folder on this machine: right types, no caching, nothing outside the folder.

use std::fs::File;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use tiny_http::{Header, Method, Request, Response, Server};

use crate::{Outcome, process};

const FIRST_PORT: u16 = 8080;
const THREADS: usize = 4;

/// Serves `folder` at `port`, or at the first free one from 8080 on, until the program is stopped.
pub fn until_stopped(folder: &Path, port: Option<u16>, open: bool) -> Outcome {
    if !folder.join("index.html").is_file() {
        return Err(format!("{} holds no page yet; `cargo xtask build` makes it", folder.display()));
    }
    let site = match port {
        Some(port) => Site::start(folder, port)?,
        None => (FIRST_PORT..FIRST_PORT + 20)
            .find_map(|port| Site::start(folder, port).ok())
            .map_or_else(|| Site::start(folder, 0), Ok)?,
    };
    println!("\n    {}\n\nServing {} to this machine only; Ctrl-C stops it.", site.url, folder.display());
    if open {
        let opener = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
        process::run(process::program(opener, folder).arg(&site.url), "open a browser (the address above works all the same)")?;
    }
    loop {
        std::thread::park();
    }
}

/// A folder being served, for as long as this lives.
pub struct Site {
    server: Arc<Server>,
    /// Address of the folder, with a slash at its end.
    pub url: String,
}

impl Site {
    /// Serves `folder` on the loopback interface; port 0 takes any that is free.
    pub fn start(folder: &Path, port: u16) -> Outcome<Self> {
        let server = Server::http(("127.0.0.1", port))
            .map_err(|error| format!("could not listen at port {port} ({error}); choose another with --port"))?;
        let port = server.server_addr().to_ip().map_or(port, |address| address.port());
        let server = Arc::new(server);
        for _ in 0..THREADS {
            let (server, folder) = (Arc::clone(&server), folder.to_path_buf());
            std::thread::spawn(move || {
                while let Ok(request) = server.recv() {
                    // A visitor who has gone before the answer is no fault of ours.
                    let _ = answer(request, &folder);
                }
            });
        }
        Ok(Self { server, url: format!("http://127.0.0.1:{port}/") })
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        for _ in 0..THREADS {
            self.server.unblock();
        }
    }
}

fn answer(request: Request, folder: &Path) -> std::io::Result<()> {
    if !matches!(request.method(), Method::Get | Method::Head) {
        return request.respond(text(405, "only GET and HEAD"));
    }
    let Some(mut file) = inside(folder, request.url()) else { return request.respond(text(404, "not found")) };
    if file.is_dir() {
        let path = request.url().split(['?', '#']).next().unwrap_or_default().to_owned();
        if !path.ends_with('/') {
            return request.respond(text(301, "moved").with_header(header("Location", &format!("{path}/"))));
        }
        file.push("index.html");
    }
    match File::open(&file) {
        Ok(open) => {
            let response = Response::from_file(open)
                .with_header(header("Content-Type", media_type(&file)))
                .with_header(header("Cache-Control", "no-store"));
            request.respond(response)
        }
        Err(_) => request.respond(text(404, "not found")),
    }
}

/// The file in `folder` that a request's target names; `None` for anything that would lead out of it.
fn inside(folder: &Path, target: &str) -> Option<PathBuf> {
    let path = percent_decoded(target.split(['?', '#']).next()?)?;
    let relative = Path::new(path.trim_start_matches('/'));
    relative.components().all(|part| matches!(part, Component::Normal(_))).then(|| folder.join(relative))
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        if *first == b'%' {
            let code = std::str::from_utf8(after.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(code, 16).ok()?);
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok()
}

fn media_type(file: &Path) -> &'static str {
    match file.extension().and_then(|ending| ending.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("json" | "webmanifest") => "application/json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("csv") => "text/csv; charset=utf-8",
        Some("txt" | "md") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

fn text(status: u16, words: &str) -> Response<std::io::Cursor<Vec<u8>>> {
    Response::from_string(words).with_status_code(status)
}

fn header(name: &str, value: &str) -> Header {
    Header::from_bytes(name, value).unwrap_or_else(|()| Header::from_bytes("X-Unprintable", "1").expect("plain ASCII"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_outside_the_folder_is_served() {
        let folder = Path::new("/site");
        assert_eq!(inside(folder, "/a/b.js?x=1"), Some("/site/a/b.js".into()));
        assert_eq!(inside(folder, "/"), Some("/site/".into()));
        assert_eq!(inside(folder, "/a%20b"), Some("/site/a b".into()));
        for outside in ["/../secret", "/a/../../secret", "/%2e%2e/secret", "/%", "/%zz", "/..%2fsecret"] {
            assert_eq!(inside(folder, outside), None, "{outside}");
        }
    }

    #[test]
    fn modules_have_the_type_that_browsers_insist_on() {
        assert_eq!(media_type(Path::new("multiwell_bg.wasm")), "application/wasm");
        assert_eq!(media_type(Path::new("boot.js")), "text/javascript; charset=utf-8");
    }
}
