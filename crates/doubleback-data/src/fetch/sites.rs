//! Where data sets are, and what is published of their files.

use std::path::{Path, PathBuf};

use super::archive;
use super::error::FetchError;
use super::options::{FetchOptions, RemoteFile};
use super::watch::FetchWatch;
use crate::sets::labelled::Published;
use crate::sets::{fashion_mnist, mnist};

/// A file to fetch.
pub(super) struct Item {
    pub file: RemoteFile,
    /// What to do with it, if it is an archive.
    pub unpack: Option<Unpack>,
}

/// What to take out of an archive.
#[derive(Clone, Copy, Debug)]
pub(super) enum Unpack {
    /// A folder with everything in it.
    Folder(&'static str),
    /// Files, wherever they are in the archive, each of so many bytes.
    Files(&'static [&'static str], u64),
}

impl Unpack {
    /// What will be there.
    pub fn place(&self, folder: &Path) -> PathBuf {
        match self {
            Self::Folder(name) => folder.join(name),
            Self::Files(..) => folder.to_owned(),
        }
    }

    /// Whether it is there.
    pub fn is_here(&self, folder: &Path) -> bool {
        match self {
            Self::Folder(name) => folder.join(name).is_dir(),
            Self::Files(names, _) => names.iter().all(|name| {
                let packed = format!("{name}.gz");
                folder.join(name).is_file() || folder.join(packed).is_file()
            }),
        }
    }

    /// Takes it out of `archive`: all of it, or nothing.
    pub fn unpack(&self, archive: &Path, folder: &Path, watch: FetchWatch<'_>) -> Result<(), FetchError> {
        match self {
            Self::Folder(name) => archive::unpack_folder(archive, name, folder, watch),
            Self::Files(names, bytes) => archive::unpack_files(archive, names, *bytes, folder, watch),
        }
    }
}

const MNIST: [&str; 2] = [
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
];
const FASHION_MNIST: [&str; 2] = [
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
];
const NOTMNIST: [&str; 2] = [
    "http://yaroslavvb.com/upload/notMNIST/",
    "https://commondatastorage.googleapis.com/books1000/",
];
const SVHN: [&str; 1] = ["http://ufldl.stanford.edu/housenumbers/"];
const EMNIST: [&str; 1] = ["https://biometrics.nist.gov/cs_links/EMNIST/"];
const CIFAR10: [&str; 1] = ["https://www.cs.toronto.edu/~kriz/"];

/// Size, SHA-256 if one is published, and what to do with it.
struct Site {
    name: &'static str,
    bytes: u64,
    sha256: Option<&'static str>,
    unpack: Option<Unpack>,
    optional: bool,
}

// Many programs check the size of these archives; no published checksum is known to us.
static NOTMNIST_FILES: [Site; 2] = [
    Site {
        name: "notMNIST_small.tar.gz",
        bytes: 8_458_043,
        sha256: None,
        unpack: Some(Unpack::Folder("notMNIST_small")),
        optional: false,
    },
    Site {
        name: "notMNIST_large.tar.gz",
        bytes: 247_336_696,
        sha256: None,
        unpack: Some(Unpack::Folder("notMNIST_large")),
        optional: false,
    },
];

static SVHN_FILES: [Site; 3] = [
    Site {
        name: "train_32x32.mat",
        bytes: 182_040_794,
        sha256: Some("435e94d69a87fde4fd4d7f3dd208dfc32cb6ae8af2240d066de1df7508d083b8"),
        unpack: None,
        optional: false,
    },
    Site {
        name: "test_32x32.mat",
        bytes: 64_275_384,
        sha256: Some("cdce80dfb2a2c4c6160906d0bd7c68ec5a99d7ca4831afa54f09182025b6a75b"),
        unpack: None,
        optional: false,
    },
    Site {
        name: "extra_32x32.mat",
        bytes: 1_329_278_602,
        sha256: Some("a133a4beb38a00fcdda90c9489e0c04f900b660ce8a316a5e854838379a71eb3"),
        unpack: None,
        optional: true,
    },
];

static CIFAR10_FILES: [Site; 1] = [Site {
    name: "cifar-10-binary.tar.gz",
    bytes: 170_052_171,
    sha256: Some("c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"),
    unpack: Some(Unpack::Files(
        &[
            "data_batch_1.bin",
            "data_batch_2.bin",
            "data_batch_3.bin",
            "data_batch_4.bin",
            "data_batch_5.bin",
            "test_batch.bin",
        ],
        30_730_000,
    )),
    optional: false,
}];

