//! Points of a drawn curve on a fine grid: strokes, erasing, moving, and their text in a link.

use super::{digit, letter};

/// Point on the canvas: its column from the left and its row from below, each from 0 to [`LAST_COLUMN`].
pub type CanvasPoint = [i32; 2];

/// Last column, and highest row: twelve bits, which are two characters of a text.
pub const LAST_COLUMN: i32 = 4095;
/// Largest number of points of a drawing. It keeps the text of any drawing short enough for a setting.
pub const MAX_POINTS: usize = 120;
/// Smallest distance of two points along the canvas, in columns: about a pixel.
const MIN_GAP_COLUMNS: i32 = 8;
/// Largest distance of an omitted point of a stroke from the line between its other points: about a pixel.
const FLATNESS_TOLERANCE: f64 = 12.0;
/// Reach of the eraser around its position, in columns and rows.
const ERASER_SIZE: [f64; 2] = [120.0, 240.0];

/// Points with increasing columns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SketchPoints(Vec<CanvasPoint>);

impl SketchPoints {
    /// Reads the points of a text; `None` if it is not the text of a drawing.
    pub fn read(text: &str) -> Option<Self> {
        let digits: Option<Vec<i32>> = text.bytes().map(digit).collect();
        let digits = digits.filter(|digits| digits.len().is_multiple_of(4) && digits.len() <= 4 * MAX_POINTS)?;
        let places: Vec<CanvasPoint> = digits.chunks(4).map(|four| [four[0] * 64 + four[1], four[2] * 64 + four[3]]).collect();
        places.windows(2).all(|pair| pair[0][0] < pair[1][0]).then_some(Self(places))
    }

    /// Text of the points: two digits per number, four per point.
    pub fn text(&self) -> String {
        self.0.iter().flatten().flat_map(|number| [number >> 6, number & 63]).map(letter).collect()
    }

    /// Points from left to right.
    pub fn places(&self) -> &[CanvasPoint] {
        &self.0
    }

    /// Draws a line between two points, or a single point. It replaces the drawing between their columns.
    pub fn draw(&mut self, from: Option<CanvasPoint>, to: CanvasPoint) {
        let (first, last) = from.map_or((to[0], to[0]), |from| (from[0].min(to[0]), from[0].max(to[0])));
        let stays = |place: &CanvasPoint| {
            let is_near = (place[0] - to[0]).abs() < MIN_GAP_COLUMNS;
            !is_near && (Some(*place) == from || !(first..=last).contains(&place[0]))
        };
        self.0.retain(stays);
        let at = self.0.partition_point(|place| place[0] < to[0]);
        self.0.insert(at, to);
        self.shorten();
    }

    /// Ends a stroke over these columns. Points on straight parts of it are left out.
    pub fn smooth(&mut self, [first, last]: [i32; 2]) {
        let from = self.0.partition_point(|place| place[0] < first);
        let to = self.0.partition_point(|place| place[0] <= last);
        let kept = straightened(&self.0[from..to], FLATNESS_TOLERANCE);
        self.0 = [&self.0[..from], &kept, &self.0[to..]].concat();
    }

    /// Removes points until there are at most `MAX_POINTS`. The points that change the curve least are removed first.
    fn shorten(&mut self) {
        let mut flat = FLATNESS_TOLERANCE;
        while self.0.len() > MAX_POINTS {
            self.0 = straightened(&self.0, flat);
            flat *= 1.5;
        }
    }

    /// Removes the points around a position.
    pub fn erase(&mut self, at: CanvasPoint) {
        self.0.retain(|place| distance(*place, at, ERASER_SIZE) > 1.0);
    }

    /// Point that the pointer moves at a position: the nearest well within reach, or else the nearest point.
    pub fn target_at(&self, at: CanvasPoint, reach: [f64; 2]) -> Option<usize> {
        let away = |k: &usize| distance(self.0[*k], at, reach);
        let nearest =
            |all: &mut dyn Iterator<Item = usize>| all.filter(|k| away(k) <= 1.0).min_by(|a, b| away(a).total_cmp(&away(b)));
        nearest(&mut (0..self.0.len()).filter(|&k| self.is_well(k))).or_else(|| nearest(&mut (0..self.0.len())))
    }

