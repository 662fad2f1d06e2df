use crate::catalog::{self, ArnForm};
use crate::policy::{ArnPart, Policy, Resource, Scope, Statement, is_account_id, may_meet};
use crate::rule::{Confidence, Context, Severity};
use crate::value::{HOLE, Text};

mod names;

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    for statement in &policy.statements {
        for resource in statement.resources.iter().flat_map(Scope::entries) {
            let Some(fault) = fault(statement, resource) else { continue };
            let report = cx
                .report(&resource.place, format!("`{resource}` matches nothing: {}", fault.why))
                .of(statement, resource)
                .confidence(fault.confidence)
                .help(fault.help);
            if fault.confidence == Confidence::Low {
                report.severity(Severity::Low);
            }
        }
    }
}

struct Fault {
    why: String,
    help: String,
    confidence: Confidence,
}

/// Why no resource has an ARN that matches; none when one may.
fn fault(statement: &Statement, resource: &Resource) -> Option<Fault> {
    // Nearly every resource is everything, or of a known form.
    if resource.is_everything() {
        return None;
    }
    let pattern = resource.arn()?;
    let part = |n: usize| resource.part(n).filter(|it| !it.contains([HOLE, '*', '?', '$']));
    let service = part(2)?;
    let forms = catalog::arn_forms(service);
    if forms.is_empty() {
        return unknown_service(service);
    }
    if let Some(region) = part(3).filter(|it| !it.is_empty())
        && let Some(fault) = unknown_region(region, part(1))
    {
        return Some(fault);
    }
    let named = part(4).filter(|it| !it.is_empty() && *it != "aws" && !is_account_id(it));
    if let Some(account) = named.filter(|it| !forms.iter().any(|form| form.parts[3] == *it)) {
        let why = format!("`{account}` is no account, which has twelve digits");
        return Some(Fault {
            why,
            help: "write the id of the account, or `*`".to_owned(),
            confidence: Confidence::High,
        });
    }
    if pattern.has_known_form() {
        let names::Misnamed { why, help } = names::misnamed(resource)?;
        return Some(Fault { why, help, confidence: Confidence::High });
    }
    let but_for = |parts: &[ArnPart]| -> Vec<&'static str> {
        let mut alike: Vec<_> = forms.iter().filter(|it| pattern.meets_but_for(it, parts)).map(|it| it.text).collect();
        alike.dedup();
        alike
    };
    let region = but_for(&[ArnPart::Region]);
    if !region.is_empty() {
        let why = match part(3) {
            Some("") => format!("ARNs of this type of `{service}` name a region"),
            _ => format!("ARNs of this type of `{service}` name no region"),
        };
        return Some(Fault { why, help: like(&region), confidence: Confidence::High });
    }
    // What AWS itself owns stands in no account, or in one called `aws`, and the reference may not say so.
    let account = but_for(&[ArnPart::Account]);
    if !account.is_empty() {
        return account_fault(service, part(4)?, &account);
    }
    let both = but_for(&[ArnPart::Region, ArnPart::Account]);
    if !both.is_empty() {
        let why = match (part(3), part(4)) {
            (Some(""), Some("")) => format!("ARNs of this type of `{service}` name a region and an account"),
            _ => format!("ARNs of this type of `{service}` name no region and no account"),
        };
        return Some(Fault { why, help: like(&both), confidence: Confidence::High });
    }
    let why = format!("no resource of `{service}` known on {} has such an ARN", catalog::reference_date());
    let part = resource.part(5)?;
    if part.ends_with(['/', ':']) && ends_in_nothing(resource) {
        return None;
    }
    let (help, confidence) = match nearest(forms, part) {
        Some(meant) => (like(&meant), Confidence::Medium),
        None if reaches_past_the_account(resource, part, forms) => return None,
        // A type of resource may be missing in the reference.
        None => (like_of_actions(statement, forms), Confidence::Low),
    };
    let unless = if part.ends_with('/') { ", or leave it out where there is no name" } else { "" };
    Some(Fault { why, help: help + unless, confidence })
}

/// Whether a star in the place of the account takes the kind of a resource along, as AWS lets it:
/// `arn:aws:secretsmanager:*:*:sqlworkbench!*` fits `…:111122223333:secret:sqlworkbench!a`.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html>
fn reaches_past_the_account(resource: &Resource, own: &str, forms: &[ArnForm]) -> bool {
    let names = forms.iter().filter_map(|it| it.parts[4].split_once(':')).map(|(_, name)| with_stars(name));
    let text = |text: &str| Text::known(text, resource.place.span);
    resource.part(4) == Some("*") && names.map(|it| text(&it)).any(|it| may_meet(&text(own), &it))
}

