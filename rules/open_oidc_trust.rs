use crate::policy::{Condition, Policy, PolicyKind, Principal, Scope, Statement, Value};
use crate::rule::{Confidence, Context, Severity};
use crate::value::HOLE;

/// An issuer that gives a token to whoever has an account there.
struct Issuer {
    name: &'static str,
    /// The claims that say whose it is.
    binding: &'static [&'static str],
    /// What stands before the tenant in its `sub`, where that is known.
    tenant: Option<&'static str>,
}

/// The issuers that AWS knows to be shared, and those whose documentation says that they are.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html>
const SHARED: [Issuer; 20] = {
    const fn by(name: &'static str, binding: &'static [&'static str], tenant: Option<&'static str>) -> Issuer {
        Issuer { name, binding, tenant }
    }
    const OF_HASHICORP: &[&str] = &[
        "sub",
        "terraform_organization_id",
        "terraform_organization_name",
        "terraform_project_id",
        "terraform_workspace_id",
    ];
    [
        by(
            GITHUB,
            &["sub", "job_workflow_ref", "repository", "repository_id", "repository_owner", "repository_owner_id"],
            Some("repo:"),
        ),
        by("vstoken.actions.githubusercontent.com", &["sub"], Some("repo:")),
        by("oidc-configuration.audit-log.githubusercontent.com", &["sub"], None),
        by(
            "gitlab.com",
            &["sub", "namespace_id", "namespace_path", "project_id", "project_path"],
            Some("project_path:"),
        ),
        by("app.terraform.io", OF_HASHICORP, Some("organization:")),
        by("app.eu.terraform.io", OF_HASHICORP, Some("organization:")),
        by(
            "agent.buildkite.com",
            &["sub", "organization_id", "organization_slug", "pipeline_id"],
            Some("organization:"),
        ),
        by("oidc.vercel.com", &["aud", "sub", "owner", "owner_id", "project", "project_id"], Some("owner:")),
        by("scalr.io", &["sub"], Some("account:")),
        by("api.pulumi.com/oidc", &["aud", "sub"], None),
        by("oidc.codefresh.io", &["sub"], None),
        by("studio.datachain.ai/api", &["sub"], None),
        by("proidc.upbound.io", &["sub"], None),
        by("tokens.cloud.shisho.dev", &["sub"], None),
        by("sandboxes.cloud", &["aud"], None),
        by(COGNITO, &["aud", "sub"], None),
        by("accounts.google.com", &["aud", "azp", "oaud", "sub", "email"], None),
        by("graph.facebook.com", &["app_id", "id"], None),
        by("www.amazon.com", &["app_id", "user_id"], None),
        by("appleid.apple.com", &["aud", "sub"], None),
    ]
};

const GITHUB: &str = "token.actions.githubusercontent.com";
const COGNITO: &str = "cognito-identity.amazonaws.com";

/// An issuer whose subjects say in parts with names whose they are, `organization:NAME:pipeline:NAME:…`.
struct Parts {
    /// What a subject that is bound looks like.
    subject: &'static str,
    /// What stands between its parts.
    between: char,
    /// The parts of a tenant that a subject has to name.
    within: &'static [&'static str],
    /// The claims that name the tenant and nothing of it.
    of_tenant: &'static [&'static str],
    /// Whom a test lets in that names the tenant alone.
    all: &'static str,
}

/// <https://developer.hashicorp.com/terraform/cloud-docs/workspaces/dynamic-provider-credentials/workload-identity-tokens>
const HASHICORP: Parts = Parts {
    subject: "organization:name:project:name:workspace:name:run_phase:*",
    between: ':',
    within: &["project", "workspace"],
    of_tenant: &["terraform_organization_id", "terraform_organization_name"],
    all: "every workspace of the organisation",
};

/// <https://buildkite.com/docs/pipelines/security/oidc>
const BUILDKITE: Parts = Parts {
    subject: "organization:name:pipeline:name:ref:refs/heads/main:commit:*:step:*",
    between: ':',
    within: &["pipeline"],
    of_tenant: &["organization_id", "organization_slug"],
    all: "every pipeline of the organisation",
};

/// <https://vercel.com/docs/oidc/reference>
const VERCEL: Parts = Parts {
    subject: "owner:team:project:name:environment:production",
    between: ':',
    within: &["project"],
    of_tenant: &["aud", "owner", "owner_id"],
    all: "every project of the team",
};

