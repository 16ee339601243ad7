use maud::{Markup, html};

use super::drawing::Drawing;
use super::frame::px;

const CELL: f64 = 56.0;
const GAP: f64 = 4.0;
/// Room below a picture for its text.
const LABEL: f64 = 16.0;
/// Room between pairs.
const APART: f64 = 12.0;
const LEFT: f64 = 74.0;
const TOP: f64 = 38.0;

/// Pairs of pictures in rows and columns, each picture with what it was taken for.
pub struct LabelledGrid {
    /// What it shows, for those who do not see it.
    pub description: String,
    /// Name of each pair of columns.
    pub columns: Vec<String>,
    /// Name of each row, and its pictures: clean and attacked by turns.
    pub rows: Vec<(String, Vec<Cell>)>,
}

/// One picture.
pub struct Cell {
    /// As a data URI.
    pub picture: Option<String>,
    /// What stands below it.
    pub text: String,
    pub wrong: bool,
    /// Whether a broken frame marks it.
    pub ringed: bool,
}

impl LabelledGrid {
    /// The grid, larger the more there is.
    pub fn draw(self) -> Drawing {
        let tall = CELL + LABEL + GAP;
        let pair = 2.0 * CELL + GAP + APART;
        let body = html! {
            @for (index, name) in self.columns.iter().enumerate() {
                @let x = LEFT + pair * index as f64;
                text.axis x=(px(x + CELL + GAP / 2.0)) y=(px(TOP - 22.0)) text-anchor="middle" { (name) }
                text.tick x=(px(x + CELL / 2.0)) y=(px(TOP - 7.0)) text-anchor="middle" { "clean" }
                text.tick x=(px(x + 1.5 * CELL + GAP)) y=(px(TOP - 7.0)) text-anchor="middle" { "attacked" }
            }
            @for (row, (name, cells)) in self.rows.iter().enumerate() {
                @let y = TOP + tall * row as f64;
                text.axis x=(px(LEFT - 10.0)) y=(px(y + CELL / 2.0 + 4.0)) text-anchor="end" { (name) }
                @for (index, one) in cells.iter().enumerate() {
                    (cell(one, LEFT + pair * (index / 2) as f64 + (CELL + GAP) * (index % 2) as f64, y))
                }
            }
        };
        Drawing {
            width: LEFT + pair * self.columns.len() as f64,
            height: TOP + tall * self.rows.len() as f64,
            description: self.description,
            body,
            readable: None,
        }
    }
}

fn cell(cell: &Cell, x: f64, y: f64) -> Markup {
    let (class, text) = if cell.wrong {
        ("wrong", format!("✗ {}", cell.text))
    } else {
        ("tick", cell.text.clone())
    };
    html! {
        @if let Some(uri) = &cell.picture {
            image href=(uri) x=(px(x)) y=(px(y)) width=(px(CELL)) height=(px(CELL)) {}
        }
        rect.cell x=(px(x)) y=(px(y)) width=(px(CELL)) height=(px(CELL)) {}
        @if cell.ringed { rect.flip x=(px(x - 2.0)) y=(px(y - 2.0)) width=(px(CELL + 4.0)) height=(px(CELL + 4.0)) {} }
        text class=(class) x=(px(x + CELL / 2.0)) y=(px(y + CELL + 12.0)) text-anchor="middle" { (text) }
    }
}
