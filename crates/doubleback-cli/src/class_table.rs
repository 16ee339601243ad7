//! Accuracy by class, and what was taken for what, as text that fits a terminal.

use doubleback::evaluate::{ClassAccuracy, Confusion};

use crate::output::{WIDTH, grouped, percent, table_within};

/// Most classes whose accuracies are all shown; of more, the worst are.
const ALL_CLASSES: usize = 12;
/// How many of the worst.
const WORST: usize = 10;
/// Most classes whose confusion matrix is shown; of more, the most frequent mistakes are.
const MATRIX: usize = 20;
/// Most mistakes that are shown.
const MISTAKES: usize = 20;
/// Longest name of a class, in characters; longer ones are cut off.
const NAME: usize = 20;

/// Accuracy by class, a column for each of some measurements of the same images. Of many classes the worst of the last column are shown.
pub fn accuracy(columns: &[(String, &[ClassAccuracy])]) -> String {
    let Some((_, last)) = columns.last() else {
        return String::new();
    };
    let mut order: Vec<usize> = (0..last.len()).collect();
    let all = last.len() <= ALL_CLASSES;
    if !all {
        order.sort_by(|&a, &b| last[a].accuracy.total_cmp(&last[b].accuracy));
        order.truncate(WORST);
    }
    let header: Vec<&str> = ["class", "images"]
        .into_iter()
        .chain(columns.iter().map(|(name, _)| name.as_str()))
        .collect();
    let rows: Vec<Vec<String>> = order
        .iter()
        .map(|&place| {
            let class = &last[place];
            let values = columns.iter().map(|(_, of)| of.get(place));
            let values = values.map(|of| of.map_or_else(String::new, |of| percent(of.accuracy)));
            [name(&class.class, class.index), grouped(class.count)]
                .into_iter()
                .chain(values)
                .collect()
        })
        .collect();
    let title = if all {
        "Accuracy by class".to_owned()
    } else {
        let of = columns.last().map_or("", |(name, _)| name);
        format!(
            "Accuracy by class, the {WORST} worst ({of}) of {} classes",
            grouped(last.len())
        )
    };
    format!("\n{title}\n{}", table_within(&header, &rows, 2, WIDTH))
}

/// What was taken for what: a matrix, or of many classes the most frequent mistakes.
pub fn confusion(title: &str, found: &Confusion, classes: &[String]) -> String {
    if classes.len() <= MATRIX {
        return matrix(title, found, classes);
    }
    let mistakes = found.mistakes();
    let rows: Vec<Vec<String>> = mistakes
        .iter()
        .take(MISTAKES)
        .map(|&(label, prediction, images)| vec![named(classes, label), named(classes, prediction), grouped(images)])
        .collect();
    let most = match mistakes.len() {
        ..=MISTAKES => String::new(),
        more => format!(", the {MISTAKES} most frequent of {}", grouped(more)),
    };
    let table = table_within(&["true class", "taken for", "images"], &rows, 1, WIDTH);
    format!("\nMistakes, {title}{most}\n{table}")
}

fn matrix(title: &str, found: &Confusion, classes: &[String]) -> String {
    let names: Vec<String> = (0..classes.len()).map(|class| named(classes, class)).collect();
    let header: Vec<&str> = ["true class"]
        .into_iter()
        .chain(names.iter().map(String::as_str))
        .collect();
    let rows: Vec<Vec<String>> = names
        .iter()
        .enumerate()
        .map(|(label, name)| {
            let counts = (0..classes.len()).map(|prediction| grouped(found.get(label, prediction)));
            [name.clone()].into_iter().chain(counts).collect()
        })
        .collect();
    let table = table_within(&header, &rows, 1, WIDTH);
    format!("\nTrue class by the class it was taken for, {title}\n{table}")
}

/// A class as tables name it: `dog (1)`, or the number alone if that is its name.
pub fn named(classes: &[String], class: usize) -> String {
    classes
        .get(class)
        .map_or_else(|| class.to_string(), |found| name(found, class))
}

/// Name and number of a class; a name that is the number stands alone.
fn name(class: &str, index: usize) -> String {
    let number = index.to_string();
    if class == number {
        return number;
    }
    let short: String = if class.chars().count() > NAME {
        class.chars().take(NAME - 1).chain(['…']).collect()
    } else {
        class.to_owned()
    };
    format!("{short} ({number})")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn classes(count: usize) -> Vec<String> {
        (0..count).map(|class| format!("class {class}")).collect()
    }

    fn within(text: &str) {
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
    }

    #[test]
    fn few_classes_are_all_shown_and_wide_tables_continue_below() {
        let found =
            Confusion::of(&[0, 0, 1], &[0, 1, 1]).by_class(&["a quite long name of a class".into(), "1".into()]);
        let columns: Vec<(String, &[ClassAccuracy])> =
            (0..9).map(|i| (format!("eps 0.{i}"), found.as_slice())).collect();
        let text = accuracy(&columns);
        within(&text);
        let rows = text.lines().filter(|line| line.contains("a quite long name o… (0)"));
        assert_eq!(rows.count(), 2, "{text}");
        assert_eq!(text.matches("eps 0.").count(), 9, "{text}");
        assert_eq!(text.matches("100.0 %").count(), 9, "{text}");
    }

    #[test]
    fn of_many_classes_the_worst_are_shown() {
        let names = classes(300);
        let labels: Vec<usize> = (0..300).collect();
        let predictions: Vec<usize> = labels
            .iter()
            .map(|&label| if label == 77 { 3 } else { label })
            .collect();
        let found = Confusion::of(&labels, &predictions);
        let by_class = found.by_class(&names);
        let text = accuracy(&[("clean".into(), &by_class)]);
        assert!(text.contains("the 10 worst (clean) of 300 classes"), "{text}");
        assert_eq!(text.lines().count(), 13, "{text}");
        assert!(text.lines().nth(3).unwrap().contains("class 77 (77)"), "{text}");
        let text = confusion("clean", &found, &names);
        assert!(text.contains("class 77 (77)  class 3 (3)"), "{text}");
        assert_eq!(text.lines().count(), 4, "{text}");
    }

    #[test]
    fn a_matrix_has_a_row_a_class() {
        let found = Confusion::of(&[0, 1, 1], &[0, 0, 0]);
        let text = confusion("eps 0.1", &found, &["a".into(), "b".into()]);
        let expected = "\nTrue class by the class it was taken for, eps 0.1\n  \
                        true class  a (0)  b (1)\n  a (0)           1      0\n  b (1)           2      0\n";
        assert_eq!(text, expected);
        within(&confusion("clean", &found, &classes(20)));
    }
}
