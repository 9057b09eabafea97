//! Tests of landscapes of several inputs: their views with their controls, tables with derivatives, guides.

use multiwell_page_tests::{CURVE_LINK, CUT_SELECTS, WATCH_TEXTS, visit, visit_run};
use serde_json::json;

/// A small number of epochs of two benchmarks with several inputs.
const ENERGY_LINK: &str = "benchmark=mechanochemical&recipe=paper&epochs=150&samples=100";
const GENES_LINK: &str = "benchmark=gene-circuit&recipe=paper&epochs=150&samples=100";
#[tokio::test]
async fn maps_follow_training_of_energy() {
    visit("index.html#benchmark=mechanochemical&view=cuts", |page| async move {
        page.until_view("cuts").await;
        page.until_epoch_after(100).await;
        assert!(!page.is_visible("#view-landscape").await && !page.is_visible("#view-physics").await);
        let before = page.fingerprint("#view-plot-1").await;
        page.until_changed("the map of the fit follows the training", "#view-plot-1", before).await;
        page.until("the potential is learnt", 90, "Number(document.querySelector('#r2').dataset.value) > 0.9995").await;
        assert_eq!(page.errors().await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn view_controls_change_figure_and_are_kept_in_link() {
    visit_run(&format!("{ENERGY_LINK}&view=cuts"), |page| async move {
        page.until_view("cuts").await;
        // Wells and paths are searched after the run, and appear in the picture when they are found.
        page.until_surveyed(150).await;
        let first = page.still("#view-plot-0").await;
        page.set("#view-control-cut", "3").await;
        page.until_changed("another cut is seen", "#view-plot-0", first).await;
        page.until("the link says which", 5, "location.hash.includes('knob-cut=3')").await;
        page.until("its own sliders are there", 10, "document.querySelector('#view-controls input[type=range]')").await;
        let slider = page.script("return document.querySelector('#view-controls input[type=range]').id").await;
        let slider = slider.as_str().expect("a slider has a name").to_owned();
        let other = page.still("#view-plot-0").await;
        page.set(&format!("#{slider}"), "90").await;
        page.until_changed("another place is cut", "#view-plot-0", other).await;
        let name = slider.replace("view-control-", "knob-");
        page.until("the link says where", 5, &format!("location.hash.includes('{name}=')")).await;
        let (link, turned) = (page.link().await, page.still("#view-plot-0").await);
        page.goto(&format!("index.html#{link}")).await;
        page.until_state("finished", 60).await;
        page.until_view("cuts").await;
        let same = format!(
            "document.querySelector('#{slider}')?.value === '90' && document.querySelector('#view-control-cut').value === '3'"
        );
        page.until("the controls stand where the link says", 10, &same).await;
        page.until_surveyed(150).await;
        page.until_equal("a link shows the same picture", "#view-plot-0", turned).await;
        assert_eq!(page.link().await, link);
        // Controls with default values are omitted from the link.
        page.set("#view-control-cut", "0").await;
        page.until("the link is short again", 5, "!location.hash.includes('knob-cut')").await;
    })
    .await;
}

#[tokio::test]
async fn maps_and_charts_have_readouts_and_guide_matches_benchmark() {
    visit_run(&format!("{GENES_LINK}&view=parity"), |page| async move {
        for (view, words) in [("parity", "truth"), ("cuts", "value")] {
            page.click(&format!("#view-{view}")).await;
            page.until_view(view).await;
            let script = "const canvas = document.querySelector('#view-plot-0'); canvas.focus();
                 for (const key of ['ArrowRight', 'ArrowUp'])
                     canvas.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }))";
            page.script(script).await;
            let told = format!("document.querySelector('#view-plot-0 + .readout').innerText.includes('{words}')");
            page.until("values are read off", 5, &told).await;
        }
        page.click("#guide > summary").await;
        page.until("the guide is open", 5, "document.querySelector('#guide').open").await;
        page.until("it is that of the circuit", 10, "document.querySelector('#guides').dataset.guide === 'gene-circuit'").await;
        assert!(page.is_visible("[data-guide=gene-circuit]").await);
        let words = page.script("return document.querySelector('#guides').textContent").await;
        assert!(words.as_str().is_some_and(|words| words.starts_with("Two genes repress each other")), "{words}");
        assert_eq!(page.script("return document.querySelector('#guides em').textContent").await, json!("exchange"));
        page.click("h1").await;
        page.until("it is in no one's way", 5, "!document.querySelector('#guide').open").await;
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
async fn table_of_derivatives_is_learnt() {
    visit("index.html#face=lab", |page| async move {
        page.keep_downloads().await;
        page.goto("index.html#epochs=2000").await;
        page.until_state("running", 10).await;
        page.open_file("forces.csv", &derivatives()).await;
        page.until("it is asked which columns are what", 10, "document.querySelector('#columns-dialog').open").await;
        let parts = page.script("return [...document.querySelectorAll('#columns select')].map(s => s.value)").await;
        assert_eq!(parts, json!(["input", "input", "derivative 0", "derivative 1"]), "what the names say is not proposed");
        page.begin_run(20, page.click("#columns-dialog [value=ok]")).await;
        assert_eq!(page.field("#benchmark").await, "own-data");
        assert!(page.text("#sentence").await.contains("derivatives in 400 rows of forces.csv"));
        page.until_painted("#view-plot-0").await;
        page.until("the derivatives are learnt", 90, "Number(document.querySelector('#r2').dataset.value) > 0.99").await;
        let heads = page.script("return [...document.querySelectorAll('#view-head th, #wells-table th')].filter(head => getComputedStyle(head).display !== 'none').map(head => head.textContent).join()").await;
        assert!(heads.as_str().is_some_and(|heads| !heads.contains("tru") && !heads.contains("off by")), "columns for no truth: {heads}");
        // The model is opened without the rows.
        page.export("#export-model").await;
        let model = page.saved(0).await;
        page.goto("index.html#benchmark=double-well&recipe=paper&epochs=50").await;
        page.until_state("finished", 30).await;
        page.finish_run(30, page.open_file("model.json", &model)).await;
        page.until("its views are there", 10, "document.querySelector('#view-plot-0')?.checkVisibility()").await;
        page.until_painted("#view-plot-0").await;
        assert_eq!((page.field("#benchmark").await.as_str(), page.exact("#wells").await.as_str()), ("own-data", "2"));
        assert_eq!(page.errors().await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn every_view_and_panel_fits_phone_with_dark_colours() {
    visit("index.html#face=lab", |page| async move {
        page.emulate_phone().await;
        page.prefer("dark").await;
        page.before_scripts(WATCH_TEXTS).await;
        for (benchmark, link) in [
            ("curve", CURVE_LINK),
            ("mechanochemical", ENERGY_LINK),
            ("gene-circuit", GENES_LINK),
            ("metamaterial", "benchmark=metamaterial&samples=50&batch=20&epochs=3"),
            ("schlogl", "benchmark=schlogl&epochs=30&samples=50"),
        ] {
            page.goto(&format!("index.html#{link}")).await;
            page.until_state("finished", 60).await;
            let tabs = "return [...document.querySelectorAll('#view-tabs [role=tab], .upright [role=tab]')]
                            .filter(tab => tab.checkVisibility()).map(tab => [tab.id, tab.classList.contains('own')])";
            let tabs = page.script(tabs).await;
            for tab in tabs.as_array().expect("a list of tabs") {
                let (id, is_computed) = (tab[0].as_str().expect("a name"), tab[1] == json!(true));
                let what = format!("{benchmark}, {id}");
                page.script(&format!("document.querySelector('#{id}').click()")).await;
                if is_computed {
                    page.until_view(&id[5..]).await;
                }
                page.pause(300).await;
                page.assert_no_overflow(&what).await;
                page.assert_touchable(&what, "[role=tab], .tools :is(button, input, select)").await;
                let cut = format!(
                    "{CUT_SELECTS} return [...cutOff(), ...cutSelects('.tools select'), ...[...document.querySelectorAll('.view-plot figcaption')]
                         .filter(title => title.scrollWidth > title.clientWidth + 1).map(title => title.innerText)]"
                );
                assert_eq!(page.script(&cut).await, json!([]), "{what}: cut off");
            }
        }
    })
    .await;
}
