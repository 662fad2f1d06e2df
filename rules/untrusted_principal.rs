use crate::catalog;
use crate::frontend::Configuration;
use crate::policy::{
    Condition, Place, Policy, PolicyKind, Principal, PrincipalKind, Scope, Service, Statement, Value, is_account_id,
    split_arn,
};
use crate::rule::{Context, Trust};

/// Types that let others in by an argument, and where they name them.
const LETS_IN: [(&str, &str); 18] = [
    ("aws_ami_launch_permission", "account_id"),
    ("aws_ami_launch_permission", "organization_arn"),
    ("aws_ami_launch_permission", "organizational_unit_arn"),
    ("aws_db_cluster_snapshot", "shared_accounts"),
    ("aws_db_snapshot", "shared_accounts"),
    ("aws_db_snapshot_copy", "shared_accounts"),
    ("aws_imagebuilder_distribution_configuration", LAUNCHES),
    ("aws_kms_grant", "grantee_principal"),
    ("aws_kms_grant", "retiring_principal"),
    ("aws_ram_principal_association", "principal"),
    ("aws_rds_cluster_snapshot_copy", "shared_accounts"),
    ("aws_redshift_data_share_authorization", "consumer_identifier"),
    ("aws_redshift_endpoint_authorization", "account"),
    ("aws_servicecatalog_portfolio_share", "principal_id"),
    ("aws_snapshot_create_volume_permission", "account_id"),
    ("aws_ssm_document", "permissions.account_ids"),
    ("aws_vpc_endpoint_service", "allowed_principals"),
    ("aws_vpc_endpoint_service_allowed_principal", "principal_arn"),
];

const LAUNCHES: &str = "distribution.ami_distribution_configuration.launch_permission.user_ids";

pub(super) fn check(configuration: &Configuration, cx: &mut Context<'_>) {
    let trust = &cx.facts().trust;
    if *trust == Trust::default() {
        return;
    }
    for resource in &configuration.resources {
        let paths = LETS_IN.iter().filter(|(kind, _)| *kind == resource.kind);
        for principal in paths.flat_map(|(_, path)| resource.texts(path)) {
            // A document of Systems Manager has them in one text.
            for (kind, name) in principal.value.raw().split(',').filter_map(|it| named_by_argument(it.trim())) {
                if kind.trusts(name, trust) == Some(false) {
                    let (message, help) = words(kind, name, trust);
                    cx.report(&principal.place, message).on(&resource.address).about(name).help(help);
                }
            }
        }
    }
    for policy in &configuration.policies {
        if matches!(policy.kind, PolicyKind::Trust | PolicyKind::Resource(_)) {
            by_policy(policy, trust, cx.speaking_of(policy));
        }
        if policy.kind == PolicyKind::Resource(Service::VpcEndpoint) {
            by_endpoint(policy, trust, cx.speaking_of(policy));
        }
    }
}

/// The account or organisation that an argument names, by its id or within an ARN.
fn named_by_argument(raw: &str) -> Option<(Kind, &str)> {
    let organization = raw.split(['/', ':']).find(|it| it.starts_with("o-"));
    let account = split_arn(raw).get(4).copied().unwrap_or(raw);
    organization
        .map(|it| (Kind::Organization, it))
        .or_else(|| is_account_id(account).then_some((Kind::Account, account)))
}

fn by_policy(policy: &Policy, trust: &Trust, cx: &mut Context<'_>) {
    for statement in policy.allow_statements() {
        let Some(Scope::Only(principals)) = &statement.principals else { continue };
        // Who is left over is trusted, whoever else is named.
        if statement.conditions.iter().any(|it| it.case().is_none() && lets_in_only_trusted(it, trust)) {
            continue;
        }
        for principal in principals {
            if policy.closings(statement).any(|it| spares_only_trusted(it, principal, trust)) {
                continue;
            }
            for stranger in strangers(principal, statement, trust) {
                let (message, help) = words(stranger.kind, stranger.name, trust);
                cx.report(stranger.place, message).granting(statement, stranger.name).help(help);
            }
        }
    }
}

/// Whose resources an endpoint leads to that are not the user's.
fn by_endpoint(policy: &Policy, trust: &Trust, cx: &mut Context<'_>) {
    for statement in policy.allow_statements() {
        for condition in statement.conditions.iter().filter(|it| it.weakness().is_none()) {
            for value in &condition.values {
                let Some((kind, name)) = owner_of_resource(condition, value) else { continue };
                if kind.trusts(name, trust) == Some(false) {
                    let what = kind.word();
                    let message =
                        format!("this endpoint leads into the {what} `{name}`, and `[trust]` does not name it");
                    cx.report(&value.place, message)
                        .granting(statement, name)
                        .help("name it under `[trust]` if it is yours or may have your data, or leave it out");
                }
            }
        }
    }
}

