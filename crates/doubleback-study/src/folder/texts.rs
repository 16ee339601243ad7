//! The texts that participants read: Markdown that the researcher edits.

use std::fs;
use std::path::{Path, PathBuf};

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd, html};

use super::default_texts::PLACE_TO_FILL;
use crate::{Error, Result};

/// Values of what a text may leave open, as `{{items}}`.
#[derive(Clone, Debug, Default)]
pub struct Values {
    /// `{{items}}`: how many images a participant sees.
    pub items: usize,
    /// `{{retention}}`: for how long answers are kept, as `90 days after your last answer`.
    pub retention: String,
    /// `{{contact}}`: whom participants ask.
    pub contact: Option<String>,
}

impl Values {
    const NAMES: [&str; 3] = ["items", "retention", "contact"];

    fn value(&self, name: &str) -> Option<String> {
        match name {
            "items" => Some(self.items.to_string()),
            "retention" => Some(self.retention.clone()),
            "contact" => self.contact.clone(),
            _ => None,
        }
    }
}

/// A text of a study.
#[derive(Clone, Debug)]
pub struct Text {
    path: PathBuf,
    /// What stands between placeholders, and the placeholder that follows.
    pieces: Vec<(String, Option<String>)>,
}

impl Text {
    /// Reads a text.
    ///
    /// # Errors
    /// If it cannot be read, if it is empty, or if it has a placeholder that there is not.
    pub fn read(path: &Path) -> Result<Self> {
        let source = fs::read_to_string(path).map_err(|cause| Error::File {
            path: path.to_owned(),
            action: "cannot read",
            cause,
        })?;
        Self::parse(path, &source)
    }

    fn parse(path: &Path, source: &str) -> Result<Self> {
        let content = |what: String| Error::Content {
            path: path.to_owned(),
            what,
        };
        if source.trim().is_empty() {
            return Err(content("it is empty: write what participants should read".to_owned()));
        }
        let mut pieces = Vec::new();
        let mut rest = source;
        while let Some((before, after)) = rest.split_once("{{") {
            let Some((name, after)) = after.split_once("}}") else {
                return Err(content("a placeholder begins with `{{` and has no `}}`".to_owned()));
            };
            let name = name.trim();
            if !Values::NAMES.contains(&name) {
                let known = Values::NAMES.map(|name| format!("{{{{{name}}}}}")).join(", ");
                return Err(content(format!(
                    "no placeholder is named `{{{{{name}}}}}`: there are {known}"
                )));
            }
            pieces.push((before.to_owned(), Some(name.to_owned())));
            rest = after;
        }
        pieces.push((rest.to_owned(), None));
        Ok(Self {
            path: path.to_owned(),
            pieces,
        })
    }

    /// Whether it has this placeholder.
    pub fn wants(&self, placeholder: &str) -> bool {
        self.pieces.iter().any(|(_, name)| name.as_deref() == Some(placeholder))
    }

    /// Whether it still has a [place](PLACE_TO_FILL) that the researcher is to fill in.
    pub fn is_draft(&self) -> bool {
        self.pieces.iter().any(|(text, _)| text.contains(PLACE_TO_FILL))
    }

    /// The file that it was read from.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The Markdown with all placeholders filled.
    pub fn filled(&self, values: &Values) -> String {
        let mut filled = String::new();
        for (text, name) in &self.pieces {
            filled.push_str(text);
            if let Some(name) = name {
                filled.push_str(&values.value(name).unwrap_or_default());
            }
        }
        filled
    }

    /// As HTML. HTML in the text shows as it was typed, images are left out, and only links to web pages and mail addresses are links.
    pub fn html(&self, values: &Values) -> String {
        to_html(&self.filled(values))
    }
}

