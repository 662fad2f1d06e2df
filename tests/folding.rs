//! One cause, one finding: a broader finding explains a narrower one when it is about the same holder and grants all that
//! the narrower one is about. It points at what it explains, and explains nothing once somebody has answered for it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use iamlint::lint::{self, Options};
use iamlint::report::Report;
use iamlint::rule::{Confidence, Severity};
use iamlint::rules;
use iamlint::source::Workspace;

fn lint(text: &str, without: &[&str]) -> Report {
    let workspace = Workspace::of_texts([("main.tf", text)]);
    let is_wanted = |it: &&'static iamlint::rule::Rule| it.runs_by_default() && !without.contains(&it.id);
    let rules = rules::all().iter().filter(is_wanted).collect();
    let report = lint::check(&workspace, &Options { rules, ..Options::default() }, 1, &|_, _| {});
    assert_eq!(report.errors, [], "{text}");
    report
}

/// The rules that have something to say, and how many findings those explain.
#[track_caller]
fn expect(text: &str, standing: &[&str], explained: usize) {
    let report = lint(text, &[]);
    let mut found: Vec<_> = report.findings.iter().map(|it| it.rule).collect();
    found.sort_unstable();
    assert_eq!((found, report.explained.len()), (standing.to_vec(), explained), "{text}");
}

fn policy(statements: &str) -> String {
    let document = format!("jsonencode({{ Version = \"2012-10-17\", Statement = [{statements}] }})");
    format!("resource \"aws_iam_policy\" \"p\" {{\n  name = \"p\"\n  policy = {document}\n}}\n")
}

fn allow(action: &str, resource: &str) -> String {
    format!("{{ Effect = \"Allow\", Action = \"{action}\", Resource = \"{resource}\" }},\n")
}

#[test]
fn beside_everything_a_statement_gives_nothing_more() {
    let text = policy(&(allow("*", "*") + &allow("s3:*", "*")));
    expect(&text, &["full_administrator"], 2);
    let report = lint(&text, &[]);
    let pointed =
        report.findings[0].labels.iter().filter(|it| it.message.starts_with("part of this, and to be narrowed"));
    assert_eq!(pointed.count(), 2);
    // In a policy of its own it stands for itself.
    let apart = policy(&allow("*", "*")) + &policy(&allow("s3:*", "*")).replace("\"p\"", "\"q\"");
    expect(&apart, &["full_administrator", "wildcard_action"], 0);
}

#[test]
fn what_hangs_on_a_condition_explains_nothing_that_does_not() {
    let bound =
        allow("*", "*").replace(" },", ", Condition = { StringEquals = { \"aws:PrincipalTag/team\" = \"ops\" } } },");
    expect(&policy(&(bound + &allow("s3:*", "*"))), &["full_administrator", "wildcard_action"], 0);
}

#[test]
fn what_is_there_in_one_case_only_leaves_the_rest_of_its_statement_to_be_said() {
    let statement = r#"{ Effect = "Allow", Action = [var.wide ? "*" : "s3:GetObject", "kms:*", "iam:PassRole", "iam:Put*"],
        Resource = "*" }"#;
    let text = format!("variable \"wide\" {{}}\n{}", policy(statement));
    let report = lint(&text, &[]);
    let mut found: Vec<_> = report.findings.iter().map(|it| (it.rule, it.confidence)).collect();
    found.sort_unstable();
    let (low, high) = (Confidence::Low, Confidence::High);
    let own = ["kms_wildcard_action", "passrole_any_role", "permissions_any_resource"].map(|it| (it, high));
    // `*` allows in its case what the other one does.
    let either = [("data_any_resource", high), ("full_administrator", low)];
    assert_eq!(found, [&either[..], &own].concat());
    // What the other case grants is granted in this one too.
    let both = text.replace(r#": "s3:GetObject", "kms:*", "iam:PassRole", "iam:Put*"]"#, r#": "s3:GetObject"]"#);
    let mut found: Vec<_> = lint(&both, &[]).findings.iter().map(|it| (it.rule, it.confidence)).collect();
    found.sort_unstable();
    assert_eq!(found, [("data_any_resource", high), ("full_administrator", low)]);
}

