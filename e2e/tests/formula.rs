//! A formula on the page: typed, refused with a sentence, moved by the sliders of its letters, and opened from a link.

use e2e::visit;
use serde_json::json;

#[tokio::test]
async fn a_formula_is_typed_and_its_letters_have_sliders() {
    visit("index.html#benchmark=formula&modes=3&hidden=4&epochs=100", |page| async move {
        page.until_state("finished", 60).await;
        let run = page.run().await;
        page.enter("#control-formula", "x^4 - b*x^2 + c*y^2").await;
        page.until_finished_after(run, 60).await;
        let letters = "return [...document.querySelectorAll('#letters label')].map(label => label.textContent)";
        assert_eq!(page.script(letters).await, json!(["b", "c"]));
        let run = page.run().await;
        page.script(
            "const slider = document.querySelector('#view-control-set-b');
             slider.value = 175;
             for (const kind of ['input', 'change']) slider.dispatchEvent(new Event(kind, { bubbles: true }))",
        )
        .await;
        page.until_finished_after(run, 60).await;
        assert_eq!(page.field("#control-set").await, "b=1.5 in -2..2, c=1 in -2..2");
        assert!(page.link().await.contains("formula=x%5E4%20-%20b%2Ax%5E2%20%2B%20c%2Ay%5E2&set=b%3D1.5"));
        page.audit("the sliders of letters").await;
        assert_eq!(page.errors().await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_read_stays_typed_above_its_sentence() {
    visit("index.html#benchmark=formula&modes=3&hidden=4&epochs=100&formula=x%5E2", |page| async move {
        page.until_state("finished", 60).await;
        let (run, link) = (page.run().await, page.link().await);
        page.enter("#control-formula", "log(x) + b*x").await;
        page.until("the sentence is there", 10, "document.querySelector('#message-formula').textContent.includes('x = −2')")
            .await;
        let sentence = page.text("#message-formula").await;
        assert!(
            sentence.starts_with("The formula cannot be evaluated at x = −2: the argument of log at character 1 must be above 0")
        );
        assert_eq!(page.field("#control-formula").await, "log(x) + b*x");
        assert_eq!((page.run().await, page.link().await), (run, link));
        page.enter("#control-formula", "-x, -y").await;
        page.until_finished_after(run, 60).await;
        assert!(page.link().await.contains("formula=-x,%20-y"));
        assert_eq!(page.text("#message-formula").await, "");
    })
    .await;
}