    /// Returns true if a point is a minimum of the drawing, and not one of its ends.
    pub fn is_well(&self, k: usize) -> bool {
        let row = |k: usize| self.0.get(k).map(|place| place[1]);
        let (Some(before), Some(here), Some(after)) = (k.checked_sub(1).and_then(row), row(k), row(k + 1)) else { return false };
        here < before && here <= after
    }

    /// Moves one of the points to a position, as far as the space between its neighbours allows. A well moves its neighbourhood too, up to
    /// the maxima beside it.
    #[must_use]
    pub fn moved(&self, held: usize, to: CanvasPoint) -> Self {
        let row = |row: i32| row.clamp(0, LAST_COLUMN);
        let Some(&[column, height]) = self.0.get(held) else { return self.clone() };
        let [left, right] = if self.is_well(held) {
            self.enclosing_maxima(held)
        } else {
            [held.saturating_sub(1), (held + 1).min(self.0.len() - 1)]
        };
        let ends = [
            if left == held { 0 } else { self.0[left][0] + MIN_GAP_COLUMNS },
            if right == held { LAST_COLUMN } else { self.0[right][0] - MIN_GAP_COLUMNS },
        ];
        let target = if ends[0] <= ends[1] { to[0].clamp(ends[0], ends[1]) } else { column };
        let rise = row(to[1]) - height;
        let mut moved = self.clone();
        for (k, place) in moved.0.iter_mut().enumerate().take(right).skip(left + 1) {
            // Columns are stretched towards the rims. Rows rise less near the rims.
            let rim = if k < held { self.0[left][0] } else { self.0[right][0] };
            let part = f64::from(place[0] - rim) / f64::from(column - rim);
            let share = part * part * (2.0 - part) * (2.0 - part);
            *place =
                [rim + (part * f64::from(target - rim)).round() as i32, row(place[1] + (share * f64::from(rise)).round() as i32)];
        }
        moved.0[held] = [target, row(to[1])];
        // Several points in one column become one point.
        let mut last = -1;
        moved.0.retain(|place| {
            let is_kept =
                place[0] > last && (place[0] < target || place[0] == target && place[1] == row(to[1]) || place[0] > target);
            last = if is_kept { place[0] } else { last };
            is_kept
        });
        moved
    }

    /// Maxima on both sides of a point, or the ends of the drawing.
    fn enclosing_maxima(&self, well: usize) -> [usize; 2] {
        let row = |k: usize| self.0[k][1];
        let left = (1..=well).rev().find(|&k| row(k - 1) < row(k)).unwrap_or(0);
        let right = (well..self.0.len() - 1).find(|&k| row(k + 1) < row(k)).unwrap_or(self.0.len() - 1);
        [left, right]
    }

    /// Row of the drawing at a column, on the straight lines between its points.
    pub fn row_at(&self, column: i32) -> Option<i32> {
        let after = self.0.partition_point(|place| place[0] < column);
        let (from, to) = (self.0.get(after.saturating_sub(1))?, self.0.get(after).or(self.0.last())?);
        let width = (to[0] - from[0]).max(1);
        Some(from[1] + (to[1] - from[1]) * (column.clamp(from[0], to[0].max(from[0])) - from[0]) / width)
    }
}

/// Distance of two points, in units of columns and rows.
fn distance(one: CanvasPoint, other: CanvasPoint, [columns, rows]: [f64; 2]) -> f64 {
    (f64::from(one[0] - other[0]) / columns).hypot(f64::from(one[1] - other[1]) / rows)
}

