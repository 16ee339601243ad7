//! Fashion-MNIST (Xiao, Rasul & Vollgraf 2017, arXiv 1708.07747): articles of clothing in MNIST's format, sizes and counts.

use crate::dataset::Dataset;
use crate::error::DataError;
use crate::sets::file_state::FileStatus;
use crate::sets::four_files;
use crate::sets::info::DatasetInfo;
use crate::sets::labelled::Published;
use crate::sets::mnist::SHAPE;
use crate::sets::options::LoadOptions;

const CLASSES: [&str; 10] = [
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
];

// The packed files have the published MD5s 8d4fb7e6…, 25c81989…, bef4ecab… and bb300cfd….
pub(crate) static FILES: [Published; 4] = [
    Published {
        name: "train-images-idx3-ubyte.gz",
        packed: "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        unpacked: "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    },
    Published {
        name: "train-labels-idx1-ubyte.gz",
        packed: "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        unpacked: "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    },
    Published {
        name: "t10k-images-idx3-ubyte.gz",
        packed: "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        unpacked: "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    },
    Published {
        name: "t10k-labels-idx1-ubyte.gz",
        packed: "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
        unpacked: "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    },
];

/// What the catalog says of `fashion-mnist`.
pub(crate) const INFO: DatasetInfo = DatasetInfo {
    name: "fashion-mnist",
    description: "articles of clothing, 28x28 gray, laid out as MNIST is",
    classes: &CLASSES,
    shape: SHAPE,
    train: 55_000,
    validation: 5_000,
    test: 10_000,
    license: "MIT",
    notice: "Fashion-MNIST by H. Xiao, K. Rasul and R. Vollgraf, Zalando SE, MIT license",
    files: &FILES,
    folders: &[],
    places: &[
        "fashion-mnist/FashionMNIST/raw",
        "fashion-mnist/raw",
        "FashionMNIST/raw",
    ],
    archives: &[],
    load,
    verify,
};

fn load(options: &LoadOptions) -> Result<Dataset, DataError> {
    four_files::load(&INFO, &FILES, options)
}

fn verify(options: &LoadOptions) -> Result<Vec<FileStatus>, DataError> {
    four_files::verify(&INFO, &FILES, options)
}