#[test]
fn what_is_answered_for_or_switched_off_explains_nothing() {
    let text = policy(&(allow("*", "*") + &allow("s3:*", "*")));
    let answered = text.replace(
        "Statement = [{ Effect = \"Allow\", Action = \"*\"",
        "Statement = [\n# iamlint: ignore[full_administrator] reason=\"break glass\"\n{ Effect = \"Allow\", Action = \"*\"",
    );
    let report = lint(&answered, &[]);
    assert!(report.findings.iter().any(|it| it.rule == "wildcard_action" && it.subject == "s3:*"));
    assert_eq!(report.explained.len(), 0);
    assert!(lint(&text, &["full_administrator"]).findings.iter().any(|it| it.subject == "s3:*"));
}

#[test]
fn what_is_answered_for_makes_needless_only_what_stands_at_the_same_place() {
    let ignore = |text: &str, rule: &str, before: &str| {
        text.replacen(before, &format!("\n# iamlint: ignore[{rule}] reason=\"known\"\n{before}"), 1)
    };
    let keys = policy(&allow("kms:*", "*"));
    expect(&keys, &["kms_wildcard_action"], 0);
    // That it is every key is said of another string.
    expect(&ignore(&keys, "kms_wildcard_action", "{ Effect"), &["kms_any_key", "permissions_any_resource"], 0);
    let both = "kms_wildcard_action, kms_any_key, permissions_any_resource";
    expect(&ignore(&keys, both, "{ Effect"), &[], 0);
    let everything = policy(&allow("*", "*"));
    expect(&ignore(&everything, "full_administrator", "{ Effect"), &[], 0);
}

#[test]
fn what_is_worse_is_said_once_of_a_string() {
    let list = |actions: &[&str], resource: &str| {
        policy(&allow("…", resource).replace("\"…\"", &format!("[\"{}\"]", actions.join("\", \""))))
    };
    expect(&list(&["*", "s3:GetObject"], "*"), &["full_administrator"], 0);
    expect(&list(&["s3:Put*"], "arn:aws:s3:::*"), &["permissions_any_resource"], 0);
    expect(&list(&["iam:*", "lambda:*", "kms:*", "s3:*", "sqs:*"], "*"), &["wildcard_action"], 0);
    expect(&list(&["iam:*", "kms:*"], "*"), &["kms_wildcard_action", "wildcard_action"], 0);
    expect(&list(&["s3:Get Objekt", "s3:GetObjekt"], "arn:aws:s3:::b/*"), &["malformed_action", "unknown_action"], 0);
}

const ADMINISTRATOR: &str = r#"
resource "aws_iam_role" "r" {
  name               = "r"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = "arn:aws:iam::111122223333:role/ops" } }] })
}
resource "aws_iam_role_policy_attachment" "r" {
  role       = aws_iam_role.r.name
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}
"#;

#[test]
fn an_attached_administrator_explains_what_only_its_holder_has() {
    let own = policy(&allow("kms:Decrypt", "*"))
        .replace("aws_iam_policy", "aws_iam_role_policy")
        .replace("name = \"p\"", "role = aws_iam_role.r.name");
    expect(&format!("{ADMINISTRATOR}{own}"), &["attached_administrator"], 1);
    // Others may attach it too.
    let shared = policy(&allow("kms:Decrypt", "*"))
        + "resource \"aws_iam_role_policy_attachment\" \"p\" {\n  role = aws_iam_role.r.name\n  policy_arn = aws_iam_policy.p.arn\n}\n";
    expect(&format!("{ADMINISTRATOR}{shared}"), &["attached_administrator", "kms_any_key"], 0);
    expect(&own.replace("aws_iam_role.r.name", "\"other\""), &["kms_any_key"], 0);
}

#[test]
fn what_a_call_hands_over_beside_an_administrator_gives_nothing_more() {
    let call = |name: &str, arguments: &str| {
        format!("module \"{name}\" {{\n  source = \"example.com/acme/role/aws\"\n{arguments}}}\n")
    };
    let administrator = "  policy_arns = [\"arn:aws:iam::aws:policy/AdministratorAccess\"]\n";
    let statements = allow("kms:Decrypt", "*");
    let own = format!("  policy = jsonencode({{ Version = \"2012-10-17\", Statement = [{statements}] }})\n");
    expect(&call("role", &format!("{administrator}{own}")), &["attached_administrator"], 1);
    // Another call is another role.
    let apart = call("role", administrator) + &call("other", &own);
    expect(&apart, &["attached_administrator", "kms_any_key"], 0);
}

