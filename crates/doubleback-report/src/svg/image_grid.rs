use maud::{Markup, html};

use super::drawing::Drawing;
use super::frame::px;

const CELL: f64 = 84.0;
const GAP: f64 = 6.0;
const LEFT: f64 = 74.0;
const TOP: f64 = 22.0;

/// Pictures in rows and columns, each with its name.
pub struct ImageGrid {
    /// What it shows, for those who do not see it.
    pub description: String,
    pub columns: Vec<String>,
    /// Name of each row, and its pictures as data URIs.
    pub rows: Vec<(String, Vec<Option<String>>)>,
}

impl ImageGrid {
    /// The grid, larger the more there is.
    pub fn draw(self) -> Drawing {
        let pitch = CELL + GAP;
        let body = html! {
            @for (column, name) in self.columns.iter().enumerate() {
                text.tick x=(px(LEFT + pitch * column as f64 + CELL / 2.0)) y=(px(TOP - 8.0)) text-anchor="middle" { (name) }
            }
            @for (row, (name, pictures)) in self.rows.iter().enumerate() {
                text.axis x=(px(LEFT - 10.0)) y=(px(TOP + pitch * row as f64 + CELL / 2.0 + 4.0)) text-anchor="end" { (name) }
                @for (column, picture) in pictures.iter().enumerate() {
                    (cell(picture.as_deref(), LEFT + pitch * column as f64, TOP + pitch * row as f64))
                }
            }
        };
        Drawing {
            width: LEFT + pitch * self.columns.len() as f64,
            height: TOP + pitch * self.rows.len() as f64,
            description: self.description,
            body,
            readable: None,
        }
    }
}

fn cell(picture: Option<&str>, x: f64, y: f64) -> Markup {
    html! {
        @if let Some(uri) = picture {
            image href=(uri) x=(px(x)) y=(px(y)) width=(px(CELL)) height=(px(CELL)) {}
        }
        rect.cell x=(px(x)) y=(px(y)) width=(px(CELL)) height=(px(CELL)) {}
    }
}
