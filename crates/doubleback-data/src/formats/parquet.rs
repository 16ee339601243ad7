//! Parquet files: two columns, pictures and whole numbers, row by row.
//!
//! The library's readers take what a file says of itself for granted in places and panic where it contradicts itself; here such a file is damaged.

mod pages;

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use ::parquet::basic::{ConvertedType, Type};
use ::parquet::column::reader::{ColumnReaderImpl, get_typed_column_reader};
use ::parquet::data_type::{ByteArray, ByteArrayType, DataType, Int32Type, Int64Type};
use ::parquet::errors::ParquetError;
use ::parquet::file::reader::{FileReader, RowGroupReader, SerializedFileReader};
use bytes::Bytes;

use crate::error::ParquetProblem;

/// Rows that are read at once.
const BATCH: usize = 256;

/// A column, as a row has it: the fields of structures one by one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Column {
    /// Its name; of a field of a structure, all names that lead to it.
    pub path: Vec<String>,
    /// What it holds.
    pub content: Content,
}

/// What a column holds, as far as it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// Strings of bytes, such as pictures.
    Bytes,
    /// Text.
    Text,
    /// Whole numbers.
    Whole,
    /// Anything else, in words.
    Other(&'static str),
}

/// Some rows, from the one with this number on.
pub(crate) struct Rows {
    /// The number of the first, counted from 0.
    pub first: usize,
    /// The pictures; `None` where there is nothing.
    pub pictures: Vec<Option<Vec<u8>>>,
    /// As many numbers.
    pub labels: Vec<Option<i64>>,
}

/// A file that was opened.
pub(crate) struct Table {
    file: Bytes,
    reader: SerializedFileReader<Bytes>,
}

impl Table {
    /// Reads what the end of a file says of the rest.
    pub fn open(file: Bytes) -> Result<Self, ParquetProblem> {
        let reader = guarded(|| SerializedFileReader::new(file.clone()))?;
        Ok(Self { file, reader })
    }

    /// All columns.
    pub fn columns(&self) -> Vec<Column> {
        let schema = self.reader.metadata().file_metadata().schema_descr();
        let column = |at| {
            let column = schema.column(at);
            let content = match column.physical_type() {
                _ if column.max_rep_level() > 0 => Content::Other("lists"),
                Type::BYTE_ARRAY if column.converted_type() == ConvertedType::NONE => Content::Bytes,
                Type::BYTE_ARRAY => Content::Text,
                Type::INT32 | Type::INT64 if is_number(column.converted_type()) => Content::Whole,
                Type::BOOLEAN => Content::Other("booleans"),
                Type::FLOAT | Type::DOUBLE => Content::Other("fractions"),
                _ => Content::Other("neither bytes nor whole numbers"),
            };
            let path = column.path().parts().to_vec();
            Column { path, content }
        };
        (0..schema.num_columns()).map(column).collect()
    }

    /// What its key says, of the keys and values that a file has beside its rows.
    pub fn value(&self, key: &str) -> Option<&str> {
        let pairs = self.reader.metadata().file_metadata().key_value_metadata()?;
        pairs.iter().find(|pair| pair.key == key)?.value.as_deref()
    }

    /// Gives all rows, some at once, to `take`. `pictures` is the place of a column of bytes among [`columns`](Self::columns), `labels` of one of
    /// whole numbers.
    pub fn rows<E: From<ParquetProblem>>(
        &self,
        pictures: usize,
        labels: usize,
        mut take: impl FnMut(Rows) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut first = 0;
        for group in 0..self.reader.num_row_groups() {
            let group = guarded(|| self.reader.get_row_group(group))?;
            self.check_pages(&*group, pictures)?;
            self.check_pages(&*group, labels)?;
            let mut columns = guarded(|| Columns::open(&*group, pictures, labels))?;
            let mut left = usize::try_from(group.metadata().num_rows())
                .map_err(|_| ParquetProblem::Damaged("it says that it has fewer than no rows".to_owned()))?;
            while left > 0 {
                let (pictures, labels) = guarded(|| columns.next(left.min(BATCH)))?;
                let count = pictures.len();
                if count == 0 || count != labels.len() {
                    let said = "it has fewer rows than it says, or not as many in each column".to_owned();
                    return Err(ParquetProblem::Damaged(said).into());
                }
                take(Rows {
                    first,
                    pictures,
                    labels,
                })?;
                first += count;
                left -= count;
            }
        }
        Ok(())
    }

    /// Refuses pages that say that they unpack to more than they can.
    fn check_pages(&self, group: &dyn RowGroupReader, column: usize) -> Result<(), ParquetProblem> {
        let column = group.metadata().column(column);
        let start = column.dictionary_page_offset().unwrap_or(column.data_page_offset());
        let range = usize::try_from(start)
            .ok()
            .zip(usize::try_from(column.compressed_size()).ok());
        let bytes = range.and_then(|(start, length)| self.file.get(start..)?.get(..length));
        let bytes = bytes.ok_or_else(|| ParquetProblem::Damaged("a column lies beyond its end".to_owned()))?;
        pages::check(bytes).map_err(|why| ParquetProblem::Damaged(why.to_owned()))
    }