/// The account or organisation in which a value of a condition has what is called upon lie.
fn owner_of_resource<'v>(condition: &Condition, value: &'v Value) -> Option<(Kind, &'v str)> {
    let raw = value.text.as_known()?;
    match condition.key_lower().as_str() {
        "aws:resourceaccount" | "s3:resourceaccount" => is_account_id(raw).then_some((Kind::Account, raw)),
        "aws:resourceorgid" | "aws:resourceorgpaths" => {
            let organization = raw.split('/').next().filter(|it| it.starts_with("o-") && !it.contains(['*', '?']))?;
            Some((Kind::Organization, organization))
        }
        _ => None,
    }
}

/// What is said of a stranger: that they are one, and who would be none.
fn words(kind: Kind, name: &str, trust: &Trust) -> (String, String) {
    let mut trusted: Vec<String> = match kind {
        Kind::Account => trust.accounts.iter().map(|(id, label)| format!("`{id}` ({label})")).collect(),
        Kind::Organization => trust.organizations.iter().map(|it| format!("`{it}`")).collect(),
        Kind::Owner => trust.oidc_owners.iter().map(|it| format!("`{it}`")).collect(),
    };
    let all = trusted.len();
    trusted.truncate(5);
    let more = if all > trusted.len() { format!(" and {} more", all - trusted.len()) } else { String::new() };
    let what = kind.word();
    let of_aws = catalog::writer_of_logs(name).map(|it| format!(", from which {it} writes logs,"));
    let of_aws = of_aws.unwrap_or_default();
    let message = format!("the {what} `{name}`{of_aws} is let in, and `[trust]` does not name it");
    (message, format!("name it under `[trust]` if it is yours, or let in {}{more} alone", trusted.join(", ")))
}

/// What says for whom a service acts.
const SOURCES: [&str; 4] = ["aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths"];

struct Stranger<'p> {
    place: &'p Place,
    kind: Kind,
    name: &'p str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Account,
    Organization,
    Owner,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Organization => "organisation",
            Self::Owner => "owner",
        }
    }

    /// Whether the user trusts one of that name; none when they have named none of its kind.
    fn trusts(self, name: &str, trust: &Trust) -> Option<bool> {
        match self {
            Self::Account => (!trust.accounts.is_empty()).then(|| trust.accounts.contains_key(name)),
            Self::Organization => {
                (!trust.organizations.is_empty()).then(|| trust.organizations.iter().any(|it| it == name))
            }
            Self::Owner => (!trust.oidc_owners.is_empty()).then(|| {
                // With the id behind it, or without.
                let bare = name.split('@').next().unwrap_or(name);
                trust.oidc_owners.iter().any(|it| [name, bare].iter().any(|name| it.eq_ignore_ascii_case(name)))
            }),
        }
    }
}

/// Whom a principal lets in whom the user has not named: itself, or those whom a condition leaves of everybody.
fn strangers<'p>(principal: &'p Principal, statement: &'p Statement, trust: &Trust) -> Vec<Stranger<'p>> {
    let is_stranger = |it: &Stranger<'_>| it.kind.trusts(it.name, trust) == Some(false);
    if writes_logs(principal, statement) {
        return Vec::new();
    }
    if let Some(account) = principal.account() {
        let stranger = Stranger { place: &principal.place, kind: Kind::Account, name: account };
        return Some(stranger).filter(is_stranger).into_iter().collect();
    }
    let by_token = principal.issuer().is_some();
    let by_service = principal.kind == PrincipalKind::Service;
    // Whoever somebody unknown turns out to be, a condition says whose they are.
    let is_open = principal.is_everyone() || principal.text.has_holes();
    if !by_token && !by_service && !is_open {
        return Vec::new();
    }
    // A service is let in for whom it acts, and the account of a source and the source itself are of one stranger.
    let is_source = |it: &&Condition| SOURCES.iter().any(|key| it.is_on(key));
    let says = |it: &&Condition| it.values.iter().any(|value| named_by(it, value).is_some());
    let of_source = statement.conditions.iter().filter(is_source).find(says);
    let counts = |it: &&Condition| !by_service || of_source.is_some_and(|first| std::ptr::eq(first, *it));
    let named = statement.conditions.iter().filter(counts).flat_map(|condition| {
        condition.values.iter().filter_map(move |value| {
            let (kind, name) = named_by(condition, value)?;
            Some(Stranger { place: &value.place, kind, name })
        })
    });
    named.filter(|it| (it.kind == Kind::Owner) == by_token).filter(is_stranger).collect()
}

