//! One small file out of an archive of whatever origin. The directory is walked in constant memory, lengths that it claims are
//! believed as upper bounds only, and names are compared and never used as paths.

use std::io::{self, BufReader, Read, Seek, SeekFrom};

use flate2::Crc;
use flate2::read::DeflateDecoder;

/// Entries that are looked at.
const MAX_ENTRIES: u64 = 1_000_000;
/// Longest end of an archive: its record and a comment.
const MAX_END: u64 = 22 + 65_535;
const ENCRYPTED: u16 = 1;
const STORED: u16 = 0;
const DEFLATED: u16 = 8;

/// Why nothing was found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// These are no bytes of an archive.
    NoArchive,
    /// It is cut, or was changed.
    Damaged,
    /// It holds no such file.
    Missing,
    /// The file is larger than it may be, or there are too many.
    TooLarge,
    /// It is encrypted, or packed in another way.
    Unsupported,
}

impl From<io::Error> for Fault {
    fn from(_: io::Error) -> Self {
        Self::Damaged
    }
}

type Found<T> = Result<T, Fault>;

fn number(bytes: &[u8], at: usize, width: usize) -> Found<u64> {
    let part = bytes.get(at..at + width).ok_or(Fault::Damaged)?;
    Ok(part.iter().rev().fold(0, |n, b| n << 8 | u64::from(*b)))
}

fn short(bytes: &[u8], at: usize) -> Found<u16> {
    Ok(u16::try_from(number(bytes, at, 2)?).unwrap_or(u16::MAX))
}

