//! What the worker is asked about the fit, and shown below the number line: what each mode does, the stages of a recipe, what it
//! costs to remove modes.

use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlElement, HtmlInputElement};

use super::app::{App, Phase};
use super::views::{Panel, ViewId};
use super::{act, dom, message, numbers};
use multiwell::controller::protocol::Request;
use multiwell::landscape::{PROOF, Part, Pruned, Survey};
use multiwell::plot::ticks::{number, whole};

/// Least time between two questions of a kind while training, in milliseconds.
const PAUSE: f64 = 1000.0;

/// What a fit is known by: epochs, steps of second order, stages ended, and whether training has.
type Moment = (u64, u64, usize, bool);

/// When something was asked last: of which fit, and at what time.
#[derive(Default)]
struct Asked(Option<(Moment, f64)>);

impl Asked {
    /// Whether it is time to ask again; if so, notes it.
    fn is_due(&mut self, moment: Moment, now: f64, running: bool) -> bool {
        let due = self.0.is_none_or(|(at, time)| at != moment && (!running || now - time > PAUSE));
        if due {
            self.0 = Some((moment, now));
        }
        due
    }
}

/// What has been asked about the fit, and answered.
#[derive(Default)]
pub struct Tools {
    survey: Option<Box<Survey>>,
    /// The epoch that it is of.
    surveyed: u64,
    survey_asked: Asked,
    prices: Option<(Vec<Pruned>, Vec<f32>)>,
    prices_asked: Asked,
    /// Questions about prices that have not been answered.
    prices_awaited: u32,
    cycle_asked: Asked,
    /// How many modes the slider takes away.
    removed: usize,
    /// Whether training goes on when the slider is back.
    resumes: bool,
    stages_shown: usize,
    /// The only mode that is drawn.
    pub alone: Option<usize>,
}

impl Tools {
    /// The mode that makes a hump of its own at `x` in the fit at this epoch.
    pub fn hump_at(&self, epoch: u64, x: f64) -> Option<usize> {
        let roles = &self.survey.as_ref().filter(|_| self.surveyed == epoch)?.roles;
        roles.iter().position(|r| r.part == Part::Hump && r.stretches.iter().any(|[from, to]| (*from..=*to).contains(&x)))
    }

    /// What would be left of the fit; empty if nothing is taken away.
    pub fn beside(&self) -> &[f32] {
        let Some((steps, curves)) = self.prices.as_ref().filter(|_| self.removed > 0) else { return &[] };
        let points = curves.len() / steps.len().max(1);
        curves.get(self.removed * points..(self.removed + 1) * points).unwrap_or_default()
    }
}

/// Listens to the list of modes and to the pruning slider.
pub fn listen() {
    dom::on(&dom::by_id::<Element>("modes"), "click", |event: Event| {
        let row = event.target().and_then(|t| t.dyn_into::<Element>().ok()).and_then(|t| t.closest("tr").ok().flatten());
        if let Some(mode) = row.and_then(|r| r.get_attribute("data-mode")).and_then(|m| m.parse().ok()) {
            act(move |app| app.see_alone(Some(mode).filter(|_| app.tools.alone != Some(mode))));
        }
    });
    dom::on(&dom::by_id::<Element>("alone-end"), "click", |_: Event| act(|app| app.see_alone(None)));
    dom::on(&dom::by_id::<Element>("prune"), "input", |_: Event| act(App::slide_pruning));
    dom::on(&dom::by_id::<Element>("prune-apply"), "click", |_: Event| act(|app| app.end_pruning(true)));
    dom::on(&dom::by_id::<Element>("prune-cancel"), "click", |_: Event| act(|app| app.end_pruning(false)));
    dom::set(&dom::by_id("convexity-title"), "title", PROOF);
}

impl App {
    /// Which fit is shown.
    fn moment(&self) -> Moment {
        let report = &self.frame.0.report;
        (report.epochs, report.lm_steps, report.stages.len(), self.phase == Phase::Finished)
    }

    /// Nothing is removed for a price that is out of date: until the answer, it cannot be agreed to.
    fn ask_for_prices(&mut self) {
        self.tools.prices_awaited += 1;
        self.ask(&Request::Pruning);
        self.show_pruning();
    }

