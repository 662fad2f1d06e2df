//! What a rule is, what it says, and what it is given to say it with.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::{self, Write};
use std::sync::{Arc, OnceLock};
use std::{mem, ptr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::catalog::{self, Use};
use crate::frontend::{Bucket, Configuration, Identity, Key, Resource};
use crate::policy::{self, Condition, Effect, Granted, Guard, Place, Policy, PolicyKind, Scope, Statement};
use crate::source::Span;

/// How bad it is when it is true.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Low,
    /// Wider than needed.
    Medium,
    /// A way in, or a way up.
    High,
    /// Open to anyone, or everything at once.
    Critical,
}

/// How sure the rule is that it is true.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// It may be so: a hole or an undecided condition stands between.
    Low,
    /// It is most likely so.
    Medium,
    /// It is so, whatever is unknown.
    High,
}

macro_rules! names {
    ($type:ident: $($variant:ident = $name:literal),*) => {
        impl $type {
            /// Its name in pages, reports and options.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// By its name.
            pub fn by_name(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)* _ => None }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}

names!(Severity: Low = "low", Medium = "medium", High = "high", Critical = "critical");
names!(Confidence: Low = "low", Medium = "medium", High = "high");

impl Severity {
    /// One step less bad.
    pub fn lower(self) -> Self {
        match self {
            Self::Critical => Self::High,
            Self::High => Self::Medium,
            Self::Medium | Self::Low => Self::Low,
        }
    }
}

/// Texts in backticks, in words: `` `a`, `b`, `c` and 2 more ``.
pub fn quoted<T: fmt::Display>(items: &[T]) -> String {
    in_words(items, "`", "and")
}

/// The same of what stands in backticks already.
pub fn listed<T: fmt::Display>(items: &[T]) -> String {
    in_words(items, "", "and")
}

/// The same where one of them will do: "`a`, `b` or `c`".
pub fn either<T: fmt::Display>(items: &[T]) -> String {
    in_words(items, "`", "or")
}

/// As many as are read, each between two quotation marks, and how many there are beyond.
fn in_words<T: fmt::Display>(items: &[T], mark: &str, link: &str) -> String {
    // To say that there is one more takes as long as to say which.
    const MOST: usize = 4;
    let shown = if items.len() <= MOST { items.len() } else { MOST - 1 };
    let mut words = String::new();
    for (n, item) in items[..shown].iter().enumerate() {
        // Writing to a string cannot fail.
        let _ = match n {
            0 => write!(words, "{mark}{item}{mark}"),
            _ if n + 1 == items.len() => write!(words, " {link} {mark}{item}{mark}"),
            _ => write!(words, ", {mark}{item}{mark}"),
        };
    }
    if shown < items.len() {
        let _ = write!(words, " {link} {} more", items.len() - shown);
    }
    words
}

/// What a statement holds, in words: its entries in backticks, or all but those.
pub fn scope_in_words<T: fmt::Display>(scope: &Scope<T>) -> String {
    match scope {
        Scope::Only(entries) => quoted(entries),
        Scope::AllExcept(entries) => format!("all but {}", quoted(entries)),
    }
}

/// A check over one subject.
#[derive(Clone, Copy, Debug)]
pub enum Check {
    /// Over every policy.
    Policy(fn(&Policy, &mut Context<'_>)),
    /// Over every bucket.
    Bucket(fn(&Bucket, &mut Context<'_>)),
    /// Over every role, user, group and permission set.
    Identity(fn(&Identity, &mut Context<'_>)),
    /// Over every key.
    Key(fn(&Key, &mut Context<'_>)),
    /// Over every other resource of a type that has to do with access.
    Resource(fn(&Resource, &mut Context<'_>)),
    /// Over all of a root module, template or file, where a rule must see it whole.
    Configuration(fn(&Configuration, &mut Context<'_>)),
}

/// A page and a check.
#[derive(Debug)]
pub struct Rule {
    /// Its name, which is that of its page and of its module.
    pub id: &'static str,
    /// The text of its page.
    pub page: &'static str,
    /// What it does.
    pub check: Check,
    head: OnceLock<Head>,
}

/// What rules are about. `hardening` is what keeps what is there, rather than who gets at it.
pub const THEMES: [&str; 8] = ["wildcard", "privesc", "kms", "s3-public", "trust", "validity", "hardening", "other"];

/// What a rule's page says at its top.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// What it forbids, in a few words that complete "a policy that …".
    pub summary: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// How sure it is.
    pub confidence: Confidence,
    /// One of [`THEMES`].
    pub theme: &'static str,
    /// The version that first had it.
    pub since: &'static str,
    /// `peer:check`: where that check rightly fires, this rule fires.
    pub aliases: Vec<&'static str>,
    /// The checks of `data/curated/peer-checks.csv` that it serves: what other linters look for, by a name of ours.
    pub serves: Vec<&'static str>,
    /// Narrower rules that have nothing to add about a statement once this one has spoken of it.
    pub folds: Vec<&'static str>,
}

impl Rule {
    /// A rule of a page and a check.
    pub const fn new(id: &'static str, page: &'static str, check: Check) -> Self {
        Self { id, page, check, head: OnceLock::new() }
    }

    /// Whether it speaks of what is granted, and not of how that is written or how well a thing is kept.
    pub fn is_of_access(&self) -> bool {
        !["validity", "hardening"].contains(&self.head().theme)
    }

    /// What its page says at the top.
    ///
    /// # Panics
    /// When the page has no proper head; `tests/rules.rs` reads every page, so a release has none.
    pub fn head(&self) -> &Head {
        self.head.get_or_init(|| {
            Head::parse(self.page).unwrap_or_else(|problem| panic!("the head of the page of {}: {problem}", self.id))
        })
    }

    /// Whether it runs unless the user says otherwise: `default: off` in the head. Every run asks every rule, so no more
    /// of the head is read for it.
    pub fn runs_by_default(&self) -> bool {
        let find = |text: &str, what: &str| memchr::memmem::find(text.as_bytes(), what.as_bytes());
        let head = find(self.page, "\n---\n").map_or(self.page, |end| &self.page[..end]);
        find(head, "\ndefault:").is_none()
    }

    /// The page below its head.
    pub fn text(&self) -> &'static str {
        self.page.strip_prefix("---\n").and_then(|page| page.split_once("\n---\n")).map_or(self.page, |(_, text)| text)
    }
}

impl Head {
    /// Reads the lines between the two `---` of a page: `name: value`, lists with commas.
    pub fn parse(page: &'static str) -> Result<Self, String> {
        let (head, _) = page
            .strip_prefix("---\n")
            .and_then(|page| page.split_once("\n---\n"))
            .ok_or("a page begins with `---`, its head, and `---`")?;
        let lines: Vec<(&str, &str)> = head
            .lines()
            .map(|line| line.split_once(':').map(|(name, value)| (name.trim(), value.trim())))
            .collect::<Option<_>>()
            .ok_or("a line of the head is `name: value`")?;
        let known = ["summary", "severity", "confidence", "theme", "since", "aliases", "serves", "folds", "default"];
        if let Some((name, _)) = lines.iter().find(|(name, _)| !known.contains(name)) {
            return Err(format!("`{name}` does not belong there"));
        }
        let optional = |wanted: &str| lines.iter().find(|(name, _)| *name == wanted).map(|(_, value)| *value);
        let required = |wanted: &str| optional(wanted).ok_or_else(|| format!("`{wanted}` is missing"));
        let list = |wanted: &str| -> Vec<&'static str> {
            optional(wanted)
                .map(|value| value.split(',').map(str::trim).filter(|it| !it.is_empty()).collect())
                .unwrap_or_default()
        };
        let theme = required("theme")?;
        if !THEMES.contains(&theme) {
            return Err(format!("`{theme}` is no theme"));
        }
        if optional("default").is_some_and(|it| it != "off") {
            return Err("`default` is `off` or not there".to_owned());
        }
        Ok(Self {
            summary: required("summary")?,
            severity: Severity::by_name(required("severity")?).ok_or("no such severity")?,
            confidence: Confidence::by_name(required("confidence")?).ok_or("no such confidence")?,
            theme,
            since: required("since")?,
            aliases: list("aliases"),
            serves: list("serves"),
            folds: list("folds"),
        })
    }
}

/// Something a rule has found.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule's id.
    pub rule: &'static str,
    /// How bad it is here.
    pub severity: Severity,
    /// How sure the rule is here.
    pub confidence: Confidence,
    /// The case in which there is the statement that it speaks of, and how sure the rule would be if there were in every
    /// case; none where there is.
    pub case: Option<(Arc<policy::Given>, Confidence)>,
    /// Further such cases, of findings about one literal that are one.
    pub or_cases: Vec<Arc<policy::Given>>,
    /// What is wrong at this place: one sentence, lower case, no final stop.
    pub message: String,
    /// The smallest change that passes.
    pub help: Option<String>,
    /// The same where what it stands on is needed by others that are made of it, as by other calls of a module.
    pub help_where_needed: Option<String>,
    /// The string that causes it.
    pub span: Span,
    /// Other places that matter, in the order in which they are to be read.
    pub labels: Vec<Label>,
    /// The calls of the modules that it is in, from the outermost inwards.
    pub calls: Vec<Span>,
    /// Whether what the innermost call hands to its module makes it what it is.
    pub is_of_call: bool,
    /// What carries it.
    pub carrier: Carrier,
    /// Whether nothing uses what carries it.
    pub is_unused: bool,
    /// The statement, when it speaks of one.
    pub statement: Option<StatementName>,
    /// The addresses it holds for, sorted; more than one when a module is called several times.
    pub instances: Vec<Arc<str>>,
    /// What is granted to whom, in words that no change of place changes: what makes a finding the same finding.
    pub subject: String,
    /// What its statement grants, as far as the finding is about it; none for what is no statement that allows.
    pub granted: Option<Granted>,
    /// What else it says is granted: the statements of a policy that is attached, and the addresses of the policies that
    /// nobody has but who it is attached to.
    pub covers: (Vec<Granted>, Vec<Arc<str>>),
    /// The findings that it is made of, one for each instance, sorted; the first gives it its name.
    pub identities: Vec<InstanceName>,
    /// Stable across line moves, file renames and the order of statements.
    pub fingerprint: String,
    /// Findings of other rules that it says in its own words.
    pub tells: Vec<Told>,
    /// What would cure it, as the rule sees it, the least change first.
    pub remedies: Vec<Remedy>,
    /// The remedies that can be written down where the finding stands, and that were seen to cure it.
    pub fixes: Vec<Fix>,
    /// How it differs from what was there before; none when nothing was compared, or when it does not differ.
    pub change: Option<Change>,
}

/// A finding of another rule that one says in its own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The rule.
    pub rule: &'static str,
    /// Where that finding stands.
    pub span: Span,
    /// What it is about.
    pub subject: String,
    /// The address of what carries it; none where it is the same.
    pub address: Option<Arc<str>>,
}

/// A change of the policy that cures a finding, in the words of the policy: how it is written down is known to `fix`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remedy {
    /// What it does, as the user is asked: ``take out `s3:GetObject` ``.
    pub title: String,
    /// Whether it needs a decision.
    pub safety: Safety,
    /// Its parts: all of them or none.
    pub changes: Vec<Rewrite>,
}

/// Whether a fix may be applied without being looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Safety {
    /// What is granted stays the same, or becomes what was plainly meant.
    Safe,
    /// It changes what is granted, and somebody may need what goes.
    Unsafe,
}

names!(Safety: Safe = "safe", Unsafe = "unsafe");

/// One part of a remedy. A span is that of the value in the policy that it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rewrite {
    /// Other texts stand in place of the one at `at`.
    Replace {
        /// The text.
        at: Span,
        /// What stands there then; at least one.
        with: Vec<String>,
    },
    /// The actions that a pattern stands for, as far as a use of the service needs them, in its place.
    Spell {
        /// The pattern.
        at: Span,
        /// What it stands for where it is.
        reached: Vec<catalog::Action>,
        /// What is needed of it.
        of: Use,
    },
    /// An element is taken out of its list, since another one says as much. Where that one stands in another literal it
    /// may say so in one place and not in the next, so both must stand in one.
    TakeOut {
        /// The element.
        at: Span,
        /// The one that stays.
        by: Span,
        /// Others of the list that are taken out with it, each with the one that says as much.
        also: Vec<(Span, Span)>,
    },
    /// An entry of an object of the policy is taken out.
    LeaveOut {
        /// Its value.
        at: Span,
    },
    /// An entry is put first into an object of the policy, such as `Version` into a document.
    Entry {
        /// The object.
        at: Span,
        /// Its name.
        name: &'static str,
        /// Its value, a text.
        value: &'static str,
    },
    /// The statement that holds `at` gets one more condition.
    Condition {
        /// Any value in the statement.
        at: Span,
        /// `Bool`, `StringEquals`.
        operator: &'static str,
        /// The condition key.
        key: String,
        /// What it must be.
        value: Wanted,
    },
    /// A resource pattern gives way to the one resource of the configuration that has an ARN of each form; actions that
    /// take none of them go on with the pattern in a statement of their own.
    Scope {
        /// The pattern.
        at: Span,
        /// Documented forms, `arn:${Partition}:s3:::${BucketName}/${ObjectName}`.
        forms: Vec<&'static str>,
        /// The actions that go on with the pattern.
        apart: Vec<Span>,
    },
    /// Actions go on with `*` in a statement of their own, which is otherwise as theirs was.
    Apart {
        /// The statement.
        at: Span,
        /// The actions, all of one list.
        actions: Vec<Span>,
    },
    /// A statement that denies everybody all of a service over plain HTTP is put behind another one.
    DenyPlainHttp {
        /// The statement that comes before it.
        at: Span,
        /// A resource of that statement, for which it stands.
        resource: Span,
        /// `s3`, `sqs`.
        service: &'static str,
    },
    /// An argument of a Terraform block is `true`, whether it was written as `false` or not at all.
    SwitchOn {
        /// The value, or the head of the block when it is not written.
        at: Span,
        /// The argument.
        name: &'static str,
    },
    /// A name is taken out of a comment for iamlint, or the comment when it names nothing else.
    Uncomment {
        /// The name.
        at: Span,
    },
}

/// What a condition comes to ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// A text.
    Text(&'static str),
    /// A policy variable, by its name: `aws:PrincipalAccount`.
    Variable(&'static str),
    /// Something of the account that the configuration is of, as it looks that account up itself.
    OfAccount {
        /// A text with `{}` for the account.
        like: String,
        /// The account that the policy names, for where it is not looked up.
        named: Option<String>,
    },
}

impl Rewrite {
    /// One more condition of a statement.
    pub fn require(at: Span, operator: &'static str, key: impl Into<String>, value: Wanted) -> Self {
        Self::Condition { at, operator, key: key.into(), value }
    }

    /// One text in place of another.
    pub fn write(at: Span, text: impl fmt::Display) -> Self {
        Self::Replace { at, with: vec![text.to_string()] }
    }
}

/// A remedy as edits of source files, which was tried and cures the finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What it does.
    pub title: String,
    /// Whether it needs a decision.
    pub safety: Safety,
    /// In the order of their places; none touches another.
    pub edits: Vec<Edit>,
}

/// Other bytes for a stretch of a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edit {
    /// What gives way; empty where something is put in.
    pub span: Span,
    /// What stands there then.
    pub text: String,
}

impl Finding {
    /// That a rule says something at a place, as bad and as sure as its page has it.
    pub fn new(rule: &Rule, message: impl Into<String>, span: Span, carrier: Carrier) -> Self {
        let head = rule.head();
        Self {
            rule: rule.id,
            severity: head.severity,
            confidence: head.confidence,
            case: None,
            or_cases: Vec::new(),
            message: message.into(),
            help: None,
            help_where_needed: None,
            span,
            labels: Vec::new(),
            calls: Vec::new(),
            is_of_call: false,
            carrier,
            is_unused: false,
            statement: None,
            instances: Vec::new(),
            subject: String::new(),
            granted: None,
            covers: (Vec::new(), Vec::new()),
            identities: Vec::new(),
            fingerprint: String::new(),
            tells: Vec::new(),
            remedies: Vec::new(),
            fixes: Vec::new(),
            change: None,
        }
    }

    /// Puts the instances that were added to it in order, each once; it is known by the first.
    pub fn order_instances(&mut self) {
        self.instances.sort();
        self.instances.dedup();
        self.identities.sort();
        self.identities.dedup();
        self.fingerprint = self.identities.first().map(|it| it.fingerprint.clone()).unwrap_or_default();
    }
}

/// How a finding differs from what was there before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// There was nothing like it.
    New,
    /// It grants more than it did: each in a few words, such as `` on `*` ``.
    Wider(Vec<String>),
}

/// What makes a finding of one instance the same finding from run to run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct InstanceName {
    /// The folder of the root module that declares it, or the file that is no module, from the root of the repository.
    pub within: Arc<str>,
    /// Its address there; empty for what is the file itself.
    pub address: Arc<str>,
    /// Made of the rule, these two, the name of the statement and what is granted.
    pub fingerprint: String,
}

impl InstanceName {
    /// The address, or the file where there is none.
    pub fn name(&self) -> &str {
        if self.address.is_empty() { &self.within } else { &self.address }
    }
}

/// A further place of a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What it has to do with the finding.
    pub message: String,
}

/// The policy or resource that a finding is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carrier {
    /// The kind of policy; none for a resource that is no policy.
    pub kind: Option<PolicyKind>,
    /// Its address.
    pub address: Arc<str>,
    /// The address of the document, when that is a thing of its own.
    pub source: Option<Arc<str>>,
}

