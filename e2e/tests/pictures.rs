//! What is done with pictures: they are saved and printed.

use e2e::visit;
use serde_json::{Value, json};

const QUICK: &str = "benchmark=double-well&modes=3&hidden=8,8&recipe=paper&lr=0.01&gate-lr=0.01&epochs=600";
const SAVED: &str = "window.saved = []; URL.createObjectURL = blob => (window.saved.push(blob), 'data:,')";

#[tokio::test]
async fn a_whole_view_is_saved_in_the_colours_and_the_size_asked_for() {
    visit("index.html", |page| async move {
        page.before_scripts(SAVED).await;
        page.goto(&format!("index.html#{QUICK}")).await;
        page.until_state("finished", 60).await;
        assert_eq!(page.script("return document.querySelector('#export-which').value").await, json!("view"));
        for (colours, scale, background) in [("dark", 1, [0x13, 0x15, 0x17]), ("light", 3, [0xfb, 0xfa, 0xf7])] {
            page.script("window.saved = []; document.querySelector('#export').open = true").await;
            page.choose("#export-colours", colours).await;
            page.choose("#export-scale", &scale.to_string()).await;
            page.click("#export-png").await;
            page.until("the picture is offered", 20, "window.saved.length > 0").await;
            let found = page
                .promise(
                    "const image = await createImageBitmap(window.saved[0]), canvas = new OffscreenCanvas(image.width, image.height);
                     const context = canvas.getContext('2d');
                     context.drawImage(image, 0, 0);
                     const pixels = context.getImageData(0, 0, image.width, image.height).data;
                     let clear = 0;
                     for (let k = 3; k < pixels.length; k += 4) clear += pixels[k] < 255;
                     const colours = new Set(new Uint32Array(pixels.buffer));
                     return [window.saved[0].type, image.width, clear, [...pixels.slice(0, 3)], colours.size > 100]",
                )
                .await;
            assert_eq!(found, json!(["image/png", 1280 * scale, 0, background, true]), "{colours}");
        }
        page.script("window.saved = []; document.querySelector('#export').open = true").await;
        page.click("#export-svg").await;
        page.until("the drawing is offered", 5, "window.saved.length > 0").await;
        let svg = page.promise("return await window.saved[0].text()").await;
        let svg = svg.as_str().unwrap_or_default();
        assert!(["<text", "truth", "fit", "sharpness", "epoch"].iter().all(|word| svg.contains(word)) && svg.matches("<svg").count() == 1);
        page.script("window.saved = []; document.querySelector('#export').open = true").await;
        page.click("#export-csv").await;
        page.until("the numbers are offered", 5, "window.saved.length > 0").await;
        let csv = page.promise("return await window.saved[0].text()").await;
        let lines: Vec<&str> = csv.as_str().unwrap_or_default().lines().collect();
        assert_eq!(lines[0], "picture,series,x,y,value");
        for series in ["\"landscape\",\"truth\",", "\"landscape\",\"fit\",", "\"loss\",\"smallest loss\",", "\"gates\",\"sharpness\","] {
            assert!(lines.iter().filter(|line| line.starts_with(series)).count() > 10, "{series}");
        }
        assert!(lines.iter().all(|line| line.matches(',').count() == 4));
    })
    .await;
}

#[tokio::test]
async fn a_view_of_several_inputs_is_saved_with_its_titles_and_its_maps() {
    visit("index.html", |page| async move {
        page.before_scripts(SAVED).await;
        page.goto("index.html#benchmark=muller-brown&epochs=40&samples=60&view=cuts").await;
        page.until_state("finished", 90).await;
        for id in ["#export-svg", "#export-csv", "#export-png"] {
            page.script("document.querySelector('#export').open = true").await;
            page.click(id).await;
        }
        page.until("three files are offered", 20, "window.saved.length > 2").await;
        let texts = page.promise("return await Promise.all(window.saved.slice(0, 2).map(blob => blob.text()))").await;
        let of = |k: usize| texts[k].as_str().unwrap_or_default().to_owned();
        assert!(of(0).contains("Truth") && of(0).contains("Fit \u{2212} truth"), "titles are missing");
        assert!(
            of(1).lines().filter(|line| line.starts_with("\"Truth\",\"\u{3a8}\",") && !line.ends_with(',')).count() == 61 * 61
        );
        // Wells of several inputs have their barriers once training rests, and nothing is said of a curve that there is not.
        page.click("#panel-wells").await;
        let barriers = "[...document.querySelectorAll('#minima tr')].filter(row => !row.innerText.includes('not found'))
            .map(row => row.children[7].innerText)";
        let known = format!("{barriers}.length > 0 && {barriers}.every(text => /[0-9]/.test(text))");
        page.until("barriers are known", 20, &known).await;
        page.click("#panel-pruning").await;
        let words = page.text(".pruning p").await;
        assert!(words.starts_with("Modes are removed") && !words.contains("curve"), "{words}");
    })
    .await;
}

#[tokio::test]
async fn a_printed_page_is_light_and_holds_pictures_and_numbers_only() {
    visit(&format!("index.html#{QUICK}"), |page| async move {
        page.prefer("dark").await;
        page.until_state("finished", 60).await;
        let dark = page.still("#plot-landscape").await;
        page.devtools("Emulation.setEmulatedMedia", json!({ "media": "print" })).await;
        page.until_changed("the picture is light", "#plot-landscape", dark).await;
        let seen = page
            .script(
                "const seen = selector => document.querySelector(selector).checkVisibility();
                 return [seen('#plot-landscape'), seen('#rmse'), seen('#wells-table'), seen('nav'), seen('aside'), seen('.tabs')]",
            )
            .await;
        assert_eq!(seen, json!([true, true, true, false, false, false]));
        page.screenshot("printed").await;
    })
    .await;
}

#[tokio::test]
async fn what_embeds_the_page_is_copied_by_a_button() {
    visit("index.html", |page| async move {
        page.before_scripts(
            "window.copied = []; Object.defineProperty(navigator, 'clipboard', { value: { writeText: async text => void window.copied.push(text) } })",
        )
        .await;
        page.goto(&format!("index.html#{QUICK}")).await;
        page.until_state("finished", 60).await;
        page.click("#embed").await;
        for (k, word) in ["element", "frame"].iter().enumerate() {
            page.click(&format!("#embed-{word}-copy")).await;
            page.until("it says so", 5, &format!("document.querySelector('#embed-{word}-copy').textContent === 'Copied'")).await;
            let same = page.script(&format!("return window.copied[{k}] === document.querySelector('#embed-{word}').value")).await;
            assert_eq!(same, Value::Bool(true), "{word}");
        }
    })
    .await;
}
