//! Tables of pages.

use maud::{Markup, html};

/// A table that scrolls by itself where the page is narrow.
pub fn scrolled(label: &str, table: &Markup) -> Markup {
    html! { div.scroll tabindex="0" role="region" aria-label=(label) { (table) } }
}

/// A table that the reader unfolds.
pub fn unfolded(summary: &str, table: &Markup) -> Markup {
    html! { details { summary { (summary) } (scrolled(summary, table)) } }
}

/// Names and values in two columns.
pub fn pairs(
    label: &str,
    headings: [&str; 2],
    pairs: impl Iterator<Item = (String, String)>,
    checksums: bool,
) -> Markup {
    let table = html! {
        table.numbers {
            thead { tr { @for heading in headings { th.text scope="col" { (heading) } } } }
            tbody {
                @for (name, value) in pairs {
                    tr {
                        th scope="row" { (name) }
                        td.text { @if checksums { code.checksum { (value) } } @else { (value) } }
                    }
                }
            }
        }
    };
    scrolled(label, &table)
}
