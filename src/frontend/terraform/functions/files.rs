//! Functions that look at files or at their names, and templates.

use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::arguments::{Answer, Call, Stop};
use super::compare::as_set;
use super::encoding::Hash;
use crate::source::normal;
use crate::value::{HoleKind, Node, Text, Value};

/// The text of the file that the first argument names.
fn read(call: &mut Call<'_>, kind: HoleKind) -> Answer<(String, Text)> {
    let path = call.text(0)?;
    let Some(path) = path.as_known() else {
        let Stop::Hole { why, .. } = call.free() else { return Err(call.free()) };
        return Err(Stop::Hole { kind, why });
    };
    match call.host.read(path, call.arguments[0].span) {
        Ok(text) => Ok((path.to_owned(), text)),
        // A file that is not there is an error in Terraform; one that may not be read is not known.
        Err(why) => match call.host.exists(path) {
            Ok(false) => Err(call.fail(Some(0), format!("no file exists at `{path}`"))),
            _ => Err(Stop::Hole { kind, why }),
        },
    }
}

fn stop_words(name: &str, path: &str) -> Arc<str> {
    format!("{name}(\"{path}\")").into()
}

pub(super) fn file(call: &mut Call<'_>) -> Answer {
    let (path, text) = read(call, HoleKind::Free)?;
    call.spend(text.len())?;
    let span = text.span(0..text.len()).unwrap_or(call.span);
    Ok(Node::new(Value::Text(text), span).through(call.span, stop_words("file", &path)))
}

pub(super) fn fileexists(call: &mut Call<'_>) -> Answer {
    let path = call.text(0)?;
    let Some(path) = path.as_known() else { return Err(call.opaque()) };
    match call.host.exists(path) {
        Ok(it) => call.made_bool(it),
        Err(why) => Err(Stop::Hole { kind: HoleKind::Opaque, why }),
    }
}

pub(super) fn fileset(call: &mut Call<'_>) -> Answer {
    let (folder, pattern) = (call.known(0)?, call.known(1)?);
    // What leads out of the folder leads into one above it.
    let mut below = pattern.trim_start_matches("./");
    let mut up = 0;
    while let Some(rest) = below.strip_prefix("../") {
        up += 1;
        below = rest.trim_start_matches("./");
    }
    if below.split('/').any(|it| it == "..") {
        return Err(Stop::Hole { kind: HoleKind::Free, why: "the pattern leads out of what it finds".into() });
    }
    let glob = globset::GlobBuilder::new(below).literal_separator(true).backslash_escape(true).build();
    let glob = glob.map_err(|_| call.fail(Some(1), "syntax error in pattern"))?.compile_matcher();
    let mut files = match call.host.files_below(&[&*folder, &"/..".repeat(up)].concat()) {
        // To Terraform that is no file, but another folder that is not there now may be where it runs.
        Ok(files) if files.is_empty() && !normal(Path::new(&*folder)).as_os_str().is_empty() => {
            return Err(Stop::Hole { kind: HoleKind::Free, why: format!("there is no file in `{folder}`").into() });
        }
        Ok(files) => files,
        Err(why) => return Err(Stop::Hole { kind: HoleKind::Free, why }),
    };
    files.retain(|file| glob.is_match(file));
    files.sort_unstable();
    call.spend_nodes(files.len())?;
    let folder = normal(Path::new(&folder));
    let named: Vec<&str> = folder.iter().filter_map(|it| it.to_str()).filter(|it| *it != "..").collect();
    let inner = &named[named.len().saturating_sub(up)..];
    let span = call.span;
    let found = files.iter().map(|file| {
        let parts: Vec<&str> = file.split('/').collect();
        let shared = inner.iter().zip(&parts).take_while(|(a, b)| inner.len() == up && a == b).count();
        Node::text(&["../".repeat(up - shared), parts[shared..].join("/")].concat(), span)
    });
    Ok(call.made(Value::List(as_set(found.collect()))))
}

fn made(call: &Call<'_>, text: &str) -> Answer {
    Ok(call.made(Value::Text(Text::known(text, call.span))))
}

