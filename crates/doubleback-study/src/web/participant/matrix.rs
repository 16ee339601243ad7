//! A confusion matrix as a table.

use maud::{Markup, html};

use crate::folder::Confusion;

/// Shades of a cell: the style sheet has a color for each.
const SHADES: u64 = 6;

/// What the matrix at a place is called: A, B, …
pub(super) fn letter(place: usize) -> String {
    u8::try_from(place)
        .ok()
        .filter(|&place| place < 26)
        .map_or_else(|| (place + 1).to_string(), |place| char::from(b'A' + place).to_string())
}

/// The matrix at a place, by name of true and predicted class. It scrolls by itself where the page is narrow.
pub(super) fn table(place: usize, confusion: &Confusion, classes: &[String]) -> Markup {
    let id = format!("matrix-{place}");
    html! {
        section class="matrix" {
            h2 id=(id) { "Matrix " (letter(place)) }
            @if !confusion.title.is_empty() { p class="note" { (confusion.title) } }
            div class="scroll" role="region" tabindex="0" aria-labelledby=(id) {
                table {
                    caption { "Rows: what the image really shows. Columns: what the program said. Cells: how many images." }
                    thead { tr {
                        td {}
                        @for class in classes { th scope="col" { (class) } }
                    } }
                    tbody {
                        @for (class, row) in classes.iter().zip(&confusion.counts) {
                            tr {
                                th scope="row" { (class) }
                                @for &count in row { td class=(format!("shade-{}", shade(count, row))) { (count) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// From 0 for none to the darkest for all of a row.
fn shade(count: u64, row: &[u64]) -> u64 {
    let all: u64 = row.iter().sum();
    if count == 0 {
        0
    } else {
        (count * SHADES).div_ceil(all.max(1)).min(SHADES)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shades_go_from_none_to_all() {
        assert_eq!(
            [0, 1, 99, 100].map(|count| shade(count, &[count, 100 - count])),
            [0, 1, 6, 6]
        );
        assert_eq!(shade(0, &[0, 0]), 0);
        assert_eq!([0, 1, 25, 26].map(letter), ["A", "B", "Z", "27"]);
    }
}
