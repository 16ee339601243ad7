//! Which file of a crate uses which other: an arrow from the file with the path to the file that defines the first name of it.
//!
//! Paths that begin with `crate`, `self` or `super` are read from `use` items and from code; tests are left out. A name that a module only
//! re-exports belongs to the file that defines it, so a table of contents is no part of a circle.

use std::collections::{BTreeMap, BTreeSet};

use syn::visit::{self, Visit};
use syn::{Attribute, Item, UseTree};

/// Sources of one crate by module path: `[]` is the root, `["attack", "pgd"]` is `attack/pgd.rs`.
pub type Sources = BTreeMap<Vec<String>, String>;

/// For each module that is a file, the other files that it uses.
pub type Arrows = BTreeMap<Vec<String>, BTreeSet<Vec<String>>>;

/// The arrows between the files of a crate.
pub fn arrows(sources: &Sources) -> Arrows {
    let modules: BTreeMap<&[String], Module> = sources
        .iter()
        .map(|(path, source)| (path.as_slice(), Module::read(path, source)))
        .collect();
    let mut arrows = Arrows::new();
    for (path, module) in &modules {
        let targets = arrows.entry(path.to_vec()).or_default();
        for used in &module.uses {
            if let Some(target) = resolve(&modules, path, used, 0)
                && target != *path
            {
                targets.insert(target.to_vec());
            }
        }
    }
    arrows
}

/// Groups of files that reach each other: none where data flows one way.
pub fn circles(arrows: &Arrows) -> Vec<Vec<String>> {
    let reached: BTreeMap<&Vec<String>, BTreeSet<&Vec<String>>> =
        arrows.keys().map(|start| (start, reach(arrows, start))).collect();
    let mut circles = BTreeSet::new();
    for (start, targets) in &reached {
        if targets.contains(start) {
            let members = targets.iter().filter(|other| reached[**other].contains(start));
            circles.insert(members.map(|path| name(path)).collect::<Vec<_>>());
        }
    }
    circles.into_iter().collect()
}

/// `attack::pgd`, or `lib` for the root.
pub fn name(path: &[String]) -> String {
    if path.is_empty() {
        return "lib".to_owned();
    }
    path.join("::")
}

fn reach<'a>(arrows: &'a Arrows, start: &Vec<String>) -> BTreeSet<&'a Vec<String>> {
    let mut found = BTreeSet::new();
    let mut open: Vec<&Vec<String>> = arrows.get(start).into_iter().flatten().collect();
    while let Some(next) = open.pop() {
        if found.insert(next) {
            open.extend(arrows.get(next).into_iter().flatten());
        }
    }
    found
}

/// What is known of a file.
#[derive(Default)]
struct Module {
    /// Names of the items in it.
    defines: BTreeSet<String>,
    /// Paths in it, those of re-exports left out.
    uses: BTreeSet<Vec<String>>,
    /// Names that it re-exports, with where from; `*` for all names of a module.
    reexports: Vec<(String, Vec<String>)>,
}

impl Module {
    fn read(path: &[String], source: &str) -> Self {
        let file = syn::parse_file(source).unwrap_or_else(|e| panic!("{}: {e}", name(path)));
        let mut reader = Reader::default();
        reader.visit_file(&file);
        reader.found
    }
}

#[derive(Default)]
struct Reader {
    found: Module,
    /// Modules within the file that are being read: `super` means the file there.
    depth: usize,
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item(&mut self, item: &'ast Item) {
        if is_test(attributes(item)) {
            return;
        }
        if self.depth == 0 {
            self.found.defines.extend(item_name(item));
        }
        visit::visit_item(self, item);
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let mut leaves = Vec::new();
        flatten(&item.tree, &mut Vec::new(), &mut leaves);
        for (name, path) in leaves {
            let private = matches!(item.vis, syn::Visibility::Inherited);
            // A re-export from elsewhere is a use as well; one of a child is the table of contents.
            if private || ["crate", "super"].contains(&path[0].as_str()) {
                self.uses(path.clone());
            }
            if !private {
                self.found.reexports.push((name, path));
            }
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<String> = path.segments.iter().map(|s| s.ident.to_string()).collect();
        if segments.len() > 1 && ROOTS.contains(&segments[0].as_str()) {
            self.uses(segments);
        }
        visit::visit_path(self, path);
    }

    /// What is within a macro is not parsed: paths are seen by their beginning.
    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        let text = call.tokens.to_string().replace(" :: ", "::").replace(":: ", "::");
        let words = text.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'));
        for word in words {
            let segments: Vec<String> = word.split("::").map(str::to_owned).collect();
            if segments.len() > 1 && ROOTS.contains(&segments[0].as_str()) {
                self.uses(segments);
            }
        }
        visit::visit_macro(self, call);
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        self.depth += 1;
        visit::visit_item_mod(self, item);
        self.depth -= 1;
    }
}

