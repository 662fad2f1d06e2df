//! Base64, digests, URLs and CSV. What these write holds no wildcard, so of an unknown text they make an opaque one.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::Digest as _;

use super::arguments::{Answer, Call, Stop};
use crate::value::{Entry, HoleKind, Node, Origin, Text, Value};

/// A known argument; else the result is opaque.
fn known(call: &Call<'_>, index: usize) -> Answer<String> {
    let text = call.text(index)?;
    text.as_known().map(str::to_owned).ok_or_else(|| call.opaque())
}

fn made(call: &mut Call<'_>, index: usize, text: &str) -> Answer {
    call.spend(text.len())?;
    let span = call.arguments[index].span;
    call.in_place_of(index, Value::Text(Text::known(text, span)))
}

pub(super) fn base64encode(call: &mut Call<'_>) -> Answer {
    let encoded = STANDARD.encode(known(call, 0)?);
    made(call, 0, &encoded)
}

pub(super) fn base64decode(call: &mut Call<'_>) -> Answer {
    // Any text may come out of it, so even an opaque one gives a free one.
    let text = call.text(0)?;
    let Some(known) = text.as_known() else { return Err(call.free()) };
    let decoded = STANDARD.decode(known).map_err(|_| call.fail(Some(0), "failed to decode base64 data"))?;
    let decoded = String::from_utf8(decoded)
        .map_err(|_| call.fail(Some(0), "the result of decoding the provided string is not valid UTF-8"))?;
    made(call, 0, &decoded)
}

/// The bytes depend on how Go's library compresses, and whatever they are, they hold no wildcard.
pub(super) fn base64gzip(call: &mut Call<'_>) -> Answer {
    call.text(0)?;
    Err(Stop::Hole { kind: HoleKind::Opaque, why: "compressed data".into() })
}

/// An encoding by its IANA name, as far as anybody gives them to a machine of AWS: tables of the others would be larger
/// than all that policies say in them.
#[derive(Clone, Copy)]
enum Encoding {
    Utf8,
    Utf16 { big: bool, mark: bool },
    Latin1,
    Ascii,
}

fn encoding(call: &Call<'_>, index: usize, otherwise: HoleKind) -> Answer<Encoding> {
    let name = known(call, index)?;
    Ok(match name.to_ascii_uppercase().as_str() {
        "UTF-8" => Encoding::Utf8,
        "UTF-16LE" => Encoding::Utf16 { big: false, mark: false },
        "UTF-16BE" => Encoding::Utf16 { big: true, mark: false },
        "UTF-16" => Encoding::Utf16 { big: true, mark: true },
        "ISO-8859-1" | "LATIN1" | "L1" => Encoding::Latin1,
        "US-ASCII" | "ASCII" => Encoding::Ascii,
        _ => {
            let why = format!("`{name}` is not an encoding iamlint knows");
            return Err(Stop::Hole { kind: otherwise, why: why.into() });
        }
    })
}

pub(super) fn textencodebase64(call: &mut Call<'_>) -> Answer {
    let text = known(call, 0)?;
    let bytes: Option<Vec<u8>> = match encoding(call, 1, HoleKind::Opaque)? {
        Encoding::Utf8 => Some(text.into_bytes()),
        Encoding::Utf16 { big, mark } => {
            let units = mark.then_some(0xfeff).into_iter().chain(text.encode_utf16());
            Some(units.flat_map(|it| if big { it.to_be_bytes() } else { it.to_le_bytes() }).collect())
        }
        Encoding::Latin1 => text.chars().map(|it| u8::try_from(u32::from(it)).ok()).collect(),
        Encoding::Ascii => text.is_ascii().then(|| text.into_bytes()),
    };
    let Some(bytes) = bytes else {
        return Err(call.fail(Some(0), "the given string contains characters that cannot be represented"));
    };
    made(call, 0, &STANDARD.encode(bytes))
}

pub(super) fn textdecodebase64(call: &mut Call<'_>) -> Answer {
    let text = call.text(0)?;
    let Some(known) = text.as_known() else { return Err(call.free()) };
    let encoding = encoding(call, 1, HoleKind::Free)?;
    let bytes = STANDARD.decode(known).map_err(|_| call.fail(Some(0), "failed to decode base64 data"))?;
    let decoded = match encoding {
        Encoding::Utf8 | Encoding::Ascii => String::from_utf8(bytes).ok(),
        Encoding::Utf16 { big, mark } => {
            let unit = |pair: &[u8]| {
                let pair = [pair[0], pair[1]];
                if big { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) }
            };
            let units: Vec<u16> = bytes.chunks_exact(2).map(unit).collect();
            let body = units.strip_prefix(&[0xfeff]).filter(|_| mark).unwrap_or(&units);
            (bytes.len() % 2 == 0).then(|| String::from_utf16(body).ok()).flatten()
        }
        Encoding::Latin1 => Some(bytes.into_iter().map(char::from).collect()),
    };
    match decoded {
        Some(decoded) => made(call, 0, &decoded),
        None => Err(call.fail(Some(0), "the given text cannot be decoded")),
    }
}

