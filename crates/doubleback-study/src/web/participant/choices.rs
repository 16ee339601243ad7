//! The form with which an image is labelled.

use axum::http::StatusCode;
use axum::response::Response;
use maud::{Markup, html};

use super::super::failure::Failure;
use super::super::form::Fields;
use super::super::page::alert;
use super::super::state::App;
use super::visitor::Visitor;
use crate::answer::{Answer, Choice, Inconsistent};

/// What is chosen in it so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Chosen {
    first: Option<Choice>,
    second: Option<Choice>,
}

/// What is wrong with what is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Problem {
    NoFirst,
    NoSecond,
    Same,
    SecondOfNone,
}

impl Problem {
    fn message(self) -> &'static str {
        match self {
            Self::NoFirst => "Choose the most plausible label, or “N/A” if none is plausible.",
            Self::NoSecond => "Choose the second most plausible label, or “N/A” if no other is plausible.",
            Self::Same => "This is the same label as the first. Choose another one, or “N/A” if no other is plausible.",
            Self::SecondOfNone => {
                "You chose that no label is plausible, and yet a second one. Choose “N/A” here too, or change the first."
            }
        }
    }

    fn is_of_first(self) -> bool {
        self == Self::NoFirst
    }
}

impl From<Answer> for Chosen {
    fn from(answer: Answer) -> Self {
        Self {
            first: Some(answer.first()),
            second: Some(answer.second()),
        }
    }
}

impl Chosen {
    /// What was sent.
    ///
    /// # Errors
    /// If a value is none that the form has.
    pub(super) fn read(fields: &Fields) -> Result<Self, Failure> {
        let choice = |name| match fields.one(name)? {
            None => Ok(None),
            Some("na") => Ok(Some(Choice::NotApplicable)),
            Some(text) => match text.parse::<usize>() {
                Ok(label) if label.to_string() == text => Ok(Some(Choice::Label(label))),
                _ => Err(no_label()),
            },
        };
        Ok(Self {
            first: choice("first")?,
            second: choice("second")?,
        })
    }

    /// The answer, if it is one. Where no label is plausible, nothing needs to be said of a second.
    pub(super) fn answer(self, classes: usize) -> Result<Result<Answer, Problem>, Failure> {
        let Some(first) = self.first else {
            return Ok(Err(Problem::NoFirst));
        };
        let second = match (first, self.second) {
            (_, Some(second)) => second,
            (Choice::NotApplicable, None) => Choice::NotApplicable,
            (Choice::Label(_), None) => return Ok(Err(Problem::NoSecond)),
        };
        match Answer::new(first, second, classes) {
            Ok(answer) => Ok(Ok(answer)),
            Err(Inconsistent::Same) => Ok(Err(Problem::Same)),
            Err(Inconsistent::SecondOfNone) => Ok(Err(Problem::SecondOfNone)),
            Err(Inconsistent::Unknown(..)) => Err(no_label()),
        }
    }
}

fn no_label() -> Failure {
    Failure::Request(
        StatusCode::UNPROCESSABLE_ENTITY,
        "There is no such label in this study.",
    )
}

/// An image. All have the same description: a better one would say the label.
pub(super) fn picture(path: &str, [rows, columns, _]: [usize; 3]) -> Markup {
    html! {
        div class="picture" { img id="image" src=(path) alt="The image to label" width=(columns) height=(rows); }
    }
}

/// Both questions.
pub(super) fn fields(classes: &[String], chosen: Chosen, problem: Option<Problem>) -> Markup {
    let first = problem.filter(|problem| problem.is_of_first());
    let second = problem.filter(|problem| !problem.is_of_first());
    html! {
        (group("first", "Most plausible label", "no label is plausible", classes, chosen.first, first))
        (group("second", "Second most plausible label", "no other label is plausible", classes, chosen.second, second))
    }
}

fn group(
    name: &str,
    legend: &str,
    none: &str,
    classes: &[String],
    chosen: Option<Choice>,
    problem: Option<Problem>,
) -> Markup {
    let alert_id = format!("{name}-problem");
    let radio = |value: &str, choice: Choice, focus: bool| {
        html! {
            input type="radio" id=(format!("{name}-{value}")) name=(name) value=(value) checked[chosen == Some(choice)] autofocus[focus];
        }
    };
    let keys = classes.len() <= 10;
    // Columns as wide as digits need, or as words do.
    let named = classes.iter().any(|class| class.chars().count() > 3);
    html! {
        fieldset id=(format!("{name}-group")) role="radiogroup" aria-required="true" aria-invalid=[problem.map(|_| "true")]
            aria-describedby=[problem.map(|_| &alert_id)] {
            legend { (legend) }
            @if let Some(problem) = problem { (alert(&alert_id, problem.message())) }
            div class=(if named { "choices named" } else { "choices" }) {
                @for (index, class) in classes.iter().enumerate() {
                    label class="choice" for=(format!("{name}-{index}")) {
                        (radio(&index.to_string(), Choice::Label(index), problem.is_some() && index == 0))
                        span { (class) }
                        @if keys && *class != index.to_string() { kbd aria-hidden="true" { (index) } }
                    }
                }
                label class="choice wide" for=(format!("{name}-na")) {
                    (radio("na", Choice::NotApplicable, false))
                    span { "N/A – " (none) }
                }
            }
        }
    }
}

/// A page with this form; the script shows how to use it by keys.
pub(super) fn page(app: &App, visitor: &Visitor, heading: &str, body: Markup, problem: Option<Problem>) -> Response {
    let (status, title) = match problem {
        None => (StatusCode::OK, heading.to_owned()),
        Some(_) => (StatusCode::UNPROCESSABLE_ENTITY, format!("Error: {heading}")),
    };
    let digits = app.study.manifest.classes.len();
    let body = html! {
        (body)
        div id="keys" class="keys" hidden {
            label class="choice wide" for="keys-on" {
                input type="checkbox" id="keys-on" checked;
                span { "Answer by single keys" }
            }
            p {
                @if digits <= 10 { kbd { "0" } "–" kbd { (digits - 1) } " choose the first label and then the second, " }
                kbd { "N" } " is N/A, " kbd { "Enter" } " goes on, " kbd { "Backspace" } " goes back."
            }
        }
    };
    visitor.page(app, status, &title, body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_chosen_is_an_answer_or_says_why_not() {
        let (label, none) = (|index| Some(Choice::Label(index)), Some(Choice::NotApplicable));
        let of = |first, second| Chosen { first, second }.answer(10).unwrap();
        assert_eq!(of(None, None), Err(Problem::NoFirst));
        assert_eq!(of(None, label(1)), Err(Problem::NoFirst));
        assert_eq!(of(label(1), None), Err(Problem::NoSecond));
        assert_eq!(of(label(1), label(1)), Err(Problem::Same));
        assert_eq!(of(none, label(1)), Err(Problem::SecondOfNone));
        let na = Choice::NotApplicable;
        assert_eq!(of(none, None), Ok(Answer::new(na, na, 10).unwrap()));
        assert_eq!(of(label(1), none), Ok(Answer::new(Choice::Label(1), na, 10).unwrap()));
        assert!(
            Chosen {
                first: label(10),
                second: none
            }
            .answer(10)
            .is_err()
        );
    }
}
