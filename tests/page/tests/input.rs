//! Tests of invalid input. The page answers with a sentence, and is never frozen or empty.

use multiwell_page_tests::{Page, visit};

/// Types an invalid value and expects a message at the control, with unchanged run and link.
async fn refused(page: &Page, field: &str, typed: &str) {
    let link = page.link().await;
    let control = format!("#control-{field}");
    let before = page.field(&control).await;
    page.enter(&control, typed).await;
    let message = format!(
        "document.querySelector('#message-{field}').checkVisibility() && document.querySelector('#message-{field}').innerText"
    );
    page.until(&format!("`{typed}` in {field} is answered by a message"), 5, &message).await;
    println!("  {field} = {typed}: {}", page.text(&format!("#message-{field}")).await);
    assert_eq!(page.link().await, link, "{field}: nonsense has found its way into the link");
    assert_eq!(page.state().await, "running", "{field}: the run has stopped");
    // Escape restores the value and removes the message.
    page.overwrite(&control, "\u{e00c}").await;
    assert_eq!(page.field(&control).await, before, "{field}: Escape does not restore the value");
    page.until(&format!("the message at {field} goes"), 5, &format!("!({message})")).await;
}

#[tokio::test]
async fn invalid_values_are_refused_beside_their_field() {
    visit("index.html#recipe=paper&epochs=10000000", |page| async move {
        page.until_state("running", 10).await;
        for (field, typed) in [("modes", "0"), ("hidden", "ten")] {
            refused(&page, field, typed).await;
        }
        assert!(page.colours("#plot-landscape").await > 8, "the landscape is gone");
        page.screenshot("nonsense").await;
        assert_eq!(page.errors().await, Vec::<String>::new());
    })
    .await;
}
