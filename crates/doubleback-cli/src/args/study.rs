use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use doubleback::evaluate::ModelPath;
use doubleback_study::folder::Role;

use super::attack::GivenOptions;
use super::global::Global;
use super::model::{ModelOptions, reading_model};
use super::values::{self, Size};
use crate::files::{Files, Format, STUDY, STUDY_ANALYSIS};
use crate::output::JsonTarget;

/// Long help of `study`.
pub const LONG: &str = "Ask people how convincing adversarial examples are: the human study of Ross & Doshi-Velez 2018 (Table 1).\n\n\
    `study new` makes the images from models, `study serve` shows them to participants in their browsers, `study export` gives their answers as CSV and \
    JSON, and `study analyse` draws the results beside the paper's. A study is one folder.";

/// Commands of `study`.
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  doubleback study new my-study --demo
  doubleback study serve my-study --contact ada@example.org --open 20
  doubleback study export my-study --csv answers.csv
  doubleback study analyse my-study")]
pub enum StudyCommand {
    /// Make a study's images from models
    #[command(long_about = NEW)]
    New(StudyNewArgs),
    /// Serve a study to its participants
    #[command(long_about = SERVE)]
    Serve(StudyServeArgs),
    /// Write the answers as CSV or JSON
    #[command(long_about = EXPORT)]
    Export(StudyExportArgs),
    /// Analyse the answers, and draw a report
    #[command(long_about = ANALYSE)]
    Analyse(StudyAnalyseArgs),
}

const NEW: &str = "Make a study's images from models.\n\n\
    Of each class, the first test images (--per-class, the paper's 5) are turned into each other class, on each model. An image is kept if its model \
    takes it for the class that was aimed at, after it was rounded to the 8 bits of a picture: as people see it. Each participant sees one image of each class \
    and model, drawn among these. Classes and models that have fewer images than the protocol wants are listed; with --strict they are an error.\n\n\
    STUDY has study.json, a manifest with models, options, seeds and checksums, the images, stimuli.png to look at them, and texts/, which \
    you edit: what participants read first and what they consent to. Participants never see a model's name or an image's class.\n\n\
    Roles say what the models are in the comparison: that of `normal` against `regularized` is the paper's. They are taken from the files of `doubleback \
    train`, or from --roles in the order of --models.\n\n\
    With --demo, three small models are trained on mnist-mini first, so that the whole can be tried in a minute or two.";

const SERVE: &str = "Serve a study to its participants.\n\n\
    Pages for participants are at --listen, those of the researcher at --admin-listen, which no reverse proxy needs to show to the world. The address of the \
    researcher's side and its key are printed when the study is served for the first time; --new-admin-token makes another key. There, \
    links for participants are made or enrolment is opened, and progress, pausing, export and deletion are.\n\n\
    Answers are in STUDY/answers.sqlite before they are acknowledged: a server that is killed loses none. Stop it with Ctrl-C; the same command goes on. To \
    serve a study on the internet, put a reverse proxy with TLS in front, and give its address as --public-origin (docs/study-server.md).";

const EXPORT: &str = "Write the answers of a study as CSV or JSON.\n\n\
    The CSV has one line for each answer, with the image's model, original class and target. The JSON has the comments too, and when participants \
    began and finished. A server may be running meanwhile. Without --csv and --json, the CSV goes to standard output.";

const ANALYSE: &str = "Analyse the answers of a study, and draw a report.\n\n\
    Shares of images that fooled people and of mistakes that seemed reasonable, by model, with 95 % intervals that respect that answers come from the same \
    people and images; the paper's comparison of the normal and the regularized model by a test; agreement of participants; how many participants \
    the paper's effect needs; the published table beside (docs/study-analysis.md).\n\n\
    Writes DIR/report.html, DIR/analysis.json and DIR/figures/.";

/// Arguments of `study new`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  doubleback study new my-study --demo
  doubleback study new mnist-study --dataset mnist --attack jsma \\
      --models normal.safetensors,distilled.safetensors,doubleback.safetensors
  doubleback study new svhn-study --dataset svhn --attack itgsm --eps 0.1 --steps 10 \\
      --models a=normal.onnx,b=regularized.onnx --roles normal,regularized --strict")]
