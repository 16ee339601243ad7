//! What readers hold files to: the messages of [`DataError`](crate::DataError) name the same numbers.

/// Most images of each class on a contact sheet.
pub const MAX_PER_CLASS: usize = 100;
/// Most classes on a contact sheet.
pub const MAX_SHOWN_CLASSES: usize = 100;
/// Most classes of a data set. ImageNet-21k has 21,841.
pub(crate) const MAX_CLASSES: usize = 1 << 16;

/// IDX files.
pub(crate) mod idx {
    /// Most bytes of data of a file: 1 GiB.
    pub const MAX_BYTES: usize = 1 << 30;
}

/// MAT-files.
pub(crate) mod mat {
    /// Most bytes that an array may have: 2 GiB. SVHN's largest, the images of `extra_32x32.mat`, has 1.6 GB.
    pub const MAX_BYTES: usize = 1 << 31;
    /// The version of the format in a file's header.
    pub const VERSION: u16 = 0x0100;
}

/// NumPy's files.
pub(crate) mod npy {
    /// Most bytes of a file, and of an array in memory: 4 GiB.
    pub const MAX_BYTES: usize = 1 << 32;
    /// Most bytes of a header, as NumPy itself has it for files that are not trusted.
    pub const MAX_HEADER: usize = 10_000;
    /// Most dimensions of an array, as NumPy 2 has it.
    pub const MAX_DIMS: usize = 64;
}

/// Parquet files.
pub(crate) mod parquet {
    /// Most bytes of a file: 4 GiB. Those of the hub have some 500 MB.
    pub const MAX_BYTES: usize = 1 << 32;
}

/// Batches of CIFAR-10 and CIFAR-100.
pub(crate) mod cifar {
    /// Most bytes of a file, after unpacking: 256 MiB, more than all of CIFAR-10 or CIFAR-100 in one.
    pub const MAX_BYTES: usize = 1 << 28;
    /// Bytes of an image's pixels.
    pub const PIXELS: usize = 3 * 32 * 32;
}
