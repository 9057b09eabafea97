//! Tests of a formula on the page: typed, refused with a sentence, changed by the sliders of its parameters, and opened from a link.

use multiwell_page_tests::visit_run;
use serde_json::json;

#[tokio::test]
async fn typed_formula_has_sliders_and_meaning_of_focused_setting_covers_no_field() {
    visit_run("benchmark=formula&modes=3&hidden=4&epochs=100", |page| async move {
        for name in ["modes", "periodic", "formula", "set"] {
            let covered = format!(
                "document.querySelector('#control-{name}').focus();
                 const meaning = document.querySelector('#meaning-{name}'), box = meaning.getBoundingClientRect();
                 return [meaning.innerText.length > 20, ...[...document.querySelectorAll('input, select, button, label')].filter((e) => {{
                     const {{ left, right, top, bottom }} = e.getBoundingClientRect();
                     return e.checkVisibility() && left < right && left < box.right && right > box.left && top < box.bottom && bottom > box.top;
                 }}).map((e) => e.id || e.textContent)]"
            );
            assert_eq!(page.script(&covered).await, json!([true]), "{name}");
        }
        page.finish_run(60, page.enter("#control-formula", "x^4 - b*x^2 + c*y^2")).await;
        assert_eq!(page.script("return document.querySelector('#typeset math').textContent").await, json!("x4−b⁢x2+c⁢y2"));
        assert!(!page.is_visible("#restart").await, "two buttons repeat the run");
        let placeholder = "return document.querySelector('#control-periodic').placeholder";
        assert_eq!(page.script(placeholder).await, json!("none"), "a formula has no table");
        let letters = "return [...document.querySelectorAll('#letters label')].map(label => label.textContent)";
        assert_eq!(page.script(letters).await, json!(["b", "c"]));
        page.finish_run(60, page.set("#view-control-set-b", "175")).await;
        assert_eq!(page.field("#control-set").await, "b=1.5 in -2..2, c=1 in -2..2");
        assert!(page.link().await.contains("formula=x%5E4%20-%20b%2Ax%5E2%20%2B%20c%2Ay%5E2&set=b%3D1.5"));
        page.audit("the sliders of parameters").await;
    })
    .await;
}
