use maud::{Markup, html};

use super::view::View;

/// How to read the page, and what it cannot say.
pub fn body(view: &View) -> Markup {
    html! {
        ul.plain-list {
            li { "A map is a statement about this model, not about the world: what it marks is what the method says the model's answer depends on." }
            li {
                "Colors of two maps cannot be compared, since each is scaled by itself; the number below a map says what full color stands for. Gradients, probabilities and "
                "squares have different units."
            }
            li { "Methods that agree may be wrong together, and maps that please the eye may have little to do with the model. Metrics ask the model, each another question; none is the truth." }
            li {
                "Metrics that take pixels away show the model images unlike any that it was trained on. What the model does there is part of what they measure."
            }
            li {
                "Intervals are over images. Another training of the same network would have other maps and other means."
                @if view.several() { " So a difference between these models need not be one between the ways in which they were trained." }
            }
            @if view.results.target == "true" {
                li { "Explained is the true class, also of images that a model takes for another: there the maps say what speaks for what it does not see." }
            }
        }
    }
}
