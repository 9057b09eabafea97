//! Tests of a material with memory: a path drawn by hand, and own trajectories.

use multiwell_page_tests::{Key, visit, visit_run};
use serde_json::json;

#[tokio::test]
async fn loading_path_drawn_by_pointer_or_keys_changes_stress_response() {
    visit_run("benchmark=metamaterial&samples=50&batch=20&epochs=8&view=pad", |page| async move {
        page.until_view("pad").await;
        let before = page.still("#view-plot-2").await;
        let stroke = "const canvas = document.querySelector('#view-plot-0'), box = canvas.getBoundingClientRect();
             const at = (kind, x, y) => canvas.dispatchEvent(new PointerEvent(kind, { bubbles: true, pointerId: 1, isPrimary: true,
                 buttons: kind === 'pointerup' ? 0 : 1, clientX: box.left + x * box.width, clientY: box.top + y * box.height }));
             at('pointerdown', 0.2, 0.5);
             for (let k = 0; k <= 20; k++) at('pointermove', 0.2 + 0.03 * k, 0.5 + 0.3 * Math.sin(k / 3));
             at('pointerup', 0.8, 0.5)";
        page.script(stroke).await;
        page.until_changed("the answer is another one", "#view-plot-2", before).await;
        let before = page.still("#view-plot-2").await;
        let (left, up, right) = (Key::Left.repeat(20), Key::Up.repeat(15), Key::Right.repeat(40));
        page.send("#view-plot-0", &[&left, &*Key::Enter, &up, &right, &Key::Enter].concat()).await;
        page.until_changed("the answer is another one", "#view-plot-2", before).await;
        // The path has ended, so moves of the cursor do not draw.
        let drawn = page.still("#view-plot-2").await;
        page.send("#view-plot-0", &up).await;
        assert_eq!(page.still("#view-plot-2").await, drawn);
    })
    .await;
}

/// Trajectories of a spring with dry friction: the force is proportional to the stretch minus the slip.
fn friction() -> String {
    let mut text = String::from("run,time,u,F\n");
    for run in 0..10 {
        let mut slip = 0.0_f64;
        for n in 0..=40 {
            let u = (0.4 + 0.05 * f64::from(run)) * (f64::from(n) * (0.25 + 0.01 * f64::from(run))).sin();
            slip = slip.clamp(u - 0.2, u + 0.2);
            text += &format!("{run},{n},{u},{}\n", 2.0 * (u - slip) + 0.5 * u);
        }
    }
    text
}

#[tokio::test]
async fn own_trajectories_are_learnt() {
    visit("index.html#epochs=2000", |page| async move {
        page.until_state("running", 10).await;
        page.open_file("friction.csv", &friction()).await;
        page.until("it is asked which columns are what", 10, "document.querySelector('#columns-dialog').open").await;
        page.until("a reading has a picture", 60, "document.querySelector('#columns-kind img[src]')").await;
        page.click("#columns-kind [value=own-trajectories]").await;
        let parts = page.script("return [...document.querySelectorAll('#columns select')].map(s => s.value)").await;
        assert_eq!(parts, json!(["run", "time", "input", "output"]), "what the names say is not proposed");
        page.begin_run(20, page.click("#columns-dialog [value=ok]")).await;
        assert_eq!(page.field("#benchmark").await, "own-trajectories");
        assert!(!page.text("#controls").await.contains("E11"), "E11 of runs that have none");
        let sentence = page.text("#sentence").await;
        assert!(
            sentence.starts_with("Response to ") && sentence.ends_with(", with memory, learnt from runs in friction.csv."),
            "{sentence}"
        );
        page.until_view("loops").await;
        page.until("the force is learnt", 90, "Number(document.querySelector('#r2').dataset.value) > 0.95").await;
        assert_eq!(page.errors().await, Vec::<String>::new());
    })
    .await;
}