    /// Asks for what is to be seen and not known, or known no more.
    pub fn inquire(&mut self) {
        let moment = self.moment();
        let asleep = matches!(self.phase, Phase::Loading | Phase::Failed);
        if self.frame.0.layout.is_empty() || asleep || !self.is_of_potential() {
            return;
        }
        let (now, running) = (dom::now(), self.phase == Phase::Running);
        let (panel, view, one) = (self.panel(), self.view, self.scene.0.inputs == 1);
        let tools = &mut self.tools;
        // While training, roles are looked at where they are read; afterwards they also mark the humps.
        if (panel == Panel::Modes || !running) && tools.survey_asked.is_due(moment, now, running) {
            self.ask(&Request::Survey);
        }
        let tools = &mut self.tools;
        if panel == Panel::Pruning && tools.prices_asked.is_due(moment, now, running) {
            self.ask_for_prices();
        }
        let tools = &mut self.tools;
        if view == ViewId::Physics && one && tools.cycle_asked.is_due(moment, now, running) {
            self.ask(&Request::Tilt { range: None, points: 301 });
            if !self.physics.is_empty() {
                // The ground under them is another now.
                self.roll_on();
            } else if !self.physics.cleared {
                // Something moves before anybody has clicked.
                let [low, high] = self.scene.0.domain;
                self.drop_balls(&[low + 0.06 * (high - low)]);
            }
        }
    }

    /// Another run: what was known is of the one before.
    pub fn forget_answers(&mut self) {
        self.tools = Tools::default();
        self.physics.begin();
        self.show_alone();
        self.show_pruning();
        for id in ["modes", "stages"] {
            dom::by_id::<Element>(id).set_text_content(None);
        }
    }

    /// Takes a survey of the fit at an epoch.
    pub fn surveyed(&mut self, epoch: u64, survey: Box<Survey>) {
        (self.tools.survey, self.tools.surveyed) = (Some(survey), epoch);
        dom::set(&dom::by_id("modes"), "data-value", &epoch.to_string());
        self.show_modes();
        self.ask_to_draw();
    }

    /// Takes the prices of removing modes.
    pub fn priced(&mut self, steps: Vec<Pruned>, curves: Vec<f32>) {
        let (moment, now) = (self.moment(), dom::now());
        let tools = &mut self.tools;
        tools.prices_awaited = tools.prices_awaited.saturating_sub(1);
        if tools.prices_awaited == 0 {
            tools.prices_asked.0 = Some((moment, now));
        }
        tools.removed = tools.removed.min(steps.len().saturating_sub(1));
        tools.prices = Some((steps, curves));
        self.show_pruning();
        self.ask_to_draw();
    }

    /// Shows one mode alone, or all.
    pub fn see_alone(&mut self, mode: Option<usize>) {
        self.tools.alone = mode;
        self.show_alone();
        self.show_modes();
        self.ask_to_draw();
    }

    fn show_alone(&self) {
        let (hint, button): (Element, Element) = (dom::by_id("alone-hint"), dom::by_id("alone-end"));
        dom::show(&button, self.tools.alone.is_some());
        let what = self.tools.alone.map(|mode| {
            dom::write(&button, "show all");
            let known = self.tools.survey.as_ref().and_then(|s| s.roles.get(mode));
            known.map_or_else(|| format!("Mode {mode} alone."), |role| format!("Mode {mode} alone: {}.", role.clause))
        });
        dom::write(&hint, what.as_deref().unwrap_or("Click a curve or the band to see one mode alone."));
    }

