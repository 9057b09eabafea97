//! Pictures of every view of the page for visual inspection, in six windows, light and dark. `cargo xtask shots` runs this program.
//!
//! The program writes into the folder `MULTIWELL_SCREENSHOTS`. The output is a picture for each view, width and scheme, a contact sheet for each view
//! as `sheets/VIEW.png`, and `index.html` with all of them. `preview.png` is the picture for
//! link cards and for the README: copy it to `www/`.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use multiwell_page_tests::{Page, visit};

/// Widths and heights of the windows, in CSS pixels.
const WINDOW_SIZES: [(u32, u32); 6] = [(390, 844), (720, 450), (820, 1180), (844, 390), (1280, 800), (1680, 1050)];
const COLOUR_SCHEMES: [&str; 2] = ["light", "dark"];
/// Maximum height of a picture, in CSS pixels. A phone shows a page as one long column.
const MAX_PAGE_HEIGHT: u64 = 2600;
/// Scale of the pictures on a contact sheet.
const THUMBNAIL_SCALE: f64 = 0.45;

/// Subject of a screenshot: name, address, and the actions on the page.
type ShotSubject = (&'static str, &'static str, ShotStage);

#[derive(Clone, Copy)]
enum ShotStage {
    /// The run in training.
    Training,
    /// Before the module has arrived.
    First,
    /// The finished run of the simple face, and the picture for link cards.
    Preview,
    /// Each view of the finished run, by its tabs.
    Views,
    /// The finished run after this script, which opens something. It is open when the expression is true.
    Opened(&'static str, &'static str),
    /// The dialog that assigns roles to the columns of a table.
    Columns,
}

const COSINE_LINK: &str = "index.html#benchmark=cosine-well&recipe_version=9";

const SHOT_SUBJECTS: [ShotSubject; 24] = [
    ("first", "index.html", ShotStage::First),
    ("simple", "index.html", ShotStage::Preview),
    ("training", "index.html#recipe=paper&epochs=10000000&recipe_version=9", ShotStage::Training),
    ("cosine-well", COSINE_LINK, ShotStage::Views),
    ("muller-brown", "index.html#benchmark=muller-brown&samples=300&epochs=400&recipe_version=9", ShotStage::Views),
    ("gene-circuit", "index.html#benchmark=gene-circuit&samples=300&recipe_version=9", ShotStage::Views),
    ("mechanochemical", "index.html#benchmark=mechanochemical&recipe=paper&samples=200&epochs=100&recipe_version=9", ShotStage::Views),
    ("schlogl", "index.html#benchmark=schlogl&epochs=100&samples=100&recipe_version=9", ShotStage::Views),
    ("metamaterial", "index.html#benchmark=metamaterial&samples=50&batch=20&epochs=20&recipe_version=9", ShotStage::Views),
    ("drawn-samples", "index.html#benchmark=drawn-samples&recipe_version=9", ShotStage::Views),
    ("drawing", "index.html#benchmark=drawing&recipe_version=9", ShotStage::Views),
    ("formula-1d", "index.html#benchmark=formula&formula=x%5E4-a*x%5E2%2Bb*x&set=a%3D2%2Cb%3D0.3&recipe_version=9", ShotStage::Opened("", "true")),
    (
        "formula-2d",
        "index.html#benchmark=formula&formula=%28x%5E2%20-%201%29%5E2%20%2B%20k%2A%28y%20-%20x%2F2%29%5E2%20%2B%200.2%2Ax&set=k%3D1.5&recipe=paper&epochs=400&recipe_version=9",
        ShotStage::Opened("", "true"),
    ),
    (
        "formula-shown",
        "index.html#benchmark=mechanochemical&recipe=paper&samples=100&epochs=50&recipe_version=9",
        ShotStage::Opened("document.querySelector('#formula').open = true", "document.querySelector('#formula .definition').innerText"),
    ),
    (
        "definition",
        COSINE_LINK,
        ShotStage::Opened("document.querySelector('#definitions details:nth-of-type(5)').open = true", "true"),
    ),
    ("guide", COSINE_LINK, ShotStage::Opened("document.querySelector('#guide').open = true", "document.querySelector('#open-tape')")),
    ("exports", COSINE_LINK, ShotStage::Opened("document.querySelector('#export').open = true", "true")),
    ("help", COSINE_LINK, ShotStage::Opened("document.querySelector('#help').click()", "document.querySelector('#help-dialog').open")),
    ("embed", COSINE_LINK, ShotStage::Opened("document.querySelector('#embed').click()", "document.querySelector('#embed-dialog').open")),
    ("lesson", "index.html?lesson=gates.1#benchmark=three-well&modes=10&recipe_version=9", ShotStage::Opened("", "document.querySelector('#lesson').dataset.done === 'true'")),
    ("columns", COSINE_LINK, ShotStage::Columns),
    (
        "compare",
        "index.html#benchmark=cosine-well&recipe_version=9",
        ShotStage::Opened(
            "document.querySelector('#compare').click(); window.start = setInterval(() => {
                 const button = [...document.querySelectorAll('#compare-dialog button')].find((b) => b.id === 'compare-start' && !b.disabled);
                 if (button) { clearInterval(window.start); button.click(); }
             }, 100)",
            "document.querySelector('#compare-dialog')?.dataset.state === 'ended'",
        ),
    ),
    (
        "tape",
        "index.html#benchmark=cosine-well&recipe=paper&epochs=300&recipe_version=9",
        ShotStage::Opened(
            "document.querySelector('#guide').open = true; window.start = setInterval(() => {
                 const button = document.querySelector('#open-tape');
                 if (button) { clearInterval(window.start); button.click(); }
             }, 100)",
            "document.querySelector('#tape')?.dataset.state === 'ready'",
        ),
    ),
    ("frame", "index.html?embed#benchmark=double-well&modes=4&seed=7", ShotStage::Opened("", "true")),
];

