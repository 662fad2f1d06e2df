//! A revision of a repository as a workspace: the files that git has of it, read through the git that is installed. The
//! worktree is neither read nor touched, but for the modules that were fetched into it, of which git has nothing.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::files::{self, Disk, Request};
use crate::source::{Ground, ReadError, Reader, Selected, Workspace, is_fetched, normal};

/// How many links may lead to each other.
const LINKS: usize = 8;

/// Why a revision cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// The paths are in no repository, or in several.
    #[error("the paths are in no git repository")]
    NoRepository,
    /// There is no such revision.
    #[error("there is no revision `{0}` here")]
    Missing(String),
    /// There may be one, but not in this clone.
    #[error(
        "there is no revision `{0}` in this clone, which is shallow: fetch it (`git fetch --unshallow`, or `fetch-depth: 0` of `actions/checkout`)"
    )]
    Shallow(String),
    /// git could not be run.
    #[error("git could not be run: {0}")]
    NotRun(String),
    /// Whatever git said.
    #[error("git says: {0}")]
    Said(String),
}

/// A commit of a repository.
#[derive(Clone, Debug)]
pub struct Revision {
    /// As the user called it.
    pub name: String,
    root: PathBuf,
    commit: String,
}

impl Revision {
    /// The commit of a name, in the repository that the paths stand in. `main...` is the last commit that `main` and the
    /// one that is checked out have in common.
    pub fn find(ground: &Ground, name: &str) -> Result<Self, GitError> {
        if !ground.root.join(".git").exists() {
            return Err(GitError::NoRepository);
        }
        let git = |arguments: &[&str]| run(&ground.root, arguments);
        let missing = || match git(&["rev-parse", "--is-shallow-repository"]) {
            Ok(answer) if answer.trim() == "true" => GitError::Shallow(name.to_owned()),
            _ => GitError::Missing(name.to_owned()),
        };
        let commit_of =
            |name: &str| git(&["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{name}^{{commit}}")]);
        let commit = match name.strip_suffix("...") {
            None => commit_of(name),
            Some(other) => commit_of(other).and_then(|other| git(&["merge-base", other.trim(), "HEAD"])),
        };
        match commit {
            Ok(commit) => {
                Ok(Self { name: name.to_owned(), root: ground.root.clone(), commit: commit.trim().to_owned() })
            }
            Err(error @ GitError::NotRun(_)) => Err(error),
            Err(GitError::Said(words)) if !words.is_empty() => Err(GitError::Said(words)),
            Err(_) => Err(missing()),
        }
    }

    /// What the paths of a request held at that commit.
    pub fn workspace(&self, request: &Request, ground: &Ground) -> Result<Workspace, GitError> {
        let listing = run_bytes(&self.root, &["ls-tree", "-r", "-z", "--full-tree", &self.commit])?;
        let tree = Tree::of(&listing);
        let blobs = Blobs::open(&self.root)?;
        let selected = tree.selected(request, ground, &blobs);
        let folders = request.paths.iter().filter(|it| it.is_dir()).map(|it| ground.absolute(it)).collect();
        // Callers that there are no more have nothing to tell of what is new or wider.
        let callers = files::callers(&selected, request, ground);
        let mut roots = vec![self.root.clone()];
        roots.extend(request.also.iter().cloned());
        let reader =
            AtCommit { ground: ground.clone(), tree, blobs, disk: Disk::of(&roots), also: request.also.clone() };
        Ok(Workspace::new(Box::new(reader), selected).on(ground.clone(), folders).with_callers(callers))
    }
}

fn command(root: &Path) -> Command {
    let mut command = Command::new("git");
    command.arg("-C").arg(root);
    // Nothing is locked, and nothing that a partial clone has left out is fetched.
    command.env("GIT_OPTIONAL_LOCKS", "0").env("GIT_NO_LAZY_FETCH", "1").env("LC_ALL", "C");
    command
}

