//! The command line has words and no mathematics: it imports no tensor, loops over no images, and holds no bar that a number is measured by.
//! All that is the library's, where other front ends find it.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::fs;
use std::path::{Path, PathBuf};

/// What a source line of the command line must not have, and where it belongs.
const FORBIDDEN: [(&str, &str); 7] = [
    ("burn::", "a tensor library; devices are `doubleback::device`"),
    ("Tensor<", "a tensor"),
    ("Tensor::", "a tensor"),
    (".batches()", "a loop over images, which is for `doubleback::evaluate`"),
    ("Batch::", "a loop over images, which is for `doubleback::evaluate`"),
    (".logits", "a model being asked, which is for `doubleback::evaluate`"),
    (".perturb(", "an attack being run, which is for `doubleback::evaluate`"),
];

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] })
        .collect()
}

/// Whether a line names a number that is no whole one, or compares something with a share such as `0.95`.
fn has_bar(line: &str) -> bool {
    let is_bar = |rest: &str| {
        let rest = rest.trim_start_matches('=').trim_start();
        let number: String = rest.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
        number.contains('.') && number.parse::<f64>().is_ok_and(|number| number > 0.0 && number <= 1.0)
    };
    let constant = line.contains("const ") && (line.contains("f64") || line.contains("f32"));
    constant
        || line
            .match_indices(['<', '>'])
            .any(|(place, _)| is_bar(&line[place + 1..]))
}

#[test]
fn sources_have_no_tensors_no_loops_over_images_and_no_bars() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = sources(&source);
    assert!(files.len() > 20, "{files:?}");
    let mut found = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let code = text
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.trim_start().starts_with("//"));
        for (number, line) in code {
            let place = format!("{}:{}", file.display(), number + 1);
            let reasons = FORBIDDEN.iter().filter(|(word, _)| line.contains(word));
            found.extend(reasons.map(|(_, reason)| format!("{place} has {reason}: {}", line.trim())));
            if has_bar(line) {
                found.push(format!("{place} has a bar, which is the library's: {}", line.trim()));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn bars_are_seen() {
    assert!(has_bar("if share < 0.95 {"));
    assert!(has_bar("const AGREEMENT: f64 = 0.95;"));
    assert!(!has_bar("if images_per_second < 100.0 { round(speed) }"));
    assert!(!has_bar("number > 0.0 && count > 1"));
    assert!(!has_bar("Vec<f64>, a -> b"));
}