/// How paths within a crate begin.
const ROOTS: [&str; 3] = ["crate", "super", "self"];

impl Reader {
    /// Notes a path, as seen from the file itself.
    fn uses(&mut self, mut path: Vec<String>) {
        for _ in 0..self.depth {
            match path.as_slice() {
                [first, second, ..] if first == "super" && second == "super" => drop(path.remove(0)),
                [first, ..] if first == "super" => "self".clone_into(&mut path[0]),
                _ => {}
            }
        }
        self.found.uses.insert(path);
    }
}

/// The name of an item, if it has one.
fn item_name(item: &Item) -> Option<String> {
    let name = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(name.to_string())
}

/// Every name of a `use` with its path.
fn flatten(tree: &UseTree, before: &mut Vec<String>, leaves: &mut Vec<(String, Vec<String>)>) {
    match tree {
        UseTree::Path(path) => {
            before.push(path.ident.to_string());
            flatten(&path.tree, before, leaves);
            before.pop();
        }
        UseTree::Name(leaf) if leaf.ident == "self" => {
            leaves.push((before.last().cloned().unwrap_or_default(), before.clone()));
        }
        UseTree::Name(leaf) => {
            leaves.push((
                leaf.ident.to_string(),
                [&before[..], &[leaf.ident.to_string()]].concat(),
            ));
        }
        UseTree::Rename(leaf) => {
            leaves.push((
                leaf.rename.to_string(),
                [&before[..], &[leaf.ident.to_string()]].concat(),
            ));
        }
        UseTree::Glob(_) => leaves.push(("*".to_owned(), before.clone())),
        UseTree::Group(group) => group.items.iter().for_each(|tree| flatten(tree, before, leaves)),
    }
}

/// The file that defines the first name of a path that is not a module; a path of modules alone means the last of them.
fn resolve<'a>(
    modules: &'a BTreeMap<&[String], Module>,
    from: &[String],
    path: &[String],
    depth: usize,
) -> Option<&'a [String]> {
    let mut place: Vec<String> = match path.first().map(String::as_str) {
        Some("crate") => Vec::new(),
        Some("self") => from.to_vec(),
        Some("super") => from[..from.len().saturating_sub(1)].to_vec(),
        // Another crate, or a child of this module.
        Some(child) => {
            let place = [from, &[child.to_owned()]].concat();
            return (modules.contains_key(place.as_slice()))
                .then(|| resolve(modules, &place, &[&["self".to_owned()], &path[1..]].concat(), depth))?;
        }
        None => return None,
    };
    let mut rest = &path[1..];
    while let Some(next) = rest.first() {
        if next == "super" {
            place.pop();
        } else {
            let child = [&place[..], std::slice::from_ref(next)].concat();
            if !modules.contains_key(child.as_slice()) {
                break;
            }
            place = child;
        }
        rest = &rest[1..];
    }
    let (&key, module) = modules.get_key_value(place.as_slice())?;
    let Some(item) = rest.first() else { return Some(key) };
    if depth < 8 {
        let found = module.reexports.iter().find(|(name, _)| name == item);
        if let Some((_, origin)) = found {
            let origin = [&origin[..], &rest[1..]].concat();
            // A re-export of another crate is nobody's file here.
            return resolve(modules, &place, &origin, depth + 1);
        }
        let globs = module.reexports.iter().filter(|(name, _)| name == "*");
        for (_, origin) in globs.filter(|_| !module.defines.contains(item)) {
            let origin = resolve(modules, &place, &[&origin[..], &rest[..1]].concat(), depth + 1);
            let found = origin.filter(|&file| modules[file].defines.contains(item));
            if found.is_some() {
                return found;
            }
        }
    }
    Some(key)
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// `#[cfg(test)]`.
fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute
                .parse_args::<syn::Path>()
                .is_ok_and(|path| path.is_ident("test"))
    })
}
