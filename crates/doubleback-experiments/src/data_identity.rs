//! Whether two runs have the same data: not what it is called, but what it is.

use crate::data_summary::DataSummary;

/// How data that was measured before differs from the data at hand, a phrase each; nothing if they are the same. Notes do not count.
pub(crate) fn differences(before: &DataSummary, now: &DataSummary) -> Vec<String> {
    let mut found = Vec::new();
    let mut compare = |what: &str, before: String, now: String| {
        if before != now {
            found.push(format!("{what}: {before} there, {now} here"));
        }
    };
    compare("image size", size(before), size(now));
    compare("channels", before.shape[0].to_string(), now.shape[0].to_string());
    compare(
        "duplicates",
        treatment(before.deduplicated).into(),
        treatment(now.deduplicated).into(),
    );
    compare("preparation", preparation(before), preparation(now));
    compare("bounds", bounds(before), bounds(now));
    compare(
        "classes",
        before.classes.len().to_string(),
        now.classes.len().to_string(),
    );
    if before.classes.len() == now.classes.len() {
        let pairs = before.classes.iter().zip(&now.classes);
        if let Some((label, (before, now))) = pairs.enumerate().find(|(_, (before, now))| before != now) {
            compare(&format!("class {label}"), format!("`{before}`"), format!("`{now}`"));
        }
    }
    for (part, before, now) in [
        ("training images", before.train, now.train),
        ("validation images", before.validation, now.validation),
        ("test images", before.test, now.test),
    ] {
        compare(part, before.to_string(), now.to_string());
    }
    let files = before.checksums.keys().chain(now.checksums.keys());
    let mut files: Vec<&String> = files.collect();
    files.sort();
    files.dedup();
    for file in files {
        let sum = |of: &DataSummary| {
            of.checksums
                .get(file)
                .map_or_else(|| "none".to_owned(), |sum| short(sum))
        };
        compare(&format!("SHA-256 of {file}"), sum(before), sum(now));
    }
    // Says no more than the others where they say anything.
    if found.is_empty() && before.content != now.content {
        let sum = |of: &DataSummary| of.content.as_deref().map_or_else(|| "not recorded".to_owned(), short);
        found.push(format!(
            "SHA-256 of all images and labels: {} there, {} here",
            sum(before),
            sum(now)
        ));
    }
    found
}

/// The first digits of a checksum, for messages.
pub(crate) fn short(sum: &str) -> String {
    const DIGITS: usize = 12;
    match sum.get(..DIGITS) {
        Some(first) if sum.len() > DIGITS => format!("{first}…"),
        _ => sum.to_owned(),
    }
}

fn size(of: &DataSummary) -> String {
    let [_, height, width] = of.shape;
    format!("{height}x{width}")
}

fn treatment(deduplicated: bool) -> &'static str {
    if deduplicated { "removed" } else { "kept" }
}

fn preparation(of: &DataSummary) -> String {
    of.preparation.clone().unwrap_or_else(|| "none".into())
}

fn bounds(of: &DataSummary) -> String {
    let [low, high] = of.bounds;
    format!("{low} to {high}")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn data() -> DataSummary {
        DataSummary {
            train: 30,
            validation: 4,
            test: 6,
            shape: [1, 28, 28],
            bounds: [0.0, 1.0],
            classes: vec!["no".into(), "yes".into()],
            preparation: None,
            deduplicated: false,
            checksums: BTreeMap::from([("two/".into(), "0123456789abcdef".into())]),
            content: Some("00112233445566778899".into()),
            notes: vec!["A note.".into()],
        }
    }

    type Change = dyn Fn(&mut DataSummary);

    #[test]
    fn every_difference_is_named_with_both_values() {
        let other = |change: &Change| {
            let mut other = data();
            other.content = Some("ff".into());
            change(&mut other);
            differences(&data(), &other).join("; ")
        };
        let cases: [(&Change, &str); 8] = [
            (
                &|of| of.shape = [3, 14, 14],
                "image size: 28x28 there, 14x14 here; channels: 1 there, 3 here",
            ),
            (&|of| of.deduplicated = true, "duplicates: kept there, removed here"),
            (
                &|of| of.preparation = Some("grayscale luma".into()),
                "preparation: none there, grayscale luma here",
            ),
            (
                &|of| of.classes[1] = "maybe".into(),
                "class 1: `yes` there, `maybe` here",
            ),
            (&|of| of.classes.truncate(1), "classes: 2 there, 1 here"),
            (&|of| of.test = 7, "test images: 6 there, 7 here"),
            (
                &|of| of.checksums = BTreeMap::from([("two/".into(), "fedcba9876543210".into())]),
                "SHA-256 of two/: 0123456789ab… there, fedcba987654… here",
            ),
            (
                &|_| (),
                "SHA-256 of all images and labels: 001122334455… there, ff here",
            ),
        ];
        for (change, expected) in cases {
            assert_eq!(other(change), expected);
        }
    }

    #[test]
    fn notes_are_no_difference() {
        let other = DataSummary {
            notes: Vec::new(),
            ..data()
        };
        assert_eq!(differences(&data(), &other), [""; 0]);
    }
}
