use maud::{Markup, html};

use super::command::command;
use super::view::View;
use crate::page::{pairs, saved};

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
    let command = command(view);
    html! {
        p {
            "The same numbers, times apart, come from the same version, seeds, device and instruction set, from model and images of these checksums, by "
            @if command.is_some() { "this command:" } @else { "the same call in Python. No command reads arrays from its memory." }
        }
        @if let Some(command) = command {
            pre { code { (command) } }
        }
        h3 { "Attacks" }
        (pairs("Attacks", ["Attack", "Settings"], attacks.chain(surrogate), false))
        h3 { "Checksums" }
        (pairs("Checksums", ["Of", "SHA-256"], setup.checksums.clone().into_iter(), true))
        (saved(view.audit))
    }
}
