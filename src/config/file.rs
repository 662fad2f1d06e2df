//! `iamlint.toml` as it is written: the keys there are, what may stand behind them, and where each of them stands. The
//! JSON Schema is made from these types, and so is the list of keys that a misspelt one is compared with.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{ConfigError, did_you_mean, nearest, unknown};
use crate::rule::{Confidence, Severity};

/// What iamlint is to do in a repository. Every path is relative to the folder of the file that it is written in.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
#[schemars(title = "iamlint.toml")]
pub(super) struct File {
    /// A configuration that this one stands on: what is written here goes over what is written there.
    pub(super) extends: Option<At<String>>,
    /// The only rules to run, by id or by a peer's id such as `CKV_AWS_111`.
    pub(super) select: Option<At<Vec<At<String>>>>,
    /// Rules not to run, and findings that somebody has answered for.
    pub(super) ignore: Vec<At<Ignored>>,
    /// Other severities than the rules have by themselves.
    pub(super) severity: BTreeMap<At<String>, Severity>,
    /// Findings below it are suppressed.
    pub(super) min_severity: Option<Severity>,
    /// Findings below it are suppressed, and those at it fail the run.
    pub(super) min_confidence: Option<Confidence>,
    /// Findings of this severity and above fail the run.
    pub(super) fail_on: Option<Severity>,
    /// Whether a suppression without a reason counts for nothing.
    pub(super) require_reason: Option<bool>,
    /// Where findings in modules that were fetched are reported.
    pub(super) external_modules: Option<ExternalModules>,
    /// Actions that exist although the built-in reference does not know them; `*` and `?` are wildcards.
    pub(super) known_actions: Vec<At<String>>,
    /// Other linters whose comments count.
    pub(super) honour: Vec<Peer>,
    /// Whom you trust.
    pub(super) trust: Trust,
    /// What is different for some files; later tables go over earlier ones.
    pub(super) overrides: Vec<At<Override>>,
}

/// Settings for some files.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Override {
    /// Files and folders; `*` stays within a folder, `**` crosses them.
    pub(super) paths: At<Vec<At<String>>>,
    /// The only rules to run there, whatever is selected and ignored elsewhere.
    pub(super) select: Option<At<Vec<At<String>>>>,
    /// Further rules not to run there.
    #[serde(default)]
    pub(super) ignore: Vec<At<String>>,
    /// Other severities there.
    #[serde(default)]
    pub(super) severity: BTreeMap<At<String>, Severity>,
    /// Findings below it are suppressed there.
    pub(super) min_severity: Option<Severity>,
    /// Findings below it are suppressed there, and those at it fail the run.
    pub(super) min_confidence: Option<Confidence>,
    /// Findings of this severity and above fail the run there.
    pub(super) fail_on: Option<Severity>,
}

/// A rule not to run, or findings of one that somebody has answered for.
#[derive(Debug, JsonSchema)]
#[schemars(untagged)]
pub(super) enum Ignored {
    /// A rule not to run, by id or by a peer's id.
    Rule(String),
    /// Findings that somebody has answered for.
    Entry(Box<Entry>),
}

/// Findings that somebody has answered for: those of the rule for which all that is written here holds.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Entry {
    /// The rule, by id or by a peer's id.
    pub(super) rule: At<String>,
    /// Files and folders; `*` stays within a folder, `**` crosses them.
    pub(super) paths: Option<At<Vec<At<String>>>>,
    /// The address of what carries the finding, or of a module or document around it; `*` and `?` are wildcards.
    pub(super) address: Option<At<String>>,
    /// The `Sid` of the statement; `*` and `?` are wildcards.
    pub(super) sid: Option<At<String>>,
    /// The actions that are accepted; the finding stands as soon as it is about others.
    pub(super) only: Option<At<Vec<String>>>,
    /// Why that is right.
    pub(super) reason: Option<At<String>>,
    /// The last day on which it holds, such as `2027-01-31`.
    #[schemars(with = "Option<String>")]
    pub(super) until: Option<At<toml::Value>>,
}

/// Where findings in modules that were fetched, below `.terraform`, are reported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ExternalModules {
    /// In the module, where the text is.
    Report,
    /// At the call, which is what you can change.
    #[default]
    CallSite,
    /// Nowhere: they are suppressed.
    Off,
}

/// A linter whose comments count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the names are those of the linters")]
pub enum Peer {
    Checkov,
    Trivy,
    Tfsec,
    Kics,
}

impl Peer {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Checkov, Self::Trivy, Self::Tfsec, Self::Kics];

    /// Its name in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Checkov => "checkov",
            Self::Trivy => "trivy",
            Self::Tfsec => "tfsec",
            Self::Kics => "kics",
        }
    }
}

impl ExternalModules {
    /// Its name in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Report => "report",
            Self::CallSite => "call-site",
            Self::Off => "off",
        }
    }
}

/// Whom you trust. Of what is not named here nothing is said.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(super) struct Trust {
    /// Accounts by their twelve digits, each with what you call it.
    pub(super) accounts: BTreeMap<At<String>, String>,
    /// Organisations by their ids, such as `o-a1b2c3d4e5`.
    pub(super) organizations: Vec<At<String>>,
    /// Owners of repositories, groups or organisations at identity providers whose workflows are yours.
    pub(super) oidc_owners: Vec<At<String>>,
    /// Accounts of providers that act for others too, by their twelve digits: no role is to be theirs to assume without
    /// `sts:ExternalId`.
    pub(super) external_id_required: Vec<At<String>>,
}