/// Takes a picture of the current page at every width in both schemes.
async fn photograph(page: &Page, name: &str) {
    for scheme in COLOUR_SCHEMES {
        page.prefer(scheme).await;
        for (width, height) in WINDOW_SIZES {
            let height = if name == "frame" { 440 } else { height };
            page.resize(width, height).await;
            page.pause(250).await;
            // A dialog lies in the window, and everything else in the document.
            let tall = page
                .script("return document.querySelector('dialog[open]') ? innerHeight : document.documentElement.scrollHeight")
                .await;
            let tall = tall.as_u64().unwrap_or_default().clamp(u64::from(height), MAX_PAGE_HEIGHT);
            page.photograph(&format!("{name}-{width}-{scheme}"), [0.0, 0.0, f64::from(width), tall as f64]).await;
        }
    }
    page.resize(1280, 800).await;
}

async fn stage(page: Page, name: &'static str, address: &'static str, stage: ShotStage) {
    page.resize(1280, 800).await;
    if matches!(stage, ShotStage::First) {
        page.before_scripts("const given = window.fetch; window.fetch = (what, how) => String(what.url ?? what).includes('.wasm') ? new Promise(() => {}) : given(what, how)").await;
    }
    page.goto(address).await;
    match stage {
        ShotStage::First => {
            page.until("the finished fit is there", 10, "document.querySelector('#first .fit').checkVisibility()").await;
        }
        ShotStage::Training => page.until_epoch_after(1500).await,
        _ => page.until_state("finished", 60).await,
    }
    match stage {
        ShotStage::Views => {
            let tabs = "[...document.querySelectorAll('#view-tabs [role=tab]')].filter((tab) => tab.checkVisibility())";
            let count = page.script(&format!("return {tabs}.length")).await.as_u64().unwrap_or_default();
            for k in 0..count {
                let view =
                    page.script(&format!("const tab = {tabs}[{k}]; tab.click(); return tab.id.replace(/^view-/, '')")).await;
                page.pause(800).await;
                photograph(&page, &format!("{name}-{}", view.as_str().unwrap_or("view"))).await;
            }
        }
        ShotStage::Preview => {
            page.resize(1280, 720).await;
            page.pause(500).await;
            page.photograph("preview", [0.0, 0.0, 1280.0, 720.0]).await;
            photograph(&page, name).await;
        }
        ShotStage::Columns => {
            let mut rows = String::from("position,energy,error\n");
            for k in 0..60 {
                let _ = writeln!(rows, "{},{},{}", f64::from(k) / 10.0, f64::from(k * k) / 50.0, k % 7);
            }
            page.open_file("measured.csv", &rows).await;
            page.until("it is asked which columns are what", 20, "document.querySelector('#columns-dialog').open").await;
            photograph(&page, name).await;
        }
        ShotStage::Opened(script, is_there) => {
            page.script(script).await;
            page.until("it is open", 60, is_there).await;
            photograph(&page, name).await;
        }
        ShotStage::First | ShotStage::Training => photograph(&page, name).await,
    }
}

