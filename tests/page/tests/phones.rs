//! Tests of the page on a phone: nothing is covered or cut.

use multiwell_page_tests::{Page, visit};
use serde_json::json;

async fn visit_on_phone(page: &Page, path: &str) {
    page.emulate_phone().await;
    page.goto(path).await;
}

#[tokio::test]
async fn message_leaves_run_button_of_simple_face_free() {
    visit("style.css", |page| async move {
        visit_on_phone(&page, "index.html#benchmark=double-well&face=simple").await;
        page.until_state("finished", 60).await;
        page.click("#share").await;
        page.until("the message is shown", 10, "document.querySelector('#message-text').innerText").await;
        let is_free = "const { left, top, width, height } = document.querySelector('#run').getBoundingClientRect();
            return document.elementFromPoint(left + width / 2, top + height / 2)?.id";
        assert_eq!(page.script(is_free).await, json!("run"));
        page.screenshot("phone-message").await;
    })
    .await;
}