/// Removes the points of a line that lie within a distance of the line through the others (Ramer, Douglas and Peucker).
fn straightened(line: &[CanvasPoint], flat: f64) -> Vec<CanvasPoint> {
    let (Some(&first), Some(&last)) = (line.first(), line.last()) else { return Vec::new() };
    if line.len() < 3 {
        return line.to_vec();
    }
    let [across, up] = [0, 1].map(|axis| f64::from(last[axis] - first[axis]));
    let away = |place: CanvasPoint| {
        let [x, y] = [0, 1].map(|axis| f64::from(place[axis] - first[axis]));
        (x * up - y * across).abs() / across.hypot(up)
    };
    let farthest = (1..line.len() - 1).max_by(|&a, &b| away(line[a]).total_cmp(&away(line[b]))).unwrap_or(1);
    if away(line[farthest]) <= flat {
        return vec![first, last];
    }
    let mut kept = straightened(&line[..=farthest], flat);
    kept.pop();
    kept.extend(straightened(&line[farthest..], flat));
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn valley() -> SketchPoints {
        SketchPoints(vec![[100, 3000], [500, 1000], [900, 2000], [1300, 1500], [1700, 900], [2100, 1400], [2500, 3500]])
    }

    #[test]
    fn drawing_round_trips_as_text() {
        let points = SketchPoints(vec![[0, 4095], [64, 1], [4095, 0]]);
        assert_eq!(points.text(), "AA__BAAB__AA");
        assert_eq!(SketchPoints::read("AA__BAAB__AA"), Some(points));
        assert_eq!(SketchPoints::read(""), Some(SketchPoints::default()));
        let long = "AAAA".repeat(MAX_POINTS + 1);
        for wrong in ["AA_", "AA__AAAB", "BAABAA__", "AA+_", "AA__BAA", "Ä", &long] {
            assert_eq!(SketchPoints::read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn stroke_replaces_earlier_points_in_its_columns() {
        let mut points = valley();
        points.draw(None, [600, 100]);
        points.draw(Some([600, 100]), [1000, 200]);
        points.draw(Some([1000, 200]), [1400, 300]);
        assert_eq!(points.0[..5], [[100, 3000], [500, 1000], [600, 100], [1000, 200], [1400, 300]]);
        // The stroke returns over its own points.
        points.draw(Some([1400, 300]), [900, 50]);
        assert_eq!(points.0[2..6], [[600, 100], [900, 50], [1400, 300], [1700, 900]]);
    }

    #[test]
    fn long_scribble_fits_into_link() {
        let mut points = SketchPoints::default();
        let mut before = None;
        for k in 0..5000 {
            let at = [(k * 7) % 4096, 2048 + (2047.0 * (f64::from(k) * 0.37).sin()) as i32];
            points.draw(before, at);
            before = Some(at);
            assert!(points.0.len() <= MAX_POINTS && points.0.windows(2).all(|pair| pair[0][0] < pair[1][0]));
        }
        assert!(points.text().len() <= 500);
        assert_eq!(SketchPoints::read(&points.text()), Some(points));
    }

    #[test]
    fn end_of_stroke_removes_collinear_points() {
        let mut points = SketchPoints((0..100).map(|k| [40 * k, if k < 50 { 80 * k } else { 8000 - 80 * k }]).collect());
        points.smooth([0, 4000]);
        assert_eq!(points.0, [[0, 0], [2000, 4000], [3960, 80]]);
        let mut part = valley();
        part.smooth([900, 1700]);
        assert_eq!(part.0.len(), 7, "nothing there is straight");
    }

    #[test]
    fn dragged_well_moves_its_neighbours_and_point_moves_alone() {
        let points = valley();
        assert_eq!((points.is_well(4), points.enclosing_maxima(4)), (true, [2, 6]));
        let moved = points.moved(4, [1500, 100]);
        assert_eq!(moved.0[4], [1500, 100]);
        assert!(moved.0[3][0] < 1300 && moved.0[3][1] < 1500, "{moved:?}");
        assert_eq!((moved.0[2], moved.0[6]), (points.0[2], points.0[6]));
        assert_eq!(points.moved(4, [1700, 900]), points);
        let alone = points.moved(2, [9000, -5]);
        assert_eq!((alone.0[2], alone.0[3]), ([1300 - MIN_GAP_COLUMNS, 0], points.0[3]));
        assert_eq!(points.moved(0, [-100, 10]).0[0], [0, 10]);
        for to in [[0, 0], [4095, 4095], [910, 0], [2490, 4095]] {
            for held in 0..7 {
                let moved = points.moved(held, to);
                assert!(moved.0.windows(2).all(|pair| pair[0][0] < pair[1][0]), "{held} to {to:?}: {moved:?}");
            }
        }
    }

    #[test]
    fn hand_prefers_well_to_neighbouring_point() {
        let points = valley();
        assert_eq!(points.target_at([1400, 1200], [400.0, 800.0]), Some(4));
        assert_eq!(points.target_at([120, 2900], [100.0, 200.0]), Some(0));
        assert_eq!(points.target_at([3500, 100], [100.0, 200.0]), None);
        assert_eq!((points.row_at(1500), points.row_at(0), points.row_at(4000)), (Some(1200), Some(3000), Some(3500)));
        let mut erased = points;
        erased.erase([520, 1050]);
        assert_eq!(erased.0.len(), 6);
    }
}