/// <https://circleci.com/docs/openid-connect-tokens/>
const CIRCLECI: Parts = Parts {
    subject: "org/id/project/id/user/*",
    between: '/',
    within: &["project"],
    of_tenant: &["aud"],
    all: "every project of the organisation",
};

/// A team of Vercel may have an issuer of its own, an organisation of CircleCI has.
fn parts_of(issuer: &str) -> Option<&'static Parts> {
    match issuer {
        "app.terraform.io" | "app.eu.terraform.io" => Some(&HASHICORP),
        "agent.buildkite.com" => Some(&BUILDKITE),
        "oidc.vercel.com" => Some(&VERCEL),
        _ if issuer.starts_with("oidc.vercel.com/") => Some(&VERCEL),
        _ if issuer.starts_with("oidc.circleci.com/org/") => Some(&CIRCLECI),
        _ => None,
    }
}

impl Parts {
    /// Whom a subject of the tenant lets in that leaves open what of it is meant: a star at its end is all that follows.
    fn by_subject(&self, raw: &str) -> Option<Let> {
        let parts = || raw.split(self.between);
        let ends_open = !raw.contains(HOLE) && parts().next_back() == Some("*");
        let is_open = |name: &&str| {
            let mut pairs = parts().step_by(2).zip(parts().skip(1).step_by(2));
            pairs.find(|(it, _)| it == name).map_or(ends_open, |(_, value)| value == "*")
        };
        self.within.iter().all(is_open).then_some((Severity::Medium, self.all))
    }
}

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    if policy.kind != PolicyKind::Trust {
        return;
    }
    for statement in policy.allow_statements() {
        let actions = statement.actions.entries();
        // A statement without actions is refused by AWS, but what it is meant for is plain.
        let assumes = actions.is_empty() || statement.actions.may_match("sts:AssumeRoleWithWebIdentity");
        let Some(Scope::Only(principals)) = &statement.principals else { continue };
        if !assumes || statement.bounded_caller().is_some() {
            continue;
        }
        for principal in principals {
            if let Some(issuer) = issuer(principal, statement) {
                judge(statement, principal, &issuer, cx);
            }
        }
    }
}

/// The issuer, in lower case; when the provider is not known, the one whose claims the conditions test. Empty when
/// neither says.
fn issuer(principal: &Principal, statement: &Statement) -> Option<String> {
    let issuer = principal.issuer()?;
    let known = issuer.contains('.').then_some(issuer);
    let tested = || statement.conditions.iter().find_map(|it| Some(it.claim()?.0).filter(|it| it.contains('.')));
    Some(known.or_else(tested).unwrap_or_default().to_ascii_lowercase())
}

