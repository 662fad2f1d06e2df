//! Fixes as a patch, which `git apply` and `patch -p1` take.

use std::io;

use similar::TextDiff;

use super::spelled;
use crate::fix::FixedFile;

/// Writes what became of each file.
pub fn write(files: &[FixedFile], out: &mut dyn io::Write) -> io::Result<()> {
    for file in files {
        let path = spelled(&file.path);
        let diff = TextDiff::from_lines(&*file.before, file.after.as_str());
        write!(out, "{}", diff.unified_diff().header(&format!("a/{path}"), &format!("b/{path}")))?;
    }
    Ok(())
}
