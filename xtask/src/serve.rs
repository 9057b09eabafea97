//! Web server for one folder on this machine.

use std::collections::BTreeMap;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::SystemTime;

use percent_encoding::percent_decode_str;
use tiny_http::{Header, Method, Request, Response, Server};

use crate::{TaskResult, files, process};

/// First port that is tried if none is given.
const FIRST_PORT: u16 = 8080;

/// Serves a built page until the program is stopped.
pub fn serve(folder: &Path, port: Option<u16>, open: bool) -> TaskResult {
    let start = |port| Site::start(folder, port, CachePolicy::NoStore);
    let site = match port {
        Some(port) => start(port)?,
        None => (FIRST_PORT..FIRST_PORT + 20).find_map(|port| start(port).ok()).map_or_else(|| start(0), Ok)?,
    };
    println!("\n    {}\n\nServing {} to this machine only; Ctrl-C stops it.", site.url, folder.display());
    if open {
        let opener = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
        process::run(process::program(opener, folder).arg(&site.url), "open a browser (the address above works all the same)")?;
    }
    loop {
        thread::park();
    }
}

/// Treatment of files by browsers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CachePolicy {
    /// Browsers do not cache files, so that the newest build is shown.
    NoStore,
    /// Browsers cache files for ten minutes, as those of a static host.
    TenMinutes,
}

/// A folder that is served until the program ends.
pub struct Site {
    /// Address of the folder, with a slash at its end.
    pub url: String,
}

impl Site {
    /// Serves `folder` on the loopback interface. Port 0 selects a free port.
    pub fn start(folder: &Path, port: u16, policy: CachePolicy) -> TaskResult<Self> {
        let server = Server::http(("127.0.0.1", port))
            .map_err(|error| format!("could not listen at port {port} ({error}); choose another with --port"))?;
        let url = format!("http://{}/", server.server_addr());
        let folder: Arc<Path> = folder.into();
        thread::spawn(move || {
            for request in server.incoming_requests() {
                let folder = folder.clone();
                // A client that has closed its connection is not an error.
                thread::spawn(move || respond(request, &folder, policy));
            }
        });
        Ok(Self { url })
    }
}

fn header(name: &str, value: &str) -> Header {
    Header::from_bytes(name, value).expect("names and values of headers are ASCII")
}

fn respond(request: Request, folder: &Path, policy: CachePolicy) -> io::Result<()> {
    let path = request.url().split(['?', '#']).next().unwrap_or_default().to_owned();
    let accepted = request.headers().iter().find(|header| header.field.equiv("Accept-Encoding"));
    let accepted = accepted.map_or("", |header| header.value.as_str()).to_owned();
    let refusal = |status: u16| Response::from_string(format!("{status}\n")).with_status_code(status).boxed();
    let response = match path_in(folder, &path) {
        _ if !matches!(request.method(), Method::Get | Method::Head) => refusal(405),
        Some(file) if file.is_dir() && !path.ends_with('/') => {
            Response::empty(301).with_header(header("Location", &format!("{path}/"))).boxed()
        }
        Some(file) => {
            let file = if file.is_dir() { file.join("index.html") } else { file };
            file_response(&file, &accepted).unwrap_or_else(|_| refusal(404))
        }
        None => refusal(404),
    };
    let cache_control = if policy == CachePolicy::NoStore { "no-store" } else { "max-age=600" };
    request.respond(response.with_header(header("Cache-Control", cache_control)))
}