pub(super) fn urlencode(call: &mut Call<'_>) -> Answer {
    let text = call.text(0)?;
    call.spend(text.len().saturating_mul(3))?;
    let change = |part: &str| {
        let mut out = String::with_capacity(part.len());
        for byte in part.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
                b' ' => out.push('+'),
                _ => out.push_str(&format!("%{byte:02X}")),
            }
        }
        out
    };
    if text.has_holes() {
        // No wildcard is left in it.
        return Err(call.opaque());
    }
    call.in_place_of(0, Value::Text(text.applied(change, str::to_owned)))
}

pub(super) fn urldecode(call: &mut Call<'_>) -> Answer {
    let text = call.text(0)?;
    let Some(known) = text.as_known() else { return Err(call.free()) };
    let mut bytes = Vec::with_capacity(known.len());
    let mut rest = known.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match first {
            b'+' => bytes.push(b' '),
            b'%' => {
                // A sign would be taken for a part of the number.
                let digits = rest.get(..2).filter(|it| it.iter().all(u8::is_ascii_hexdigit));
                let digits = digits.and_then(|it| std::str::from_utf8(it).ok());
                match digits.and_then(|it| u8::from_str_radix(it, 16).ok()) {
                    Some(byte) => bytes.push(byte),
                    None => return Err(call.fail(Some(0), "failed to decode URL")),
                }
                rest = &rest[2..];
            }
            _ => bytes.push(*first),
        }
    }
    match String::from_utf8(bytes) {
        Ok(decoded) => made(call, 0, &decoded),
        Err(_) => Err(call.fail(Some(0), "the result of decoding the provided string is not valid UTF-8")),
    }
}

/// A digest, and how it is written.
#[derive(Clone, Copy)]
pub(super) enum Hash {
    Md5,
    Sha1,
    Sha256,
    Sha512,
    Base64Sha256,
    Base64Sha512,
}

impl Hash {
    pub(super) fn of(self, bytes: &[u8]) -> String {
        fn hex(bytes: &[u8]) -> String {
            bytes.iter().map(|byte| format!("{byte:02x}")).collect()
        }
        match self {
            Self::Md5 => hex(&md5::Md5::digest(bytes)),
            Self::Sha1 => hex(&sha1::Sha1::digest(bytes)),
            Self::Sha256 => hex(&sha2::Sha256::digest(bytes)),
            Self::Sha512 => hex(&sha2::Sha512::digest(bytes)),
            Self::Base64Sha256 => STANDARD.encode(sha2::Sha256::digest(bytes)),
            Self::Base64Sha512 => STANDARD.encode(sha2::Sha512::digest(bytes)),
        }
    }
}

fn hashed(call: &mut Call<'_>, hash: Hash) -> Answer {
    let digest = hash.of(known(call, 0)?.as_bytes());
    made(call, 0, &digest)
}

pub(super) fn md5(call: &mut Call<'_>) -> Answer {
    hashed(call, Hash::Md5)
}

pub(super) fn sha1(call: &mut Call<'_>) -> Answer {
    hashed(call, Hash::Sha1)
}

pub(super) fn sha256(call: &mut Call<'_>) -> Answer {
    hashed(call, Hash::Sha256)
}

pub(super) fn sha512(call: &mut Call<'_>) -> Answer {
    hashed(call, Hash::Sha512)
}

pub(super) fn base64sha256(call: &mut Call<'_>) -> Answer {
    hashed(call, Hash::Base64Sha256)
}

pub(super) fn base64sha512(call: &mut Call<'_>) -> Answer {
    hashed(call, Hash::Base64Sha512)
}