/// Views in the folder, in the order of the subjects.
fn views(folder: &Path) -> Vec<String> {
    let first = format!("-{}-light.png", WINDOW_SIZES[0].0);
    let entries = std::fs::read_dir(folder).expect("the folder of the pictures can be read").flatten();
    let names = entries.filter_map(|entry| entry.file_name().to_str()?.strip_suffix(&first).map(str::to_owned));
    let mut names: Vec<String> = names.collect();
    let place = |name: &str| SHOT_SUBJECTS.iter().rposition(|(subject, ..)| name.starts_with(subject));
    names.sort_by_key(|name| (place(name), name.clone()));
    names
}

/// Writes the contact sheets, as a page and as pictures of that page.
async fn write_sheets(folder: &Path) {
    let views = views(folder);
    let mut html = String::from(
        "<!doctype html><meta charset=utf-8><title>Views of the page</title><style>
         body { font: 14px system-ui, sans-serif; margin: 16px; background: #777; color: #fff }
         section { width: max-content; padding: 8px 0 24px } h2 { margin: 0 0 8px }
         div { display: flex; gap: 12px; align-items: start; margin-bottom: 12px }
         img { display: block; max-height: 900px; object-fit: cover; object-position: top }</style>\n",
    );
    for name in &views {
        let _ = write!(html, "<section id=\"{name}\"><h2>{name}</h2>");
        for scheme in COLOUR_SCHEMES {
            html.push_str("<div>");
            for (width, _) in WINDOW_SIZES {
                let file = format!("{name}-{width}-{scheme}.png");
                let _ = write!(
                    html,
                    "<a href=\"{file}\"><img src=\"{file}\" width=\"{:.0}\" alt=\"{name}, {width} pixels, {scheme}\"></a>",
                    THUMBNAIL_SCALE * f64::from(width)
                );
            }
            html.push_str("</div>");
        }
        html.push_str("</section>\n");
    }
    let file = folder.join("index.html");
    std::fs::write(&file, html).expect("the page of the pictures can be written");
    std::fs::create_dir_all(folder.join("sheets")).expect("the folder of the sheets can be made");
    let address = format!("file://{}", file.canonicalize().expect("the page is there").display());
    visit("style.css", move |page| async move {
        page.goto_elsewhere(&address).await;
        for name in views {
            page.promise(&format!(
                "await Promise.all([...document.getElementById('{name}').querySelectorAll('img')].map((image) => image.decode()))"
            ))
            .await;
            page.photograph_element(&format!("sheets/{name}"), &format!("#{name}")).await;
        }
    })
    .await;
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let begun = Instant::now();
    let folder =
        PathBuf::from(std::env::var_os("MULTIWELL_SCREENSHOTS").expect("`cargo xtask shots` says where the pictures go"));
    // `MULTIWELL_SHOTS` selects the subjects whose names begin with it.
    let only = std::env::var("MULTIWELL_SHOTS").unwrap_or_default();
    let queue: VecDeque<ShotSubject> = SHOT_SUBJECTS.into_iter().filter(|(name, ..)| name.starts_with(&only)).collect();
    let queue = Arc::new(Mutex::new(queue));
    let work = |queue: Arc<Mutex<VecDeque<ShotSubject>>>| async move {
        loop {
            let next = queue.lock().expect("nobody has panicked").pop_front();
            let Some((name, address, what)) = next else { break };
            visit("style.css", move |page| stage(page, name, address, what)).await;
            println!("[shots] {name}, after {:.0} s", begun.elapsed().as_secs_f64());
        }
    };
    tokio::join!(work(queue.clone()), work(queue));
    write_sheets(&folder).await;
    println!("[shots] {} in {:.0} s", folder.join("index.html").display(), begun.elapsed().as_secs_f64());
}
