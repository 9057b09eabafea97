//! Checks of every view, panel, sheet and dialog by the rules of axe-core, in light and dark, in wide and narrow windows.

use multiwell_page_tests::{Page, WINDOW_SETTINGS, visit, visit_run};

/// Checks the views and panels of a finished run.
async fn audit_all(page: &Page, kind: &str) {
    for room in WINDOW_SETTINGS {
        page.enter_window(room).await;
        for list in ["#view-tabs", ".upright"] {
            let script = format!("return [...document.querySelectorAll('{list} [role=tab]:not([hidden])')].map(tab => tab.id)");
            let tabs = page.script(&script).await;
            for tab in tabs.as_array().expect("a list of tabs").iter().map(|tab| tab.as_str().expect("a name")) {
                // A click by the driver would scroll the element under the run line of a phone.
                page.script(&format!("document.querySelector('#{tab}').click()")).await;
                page.until(&format!("{tab} is open"), 5, &format!("document.querySelector('#{tab}').ariaSelected === 'true'"))
                    .await;
                let own = format!(
                    "!document.querySelector('#{tab}.own') || document.querySelector('#view-plots').dataset.value === '{}'",
                    &tab[5..]
                );
                page.until(&format!("{tab} is drawn"), 20, &own).await;
                page.audit(&format!("{kind}, {tab}, {room:?}")).await;
            }
        }
    }
}

#[tokio::test]
async fn several_inputs_density_and_material_pass_axe() {
    for (kind, link) in [
        ("several inputs", "benchmark=gene-circuit&recipe=paper&epochs=30&samples=60"),
        ("density", "benchmark=schlogl&epochs=30&samples=50"),
        ("material", "benchmark=metamaterial&samples=50&batch=20&epochs=3"),
    ] {
        visit_run(link, move |page| async move { audit_all(&page, kind).await }).await;
    }
}

#[tokio::test]
async fn curve_and_sheets_dialogs_and_messages_pass_axe() {
    visit_run("benchmark=double-well&modes=4&recipe=paper&epochs=300", |page| async move {
        page.until_surveyed(300).await;
        audit_all(&page, "curve").await;
        for room in WINDOW_SETTINGS {
            page.enter_window(room).await;
            for sheet in ["#guide", "#export", ".term"] {
                page.script(&format!("document.querySelector('{sheet}').open = true")).await;
                page.audit(&format!("{sheet}, {room:?}")).await;
                page.script(&format!("document.querySelector('{sheet}').open = false")).await;
            }
            for dialog in ["help", "embed"] {
                page.click(&format!("#{dialog}")).await;
                page.until("it is open", 5, &format!("document.querySelector('#{dialog}-dialog').open")).await;
                page.audit(&format!("{dialog}, {room:?}")).await;
                page.script(&format!("document.querySelector('#{dialog}-dialog').close()")).await;
            }
            page.open_file("forces.csv", "x,y,Fx,Fy,note\n0,1,2,3,4\n1,2,3,4,5\n").await;
            page.until("it is asked which columns are what", 10, "document.querySelector('#columns-dialog').open").await;
            let focused = page.script("return document.activeElement.id").await;
            assert_eq!(focused, "columns-title", "a kind that is not chosen must not have the focus");
            page.audit(&format!("columns, {room:?}")).await;
            page.script("document.querySelector('#columns-dialog').close()").await;
            page.open_file("empty.csv", "").await;
            page.until("it is said what is wrong", 10, "document.querySelector('#message-text').innerText").await;
            page.audit(&format!("a message, {room:?}")).await;
            page.click("#message-close").await;
        }
    })
    .await;
}

#[tokio::test]
async fn embedded_page_passes_axe() {
    for link in
        ["benchmark=double-well&modes=4&recipe=paper&epochs=300", "benchmark=gene-circuit&recipe=paper&epochs=30&samples=60"]
    {
        visit(&format!("index.html?embed#{link}"), move |page| async move {
            page.until_state("finished", 60).await;
            for (width, height, scheme) in [(720, 480, "light"), (390, 440, "dark")] {
                page.enter_window((width, height, scheme)).await;
                page.audit(&format!("embedded, {link}, {width}, {scheme}")).await;
            }
        })
        .await;
    }
}