impl Carrier {
    /// The carrier of a policy.
    pub fn of(policy: &Policy) -> Self {
        Self { kind: Some(policy.kind), address: Arc::clone(&policy.address), source: policy.source.clone() }
    }
}

/// How a statement is known.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct StatementName {
    /// Its `Sid`.
    pub sid: Option<String>,
    /// Its place in the document, from 0.
    pub index: usize,
    /// Where it is written.
    pub span: Span,
}

/// What only the user knows of their AWS: `known-actions` and `[trust]` of the configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Patterns of actions that exist although the reference does not have them.
    pub known_actions: Vec<String>,
    /// Whom they trust.
    pub trust: Trust,
}

impl Facts {
    /// Whether the user says that an action exists, as it is spelled in a policy. Case does not count.
    pub fn know_action(&self, action: &str) -> bool {
        self.known_actions.iter().any(|it| policy::matches(it, action, true))
    }
}

/// Whom the user trusts. Where nothing is named nothing can be said of anybody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trust {
    /// Accounts by id, each with what it is called.
    pub accounts: BTreeMap<String, String>,
    /// Organisations by id.
    pub organizations: Vec<String>,
    /// Owners of repositories, groups or organisations at identity providers.
    pub oidc_owners: Vec<String>,
    /// Accounts of providers, who must bring an external id.
    pub external_id_required: Vec<String>,
}

