use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

const MAGIC: &[u8] = b"SQLite format 3\0";
/// What SQLite keeps of the schema of each of the engine's files.
const OURS: &[u8] = b"CREATE TABLE _tables ";
const CHUNK: usize = 64 * 1024;

/// Whether a file is an SQLite database that has tables, but none of the engine's.
///
/// Files that cannot be read are left for SQLite to report.
pub(super) fn is_foreign(path: &Path) -> bool {
    has_tables(path).unwrap_or(false) && ![path, &journal_of(path)].iter().any(|it| is_ours(it))
}

fn has_tables(path: &Path) -> io::Result<bool> {
    let mut file = File::open(path)?;
    let mut header = [0; 18];
    file.read_exact(&mut header)?;
    let page = match u16::from_be_bytes([header[16], header[17]]) {
        1 => 65_536,
        page => u64::from(page),
    };
    // The first page is of SQLite itself: no more than that is a file that someone is making.
    Ok(header.starts_with(MAGIC) && file.metadata()?.len() > page)
}

/// Where SQLite has what it has not moved to the file itself yet.
fn journal_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}

fn is_ours(path: &Path) -> bool {
    File::open(path).and_then(|file| contains(file, OURS)).unwrap_or(false)
}

fn contains(mut file: impl Read, wanted: &[u8]) -> io::Result<bool> {
    let mut chunk = vec![0; CHUNK];
    let mut seen = Vec::new();
    loop {
        let read = file.read(&mut chunk)?;
        if read == 0 {
            return Ok(false);
        }
        seen.extend_from_slice(&chunk[..read]);
        if seen.windows(wanted.len()).any(|part| part == wanted) {
            return Ok(true);
        }
        // It may lie across two chunks.
        seen.drain(..seen.len().saturating_sub(wanted.len()));
    }
}
