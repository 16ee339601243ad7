use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;
use doubleback::data::{self, Background, DuplicatePolicy, Grayscale, LoadOptions, Preprocess};
use doubleback::device::DeviceName;

use super::log_format::LogFormat;
use super::values;
use crate::files::Files;

/// Options of all commands.
#[derive(Args, Debug)]
#[command(next_help_heading = "Options of all commands")]
pub struct Global {
    /// Folder with mnist/ and its like [default: doubleback in the user's data folder]
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        env = "DOUBLEBACK_DATA",
        hide_env_values = true
    )]
    pub data_dir: Option<PathBuf>,
    /// How the colors of svhn, or of folder:PATH and parquet:PATH with --channels 1, become gray: luma, or Grundland & Dodgson's decolorize [default: luma]
    #[arg(long, global = true, value_name = "HOW", value_parser = values::grayscale())]
    pub grayscale: Option<Grayscale>,
    /// Rows and columns to resize the images of folder:PATH or parquet:PATH to
    #[arg(long, global = true, value_name = "HxW", value_parser = values::image_size)]
    pub image_size: Option<[usize; 2]>,
    /// How pictures of folder:PATH or parquet:PATH become images of one size, with torchvision's numbers: resize=256,crop=224,interpolation=bilinear
    /// (the shorter side, then the middle; also HxW, and bicubic), or imagenet for this
    #[arg(long, global = true, value_name = "STEPS", value_parser = str::parse::<Preprocess>)]
    pub preprocess: Option<Preprocess>,
    /// Names of a model's classes in the order of its logits, of which folder:PATH or parquet:PATH has some: one a line, `n01440764 tench` a line, or JSON. A
    /// folder without parts is then all test images
    #[arg(long, global = true, value_name = "FILE")]
    pub class_names: Option<PathBuf>,
    /// Channels of the images of folder:PATH or parquet:PATH: 1 for gray, 3 for color [default: 1 if all are stored gray, otherwise 3]
    #[arg(long, global = true, value_name = "N", value_parser = values::channels)]
    pub channels: Option<usize>,
    /// Color to put transparent images of folder:PATH or parquet:PATH on: white, black or #rrggbb [default: the colors beneath show]
    #[arg(long, global = true, value_name = "COLOR")]
    pub background: Option<Background>,
    /// What to do with images that a data set holds more than once [default: remove for notmnist, keep for others]
    #[arg(long, global = true, value_name = "WHAT", value_parser = values::duplicates())]
    pub duplicates: Option<DuplicatePolicy>,
    /// Where to compute: cpu, cuda[:N], vulkan, metal, wgpu; all but cpu need a build with the feature of that name
    #[arg(long, global = true, value_name = "DEVICE", default_value = "cpu")]
    pub device: DeviceName,
    /// Worker threads; 0 is one a core
    #[arg(long, global = true, value_name = "N", default_value_t = 0)]
    pub threads: usize,
    /// Show no progress and no warnings
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// Say at the end, on standard error and in the JSON, what it took: seconds, peak memory, recycled buffers, forward passes and gradients
    #[arg(long, global = true)]
    pub stats: bool,
    /// Form of progress, warnings and errors on standard error
    #[arg(long, global = true, value_name = "FORMAT", value_enum, default_value_t)]
    pub log_format: LogFormat,
}

impl Global {
    /// The files, with those of a data set that is read.
    pub(super) fn reading_data(&self, files: Files, option: &str, name: &str) -> Files {
        match data::location(name, &self.load_options()) {
            Some(path) => files.reading_data(option, name, &path),
            None => files,
        }
    }

    /// The files, with those that any command reads.
    pub(super) fn reading(&self, files: Files) -> Files {
        let names = self.class_names.iter();
        names.fold(files, |files, path| files.reading("--class-names", path))
    }

    /// Where data sets are looked for.
    pub fn load_options(&self) -> LoadOptions {
        let mut options = match &self.data_dir {
            Some(dir) => LoadOptions::in_dir(dir),
            None => LoadOptions::default(),
        };
        options.grayscale = self.grayscale;
        options.image_size = self.image_size;
        options.preprocess = self.preprocess;
        options.class_names.clone_from(&self.class_names);
        options.channels = self.channels;
        options.background = self.background;
        options.duplicates = self.duplicates;
        options
    }
}

/// The options by which another process of this program loads the same data: those of [`Global::load_options`], turned around.
pub fn load_arguments(options: &LoadOptions) -> std::io::Result<Vec<OsString>> {
    let mut arguments = Vec::new();
    if let Some(dir) = &options.data_dir {
        arguments.extend(["--data-dir".into(), std::path::absolute(dir)?.into()]);
    }
    if let Some(file) = &options.class_names {
        arguments.extend(["--class-names".into(), std::path::absolute(file)?.into()]);
    }
    arguments.extend(preparation(options).map(OsString::from));
    Ok(arguments)
}

/// The options by which a reader of a report gets the same data on the same kind of device. Paths are as they were given; where data sets lie is not among them.
pub fn repeated_arguments(options: &LoadOptions, device: DeviceName) -> Vec<String> {
    let names = options.class_names.iter();
    let names = names.flat_map(|file| ["--class-names".to_owned(), file.display().to_string()]);
    let device = (device != DeviceName::Cpu).then(|| ["--device".to_owned(), device.to_string()]);
    names
        .chain(preparation(options))
        .chain(device.into_iter().flatten())
        .collect()
}

/// Options that say what images are made of their files.
fn preparation(options: &LoadOptions) -> impl Iterator<Item = String> {
    let size = options.image_size.map(|[height, width]| format!("{height}x{width}"));
    let given = [
        ("--grayscale", options.grayscale.map(|grayscale| grayscale.to_string())),
        ("--image-size", size),
        (
            "--preprocess",
            options.preprocess.map(|preprocess| preprocess.to_string()),
        ),
        ("--channels", options.channels.map(|channels| channels.to_string())),
        (
            "--background",
            options.background.map(|background| background.to_string()),
        ),
        (
            "--duplicates",
            options.duplicates.map(|duplicates| duplicates.name().to_owned()),
        ),
    ];
    let given = given
        .into_iter()
        .filter_map(|(name, value)| Some([name.to_owned(), value?]));
    given.flatten()
}
