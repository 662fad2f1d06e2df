//! Where text comes from: one file's contents, byte spans into it, and the set of files a run may look at.
//! Lines and columns exist only for people, so only reporters ask for them.
//! This module never touches the disk; [`Reader`] is how a caller hands files in.

use std::any::Any;
use std::borrow::Cow;
use std::ffi::OsString;
use std::fmt;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use rustc_hash::FxHashMap;

/// A file of one [`Workspace`]; only meaningful together with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub u32);

/// A half-open range of bytes in one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The bytes `start..end` of `file`.
    pub fn new(file: FileId, start: usize, end: usize) -> Self {
        let clamp = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Self { file, start: clamp(start), end: clamp(end) }
    }

    /// How many bytes it covers.
    pub fn len(self) -> usize {
        (self.end - self.start) as usize
    }

    /// Whether it covers no byte at all: a place between two characters.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// Whether `other` lies within it.
    pub fn contains(self, other: Self) -> bool {
        self.file == other.file && self.start <= other.start && other.end <= self.end
    }

    /// The smallest span over both; `self` when they lie in different files.
    pub fn to(self, other: Self) -> Self {
        if self.file != other.file {
            return self;
        }
        Self { file: self.file, start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The empty span at its first byte.
    pub fn at_start(self) -> Self {
        Self { end: self.start, ..self }
    }

    /// As indexes into the file's text.
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A place as people count: lines and columns from 1, columns in Unicode scalar values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in Unicode scalar values, from 1.
    pub column: usize,
    /// Byte offset, from 0.
    pub offset: usize,
}

/// One file: its path as the user knows it, and its text.
#[derive(Debug)]
pub struct Source {
    /// Which file of the workspace it is.
    pub id: FileId,
    /// The path as it is shown, relative to where the run was started when that is possible.
    pub path: PathBuf,
    /// The text, byte for byte, a byte-order mark included.
    pub text: Box<str>,
    /// Whether it says `iamlint`, as a comment for it does. Hardly any file does, and it is sooner seen when it has just
    /// been read.
    pub names_iamlint: bool,
    lines: OnceLock<Vec<u32>>,
    /// What a front end has made of it, for runs over other files that have this one in common.
    made: OnceLock<Arc<dyn Any + Send + Sync>>,
}

impl Source {
    /// A file that says `text`.
    pub fn new(id: FileId, path: PathBuf, text: impl Into<Box<str>>) -> Self {
        let text: Box<str> = text.into();
        let names_iamlint = memchr::memmem::find(text.as_bytes(), b"iamlint").is_some();
        Self { id, path, text, names_iamlint, lines: OnceLock::new(), made: OnceLock::new() }
    }

    /// The whole file.
    pub fn span(&self) -> Span {
        Span::new(self.id, 0, self.text.len())
    }

    /// Byte offsets at which lines begin.
    pub fn line_starts(&self) -> &[u32] {
        self.lines.get_or_init(|| {
            let ends = memchr::memchr_iter(b'\n', self.text.as_bytes());
            std::iter::once(0).chain(ends.map(|end| u32::try_from(end + 1).unwrap_or(u32::MAX))).collect()
        })
    }

    /// The position of a byte; an offset within a character counts as that character's.
    pub fn position(&self, offset: usize) -> Position {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let starts = self.line_starts();
        let line = starts.partition_point(|start| *start as usize <= offset);
        let start = starts[line - 1] as usize;
        Position { line, column: self.text[start..offset].chars().count() + 1, offset }
    }

    /// The text under a span of this file.
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or_default()
    }
}

/// Why a file could not be had as text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// There is no such file.
    #[error("no such file or folder")]
    Missing,
    /// It lies outside every folder that was named.
    #[error("lies outside of the folders that were named, so it was not read")]
    Outside,
    /// Larger than the reader takes.
    #[error("is larger than {0} MiB, so it was not read")]
    TooLarge(u64),
    /// Not UTF-8, with the first offending byte.
    #[error("is not UTF-8: byte {0} does not belong to a character")]
    NotUtf8(usize),
    /// Holds a NUL byte, so it is no text.
    #[error("is not a text file: byte {0} is NUL")]
    Nul(usize),
    /// Whatever the operating system said.
    #[error("could not be read: {0}")]
    Other(String),
}

