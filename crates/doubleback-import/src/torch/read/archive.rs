use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use zip9::{CompressionMethod, ZipArchive, ZipReadOptions};

/// Most that the entries may be larger than the file. PyTorch never packs them.
const UNPACKED: u64 = 4;

/// A zip archive whose entries were found to be no larger than the file is worth.
pub(super) struct Archive {
    zip: ZipArchive<BufReader<File>>,
    names: Vec<String>,
}

impl Archive {
    /// Opens an archive and looks at all its entries.
    ///
    /// # Errors
    /// When it is damaged, encrypted or packed in a way that PyTorch does not know, or unpacks to far more than its size.
    pub fn open(path: &Path) -> Result<Self, String> {
        let failed = |problem: &dyn std::fmt::Display| format!("cannot be read as an archive: {problem}");
        let file = File::open(path).map_err(|e| failed(&e))?;
        let length = file.metadata().map_err(|e| failed(&e))?.len();
        let mut zip = ZipArchive::new(BufReader::new(file)).map_err(|e| failed(&e))?;
        let (mut names, mut all) = (Vec::with_capacity(zip.len()), 0u64);
        for index in 0..zip.len() {
            let entry = zip.by_index_raw(index).map_err(|e| failed(&e))?;
            let name = entry.name().map_err(|e| failed(&e))?.into_owned();
            let packing = entry.compression();
            if entry.encrypted() {
                return Err(format!("its entry `{name}` is encrypted. Unpack it and pack it again"));
            }
            if ![CompressionMethod::Stored, CompressionMethod::Deflated].contains(&packing) {
                return Err(format!(
                    "its entry `{name}` is packed by {packing:?}. Load it with PyTorch and save it again"
                ));
            }
            all = all.saturating_add(entry.size());
            names.push(name);
        }
        if all > length.saturating_mul(UNPACKED) {
            return Err(format!(
                "unpacks to {all} bytes, more than {UNPACKED} times its size. Load it with PyTorch and save it again"
            ));
        }
        Ok(Self { zip, names })
    }

    /// Names of the entries.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// The shortest folder (with its slash, or empty) that has an entry of this name: where PyTorch puts all others.
    pub fn root_of(&self, entry: &str) -> Option<String> {
        let roots = self.names().filter_map(|name| name.strip_suffix(entry));
        let roots = roots.filter(|root| root.is_empty() || root.ends_with('/'));
        roots.min_by_key(|root| root.len()).map(str::to_owned)
    }

    /// The bytes of an entry.
    ///
    /// # Errors
    /// When there is none of this name, or it is damaged.
    pub fn read(&mut self, name: &str) -> Result<Vec<u8>, String> {
        let failed = |problem: &dyn std::fmt::Display| format!("its entry `{name}` cannot be read: {problem}");
        let index = self.zip.index_for_name(name).ok_or_else(|| failed(&"there is none"))?;
        // Files without checksums say 0, as PyTorch writes them on request.
        let none = self.zip.by_index_raw(index).map_err(|e| failed(&e))?.crc32() == 0;
        let options = ZipReadOptions::new().ignore_crc32(none);
        let entry = self.zip.by_index_with_options(index, options).map_err(|e| failed(&e))?;
        let size = entry.size();
        let mut bytes = Vec::new();
        // One byte more than it says shows that it lies.
        let read = entry.take(size.saturating_add(1)).read_to_end(&mut bytes);
        read.map_err(|e| failed(&e))?;
        match bytes.len() as u64 == size {
            true => Ok(bytes),
            false => Err(failed(&"its size is not what the archive says")),
        }
    }
}