/// A part of a form with a star for each of what it leaves open.
fn with_stars(part: &str) -> String {
    let mut out = String::with_capacity(part.len());
    let mut pieces = part.split("${");
    out.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        out.push('*');
        out.push_str(piece.split_once('}').map_or("", |(_, behind)| behind));
    }
    out
}

/// Whether what is put in behind its last character is empty here, as where there is no name to be put in: that it then
/// matches nothing is what was meant.
fn ends_in_nothing(resource: &Resource) -> bool {
    let (text, whole) = (&resource.text, resource.place.span);
    let last = text.raw().char_indices().next_back().and_then(|(at, _)| text.span(at..text.len()));
    // Behind what is written there is the quotation mark, and nothing else.
    last.is_some_and(|it| it.file == whole.file && it.start >= whole.start && it.end + 1 < whole.end)
}

fn account_fault(service: &str, account: &str, forms: &[&str]) -> Option<Fault> {
    let (why, confidence) = match account {
        "" => (format!("ARNs of this type of `{service}` name an account"), Confidence::Medium),
        "aws" => return None,
        _ => (format!("ARNs of this type of `{service}` name no account"), Confidence::High),
    };
    Some(Fault { why, help: like(forms), confidence })
}

fn unknown_service(service: &str) -> Option<Fault> {
    let lower = service.to_ascii_lowercase();
    if lower != service && !catalog::arn_forms(&lower).is_empty() {
        let why = format!("the service of an ARN is in lower case, `{lower}`");
        return Some(Fault { why, help: format!("write `{lower}`"), confidence: Confidence::High });
    }
    // A service without types of resources may still have some.
    if catalog::service(service).is_some() || catalog::retired_service(service).is_some() {
        return None;
    }
    let why = format!("`{service}` is no service in ARNs known on {}", catalog::reference_date());
    Some(match catalog::nearest_service(service).filter(|it| !catalog::arn_forms(it.prefix()).is_empty()) {
        Some(meant) => Fault { why, help: format!("write `{meant}` if that is meant"), confidence: Confidence::Medium },
        None => {
            let help = "look up the ARN in the service authorization reference".to_owned();
            Fault { why, help, confidence: Confidence::Low }
        }
    })
}

fn unknown_region(region: &str, partition: Option<&str>) -> Option<Fault> {
    let Some(known) = catalog::region(region) else {
        let why = format!("`{region}` is no region known on {}", catalog::reference_date());
        // AWS opens a few each year.
        let confidence = if catalog::region_partition(region).is_some() { Confidence::Low } else { Confidence::Medium };
        let help = match catalog::nearest_region(region) {
            Some(meant) => format!("write `{}` if that is meant", meant.name()),
            None => "write a region such as `eu-central-1`, or `*`".to_owned(),
        };
        return Some(Fault { why, help, confidence });
    };
    let right = known.partition().id();
    let wrong = partition.filter(|it| *it != right && catalog::is_partition(it))?;
    Some(Fault {
        why: format!("`{region}` is a region of the partition `{right}`, not of `{wrong}`"),
        help: format!("write `arn:{right}:…`"),
        confidence: Confidence::High,
    })
}

/// The forms that begin as the resource does or nearly so.
fn nearest(forms: &[ArnForm], resource: &str) -> Option<Vec<&'static str>> {
    let head = |it: &'static str| it.split(['/', ':', '$']).next().unwrap_or_default();
    let word = resource.split(['/', ':']).next().unwrap_or_default();
    let meant = catalog::nearest(word, forms.iter().map(|it| (head(it.parts[4]), head(it.parts[4]))));
    let meant = meant.filter(|it| !it.is_empty())?;
    Some(forms.iter().filter(|it| head(it.parts[4]) == meant).map(|it| it.text).collect())
}

/// What to write where no form is near: the resources that the actions take, if they take any of these.
fn like_of_actions(statement: &Statement, forms: &[ArnForm]) -> String {
    let taken = |form: &&ArnForm| {
        let actions = statement.actions.only().iter().flat_map(|it| it.reached().iter());
        actions.flat_map(|it| it.resource_types()).any(|it| it.resource_type() == form.resource_type)
    };
    let taken: Vec<&'static str> = forms.iter().filter(taken).map(|it| it.text).collect();
    if taken.is_empty() {
        return "remove it, or look the ARN up in the service authorization reference".to_owned();
    }
    like(&taken) + " if that is meant, or remove it"
}

/// What the plainest of some ARNs looks like, in words. `${…}` would be read as Terraform's own if it were copied.
fn like(forms: &[&str]) -> String {
    // What has no name is seldom meant; and of a log group policies need the form with a star behind it.
    let weight = |it: &&&str| (it.ends_with(':'), !it.ends_with('*'), it.matches("${").count(), it.len());
    let plainest = forms.iter().min_by_key(weight).unwrap_or(&"an ARN");
    format!("write it like `{}`", plainest.replace("${Partition}", "aws").replace("${", "{"))
}
