//! Tests of the page without a mouse.

use multiwell_page_tests::{Key, visit, visit_run};

#[tokio::test]
async fn keys_pause_step_restart_reseed_and_open_help() {
    visit("index.html#recipe=paper&epochs=10000000", |page| async move {
        page.until_epoch_after(300).await;
        page.press(" ").await;
        page.until_state("paused", 5).await;
        page.press(".").await;
        page.press(" ").await;
        page.until_state("running", 5).await;
        // A slider has no use for Space.
        page.send("#speed", " ").await;
        page.until_state("paused", 5).await;
        page.send("#speed", " ").await;
        page.until_state("running", 5).await;
        // Neither has a button that the mouse has clicked, or the selected tab.
        for (clicked, state) in
            [("#pin", "paused"), ("#share", "running"), (".views [role=tab][aria-selected=true]", "paused"), ("#run", "paused")]
        {
            page.click(clicked).await;
            page.press(" ").await;
            page.until_state(state, 5).await;
        }
        page.press(" ").await;
        let link = page.link().await;
        page.begin_run(10, page.press("r")).await;
        assert_eq!(page.link().await, link, "another run than before has begun");
        page.press("n").await;
        page.until("there is another seed", 10, &format!("location.hash.slice(1) !== '{link}'")).await;
        page.press("?").await;
        page.until("the help opens", 5, "document.querySelector('#help-dialog').open").await;
    })
    .await;
}

#[tokio::test]
async fn field_takes_keys_as_text_and_refuses_invalid_values_beside_it() {
    visit("index.html#recipe=paper&epochs=10000000", |page| async move {
        page.until_epoch_after(300).await;
        let link = page.link().await;
        let before = page.field("#control-hidden").await;
        page.enter("#control-hidden", "ten").await;
        let message =
            "document.querySelector('#message-hidden').checkVisibility() && document.querySelector('#message-hidden').innerText";
        page.until("the value is answered by a message", 5, message).await;
        // Escape restores the value and removes the message.
        page.overwrite("#control-hidden", &Key::Escape).await;
        assert_eq!(page.field("#control-hidden").await, before, "Escape does not restore the value");
        page.until("the message goes", 5, &format!("!({message})")).await;
        assert!(page.colours("#plot-landscape").await > 8, "the landscape is gone");
        page.overwrite("#control-hidden", "8, 8 rn").await;
        assert_eq!(page.field("#control-hidden").await, "8, 8 rn");
        assert_eq!((page.state().await.as_str(), page.link().await), ("running", link), "typing has done something else");
        page.enter("#control-hidden", "8, 8").await;
        page.until("Enter applies", 5, "location.hash.includes('hidden=8,8')").await;
        assert_eq!(page.errors().await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn undo_key_outside_text_fields_undoes_change_of_run() {
    visit_run("recipe=paper&epochs=300", |page| async move {
        page.enter("#control-seed", "2").await;
        page.until("the run of the other seed is there", 10, "location.hash.includes('seed=2')").await;
        page.until_state("finished", 30).await;
        // If the focus is on a slider, the undo key of the browser would restore the typed text. The field would then show a seed that is not that of
        // the run.
        page.script("document.querySelector('#slider-lr').focus()").await;
        page.press("\u{e009}z\u{e000}").await;
        page.until("the run before is back", 10, "!location.hash.includes('seed=')").await;
        assert_eq!(page.field("#control-seed").await, "1");
        page.press("\u{e009}y\u{e000}").await;
        page.until("the run of the other seed is back", 10, "location.hash.includes('seed=2')").await;
        assert_eq!(page.field("#control-seed").await, "2");
        // In every case, a field that is not being edited shows the value of the run.
        page.script(
            "const seed = document.querySelector('#control-seed'); seed.value = '5'; seed.dispatchEvent(new InputEvent('input', { inputType: 'historyUndo' }))",
        )
        .await;
        page.until("the field shows the run", 5, "document.querySelector('#control-seed').value === '2'").await;
    })
    .await;
}