/// Hands files to a workspace: the disk, an editor's buffers over it, or a test's strings.
pub trait Reader: Send + Sync + fmt::Debug {
    /// The bytes of a file, or why they cannot be had. A reader refuses what lies outside its folders.
    fn read(&self, path: &Path) -> Result<Vec<u8>, ReadError>;
    /// How a file begins that cannot be read as a whole; none where that cannot be told.
    fn head(&self, _path: &Path) -> Option<Vec<u8>> {
        None
    }
    /// The files directly in a folder, sorted; empty where there is none or it may not be read.
    fn files_in(&self, folder: &Path) -> Vec<PathBuf>;
    /// Every file at any depth below a folder, sorted, links not followed; for `fileset`.
    fn files_below(&self, folder: &Path) -> Vec<PathBuf>;
    /// Whether a folder lies outside of what may be read, be it there or not.
    fn is_outside(&self, _folder: &Path) -> bool {
        false
    }
}

/// A file that the run was asked to lint.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Selected {
    /// Where it is.
    pub path: PathBuf,
    /// Whether the user named this very file, rather than a folder above it.
    pub named: bool,
}

/// Where the paths of a workspace stand: what they are relative to, and the root of the repository around them. Both are
/// empty for a workspace of texts, whose paths are those from the root.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ground {
    /// The folder in which the run was started.
    pub here: PathBuf,
    /// The root of the repository, or that folder where there is none.
    pub root: PathBuf,
}

impl Ground {
    /// A path of the workspace made absolute.
    pub fn absolute(&self, path: &Path) -> PathBuf {
        normal(&self.here.join(path))
    }

    /// A path without detours, as [`normal`] has it, and with none out of a folder around the one in which the run was
    /// started and back into it: a file is known by one path.
    pub fn normal(&self, path: &Path) -> PathBuf {
        let path = normal(path);
        if !path.starts_with("..") || self.here.as_os_str().is_empty() {
            return path;
        }
        let whole = self.absolute(&path);
        let mut up = PathBuf::new();
        for around in self.here.ancestors() {
            if let Ok(below) = whole.strip_prefix(around) {
                return up.join(below);
            }
            up.push("..");
        }
        path
    }

    /// A path of the workspace from the root of the repository, the same wherever the run was started, with `/` between
    /// its parts; absolute when it lies outside.
    pub fn from_root(&self, path: &Path) -> String {
        let path = self.absolute(path);
        let path = path.strip_prefix(&self.root).unwrap_or(&path).to_string_lossy();
        if std::path::MAIN_SEPARATOR == '/' { path.into_owned() } else { path.replace(std::path::MAIN_SEPARATOR, "/") }
    }
}

/// Which files there are and what they say. Every file is read at most once.
#[derive(Debug)]
pub struct Workspace {
    /// What to lint, sorted by path.
    pub selected: Vec<Selected>,
    /// Whether any of them was named.
    pub has_named: bool,
    /// Where its paths stand.
    pub ground: Ground,
    /// The folders all of whose files are selected, absolute.
    pub folders: Vec<PathBuf>,
    /// Folders that are read with it, because modules in them call the folders of files that were named, or read these.
    pub callers: Vec<PathBuf>,
    reader: Arc<dyn Reader>,
    files: RwLock<Files>,
    /// Whether other workspaces have files in common with it.
    shares: bool,
    kept: Mutex<Vec<Box<dyn Any + Send>>>,
}

type Opened = Result<Arc<Source>, ReadError>;

#[derive(Debug, Default)]
struct Files {
    by_path: FxHashMap<OsString, Opened>,
    sources: Vec<Arc<Source>>,
    /// What is known of files that have not been opened yet.
    known: FxHashMap<OsString, Opened>,
}

impl Workspace {
    /// A workspace over whatever `reader` hands out.
    pub fn new(reader: Box<dyn Reader>, mut selected: Vec<Selected>) -> Self {
        selected.sort_by_cached_key(|it| (in_order(&it.path), it.named));
        let reader = Arc::from(reader);
        Self {
            has_named: selected.iter().any(|it| it.named),
            selected,
            ground: Ground::default(),
            folders: Vec::new(),
            callers: Vec::new(),
            reader,
            files: RwLock::default(),
            shares: false,
            kept: Mutex::default(),
        }
    }