fn judge(statement: &Statement, principal: &Principal, issuer: &str, cx: &mut Context<'_>) {
    let claims = || statement.conditions.iter().filter_map(|it| Some((it, it.claim()?.1)));
    let shared = SHARED.iter().find(|it| it.name == issuer);
    let pods = issuer.starts_with("oidc.eks.");
    let binds = |(condition, claim): &(&Condition, &str)| {
        condition.weakness().is_none()
            && (!claim.eq_ignore_ascii_case("aud") || names_an_audience(condition, issuer))
            && match shared {
                Some(shared) => shared.binding.iter().any(|it| claim.eq_ignore_ascii_case(it)),
                None if pods => claim.eq_ignore_ascii_case("sub"),
                None => true,
            }
    };
    let bound: Vec<&Condition> = claims().filter(binds).map(|(condition, _)| condition).collect();
    if bound.is_empty() {
        let (severity, who) = match shared {
            Some(_) if issuer == COGNITO => (Severity::Critical, "the users of everybody's identity pools".to_owned()),
            Some(_) => (Severity::Critical, format!("anyone who has an account with `{issuer}`")),
            None if pods => (Severity::Medium, "every pod of the cluster".to_owned()),
            None => (Severity::High, "whoever has a token of this provider".to_owned()),
        };
        // The provider may be named far from here, for others too, where nothing is wrong.
        let is_here = statement.place.span.contains(principal.place.span) || !principal.text.has_holes();
        let place = if is_here { &principal.place } else { &statement.place };
        let mut report = cx
            .report(place, format!("`{principal}` lets {who} assume the role"))
            .severity(severity)
            .of(statement, principal)
            .help(claim_to_ask_for(issuer, shared, statement));
        for condition in &statement.conditions {
            report = report.label(
                condition.place.span,
                match condition.weakness() {
                    Some(why) => format!("`{}` guards nothing here: {why}", condition.key),
                    None => format!("`{}` is the same for all of them", condition.key),
                },
            );
        }
        return;
    }
    // Several tests must all hold, so one that binds is enough, and of others the narrowest counts.
    let parts = parts_of(issuer);
    let openings: Option<Vec<Opening<'_>>> = bound.iter().map(|it| opening(it, shared, parts, pods)).collect();
    let Some(openings) = openings else { return };
    // Whose repository may call a workflow is said by another test.
    let of_owner = openings.iter().filter(|(_, severity, _)| *severity < Severity::Critical).count();
    if of_owner > 1 && bound.iter().any(|it| names_a_workflow(it)) {
        return;
    }
    let Some((condition, (value, severity, who))) =
        bound.iter().zip(openings).min_by_key(|(_, (_, severity, _))| *severity)
    else {
        return;
    };
    let mut report = cx
        .report(&value.place, format!("`{}` lets {who} assume the role", value.text))
        .severity(severity)
        .of(statement, &value.text);
    if value.text.has_holes() {
        report = report.confidence(Confidence::Medium);
    }
    match issuer {
        GITHUB if names_a_workflow(condition) && severity < Severity::Critical => {
            report.confidence(Confidence::Medium).help(
                "require `sub` as well, to be like `repo:owner/*`: a workflow that is public can be called from everywhere",
            )
        }
        GITHUB if names_a_workflow(condition) => report.help("write the owner and the repository of the workflow out"),
        GITHUB => report.help("write the owner and the repository out: `repo:owner/name:ref:refs/heads/main`"),
        _ if pods => report.help("write the namespace and the service account out"),
        _ => match subject_of(issuer) {
            // The claim may say no more than whose it is.
            Some(subject) if !condition.claim().is_some_and(|(_, it)| it.eq_ignore_ascii_case("sub")) => {
                report.help(format!("require `{issuer}:sub` as well, to be like `{subject}`"))
            }
            Some(subject) => report.help(format!("write out whose tokens count: `{subject}`")),
            None => report.help("write out whose tokens count: a wildcard stands behind the name that is yours alone"),
        },
    };
}

fn subject_of(issuer: &str) -> Option<&'static str> {
    match issuer {
        "gitlab.com" => Some("project_path:group/name:ref_type:branch:ref:main"),
        _ => parts_of(issuer).map(|it| it.subject),
    }
}

/// What tells those that need the role from all others who have a token of the issuer.
fn claim_to_ask_for(issuer: &str, shared: Option<&Issuer>, statement: &Statement) -> String {
    if issuer.is_empty() || issuer.contains(HOLE) {
        return "require the provider's `sub` to be the one identity that needs the role".to_owned();
    }
    let has_app_id = shared.is_some_and(|it| it.binding.contains(&"app_id"));
    match issuer {
        GITHUB => format!("require `{issuer}:sub` to be like `repo:owner/name:ref:refs/heads/main`"),
        // Its `sub` is a single user of the pool.
        // https://docs.aws.amazon.com/cognito/latest/developerguide/role-trust-and-permissions.html
        COGNITO => {
            let asks = statement.conditions.iter().any(|it| it.is_on("cognito-identity.amazonaws.com:amr"));
            let signed_in = if asks { "" } else { SIGNED_IN };
            format!("require `{issuer}:aud` to be the id of your identity pool{signed_in}")
        }
        _ if has_app_id => format!("require `{issuer}:app_id` to be the id of your app"),
        _ => format!("require `{issuer}:sub` to be the one identity that needs the role"),
    }
}

const SIGNED_IN: &str =
    ", and `cognito-identity.amazonaws.com:amr` to be like `authenticated`, under `ForAnyValue:StringLike`";

