//! The command line has words and no mathematics: it imports no tensor, loops over no images, and holds no bar that a number is measured by.
//! All that is the library's, where other front ends find it.

use std::fs;
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};

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

/// Numbers between 0 and 1 in the code of a file, and constants that are no whole numbers: what results are measured by. Tests are left out.
fn bars(source: &str) -> Vec<String> {
    let mut found = Bars::default();
    found.visit_file(&syn::parse_file(source).unwrap());
    found.0
}

#[derive(Default)]
struct Bars(Vec<String>);

impl<'ast> Visit<'ast> for Bars {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        let test = |attribute: &syn::Attribute| {
            let test = attribute
                .parse_args::<syn::Path>()
                .is_ok_and(|path| path.is_ident("test"));
            attribute.path().is_ident("cfg") && test
        };
        if !item.attrs.iter().any(test) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_lit_float(&mut self, literal: &'ast syn::LitFloat) {
        let number: f64 = literal.base10_parse().unwrap();
        if number > 0.0 && number < 1.0 {
            self.0.push(literal.to_string());
        }
    }

    fn visit_item_const(&mut self, item: &'ast syn::ItemConst) {
        let mut floats = Floats(false);
        floats.visit_type(&item.ty);
        if floats.0 {
            self.0.push(item.ident.to_string());
        }
        visit::visit_item_const(self, item);
    }
}

/// Whether a type has a number that is no whole one.
struct Floats(bool);

impl<'ast> Visit<'ast> for Floats {
    fn visit_ident(&mut self, name: &'ast syn::Ident) {
        self.0 |= name == "f64" || name == "f32";
    }
}

#[test]
fn sources_have_no_tensors_no_loops_over_images_and_no_bars() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = sources(&source);
    assert!(files.len() > 20, "{files:?}");
    let mut found = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let bars = bars(&text);
        found.extend(
            bars.iter()
                .map(|bar| format!("{} has a bar, which is the library's: {bar}", file.display())),
        );
        let code = text
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.trim_start().starts_with("//"));
        for (number, line) in code {
            let place = format!("{}:{}", file.display(), number + 1);
            let reasons = FORBIDDEN.iter().filter(|(word, _)| line.contains(word));
            found.extend(reasons.map(|(_, reason)| format!("{place} has {reason}: {}", line.trim())));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn bars_are_seen() {
    let of = |statement: &str| bars(&format!("fn f() {{ {statement} }}"));
    assert_eq!(of("if share < 0.95 { warn() }"), ["0.95"]);
    assert_eq!(of("if !(0.3..=0.8).contains(&share) { warn() }"), ["0.3", "0.8"]);
    assert_eq!(of("let least = 1e-3; warn(least)"), ["1e-3"]);
    assert_eq!(bars("const AGREEMENT: Option<f64> = None;"), ["AGREEMENT"]);
    assert!(of("if images_per_second < 100.0 { round(speed) }").is_empty());
    assert!(of("number > 0.0 && count > 1 && \"0.5\" == text").is_empty());
    assert!(bars("#[cfg(test)] mod tests { const HALF: f64 = 0.5; }").is_empty());
}
