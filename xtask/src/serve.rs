//! A web server for one folder on this machine, with correct media types, without caching, and without access to anything
//! outside the folder.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::{Outcome, process};

const FIRST_PORT: u16 = 8080;
/// Largest size of a request, in bytes.
const LONGEST_REQUEST: u64 = 64 * 1024;

/// Serves a page that has been built, until the program is stopped.
pub fn built(folder: &Path, port: Option<u16>, open: bool) -> Outcome {
    if !folder.join("index.html").is_file() {
        return Err(format!("{} holds no page yet; `cargo xtask build` makes it", folder.display()));
    }
    start(folder, port, open)?;
    loop {
        std::thread::park();
    }
}

/// Begins to serve `folder` at `port`, or at the first free one from 8080 on, and says where.
fn start(folder: &Path, port: Option<u16>, open: bool) -> Outcome {
    let at = |port| Site::start(folder, port);
    let site = match port {
        Some(port) => at(port)?,
        None => (FIRST_PORT..FIRST_PORT + 20).find_map(|port| at(port).ok()).map_or_else(|| at(0), Ok)?,
    };
    println!("\n    {}\n\nServing {} to this machine only; Ctrl-C stops it.", site.url, folder.display());
    if open {
        let opener = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
        process::run(process::program(opener, folder).arg(&site.url), "open a browser (the address above works all the same)")?;
    }
    Ok(())
}

/// How files are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// As they are, and never kept by the browser: what was built last is what is seen.
    Fresh,
    /// As a host of static files does: compressed, and kept by the browser for ten minutes.
    AsHosted,
}

/// A folder being served until the program ends.
pub struct Site {
    /// Address of the folder, with a slash at its end.
    pub url: String,
}

impl Site {
    /// Serves `folder` on the loopback interface; port 0 selects a free port.
    pub fn start(folder: &Path, port: u16) -> Outcome<Self> {
        Self::start_in(folder, port, Manner::Fresh)
    }

    /// The same, in a manner.
    pub fn start_in(folder: &Path, port: u16, manner: Manner) -> Outcome<Self> {
        let failed = |error: std::io::Error| format!("could not listen at port {port} ({error}); choose another with --port");
        let listener = TcpListener::bind(("127.0.0.1", port)).map_err(failed)?;
        let port = listener.local_addr().map_err(failed)?.port();
        let folder = folder.to_path_buf();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let folder = folder.clone();
                // A client that has closed its connection is not an error.
                std::thread::spawn(move || answer(&stream, &folder, manner));
            }
        });
        Ok(Self { url: format!("http://127.0.0.1:{port}/") })
    }
}

/// The response to a request.
enum Answer {
    File(File, &'static str),
    Moved(String),
    Refused(&'static str),
}

/// Reads one request and answers it; every connection has one request.
fn answer(stream: &TcpStream, folder: &Path, manner: Manner) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_mins(1)))?;
    let mut lines = BufReader::new(stream.take(LONGEST_REQUEST)).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    for line in lines {
        if line?.is_empty() {
            break;
        }
    }
    let mut words = first.split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let answer = if matches!(method, "GET" | "HEAD") { find(folder, target) } else { Answer::Refused("405 Method Not Allowed") };

    let mut out = BufWriter::new(stream);
    let common = match manner {
        Manner::Fresh => "Cache-Control: no-store\r\nConnection: close\r\n",
        Manner::AsHosted => "Cache-Control: max-age=600\r\nConnection: close\r\n",
    };
    match answer {
        Answer::File(mut file, media_type) if manner == Manner::AsHosted => {
            let mut packed = GzEncoder::new(Vec::new(), Compression::default());
            std::io::copy(&mut file, &mut packed)?;
            let packed = packed.finish()?;
            let length = packed.len();
            write!(
                out,
                "HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\nContent-Encoding: gzip\r\nContent-Length: {length}\r\n{common}\r\n"
            )?;
            if method == "GET" {
                out.write_all(&packed)?;
            }
        }
        Answer::File(mut file, media_type) => {
            let length = file.metadata()?.len();
            write!(out, "HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\nContent-Length: {length}\r\n{common}\r\n")?;
            if method == "GET" {
                std::io::copy(&mut file, &mut out)?;
            }
        }
        Answer::Moved(to) => {
            write!(out, "HTTP/1.1 301 Moved Permanently\r\nLocation: {to}\r\nContent-Length: 0\r\n{common}\r\n")?;
        }
        Answer::Refused(status) => {
            let words = format!("{status}\n");
            write!(out, "HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n{common}\r\n", words.len())?;
            if method != "HEAD" {
                out.write_all(words.as_bytes())?;
            }
        }
    }
    out.flush()
}

/// The file for the target of a request; for a folder its `index.html`.
fn find(folder: &Path, target: &str) -> Answer {
    let Some(mut file) = inside(folder, target) else { return Answer::Refused("404 Not Found") };
    if file.is_dir() {
        let path = target.split(['?', '#']).next().unwrap_or_default();
        if !path.ends_with('/') {
            return Answer::Moved(format!("{path}/"));
        }
        file.push("index.html");
    }
    File::open(&file).map_or(Answer::Refused("404 Not Found"), |open| Answer::File(open, media_type(&file)))
}

/// The file in `folder` for the target of a request; `None` for targets outside the folder.
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

    /// The complete response of the server to a request.
    fn asked(site: &Site, request: &str) -> String {
        let mut stream = TcpStream::connect(site.url.trim_start_matches("http://").trim_end_matches('/')).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    #[test]
    fn files_are_served_and_the_rest_is_refused() {
        let site = Site::start(Path::new(env!("CARGO_MANIFEST_DIR")), 0).unwrap();
        let file = asked(&site, "GET /src/serve.rs?x HTTP/1.1\r\nHost: here\r\n\r\n");
        assert!(file.starts_with("HTTP/1.1 200 OK\r\n") && file.contains("Cache-Control: no-store\r\n"), "{file}");
        assert!(file.ends_with(include_str!("serve.rs")));
        let head = asked(&site, "HEAD /Cargo.toml HTTP/1.1\r\n\r\n");
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n") && head.ends_with("\r\n\r\n"), "{head}");
        assert!(asked(&site, "GET /src HTTP/1.1\r\n\r\n").contains("\r\nLocation: /src/\r\n"));
        assert!(asked(&site, "GET /../Cargo.toml HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 404 "));
        assert!(asked(&site, "POST / HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 405 "));
        assert!(asked(&site, "\r\n\r\n").starts_with("HTTP/1.1 405 "));
    }

    #[test]
    fn modules_have_the_type_that_browsers_insist_on() {
        assert_eq!(media_type(Path::new("multiwell_bg.wasm")), "application/wasm");
        assert_eq!(media_type(Path::new("boot.js")), "text/javascript; charset=utf-8");
    }
}
