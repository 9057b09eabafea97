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
        for (field, typed) in [
            ("modes", "0"),
            ("modes", "1000"),
            ("modes", "2.5"),
            ("hidden", "0"),
            ("hidden", "ten"),
            ("epsilon", "-1"),
            ("lr", "-1e-3"),
            ("gate-lr", "1e99"),
            ("samples", "1"),
            ("noise", "-0.1"),
            ("epochs", "0"),
            ("seed", "-1"),
        ] {
            refused(&page, field, typed).await;
        }
        assert!(page.colours("#plot-landscape").await > 8, "the landscape is gone");
        page.screenshot("nonsense").await;
        assert_eq!(page.errors().await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn link_and_settings_follow_each_other() {
    visit("index.html#benchmark=three-well&modes=7&hidden=6,5&epsilon=1e-3&noise=0.05&samples=120", |page| async move {
        page.until_state("running", 10).await;
        for (field, value) in [("modes", 7.0), ("epsilon", 1e-3), ("noise", 0.05), ("samples", 120.0)] {
            let shown: f64 = page.field(&format!("#control-{field}")).await.parse().unwrap_or(f64::NAN);
            assert_eq!(shown, value, "{field}");
        }
        assert_eq!(page.field("#control-hidden").await.replace(' ', ""), "6,5");
        assert_eq!(page.field("#benchmark").await, "three-well");
        page.choose("#benchmark", "double-well").await;
        page.until("the link names the benchmark", 5, "location.hash.includes('double-well')").await;
        // A link that is pasted into the address bar of the open page also takes effect.
        page.script("location.hash = '#benchmark=cosine-well&modes=3'").await;
        page.until("the page follows the new link", 10, "document.querySelector('#control-modes').value === '3'").await;
        assert_eq!(page.field("#benchmark").await, "cosine-well");
    })
    .await;
}

#[tokio::test]
async fn choice_is_applied_and_reverted_field_follows_settings() {
    visit("index.html#benchmark=double-well&modes=4&hidden=4&epochs=300", |page| async move {
        page.until_state("finished", 60).await;
        page.choose("#control-recipe", "paper").await;
        page.until("the link names the recipe", 10, "location.hash.includes('recipe=paper')").await;
        assert_eq!(page.field("#control-recipe").await, "paper");
        // The value is typed and reverted, and then another control changes it.
        page.overwrite("#control-modes", "5\u{e003}4").await;
        page.script("document.activeElement.blur()").await;
        let run = page.run().await;
        page.choose("#benchmark", "gene-circuit").await;
        page.until_run_after(run, 60).await;
        assert_eq!(page.field("#control-modes").await, "3", "the field does not follow the settings");
    })
    .await;
}