pub(super) fn filebase64(call: &mut Call<'_>) -> Answer {
    let (_, text) = read(call, HoleKind::Opaque)?;
    call.spend(text.len())?;
    made(call, &STANDARD.encode(text.raw()))
}

fn hashed(call: &mut Call<'_>, hash: Hash) -> Answer {
    let (_, text) = read(call, HoleKind::Opaque)?;
    made(call, &hash.of(text.raw().as_bytes()))
}

pub(super) fn filemd5(call: &mut Call<'_>) -> Answer {
    hashed(call, Hash::Md5)
}

pub(super) fn filesha1(call: &mut Call<'_>) -> Answer {
    hashed(call, Hash::Sha1)
}

pub(super) fn filesha256(call: &mut Call<'_>) -> Answer {
    hashed(call, Hash::Sha256)
}

pub(super) fn filesha512(call: &mut Call<'_>) -> Answer {
    hashed(call, Hash::Sha512)
}

pub(super) fn filebase64sha256(call: &mut Call<'_>) -> Answer {
    hashed(call, Hash::Base64Sha256)
}

pub(super) fn filebase64sha512(call: &mut Call<'_>) -> Answer {
    hashed(call, Hash::Base64Sha512)
}

pub(super) fn templatefile(call: &mut Call<'_>) -> Answer {
    call.object(1)?;
    let (path, text) = read(call, HoleKind::Free)?;
    call.spend(text.len())?;
    let node = call.host.template(&text, &call.arguments[1], call.span);
    Ok(node.through(call.span, stop_words("templatefile", &path)))
}

pub(super) fn templatestring(call: &mut Call<'_>) -> Answer {
    call.object(1)?;
    let text = call.text(0)?;
    if text.has_holes() {
        // What stands in them is a template as well.
        return Err(call.free());
    }
    let node = call.host.template(&text, &call.arguments[1], call.span);
    Ok(call.arguments[0].inherit(&node))
}

/// The machine's own paths are nobody's business, and they hold no wildcard.
pub(super) fn abspath(call: &mut Call<'_>) -> Answer {
    call.text(0)?;
    Err(Stop::Hole { kind: HoleKind::Opaque, why: "a path of the machine it runs on".into() })
}

pub(super) fn pathexpand(call: &mut Call<'_>) -> Answer {
    match call.text(0)?.raw().starts_with('~') {
        true => abspath(call),
        false => Ok(call.arguments[0].clone()),
    }
}

pub(super) fn basename(call: &mut Call<'_>) -> Answer {
    let text = call.text(0)?;
    let raw = text.raw();
    let end = raw.trim_end_matches('/').len();
    let start = raw[..end].rfind('/').map_or(0, |at| at + 1);
    let piece = text.slice(start..end);
    if text.has_holes() && (piece.has_holes() || start == 0 || piece.is_empty()) {
        return Err(call.unknown());
    }
    if piece.is_empty() {
        return made(call, if raw.is_empty() { "." } else { "/" });
    }
    let span = piece.span(0..piece.len()).unwrap_or(call.arguments[0].span);
    Ok(Node { value: Value::Text(piece), span, origin: call.arguments[0].origin.clone() })
}

pub(super) fn dirname(call: &mut Call<'_>) -> Answer {
    let path = call.known(0)?;
    let folder = &path[..path.rfind('/').map_or(0, |at| at + 1)];
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/') {
        match (part, parts.last()) {
            ("" | ".", _) => {}
            ("..", Some(last)) if *last != ".." => {
                parts.pop();
            }
            ("..", None) if folder.starts_with('/') => {}
            _ => parts.push(part),
        }
    }
    let cleaned = parts.join("/");
    let cleaned = match (folder.starts_with('/'), cleaned.is_empty()) {
        (true, _) => format!("/{cleaned}"),
        (false, true) => ".".to_owned(),
        (false, false) => cleaned,
    };
    let span = call.arguments[0].span;
    call.in_place_of(0, Value::Text(Text::known(&cleaned, span)))
}