/// Whether a principal is an account of AWS that may do no more than to leave logs in a bucket.
fn writes_logs(principal: &Principal, statement: &Statement) -> bool {
    let leaves = ["s3:PutObject", "s3:PutObjectAcl", "s3:GetBucketAcl"];
    let only_leaves = || match &statement.actions {
        Scope::Only(actions) => {
            actions.iter().all(|it| leaves.iter().any(|leaves| it.text.raw().eq_ignore_ascii_case(leaves)))
        }
        Scope::AllExcept(_) => false,
    };
    catalog::writer_of_logs(principal.text.raw()).is_some() && only_leaves()
}

/// Whether a condition holds for nobody but those whom the user has named.
fn lets_in_only_trusted(condition: &Condition, trust: &Trust) -> bool {
    let is_trusted =
        |value: &Value| named_by(condition, value).is_some_and(|(kind, it)| kind.trusts(it, trust) == Some(true));
    !condition.values.is_empty() && condition.values.iter().all(is_trusted)
}

/// Whether a denial spares nobody of a principal but those whom the user has named.
fn spares_only_trusted(deny: &Statement, principal: &Principal, trust: &Trust) -> bool {
    let is_trusted = |condition: &Condition| {
        let spared = |it: &Value| named(condition, it).is_some_and(|(kind, it)| kind.trusts(it, trust) == Some(true));
        let of_services = condition.is_on("aws:principalisawsservice") && principal.kind != PrincipalKind::Service;
        of_services || !condition.values.is_empty() && condition.values.iter().all(spared)
    };
    deny.everyone().next().is_some() && !deny.conditions.is_empty() && deny.conditions.iter().all(is_trusted)
}

/// The account, organisation or owner that a value of a condition lets in.
fn named_by<'v>(condition: &Condition, value: &'v Value) -> Option<(Kind, &'v str)> {
    condition.weakness().is_none().then(|| named(condition, value)).flatten()
}

/// The account, organisation or owner that a value of a condition names.
fn named<'v>(condition: &Condition, value: &'v Value) -> Option<(Kind, &'v str)> {
    let raw = value.text.as_known()?;
    if let Some((issuer, claim)) = condition.claim() {
        return owner(&issuer.to_ascii_lowercase(), &claim.to_ascii_lowercase(), raw).map(|it| (Kind::Owner, it));
    }
    let account = |text: &'v str| is_account_id(text).then_some((Kind::Account, text));
    match condition.key_lower().as_str() {
        "aws:principalaccount" | "aws:sourceaccount" | "aws:sourceowner" | "kms:calleraccount" => account(raw),
        "aws:principalarn" | "aws:sourcearn" => account(raw.split(':').nth(4)?),
        "aws:principalorgid" | "aws:sourceorgid" => raw.starts_with("o-").then_some((Kind::Organization, raw)),
        "aws:principalorgpaths" | "aws:sourceorgpaths" => {
            let organization = raw.split('/').next()?;
            organization.starts_with("o-").then_some((Kind::Organization, organization))
        }
        _ => None,
    }
    .filter(|(_, name)| !name.contains(['*', '?']))
}

/// The owner that a claim of a shared provider names, when it is written out.
fn owner<'v>(issuer: &str, claim: &str, value: &'v str) -> Option<&'v str> {
    let owner = match (issuer, claim) {
        // https://docs.github.com/en/actions/reference/security/oidc
        ("token.actions.githubusercontent.com", "sub") => {
            let (claim, of) = value.split_once(':')?;
            let is_owned = ["repo", "repository", "repository_owner", "job_workflow_ref"].contains(&claim);
            is_owned.then_some(of)?.split(['/', ':']).next()?
        }
        ("token.actions.githubusercontent.com", "repository" | "job_workflow_ref") => value.split('/').next()?,
        ("token.actions.githubusercontent.com", "repository_owner") => value,
        // https://docs.gitlab.com/ci/cloud_services/
        ("gitlab.com", "sub") => value.strip_prefix("project_path:")?.split('/').next()?,
        ("gitlab.com", "project_path" | "namespace_path") => value.split('/').next()?,
        // https://developer.hashicorp.com/terraform/cloud-docs/workspaces/dynamic-provider-credentials/workload-identity-tokens
        ("app.terraform.io", "sub") => value.strip_prefix("organization:")?.split(':').next()?,
        _ => return None,
    };
    // Whatever the id behind the name, it is of the owner of that name.
    let owner = owner.split_once('@').filter(|(_, id)| id.contains(['*', '?'])).map_or(owner, |(name, _)| name);
    (!owner.is_empty() && !owner.contains(['*', '?'])).then_some(owner)
}