    /// The text in a row of a column of bytes, if there is any.
    pub fn text(&self, column: usize, row: usize) -> Option<String> {
        let mut row = row;
        for group in 0..self.reader.num_row_groups() {
            let group = guarded(|| self.reader.get_row_group(group)).ok()?;
            let rows = usize::try_from(group.metadata().num_rows()).ok()?;
            if row >= rows {
                row -= rows;
                continue;
            }
            self.check_pages(&*group, column).ok()?;
            let value = guarded(|| {
                let mut values = Values::<ByteArrayType>::open(&*group, column)?;
                values.column.skip_records(row)?;
                values.next(1)
            });
            let value = value.ok()?.into_iter().next()??;
            return Some(String::from_utf8_lossy(value.data()).into_owned());
        }
        None
    }
}

/// The two columns of a group of rows.
struct Columns {
    pictures: Values<ByteArrayType>,
    labels: Labels,
}

enum Labels {
    Short(Values<Int32Type>),
    Long(Values<Int64Type>),
}

impl Columns {
    fn open(group: &dyn RowGroupReader, pictures: usize, labels: usize) -> Result<Self, ParquetError> {
        let labels = match group.metadata().column(labels).column_type() {
            Type::INT32 => Labels::Short(Values::open(group, labels)?),
            _ => Labels::Long(Values::open(group, labels)?),
        };
        let pictures = Values::open(group, pictures)?;
        Ok(Self { pictures, labels })
    }

    #[allow(clippy::type_complexity, reason = "a pair of columns, used once")]
    fn next(&mut self, count: usize) -> Result<(Vec<Option<Vec<u8>>>, Vec<Option<i64>>), ParquetError> {
        let bytes = |value: Option<ByteArray>| value.map(|value| value.data().to_vec());
        let pictures = self.pictures.next(count)?.into_iter().map(bytes).collect();
        let labels = match &mut self.labels {
            Labels::Short(values) => {
                let labels = values.next(count)?.into_iter();
                labels.map(|label| label.map(i64::from)).collect()
            }
            Labels::Long(values) => values.next(count)?,
        };
        Ok((pictures, labels))
    }
}

/// A column of a group of rows.
struct Values<T: DataType> {
    column: ColumnReaderImpl<T>,
    /// How deep a value lies that is there: less deep, there is none, or not even the structure around it.
    depth: i16,
}

impl<T: DataType> Values<T> {
    fn open(group: &dyn RowGroupReader, column: usize) -> Result<Self, ParquetError> {
        Ok(Self {
            depth: group.metadata().column(column).column_descr().max_def_level(),
            column: get_typed_column_reader(group.get_column_reader(column)?),
        })
    }

    /// The next rows, at most so many.
    fn next(&mut self, count: usize) -> Result<Vec<Option<T::T>>, ParquetError> {
        let (mut depths, mut values) = (Vec::new(), Vec::new());
        let (rows, ..) = self.column.read_records(count, Some(&mut depths), None, &mut values)?;
        if self.depth == 0 {
            return Ok(values.into_iter().map(Some).collect());
        }
        let there = depths.iter().filter(|depth| **depth == self.depth).count();
        if (depths.len(), there) != (rows, values.len()) {
            return Err(ParquetError::General(
                "rows and values do not fit each other".to_owned(),
            ));
        }
        let mut values = values.into_iter();
        let value = |depth: i16| if depth == self.depth { values.next() } else { None };
        Ok(depths.into_iter().map(value).collect())
    }
}

/// Whether integers of this type are numbers, not days or the like.
fn is_number(converted: ConvertedType) -> bool {
    use ConvertedType::{INT_8, INT_16, INT_32, INT_64, NONE, UINT_8, UINT_16, UINT_32, UINT_64};
    matches!(
        converted,
        NONE | INT_8 | INT_16 | INT_32 | INT_64 | UINT_8 | UINT_16 | UINT_32 | UINT_64
    )
}

thread_local! {
    static IS_READING: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread is within the library, whose panics are caught.
pub(crate) fn is_reading() -> bool {
    IS_READING.get()
}

/// What the library makes of a file. Whatever it was working on when it panicked is dropped with the file and not used again.
fn guarded<T>(work: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, ParquetProblem> {
    IS_READING.set(true);
    let outcome = catch_unwind(AssertUnwindSafe(work));
    IS_READING.set(false);
    match outcome {
        Ok(Ok(found)) => Ok(found),
        Ok(Err(error)) => Err(ParquetProblem::Damaged(error.to_string().replace(['\n', '\r'], " "))),
        Err(_) => Err(ParquetProblem::Damaged("it contradicts itself".to_owned())),
    }
}
