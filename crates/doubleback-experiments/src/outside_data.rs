//! An output folder among the images of a data set would become a class of them.

use std::path::{Component, Path, PathBuf};

use doubleback::data::{Dataset, image_folder};
use doubleback::{Error, Result};

/// Refuses to write a run's folders into the folder of the images of `folder:PATH`.
pub(crate) fn check_outside(root: &Path, dataset: &Dataset) -> Result<()> {
    let Some(images) = image_folder(&dataset.name) else {
        return Ok(());
    };
    // Data that were read from somewhere are there.
    let (Ok(images), Some(out)) = (images.canonicalize(), resolved(root)) else {
        return Ok(());
    };
    let Ok(inside) = out.strip_prefix(&images) else {
        return Ok(());
    };
    // Hidden folders are no classes.
    let first = inside.components().next();
    if first.is_some_and(|first| first.as_os_str().to_string_lossy().starts_with('.')) {
        return Ok(());
    }
    let problem = format!(
        "lies in the folder of the images ({}), where its own folders would become classes. Give an --out elsewhere",
        images.display()
    );
    Err(Error::file(root, problem))
}

/// A path without links, of which the end need not be there yet.
fn resolved(path: &Path) -> Option<PathBuf> {
    let path = std::path::absolute(path).ok()?;
    path.ancestors().find_map(|ancestor| {
        let rest = path.strip_prefix(ancestor).ok()?;
        let mut resolved = ancestor.canonicalize().ok()?;
        // What is not there has no links.
        for component in rest.components() {
            match component {
                Component::ParentDir => drop(resolved.pop()),
                other => resolved.push(other),
            }
        }
        Some(resolved)
    })
}

#[cfg(test)]
mod tests {
    use doubleback::data::{Bounds, ImageShape, Split};

    use super::*;

    #[test]
    fn a_folder_among_the_images_is_refused_and_others_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let images = folder.path().join("two");
        std::fs::create_dir_all(images.join("yes")).unwrap();
        let shape = ImageShape {
            channels: 1,
            height: 1,
            width: 1,
        };
        let none = || Split::empty(shape);
        let of = |name: &str| Dataset::new(name, Vec::new(), shape, Bounds::UNIT, none(), none(), none()).unwrap();
        let dataset = of(&format!("folder:{}", images.display()));
        let sibling = images.with_file_name("two-out");
        for (out, expected) in [
            (images.clone(), false),
            (images.join("out"), false),
            (images.join("yes/new/and/deep"), false),
            (sibling.join("../two/out"), false),
            (images.join(".runs"), true),
            (sibling.clone(), true),
            (folder.path().to_owned(), true),
        ] {
            let found = check_outside(&out, &dataset);
            assert_eq!(found.is_ok(), expected, "{}: {found:?}", out.display());
        }
        assert!(check_outside(&images, &of("mnist")).is_ok());
    }
}