pub struct StudyNewArgs {
    /// Folder to make
    #[arg(value_name = "STUDY")]
    pub study: PathBuf,
    /// Train three small models on mnist-mini, and make a study of them
    #[arg(long, conflicts_with_all = ["models", "dataset", "attack", "eps", "roles", "strict", "per_class", "arch", "output", "bounds", "normalize", "generated_values", "check"])]
    pub demo: bool,
    /// Models, each a FILE or NAME=FILE: of `doubleback train`, ONNX or PyTorch
    #[arg(
        long,
        value_name = "FILE,FILE,…",
        required_unless_present = "demo",
        value_delimiter = ',',
        value_parser = values::model_path()
    )]
    pub models: Vec<ModelPath>,
    /// What files of other programs do not say, for all of them.
    #[command(flatten)]
    pub import: ModelOptions,
    /// What the models are in the comparison, in their order [default: as their files say they were trained]
    #[arg(long, value_name = "ROLE,ROLE,…", value_delimiter = ',', value_parser = values::role())]
    pub roles: Vec<Role>,
    /// Data set whose test images are shown
    #[arg(long, value_name = "NAME", value_parser = values::dataset(), required_unless_present = "demo")]
    pub dataset: Option<String>,
    /// Attack that turns them into other classes [default: jsma for gray images, itgsm for others]
    #[arg(long, value_name = "NAME", value_parser = values::attack_name())]
    pub attack: Option<&'static str>,
    /// Perturbation sizes: of each image, the smallest that reaches the class; not for jsma
    #[arg(long, value_name = "E,E,…", value_parser = values::size, value_delimiter = ',', allow_hyphen_values = true)]
    pub eps: Vec<Size>,
    /// Options of the attack.
    #[command(flatten)]
    pub given: GivenOptions,
    /// The first so many test images of each class are attacked
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = values::at_least_one)]
    pub per_class: usize,
    /// Seed by which the images and the order of each participant are drawn
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub sample_seed: u64,
    /// What participants see as the study's name
    #[arg(long, value_name = "TEXT", default_value = "What do you see?")]
    pub title: String,
    /// Refuse to make a study that has fewer images for a class and model than the protocol wants
    #[arg(long)]
    pub strict: bool,
}

/// Arguments of `study serve`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  doubleback study serve my-study --contact ada@example.org
  doubleback study serve my-study --contact ada@example.org --open 60 \\
      --listen 127.0.0.1:8000 --public-origin https://study.example.org
  doubleback study serve my-study --contact ada@example.org --new-admin-token")]
pub struct StudyServeArgs {
    /// Folder of the study
    #[arg(value_name = "STUDY")]
    pub study: PathBuf,
    /// Address and port of the participants' pages; port 0 is any free one
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// Address and port of the researcher's pages
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8081")]
    pub admin_listen: SocketAddr,
    /// What participants' browsers reach it as, through a reverse proxy: https://study.example.org
    #[arg(long, value_name = "URL")]
    pub public_origin: Option<String>,
    /// Whom participants ask: what {{contact}} stands for in the texts, such as a name and an e-mail address
    #[arg(long, value_name = "TEXT")]
    pub contact: Option<String>,
    /// Open enrolment: anybody may take part, until so many have begun. It stays so when the study is served again, until it is changed on the researcher's pages
    #[arg(long, value_name = "N")]
    pub open: Option<u64>,
    /// Show the researcher's pages to other machines, too
    #[arg(long)]
    pub admin_anywhere: bool,
    /// Make another key for the researcher's pages; the former one no longer opens them
    #[arg(long)]
    pub new_admin_token: bool,
}

/// Arguments of `study export`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  doubleback study export my-study > answers.csv
  doubleback study export my-study --csv answers.csv --json answers.json")]
pub struct StudyExportArgs {
    /// Folder of the study
    #[arg(value_name = "STUDY")]
    pub study: PathBuf,
    /// Write the answers, one a line
    #[arg(long, value_name = "FILE.csv")]
    pub csv: Option<PathBuf>,
    /// Write answers, comments and participants as JSON; without FILE or with -, to standard output
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "-")]
    pub json: Option<JsonTarget>,
}

/// Arguments of `study analyse`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  doubleback study analyse my-study
  doubleback study analyse my-study --out results --unfinished
  doubleback study analyse my-study --json | jq .rates")]
pub struct StudyAnalyseArgs {
    /// Folder of the study
    #[arg(value_name = "STUDY")]
    pub study: PathBuf,
    /// Folder to write to [default: STUDY/analysis]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Count the answers of participants who have not seen all images, too
    #[arg(long)]
    pub unfinished: bool,
    /// Seed of tests and intervals that draw
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Write the results as JSON; without FILE or with -, to standard output
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "-")]
    pub json: Option<JsonTarget>,
}

impl StudyAnalyseArgs {
    /// The folder that it writes to.
    pub fn folder(&self) -> PathBuf {
        self.out.clone().unwrap_or_else(|| self.study.join("analysis"))
    }
}

impl StudyCommand {
    pub(super) fn files(&self, global: &Global) -> Files {
        let reading = |study: &Path| Files::default().reading("STUDY", study);
        match self {
            StudyCommand::New(args) => {
                let files = args.dataset.iter();
                let files = files.fold(args.import.reading(Files::default()), |files, name| {
                    global.reading_data(files, "--dataset", name)
                });
                let models = args.models.iter();
                let files = models.fold(files, |files, model| reading_model(files, "--models", &model.path));
                files.writing_folder("STUDY", &args.study, STUDY)
            }
            StudyCommand::Serve(args) => reading(&args.study),
            StudyCommand::Export(args) => {
                let csv = args.csv.iter();
                let files = csv.fold(reading(&args.study), |files, path| {
                    files.writing("--csv", path, Format::Csv)
                });
                JsonTarget::file(args.json.as_ref(), files)
            }
            StudyCommand::Analyse(args) => {
                let files = reading(&args.study).writing_folder("--out", &args.folder(), STUDY_ANALYSIS);
                JsonTarget::file(args.json.as_ref(), files)
            }
        }
    }
}