pub(super) fn uuidv5(call: &mut Call<'_>) -> Answer {
    let (namespace, name) = (known(call, 0)?, known(call, 1)?);
    let namespace = match namespace.as_str() {
        "dns" => "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
        "url" => "6ba7b811-9dad-11d1-80b4-00c04fd430c8",
        "oid" => "6ba7b812-9dad-11d1-80b4-00c04fd430c8",
        "x500" => "6ba7b814-9dad-11d1-80b4-00c04fd430c8",
        other => other,
    };
    let digits: String = namespace.chars().filter(|it| *it != '-').collect();
    let Some(namespace) = u128::from_str_radix(&digits, 16).ok().filter(|_| digits.len() == 32) else {
        return Err(call.fail(Some(0), format!("`{namespace}` is not a namespace")));
    };
    let digest = sha1::Sha1::digest([&namespace.to_be_bytes(), name.as_bytes()].concat());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    bytes[6] = (bytes[6] & 0x0f) | 0x50;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let hex = format!("{:032x}", u128::from_be_bytes(bytes));
    let uuid = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-");
    made(call, 1, &uuid)
}

pub(super) fn csvdecode(call: &mut Call<'_>) -> Answer {
    let text = call.text(0)?;
    if text.has_holes() {
        return Err(call.unknown());
    }
    let argument = &call.arguments[0];
    let mut records = Records { text: &text, at: 0 };
    let refuse = |call: &Call<'_>, message: &str| call.fail(Some(0), message);
    let header = match records.next_record() {
        Ok(Some(header)) => header,
        Ok(None) => return Err(refuse(call, "missing header line")),
        Err(message) => return Err(refuse(call, message)),
    };
    for (index, column) in header.iter().enumerate() {
        if header[..index].contains(column) {
            return Err(refuse(call, &format!("duplicate column name `{column}`")));
        }
    }
    let place = |text: &Text| text.span(0..text.len()).unwrap_or(argument.span);
    let mut rows = Vec::new();
    while let Some(record) = records.next_record().map_err(|message| refuse(call, message))? {
        if record.len() != header.len() {
            return Err(refuse(call, "wrong number of fields"));
        }
        call.spend_nodes(record.len() + 1)?;
        let entries = header.iter().zip(record).map(|(column, field)| {
            let span = place(&field);
            let node = Node { value: Value::Text(field), span, origin: argument.origin.clone() };
            Entry { key: column.clone(), key_span: place(column), node }
        });
        rows.push(call.made_object(entries.collect()));
    }
    call.made_list(rows)
}

/// The lines of a CSV text, each field with its place.
struct Records<'a> {
    text: &'a Text,
    at: usize,
}

impl Records<'_> {
    fn next_record(&mut self) -> Result<Option<Vec<Text>>, &'static str> {
        let raw = self.text.raw();
        while raw[self.at..].starts_with('\n') || raw[self.at..].starts_with("\r\n") {
            self.at += if raw[self.at..].starts_with('\n') { 1 } else { 2 };
        }
        if self.at == raw.len() {
            return Ok(None);
        }
        let mut fields = Vec::new();
        loop {
            fields.push(if raw[self.at..].starts_with('"') { self.quoted()? } else { self.bare()? });
            match raw.as_bytes().get(self.at) {
                Some(b',') => self.at += 1,
                Some(_) => {
                    self.at += raw[self.at..].find('\n').map_or(raw.len() - self.at, |end| end + 1);
                    return Ok(Some(fields));
                }
                None => return Ok(Some(fields)),
            }
        }
    }

    fn bare(&mut self) -> Result<Text, &'static str> {
        let rest = &self.text.raw()[self.at..];
        let end = rest.find([',', '\n']).unwrap_or(rest.len());
        let field = &rest[..end];
        let field = if rest[end..].starts_with(',') { field } else { field.strip_suffix('\r').unwrap_or(field) };
        if field.contains('"') {
            return Err("bare \" in non-quoted field");
        }
        let text = self.text.slice(self.at..self.at + field.len());
        self.at += field.len();
        Ok(text)
    }

    fn quoted(&mut self) -> Result<Text, &'static str> {
        let raw = self.text.raw();
        let mut out = Text::default();
        self.at += 1;
        loop {
            let Some(end) = raw[self.at..].find('"').map(|found| self.at + found) else {
                return Err("extraneous or missing \" in quoted field");
            };
            let is_doubled = raw[end + 1..].starts_with('"');
            out.push_text(&self.text.slice(self.at..end + usize::from(is_doubled)), &Origin::HERE);
            self.at = end + 1 + usize::from(is_doubled);
            if !is_doubled {
                let rest = &raw[self.at..];
                let ends = rest.is_empty() || rest.starts_with([',', '\n']) || rest.starts_with("\r\n");
                return if ends { Ok(out) } else { Err("extraneous or missing \" in quoted field") };
            }
        }
    }
}
