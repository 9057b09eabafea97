//! A drawing on the page: with a finger on a phone, with a mouse, by keys; followed, learnt, taken back, and replayed from its link.

use e2e::{Page, visit};
use serde_json::json;

/// A small model, of which a run takes a moment.
const SMALL: &str = "index.html#benchmark=drawing&modes=4&hidden=6&epochs=600";

/// Places on the landscape, in parts of its plot area from the left and from above, as pixels of the window.
async fn pixels(page: &Page, places: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let script = "const canvas = document.querySelector('#plot-landscape');
        canvas.scrollIntoView({ block: 'center' });
        const box = canvas.getBoundingClientRect();
        return [box.left, box.top, box.width, box.height]";
    let found = page.script(script).await;
    let [left, top, width, height] = [0, 1, 2, 3].map(|k| found[k].as_f64().expect("a number"));
    // The margins of the figure around its plot area.
    let inside = |&(across, down): &(f64, f64)| (left + 46.0 + across * (width - 68.0), top + 24.0 + down * (height - 64.0));
    places.iter().map(inside).collect()
}

/// A curve with three valleys, from the left to the right.
fn valleys(points: u32) -> Vec<(f64, f64)> {
    let place = |k: u32| {
        let x = f64::from(k) / f64::from(points);
        (0.06 + 0.88 * x, 0.55 - 0.25 * (18.8 * x).cos() - 0.1 * (2.0 * x - 1.0))
    };
    (0..=points).map(place).collect()
}

/// A hill for each valley, as a pencil draws samples of three wells.
fn hills(points: u32) -> Vec<(f64, f64)> {
    let place = |k: u32| {
        let x = f64::from(k) / f64::from(points);
        (0.03 + 0.94 * x, 0.5 + 0.47 * (18.85 * x).cos())
    };
    (0..=points).map(place).collect()
}

/// Notes in the page when it was first touched, and when certain things were first seen after that.
const WATCH: &str = "window.seen = {};
    let touched = 0;
    addEventListener('pointerup', () => note('lifted', true), true);
    addEventListener('pointerdown', () => { touched ||= performance.now() }, true);
    const note = (name, held) => { if (held && touched && !window.seen[name]) window.seen[name] = performance.now() - touched };
    const look = () => {
        const value = id => Number(document.getElementById(id).dataset.value);
        note('followed', value('sketch') > 0);
        const isFit = location.hash.includes('samples') ? value('wells') === 3 : value('r2') > 0.99;
        note('fit', window.seen.lifted && isFit);
        note('learnt', parseInt(document.body.dataset.shown) > 1 && isFit);
        note('finished', parseInt(document.body.dataset.shown) > 1 && document.body.dataset.state === 'finished');
        requestAnimationFrame(look);
    };
    look()";

/// A page of a phone's size, for fingers.
async fn phone(page: &Page, link: &str) {
    let phone = json!({ "width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": true });
    page.devtools("Emulation.setDeviceMetricsOverride", phone).await;
    page.devtools("Emulation.setTouchEmulationEnabled", json!({ "enabled": true })).await;
    page.goto(link).await;
    page.until_state("finished", 60).await;
}

/// A stroke of a finger.
async fn finger(page: &Page, places: &[(f64, f64)]) {
    let places = pixels(page, places).await;
    let touch = async |kind: &str, at: Option<(f64, f64)>| {
        let points: Vec<_> = at.iter().map(|(x, y)| json!({ "x": x, "y": y })).collect();
        page.devtools("Input.dispatchTouchEvent", json!({ "type": kind, "touchPoints": points })).await;
    };
    touch("touchStart", Some(places[0])).await;
    for &place in &places[1..] {
        touch("touchMove", Some(place)).await;
    }
    touch("touchEnd", None).await;
}