/// A file, compressed by the first encoding that the client accepts.
fn file_response(file: &Path, accepted: &str) -> TaskResult<tiny_http::ResponseBox> {
    type Compress = fn(&[u8]) -> TaskResult<Vec<u8>>;
    type Key = (&'static str, PathBuf, SystemTime);
    /// Compressed files by encoding, path and time of the last change.
    static COMPRESSED: Mutex<BTreeMap<Key, Vec<u8>>> = Mutex::new(BTreeMap::new());
    let encodings: [(_, Compress); 2] = [("br", files::brotli), ("gzip", files::gzip)];
    let content_type = header("Content-Type", &media_type(file));
    let bytes = files::read(file)?;
    let Some((name, compress)) = encodings.into_iter().find(|(name, _)| accepted.contains(name)) else {
        return Ok(Response::from_data(bytes).with_header(content_type).boxed());
    };
    let changed = file.metadata().and_then(|about| about.modified()).map_err(|error| error.to_string())?;
    let (mut known, key) = (COMPRESSED.lock().map_err(|error| error.to_string())?, (name, file.to_owned(), changed));
    if !known.contains_key(&key) {
        known.insert(key.clone(), compress(&bytes)?);
    }
    let compressed = Response::from_data(known[&key].clone()).with_header(header("Content-Encoding", name));
    Ok(compressed.with_header(content_type).boxed())
}

/// Path of the file for the path of a request; `None` for paths outside `folder`.
fn path_in(folder: &Path, path: &str) -> Option<PathBuf> {
    let path = percent_decode_str(path).decode_utf8().ok()?;
    let relative = Path::new(path.trim_start_matches('/'));
    relative.components().all(|part| matches!(part, Component::Normal(_))).then(|| folder.join(relative))
}

fn media_type(file: &Path) -> String {
    let guess = mime_guess::from_path(file).first_or_octet_stream().to_string();
    if guess.starts_with("text/") { guess + "; charset=utf-8" } else { guess }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpStream;

    use super::*;

    #[test]
    fn paths_outside_the_folder_are_refused() {
        let folder = Path::new("/site");
        assert_eq!(path_in(folder, "/a/b.js"), Some("/site/a/b.js".into()));
        assert_eq!(path_in(folder, "/"), Some("/site/".into()));
        assert_eq!(path_in(folder, "/a%20b"), Some("/site/a b".into()));
        for outside in ["/../secret", "/a/../../secret", "/%2e%2e/secret", "/%ff", "/..%2fsecret"] {
            assert_eq!(path_in(folder, outside), None, "{outside}");
        }
    }

    fn response(site: &Site, request: &str) -> String {
        let mut stream = TcpStream::connect(site.url.trim_start_matches("http://").trim_end_matches('/')).unwrap();
        write!(stream, "{request} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
        let mut response = Vec::new();
        stream.read_to_end(&mut response).unwrap();
        String::from_utf8_lossy(&response).into_owned()
    }

    #[test]
    fn files_are_served_with_headers_and_other_requests_refused() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
        let site = Site::start(folder, 0, CachePolicy::NoStore).unwrap();
        let file = response(&site, "GET /src/serve.rs?x");
        assert!(file.starts_with("HTTP/1.1 200 OK\r\n") && file.contains("Cache-Control: no-store\r\n"), "{file}");
        assert!(file.contains("Content-Length: ") && file.ends_with(include_str!("serve.rs")));
        assert_eq!(media_type(Path::new("multiwell_bg.wasm")), "application/wasm");
        let head = response(&site, "HEAD /Cargo.toml");
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n") && head.ends_with("\r\n\r\n"), "{head}");
        assert!(response(&site, "GET /src").contains("\r\nLocation: /src/\r\n"));
        assert!(response(&site, "GET /../Cargo.toml").starts_with("HTTP/1.1 404 "));
        assert!(response(&site, "GET /src/").starts_with("HTTP/1.1 404 "));
        assert!(response(&site, "POST /").starts_with("HTTP/1.1 405 "));
        let hosted = Site::start(folder, 0, CachePolicy::TenMinutes).unwrap();
        for (accepted, encoding) in [("gzip", "gzip"), ("gzip, br", "br")] {
            let compressed = response(&hosted, &format!("GET /Cargo.toml HTTP/1.1\r\nAccept-Encoding: {accepted}\r\nX-Rest:"));
            assert!(compressed.contains(&format!("Content-Encoding: {encoding}\r\n")), "{compressed}");
            assert!(compressed.contains("Cache-Control: max-age=600\r\n"));
        }
    }

    #[test]
    fn port_in_use_gives_an_error() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
        let site = Site::start(folder, 0, CachePolicy::NoStore).unwrap();
        let port = site.url.trim_end_matches('/').rsplit(':').next().unwrap().parse().unwrap();
        assert!(Site::start(folder, port, CachePolicy::NoStore).err().unwrap().contains("choose another with --port"));
    }
}
