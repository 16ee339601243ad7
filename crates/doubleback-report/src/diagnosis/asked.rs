use maud::{Markup, html};

use super::view::View;
use crate::format::{attack_name, short};

/// What was asked, and the words that the page uses.
pub fn body(view: &View) -> Markup {
    let attack = view.results.models.first().map(|model| &model.attack);
    html! {
        p {
            "An attack changes an image so little that a person sees the same thing, and yet the network answers something else. The network works in "
            "layers, and somewhere on the way the harmless change becomes a wrong answer. This page asks where: after which layer do the features say "
            "something else than the image does?"
        }
        p {
            "Features are numbers that nobody can read. So a generator is trained for each layer that turns the layer's features back into a picture: "
            "what the layer still knows of the image must show in it. A second network that has nothing to do with the first, the oracle, then names "
            "what the picture shows. If the picture made from an attacked image's features shows another class, the features of that layer already "
            "carry the wrong answer."
        }
        dl.glossary {
            dt { "attack" }
            dd {
                "A small change of the image, of a size named ε, made with the network's own gradients so that its answer becomes wrong"
                @if let Some(attack) = attack {
                    "; here " (attack_name(&attack.name)) ", ε\u{a0}=\u{a0}" (short(attack.eps)) " (" (view.unit()) ")"
                    @if !attack.settings.is_empty() { ": " (attack.settings) }
                }
                "."
            }
            dt { "stage" }
            dd {
                "A point of the network where one set of numbers holds all that later layers see: from " i { "input" } ", the image itself, to "
                i { "logits" } ", the scores of the classes. What is there of an image x is l" sub { "k" } "(x)."
            }
            dt { "explanation" }
            dd {
                "The picture G" sub { "k" } "(l" sub { "k" } "(x), z) that the stage's generator makes of the features. The random numbers z stand for "
                "what the features do not determine; the clean and the attacked image share the same z. Generators were trained on clean images only."
            }
            dt { "oracle" }
            dd { "The independent network that names the class of every explanation, or the mean of the probabilities of several: " (view.results.oracle.description.trim_end_matches('.')) "." }
            dt { "error at a stage, e" sub { "k" } }
            dd { "Share of explanations that the oracle gives another class than the image's true one." }
            dt { "added error, r" sub { "k" } }
            dd { "Error at a stage on attacked images less the error on clean ones: what the attack has done up to there." }
            dt { "a layer's share, v" sub { "k" } }
            dd {
                "v" sub { "k" } "\u{a0}=\u{a0}r" sub { "k" } "\u{a0}−\u{a0}r" sub { "k−1" } ": what the layer adds to it. The shares add up to the added "
                "error of the last stage less that of the first, and so to the damage of the attack."
            }
            dt { "point" }
            dd { "One per cent of the images." }
        }
        p {
            "Zheng et al. (2020) proposed to explain and to measure vulnerability layer by layer this way. Only the abstract of their paper could be had: "
            "the generator, the measures and the bars on this page are this project's own formulation of it, and no number on it is theirs."
        }
    }
}
