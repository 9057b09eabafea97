//! The page without a mouse.

use e2e::{Page, visit};

/// Presses keys at the current focus.
async fn press(page: &Page, keys: &str) {
    page.element("body").await.send_keys(keys).await.expect("keys can be pressed");
}

#[tokio::test]
async fn keys_run_step_restart_and_explain() {
    visit("index.html#recipe=paper&epochs=10000000", |page| async move {
        page.until("training is under way", 30, "Number(document.querySelector('#epoch').dataset.value) > 300").await;
        press(&page, " ").await;
        page.until_state("paused", 5).await;
        press(&page, ".").await;
        press(&page, " ").await;
        page.until_state("running", 5).await;
        let (run, link) = (page.run().await, page.link().await);
        press(&page, "r").await;
        page.until_run_after(run, 10).await;
        assert_eq!(page.link().await, link, "another run than before has begun");
        press(&page, "n").await;
        page.until("there is another seed", 10, &format!("location.hash.slice(1) !== '{link}'")).await;
        press(&page, "?").await;
        page.until("the help opens", 5, "document.querySelector('#help-dialog').open").await;
        page.screenshot("help").await;
    })
    .await;
}

#[tokio::test]
async fn keys_typed_into_a_field_are_text() {
    visit("index.html#recipe=paper&epochs=10000000", |page| async move {
        page.until("training is under way", 30, "Number(document.querySelector('#epoch').dataset.value) > 300").await;
        let link = page.link().await;
        page.overwrite("#control-hidden", "8, 8 rn").await;
        assert_eq!(page.field("#control-hidden").await, "8, 8 rn");
        assert_eq!((page.state().await.as_str(), page.link().await), ("running", link), "typing has done something else");
        page.overwrite("#control-hidden", "8, 8\u{e007}").await;
        page.until("Enter applies", 5, "location.hash.includes('hidden=8,8')").await;
    })
    .await;
}

#[tokio::test]
async fn away_from_fields_of_text_undo_is_of_the_page() {
    visit("index.html#recipe=paper&epochs=300", |page| async move {
        page.until_state("finished", 30).await;
        page.overwrite("#control-seed", "2\u{e007}").await;
        page.until("the run of the other seed is there", 10, "location.hash.includes('seed=2')").await;
        page.until_state("finished", 30).await;
        // On a slider the browser would take back what was typed, and the field would show a seed that is not that of the run.
        page.script("document.querySelector('#slider-lr').focus()").await;
        press(&page, "\u{e009}z\u{e000}").await;
        page.until("the run before is back", 10, "!location.hash.includes('seed=')").await;
        assert_eq!(page.field("#control-seed").await, "1");
        press(&page, "\u{e009}y\u{e000}").await;
        page.until("the run of the other seed is back", 10, "location.hash.includes('seed=2')").await;
        assert_eq!(page.field("#control-seed").await, "2");
        // However it comes about, a field that is not edited shows the run.
        page.script(
            "const seed = document.querySelector('#control-seed'); seed.value = '5'; seed.dispatchEvent(new InputEvent('input', { inputType: 'historyUndo' }))",
        )
        .await;
        page.until("the field shows the run", 5, "document.querySelector('#control-seed').value === '2'").await;
        page.script("location.hash = 'recipe=paper&epochs=300&seed=77&recipe_version=6'").await;
        page.until("a link is shown", 10, "document.querySelector('#control-seed').value === '77'").await;
        // What is half typed belongs to the settings that a link replaces.
        page.send("#control-seed", "9x").await;
        assert_ne!(page.field("#control-seed").await, "77");
        page.script("location.hash = 'recipe=paper&epochs=300&seed=78&recipe_version=6'").await;
        page.until("the next link is shown", 10, "document.querySelector('#control-seed').value === '78'").await;
    })
    .await;
}

#[tokio::test]
async fn every_control_has_a_name_and_can_be_reached() {
    visit("index.html#recipe=paper&epochs=10000000", |page| async move {
        page.until_state("running", 10).await;
        let nameless = page
            .script(
                "return [...document.querySelectorAll('button, input, select, textarea, a, summary, canvas')]
                     .filter(e => e.checkVisibility())
                     .filter(e => !(e.innerText || e.getAttribute('aria-label') || e.labels?.length || e.title))
                     .map(e => e.outerHTML.slice(0, 80))",
            )
            .await;
        assert_eq!(nameless, serde_json::json!([]), "without a name");
        let outside =
            page.script("return [...document.querySelectorAll('[tabindex]')].filter(e => e.tabIndex > 0).map(e => e.id)").await;
        assert_eq!(outside, serde_json::json!([]), "outside the order of the page");
    })
    .await;
}

#[tokio::test]
async fn a_curve_tells_its_values() {
    visit("index.html#recipe=paper&epochs=10000000", |page| async move {
        page.until("training is under way", 30, "Number(document.querySelector('#epoch').dataset.value) > 300").await;
        page.script(
            "const canvas = document.querySelector('#plot-landscape'), box = canvas.getBoundingClientRect();
             canvas.dispatchEvent(new PointerEvent('pointermove',
                 { clientX: box.left + box.width / 2, clientY: box.top + box.height / 2, bubbles: true, pointerType: 'mouse' }))",
        )
        .await;
        page.until("a readout appears", 5, "document.querySelector('#plot-landscape + .readout').checkVisibility()").await;
        let text = page.text("#plot-landscape + .readout").await;
        println!("  {}", text.replace('\n', " | "));
        assert!(text.contains("truth") && text.contains("fit"), "the readout says `{text}`");
    })
    .await;
}