/// A value and the bytes it stands at.
#[derive(Clone, Debug)]
pub(super) struct At<T> {
    pub(super) range: Range<usize>,
    pub(super) value: T,
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for At<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<T>::deserialize(deserializer)?;
        Ok(Self { range: spanned.span(), value: spanned.into_inner() })
    }
}

impl<T: JsonSchema> JsonSchema for At<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        T::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

impl<T: PartialEq> PartialEq for At<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T: Eq> Eq for At<T> {}

impl<T: Ord> PartialOrd for At<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T: Ord> Ord for At<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.value.cmp(&other.value)
    }
}

impl<'de> Deserialize<'de> for Ignored {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Ignored;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a rule, or a table that says which findings of it")
            }

            fn visit_str<E>(self, name: &str) -> Result<Ignored, E> {
                Ok(Ignored::Rule(name.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Ignored, A::Error> {
                Entry::deserialize(MapAccessDeserializer::new(map)).map(|it| Ignored::Entry(Box::new(it)))
            }
        }
        deserializer.deserialize_any(Either)
    }
}

/// The JSON Schema of the file.
pub fn schema() -> Value {
    SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<File>().to_value()
}

/// Reads a file. Keys that are not known are told all at once, anything else that has no place one by one.
pub(super) fn read(text: &str) -> Result<File, Vec<ConfigError>> {
    let failed = |error: toml::de::Error| {
        let message = error.message().lines().collect::<Vec<_>>().join(", ");
        vec![ConfigError { range: error.span().unwrap_or(0..0), message: in_our_words(&message).unwrap_or(message) }]
    };
    let table = DeTable::parse(text).map_err(|error| twice(text, failed(error)))?;
    let schema = SchemaSettings::draft2020_12()
        .with(|settings| settings.inline_subschemas = true)
        .into_generator()
        .into_root_schema_for::<File>()
        .to_value();
    let mut errors = Vec::new();
    unknown_keys(table.get_ref(), &schema, &mut errors);
    if !errors.is_empty() {
        errors.sort_by_key(|it| it.range.start);
        return Err(errors);
    }
    File::deserialize(toml::Deserializer::from(table)).map_err(failed)
}

/// What serde says of the types of Rust, as whoever writes TOML calls it.
fn in_our_words(message: &str) -> Option<String> {
    if let Some(name) = message.strip_prefix("missing field ") {
        return Some(format!("the key {name} is missing"));
    }
    if let Some((found, wanted)) = message.strip_prefix("invalid type: ").and_then(|it| it.split_once(", expected ")) {
        let found = match found.split([' ', ',']).next()? {
            "string" => "text",
            "integer" | "floating" => "a number",
            "boolean" => "`true` or `false`",
            "sequence" => "a list",
            "map" => "a table",
            _ => return None,
        };
        let wanted = match wanted {
            "a sequence" => "a list",
            "a string" => "text",
            "a boolean" => "`true` or `false`",
            wanted if wanted.starts_with("struct ") || wanted == "a map" => "a table",
            wanted => wanted,
        };
        return Some(format!("{wanted} belongs here, not {found}"));
    }
    let (value, choices) = message.strip_prefix("unknown variant `")?.split_once("`, expected ")?;
    let choices: Vec<&str> = choices.split('`').skip(1).step_by(2).collect();
    let hint = did_you_mean(nearest(value, choices.iter().copied()));
    Some(format!("`{value}` is none of `{}`{hint}", choices.join("`, `")))
}

/// Says how a list and tables of one name are written, which TOML does not let stand beside each other.
fn twice(text: &str, mut errors: Vec<ConfigError>) -> Vec<ConfigError> {
    for error in &mut errors {
        if error.message == "duplicate key" && text.get(error.range.clone()).is_some_and(|it| it.contains("ignore")) {
            error.message =
                "`ignore` is a list above: write its names as tables too, `[[ignore]]` with a `rule` alone".into();
        }
    }
    errors
}

/// The keys of a table, and of the tables in it, that its schema does not have.
fn unknown_keys(table: &DeTable<'_>, schema: &Value, errors: &mut Vec<ConfigError>) {
    // A table whose keys are free, such as that of severities, has no properties.
    let Some(properties) = schema["properties"].as_object() else { return };
    for (key, value) in table {
        match properties.get(&**key.get_ref()) {
            Some(schema) => within(value.get_ref(), schema, errors),
            None => {
                let message = unknown(
                    "there is no key",
                    key.get_ref(),
                    nearest(key.get_ref(), properties.keys().map(String::as_str)),
                );
                errors.push(ConfigError { range: key.span(), message });
            }
        }
    }
}

fn within(value: &DeValue<'_>, schema: &Value, errors: &mut Vec<ConfigError>) {
    match value {
        DeValue::Table(table) => unknown_keys(table, of_tables(schema), errors),
        DeValue::Array(items) => items.iter().for_each(|it| within(it.get_ref(), &schema["items"], errors)),
        _ => {}
    }
}

/// What of a schema speaks of tables, where it leaves a choice.
fn of_tables(schema: &Value) -> &Value {
    let choices = schema["anyOf"].as_array().into_iter().flatten();
    choices.into_iter().find(|it| it["properties"].is_object()).unwrap_or(schema)
}
