//! Arrays in an `.npz` file, for NumPy and its like: equal arrays are equal files.

use std::io::{Result, Seek, Write};

use npyz::npz::NpzWriter;
use npyz::zip::DateTime;
use npyz::zip::write::FileOptions;
use npyz::{DType, WriterBuilder};

/// A file in the making.
pub(crate) struct NpzFile<W: Write + Seek>(NpzWriter<W>);

impl<W: Write + Seek> NpzFile<W> {
    /// Without arrays.
    pub fn new(out: W) -> Self {
        Self(NpzWriter::new(out))
    }

    /// An array in row-major order.
    pub fn put<T: npyz::AutoSerialize + Copy>(&mut self, name: &str, shape: &[u64], values: &[T]) -> Result<()> {
        self.put_parts(name, shape, [values])
    }

    /// An array in row-major order, whose values are those of some slices, one after the other.
    pub fn put_parts<'a, T: npyz::AutoSerialize + Copy + 'a>(
        &mut self,
        name: &str,
        shape: &[u64],
        parts: impl IntoIterator<Item = &'a [T]> + Clone,
    ) -> Result<()> {
        let options = options(parts.clone().into_iter().map(size_of_val).sum());
        let mut array = self.0.array(name, options)?.default_dtype().shape(shape).begin_nd()?;
        for values in parts {
            array.extend(values.iter().copied())?;
        }
        array.finish()
    }

    /// A list of whole numbers, as int64.
    pub fn put_integers(&mut self, name: &str, values: &[usize]) -> Result<()> {
        let integers: Vec<i64> = values.iter().map(|&value| value as i64).collect();
        self.put(name, &[values.len() as u64], &integers)
    }

    /// A list of texts, as NumPy has them: as many code points for each as the longest has.
    pub fn put_texts(&mut self, name: &str, values: &[String]) -> Result<()> {
        let longest = values.iter().map(|text| text.chars().count()).max().unwrap_or(0).max(1);
        let kind = format!("<U{longest}").parse().map_err(std::io::Error::other)?;
        let array = self.0.array::<str>(name, options(4 * longest * values.len()))?;
        let mut array = array
            .dtype(DType::Plain(kind))
            .shape(&[values.len() as u64])
            .begin_nd()?;
        values.iter().try_for_each(|text| array.push(text.as_str()))?;
        array.finish()
    }

    /// Ends the file.
    pub fn finish(mut self) -> Result<()> {
        self.0.zip_writer().finish().map(drop).map_err(Into::into)
    }
}

/// No time of day. Arrays of 4 GiB need another header.
fn options(bytes: usize) -> FileOptions {
    FileOptions::default()
        .last_modified_time(DateTime::default())
        .large_file(bytes > u32::MAX as usize / 2)
}
