//! Landscapes of several inputs: their views with their controls, tables with derivatives, guides.

use e2e::{Page, WATCH_TEXTS, median_and_largest, numbers, visit};
use serde_json::json;

/// A few epochs of two benchmarks with several inputs.
const MATERIAL: &str = "benchmark=mechanochemical&recipe=paper&epochs=150&samples=100";
const GENES: &str = "benchmark=gene-circuit&recipe=paper&epochs=150&samples=100";
/// A material with memory, whose views have legends and titles of many words.
const MEMORY: &str = "benchmark=metamaterial&samples=50&batch=20&epochs=3";

/// Waits until the view with this name is drawn.
async fn until_seen(page: &Page, view: &str) {
    let condition =
        format!("document.querySelector('#view-{view}')?.ariaSelected === 'true' && document.querySelector('#view-plot-0')");
    page.until(&format!("{view} is shown"), 20, &condition).await;
    page.until_painted("#view-plot-0").await;
}

async fn is_shown(page: &Page, selector: &str) -> bool {
    page.script(&format!("return document.querySelector('{selector}')?.checkVisibility() ?? false")).await == json!(true)
}

/// Moves a slider or changes a choice as a user would.
async fn set(page: &Page, selector: &str, value: &str) {
    let script = format!(
        "const control = document.querySelector('{selector}'); control.value = '{value}';
         for (const kind of ['input', 'change']) control.dispatchEvent(new Event(kind, {{ bubbles: true }}))"
    );
    page.script(&script).await;
}

