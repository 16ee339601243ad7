//! What a reader of a folder has to say: what was passed over, and what was done.

use std::path::{Path, PathBuf};

use super::found::{Skipped, Wanted};
use super::listing::{SubFolder, are_numbers};
use crate::dataset::Preparation;
use crate::formats::picture::Picture;
use crate::preparation::background::Background;
use crate::words::{are, classes, count, first_few, shown};

/// What is in the folders of classes and is not read.
#[derive(Debug, Default)]
pub struct PassedOver {
    /// Folders in classes.
    pub folders: Vec<PathBuf>,
    /// Files that are not named as images are.
    pub others: Vec<PathBuf>,
    /// How the classes are ordered.
    pub order: Order,
}

/// How classes are ordered, if that is not how they look.
#[derive(Debug, Default)]
pub enum Order {
    /// By name, or as is said elsewhere.
    #[default]
    AsExpected,
    /// By number, and each number is the label.
    Labels(usize),
    /// By number, but labels are other numbers.
    Numbers(Vec<String>),
}

impl Order {
    /// That of these classes, `own` if they are those of the data set.
    pub fn of(classes: &[SubFolder], own: bool) -> Self {
        let names = || classes.iter().map(|class| class.name.as_str());
        if !own || !are_numbers(classes) {
            Self::AsExpected
        } else if names().zip(0..).all(|(name, label)| name.parse() == Ok(label)) {
            Self::Labels(classes.len())
        } else {
            Self::Numbers(names().map(str::to_owned).collect())
        }
    }
}

/// What is done to images, counted.
#[derive(Debug, Default)]
pub(super) struct Changes {
    turned: usize,
    transparent: usize,
    animated: usize,
    /// Images with colors.
    pub colored: usize,
    /// Whether the user asked for the channels that images have.
    channels_asked: bool,
    /// What transparent images are put on, if asked for.
    background: Option<Background>,
    /// What was done to channels.
    pub preparation: Preparation,
    /// All are gray, and stored in three channels.
    pub gray_in_color: bool,
}

impl Changes {
    /// None yet.
    pub fn of(wanted: &Wanted<'_>) -> Self {
        Self {
            channels_asked: wanted.channels_asked,
            background: wanted.background,
            ..Self::default()
        }
    }

    /// Whether there were transparent images, and they were put on the color that was asked for.
    fn is_on_background(&self) -> bool {
        self.transparent > 0 && self.background.is_some()
    }

    /// Counts an image.
    pub fn add(&mut self, picture: &Picture) {
        self.turned += usize::from(picture.orientation != 1);
        self.transparent += usize::from(picture.transparent);
        self.animated += usize::from(picture.animated);
        self.colored += usize::from(picture.is_colored());
    }
}

/// A path without the folder that it is in.
pub(crate) fn within(folder: &Path, path: &Path) -> String {
    shown(path.strip_prefix(folder).unwrap_or(path))
}

/// Sentences for the data set. What a user may not expect is a warning in the log as well.
pub(super) fn notes(folder: &Path, skipped: &[Skipped], passed: &PassedOver, changes: &Changes) -> Vec<String> {
    let warnings = [
        of_skipped(folder, skipped),
        of_others(folder, &passed.others),
        of_folders(folder, &passed.folders),
        of_turned(changes.turned),
        of_animated(changes.animated),
        of_transparent(changes).filter(|_| !changes.is_on_background()),
        of_order(&passed.order),
        of_channels(changes).filter(|_| !changes.channels_asked),
        changes.gray_in_color.then(|| {
            "all images are gray but stored in color, and make 3 channels; `--channels 1` makes one".to_owned()
        }),
    ];
    let named = |note: String| format!("{}: {note}", shown(folder));
    let mut notes: Vec<String> = warnings.into_iter().flatten().map(named).collect();
    for note in &notes {
        tracing::warn!("{note}");
    }
    // These are as one would think, or as asked for.
    let facts = [
        of_transparent(changes).filter(|_| changes.is_on_background()),
        of_labels(&passed.order),
        of_channels(changes).filter(|_| changes.channels_asked),
    ];
    notes.extend(facts.into_iter().flatten().map(named));
    notes
}