/// Whether a test of the audience leaves out those that a stranger's token may have: none by a pattern; and Vercel's is the
/// team where nobody has asked for another one. <https://vercel.com/docs/oidc/reference>
fn names_an_audience(condition: &Condition, issuer: &str) -> bool {
    condition.values.iter().all(|value| {
        let raw = value.text.raw();
        let is_pattern = condition.operator.takes_wildcards() && raw.contains(['*', '?']);
        let is_of_team = || raw.strip_prefix("https://vercel.com/").is_some_and(|it| !it.is_empty());
        !is_pattern && (issuer != "oidc.vercel.com" || raw.starts_with(HOLE) || is_of_team())
    })
}

/// A value that lets in more than it names, how bad that is, and whom.
type Opening<'c> = (&'c Value, Severity, &'static str);

/// How bad what a text lets in is, and whom.
type Let = (Severity, &'static str);

/// Whether it says by which workflow a job is defined, whoever's repository calls that.
/// <https://docs.github.com/en/actions/how-tos/secure-your-work/security-harden-deployments/oidc-with-reusable-workflows>
fn names_a_workflow(condition: &Condition) -> bool {
    condition.claim().is_some_and(|(_, claim)| claim.eq_ignore_ascii_case("job_workflow_ref"))
}

const EVERY_REPOSITORY: &str = "every repository of the owner";

/// The value of a test that lets in more than one tenant, and whom; none when the test binds.
fn opening<'c>(
    condition: &'c Condition,
    shared: Option<&Issuer>,
    parts: Option<&Parts>,
    pods: bool,
) -> Option<Opening<'c>> {
    let (_, claim) = condition.claim()?;
    let claim = claim.to_ascii_lowercase();
    let wild = |text: &str| condition.operator.takes_wildcards() && text.contains(['*', '?']);
    let opened = |lets: &dyn Fn(&str) -> Option<Let>| -> Option<Opening<'c>> {
        condition.values.iter().find_map(|value| lets(value.text.raw()).map(|(severity, who)| (value, severity, who)))
    };
    if pods {
        return if claim == "sub" { opened(&|raw| by_pod(raw, wild)) } else { None };
    }
    if let Some(parts) = parts.filter(|it| it.of_tenant.contains(&&*claim)) {
        return opened(&|raw| match shared.filter(|_| wild(raw)) {
            Some(_) => Some((Severity::Critical, "strangers whose name fits")),
            None => Some((Severity::Medium, parts.all)),
        });
    }
    let by_parts = |raw: &str| parts.filter(|_| wild(raw))?.by_subject(raw);
    let Some(shared) = shared else { return if claim == "sub" { opened(&by_parts) } else { None } };
    let is_of_github = shared.name == GITHUB;
    match &*claim {
        "sub" if is_of_github => opened(&|raw| by_subject_of_github(raw, shared, wild)),
        "sub" => opened(&|raw| by_subject(raw, shared, wild).or_else(|| by_parts(raw))),
        "repository_owner" | "repository_owner_id" if is_of_github => opened(&|raw| match wild(raw) {
            true => by_owner(raw, shared, wild),
            false => Some((Severity::Medium, EVERY_REPOSITORY)),
        }),
        "repository" | "repository_owner" | "namespace_path" | "project_path" => {
            opened(&|raw| by_owner(raw, shared, wild))
        }
        // Whosever workflow it is, others may call it.
        "job_workflow_ref" => opened(&|raw| by_owner(raw, shared, wild))
            .filter(|(_, severity, _)| *severity == Severity::Critical)
            .or_else(|| condition.values.first().map(|it| (it, Severity::Medium, CALLERS))),
        _ => None,
    }
}

/// Whom the name of a service account of a cluster lets in, `system:serviceaccount:NAMESPACE:NAME`.
fn by_pod(raw: &str, wild: impl Fn(&str) -> bool) -> Option<Let> {
    let rest = raw.strip_prefix("system:serviceaccount:")?;
    let namespace = rest.split([':', HOLE]).next().unwrap_or_default();
    wild(namespace).then_some((Severity::Medium, "pods of every namespace that fits"))
}

/// Whom a subject of GitHub lets in.
/// <https://docs.github.com/en/actions/reference/security/oidc>
fn by_subject_of_github(raw: &str, shared: &Issuer, wild: impl Fn(&str) -> bool) -> Option<Let> {
    // What the author of a workflow makes them.
    const CHOSEN: [&str; 6] = ["workflow", "environment", "ref", "head_ref", "base_ref", "context"];
    let first = raw.split(':').next().unwrap_or_default();
    if CHOSEN.contains(&first) {
        Some((Severity::Critical, "any repository on GitHub whose workflow calls itself so"))
    } else if first == "repo" || wild(first) {
        by_subject(raw, shared, wild)
    } else {
        by_claims(raw, wild)
    }
}