impl Trust {
    /// The text with the word that the user has for each account behind the place that first speaks of it:
    /// `` `arn:aws:iam::111122223333:root` (production) ``.
    fn naming(&self, text: String) -> String {
        let named = self.accounts.iter().filter(|(id, word)| !word.is_empty() && text.contains(*id));
        let mut words: Vec<(usize, &str)> =
            named.filter_map(|(id, word)| Some((end_of(&text, id)?, &**word))).collect();
        words.sort_unstable();
        let mut text = text;
        for (at, word) in words.into_iter().rev() {
            text.insert_str(at, &format!(" ({word})"));
        }
        text
    }
}

/// Where the first quotation of a text that speaks of an account ends.
fn end_of(text: &str, account: &str) -> Option<usize> {
    let is_digit = |it: Option<char>| it.is_some_and(|it| it.is_ascii_digit());
    let whole = |at: &usize| {
        let (before, after) = (&text[..*at], &text[at + account.len()..]);
        !is_digit(before.chars().next_back()) && !is_digit(after.chars().next())
    };
    let at = text.match_indices(account).map(|(at, _)| at).find(whole)?;
    let end = at + account.len();
    let quoted = text[..at].matches('`').count() % 2 == 1;
    Some(text[end..].find('`').filter(|_| quoted).map_or(end, |close| end + close + 1))
}

