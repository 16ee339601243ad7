//! CIFAR-100, in the binary form and in Python's: 100 fine classes, or with `cifar100:coarse` the 20 that they are grouped into.

use crate::dataset::Dataset;
use crate::error::DataError;
use crate::formats::cifar::LabelKind;
use crate::sets::cifar_batches;
use crate::sets::cifar_batches::{Kind, SHAPE};
use crate::sets::file_state::FileStatus;
use crate::sets::info::DatasetInfo;
use crate::sets::labelled::Published;
use crate::sets::options::LoadOptions;

const FINE: [&str; 100] = [
    "apple",
    "aquarium_fish",
    "baby",
    "bear",
    "beaver",
    "bed",
    "bee",
    "beetle",
    "bicycle",
    "bottle",
    "bowl",
    "boy",
    "bridge",
    "bus",
    "butterfly",
    "camel",
    "can",
    "castle",
    "caterpillar",
    "cattle",
    "chair",
    "chimpanzee",
    "clock",
    "cloud",
    "cockroach",
    "couch",
    "crab",
    "crocodile",
    "cup",
    "dinosaur",
    "dolphin",
    "elephant",
    "flatfish",
    "forest",
    "fox",
    "girl",
    "hamster",
    "house",
    "kangaroo",
    "keyboard",
    "lamp",
    "lawn_mower",
    "leopard",
    "lion",
    "lizard",
    "lobster",
    "man",
    "maple_tree",
    "motorcycle",
    "mountain",
    "mouse",
    "mushroom",
    "oak_tree",
    "orange",
    "orchid",
    "otter",
    "palm_tree",
    "pear",
    "pickup_truck",
    "pine_tree",
    "plain",
    "plate",
    "poppy",
    "porcupine",
    "possum",
    "rabbit",
    "raccoon",
    "ray",
    "road",
    "rocket",
    "rose",
    "sea",
    "seal",
    "shark",
    "shrew",
    "skunk",
    "skyscraper",
    "snail",
    "snake",
    "spider",
    "squirrel",
    "streetcar",
    "sunflower",
    "sweet_pepper",
    "table",
    "tank",
    "telephone",
    "television",
    "tiger",
    "tractor",
    "train",
    "trout",
    "tulip",
    "turtle",
    "wardrobe",
    "whale",
    "willow_tree",
    "wolf",
    "woman",
    "worm",
];
const COARSE: [&str; 20] = [
    "aquatic_mammals",
    "fish",
    "flowers",
    "food_containers",
    "fruit_and_vegetables",
    "household_electrical_devices",
    "household_furniture",
    "insects",
    "large_carnivores",
    "large_man-made_outdoor_things",
    "large_natural_outdoor_scenes",
    "large_omnivores_and_herbivores",
    "medium_mammals",
    "non-insect_invertebrates",
    "people",
    "reptiles",
    "small_mammals",
    "trees",
    "vehicles_1",
    "vehicles_2",
];

/// Both labels, as the binary form has them.
const LABELS: [LabelKind; 2] = [
    LabelKind {
        key: "coarse_labels",
        classes: COARSE.len(),
    },
    LabelKind {
        key: "fine_labels",
        classes: FINE.len(),
    },
];

// The checksums are those of the published binary files.
const TRAIN: Published = Published {
    name: "train.bin.gz",
    packed: Published::UNKNOWN,
    unpacked: "f31298fc616915fa142368359df1c4ca2ae984d6915ca468b998a5ec6aeebf29",
};
const TEST: Published = Published {
    name: "test.bin.gz",
    packed: Published::UNKNOWN,
    unpacked: "d8b1e6b7b3bee4020055f0699b111f60b1af1e262aeb93a0b659061746f8224a",
};
static FILES: [Published; 2] = [TRAIN, TEST];
static ARCHIVES: [Published; 2] = [
    Published {
        name: "cifar-100-binary.tar.gz",
        packed: "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec",
        unpacked: Published::UNKNOWN,
    },
    Published {
        name: "cifar-100-python.tar.gz",
        packed: "85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7",
        unpacked: Published::UNKNOWN,
    },
];

/// What the catalog says of `cifar100`.
pub(crate) const INFO: DatasetInfo = DatasetInfo {
    name: "cifar100",
    description: "small photographs of a hundred kinds of things, in color",
    classes: &FINE,
    shape: SHAPE,
    train: 45_000,
    validation: 5_000,
    test: 10_000,
    license: "no license stated",
    notice: "CIFAR-100 by A. Krizhevsky, V. Nair and G. Hinton (Krizhevsky 2009), published without a license",
    files: &FILES,
    folders: &[],
    places: &[
        "cifar100/cifar-100-python",
        "cifar100/cifar-100-binary",
        "cifar-100-python",
        "cifar-100-binary",
    ],
    archives: &ARCHIVES,
    load,
    verify,
};

/// What the catalog says of `cifar100:coarse`.
pub(crate) const OF_COARSE: DatasetInfo = DatasetInfo {
    name: "cifar100:coarse",
    description: "the same photographs in the twenty kinds that the hundred are grouped into",
    classes: &COARSE,
    load: load_coarse,
    ..INFO
};

const KIND: Kind<2> = Kind {
    training: &[TRAIN],
    test: &TEST,
    in_order: false,
    labels: &LABELS,
};

fn load(options: &LoadOptions) -> Result<Dataset, DataError> {
    cifar_batches::load(&INFO, &KIND, 1, options)
}

fn load_coarse(options: &LoadOptions) -> Result<Dataset, DataError> {
    cifar_batches::load(&OF_COARSE, &KIND, 0, options)
}

fn verify(options: &LoadOptions) -> Result<Vec<FileStatus>, DataError> {
    cifar_batches::verify(&INFO, &KIND, options)
}