    /// One line for each mode that does something, and one for the rest.
    fn show_modes(&self) {
        let Some(survey) = &self.tools.survey else { return };
        let body: Element = dom::by_id("modes");
        let rank = |k: &usize| match survey.roles[*k].part {
            Part::Well | Part::Hump | Part::Flank => survey.roles[*k].stretches.first().map_or(f64::INFINITY, |s| s[0]),
            Part::Nowhere | Part::Closed => f64::INFINITY,
        };
        let (mut at_work, idle): (Vec<usize>, Vec<usize>) =
            (0..survey.roles.len()).partition(|&k| !matches!(survey.roles[k].part, Part::Nowhere | Part::Closed));
        // A handful of modes: the simplest order will do.
        for i in 1..at_work.len() {
            let mut j = i;
            while j > 0 && rank(&at_work[j]) < rank(&at_work[j - 1]) {
                at_work.swap(j, j - 1);
                j -= 1;
            }
        }
        let rows = at_work.len() + usize::from(!idle.is_empty());
        numbers::rows(&body, rows, 5);
        for (row, &mode) in at_work.iter().enumerate() {
            let Some(line) = body.children().item(row as u32) else { continue };
            let role = &survey.roles[mode];
            dom::set(&line, "data-mode", &mode.to_string());
            dom::set(&line, "data-value", part_name(role.part));
            dom::set_if(&line, "aria-selected", self.tools.alone == Some(mode));
            let Some(first) = line.first_element_child() else { continue };
            if first.child_element_count() == 0 {
                first.set_text_content(None);
                let button = dom::make("button", "plain");
                dom::set(&button, "type", "button");
                dom::set(&button, "title", "See this mode alone");
                dom::put(&button, &[&dom::make("i", "key"), &dom::make("span", "")]);
                dom::put(&first, &[&button]);
            }
            if let Some(button) = first.first_element_child() {
                dom::set(&button, "aria-pressed", if self.tools.alone == Some(mode) { "true" } else { "false" });
                numbers::name(&button, Some(mode), true, self);
            }
            let certificate = survey.convexity.get(mode);
            let proven = certificate.is_some_and(|c| c.proven);
            let cells = [
                role.clause.clone(),
                format!("{} %", (100.0 * role.largest_responsibility).round()),
                number(role.gate, 2),
                if proven { "proven".into() } else { "not proven".into() },
            ];
            for (k, text) in cells.iter().enumerate() {
                if let Some(cell) = line.children().item(k as u32 + 1) {
                    dom::write(&cell, text);
                }
            }
            if let (Some(cell), Some(c)) = (line.children().item(4), certificate) {
                dom::set(&cell, "data-value", &c.worst_curvature.to_string());
                let words = format!(
                    "Smallest weight {}. Of {} chords and points sampled: middle of a chord below the curve by at most {}, smallest curvature {}.",
                    number(c.smallest_weight, 2),
                    whole(c.samples as u64),
                    number(c.worst_chord, 2),
                    number(c.worst_curvature, 2)
                );
                dom::set(&cell, "title", &words);
            }
        }
        if let Some(line) = body.children().item(at_work.len() as u32).filter(|_| !idle.is_empty()) {
            let _ = line.remove_attribute("data-mode");
            dom::set(&line, "data-value", "nowhere");
            let closed = idle.iter().filter(|&&k| survey.roles[k].part == Part::Closed).count();
            let list: Vec<_> = idle.iter().map(ToString::to_string).collect();
            let words = format!("never dominant ({closed} of {} gates closed): modes {}", idle.len(), list.join(", "));
            for (k, text) in
                [format!("{} others", idle.len()), words, String::new(), String::new(), String::new()].iter().enumerate()
            {
                if let Some(cell) = line.children().item(k as u32) {
                    dom::write(&cell, text);
                }
            }
        }
    }

    /// The stages that have ended and the one at work.
    pub fn show_stages(&mut self) {
        let body: Element = dom::by_id("stages");
        let (report, frame) = (&self.frame.0.report, &self.frame.0);
        let mut lines: Vec<[String; 3]> =
            report.stages.iter().map(|s| [s.name.clone(), s.sentence.clone(), whole(s.epochs)]).collect();
        let ended = lines.len();
        if let Some(stage) = &frame.stage {
            lines.push([stage.name.clone(), stage.sentence.clone(), format!("{} of {}", whole(stage.done), whole(stage.of))]);
        }
        if lines.is_empty() {
            let words = if self.is_of_potential() {
                "The recipe of the paper has one stage: Adam from a soft start, at constant rates unless a schedule is chosen."
            } else {
                "One stage: everything is trained at once."
            };
            lines.push(["training".into(), words.into(), format!("{} of {}", whole(report.epochs), whole(frame.last_epoch))]);
        }
        numbers::rows(&body, lines.len(), 3);
        for (row, texts) in lines.iter().enumerate() {
            let Some(line) = body.children().item(row as u32) else { continue };
            let current = row == ended && self.phase != Phase::Finished;
            if line.has_attribute("aria-current") != current {
                if current {
                    dom::set(&line, "aria-current", "step");
                } else {
                    let _ = line.remove_attribute("aria-current");
                }
            }
            for (k, text) in texts.iter().enumerate() {
                if let Some(cell) = line.children().item(k as u32) {
                    dom::write(&cell, text);
                    if k == 1 {
                        dom::set(&cell, "title", text);
                    }
                }
            }
        }
        // The newest stage stays in sight.
        if lines.len() != self.tools.stages_shown && self.panel() == Panel::Stages {
            self.tools.stages_shown = lines.len();
            let panel: Element = dom::by_id("panel");
            panel.set_scroll_top(panel.scroll_height());
        }
    }