#[test]
fn one_string_is_one_finding() {
    let found = |action: &str| {
        let report = lint(&policy(&allow(action, "*")), &[]);
        let at_action = report.findings.into_iter().filter(|it| it.subject == action);
        at_action.map(|it| it.rule).collect::<Vec<_>>()
    };
    assert_eq!(found("kms:Create*"), ["kms_unbounded_grant"]);
    assert_eq!(found("kms:*Grant*"), ["kms_unbounded_grant"]);
    // AWS refuses it, so it grants nothing.
    expect(&policy(&allow("s*", "*")), &["malformed_action"], 0);
}

#[test]
fn a_policy_of_aws_iot_grants_what_a_device_asks() {
    let iot = |action: &str| policy(&allow(action, "*")).replace("aws_iam_policy", "aws_iot_policy");
    expect(&iot("*"), &["wildcard_action"], 0);
    let report = lint(&iot("iot:*"), &[]);
    assert_eq!(report.findings[0].message, "`iot:*` allows all 11 actions of a device on every resource");
    expect(&iot("iot:Connect"), &["wildcard_resource"], 0);
}

#[test]
fn what_is_there_in_some_case_explains_nothing_of_another() {
    let either = "variable \"a\" {}\nresource \"aws_iam_policy\" \"p\" {\n  name = \"p\"\n  policy = jsonencode({ Version = \
                  \"2012-10-17\", Statement = var.a == \"x\" ? [{ Effect = \"Allow\", Action = \"*\", Resource = \"*\" \
                  }] : [{ Effect = \"Allow\", Action = \"kms:*\", Resource = \"*\" }] })\n}\n";
    expect(either, &["full_administrator", "kms_wildcard_action"], 0);
    let counted = |which: &str, body: &str| {
        format!(
            "resource \"{which}\" \"p\" {{\n  count = var.a == \"x\" ? 1 : 0\n  role  = aws_iam_role.r.name\n{body}\n}}\n"
        )
    };
    let inline = "  policy = jsonencode({ Version = \"2012-10-17\", Statement = [{ Effect = \"Allow\", Action = \"kms:*\", Resource = \"*\" }] })";
    let attached = "  policy_arn = \"arn:aws:iam::aws:policy/AdministratorAccess\"";
    let role = "variable \"a\" {}\nresource \"aws_iam_role\" \"r\" {\n  name = \"r\"\n  assume_role_policy = jsonencode({ Version = \
                \"2012-10-17\", Statement = [{ Effect = \"Allow\", Action = \"sts:AssumeRole\", Principal = { AWS = \
                \"arn:aws:iam::111122223333:role/a\" } }] })\n}\n";
    let text = role.to_owned()
        + &counted("aws_iam_role_policy_attachment", attached)
        + &counted("aws_iam_role_policy", inline);
    expect(&text, &["attached_administrator", "kms_wildcard_action"], 0);
}

#[test]
fn a_choice_in_a_policy_makes_the_rest_of_it_no_less_sure() {
    let text = "variable \"a\" {}\nresource \"aws_iam_policy\" \"p\" {\n  name = \"p\"\n  policy = jsonencode({ Version = \
                \"2012-10-17\", Statement = [\n    { Effect = \"Allow\", Action = \"*\", Resource = \"*\" },\n    { Sid = \
                var.a == \"x\" ? \"X\" : \"Y\", Effect = \"Allow\", Action = \"s3:GetObject\", Resource = \
                \"arn:aws:s3:::b/*\" },\n  ] })\n}\n";
    let report = lint(text, &[]);
    let [administrator] = &report.findings[..] else { panic!("{:?}", report.findings) };
    assert_eq!((administrator.rule, administrator.confidence), ("full_administrator", Confidence::High));
    assert_eq!(&text[administrator.span.start as usize..administrator.span.end as usize], "\"*\"");
}

#[test]
fn conditions_that_are_not_known_make_what_they_may_narrow_less_sure() {
    let bound = policy(&allow("kms:Decrypt", "*").replace(" },", ", Condition = var.c },"));
    let report = lint(&format!("variable \"c\" {{}}\n{bound}"), &[]);
    assert_eq!((report.findings[0].rule, report.findings[0].confidence), ("kms_any_key", Confidence::Low));
}

