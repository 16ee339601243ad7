//! How much the pages of a column say that they unpack to, before any is unpacked.
//!
//! The library takes that much memory on the word of a page's header. Headers are structures of Thrift's compact protocol, of which fields 2 and 3
//! are the sizes of the page, unpacked and packed; all else is skipped.

/// Bytes that any page may unpack to: pages are cut at a few MiB, or behind a large picture.
const ANY: u64 = 1 << 26;
/// How many times its size a page may unpack to, if that is more: as much as Deflate can.
const TIMES: u64 = 1_100;
/// Structures in structures in a header.
const DEPTH: usize = 8;

/// Why the pages in these bytes of a column are not to be read.
pub(super) fn check(column: &[u8]) -> Result<(), &'static str> {
    let mut rest = column;
    while !rest.is_empty() {
        let mut sizes = Sizes::default();
        read_struct(&mut rest, DEPTH, &mut |field, value| match field {
            2 => sizes.unpacked = Some(value),
            3 => sizes.packed = Some(value),
            _ => {}
        })
        .ok_or("the header of a page is damaged")?;
        let size = |size: Option<i64>| size.and_then(|size| u64::try_from(size).ok());
        let (Some(unpacked), Some(packed)) = (size(sizes.unpacked), size(sizes.packed)) else {
            return Err("the header of a page has no sizes");
        };
        if unpacked > ANY.max(packed.saturating_mul(TIMES)) {
            return Err("a page says that it unpacks to far more than it has");
        }
        rest = usize::try_from(packed)
            .ok()
            .and_then(|packed| rest.get(packed..))
            .ok_or("a page is longer than its column")?;
    }
    Ok(())
}

#[derive(Default)]
struct Sizes {
    unpacked: Option<i64>,
    packed: Option<i64>,
}

/// Reads a structure and tells `number` its fields that are whole numbers; nothing if it is none.
fn read_struct(rest: &mut &[u8], depth: usize, number: &mut dyn FnMut(i64, i64)) -> Option<()> {
    let depth = depth.checked_sub(1)?;
    let mut field = 0i64;
    loop {
        let header = byte(rest)?;
        let kind = header & 15;
        if kind == 0 {
            return Some(());
        }
        field = match header >> 4 {
            0 => whole(rest)?,
            step => field.checked_add(i64::from(step))?,
        };
        match kind {
            // The value is in the kind.
            1 | 2 => {}
            4..=6 => number(field, whole(rest)?),
            kind => skip(rest, kind, depth)?,
        }
    }
}

/// Passes over a value.
fn skip(rest: &mut &[u8], kind: u8, depth: usize) -> Option<()> {
    match kind {
        1..=3 => skip_bytes(rest, 1),
        4..=6 => varint(rest).map(drop),
        7 => skip_bytes(rest, 8),
        8 => {
            let length = varint(rest)?;
            skip_bytes(rest, length)
        }
        9 | 10 => {
            let header = byte(rest)?;
            let count = match header >> 4 {
                15 => varint(rest)?,
                count => u64::from(count),
            };
            let depth = depth.checked_sub(1)?;
            // Each takes a byte at least, so that no count goes on behind the end.
            (0..count).try_for_each(|_| skip(rest, header & 15, depth))
        }
        12 => read_struct(rest, depth, &mut |_, _| {}),
        // Headers of pages have no maps.
        _ => None,
    }
}

fn byte(rest: &mut &[u8]) -> Option<u8> {
    let (first, others) = rest.split_first()?;
    *rest = others;
    Some(*first)
}

fn skip_bytes(rest: &mut &[u8], count: u64) -> Option<()> {
    *rest = rest.get(usize::try_from(count).ok()?..)?;
    Some(())
}

/// Seven bits a byte, the lowest first.
fn varint(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let next = byte(rest)?;
        value |= u64::from(next & 127) << shift;
        if next < 128 {
            return Some(value);
        }
    }
    None
}

/// The same with the sign in the lowest bit.
fn whole(rest: &mut &[u8]) -> Option<i64> {
    let value = varint(rest)?;
    Some((value >> 1) as i64 ^ -((value & 1) as i64))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The header of a page of these sizes, and so many bytes.
    fn page(unpacked: u32, packed: u32, content: usize) -> Vec<u8> {
        let mut page = vec![0x15, 0];
        for size in [unpacked, packed] {
            page.push(0x15);
            let mut zigzag = u64::from(size) << 1;
            while zigzag >= 128 {
                page.push((zigzag & 127) as u8 | 128);
                zigzag >>= 7;
            }
            page.push(zigzag as u8);
        }
        // Field 5, a structure: a number, a list of two truths, some text; then the end of both.
        page.extend([0x2c, 0x15, 4, 0x19, 0x21, 1, 2, 0x18, 1, b'x', 0, 0]);
        page.resize(page.len() + content, 0x7f);
        page
    }

    #[test]
    fn pages_are_passed_over_whole() {
        assert_eq!(check(&[page(300, 200, 200), page(5, 7, 7)].concat()), Ok(()));
        assert_eq!(check(&page(1 << 26, 200, 200)), Ok(()));
        assert!(check(&page(300, 200, 199)).is_err());
        assert!(check(&page(300, 200, 201)).is_err());
        let whole = page(300, 2, 2);
        assert!((1..whole.len()).all(|end| check(&whole[..end]).is_err()));
    }

    #[test]
    fn what_no_page_unpacks_to_is_refused() {
        assert!(check(&page((1 << 26) + 1, 200, 200)).unwrap_err().contains("far more"));
        let many = 1 << 17;
        assert_eq!(check(&page((1 << 26) + 1, many, many as usize)), Ok(()));
    }

    #[test]
    fn structures_without_end_are_refused() {
        assert!(check(&[0x1c; 100]).is_err());
        assert!(check(&[0x19, 0xf9, 0xff, 0xff, 0xff, 0xff, 0x7f]).is_err());
    }
}