#[tokio::test]
async fn a_material_is_learnt_under_living_maps() {
    let link = "index.html#benchmark=mechanochemical&view=cuts";
    visit("index.html", |page| async move {
        // A picture begins with clearing its canvas; an animation frame lasts as long as everything in it is drawn.
        page.before_scripts(
            "window.wiped = []; window.took = [];
             const wipe = CanvasRenderingContext2D.prototype.clearRect;
             CanvasRenderingContext2D.prototype.clearRect = function (...box) {
                 if (this.canvas.id === 'view-plot-1') window.wiped.push(performance.now());
                 return wipe.apply(this, box);
             };
             const ask = window.requestAnimationFrame.bind(window);
             window.requestAnimationFrame = act => ask(time => {
                 const wiped = window.wiped.length, begun = performance.now();
                 act(time);
                 if (window.wiped.length > wiped) window.took.push(performance.now() - begun);
             });",
        )
        .await;
        page.let_be_timed().await;
        page.goto(link).await;
        until_seen(&page, "cuts").await;
        page.until("training is under way", 30, "Number(document.querySelector('#epoch').dataset.value) > 100").await;
        assert!(!is_shown(&page, "#view-landscape").await && !is_shown(&page, "#view-physics").await);
        let before = page.fingerprint("#view-plot-1").await;
        page.until_changed("the map of the fit follows the training", "#view-plot-1", before).await;
        page.script("window.took.length = 0").await;
        let gaps = page.gaps("window.wiped").await;
        let took = numbers(&page.script("return window.took").await);
        page.screenshot("mechanochemical-training").await;
        let ((gap, longest), (took, most)) = (median_and_largest(&gaps), median_and_largest(&took));
        let rate = page.number("#rate").await;
        println!("  maps: {gap:.1} ms apart in the median, {longest:.1} ms at most, beside {rate:.0} epochs a second");
        println!("  a picture takes {took:.1} ms in the median, {most:.1} ms at most");
        page.until("the potential is learnt", 90, "Number(document.querySelector('#r2').dataset.value) > 0.9995").await;
        page.screenshot("mechanochemical").await;
        assert_eq!(page.errors().await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn controls_change_the_picture_and_stand_in_the_link() {
    visit(&format!("index.html#{MATERIAL}&view=cuts"), |page| async move {
        page.until_state("finished", 60).await;
        until_seen(&page, "cuts").await;
        let first = page.still("#view-plot-0").await;
        set(&page, "#view-control-cut", "3").await;
        let other = page.until_changed("another cut is seen", "#view-plot-0", first).await;
        page.until("the link says which", 5, "location.hash.includes('knob-cut=3')").await;
        page.until("its own sliders are there", 10, "document.querySelector('#view-controls input[type=range]')").await;
        let slider = page.script("return document.querySelector('#view-controls input[type=range]').id").await;
        let slider = slider.as_str().expect("a slider has a name").to_owned();
        set(&page, &format!("#{slider}"), "90").await;
        page.until_changed("another place is cut", "#view-plot-0", other).await;
        let name = slider.replace("view-control-", "knob-");
        page.until("the link says where", 5, &format!("location.hash.includes('{name}=')")).await;
        let (link, turned) = (page.link().await, page.still("#view-plot-0").await);
        page.goto(&format!("index.html#{link}")).await;
        page.until_state("finished", 60).await;
        until_seen(&page, "cuts").await;
        let same = format!(
            "document.querySelector('#{slider}')?.value === '90' && document.querySelector('#view-control-cut').value === '3'"
        );
        page.until("the controls stand where the link says", 10, &same).await;
        assert_eq!(page.still("#view-plot-0").await, turned, "a link shows another picture");
        assert_eq!(page.link().await, link);
        // Reset to their defaults, they are left out of the link.
        set(&page, "#view-control-cut", "0").await;
        page.until("the link is short again", 5, "!location.hash.includes('knob-cut')").await;
    })
    .await;
}

#[tokio::test]
async fn a_view_that_is_not_there_gives_way_to_the_first() {
    visit(&format!("index.html#{GENES}&view=parity"), |page| async move {
        until_seen(&page, "parity").await;
        assert!(page.link().await.contains("view=parity"));
        let run = page.run().await;
        page.choose("#benchmark", "double-well").await;
        page.until_run_after(run, 20).await;
        page.until("the landscape is shown", 5, "document.querySelector('#view-landscape').ariaSelected === 'true'").await;
        assert!(is_shown(&page, "#plot-landscape").await && !is_shown(&page, "#view-parity").await);
        assert!(!page.link().await.contains("view="));
        page.goto(&format!("index.html#{GENES}&view=nonsense&knob-x=1")).await;
        page.until(
            "its first view is shown",
            20,
            "document.querySelector('#view-tabs > .own')?.ariaSelected === 'true' && document.querySelector('#view-plot-0')",
        )
        .await;
        page.until_painted("#view-plot-0").await;
        assert!(!page.link().await.contains("view="), "{}", page.link().await);
        assert_eq!(page.text("#message-text").await, "");
    })
    .await;
}

#[tokio::test]
async fn plates_are_read_off_and_exported() {
    visit("index.html", |page| async move {
        page.before_scripts("window.saved = []; URL.createObjectURL = blob => (window.saved.push(blob), 'data:,')").await;
        for (view, words) in [("cuts", "value"), ("parity", "truth")] {
            page.goto(&format!("index.html#{GENES}&view={view}")).await;
            page.until_state("finished", 60).await;
            until_seen(&page, view).await;
            let script = "const canvas = document.querySelector('#view-plot-0'); canvas.focus();
                 for (const key of ['ArrowRight', 'ArrowUp'])
                     canvas.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }))";
            page.script(script).await;
            let told = format!("document.querySelector('#view-plot-0 + .readout').innerText.includes('{words}')");
            page.until("values are read off", 5, &told).await;
            let names = page.script("return [...document.querySelectorAll('#export-which option')].map(o => o.value)").await;
            let saved = page.script("return window.saved.length").await.as_u64().unwrap_or_default();
            for (count, name) in (saved..).zip(names.as_array().expect("a list of pictures")) {
                page.script("document.querySelector('#export').open = true").await;
                page.choose("#export-which", name.as_str().expect("a name")).await;
                page.click("#export-svg").await;
                page.until(&format!("{name} is offered"), 5, &format!("window.saved.length > {count}")).await;
                let text = page.promise(&format!("return await window.saved[{count}].text()")).await;
                assert!(text.as_str().is_some_and(|t| t.starts_with("<svg") && t.contains("</svg>")), "{view}: {name}");
            }
        }
        assert_eq!(page.errors().await, Vec::<String>::new());
    })
    .await;
}

/// Rows of the derivatives of (x1^2 - 1)^2 + x2^2 on a grid.
fn derivatives() -> String {
    let mut text = String::from("x1,x2,dE/dx1,dE/dx2\n");
    for k in 0..400 {
        let (x1, x2) = (f64::from(k % 20) / 19.0 * 3.0 - 1.5, f64::from(k / 20) / 19.0 * 3.0 - 1.5);
        text += &format!("{x1},{x2},{},{}\n", 4.0 * x1 * (x1 * x1 - 1.0), 2.0 * x2);
    }
    text
}

#[tokio::test]
async fn a_table_of_derivatives_is_learnt() {
    visit("index.html#epochs=2000", |page| async move {
        page.until_state("running", 10).await;
        let run = page.run().await;
        page.open_file("forces.csv", &derivatives()).await;
        page.until("it is asked which columns are what", 10, "document.querySelector('#columns-dialog').open").await;
        let parts = page.script("return [...document.querySelectorAll('#columns select')].map(s => s.value)").await;
        assert_eq!(parts, json!(["input", "input", "derivative 0", "derivative 1"]), "what the names say is not proposed");
        page.screenshot("columns").await;
        // An invalid choice is answered in the dialog, and nothing is lost.
        set(&page, "#column-0", "").await;
        set(&page, "#column-1", "").await;
        page.click("#columns-dialog [value=ok]").await;
        page.until("it is said what is missing", 5, "document.querySelector('#columns-problem').innerText.includes('input')")
            .await;
        assert_eq!(page.run().await, run);
        for (column, part) in [("0", "input"), ("1", "input"), ("2", "derivative 0"), ("3", "derivative 1")] {
            set(&page, &format!("#column-{column}"), part).await;
        }
        page.click("#columns-dialog [value=ok]").await;
        page.until_run_after(run, 20).await;
        assert_eq!(page.field("#benchmark").await, "own-data");
        assert!(page.text("#sentence").await.contains("derivatives in 400 rows of forces.csv"));
        page.until_painted("#view-plot-0").await;
        page.until("the derivatives are learnt", 90, "Number(document.querySelector('#r2').dataset.value) > 0.99").await;
        page.screenshot("own-derivatives").await;
        // Its model is looked at without the rows.
        page.script("window.saved = []; URL.createObjectURL = blob => (window.saved.push(blob), 'data:,'); document.querySelector('#export').open = true")
            .await;
        page.click("#export-model").await;
        page.until("the model is offered", 10, "window.saved.length > 0").await;
        let model = page.promise("return await window.saved[0].text()").await;
        page.goto("index.html#benchmark=double-well&recipe=paper&epochs=50").await;
        page.until_state("finished", 30).await;
        let run = page.run().await;
        page.open_file("model.json", model.as_str().unwrap_or_default()).await;
        page.until_finished_after(run, 30).await;
        page.until("its views are there", 10, "document.querySelector('#view-plot-0')?.checkVisibility()").await;
        page.until_painted("#view-plot-0").await;
        assert_eq!((page.field("#benchmark").await.as_str(), page.exact("#wells").await.as_str()), ("own-data", "2"));
        assert_eq!(page.errors().await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn a_curve_is_seen_that_is_learnt_from_its_derivatives() {
    visit("index.html", |page| async move {
        page.before_scripts("window.saved = []; URL.createObjectURL = blob => (window.saved.push(blob), 'data:,')").await;
        page.goto("index.html#recipe=paper&lr=0.01&modes=4&epochs=600").await;
        page.until_state("finished", 60).await;
        let run = page.run().await;
        let slope = |x: f64| format!("{x},{}\n", 4.0 * x * (x * x - 1.0));
        let rows: String = (0..=120).map(|k| slope(f64::from(k) / 40.0 - 1.5)).collect();
        page.open_file("slopes.csv", &format!("x,dE/dx\n{rows}")).await;
        page.until("it is asked which columns are what", 10, "document.querySelector('#columns-dialog').open").await;
        page.click("#columns-dialog [value=ok]").await;
        page.until_finished_after(run, 60).await;
        assert_eq!(page.exact("#wells").await, "2");
        page.until_painted("#plot-landscape").await;
        page.script("document.querySelector('#export').open = true").await;
        page.choose("#export-which", "landscape").await;
        page.click("#export-csv").await;
        page.until("the numbers are offered", 10, "window.saved.length > 0").await;
        let csv = page.promise("return await window.saved[0].text()").await;
        let lines = csv.as_str().unwrap_or_default().lines();
        let fit: Vec<f64> = lines
            .filter(|line| line.starts_with("\"landscape\",\"fit\","))
            .filter_map(|line| line.split(',').nth(3).and_then(|field| field.parse().ok()))
            .collect();
        let (low, high) = fit.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), y| (low.min(*y), high.max(*y)));
        assert!(fit.len() > 100 && high - low > 0.5, "{} points of the fit, from {low} to {high}", fit.len());
        page.screenshot("own-slopes").await;
    })
    .await;
}

#[tokio::test]
async fn a_table_of_derivatives_that_cannot_be_used_is_answered_by_a_sentence() {
    visit("index.html#recipe=paper&epochs=10000000", |page| async move {
        page.until("training is under way", 30, "Number(document.querySelector('#epoch').dataset.value) > 100").await;
        let wide: Vec<String> = (0..300).map(|k| format!("x{k}")).collect();
        for (name, text, asks) in [
            ("words.csv", "x1,x2,f1,f2\n1,2,three,4\n2,3,4,5\n".to_string(), true),
            ("constant.csv", "x1,x2,f1,f2\n1,2,3,4\n1,3,4,5\n".into(), true),
            ("unmeasured.csv", "x1,x2,f1,f2\n1,2,3,\n2,3,4,\n".into(), true),
            ("ragged.csv", "x1,x2,f1,f2\n1,2,3,4\n2,3,4\n".into(), true),
            ("wide.csv", wide.join(",") + "\n", false),
        ] {
            page.open_file(name, &text).await;
            if asks {
                page.until("it is asked which columns are what", 10, "document.querySelector('#columns-dialog').open").await;
                page.click("#columns-dialog [value=ok]").await;
            }
            page.until("there is a message", 10, "document.querySelector('#message-text').innerText").await;
            let message = page.text("#message-text").await;
            println!("  {name}: {message}");
            assert!(message.contains(name) && message.len() < 300, "{name} is answered by `{message}`");
            assert_eq!(page.field("#benchmark").await, "cosine-well", "{name} has taken the place of the run");
            page.click("#message-close").await;
        }
        // A file larger than half the memory of a tab is not read.
        let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
        let file = folder.join("gigantic.csv");
        std::fs::File::create(&file).and_then(|file| file.set_len(201_000_000)).expect("a file of nothing can be made");
        page.element("#file").await.send_keys(&file.to_string_lossy()).await.expect("the file is chosen");
        page.until("it is refused", 20, "document.querySelector('#message-text').innerText.includes('200 MB')").await;
        assert_eq!(page.state().await, "running");
        std::fs::remove_file(file).expect("the file is there");
    })
    .await;
}

#[tokio::test]
async fn the_guide_is_that_of_the_benchmark() {
    visit(&format!("index.html#{GENES}"), |page| async move {
        page.until_state("finished", 60).await;
        page.click("#guide > summary").await;
        page.until("the guide is open", 5, "document.querySelector('#guide').open").await;
        page.until("it is that of the circuit", 10, "document.querySelector('#guides').dataset.guide === 'gene-circuit'").await;
        assert!(is_shown(&page, "[data-guide=gene-circuit]").await);
        let words = page.script("return document.querySelector('#guides').textContent").await;
        assert!(words.as_str().is_some_and(|words| words.starts_with("Two genes repress each other")), "{words}");
        assert_eq!(page.script("return document.querySelector('#guides em').textContent").await, json!("exchange"));
        page.screenshot("guide").await;
        page.click("#view-plot-0").await;
        page.until("it is in no one's way", 5, "!document.querySelector('#guide').open").await;
    })
    .await;
}

#[tokio::test]
async fn landscapes_fit_a_phone_in_the_dark() {
    visit("index.html", |page| async move {
        let phone = json!({ "width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": true });
        page.devtools("Emulation.setDeviceMetricsOverride", phone).await;
        page.prefer("dark").await;
        page.before_scripts(WATCH_TEXTS).await;
        for (benchmark, link) in [("mechanochemical", MATERIAL), ("gene-circuit", GENES), ("metamaterial", MEMORY)] {
            page.goto(&format!("index.html#{link}")).await;
            page.until_state("finished", 60).await;
            let views = page.script("return [...document.querySelectorAll('#view-tabs > .own')].map(t => t.id.slice(5))").await;
            for view in views.as_array().expect("a list of views") {
                let view = view.as_str().expect("a name");
                page.click(&format!("#view-{view}")).await;
                until_seen(&page, view).await;
                page.pause(300).await;
                let wide = page.script("return document.documentElement.scrollWidth - 390").await;
                assert!(wide.as_i64().is_some_and(|pixels| pixels <= 0), "{benchmark}, {view}: wider by {wide} pixels");
                let small = page
                    .script(
                        "return [...document.querySelectorAll('[role=tab], .tools :is(button, input, select)')]
                             .filter(e => e.checkVisibility() && e.getBoundingClientRect().height < 43.5).map(e => e.id)",
                    )
                    .await;
                assert_eq!(small, json!([]), "{benchmark}, {view}: too small for a finger");
                let cut = page
                    .script(
                        "return [...cutOff(), ...[...document.querySelectorAll('.view-plot figcaption')]
                             .filter(title => title.scrollWidth > title.clientWidth + 1).map(title => title.innerText)]",
                    )
                    .await;
                assert_eq!(cut, json!([]), "{benchmark}, {view}: cut off");
                page.screenshot(&format!("phone-{benchmark}-{view}")).await;
            }
        }
    })
    .await;
}