fn run(root: &Path, arguments: &[&str]) -> Result<String, GitError> {
    run_bytes(root, arguments).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

fn run_bytes(root: &Path, arguments: &[&str]) -> Result<Vec<u8>, GitError> {
    let output = command(root).args(arguments).stdin(Stdio::null()).output();
    let output = output.map_err(|error| GitError::NotRun(error.to_string()))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let words = String::from_utf8_lossy(&output.stderr);
    let words = words.lines().next().unwrap_or_default();
    Err(GitError::Said(words.trim_start_matches("fatal: ").to_owned()))
}

/// A file of a commit.
#[derive(Clone, Debug)]
struct Blob {
    id: String,
    is_link: bool,
}

/// The files of a commit, by their paths from the root of the repository.
#[derive(Debug, Default)]
struct Tree {
    files: BTreeMap<PathBuf, Blob>,
    folders: BTreeMap<PathBuf, Vec<OsString>>,
}

impl Tree {
    /// What `git ls-tree -r -z` lists: `mode type id<TAB>path<NUL>`. Submodules are not files.
    fn of(listing: &[u8]) -> Self {
        let mut tree = Self::default();
        for line in listing.split(|byte| *byte == 0) {
            let Some(tab) = line.iter().position(|byte| *byte == b'\t') else { continue };
            let (head, path) = (String::from_utf8_lossy(&line[..tab]), path_of(&line[tab + 1..]));
            let mut words = head.split(' ');
            let (Some(mode), Some("blob"), Some(id)) = (words.next(), words.next(), words.next()) else { continue };
            let folder = path.parent().unwrap_or(Path::new("")).to_owned();
            let name = path.file_name().unwrap_or_default().to_owned();
            tree.folders.entry(folder).or_default().push(name);
            tree.files.insert(path, Blob { id: id.to_owned(), is_link: mode == "120000" });
        }
        tree
    }

    fn below<'t>(&'t self, folder: &'t Path) -> impl Iterator<Item = &'t PathBuf> {
        self.files.range(folder.to_owned()..).map(|(path, _)| path).take_while(move |path| path.starts_with(folder))
    }

    /// The files that a request asks for, by the same rules as on the disk.
    fn selected(&self, request: &Request, ground: &Ground, blobs: &Blobs) -> Vec<Selected> {
        let ignores = Ignores::of(self, blobs);
        let mut selected = Vec::new();
        for path in &request.paths {
            let shown = files::shown(path);
            let Some(from_root) = from_root(ground, &shown) else { continue };
            if self.files.contains_key(&from_root) {
                selected.push(Selected { path: shown, named: true });
                continue;
            }
            let linted = |it: &&PathBuf| {
                let below = it.strip_prefix(&from_root).unwrap_or(it);
                it.file_name().is_some_and(files::is_linted)
                    && !files::is_of_tools(below)
                    && !ignores.hold(&from_root, it)
            };
            selected.extend(self.below(&from_root).filter(linted).map(|it| {
                let below = it.strip_prefix(&from_root).unwrap_or(it);
                Selected { path: ground.normal(&shown.join(below)), named: false }
            }));
        }
        selected.sort_by(|a, b| a.path.cmp(&b.path).then(b.named.cmp(&a.named)));
        selected.dedup_by(|a, b| a.path == b.path);
        selected
    }
}

fn from_root(ground: &Ground, path: &Path) -> Option<PathBuf> {
    ground.absolute(path).strip_prefix(&ground.root).ok().map(Path::to_owned)
}

#[cfg(unix)]
fn path_of(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt as _;
    Path::new(std::ffi::OsStr::from_bytes(bytes)).to_owned()
}

#[cfg(not(unix))]
fn path_of(bytes: &[u8]) -> PathBuf {
    String::from_utf8_lossy(bytes).split('/').collect()
}

/// The `.gitignore` and `.iamlintignore` files of a commit.
struct Ignores {
    by_folder: [BTreeMap<PathBuf, Gitignore>; 2],
}

impl Ignores {
    fn of(tree: &Tree, blobs: &Blobs) -> Self {
        // What is meant for iamlint goes before what is meant for git.
        let by_folder = [files::IGNORE_FILE, ".gitignore"].map(|name| {
            let of_name = tree.files.iter().filter(|(path, _)| path.file_name().is_some_and(|it| it == name));
            of_name.filter_map(|(path, blob)| Some((path.parent()?.to_owned(), read_ignores(blobs, blob)?))).collect()
        });
        Self { by_folder }
    }

    /// Whether a file below a folder that was named is left out, or a folder on the way to it.
    fn hold(&self, named: &Path, path: &Path) -> bool {
        path.ancestors().take_while(|it| *it != named).any(|it| self.leave_out(it, it != path))
    }

    fn leave_out(&self, path: &Path, is_folder: bool) -> bool {
        for by_folder in &self.by_folder {
            for folder in path.ancestors().skip(1) {
                let Some(ignores) = by_folder.get(folder) else { continue };
                let below = path.strip_prefix(folder).unwrap_or(path);
                match ignores.matched(below, is_folder) {
                    Match::Ignore(_) => return true,
                    Match::Whitelist(_) => return false,
                    Match::None => {}
                }
            }
        }
        false
    }
}

fn read_ignores(blobs: &Blobs, blob: &Blob) -> Option<Gitignore> {
    let text = String::from_utf8(blobs.read(&blob.id).ok()?).ok()?;
    let mut builder = GitignoreBuilder::new("");
    for line in text.lines() {
        // A line that is no pattern ignores nothing, as on the disk.
        let _ = builder.add_line(None, line);
    }
    builder.build().ok()
}

/// The contents of files, from one `git cat-file --batch` that answers as long as it is asked.
struct Blobs(Mutex<Process>);

struct Process {
    child: Child,
    ask: ChildStdin,
    answer: BufReader<ChildStdout>,
}

impl fmt::Debug for Blobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Blobs")
    }
}