async fn mouse(page: &Page, kind: &str, (x, y): (f64, f64)) {
    let held = i32::from(kind != "mouseReleased");
    let event = json!({ "type": kind, "x": x, "y": y, "button": "left", "buttons": held, "clickCount": 1 });
    page.devtools("Input.dispatchMouseEvent", event).await;
}

/// A stroke of the mouse.
async fn stroke(page: &Page, places: &[(f64, f64)]) {
    let places = pixels(page, places).await;
    mouse(page, "mousePressed", places[0]).await;
    for &place in &places[1..] {
        mouse(page, "mouseMoved", place).await;
    }
    mouse(page, "mouseReleased", places[places.len() - 1]).await;
}

async fn drawing(page: &Page) -> String {
    drawing_of(&page.link().await)
}

fn drawing_of(link: &str) -> String {
    link.split('&').find_map(|part| part.strip_prefix("drawing=")).unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_finger_draws_on_a_phone_and_the_fit_is_there_in_a_moment() {
    visit("index.html", |page| async move {
        phone(&page, "index.html#benchmark=drawing").await;
        page.audit("a drawing on a phone").await;
        page.script(WATCH).await;
        finger(&page, &valleys(24)).await;
        page.until("the drawing is learnt", 30, "window.seen.finished").await;
        println!("  milliseconds after the first touch: {}", page.script("return JSON.stringify(window.seen)").await);
        assert!(page.number("#r2").await > 0.99, "R2 is {}", page.number("#r2").await);
        assert_eq!(page.number("#wells").await, 3.0);
        page.screenshot("drawing-phone").await;
        let overflow = page.script("return document.documentElement.scrollWidth - innerWidth").await;
        assert!(overflow.as_i64().is_some_and(|pixels| pixels <= 0), "the page is wider than the screen");
        assert_eq!(page.errors().await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn a_finger_draws_samples_on_a_phone_and_their_density_is_there_in_a_moment() {
    visit("index.html", |page| async move {
        phone(&page, "index.html#benchmark=drawn-samples").await;
        page.audit("samples on a phone").await;
        page.screenshot("samples-phone-example").await;
        page.script(WATCH).await;
        finger(&page, &hills(40)).await;
        page.until("the samples are learnt", 30, "window.seen.finished").await;
        println!("  milliseconds after the first touch: {}", page.script("return JSON.stringify(window.seen)").await);
        assert_eq!(page.number("#wells").await, 3.0);
        page.screenshot("samples-phone").await;
        page.prefer("dark").await;
        page.pause(300).await;
        page.screenshot("samples-phone-dark").await;
        let overflow = page.script("return document.documentElement.scrollWidth - innerWidth").await;
        assert!(overflow.as_i64().is_some_and(|pixels| pixels <= 0), "the page is wider than the screen");
        assert_eq!(page.errors().await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn samples_are_drawn_put_dragged_and_replayed() {
    visit("index.html#benchmark=drawn-samples&recipe_version=6", |page| async move {
        page.until_state("finished", 60).await;
        assert!(page.text("#sketch-note").await.contains("takes the place of the example"));
        page.screenshot("samples-example").await;
        // While a stroke is drawn the fit follows.
        let (run, places) = (page.run().await, pixels(&page, &hills(120)).await);
        let script = format!(
            "const places = {}, canvas = document.querySelector('#plot-landscape');
             const point = (kind, [clientX, clientY]) => canvas.dispatchEvent(
                 new PointerEvent(kind, {{ clientX, clientY, buttons: 1, isPrimary: true, pointerId: 1, bubbles: true }}));
             point('pointerdown', places[0]);
             const begun = performance.now();
             for (const place of places) {{
                 point('pointermove', place);
                 await new Promise(resolve => setTimeout(resolve, 16));
             }}
             return [Number(document.getElementById('sketch').dataset.value), (performance.now() - begun) / 1000]",
            json!(places)
        );
        let rate = page.promise(&script).await;
        let [count, seconds] = [0, 1].map(|k| rate[k].as_f64().expect("a number"));
        println!("  {count} refits in {seconds:.2} s, {:.1} a second", count / seconds);
        page.screenshot("samples-drag").await;
        assert!(count > 5.0, "the fit does not follow");
        assert_eq!(page.run().await, run, "what is under way is no run of its own");
        let lifted = "new PointerEvent('pointerup', { isPrimary: true, pointerId: 1, bubbles: true })";
        page.script(&format!("document.querySelector('#plot-landscape').dispatchEvent({lifted})")).await;
        page.until_finished_after(run, 60).await;
        assert_eq!(page.number("#wells").await, 3.0);
        // A tap puts one more; the link replays it all.
        let (drawn, run) = (drawing(&page).await, page.run().await);
        stroke(&page, &[(0.5, 0.5)]).await;
        page.until_finished_after(run, 60).await;
        assert_eq!(drawing(&page).await.replace('_', "").len(), drawn.replace('_', "").len() + 1);
        let (link, loss) = (page.link().await, page.exact("#loss").await);
        assert!(link.len() < 2000, "{link}");
        page.screenshot("samples").await;
        page.prefer("dark").await;
        page.pause(300).await;
        page.screenshot("samples-dark").await;
        page.goto(&format!("index.html#{link}")).await;
        page.until_state("finished", 60).await;
        assert_eq!(page.exact("#loss").await, loss, "the link gives another fit");
        // The last hill is dragged into the one before: two wells are left.
        page.click("#sketch-hand").await;
        page.audit("samples that are dragged").await;
        let run = page.run().await;
        stroke(&page, &[(0.82, 0.5), (0.7, 0.5), (0.6, 0.5), (0.5, 0.5)]).await;
        page.until_finished_after(run, 60).await;
        assert_eq!(page.number("#wells").await, 2.0);
        let run = page.run().await;
        page.click("#sketch-undo").await;
        page.until_finished_after(run, 60).await;
        assert_eq!((drawing(&page).await, page.exact("#loss").await), (drawing_of(&link), loss));
        assert_eq!(page.errors().await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn the_fit_follows_a_well_that_is_dragged() {
    visit("index.html#benchmark=drawing", |page| async move {
        page.until_state("finished", 60).await;
        page.click("#sketch-hand").await;
        page.audit("a drawing with its points").await;
        let (link, run) = (page.link().await, page.run().await);
        // The right well of the first drawing, a quarter of the picture up and back, and that again, but for the last bit: two seconds of a hand.
        let path: Vec<(f64, f64)> = (0..=114).map(|k| (0.763, 0.72 - 0.25 * (f64::from(k) * 0.0524).sin().abs())).collect();
        let places = pixels(&page, &path).await;
        let script = format!(
            "const places = {}, canvas = document.querySelector('#plot-landscape');
             const point = (kind, [clientX, clientY]) => canvas.dispatchEvent(
                 new PointerEvent(kind, {{ clientX, clientY, buttons: 1, isPrimary: true, pointerId: 1, bubbles: true }}));
             const value = id => Number(document.getElementById(id).dataset.value);
             point('pointerdown', places[0]);
             const begun = performance.now();
             let worst = 1;
             for (const place of places) {{
                 point('pointermove', place);
                 await new Promise(resolve => setTimeout(resolve, 16));
                 if (value('sketch') > 2) worst = Math.min(worst, value('r2'));
             }}
             return [value('sketch'), (performance.now() - begun) / 1000, worst]",
            json!(places)
        );
        let rate = page.promise(&script).await;
        let [count, seconds, worst] = [0, 1, 2].map(|k| rate[k].as_f64().expect("a number"));
        println!("  {count} refits in {seconds:.2} s, {:.1} a second; R2 was {worst:.4} or more", count / seconds);
        page.screenshot("drawing-drag").await;
        assert!(count > 5.0, "the fit does not follow");
        assert!(worst > 0.5, "the fit is lost on the way: R2 {worst}");
        assert_eq!((page.link().await, page.run().await), (link.clone(), run), "what is under way is no run of its own");
        let lifted = "new PointerEvent('pointerup', { isPrimary: true, pointerId: 1, bubbles: true })";
        page.script(&format!("document.querySelector('#plot-landscape').dispatchEvent({lifted})")).await;
        page.until_finished_after(run, 60).await;
        assert!(page.number("#r2").await > 0.99);
        assert_ne!(page.link().await, link);
        assert_eq!(page.errors().await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn strokes_are_undone_and_a_link_replays_what_was_drawn() {
    visit(SMALL, |page| async move {
        page.until_state("finished", 60).await;
        assert_eq!(drawing(&page).await, "", "the first drawing need not stand in the link");
        let mut drawings = vec![drawing(&page).await];
        for places in [&valleys(40)[..], &[(0.4, 0.2), (0.45, 0.25), (0.5, 0.3)]] {
            let run = page.run().await;
            stroke(&page, places).await;
            page.until_finished_after(run, 60).await;
            drawings.push(drawing(&page).await);
            assert!((8..=480).contains(&drawings[drawings.len() - 1].len()), "{drawings:?}");
        }
        assert_ne!(drawings[1], drawings[2]);
        let (link, loss, r2) = (page.link().await, page.exact("#loss").await, page.exact("#r2").await);
        let run = page.run().await;
        page.click("#sketch-undo").await;
        page.until_finished_after(run, 60).await;
        assert_eq!(drawing(&page).await, drawings[1]);
        let run = page.run().await;
        page.click("#sketch-redo").await;
        page.until_finished_after(run, 60).await;
        assert_eq!((drawing(&page).await, page.exact("#loss").await), (drawings[2].clone(), loss.clone()));
        page.goto(&format!("index.html#{link}")).await;
        page.until_state("finished", 60).await;
        assert_eq!((page.exact("#loss").await, page.exact("#r2").await), (loss, r2), "the link gives another fit");
        page.screenshot("drawing").await;
        page.prefer("dark").await;
        page.pause(300).await;
        page.screenshot("drawing-dark").await;
        assert_eq!(page.errors().await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn keys_draw_move_and_erase() {
    visit(SMALL, |page| async move {
        page.until_state("finished", 60).await;
        let keys = async |keys: &str| {
            page.element("#plot-landscape").await.send_keys(keys).await.unwrap_or_else(|error| panic!("{error}"));
        };
        let (right, up, enter, shift) = ("\u{e014}", "\u{e013}", "\u{e007}", "\u{e008}");
        // The middle hump is held by the hand and raised by ten hundredths of the picture.
        page.script("document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'm', bubbles: true }))").await;
        page.until("the hand is taken", 10, "document.querySelector('#sketch-hand').ariaPressed === 'true'").await;
        let run = page.run().await;
        keys(&format!("{right}{right}{enter}{shift}{up}{shift}{enter}")).await;
        page.until_finished_after(run, 60).await;
        let raised = drawing(&page).await;
        assert!(!raised.is_empty() && !page.text("#announce").await.is_empty(), "nothing was moved");
        // The point there is taken away.
        let run = page.run().await;
        keys("\u{e017}").await;
        page.until_finished_after(run, 60).await;
        assert_eq!(drawing(&page).await.len(), raised.len() - 4);
        // The pencil draws a straight stroke.
        page.click("#sketch-pencil").await;
        let run = page.run().await;
        keys(&format!("{right}{enter}{}{enter}", right.repeat(12))).await;
        page.until_finished_after(run, 60).await;
        let run = page.run().await;
        page.script("document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'z', ctrlKey: true, bubbles: true }))")
            .await;
        page.until_finished_after(run, 60).await;
        assert_eq!(drawing(&page).await.len(), raised.len() - 4);
        assert_eq!(page.errors().await, Vec::<String>::new());
    })
    .await;
}