fn to_html(markdown: &str) -> String {
    let mut out = String::new();
    // Whether each of the links that are open is written, and how many images are open.
    let (mut links, mut images) = (Vec::new(), 0_usize);
    let events = Parser::new_ext(markdown, Options::ENABLE_TABLES).filter_map(|event| match event {
        Event::Html(raw) | Event::InlineHtml(raw) => Some(Event::Text(raw)),
        Event::Start(Tag::HtmlBlock) => Some(Event::Start(Tag::Paragraph)),
        Event::End(TagEnd::HtmlBlock) => Some(Event::End(TagEnd::Paragraph)),
        Event::Start(Tag::Link {
            ref link_type,
            ref dest_url,
            ..
        }) => {
            let mail = matches!(link_type, pulldown_cmark::LinkType::Email);
            let written = mail
                || ["https://", "http://", "mailto:"]
                    .iter()
                    .any(|start| starts_with(dest_url, start));
            links.push(written);
            written.then_some(event)
        }
        Event::End(TagEnd::Link) => links.pop().unwrap_or(false).then_some(event),
        Event::Start(Tag::Image { .. }) => {
            images += 1;
            None
        }
        Event::End(TagEnd::Image) => {
            images = images.saturating_sub(1);
            None
        }
        other => (images == 0).then_some(other),
    });
    html::push_html(&mut out, events);
    out
}

fn starts_with(text: &str, start: &str) -> bool {
    text.get(..start.len())
        .is_some_and(|head| head.eq_ignore_ascii_case(start))
}

/// All texts of a study, as the researcher has edited them.
#[derive(Clone, Debug)]
pub struct StudyTexts {
    /// What participants agree to.
    pub consent: Text,
    /// What they do.
    pub instructions: Text,
    /// Before the confusion matrices.
    pub comparison: Text,
    /// At the end.
    pub thanks: Text,
}

impl StudyTexts {
    /// Reads the texts in a study's `texts/`.
    ///
    /// # Errors
    /// As [`Text::read`].
    pub fn read(folder: &Path) -> Result<Self> {
        let read = |name: &str| Text::read(&folder.join(name));
        Ok(Self {
            consent: read("consent.md")?,
            instructions: read("instructions.md")?,
            comparison: read("comparison.md")?,
            thanks: read("thanks.md")?,
        })
    }

    /// Each of them.
    pub fn all(&self) -> [&Text; 4] {
        [&self.consent, &self.instructions, &self.comparison, &self.thanks]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values() -> Values {
        Values {
            items: 30,
            retention: "90 days".to_owned(),
            contact: Some("Ada <ada@example.org>".to_owned()),
        }
    }

    fn html(source: &str) -> String {
        Text::parse(Path::new("consent.md"), source).unwrap().html(&values())
    }

    #[test]
    fn placeholders_are_filled() {
        let text = Text::parse(
            Path::new("consent.md"),
            "You see {{items}} images, kept for {{ retention }}. Ask {{contact}}.",
        )
        .unwrap();
        assert_eq!(
            text.filled(&values()),
            "You see 30 images, kept for 90 days. Ask Ada <ada@example.org>."
        );
        assert!(text.wants("contact") && !text.wants("title"));
        assert!(text.html(&values()).contains(r#"<a href="mailto:ada@example.org">"#));
    }

    #[test]
    fn what_is_no_placeholder_is_refused() {
        for (source, expected) in [
            ("{{model}}", "no placeholder is named `{{model}}`"),
            ("{{items", "has no `}}`"),
            (" \n", "is empty"),
        ] {
            let error = Text::parse(Path::new("consent.md"), source).unwrap_err().to_string();
            assert!(error.contains(expected) && error.starts_with("consent.md"), "{error}");
        }
    }

    #[test]
    fn html_shows_as_it_was_typed() {
        for source in [
            "<script>alert(1)</script>",
            "a <img src=x onerror=alert(1)> b",
            "<div>\n\n*x*\n\n</div>",
        ] {
            let html = html(source);
            assert!(
                !html.contains("<script") && !html.contains("<img") && !html.contains("<div"),
                "{html}"
            );
            assert!(html.contains("&lt;"), "{html}");
        }
    }

    #[test]
    fn only_web_and_mail_links_are_links() {
        assert!(html("[a](https://example.org/x)").contains(r#"href="https://example.org/x""#));
        for source in [
            "[a](javascript:alert(1))",
            "[a](data:text/html,x)",
            "[a](/image/1)",
            "![a](https://example.org/x.png)",
        ] {
            let html = html(source);
            assert!(!html.contains("href") && !html.contains("src"), "{html}");
        }
    }
}