    /// The workspace in which files say something else and only some are selected. What both have in common is not read
    /// again, and a file keeps its [`FileId`] whatever it says; the reader is asked for all the others.
    pub fn changed<'t>(
        &self,
        texts: impl IntoIterator<Item = (&'t Path, &'t str)>,
        mut selected: Vec<Selected>,
    ) -> Self {
        selected.sort();
        let old = self.files.read().unwrap_or_else(PoisonError::into_inner);
        let known = |path: &Path| old.by_path.get(path.as_os_str()).or_else(|| old.known.get(path.as_os_str()));
        let mut files = Files { sources: old.sources.clone(), ..Files::default() };
        for path in selected.iter().map(|it| &it.path) {
            files.known.extend(known(path).map(|opened| (path.clone().into_os_string(), opened.clone())));
        }
        for (path, text) in texts {
            let path = normal(path);
            let id = match known(&path) {
                Some(Ok(source)) => source.id,
                _ => FileId(u32::try_from(files.sources.len()).unwrap_or(u32::MAX)),
            };
            let source = Arc::new(Source::new(id, path.clone(), text));
            match files.sources.get_mut(id.0 as usize) {
                Some(slot) => *slot = Arc::clone(&source),
                None => files.sources.push(Arc::clone(&source)),
            }
            files.known.insert(path.into_os_string(), Ok(source));
        }
        Self {
            has_named: selected.iter().any(|it| it.named),
            selected,
            ground: self.ground.clone(),
            folders: self.folders.clone(),
            callers: self.callers.clone(),
            reader: Arc::clone(&self.reader),
            files: RwLock::new(files),
            shares: true,
            kept: Mutex::default(),
        }
    }

    /// The same workspace standing somewhere, with the folders that it covers.
    #[must_use]
    pub fn on(self, ground: Ground, folders: Vec<PathBuf>) -> Self {
        Self { ground, folders, ..self }
    }

    /// The same workspace with folders that are read with it, since they decide what files that were named grant.
    #[must_use]
    pub fn with_callers(self, callers: Vec<PathBuf>) -> Self {
        Self { callers, ..self }
    }

    /// Whether everything in a folder, or a file itself, would have been selected; its path is absolute.
    pub fn covers(&self, path: &Path) -> bool {
        self.folders.iter().any(|it| path.starts_with(it))
    }

    /// A workspace of texts in memory, all of them selected.
    pub fn of_texts<P: Into<PathBuf>, T: Into<String>>(texts: impl IntoIterator<Item = (P, T)>) -> Self {
        let texts: std::collections::BTreeMap<PathBuf, String> =
            texts.into_iter().map(|(path, text)| (normal(&path.into()), text.into())).collect();
        let selected = texts.keys().map(|path| Selected { path: path.clone(), named: false }).collect();
        Self::new(Box::new(Texts(texts)), selected).on(Ground::default(), vec![PathBuf::new()])
    }

    /// The file at a path, read on first use.
    pub fn open(&self, path: &Path) -> Opened {
        let path = if is_normal(path) { Cow::Borrowed(path) } else { Cow::Owned(self.ground.normal(path)) };
        if let Some(opened) = self.files.read().unwrap_or_else(PoisonError::into_inner).by_path.get(path.as_os_str()) {
            return opened.clone();
        }
        let is_known = self.files.read().unwrap_or_else(PoisonError::into_inner).known.contains_key(path.as_os_str());
        let text = if is_known { Err(ReadError::Missing) } else { self.reader.read(&path).and_then(text_of) };
        let mut files = self.files.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(opened) = files.by_path.get(path.as_os_str()) {
            return opened.clone();
        }
        if let Some(opened) = files.known.remove(path.as_os_str()) {
            files.by_path.insert(path.into_owned().into_os_string(), opened.clone());
            return opened;
        }
        let id = FileId(u32::try_from(files.sources.len()).unwrap_or(u32::MAX));
        let path = path.into_owned();
        let opened = text.map(|text| Arc::new(Source::new(id, path.clone(), text)));
        if let Ok(source) = &opened {
            files.sources.push(Arc::clone(source));
        }
        files.by_path.insert(path.into_os_string(), opened.clone());
        opened
    }

    /// How a file begins that cannot be read as a whole; none where that cannot be told.
    pub fn head(&self, path: &Path) -> Option<Vec<u8>> {
        self.reader.head(&self.ground.normal(path))
    }

    /// A file that is known by its text already and is none of those to lint: the configuration.
    pub fn with_text(&self, path: &Path, text: &str) -> Arc<Source> {
        let mut files = self.files.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(Ok(source)) = files.by_path.get(normal(path).as_os_str()) {
            return Arc::clone(source);
        }
        let id = FileId(u32::try_from(files.sources.len()).unwrap_or(u32::MAX));
        let source = Arc::new(Source::new(id, path.to_owned(), text));
        files.sources.push(Arc::clone(&source));
        files.by_path.insert(normal(path).into_os_string(), Ok(Arc::clone(&source)));
        source
    }

    /// What is made of a file: made once when the workspace has files in common with others, however many runs over them
    /// ask, and else for whoever asks. One type is kept, that of who asks first.
    pub fn made<T: Any + Send + Sync>(&self, source: &Source, make: impl Fn() -> T) -> Arc<T> {
        if !self.shares {
            return Arc::new(make());
        }
        let made = source.made.get_or_init(|| Arc::new(make()));
        Arc::clone(made).downcast().unwrap_or_else(|_| Arc::new(make()))
    }

    /// Keeps what a run has made as long as the workspace: letting go of much takes time, which a process that ends does
    /// not have to spend.
    pub fn keep(&self, made: impl Any + Send) {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).push(Box::new(made));
    }

    /// Takes what was kept, for a process that goes on.
    pub fn take_kept(&self) -> Vec<Box<dyn Any + Send>> {
        std::mem::take(&mut *self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The source of a span.
    ///
    /// # Panics
    /// When the id belongs to another workspace.
    pub fn source(&self, id: FileId) -> Arc<Source> {
        Arc::clone(&self.files.read().unwrap_or_else(PoisonError::into_inner).sources[id.0 as usize])
    }

    /// Every file that has been read so far, in the order in which that was done.
    pub fn opened(&self) -> Vec<Arc<Source>> {
        let files = self.files.read().unwrap_or_else(PoisonError::into_inner);
        let mut sources: Vec<_> = files.by_path.values().flatten().map(Arc::clone).collect();
        sources.sort_unstable_by_key(|it| it.id);
        sources
    }

    /// The files directly in a folder.
    pub fn files_in(&self, folder: &Path) -> Vec<PathBuf> {
        self.reader.files_in(&self.ground.normal(folder))
    }

    /// The files at any depth below a folder.
    pub fn files_below(&self, folder: &Path) -> Vec<PathBuf> {
        self.reader.files_below(&self.ground.normal(folder))
    }

    /// Whether a folder lies outside of what may be read, be it there or not.
    pub fn is_outside(&self, folder: &Path) -> bool {
        self.reader.is_outside(&self.ground.normal(folder))
    }
}

fn text_of(bytes: Vec<u8>) -> Result<String, ReadError> {
    if let Some(nul) = memchr::memchr(0, &bytes) {
        return Err(ReadError::Nul(nul));
    }
    String::from_utf8(bytes).map_err(|error| ReadError::NotUtf8(error.utf8_error().valid_up_to()))
}

/// Whether a file is one of values for variables, by its name.
pub fn holds_values(name: &str) -> bool {
    [".tfvars", ".tfvars.json"].iter().any(|ending| name.ends_with(ending))
}

/// Whether a file or folder lies in what was fetched for a module, of which the repository has nothing.
pub fn is_fetched(path: &Path) -> bool {
    path.components().any(|it| it.as_os_str() == ".terraform")
}

/// A path without `.` and with `x/..` taken out, compared as text: links are the reader's business.
pub fn normal(path: &Path) -> PathBuf {
    if is_normal(path) {
        return path.to_owned();
    }
    let mut out = PathBuf::with_capacity(path.as_os_str().len());
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => match out.components().next_back() {
                Some(Component::Normal(_)) => {
                    out.pop();
                }
                Some(Component::RootDir | Component::Prefix(_)) => {}
                _ => out.push(".."),
            },
            other => out.push(other),
        }
    }
    out
}

