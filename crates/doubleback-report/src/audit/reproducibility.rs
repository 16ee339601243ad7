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
    html! {
        p {
            "The same numbers, times apart, come from the same version, seeds, device and instruction set, from model and images of these checksums, by this command:"
        }
        pre { code { (command(view.audit)) } }
        h3 { "Attacks" }
        (pairs("Attacks", ["Attack", "Settings"], attacks.chain(surrogate), false))
        h3 { "Checksums" }
        (pairs("Checksums", ["Of", "SHA-256"], setup.checksums.clone().into_iter(), true))
        (saved(view.audit))
    }
}
