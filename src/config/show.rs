//! The configuration in words: all that holds for one file, and a first one for a repository that has none.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use super::{Config, ExternalModules, Ignore, Peer};
use crate::rule::{Confidence, Severity};
use crate::source::Ground;
use crate::suppress::count_of_peer;

/// What holds for a file, as one configuration that says the same by itself.
pub fn show(config: &Config, ground: &Ground, path: &Path) -> String {
    let absolute = ground.absolute(&std::path::absolute(path).unwrap_or_else(|_| path.to_owned()));
    let settings = config.settings_of(&absolute);
    let rules: Vec<&str> = config.rules().into_iter().filter(|it| settings.runs(it)).map(|it| it.id).collect();
    let mut out = format!("# what holds for {}\n", path.display());
    let files: Vec<String> = config.files.iter().map(|it| it.path.display().to_string()).collect();
    let _ = match files.as_slice() {
        [] => writeln!(out, "# no configuration was found, so this is what holds by default"),
        files => writeln!(out, "# from {}", files.join(", then ")),
    };
    for over in config.overrides.iter().filter(|it| it.paths.hold(&absolute)) {
        let _ = writeln!(out, "# and from what is different for {}", list(&over.paths.patterns));
    }
    let mut line = |key: &str, value: String| {
        let _ = writeln!(out, "{key} = {value}");
    };
    line("select", lines(&rules));
    line("min-severity", quoted(settings.min_severity.unwrap_or(Severity::Low).name()));
    if let Some(least) = settings.min_confidence {
        line("min-confidence", quoted(least.name()));
    }
    line("fail-on", quoted(settings.fail_on.unwrap_or(Severity::Low).name()));
    line("require-reason", config.require_reason.to_string());
    line("external-modules", quoted(config.external_modules.name()));
    line("known-actions", list(&config.facts.known_actions));
    line("honour", list(&config.honour.iter().map(|it| it.name()).collect::<Vec<_>>()));
    if settings.min_confidence.is_none() {
        let gate = Confidence::Medium;
        let _ = writeln!(
            out,
            "# min-confidence is not set: all findings are reported, and those of {gate} and above count"
        );
    }
    let trust = &config.facts.trust;
    let _ = writeln!(
        out,
        "\n[trust]\norganizations = {}\noidc-owners = {}\nexternal-id-required = {}",
        list(&trust.organizations),
        list(&trust.oidc_owners),
        list(&trust.external_id_required)
    );
    if !trust.accounts.is_empty() {
        out.push_str("\n[trust.accounts]\n");
        for (id, label) in &trust.accounts {
            let _ = writeln!(out, "{} = {}", quoted(id), quoted(label));
        }
    }
    // A rule that is not named here says how bad each of its findings is.
    let severity: Vec<_> = settings.severity.iter().filter(|(id, _)| rules.contains(*id)).collect();
    if !severity.is_empty() {
        out.push_str("\n[severity]\n");
    }
    for (id, severity) in severity {
        let _ = writeln!(out, "{id} = {}", quoted(severity.name()));
    }
    for ignore in config.ignores.iter().filter(|it| it.paths.as_ref().is_none_or(|paths| paths.hold(&absolute))) {
        entry(ignore, &mut out);
    }
    out
}

fn entry(ignore: &Ignore, out: &mut String) {
    let mut line = |key: &str, value: Option<String>| {
        if let Some(value) = value {
            let _ = writeln!(out, "{key} = {value}");
        }
    };
    line("\n[[ignore]]\nrule", Some(quoted(&ignore.name)));
    line("paths", ignore.paths.as_ref().map(|it| list(&it.patterns)));
    line("address", ignore.address.as_deref().map(quoted));
    line("sid", ignore.sid.as_deref().map(quoted));
    line("only", (!ignore.only.is_empty()).then(|| list(&ignore.only)));
    line("reason", (!ignore.reason.is_empty()).then(|| quoted(&ignore.reason)));
    line("until", ignore.until.map(|it| quoted(&it.to_string())));
}

/// What JSON makes of a string is a string of TOML too.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn list<T: AsRef<str>>(items: &[T]) -> String {
    format!("[{}]", items.iter().map(|it| quoted(it.as_ref())).collect::<Vec<_>>().join(", "))
}

