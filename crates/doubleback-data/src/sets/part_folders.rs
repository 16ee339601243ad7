//! Which sub-folder of an image folder is which part.

use crate::error::FolderProblem;
use crate::formats::image_folder::SubFolder;
use crate::part::Part;

/// Sub-folders that are called as parts are.
pub(super) struct PartFolders<'a> {
    found: &'a [SubFolder],
}

impl<'a> PartFolders<'a> {
    /// Those among the sub-folders of a folder.
    pub fn among(found: &'a [SubFolder]) -> Self {
        Self { found }
    }

    /// All that are called like a part.
    pub fn all(&self, part: Part) -> impl Iterator<Item = &'a SubFolder> {
        self.found
            .iter()
            .filter(move |folder| part_of(&folder.name) == Some(part))
    }

    /// That of a part.
    ///
    /// # Errors
    /// [`FolderProblem::TwoOfOnePart`].
    pub fn one(&self, part: Part) -> Result<Option<&'a SubFolder>, FolderProblem> {
        let mut all = self.all(part);
        match (all.next(), all.next()) {
            (Some(first), Some(second)) => Err(FolderProblem::TwoOfOnePart {
                part: part.name(),
                first: first.name.clone(),
                second: second.name.clone(),
            }),
            (first, _) => Ok(first),
        }
    }

    /// One that is no part.
    pub fn stranger(&self) -> Option<&'a SubFolder> {
        self.found.iter().find(|folder| part_of(&folder.name).is_none())
    }
}

/// The part that a folder of this name is for, whatever its capitals.
fn part_of(name: &str) -> Option<Part> {
    match name.to_lowercase().as_str() {
        "train" | "training" => Some(Part::Train),
        "validation" | "val" | "valid" => Some(Part::Validation),
        "test" | "testing" => Some(Part::Test),
        _ => None,
    }
}
