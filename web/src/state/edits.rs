//! Controls of the form that the reader is using.

use multiwell::internal::problem::view::{Control, ControlKind};

use super::own_view::value_at;

/// Edits in progress at the controls of the settings. A control in use keeps its own text or position.
#[derive(Debug, Default)]
pub struct ControlEdits {
    /// Setting whose text is being edited; empty if none is.
    pub typed_setting: &'static str,
    /// Setting whose slider is being moved; empty if none is.
    pub sliding_setting: &'static str,
    /// Parameter of a formula whose slider is being moved, with the value of the slider.
    pub sliding_parameter: Option<(String, f64)>,
}

impl ControlEdits {
    /// Follows the slider of the parameter with this id. Returns false if no parameter has it.
    pub fn slide_parameter(&mut self, parameters: &[Control], id: &str, position: f64) -> bool {
        let found = parameters.iter().find(|parameter| parameter.id == id);
        self.sliding_parameter = found.map(|parameter| (id.into(), value_at(&parameter.kind, position)));
        found.is_some()
    }

    /// Ends the movement of a parameter's slider. Returns the text of all parameters, with unchanged ranges.
    pub fn release_parameter(&mut self, parameters: &[Control]) -> Option<String> {
        let (id, value) = self.sliding_parameter.take()?;
        let text = |parameter: &Control| {
            let ControlKind::Slide { range: [low, high], .. } = parameter.kind else { return String::new() };
            let value = if parameter.id == id { value } else { parameter.value };
            format!("{}={value} in {low}..{high}", parameter.label)
        };
        Some(parameters.iter().map(text).collect::<Vec<_>>().join(", "))
    }
}
