//! A whole page of one kind of run: what is on it, in which order, and the files beside it.

use std::path::{Path, PathBuf};

use maud::{Markup, html};

use super::document::Document;
use super::figure::Figure;
use super::folder::Folder;
use super::section::Section;
use crate::Error;

/// Name of the page in the folder of a run.
const REPORT: &str = "report.html";
/// Name of the folder of figures beside it.
const FIGURES: &str = "figures";

/// A page that draws from a `V`, the view of one kind of run.
pub struct Page<V> {
    /// What the browser's tab says.
    pub title: fn(&V) -> String,
    /// Version of doubleback that measured.
    pub version: fn(&V) -> &str,
    /// The section that holds the results, for those who skip what is before it.
    pub results: &'static str,
    /// The top of the page.
    pub header: fn(&V) -> Markup,
    /// The sections in their order.
    pub parts: Vec<Part<V>>,
    /// The work that the run is after, for the foot of the page.
    pub source: &'static str,
    /// Where the numbers come from, for the figures that stand alone.
    pub provenance: fn(&V) -> String,
}

/// A part of a page.
pub enum Part<V> {
    /// Words and tables.
    Text {
        /// What links point to.
        id: &'static str,
        /// Heading.
        title: &'static str,
        /// Whether a run has it.
        shown: fn(&V) -> bool,
        /// What stands under the heading.
        body: fn(&V) -> Markup,
    },
    /// A figure, on the page and as a file.
    Figure(Figure<V>),
    /// A figure that is a file alone: the page shows it as a part of another section.
    File(Figure<V>),
}

impl<V> Part<V> {
    /// Words and tables that every page has.
    pub fn text(id: &'static str, title: &'static str, body: fn(&V) -> Markup) -> Self {
        Part::Text {
            id,
            title,
            shown: |_| true,
            body,
        }
    }

    fn section(&self, view: &V) -> Option<Section> {
        match self {
            Part::Text { id, title, shown, body } => shown(view).then(|| Section {
                id: (*id).to_owned(),
                figure: None,
                title,
                body: body(view),
            }),
            Part::Figure(figure) => Some(figure.section(view)),
            Part::File(_) => None,
        }
    }

    fn figure(&self) -> Option<&Figure<V>> {
        match self {
            Part::Text { .. } => None,
            Part::Figure(figure) | Part::File(figure) => Some(figure),
        }
    }
}

impl<V> Page<V> {
    /// The page as one string that needs no other file. What a run lacks is named where it would have stood.
    pub fn html(&self, view: &V) -> String {
        let version = (self.version)(view);
        Document {
            title: (self.title)(view),
            version,
            results: self.results,
            header: (self.header)(view),
            sections: self.parts.iter().filter_map(|part| part.section(view)).collect(),
            footer: html! { p { "Made by doubleback " (version) ". " (self.source) } },
        }
        .render()
        .into_string()
    }

    /// Writes `report.html` into `folder`, and into `folder/figures` every figure that the run has: its drawing, the values in it and its pictures.
    /// Returns the paths, the page first. Files of earlier runs with the same names are replaced, each whole or not at all.
    ///
    /// # Errors
    /// When a folder cannot be made or written to, or the disk is full.
    pub fn write(&self, view: &V, folder: &Path) -> Result<Vec<PathBuf>, Error> {
        let mut top = Folder::new(folder)?;
        top.file(REPORT.to_owned(), self.html(view).as_bytes())?;
        let mut figures = Folder::new(&folder.join(FIGURES))?;
        let provenance = (self.provenance)(view);
        for figure in self.parts.iter().filter_map(Part::figure) {
            if let Ok(content) = (figure.content)(view) {
                let name = figure.file_name();
                figures.figure(&name, &figure.file_title(), &provenance, &content)?;
                for file in (figure.files)(view) {
                    figures.file(format!("{name}-{}", file.name), &file.bytes)?;
                }
            }
        }
        top.paths.append(&mut figures.paths);
        Ok(top.paths)
    }
}