fn of_skipped(folder: &Path, skipped: &[Skipped]) -> Option<String> {
    let names = skipped
        .iter()
        .map(|skipped| format!("{} ({})", within(folder, &skipped.file), skipped.why));
    (!skipped.is_empty()).then(|| {
        format!(
            "{} could not be used and {} left out: {}",
            count(skipped.len(), "image file"),
            was(skipped.len()),
            first_few(names)
        )
    })
}

fn of_others(folder: &Path, others: &[PathBuf]) -> Option<String> {
    let names = others.iter().map(|path| within(folder, path));
    (!others.is_empty()).then(|| {
        format!(
            "{} not named .png, .jpg or .jpeg {} left out: {}",
            count(others.len(), "file"),
            was(others.len()),
            first_few(names)
        )
    })
}

fn of_folders(folder: &Path, folders: &[PathBuf]) -> Option<String> {
    let names = folders.iter().map(|path| within(folder, path));
    (!folders.is_empty()).then(|| {
        format!(
            "{} in classes {} left out, as nothing below a class is read: {}",
            count(folders.len(), "folder"),
            was(folders.len()),
            first_few(names)
        )
    })
}

fn of_turned(turned: usize) -> Option<String> {
    (turned > 0).then(|| {
        format!(
            "{} turned or mirrored as the EXIF orientation in the file says",
            are_images(turned)
        )
    })
}

fn of_animated(animated: usize) -> Option<String> {
    (animated > 0).then(|| format!("{} animated, of which the still picture is taken", are_images(animated)))
}

fn of_transparent(changes: &Changes) -> Option<String> {
    let found = changes.transparent;
    let has = if found == 1 {
        "1 image has".to_owned()
    } else {
        format!("{} have", count(found, "image"))
    };
    match (found, changes.background) {
        (0, None) => None,
        (0, Some(color)) => Some(format!(
            "no image has transparency, so `--background {color}` changes nothing"
        )),
        (_, None) => Some(format!(
            "{has} transparency, which was left out, so that the colors beneath show; `--background white` puts them on white"
        )),
        (_, Some(color)) => Some(format!("{has} transparency and {} put on {color}", was(found))),
    }
}

fn of_order(order: &Order) -> Option<String> {
    let Order::Numbers(names) = order else { return None };
    let named = |(label, name): (usize, &String)| format!("{label} is class `{name}`");
    let first = names
        .iter()
        .enumerate()
        .take(3)
        .map(named)
        .collect::<Vec<_>>()
        .join(", ");
    let last = names.iter().enumerate().skip(3).last().map(named);
    Some(format!(
        "classes are numbers, in the order of their numbers, but labels count from 0: {first}{}",
        last.map(|last| format!(" … {last}")).unwrap_or_default()
    ))
}

fn of_labels(order: &Order) -> Option<String> {
    let Order::Labels(count) = order else { return None };
    Some(format!(
        "its {} have numbers as names, and each number is the label",
        classes(*count)
    ))
}

fn of_channels(changes: &Changes) -> Option<String> {
    let Preparation {
        channels, grayscale, ..
    } = changes.preparation;
    match (grayscale, channels) {
        (Some(grayscale), _) => Some(format!(
            "{} colored and made gray by {grayscale}",
            are_images(changes.colored)
        )),
        (None, Some(1)) => Some("gray images that are stored in color were read as 1 channel".to_owned()),
        (None, Some(_)) => Some("gray images were repeated in 3 channels".to_owned()),
        (None, None) => None,
    }
}

fn are_images(count: usize) -> String {
    are(count).replacen(' ', if count == 1 { " image " } else { " images " }, 1)
}

fn was(count: usize) -> &'static str {
    if count == 1 { "was" } else { "were" }
}