/// Whether a path is certainly as [`normal`] has it. Most are, and it is cheaper to see that than to take them apart.
fn is_normal(path: &Path) -> bool {
    let bytes = path.as_os_str().as_encoded_bytes();
    let [first, rest @ ..] = bytes else { return false };
    let may_be_detour = |slash: u8, next: u8| (slash == b'/') & ((next == b'.') | (next == b'/'));
    // Without a way out of the loop, which lets many pairs be looked at in one step.
    let has_detour = bytes.iter().zip(rest).fold(false, |any, (a, b)| any | may_be_detour(*a, *b));
    cfg!(unix) && *first != b'.' && !bytes.ends_with(b"/") && !has_detour
}

/// Sorts [`normal`] paths as `Path` sorts itself, part by part, and is far cheaper to compare.
pub fn in_order(path: &Path) -> Vec<u8> {
    let bytes = path.as_os_str().as_encoded_bytes().iter();
    // Nothing comes before the end of a part.
    bytes.map(|byte| if std::path::is_separator((*byte).into()) { 0 } else { *byte }).collect()
}

/// Texts that take the place of files, such as the buffers of an editor or edits that are tried out, over another reader.
#[derive(Debug)]
pub struct Overlay<R> {
    /// What is read where there is no text.
    pub below: R,
    /// The texts, by paths as [`normal`] has them.
    pub texts: std::collections::BTreeMap<PathBuf, String>,
}

