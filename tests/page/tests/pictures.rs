//! Tests of the saving and printing of pictures.

use multiwell_page_tests::{QUICK_CURVE, visit, visit_for_downloads};
use serde_json::json;

#[tokio::test]
async fn training_is_recorded_and_views_are_exported_in_chosen_colours_and_size() {
    visit_for_downloads(QUICK_CURVE, |page| async move {
        let run = page.run().await;
        page.export("#export-film").await;
        page.until("the video is offered", 60, "window.saved.length > 0").await;
        assert!(page.run().await > run, "the run has not restarted");
        assert_eq!(page.script("return /^video/.test(window.saved[0].type) && window.saved[0].size > 10000").await, json!(true));
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
        page.export("#export-svg").await;
        let svg = page.saved(1).await;
        assert!(["<text", "truth", "fit", "sharpness", "epoch"].iter().all(|word| svg.contains(word)) && svg.matches("<svg").count() == 1);
        page.export("#export-csv").await;
        let csv = page.saved(2).await;
        let lines: Vec<&str> = csv.lines().collect();
        assert_eq!(lines[0], "picture,series,x,y,value");
        for series in ["\"landscape\",\"truth\",", "\"landscape\",\"fit\",", "\"loss\",\"smallest loss\",", "\"gates\",\"sharpness\","] {
            assert!(lines.iter().filter(|line| line.starts_with(series)).count() > 10, "{series}");
        }
        assert!(lines.iter().all(|line| line.matches(',').count() == 4));
        let mut count = 3;
        for view in ["landscape", "ensemble", "physics", "soft-minimum"] {
            page.click(&format!("#view-{view}")).await;
            let names = page.script("return [...document.querySelectorAll('#export-which option')].map(o => o.value)").await;
            for name in names.as_array().expect("a list of pictures") {
                page.script("document.querySelector('#export').open = true").await;
                page.choose("#export-which", name.as_str().expect("a name")).await;
                page.click("#export-svg").await;
                let text = page.saved(count).await;
                assert!(text.starts_with("<svg") && text.contains("</svg>"), "{view}: {name}");
                count += 1;
            }
        }
        assert_eq!(count, 3 + 16, "three pictures a view, and the whole of it");
    })
    .await;
}

#[tokio::test]
async fn view_of_several_inputs_is_exported_with_titles_and_maps() {
    visit_for_downloads("benchmark=muller-brown&epochs=40&samples=60&view=cuts", |page| async move {
        for id in ["#export-svg", "#export-csv", "#export-png"] {
            page.export(id).await;
        }
        page.until("three files are offered", 20, "window.saved.length > 2").await;
        let (svg, csv) = (page.saved(0).await, page.saved(1).await);
        assert!(svg.contains("Truth") && svg.contains("Fit \u{2212} truth"), "titles are missing");
        assert!(csv.lines().filter(|line| line.starts_with("\"Truth\",\"\u{3a8}\",") && !line.ends_with(',')).count() == 61 * 61);
        page.click("#panel-pruning").await;
        let words = page.text(".pruning p").await;
        assert!(words.starts_with("Modes are removed") && !words.contains("curve"), "{words}");
    })
    .await;
}

#[tokio::test]
async fn printed_page_is_light_and_has_figures_and_numbers_only() {
    visit(&format!("index.html#{QUICK_CURVE}"), |page| async move {
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
    })
    .await;
}
