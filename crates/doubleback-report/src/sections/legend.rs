use maud::{Markup, html};

use crate::context::Context;
use crate::model::swatch;

/// A legend that a group of charts shares: each entry shows and hides its lines in all of them.
/// It stays in view while the reader scrolls through the group.
pub fn legend<'a>(context: &Context, models: impl Iterator<Item = &'a str>, published: bool) -> Markup {
    html! {
        div.legend role="group" aria-label="Lines shown" {
            @for model in models {
                button type="button" aria-pressed="true" data-hides={ "hide-" (context.slots.of(model)) } {
                    (swatch(context.slots.of(model), false)) (model)
                }
            }
            @if published {
                button type="button" aria-pressed="true" data-hides="hide-paper" { (swatch(0, true)) "the paper's" }
            }
        }
    }
}