fn read<const N: usize>(from: &mut impl Read) -> Found<[u8; N]> {
    let mut bytes = [0; N];
    from.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// Where the directory is: its beginning and how many entries it has.
fn directory(file: &mut (impl Read + Seek)) -> Found<(u64, u64)> {
    let length = file.seek(SeekFrom::End(0))?;
    let begin = length.saturating_sub(MAX_END);
    file.seek(SeekFrom::Start(begin))?;
    let mut end = Vec::new();
    file.take(MAX_END).read_to_end(&mut end)?;
    // The comment reaches exactly to the end of the file, so that no comment passes for another end.
    let is_end = |at: &usize| {
        end[*at..].starts_with(b"PK\x05\x06") && number(&end, at + 20, 2) == Ok((end.len() - at - 22) as u64)
    };
    let at = (0..end.len().saturating_sub(21)).rev().find(is_end).ok_or(Fault::Damaged)?;
    let (entries, offset) = (number(&end, at + 10, 2)?, number(&end, at + 16, 4)?);
    if entries < 0xffff && offset < 0xffff_ffff {
        return Ok((offset, entries));
    }
    let locator = (begin + at as u64).checked_sub(20).ok_or(Fault::Damaged)?;
    file.seek(SeekFrom::Start(locator))?;
    let locator: [u8; 20] = read(file)?;
    if !locator.starts_with(b"PK\x06\x07") {
        return Ok((offset, entries));
    }
    file.seek(SeekFrom::Start(number(&locator, 8, 8)?))?;
    let record: [u8; 56] = read(file)?;
    if !record.starts_with(b"PK\x06\x06") {
        return Err(Fault::Damaged);
    }
    Ok((number(&record, 48, 8)?, number(&record, 32, 8)?))
}

/// An entry of the directory.
struct Entry {
    flags: u16,
    method: u16,
    crc: u64,
    packed: u64,
    size: u64,
    offset: u64,
}

/// Lengths and place that do not fit into their fields stand in an extra one, in this order.
fn widen(entry: &mut Entry, extra: &[u8]) -> Found<()> {
    let mut at = 0;
    while at + 4 <= extra.len() {
        let (kind, length) = (short(extra, at)?, usize::from(short(extra, at + 2)?));
        at += 4;
        if kind == 1 {
            let mut place = at;
            for field in [&mut entry.size, &mut entry.packed, &mut entry.offset] {
                if *field == 0xffff_ffff {
                    *field = number(extra, place, 8)?;
                    place += 8;
                }
            }
            return Ok(());
        }
        at += length;
    }
    Ok(())
}

/// Whether this is the file, at the top of the archive or in the one folder that somebody packed.
fn is_wanted(name: &[u8], wanted: &str) -> bool {
    let Ok(name) = std::str::from_utf8(name) else { return false };
    match name.split_once('/') {
        None => name == wanted,
        Some((folder, rest)) => rest == wanted && !matches!(folder, "" | "." | "..") && !folder.contains('\\'),
    }
}

fn find(file: &mut (impl Read + Seek), wanted: &str) -> Found<Entry> {
    let (begin, entries) = directory(file)?;
    if entries > MAX_ENTRIES {
        return Err(Fault::TooLarge);
    }
    file.seek(SeekFrom::Start(begin))?;
    let mut directory = BufReader::new(file);
    for _ in 0..entries {
        let head: [u8; 46] = read(&mut directory)?;
        if !head.starts_with(b"PK\x01\x02") {
            return Err(Fault::Damaged);
        }
        let [name, extra, comment] = [28, 30, 32].map(|at| short(&head, at).map(usize::from));
        let mut rest = vec![0; name? + extra? + comment?];
        directory.read_exact(&mut rest)?;
        let (name, extra) = (usize::from(short(&head, 28)?), usize::from(short(&head, 30)?));
        if !is_wanted(&rest[..name], wanted) {
            continue;
        }
        let mut entry = Entry {
            flags: short(&head, 8)?,
            method: short(&head, 10)?,
            crc: number(&head, 16, 4)?,
            packed: number(&head, 20, 4)?,
            size: number(&head, 24, 4)?,
            offset: number(&head, 42, 4)?,
        };
        widen(&mut entry, &rest[name..name + extra])?;
        return Ok(entry);
    }
    Err(Fault::Missing)
}

/// Reads a file out of an archive, of at most `most` bytes.
pub(super) fn file_of(mut archive: impl Read + Seek, wanted: &str, most: u64) -> Found<Vec<u8>> {
    let archive = &mut archive;
    archive.seek(SeekFrom::Start(0))?;
    if read::<2>(archive) != Ok(*b"PK") {
        return Err(Fault::NoArchive);
    }
    let entry = find(archive, wanted)?;
    if entry.flags & ENCRYPTED != 0 || ![STORED, DEFLATED].contains(&entry.method) {
        return Err(Fault::Unsupported);
    }
    if entry.size > most {
        return Err(Fault::TooLarge);
    }
    archive.seek(SeekFrom::Start(entry.offset))?;
    let head: [u8; 30] = read(archive)?;
    if !head.starts_with(b"PK\x03\x04") {
        return Err(Fault::Damaged);
    }
    let skip = i64::from(short(&head, 26)?) + i64::from(short(&head, 28)?);
    archive.seek(SeekFrom::Current(skip))?;
    let packed = archive.take(entry.packed);
    let mut bytes = Vec::new();
    // One more than allowed, whatever length was claimed.
    match entry.method {
        STORED => packed.take(most + 1).read_to_end(&mut bytes)?,
        _ => DeflateDecoder::new(packed).take(most + 1).read_to_end(&mut bytes)?,
    };
    if bytes.len() as u64 > most {
        return Err(Fault::TooLarge);
    }
    let mut crc = Crc::new();
    crc.update(&bytes);
    if u64::from(crc.sum()) == entry.crc { Ok(bytes) } else { Err(Fault::Damaged) }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write as _};

    use super::*;
    use zip::CompressionMethod;
    use zip::write::SimpleFileOptions;

    fn archive(method: CompressionMethod, large: bool, files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in files {
            let options = SimpleFileOptions::default().compression_method(method).large_file(large);
            zip.start_file(*name, options).unwrap();
            zip.write_all(bytes).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    fn get(bytes: &[u8]) -> Found<Vec<u8>> {
        file_of(Cursor::new(bytes), "a.json", 1_000)
    }

    #[test]
    fn a7_one_file_is_read_however_it_was_packed() {
        for method in [CompressionMethod::Stored, CompressionMethod::Deflated] {
            for large in [false, true] {
                let bytes = archive(method, large, &[("x/y/a.json", b"no"), ("a.json", b"{\"a\": 1}")]);
                assert_eq!(get(&bytes).unwrap(), b"{\"a\": 1}");
            }
        }
        let in_a_folder = archive(CompressionMethod::Deflated, false, &[("my data/", b""), ("my data/a.json", b"{}")]);
        assert_eq!(get(&in_a_folder).unwrap(), b"{}");
        let mut said = zip::ZipWriter::new(Cursor::new(Vec::new()));
        said.start_file("a.json", SimpleFileOptions::default()).unwrap();
        said.write_all(b"{}").unwrap();
        said.set_comment("PK\x05\x06 is no end").unwrap();
        assert_eq!(get(&said.finish().unwrap().into_inner()).unwrap(), b"{}");
    }

    #[test]
    fn a7_what_is_no_archive_or_a_bomb_is_refused() {
        assert_eq!(get(b"<html>"), Err(Fault::NoArchive));
        assert_eq!(get(b""), Err(Fault::NoArchive));
        assert_eq!(get(b"PK\x03\x04 and nothing behind it"), Err(Fault::Damaged));
        let other = archive(
            CompressionMethod::Deflated,
            false,
            &[("../a.json", b"x"), ("/a.json", b"x"), ("a/b/a.json", b"x")],
        );
        assert_eq!(get(&other), Err(Fault::Missing));
        let bomb = archive(CompressionMethod::Deflated, false, &[("a.json", &vec![b' '; 1 << 20])]);
        assert!(bomb.len() < 10_000);
        assert_eq!(get(&bomb), Err(Fault::TooLarge));
        // One that lies about its length.
        let mut lying = bomb.clone();
        let at = lying.windows(4).rposition(|w| w == b"PK\x01\x02").unwrap();
        lying[at + 24..at + 28].copy_from_slice(&5_u32.to_le_bytes());
        assert_eq!(get(&lying), Err(Fault::TooLarge));
        let good = archive(CompressionMethod::Stored, false, &[("a.json", b"{\"b\": 12345}")]);
        let mut changed = good.clone();
        let at = changed.windows(5).position(|w| w == b"12345").unwrap();
        changed[at] = b'9';
        assert_eq!(get(&changed), Err(Fault::Damaged));
        for cut in 0..good.len() {
            assert!(get(&good[..cut]).is_err(), "cut at {cut}");
        }
        let mut locked = good;
        let at = locked.windows(4).rposition(|w| w == b"PK\x01\x02").unwrap();
        locked[at + 8] |= 1;
        assert_eq!(get(&locked), Err(Fault::Unsupported));
        // Anything at all in place of any byte: an answer, and no panic.
        for at in 0..other.len() {
            for byte in [0, 0xff] {
                let mut broken = other.clone();
                broken[at] = byte;
                let _ = get(&broken);
            }
        }
    }
}