/// What a check is given: who it speaks for, what the user knows, what else is declared, and where its findings go.
#[derive(Debug)]
pub struct Context<'a> {
    rule: &'a Rule,
    carrier: Cow<'a, Carrier>,
    facts: &'a Facts,
    configuration: &'a Configuration,
    findings: &'a mut Vec<Finding>,
}

impl<'a> Context<'a> {
    /// A context in which `rule` speaks of `carrier`.
    pub fn new(
        rule: &'a Rule,
        carrier: &'a Carrier,
        facts: &'a Facts,
        configuration: &'a Configuration,
        findings: &'a mut Vec<Finding>,
    ) -> Self {
        Self { rule, carrier: Cow::Borrowed(carrier), facts, configuration, findings }
    }

    /// What is declared beside what it speaks of.
    pub fn configuration(&self) -> &'a Configuration {
        self.configuration
    }

    /// Whoever is granted what a policy grants, as far as it is declared beside that.
    pub fn holders(&self, policy: &Policy) -> Vec<&'a Identity> {
        self.configuration().holders(policy).collect()
    }

    /// What only the user knows of their AWS.
    pub fn facts(&self) -> &'a Facts {
        self.facts
    }

    /// From here on speaks of this policy, where a check sees all of them.
    pub fn speaking_of(&mut self, policy: &Policy) -> &mut Self {
        self.carrier = Cow::Owned(Carrier::of(policy));
        self
    }

    /// Reports that `message` holds at `place`. What the place says of its way and of undecided cases becomes labels
    /// and confidence; the rule adds what only it knows through the [`Report`] it gets back. An account that the user
    /// knows is called by their word for it.
    pub fn report(&mut self, place: &Place, message: impl Into<String>) -> Report<'_> {
        let message = self.facts.trust.naming(message.into());
        self.findings.push(Finding {
            instances: vec![Arc::clone(&self.carrier.address)],
            ..Finding::new(self.rule, message, place.span, self.carrier.clone().into_owned())
        });
        let finding = self.findings.last_mut().expect("it was pushed above");
        let mut report = Report { finding, is_of_access: self.rule.is_of_access(), acts: Vec::new() };
        report.way(place);
        report
    }
}

