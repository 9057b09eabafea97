use super::*;
use crate::state::action::Pointer;
use crate::state::zoom::Change;
use multiwell::internal::plot::figures::Chart;
use multiwell::internal::plot::{HeatMap, PlotAxis};
use multiwell::internal::problem::view::{Plot, Touch, View, ViewPicture as Drawn, ViewState};

const HALF_VIEW: Change = Change::To([[0.25, 0.75]; 2]);

fn ends(test: &Test, picture: CanvasPicture) -> Option<[[f64; 2]; 2]> {
    test.state.part(picture).map(|part| part.map(|axis| [axis.value(0.0), axis.value(1.0)]))
}

fn zoom(test: &mut Test, picture: CanvasPicture, change: Change) {
    test.act(Action::Zoom(picture, change));
}

/// Map to scale over a part of the unit square.
fn map(part: Option<[[f64; 2]; 2]>, whole: [[f64; 2]; 2]) -> Plot {
    let [x, y] = part.unwrap_or(whole).map(|[low, high]| PlotAxis::linear(low, high));
    let picture = Drawn::Map(HeatMap { x, y, columns: 2, values: vec![0.0; 4], is_to_scale: true, whole, ..HeatMap::default() });
    Plot { title: String::new(), description: String::new(), picture, touch: Touch::Read }
}

fn chart() -> Plot {
    let picture = Drawn::Chart(Chart::new([PlotAxis::default(); 2], ["", ""], [4, 4], Vec::new()));
    Plot { title: String::new(), description: String::new(), picture, touch: Touch::Read }
}

/// The worker sends two maps and a chart of the requested view.
fn answer(test: &mut Test, whole: [[f64; 2]; 2]) {
    let ViewState { view, part, .. } = test.state.views.own.chosen.clone();
    let rows = vec![vec![map(part, whole), map(part, whole), chart()]];
    test.reply(Reply::View { run: test.state.run.number, view: Box::new(View { view, rows, ..View::default() }) });
}

#[test]
fn figure_is_enlarged_moved_and_reset() {
    let mut test = Test::running("");
    let landscape = CanvasPicture::Landscape;
    zoom(&mut test, landscape, HALF_VIEW);
    let [x, y] = ends(&test, landscape).expect("a part is shown");
    assert_eq!(x, [0.25, 0.75]);
    zoom(&mut test, landscape, Change::To([[0.5, 1.5], [0.0, 1.0]]));
    assert_eq!(ends(&test, landscape).unwrap()[0], [0.5, 1.0]);
    // Panning stops at the end of the axis.
    zoom(&mut test, landscape, Change::To([[0.5, 1.5], [0.0, 1.0]]));
    let [moved, same] = ends(&test, landscape).unwrap();
    assert!(moved == [0.5, 1.0] && (same[0] - y[0]).abs() + (same[1] - y[1]).abs() < 1e-9);
    assert_eq!(ends(&test, CanvasPicture::Loss), None);
    zoom(&mut test, landscape, Change::ALL);
    assert_eq!(ends(&test, landscape), None);
    // Keys zoom around the cursor, which keeps its position.
    test.act(Action::Point(landscape, Some((0.2, y[0])), Pointer::Hovering));
    zoom(&mut test, landscape, Change::By(2.0));
    let [x, _] = ends(&test, landscape).unwrap();
    assert!((x[0] - 0.1).abs() + (x[1] - 0.6).abs() < 1e-9, "{x:?}");
    zoom(&mut test, landscape, Change::By(0.25));
    assert_eq!(ends(&test, landscape), None);
}

#[test]
fn cursor_scrolls_enlarged_figure_up_to_end_of_axis() {
    let mut test = Test::running("");
    let landscape = CanvasPicture::Landscape;
    zoom(&mut test, landscape, HALF_VIEW);
    for step in 0..120 {
        let mut panel = None;
        crate::state::figures::with_figure(&test.state, landscape, None, (400.0, 300.0), &mut |figure| {
            panel = Some(figure.panel((400.0, 300.0)));
        });
        test.act(Action::MoveCursor(landscape, panel.unwrap(), (1.0, 0.0)));
        let (x, _) = test.state.pictures.cursor(landscape).expect("there is a cursor");
        let [part, _] = ends(&test, landscape).unwrap();
        assert!((part[0] - 1e-9..=part[1] + 1e-9).contains(&x), "step {step}: {x} in {part:?}");
    }
    assert_eq!(ends(&test, landscape).unwrap()[0], [0.5, 1.0]);
    assert!((test.state.pictures.cursor(landscape).unwrap().0 - 1.0).abs() < 1e-9);
}

