use maud::{Markup, html};

use super::view::View;

/// What the page cannot say.
pub fn body(view: &View) -> Markup {
    let results = view.results;
    let attacked = results.models.first().and_then(|model| model.attacked.first());
    html! {
        ul.plain-list {
            li { "It speaks of these networks (" (results.architectures.join(", ")) "), this data set and these short trainings. Other networks pool elsewhere, and more often." }
            li { "The pairs share seed and training, not the optimum: max pooling may want another learning rate or another number of steps than average pooling, and neither was tuned." }
            li { "Intervals are over " (results.seeds.len()) " seeds by Student's t; they assume that differences of seeds scatter normally, and with few seeds they are wide. Many comparisons are shown "
                "and none was corrected for: of a hundred true nulls, some five would leave zero out." }
            @if let Some(attacked) = attacked {
                li { "Each network was attacked on " (attacked.accuracy.count) " images: a difference of a point or two between two networks is within what those images alone can shift." }
            }
            li { "No attack proves robustness. A stronger one may undo a difference that these leave." }
            li { "What the stages lose and add is measured with probes and decoders of one family and size, on networks with normal training only. Another family may rank the stages otherwise." }
            li { "That a kind of pooling loses less and is more robust in the same study does not show that the one is the cause of the other." }
            li { "This is this project's own formulation. Of Zheng et al. (2020) only the abstract could be had; a claim that does not hold here may hold in their setting, and the other way round." }
        }
    }
}