/// Whom a subject lets in that begins with the tenant, `project_path:OWNER/NAME:…`.
fn by_subject(raw: &str, shared: &Issuer, wild: impl Fn(&str) -> bool) -> Option<Let> {
    if wild(raw.split(':').next().unwrap_or_default()) {
        return Some((Severity::Critical, "anyone who has an account with the provider"));
    }
    by_owner(raw.strip_prefix(shared.tenant?)?, shared, wild)
}

/// Whom a text lets in that begins with the owner, `OWNER/NAME`.
fn by_owner(raw: &str, shared: &Issuer, wild: impl Fn(&str) -> bool) -> Option<Let> {
    // What a hole stands for may hold the tenant, and what follows it may lie within; before a slash it is an owner.
    let owned = raw.strip_prefix(HOLE).filter(|it| it.starts_with('/'));
    let known = owned.unwrap_or(raw).split(HOLE).next().unwrap_or_default();
    let (owner, rest) = known.split_once(['/', ':']).unwrap_or((known, ""));
    // A name holds no `@`: an id stands behind it.
    // https://docs.github.com/en/actions/reference/openid-connect-reference
    let (owner, id) = owner.split_once('@').unwrap_or((owner, ""));
    if wild(owner) {
        return Some((Severity::Critical, "strangers whose name fits"));
    }
    if wild(id) && !known.contains('/') {
        return Some((Severity::Medium, EVERY_REPOSITORY));
    }
    let name = rest.split(['@', ':']).next().filter(|it| known.contains('/') && wild(it))?;
    if name.starts_with('*') || name.bytes().all(|it| matches!(it, b'*' | b'?')) {
        Some((Severity::Medium, EVERY_REPOSITORY))
    } else {
        // Groups within groups are what a pattern is for.
        (shared.name == GITHUB).then_some((Severity::Low, "every repository of the owner whose name fits"))
    }
}

const CALLERS: &str = "any repository that calls the workflow";

/// Whom a customised subject of GitHub lets in, which is of claims with their names, `repository_owner:example:ref:…`; none
/// when they say which repository.
/// <https://docs.github.com/en/actions/reference/openid-connect-reference>
fn by_claims(raw: &str, wild: impl Fn(&str) -> bool) -> Option<Let> {
    const OF_OWNER: [&str; 2] = ["repository_owner", "repository_owner_id"];
    const OF_REPOSITORY: [&str; 3] = ["repo", "repository", "workflow_ref"];
    const WORKFLOW: &str = "job_workflow_ref";
    // What is true of somebody's repository wherever it is.
    const OF_ANYBODY: [&str; 4] = ["actor", "event_name", "repository_visibility", "runner_environment"];
    let binds = |claim: &str| {
        OF_OWNER.contains(&claim) || OF_REPOSITORY.contains(&claim) || matches!(claim, WORKFLOW | "repository_id")
    };
    let parts = raw.split(':').zip(raw.split(':').skip(1));
    let mut said = parts.filter(|(claim, _)| binds(claim)).peekable();
    if said.peek().is_none() {
        let is_anybody = raw.split(':').next().is_some_and(|it| OF_ANYBODY.contains(&it));
        return is_anybody.then_some((Severity::Critical, "any repository on GitHub of which that is true"));
    }
    let owned: Vec<_> = said.filter(|(_, of)| !of.split('/').next().is_some_and(&wild)).collect();
    let is_any = |(claim, of): &(&str, &str)| {
        let name = || of.split('/').nth(1).unwrap_or_default();
        OF_OWNER.contains(claim) || OF_REPOSITORY.contains(claim) && name().starts_with('*') && wild(name())
    };
    if owned.is_empty() {
        Some((Severity::Critical, "strangers whose name fits"))
    } else if owned.iter().all(|(claim, _)| *claim == WORKFLOW) {
        Some((Severity::Medium, CALLERS))
    } else {
        owned.iter().all(is_any).then_some((Severity::Medium, EVERY_REPOSITORY))
    }
}