#[test]
fn what_is_not_known_stands_where_it_is_used() {
    let of = |name: &str, resource: &str| {
        policy(&allow("ec2:RunInstances", "*").replace("\"*\" }", &format!("{resource} }}")))
            .replace("\"p\"", &format!("\"{name}\""))
    };
    let text = "variable \"u\" {}\n".to_owned() + &of("a", "\"arn:aws:ec2:::x${var.u}\"") + &of("b", "[\"*\", var.u]");
    let report = lint(&text, &[]);
    let twice = report.findings.iter().find(|it| it.rule == "redundant_entry").unwrap();
    assert!(twice.span.start as usize > text.find("\"b\"").unwrap(), "{twice:?}");
}

#[test]
fn a_pattern_that_is_written_once_for_many_services_is_said_once() {
    let text = |name: &str, services: &str| {
        format!(
            "data \"aws_iam_policy_document\" \"each\" {{\n  dynamic \"statement\" {{\n    for_each = toset([{services}])\n    \
             content {{\n      actions   = [\"${{statement.value}}:{name}*\"]\n      resources = [\"*\"]\n    }}\n  }}\n}}\n"
        )
    };
    expect(&text("Get", r#""secretsmanager", "redshift""#), &["credentials_any_resource"], 0);
    let report = lint(&text("Create", r#""iam", "redshift""#), &[]);
    let found = |rule: &str| report.findings.iter().any(|it| it.rule == rule);
    assert!(found("credentials_any_resource") && found("permissions_any_resource"));
    assert!(!found("partial_wildcard_action"));
}

#[test]
fn a_permission_for_all_of_a_function_is_said_once() {
    let text = "resource \"aws_lambda_permission\" \"p\" {\n  function_name = \"f\"\n  action = \"lambda:*\"\n  principal = \
                \"111122223333\"\n}\n";
    expect(text, &["lambda_permission_beyond_invoke"], 0);
}

#[test]
fn what_a_policy_cannot_be_about_is_said_once() {
    let queue = |action: &str, resource: &str| {
        let document = format!(
            "jsonencode({{ Version = \"2012-10-17\", Statement = [{{ Effect = \"Allow\", Principal = {{ AWS = \"111122223333\" }}, \
             Action = \"{action}\", Resource = \"arn:aws:{resource}:eu-west-1:111122223333:jobs\" }}] }})"
        );
        format!("resource \"aws_sqs_queue\" \"jobs\" {{\n  policy = {document}\n}}\n")
    };
    expect(&queue("sns:Publish", "sqs"), &["foreign_action"], 0);
    expect(&queue("sqs:SendMessage", "sns"), &["foreign_resource"], 0);
}

#[test]
fn what_buys_is_said_beside_all_of_its_service_where_that_is_off() {
    let text = policy(&allow("ec2:*", "*"));
    expect(&text, &["wildcard_action"], 0);
    let found: Vec<_> = said(&text, &["wildcard_action"]).into_iter().map(|(rule, _)| rule).collect();
    assert!(found.contains(&"unbounded_purchase"), "{found:?}");
}

/// The rules that speak of a policy while others are off or answered for, each with what its message begins with.
fn said(text: &str, without: &[&str]) -> Vec<(&'static str, String)> {
    let found = lint(text, without).findings.into_iter();
    let mut said: Vec<_> = found.map(|it| (it.rule, it.message.split(" on ").next().unwrap().to_owned())).collect();
    said.sort_unstable();
    said
}

#[test]
fn what_a_broader_rule_says_is_said_by_the_narrower_ones_where_it_is_off() {
    let all = policy(&allow("s3:*", "*"));
    expect(&all, &["wildcard_action"], 0);
    let permits = ("permissions_any_resource", "`s3:*` (`s3:PutBucketPolicy`)".to_owned());
    assert_eq!(said(&all, &["wildcard_action"]), std::slice::from_ref(&permits));
    let data = ("data_any_resource", "`s3:*` (`s3:GetObject`)".to_owned());
    assert_eq!(said(&all, &["wildcard_action", "permissions_any_resource"]), [data]);
    let but = all.replace("Action =", "NotAction =").replace("s3:*", "iam:*");
    expect(&but, &["not_action_allow"], 0);
    let told: Vec<_> = said(&but, &["not_action_allow"]).into_iter().map(|(rule, _)| rule).collect();
    assert_eq!(told, ["assume_any_role", "credentials_any_resource", "kms_any_key"]);
    let others = all.replace("Resource =", "NotResource =").replace("\"*\" }", "\"arn:aws:s3:::a/*\" }");
    expect(&others, &["not_resource_allow", "wildcard_action"], 0);
    assert_eq!(said(&others, &["not_resource_allow", "wildcard_action"]), [permits]);
    let read = others.replace("s3:*", "s3:GetObject");
    expect(&read, &["not_resource_allow"], 0);
    assert_eq!(
        lint(&read, &["not_resource_allow"]).findings[0].message,
        "`s3:GetObject` on all but `arn:aws:s3:::a/*` reads every other object in the account"
    );
}

#[test]
fn what_a_broader_rule_says_is_said_by_the_narrower_ones_where_it_is_answered_for() {
    let ignore = |text: &str, rule: &str| {
        text.replacen("{ Effect", &format!("\n# iamlint: ignore[{rule}] reason=\"known\"\n{{ Effect"), 1)
    };
    for (actions, broad, narrow) in [
        ("\"s3:*\"", "wildcard_action", "permissions_any_resource"),
        ("\"sts:*\"", "wildcard_action", "assume_any_role"),
    ] {
        let text = policy(&allow("…", "*").replace("\"…\"", actions));
        assert_eq!(said(&text, &[]).into_iter().map(|(rule, _)| rule).collect::<Vec<_>>(), [broad], "{actions}");
        let answered = said(&ignore(&text, broad), &[]);
        assert!(answered.iter().any(|(rule, _)| *rule == narrow), "{actions}: {answered:?}");
    }
}

#[test]
fn all_of_one_service_folds_nothing_of_another() {
    let text =
        policy(&allow("…", "*").replace("\"…\"", "[\"s3:*\", \"s3:GetObject\", \"secretsmanager:GetSecretValue\"]"));
    expect(&text, &["credentials_any_resource", "redundant_entry", "wildcard_action"], 0);
}

#[test]
fn a_key_that_is_spared_makes_decrypting_by_all_others_no_less_bad() {
    let all = policy(&allow("kms:Decrypt", "*"));
    let others = all.replace(
        "Resource = \"*\"",
        "NotResource = \"arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab\"",
    );
    let severity = |text: &str, without: &[&str]| {
        let [finding] = &lint(text, without).findings[..] else { panic!("one finding of {text}") };
        (finding.rule, finding.severity)
    };
    assert_eq!(severity(&all, &[]), ("kms_any_key", Severity::High));
    assert_eq!(severity(&others, &[]), ("not_resource_allow", Severity::High));
    assert_eq!(severity(&others, &["not_resource_allow"]), ("kms_any_key", Severity::High));
    let bound = others
        .replace(" },", ", Condition = { StringEquals = { \"kms:ViaService\" = \"s3.eu-west-1.amazonaws.com\" } } },");
    assert_eq!(severity(&bound, &[]), ("not_resource_allow", Severity::Medium));
}

#[test]
fn what_cannot_be_about_a_bucket_hides_nothing_else_that_never_applies() {
    let document = "jsonencode({ Version = \"2012-10-17\", Statement = [{ Effect = \"Allow\", Principal = { AWS = \"arn:aws:iam::111122223333:role/app\" }, \
                    Action = [\"s3:GetObject\", \"sqs:SendMessage\"], Resource = \"arn:aws:s3:::b\" }] })";
    let text = format!("resource \"aws_s3_bucket_policy\" \"b\" {{\n  bucket = \"b\"\n  policy = {document}\n}}\n");
    expect(&text, &["foreign_action", "mismatched_resource"], 0);
}

#[test]
fn a_wildcard_among_values_is_said_once() {
    let condition = "Condition = { StringLike = { \"aws:PrincipalOrgID\" = [\"o-a1b2c3d4e5\", \"*\"] } }";
    let text = policy(&allow("s3:GetObject", "arn:aws:s3:::b/*").replace(" },", &format!(", {condition} }},")));
    expect(&text, &["constant_condition"], 0);
}

#[test]
fn what_is_denied_in_the_same_case_is_not_granted() {
    let deny = "{ Effect = \"Deny\", Action = \"s3:*\", Resource = \"*\" }";
    let of = |allowed: &str, denied: &str| {
        let statements = format!("concat({allowed}, {denied})");
        format!(
            "variable \"a\" {{}}\nvariable \"b\" {{}}\nresource \"aws_iam_policy\" \"p\" {{\n  policy = jsonencode({{ Version = \"2012-10-17\", Statement = {statements} }})\n}}\n"
        )
    };
    let allowing = allow("s3:PutBucketPolicy", "*").replace("},\n", "}");
    let when = |case: &str, statement: &str| format!("{case} ? [{statement}] : []");
    let found = |text: &str| lint(text, &[]).findings.iter().filter(|it| it.rule == "permissions_any_resource").count();
    assert_eq!(found(&of(&when("var.a", &allowing), &format!("[{deny}]"))), 0);
    assert_eq!(found(&of(&when("var.a", &allowing), &when("var.a", deny))), 0);
    assert_eq!(found(&of(&when("var.a", &allowing), &when("var.b", deny))), 1);
    assert_eq!(found(&of(&format!("[{allowing}]"), &when("var.a", deny))), 1);
    let both = when("var.a", &format!("{allowing}, {deny}"));
    assert_eq!(found(&of(&both, "[]")), 0);
}

#[test]
fn a_document_that_nothing_uses_repeats_nothing_of_one_that_is_used() {
    let document = |name: &str, rest: &str| format!("data \"aws_iam_policy_document\" \"{name}\" {{\n{rest}}}\n");
    let statement = "  statement {\n    actions = [\"s3:*\"]\n    resources = [\"*\"]\n  }\n";
    let more = "  source_policy_documents = [data.aws_iam_policy_document.base.json]\n";
    let spare =
        document("spare", &format!("{more}  statement {{\n    actions = [\"sqs:*\"]\n    resources = [\"*\"]\n  }}\n"));
    let user = "resource \"aws_iam_policy\" \"p\" {\n  policy = data.aws_iam_policy_document.base.json\n}\n";
    let text = [document("base", statement), spare, user.to_owned()].concat();
    let found = lint(&text, &[]).findings;
    let mut found: Vec<_> = found.iter().map(|it| (it.subject.as_str(), it.severity, it.confidence)).collect();
    found.sort_unstable();
    // What it says for itself is one step less bad than where somebody has it.
    assert_eq!(found, [("s3:*", Severity::High, Confidence::High), ("sqs:*", Severity::Medium, Confidence::Low)]);
}

#[test]
fn what_one_literal_comes_to_in_several_values_is_said_once() {
    let feed = |actions: &str| {
        format!(
            r#"
locals {{
  feeds = ["orders", "returns", "stock"]
}}

resource "aws_iam_policy" "feed" {{
  for_each = toset(local.feeds)
  name     = each.key
  policy = jsonencode({{
    Version = "2012-10-17"
    Statement = [
      {{ Effect = "Allow", Action = [{actions}], Resource = ["arn:aws:s3:::feeds/*", "arn:aws:s3:::feeds/${{each.key}}/*"] }},
    ]
  }})
}}
"#
        )
    };
    let report = lint(&feed(r#""s3:PutObject""#), &[]);
    let [finding] = &report.findings[..] else { panic!("one finding: {:?}", report.findings) };
    assert_eq!(finding.rule, "redundant_entry");
    assert!(finding.message.contains("feeds/orders/*`"), "{}", finding.message);
    let named = "the same holds of `arn:aws:s3:::feeds/returns/*` and `arn:aws:s3:::feeds/stock/*`";
    assert!(finding.labels.iter().any(|it| it.message == named), "{:?}", finding.labels);
    assert_eq!((finding.instances.len(), finding.identities.len()), (3, 3));
    // So it is where a loop within one statement makes them.
    let within = feed(r#""s3:PutObject""#)
        .replace("for_each = toset(local.feeds)", "")
        .replace("each.key", "\"feed\"")
        .replace(r#""arn:aws:s3:::feeds/*", "arn:aws:s3:::feeds/${"feed"}/*""#, "")
        .replace(
            "Resource = []",
            r#"Resource = concat(["arn:aws:s3:::feeds/*"], [for f in local.feeds : "arn:aws:s3:::feeds/${f}/*"])"#,
        );
    let report = lint(&within, &[]);
    let [finding] = &report.findings[..] else { panic!("one finding: {:?}", report.findings) };
    assert!(finding.labels.iter().any(|it| it.message == named), "{:?}", finding.labels);
    // Two keys of one condition are two things.
    let keys = r#"
resource "aws_iam_policy" "p" {
  name = "p"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::feeds/*"
      Condition = { StringEqualsIfExists = { "aws:CalledViaLast" = "athena.amazonaws.com", "aws:ResourceAccount" = "111122223333" } }
    }]
  })
}
"#;
    let report = lint(keys, &[]);
    assert_eq!(report.findings.iter().filter(|it| it.rule == "optional_guard").count(), 2, "{:?}", report.findings);
}