#[test]
fn maps_with_equal_axes_share_enlarged_part() {
    let mut test = Test::running("benchmark=gene-circuit");
    let whole = [[0.0, 2.0], [0.0, 2.0]];
    answer(&mut test, whole);
    test.requests();
    zoom(&mut test, CanvasPicture::Plot(0), Change::To([[0.0, 0.5], [0.0, 0.1]]));
    // The map is to scale, so a box becomes a square.
    let part = ends(&test, CanvasPicture::Plot(1)).expect("the other map follows");
    let wanted = [[0.0, 1.0], [0.0, 1.0]];
    assert!(part.iter().flatten().zip(wanted.iter().flatten()).all(|(a, b)| (a - b).abs() < 1e-9), "{part:?}");
    assert_eq!(ends(&test, CanvasPicture::Plot(2)), None);
    let asked = test.requests().into_iter().find_map(|request| match request {
        Request::ViewState(Some(look)) => look.part,
        _ => None,
    });
    assert_eq!(asked, Some(part));
    answer(&mut test, whole);
    // The other map continues the zoom.
    zoom(&mut test, CanvasPicture::Plot(1), Change::By(2.0));
    assert_eq!((test.state.pictures.zooms.len(), ends(&test, CanvasPicture::Plot(0))), (1, ends(&test, CanvasPicture::Plot(1))));
    answer(&mut test, whole);
    // New axes reset the zoom.
    answer(&mut test, [[0.0, 3.0], [0.0, 2.0]]);
    assert_eq!((ends(&test, CanvasPicture::Plot(0)), test.state.views.own.chosen.part), (None, None));
}

#[test]
fn zoom_is_kept_by_restart_and_reset_by_view_or_benchmark() {
    let mut test = Test::running("");
    for picture in [CanvasPicture::Landscape, CanvasPicture::Loss] {
        zoom(&mut test, picture, HALF_VIEW);
    }
    test.press(Button::Restart);
    test.accept();
    assert!(test.state.part(CanvasPicture::Landscape).is_some() && test.state.part(CanvasPicture::Loss).is_none());
    test.act(Action::OpenTab("view-physics".into()));
    assert!(test.state.pictures.zooms.is_empty());
    zoom(&mut test, CanvasPicture::Landscape, HALF_VIEW);
    test.act(Action::Choose("double-well".into()));
    test.accept();
    assert!(test.state.pictures.zooms.is_empty());
}

#[test]
fn file_name_of_enlarged_figure_ends_in_enlarged() {
    let mut test = Test::running("");
    zoom(&mut test, CanvasPicture::Loss, HALF_VIEW);
    let sheet = |which: &str| crate::state::export::PictureSheet::new(&test.state, which).name;
    assert_eq!([sheet("loss"), sheet("landscape"), sheet("view")], ["loss-enlarged", "landscape", "landscape-enlarged"]);
}

#[test]
fn zoom_of_canvas_is_kept_while_drawing_grows() {
    let mut test = Test::running("benchmark=drawing");
    let learn = |test: &mut Test, domain: [f64; 2]| {
        test.press(Button::Restart);
        let (run, settings) = test.pending();
        let scene = Scene { inputs: 1, points: 2, domain, canvas: Some([[-2.0, 2.0], [0.0, 1.0]]), ..Scene::default() };
        test.reply(Reply::Scene { run, settings, scene });
        test.frame(Status::Running);
    };
    learn(&mut test, [-1.0, 1.0]);
    zoom(&mut test, CanvasPicture::Landscape, HALF_VIEW);
    assert_eq!(ends(&test, CanvasPicture::Landscape), Some([[-1.0, 1.0], [0.25, 0.75]]));
    learn(&mut test, [-1.5, 1.0]);
    assert_eq!(ends(&test, CanvasPicture::Landscape), Some([[-1.0, 1.0], [0.25, 0.75]]));
}
