//! Tests of the book and of its playgrounds while a reader scrolls.

use multiwell_page_tests::{Page, frame_in, visit};

/// The chapter with four playgrounds.
const MODEL_CHAPTER: &str = "book/model.html";

const CHAPTER_PLAYGROUNDS: [&str; 4] = ["#soft-minimum", "#gates", "#convex", "#known-sharpness"];

/// Scrolls to a playground, and waits until it trains.
async fn show(page: &Page, playground: &str) {
    page.script(&format!("document.querySelector('{playground}').scrollIntoView({{ block: 'center', behavior: 'instant' }})"))
        .await;
    page.enter_frame(playground).await;
    page.until_state("running", 30).await;
    page.until_epoch_after(0).await;
    page.leave_frame().await;
}

/// State of the page in a playground, and its epoch. The state is empty if the playground has not loaded.
async fn look(page: &Page, playground: &str) -> (String, f64) {
    let look = format!(
        "const inside = {}?.contentDocument;
         return inside ? [inside.body.dataset.state, Number(inside.querySelector('#epoch')?.dataset.value)] : ['', 0]",
        frame_in(playground)
    );
    let seen = page.script(&look).await;
    (seen[0].as_str().unwrap_or_default().to_owned(), seen[1].as_f64().unwrap_or_default())
}

#[tokio::test]
async fn only_playgrounds_in_view_train() {
    visit(MODEL_CHAPTER, |page| async move {
        page.until("there are four", 10, "document.querySelectorAll('multiwell-playground').length === 4").await;
        // With many epochs, no playground ends during the test.
        page.script(
            "for (const one of document.querySelectorAll('multiwell-playground')) {
                 one.setAttribute('recipe', 'paper'); one.setAttribute('epochs', '10000000');
             }",
        )
        .await;
        for shown in CHAPTER_PLAYGROUNDS {
            show(&page, shown).await;
            for other in CHAPTER_PLAYGROUNDS.into_iter().filter(|&other| other != shown) {
                // At the end of the chapter two of them fit into a window.
                let is_right = format!(
                    "(({{ top, bottom }}) => bottom > 1 && top < innerHeight - 1)(document.querySelector('{other}').getBoundingClientRect())
                     === ({}?.contentDocument.body.dataset.state === 'running')",
                    frame_in(other)
                );
                page.until(&format!("{other} trains if and only if it is in view, with {shown}"), 10, &is_right).await;
            }
        }
        for unseen in &CHAPTER_PLAYGROUNDS[..2] {
            let (state, before) = look(&page, unseen).await;
            assert_eq!(state, "paused", "{unseen} is out of view");
            page.pause(300).await;
            assert_eq!(look(&page, unseen).await.1, before, "{unseen} has trained out of view");
        }
        // It continues from the same epoch.
        let before = look(&page, CHAPTER_PLAYGROUNDS[0]).await.1;
        show(&page, CHAPTER_PLAYGROUNDS[0]).await;
        page.enter_frame("#soft-minimum").await;
        page.until_epoch_after(before).await;
        // A run that the reader has paused remains paused.
        page.script("document.querySelector('#run').click()").await;
        page.until_state("paused", 10).await;
        page.leave_frame().await;
        show(&page, CHAPTER_PLAYGROUNDS[3]).await;
        page.script("document.querySelector('#soft-minimum').scrollIntoView({ block: 'center', behavior: 'instant' })").await;
        page.pause(1000).await;
        assert_eq!(look(&page, CHAPTER_PLAYGROUNDS[0]).await.0, "paused", "it was paused by hand");
        assert_eq!(page.errors().await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn chapter_shows_equations_and_loads_only_local_files() {
    visit(MODEL_CHAPTER, |page| async move {
        page.until("there are equations", 10, "document.querySelectorAll('.equation math').length > 5").await;
        let foreign = "return performance.getEntriesByType('resource').map(one => one.name).filter(name => !name.startsWith(location.origin))";
        assert_eq!(page.script(foreign).await, serde_json::json!([]));
        assert_eq!(page.script("return document.querySelectorAll('merror').length").await, 0);
        assert_eq!(page.script("return document.documentElement.scrollWidth <= innerWidth + 1").await, true, "it is too wide");
    })
    .await;
}