impl<R: Reader> Reader for Overlay<R> {
    fn read(&self, path: &Path) -> Result<Vec<u8>, ReadError> {
        self.texts.get(path).map_or_else(|| self.below.read(path), |text| Ok(text.clone().into_bytes()))
    }

    fn head(&self, path: &Path) -> Option<Vec<u8>> {
        self.below.head(path)
    }

    fn files_in(&self, folder: &Path) -> Vec<PathBuf> {
        let own = self.texts.keys().filter(|path| path.parent() == Some(folder)).cloned();
        with_own(self.below.files_in(folder), own)
    }

    fn files_below(&self, folder: &Path) -> Vec<PathBuf> {
        let own = self.texts.keys().filter(|path| path.starts_with(folder)).cloned();
        with_own(self.below.files_below(folder), own)
    }

    fn is_outside(&self, folder: &Path) -> bool {
        self.below.is_outside(folder)
    }
}

fn with_own(mut files: Vec<PathBuf>, own: impl Iterator<Item = PathBuf>) -> Vec<PathBuf> {
    files.extend(own);
    files.sort();
    files.dedup();
    files
}

#[derive(Debug)]
struct Texts(std::collections::BTreeMap<PathBuf, String>);

impl Reader for Texts {
    fn read(&self, path: &Path) -> Result<Vec<u8>, ReadError> {
        self.0.get(path).map(|text| text.clone().into_bytes()).ok_or(ReadError::Missing)
    }

    fn files_in(&self, folder: &Path) -> Vec<PathBuf> {
        self.0.keys().filter(|path| path.parent() == Some(folder)).cloned().collect()
    }

    fn files_below(&self, folder: &Path) -> Vec<PathBuf> {
        self.0.keys().filter(|path| path.starts_with(folder)).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_told_from_the_root_wherever_the_run_was_started() {
        let ground = Ground { here: "/repo/infra".into(), root: "/repo".into() };
        assert_eq!(ground.from_root(Path::new("app/main.tf")), "infra/app/main.tf");
        assert_eq!(ground.from_root(Path::new("../modules")), "modules");
        assert_eq!(ground.from_root(Path::new("/elsewhere/x.tf")), "/elsewhere/x.tf");
        assert_eq!(Ground::default().from_root(Path::new("a/b.tf")), "a/b.tf");
    }

    #[test]
    fn columns_count_characters_and_offsets_bytes() {
        let source = Source::new(FileId(0), "a.tf".into(), "é = 1\nü = \"x\"\n");
        assert_eq!(source.position(3), Position { line: 1, column: 3, offset: 3 });
        assert_eq!(source.position(10), Position { line: 2, column: 3, offset: 10 });
        assert_eq!(source.position(99).line, 3);
    }

    #[test]
    fn a_path_is_compared_without_its_detours() {
        assert_eq!(normal(Path::new("./a/../b/./c")), Path::new("b/c"));
        assert_eq!(normal(Path::new("../a")), Path::new("../a"));
        assert_eq!(normal(Path::new("a/../../b")), Path::new("../b"));
    }

    #[test]
    fn a_text_over_a_reader_takes_the_place_of_a_file_and_may_be_a_new_one() {
        let texts = |texts: &[(&str, &str)]| -> std::collections::BTreeMap<PathBuf, String> {
            texts.iter().map(|(path, text)| ((*path).into(), (*text).into())).collect()
        };
        let below = Texts(texts(&[("a/x.tf", "old"), ("a/y.tf", "y")]));
        let overlay = Overlay { below, texts: texts(&[("a/x.tf", "new"), ("a/z.tf", "z")]) };
        assert_eq!(overlay.read(Path::new("a/x.tf")), Ok(b"new".to_vec()));
        assert_eq!(overlay.read(Path::new("a/y.tf")), Ok(b"y".to_vec()));
        assert_eq!(overlay.files_in(Path::new("a")), ["a/x.tf", "a/y.tf", "a/z.tf"].map(PathBuf::from));
        assert_eq!(overlay.files_below(Path::new("b")), Vec::<PathBuf>::new());
    }

    #[test]
    fn what_is_no_text_is_an_error_with_its_byte() {
        assert_eq!(text_of(vec![b'a', 0xff]), Err(ReadError::NotUtf8(1)));
        assert_eq!(text_of(vec![b'a', 0]), Err(ReadError::Nul(1)));
    }
}