impl Blobs {
    fn open(root: &Path) -> Result<Self, GitError> {
        let mut command = command(root);
        command.args(["cat-file", "--batch"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(|error| GitError::NotRun(error.to_string()))?;
        let (Some(ask), Some(answer)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(GitError::NotRun("it cannot be talked to".to_owned()));
        };
        Ok(Self(Mutex::new(Process { child, ask, answer: BufReader::new(answer) })))
    }

    fn read(&self, id: &str) -> Result<Vec<u8>, ReadError> {
        let failed = |error: std::io::Error| ReadError::Other(format!("git: {error}"));
        let mut guard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Process { ask, answer, .. } = &mut *guard;
        writeln!(ask, "{id}").and_then(|()| ask.flush()).map_err(failed)?;
        // `<id> blob <size>`, the contents, a line feed; or `<id> missing`.
        let mut head = String::new();
        answer.read_line(&mut head).map_err(failed)?;
        let size = head.trim_end().rsplit_once(" blob ").and_then(|(_, size)| size.parse::<u64>().ok());
        let Some(size) = size else {
            return Err(ReadError::Other("this clone does not have it".to_owned()));
        };
        let mut bytes = Vec::new();
        let mut contents = answer.take(size + 1);
        if size > files::LIMIT {
            std::io::copy(&mut contents, &mut std::io::sink()).map_err(failed)?;
            return Err(ReadError::TooLarge(files::LIMIT >> 20));
        }
        contents.read_to_end(&mut bytes).map_err(failed)?;
        bytes.pop();
        Ok(bytes)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It has been told all it will be; whether it still lives is of no matter.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads what a commit has, and from the disk what git does not keep.
#[derive(Debug)]
struct AtCommit {
    ground: Ground,
    tree: Tree,
    blobs: Blobs,
    disk: Disk,
    also: Vec<PathBuf>,
}

impl Reader for AtCommit {
    fn read(&self, path: &Path) -> Result<Vec<u8>, ReadError> {
        let Some(mut at) = from_root(&self.ground, path) else {
            return if self.also.iter().any(|it| it == path) { self.disk.read(path) } else { Err(ReadError::Outside) };
        };
        for _ in 0..LINKS {
            let Some(blob) = self.tree.files.get(&at) else { break };
            let bytes = self.blobs.read(&blob.id)?;
            if !blob.is_link {
                return Ok(bytes);
            }
            at = normal(&at.parent().unwrap_or(Path::new("")).join(path_of(&bytes)));
        }
        if is_fetched(path) || self.also.iter().any(|it| files::shown(it) == path) {
            return self.disk.read(path);
        }
        Err(ReadError::Missing)
    }

    fn files_in(&self, folder: &Path) -> Vec<PathBuf> {
        if is_fetched(folder) {
            return self.disk.files_in(folder);
        }
        let names = from_root(&self.ground, folder).and_then(|it| self.tree.folders.get(&it));
        let mut files: Vec<PathBuf> = names.into_iter().flatten().map(|name| normal(&folder.join(name))).collect();
        files.sort();
        files
    }

    fn files_below(&self, folder: &Path) -> Vec<PathBuf> {
        if is_fetched(folder) {
            return self.disk.files_below(folder);
        }
        let Some(from_root) = from_root(&self.ground, folder) else { return Vec::new() };
        let below = self.tree.below(&from_root).filter(|it| !self.tree.files[*it].is_link);
        below.map(|it| normal(&folder.join(it.strip_prefix(&from_root).unwrap_or(it)))).collect()
    }

    fn is_outside(&self, folder: &Path) -> bool {
        from_root(&self.ground, folder).is_none()
    }
}