    fn slide_pruning(&mut self) {
        let wanted = dom::by_id::<HtmlInputElement>("prune").value_as_number().max(0.0) as usize;
        if self.tools.removed == 0 && wanted > 0 && self.phase == Phase::Running {
            // What the slider shows is about one fit: it waits, and is priced as it stands.
            self.tools.resumes = true;
            self.toggle();
            self.ask_for_prices();
        }
        self.tools.removed = if self.tools.prices.is_some() { wanted } else { 0 };
        self.inquire();
        self.show_pruning();
        self.ask_to_draw();
    }

    fn end_pruning(&mut self, apply: bool) {
        let removed = self.tools.prices.as_ref().and_then(|(steps, _)| Some(steps.get(self.tools.removed)?.removed.clone()));
        self.tools.removed = 0;
        if let Some(modes) = removed.filter(|_| apply) {
            // Another fit at the same epoch.
            self.tools.prices = None;
            (self.tools.prices_asked, self.tools.survey_asked, self.tools.cycle_asked) = Default::default();
            message::announce(&format!("{} modes removed.", modes.len()));
            self.ask(&Request::Prune { modes });
        }
        if std::mem::take(&mut self.tools.resumes) && self.phase == Phase::Paused {
            self.toggle();
        }
        self.show_pruning();
        self.ask_to_draw();
    }

    fn show_pruning(&self) {
        let steps = self.tools.prices.as_ref().map_or(&[][..], |p| &p.0);
        let removed = self.tools.removed;
        let slider: HtmlInputElement = dom::by_id("prune");
        slider.set_max(&steps.len().saturating_sub(1).to_string());
        slider.set_value(&removed.to_string());
        dom::set_if(&dom::by_id("prune-apply"), "disabled", removed == 0 || self.tools.prices_awaited > 0);
        dom::set_if(&dom::by_id("prune-cancel"), "disabled", removed == 0);
        let (Some(before), Some(after)) = (steps.first(), steps.get(removed)) else {
            dom::write(&dom::by_id("prune-cost"), "");
            return;
        };
        let count: HtmlElement = dom::by_id("prune-count");
        dom::set(&count, "data-value", &removed.to_string());
        let list: Vec<_> = after.removed.iter().map(ToString::to_string).collect();
        dom::write(
            &count,
            &match removed {
                0 => "no mode".into(),
                1 => format!("mode {}", list[0]),
                _ => format!("{removed} modes: {}", list.join(", ")),
            },
        );
        let from_to = |from: String, to: String| if from == to { to } else { format!("{from} → {to}") };
        let cost: HtmlElement = dom::by_id("prune-cost");
        dom::set(&cost, "data-value", &after.rmse.to_string());
        let words = format!(
            "RMSE {}, wells {}, modes responsible {}",
            from_to(number(before.rmse, 2), number(after.rmse, 2)),
            from_to(before.wells.to_string(), after.wells.to_string()),
            from_to(before.responsible_modes.to_string(), after.responsible_modes.to_string())
        );
        dom::write(&cost, &words);
        dom::set(&slider, "aria-valuetext", &format!("{} removed: {words}", count.text_content().unwrap_or_default()));
    }
}

fn part_name(part: Part) -> &'static str {
    match part {
        Part::Well => "well",
        Part::Hump => "hump",
        Part::Flank => "flank",
        Part::Nowhere => "nowhere",
        Part::Closed => "closed",
    }
}
