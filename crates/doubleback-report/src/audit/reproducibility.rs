use maud::{Markup, html};

use super::view::View;
use crate::page::pairs;

/// The command, settings and checksums.
pub fn body(view: &View) -> Markup {
    let setup = &view.audit.setup;
    let settings = &setup.settings;
    let attacks = settings
        .attacks
        .iter()
        .map(|attack| (attack.name.clone(), attack.in_words.clone()));
    let surrogate = settings.surrogate.iter();
    let surrogate = surrogate.map(|words| ("surrogate".to_owned(), words.clone()));
    html! {
        p { "The same numbers, times apart, come from the same version, seeds, device and instruction set:" }
        pre { code {
            "doubleback audit " (setup.model) " --dataset " (setup.dataset) " --norm " (setup.norm.name())
            " --eps " (setup.eps_given.clone().unwrap_or_else(|| setup.eps.to_string())) " --ensemble " (settings.ensemble)
            @if settings.ensemble == "custom" {
                " --attacks " (settings.attacks.iter().map(|attack| attack.name.as_str()).collect::<Vec<_>>().join(","))
            }
            @if let Some(seed) = setup.sample_seed { " --count " (setup.count) " --sample-seed " (seed) }
            " --seed " (settings.seed)
            @if settings.surrogate.is_some() { " --surrogate" }
        } }
        h3 { "Attacks" }
        (pairs("Attacks", ["Attack", "Settings"], attacks.chain(surrogate), false))
        h3 { "Checksums" }
        (pairs("Checksums", ["Of", "SHA-256"], setup.checksums.clone().into_iter(), true))
    }
}