// Archives that are read as they are.
static CIFAR100_FILES: [Site; 1] = [Site {
    name: "cifar-100-binary.tar.gz",
    bytes: 168_513_733,
    sha256: Some("58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec"),
    unpack: None,
    optional: false,
}];

static EMNIST_FILES: [Site; 1] = [Site {
    name: "gzip.zip",
    bytes: 561_753_746,
    sha256: Some("fb9bb67e33772a9cc0b895e4ecf36d2cf35be8b709693c3564cea2a019fcda8e"),
    unpack: None,
    optional: false,
}];

/// What the data set `name` consists of. Nothing, if it is within the program.
pub(super) fn items(name: &str, how: &FetchOptions) -> Result<Vec<Item>, FetchError> {
    let mirror = how.mirror.as_deref().map(base).transpose()?;
    let four = |files: &[Published], bytes: [u64; 4], bases: &[&str]| {
        let item = |(file, bytes): (&Published, u64)| Item {
            file: RemoteFile {
                name: file.name.to_owned(),
                urls: urls(mirror.as_deref(), bases, file.name),
                sha256: Some(file.packed.to_owned()),
                unpacked_sha256: Some(file.unpacked.to_owned()),
                bytes: Some(bytes),
            },
            unpack: None,
        };
        files.iter().zip(bytes).map(item).collect()
    };
    let sites = |sites: &[Site], bases: &[&str]| {
        let item = |site: &Site| Item {
            file: RemoteFile {
                name: site.name.to_owned(),
                urls: urls(mirror.as_deref(), bases, site.name),
                sha256: site.sha256.map(str::to_owned),
                unpacked_sha256: None,
                bytes: Some(site.bytes),
            },
            unpack: site.unpack,
        };
        let wanted = |site: &&Site| how.extra || !site.optional;
        sites.iter().filter(wanted).map(item).collect()
    };
    // Those of one family are in the same files.
    let (family, _) = name.split_once(':').unwrap_or((name, ""));
    Ok(match family {
        "mnist" => four(&mnist::FILES, [9_912_422, 28_881, 1_648_877, 4_542], &MNIST),
        "fashion-mnist" => four(
            &fashion_mnist::FILES,
            [26_421_880, 29_515, 4_422_102, 5_148],
            &FASHION_MNIST,
        ),
        "notmnist" => sites(&NOTMNIST_FILES, &NOTMNIST),
        "svhn" => sites(&SVHN_FILES, &SVHN),
        "cifar10" => sites(&CIFAR10_FILES, &CIFAR10),
        "cifar100" => sites(&CIFAR100_FILES, &CIFAR10),
        "emnist" => sites(&EMNIST_FILES, &EMNIST),
        _ => Vec::new(),
    })
}

fn urls(mirror: Option<&str>, bases: &[&str], name: &str) -> Vec<String> {
    match mirror {
        Some(base) => vec![format!("{base}{name}")],
        None => bases.iter().map(|base| format!("{base}{name}")).collect(),
    }
}

/// A mirror's address, which ends in a slash.
fn base(url: &str) -> Result<String, FetchError> {
    let refuse = |problem: &str| FetchError::Url {
        url: url.to_owned(),
        problem: problem.to_owned(),
    };
    let address = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let Some(address) = address else {
        return Err(refuse("does not begin with https:// or http://"));
    };
    if url.parse::<ureq::http::Uri>().is_err() || address.starts_with('/') || address.is_empty() {
        return Err(refuse("is not a URL"));
    }
    Ok(format!("{}/", url.trim_end_matches('/')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_data_set_with_files_can_be_fetched() {
        for info in crate::catalog() {
            let items = items(info.name, &FetchOptions::default()).unwrap();
            assert_eq!(items.is_empty(), info.files().count() == 0, "{}", info.name);
            assert!(
                items
                    .iter()
                    .all(|item| item.file.urls.iter().all(|url| url.ends_with(&item.file.name)))
            );
        }
    }

    #[test]
    fn a_mirror_replaces_the_official_sites() {
        let mut how = FetchOptions::default();
        for mirror in ["http://host/a", "http://host/a/"] {
            how.mirror = Some(mirror.to_owned());
            let items = items("svhn", &how).unwrap();
            assert_eq!(items[0].file.urls, ["http://host/a/train_32x32.mat"]);
        }
        for bad in ["host/a", "ftp://host", "https://", "http:///a", "http://a b"] {
            how.mirror = Some(bad.to_owned());
            assert!(matches!(items("svhn", &how), Err(FetchError::Url { .. })), "{bad}");
        }
    }
}
