//! A figure: a section of a page that is a file of its own as well.

use maud::{Markup, html};

use super::content::Content;
use super::folder::File;
use super::section::{Section, missing};

/// A figure that draws from a `V`, the view of one kind of run.
pub struct Figure<V> {
    /// Its number in the paper that is reproduced, if it has one.
    pub number: Option<usize>,
    /// Its name in file names, and in links where it has no number.
    pub slug: &'static str,
    /// Heading.
    pub title: &'static str,
    /// What it shows, or what is missing from the run.
    pub content: fn(&V) -> Result<Content, String>,
    /// What stands on the page between the reading and the charts.
    pub above: fn(&V) -> Markup,
    /// Pictures and animations that are files beside the drawing and its values.
    pub files: fn(&V) -> Vec<File>,
}

impl<V> Figure<V> {
    /// A figure without a number, of charts alone.
    pub fn new(slug: &'static str, title: &'static str, content: fn(&V) -> Result<Content, String>) -> Self {
        Self {
            number: None,
            slug,
            title,
            content,
            above: |_| html! {},
            files: |_| Vec::new(),
        }
    }

    /// Its section of the page.
    pub fn section(&self, view: &V) -> Section {
        Section {
            id: match self.number {
                Some(number) => format!("figure-{number}"),
                None => self.slug.to_owned(),
            },
            figure: self.number,
            title: self.title,
            body: match (self.content)(view) {
                Ok(content) => content.body(&(self.above)(view)),
                Err(why) => missing(&why),
            },
        }
    }

    /// What the names of its files begin with, such as `figure-01-fgsm`: in the order of the numbers, where there are any.
    pub fn file_name(&self) -> String {
        match self.number {
            Some(number) => format!("figure-{number:02}-{}", self.slug),
            None => self.slug.to_owned(),
        }
    }

    /// The title of its drawing.
    pub fn file_title(&self) -> String {
        match self.number {
            Some(number) => format!("Figure {number}. {}", self.title),
            None => self.title.to_owned(),
        }
    }
}
