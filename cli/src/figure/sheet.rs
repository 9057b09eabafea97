//! A sheet: an SVG of several figures, each with a title above it, and a caption below them.

use multiwell::internal::plot::{Figure, Theme, palette, svg};
use multiwell::internal::problem::view::Plot;

use super::panel;

/// Height of a title, in pixels.
const TITLE_HEIGHT_PX: u32 = 24;
const MARGIN_PX: u32 = 10;
/// Font size of the caption and height of its lines, in pixels.
const CAPTION_SIZE_PX: (f64, u32) = (12.0, 17);
const SHEET_THEME: Theme = Theme::LIGHT;

/// A row of figures of equal sizes: their titles, which may be empty, and their SVG.
struct FigureRow {
    size: (u32, u32),
    cells: Vec<(String, String)>,
    below: String,
}

/// Figures of a sheet, row by row.
#[derive(Default)]
pub struct FigureSheet {
    rows: Vec<FigureRow>,
}

impl FigureSheet {
    /// Begins a row of figures of `size` pixels.
    pub fn row(&mut self, size: (u32, u32)) {
        self.rows.push(FigureRow { size, cells: Vec::new(), below: String::new() });
    }

    /// Adds a figure to the last row.
    pub fn add(&mut self, title: &str, figure: &dyn Figure) {
        let row = self.rows.last_mut().expect("a row was begun");
        row.cells.push((title.into(), svg(figure, row.size, &SHEET_THEME)));
    }

    /// Adds rows of plots of `size` pixels, each under its letter and its title.
    pub fn add_lettered_rows<Row: AsRef<[Plot]>>(&mut self, size: (u32, u32), rows: impl IntoIterator<Item = Row>) {
        for row in rows {
            self.row(size);
            for plot in row.as_ref() {
                let before = self.rows.iter().map(|row| row.cells.len()).sum();
                self.add(&panel(before, &plot.title), &plot.picture);
            }
        }
    }

    /// Writes a label of the horizontal axes below the figures of the last row.
    pub fn below(&mut self, words: &str) {
        self.rows.last_mut().expect("a row was begun").below = words.into();
    }

    /// The text of the SVG. The caption is also its title, for readers who cannot see it.
    pub fn finish(&self, caption: &str) -> String {
        let width = self.rows.iter().map(|row| row.size.0 * row.cells.len() as u32).max().unwrap_or(0) + 2 * MARGIN_PX;
        let mut body = String::new();
        let mut top = MARGIN_PX;
        for FigureRow { size, cells, below } in &self.rows {
            let has_titles = cells.iter().any(|(title, _)| !title.is_empty());
            for (k, (title, picture)) in cells.iter().enumerate() {
                let left = MARGIN_PX + k as u32 * size.0;
                if !title.is_empty() {
                    body += &text(title, (left + 6, top + 12), 14.0, "start", SHEET_THEME.ink);
                }
                let place = format!("<svg x=\"{left}\" y=\"{}\" ", top + if has_titles { TITLE_HEIGHT_PX } else { 0 });
                body += &picture.replacen("<svg ", &place, 1);
            }
            top += size.1 + if has_titles { TITLE_HEIGHT_PX } else { 0 };
            if !below.is_empty() {
                for k in 0..cells.len() as u32 {
                    body += &text(below, (MARGIN_PX + k * size.0 + size.0 / 2, top + 8), 11.0, "middle", SHEET_THEME.soft);
                }
                top += 14;
            }
        }
        // The width of a text is unknown here. A letter is half as wide as its size on average; 0.53 leaves a margin.
        let characters = (f64::from(width - 2 * MARGIN_PX - 12) / (0.53 * CAPTION_SIZE_PX.0)) as usize;
        top += CAPTION_SIZE_PX.1 + 7;
        for line in wrapped(caption, characters) {
            body += &text(&line, (MARGIN_PX + 6, top), CAPTION_SIZE_PX.0, "start", SHEET_THEME.soft);
            top += CAPTION_SIZE_PX.1;
        }
        let height = top + MARGIN_PX - CAPTION_SIZE_PX.1 / 2;
        format!(
            "<svg width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" xmlns=\"http://www.w3.org/2000/svg\" \
             role=\"img\">\n<title>{}</title>\n<rect width=\"{width}\" height=\"{height}\" fill=\"{}\"/>\n{body}</svg>\n",
            escaped(caption),
            palette::css(SHEET_THEME.background)
        )
    }
}

fn text(words: &str, (x, y): (u32, u32), size: f64, anchor: &str, colour: palette::Rgb) -> String {
    let (words, colour) = (escaped(words), palette::css(colour));
    let font = format!("font-family=\"system-ui, sans-serif\" font-size=\"{size}\" text-anchor=\"{anchor}\"");
    format!("<text x=\"{x}\" y=\"{y}\" {font} fill=\"{colour}\">{words}</text>\n")
}

fn escaped(words: &str) -> String {
    words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Lines of words of at most `characters` characters. A longer word has a separate line.
fn wrapped(words: &str, characters: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= characters => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.into()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use multiwell::internal::plot::LossHistory;

    #[test]
    fn sheet_contains_all_figures_titles_and_captions() {
        let mut sheet = FigureSheet::default();
        sheet.row((300, 200));
        sheet.add("(a) one & two", &LossHistory::default());
        sheet.add("(b) three", &LossHistory::default());
        let text = sheet.finish("Loss < 1 against epochs.");
        assert!(text.starts_with("<svg width=\"620\""), "{text}");
        assert_eq!(text.matches("<svg").count(), 3);
        assert!(text.contains("(a) one &amp; two") && text.contains("<title>Loss &lt; 1 against epochs.</title>"));
    }

    #[test]
    fn caption_lines_are_wrapped_at_width_limit() {
        assert_eq!(wrapped("ab cd  efg\nh ijklmnop q", 5), ["ab cd", "efg h", "ijklmnop", "q"]);
    }
}