/// All that a statement grants to somebody, as what a finding is about.
pub fn granted_to(statement: &Statement, whom: impl fmt::Display) -> String {
    let actions: Vec<String> = statement.actions.entries().iter().map(ToString::to_string).collect();
    let but = if statement.actions.is_negated() { "all but " } else { "" };
    format!("{but}{} to {whom}", actions.join(", "))
}

/// Whether a text is what something is shown as.
fn shows(item: impl fmt::Display, text: &str) -> bool {
    /// What of a text is still to come.
    struct Rest<'t>(&'t str);

    impl Write for Rest<'_> {
        fn write_str(&mut self, part: &str) -> fmt::Result {
            self.0 = self.0.strip_prefix(part).ok_or(fmt::Error)?;
            Ok(())
        }
    }

    let mut rest = Rest(text);
    fmt::write(&mut rest, format_args!("{item}")).is_ok() && rest.0.is_empty()
}

/// A finding that is being made.
#[derive(Debug)]
pub struct Report<'f> {
    finding: &'f mut Finding,
    /// See [`Rule::is_of_access`].
    is_of_access: bool,
    /// The actions that it is about, where these are not all of the statement.
    acts: Vec<String>,
}

impl Report<'_> {
    /// A further place.
    pub fn label(self, span: Span, message: impl Into<String>) -> Self {
        let label = Label { span, message: message.into() };
        if !self.finding.labels.contains(&label) {
            self.finding.labels.push(label);
        }
        self
    }

    /// The statement it speaks of, and what of it is granted: `what` is part of the finding's identity.
    pub fn of(mut self, statement: &Statement, what: impl fmt::Display) -> Self {
        self.finding.statement = Some(StatementName {
            sid: statement.sid.as_ref().map(ToString::to_string).filter(|sid| !sid.is_empty()),
            index: statement.index,
            span: statement.place.span,
        });
        self.finding.subject = what.to_string();
        // A finding about one of several actions grows with that action and not with those beside it.
        let is_it = |action: &&policy::Action| shows(action, &self.finding.subject);
        if self.acts.is_empty() {
            self.acts.extend(statement.actions.only().iter().find(is_it).map(ToString::to_string));
        }
        self.finding.granted = match mem::take(&mut self.acts) {
            acts if acts.is_empty() => Granted::of(statement),
            acts => Granted::of_these(statement, acts),
        };
        let sure = self.finding.confidence;
        self.way(&statement.place);
        self.finding.case = statement.place.given.clone().map(|it| (it, sure));
        if statement.has_unknown_conditions && statement.effect == Effect::Allow && self.is_of_access {
            self.at_most(Confidence::Low);
        }
        // What is about the statement itself stands there, and is told from other statements by it.
        let is_whole = statement.place.span == self.finding.span;
        let words = match statement.has_unknown_conditions && self.is_of_access {
            true if is_whole => "this statement, with conditions that are not known",
            true => "in this statement, with conditions that are not known",
            false if is_whole => "this statement",
            false => "in this statement",
        };
        self.label(statement.place.span, words)
    }

    /// The actions that it is about, where those are not all of the statement [of](Self::of) which it will be: what else
    /// that comes to allow makes the finding no wider.
    pub fn acting(mut self, actions: impl IntoIterator<Item = impl fmt::Display>) -> Self {
        self.acts.extend(actions.into_iter().map(|it| it.to_string()));
        self
    }

    /// The statement it speaks of, and all that `whom` is granted by it.
    pub fn granting(self, statement: &Statement, whom: impl fmt::Display) -> Self {
        self.of(statement, granted_to(statement, whom))
    }

    /// That it says what another rule finds about the same statement and place.
    pub fn telling(self, rule: &'static str, about: String) -> Self {
        let here = self.finding.span;
        self.telling_at(here, rule, about)
    }

    /// That it says what another rule finds about the same statement at another place.
    pub fn telling_at(self, span: Span, rule: &'static str, about: String) -> Self {
        self.finding.tells.push(Told { rule, span, subject: about, address: None });
        self
    }

    /// That it says what another rule finds about another resource.
    pub fn telling_of(self, address: &Arc<str>, span: Span, rule: &'static str, about: String) -> Self {
        self.finding.tells.push(Told { rule, span, subject: about, address: Some(Arc::clone(address)) });
        self
    }

    /// What it is about, when that is no statement: part of the finding's identity.
    pub fn about(self, what: impl fmt::Display) -> Self {
        self.finding.subject = what.to_string();
        self
    }

    /// That whoever has `policies`, and nobody else does, is granted all of `attached` by what it is about.
    pub fn covering<'p>(self, attached: &Policy, policies: impl IntoIterator<Item = &'p Arc<Policy>>) -> Self {
        let grants = attached.allow_statements().filter_map(Granted::of).collect();
        self.finding.covers = (grants, policies.into_iter().map(|it| Arc::clone(&it.address)).collect());
        self
    }

    /// The resource that it is about, when that is one of several that the subject is made of.
    pub fn on(self, address: &Arc<str>) -> Self {
        self.finding.carrier.address = Arc::clone(address);
        self.finding.instances = vec![Arc::clone(address)];
        self
    }

    /// The policy that it is about, when the subject is made of several.
    pub fn carried_by(self, policy: &Policy) -> Self {
        self.finding.carrier = Carrier::of(policy);
        self.finding.instances = vec![Arc::clone(&policy.address)];
        self
    }

    /// That what a call hands to its module makes it what it is, so that the call is shown.
    pub fn of_call(self) -> Self {
        self.finding.is_of_call = true;
        self
    }

    /// The smallest change that passes.
    pub fn help(self, help: impl Into<String>) -> Self {
        self.finding.help = Some(help.into());
        self
    }

    /// What to do instead where it must not be taken out, since other instances of it have an effect.
    pub fn help_where_needed(self, help: impl Into<String>) -> Self {
        self.finding.help_where_needed = Some(help.into());
        self
    }

    /// A change that cures it. The first one is what `--fix` takes, so the one that changes least comes first; others are
    /// there to be chosen in an editor.
    pub fn fix(self, safety: Safety, title: impl Into<String>, changes: impl IntoIterator<Item = Rewrite>) -> Self {
        let remedy = Remedy { title: title.into(), safety, changes: changes.into_iter().collect() };
        self.finding.remedies.push(remedy);
        self
    }

    /// Another severity than the page's, for a reason that the message or a label gives.
    pub fn severity(self, severity: Severity) -> Self {
        self.finding.severity = severity;
        self
    }

    /// Less bad by a step, for a reason that a label gives.
    pub fn lower(self) -> Self {
        self.finding.severity = self.finding.severity.lower();
        self
    }

    /// That it only may be so, and what it hangs on.
    pub fn maybe(self, span: Span, why: impl Into<String>) -> Self {
        let mut report = self;
        report.at_most(Confidence::Low);
        report.label(span, why)
    }

    /// That the rule is less sure here than its page says.
    pub fn confidence(mut self, confidence: Confidence) -> Self {
        self.at_most(confidence);
        self
    }

    fn at_most(&mut self, confidence: Confidence) {
        let sure = self.finding.case.as_mut().map(|(_, sure)| sure);
        for it in sure.into_iter().chain([&mut self.finding.confidence]) {
            *it = confidence.min(*it);
        }
    }

    /// What a further place says of its way, and in which case it holds.
    pub fn by(mut self, place: &Place) -> Self {
        self.way(place);
        self
    }

    /// Says of each condition of a statement that lets everybody in why it does not bound who calls. One that narrows
    /// who calls makes it less bad by a step; one that bounds them in one case only makes it less sure.
    pub fn unbounded(mut self, statement: &Statement) -> Self {
        for condition in &statement.conditions {
            let (key, span) = (&condition.key, condition.place.span);
            if let Some(given) = condition.case().filter(|_| condition.bounds_the_caller()) {
                self = self.maybe(given.span, format!("`{key}` bounds who calls only if {}", given.words));
            } else if condition.admits_unsigned() && condition.bounds_the_caller() {
                self = self.label(span, format!("`{key}` is not in a request that nobody has signed"));
            } else if condition.narrows_the_caller() {
                self.finding.severity = self.finding.severity.lower();
                self = self.label(span, format!("`{key}` leaves fewer callers, but nobody has chosen them"));
            } else if let Some(why) = condition.weakness() {
                self = self.unguarding(condition, why);
            } else if condition.is_fixed() {
                self = self.label(span, format!("`{key}` does not say who calls"));
            } else {
                self = self.label(span, format!("`{key}` can be met by anybody, since its value is not fixed"));
            }
        }
        self
    }

    /// Says of each condition about more than the look of a request why it guards nothing, except for one of which
    /// something else is said.
    pub fn unguarded(mut self, statement: &Statement, but: Option<&Condition>) -> Self {
        for condition in statement.conditions.iter().filter(|it| !but.is_some_and(|but| ptr::eq(but, *it))) {
            if let Some(why) = condition.weakness().filter(|_| condition.subject() != Guard::Request) {
                self = self.unguarding(condition, why);
            }
        }
        self
    }

    /// Says why a condition guards nothing, and in which case, where it guards something in others.
    fn unguarding(self, condition: &Condition, why: &str) -> Self {
        let key = &condition.key;
        match condition.weak_case() {
            Some(given) => {
                let why = format!("`{key}` guards nothing only if {}: then {why}", given.words);
                self.maybe(condition.place.span, why)
            }
            None => self.label(condition.place.span, format!("`{key}` guards nothing here: {why}")),
        }
    }

    /// Labels for the stops of a place, and low confidence when it holds in one case only.
    fn way(&mut self, place: &Place) {
        /// Of a way that is longer only its two ends are told.
        const MOST: usize = 32;
        let steps: Vec<_> = place.origin.steps().collect();
        let untold = steps.len().saturating_sub(MOST);
        let middle = MOST / 2..MOST / 2 + untold;
        for (n, step) in steps.into_iter().enumerate().rev() {
            let message = match n {
                _ if !middle.contains(&n) => format!("by way of {}", step.words),
                _ if n == middle.start => format!("by way of {untold} more in between"),
                _ => continue,
            };
            let label = Label { span: step.span, message };
            if step.span != self.finding.span && !self.finding.labels.contains(&label) {
                self.finding.labels.push(label);
            }
        }
        if let Some(given) = &place.given {
            let is_told = |own: &policy::Given| own.words == given.words && own.span == given.span;
            match &self.finding.case {
                Some((own, _)) if is_told(own) => self.finding.confidence = Confidence::Low,
                _ => self.at_most(Confidence::Low),
            }
            let label = Label { span: given.span, message: format!("only if {}", given.words) };
            if !self.finding.labels.contains(&label) {
                self.finding.labels.push(label);
            }
        }
    }
}