/// A long list, in lines that can be read.
fn lines(items: &[&str]) -> String {
    let mut out = String::from("[");
    let mut width = WIDTH;
    for item in items {
        let item = quoted(item) + ",";
        if width + 1 + item.len() > WIDTH {
            out.push_str("\n   ");
            width = 3;
        }
        out.push(' ');
        out.push_str(&item);
        width += 1 + item.len();
    }
    out + "\n]"
}

/// How long the lines of a long list are.
const WIDTH: usize = 100;

/// What was seen in a repository that has no configuration yet.
#[derive(Debug, Default)]
pub struct Seen {
    /// How many comments for other linters would count.
    peers: BTreeMap<&'static str, usize>,
    /// How often each account is named.
    accounts: BTreeMap<String, usize>,
}

impl Seen {
    /// Whether the first configuration will let comments for other linters count.
    pub fn honours(&self) -> bool {
        !self.peers.is_empty()
    }

    /// Looks at the text of a file.
    pub fn look(&mut self, text: &str) {
        for peer in Peer::ALL {
            let count = count_of_peer(text, peer);
            if count > 0 {
                *self.peers.entry(peer.name()).or_default() += count;
            }
        }
        let digits = text.split(|it: char| !it.is_ascii_alphanumeric()).filter(|it| crate::policy::is_account_id(it));
        for account in digits {
            *self.accounts.entry(account.to_owned()).or_default() += 1;
        }
    }
}

/// A first configuration for what was seen: what holds anyway, written out, and what to think about, as comments.
pub fn initial(seen: &Seen) -> String {
    let mut out = String::from(
        "# What iamlint does with everything below this folder. `iamlint config show PATH` says what holds for a file.\n\n\
         # Findings of this severity and above fail the run: low, medium, high or critical.\nfail-on = \"low\"\n\n\
         # Whether a suppression that does not say why it is right counts for nothing.\nrequire-reason = false\n\n\
         # The rules to run, by id or theme; `iamlint rules` lists them all. The word default stands for those that run\n\
         # without this line, and hardening for what is off otherwise: encryption, versions, logs, key rotation.\n\
         # select = [\"default\", \"hardening\"]\n\n",
    );
    let _ = writeln!(
        out,
        "# Where findings in modules that were fetched are reported: report, call-site or off.\nexternal-modules = \"{}\"\n",
        ExternalModules::CallSite.name()
    );
    if seen.peers.is_empty() {
        out.push_str("# Comments for other linters that are to count: checkov, trivy, tfsec, kics.\n# honour = [\"checkov\"]\n\n");
    } else {
        let counts: Vec<String> = seen.peers.iter().map(|(peer, count)| format!("{count} for {peer}")).collect();
        let names: Vec<&str> = seen.peers.keys().copied().collect();
        let _ = writeln!(
            out,
            "# Comments for other linters that count; there are {}.\n\
             # `iamlint check --show-suppressed` lists what would replace each.\nhonour = {}\n",
            counts.join(", "),
            list(&names)
        );
    }
    out.push_str(
        "# Whom you trust. As soon as accounts are named, untrusted_principal reports whoever else is let in.\n# [trust.accounts]\n",
    );
    let mut accounts: Vec<(&String, &usize)> = seen.accounts.iter().collect();
    accounts.sort_by_key(|(id, count)| (std::cmp::Reverse(**count), *id));
    for (id, count) in accounts.iter().take(10) {
        let times = if **count == 1 { "once".to_owned() } else { format!("{count} times") };
        let _ = writeln!(out, "# \"{id}\" = \"…\"  # named {times}");
    }
    if accounts.is_empty() {
        out.push_str("# \"111122223333\" = \"production\"\n");
    }
    out.push_str(
        "\n# What is different for some files.\n# [[overrides]]\n# paths = [\"sandbox/**\"]\n# fail-on = \"critical\"\n\n\
         # Findings that somebody has answered for, in files that know no comments; with a rule alone, all of that rule.\n# [[ignore]]\n\
         # rule = \"wildcard_action\"\n# paths = [\"policies/vendor.json\"]\n# only = [\"s3:*\"]\n\
         # reason = \"the vendor's own bucket\"\n# until = 2027-01-31\n",
    );
    out
}
