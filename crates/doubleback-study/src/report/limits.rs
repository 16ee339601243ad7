use maud::{Markup, html};

use super::view::View;

/// What the study cannot say.
pub fn body(view: &View) -> Markup {
    let same = view.analysis.published.iter().any(|half| half.same);
    html! {
        ul {
            li { "The images are those that the attack made of the first test images of each class: another attack, or a larger perturbation, may look different." }
            li { "People were asked for the most plausible labels, not how they decide at leisure. Who takes part, and on what screen, is not known to the program." }
            li {
                "“Undecided” is no sign that there is no difference. The figure on participants says what a study of this size could have found."
            }
            li { "A model is one training run. Another seed of the same training may give other images; intervals are over people and images, not over trainings." }
            @if !same { li { "The data set or the attack is another than in Table 1: agreement or not with it is about the direction alone." } }
        }
    }
}
