use doubleback::diagnose::SUCCESS;
use maud::{Markup, html};

use super::view::{View, share, window};
use crate::format;

/// How to read the page, and what it cannot say.
pub fn body(view: &View) -> Markup {
    let oracle = &view.results.oracle;
    html! {
        h3 { "How to read it" }
        ul.plain-list {
            li { "Begin with the checks. If explanations of clean images do not show what the network answers, nothing below them holds." }
            li { "Look at the pictures before the numbers: from the first row to the last, the attacked column goes from the true class to the wrong one. The row "
                "at which it turns is the explanation of this one attack." }
            li { "r is a level and v a step. A layer with a large v is where damage becomes visible, given what came before it; it need not be the layer to mend: an "
                "earlier one may have let through what this one acts on." }
            li { "Trust what explanations and probes say alike. Where they differ, the generators and the probes see different things, and neither is right by itself." }
        }
        h3 { "What it cannot say" }
        ul.plain-list {
            li { "The oracle errs too: " (share(&oracle.error)) " on clean test images. An error of its own that clean and attacked images share cancels in r; one that attacked "
                "images provoke more often does not." }
            li { "Generators have seen clean features only. Attacked features can lie where none of those lay, and what a generator makes of such features is its own "
                "guess: a picture that looks like another class shows how the features read to a network trained on clean ones, not what later layers must do with them." }
            li { "A generator fills in what the features do not determine, and does it with pictures that look like data. A crisp picture is no proof that the features hold "
                "its details; compare the mean over several draws." }
            li { "Where the attack succeeds on nearly all images, or hardly any, the order of the layers means nothing: hence the window of " (window(SUCCESS)) "." }
            li { "Shares depend on where one cuts the network into stages, and on the attack and its ε. They are not properties of a layer alone." }
            li { "A rank correlation over six or so layers is a weak statement. More models, more seeds or deeper networks make it stronger, more test images do not." }
            li { "Intervals are over " (format::count(view.results.count)) " test images. Another training of the network, of the generators or of the oracle would move the numbers by "
                "an amount that only more seeds show." }
            li { "This is this project's own formulation. Of Zheng et al. (2020) only the abstract could be had; no number here reproduces or contradicts a number of theirs." }
        }
    }
}
