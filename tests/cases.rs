//! What hangs on a condition that nothing decides: of what holds in one case only the case is told, what holds in each of
//! two is certain, and what is there in one of them is not joined with what is there in the other.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use iamlint::lint::{self, Options};
use iamlint::rule::{Confidence, Finding, Severity};
use iamlint::rules;
use iamlint::source::Workspace;

fn lint(text: &str) -> Vec<Finding> {
    let text = format!("variable \"b\" {{}}\nvariable \"c\" {{}}\n{text}");
    let workspace = Workspace::of_texts([("main.tf", &*text)]);
    let rules = rules::all().iter().filter(|it| it.runs_by_default()).collect();
    let report = lint::check(&workspace, &Options { rules, ..Options::default() }, 1, &|_, _| {});
    assert_eq!(report.errors, [], "{text}");
    report.findings
}

/// A finding in a line: how sure, how bad, which rule, and in which case.
fn line(finding: &Finding) -> String {
    let cases = finding.labels.iter().filter(|it| it.message.starts_with("only if "));
    let cases: Vec<&str> = cases.map(|it| &*it.message).collect();
    format!("{} {} {} {}", finding.confidence, finding.severity, finding.rule, cases.join(", ")).trim().to_owned()
}

#[track_caller]
fn expect(text: &str, wanted: &[&str]) {
    let mut found: Vec<String> = lint(text).iter().map(line).collect();
    found.sort_unstable();
    assert_eq!(found, wanted, "{text}");
}

/// A policy of a role, of one statement.
fn of_role(rest: &str) -> String {
    let document =
        format!("jsonencode({{ Version = \"2012-10-17\", Statement = [{{ Effect = \"Allow\", {rest} }}] }})");
    format!("resource \"aws_iam_role_policy\" \"p\" {{\n  role = \"r\"\n  policy = {document}\n}}\n")
}

/// A policy of a bucket, of one statement that lets in everybody.
fn of_bucket(rest: &str) -> String {
    let statement =
        format!("{{ Effect = \"Allow\", Principal = \"*\", Resource = \"arn:aws:s3:::reports/*\", {rest} }}");
    format!(
        "resource \"aws_s3_bucket_policy\" \"p\" {{\n  bucket = \"reports\"\n  policy = jsonencode({{ Version = \
         \"2012-10-17\", Statement = [{statement}] }})\n}}\n"
    )
}

const USER: &str = "arn:aws:iam::111122223333:user/x";

#[test]
fn what_is_on_everything_in_one_case_is_so_in_that_case() {
    let both = ["high medium wildcard_action", "low critical wildcard_action only if `var.b`"];
    for resource in [
        format!("var.b ? [\"*\"] : [\"{USER}\"]"),
        format!("[var.b ? \"*\" : \"{USER}\"]"),
        format!("[\"${{var.b ? \"*\" : \"{USER}\"}}\"]"),
        format!("concat([\"{USER}\"], var.b ? [\"*\"] : [])"),
    ] {
        expect(&of_role(&format!("Action = \"iam:*\", Resource = {resource}")), &both);
    }
    // Beside what is everything in every case it makes no difference.
    let always = of_role("Action = \"iam:*\", Resource = concat([\"*\"], var.b ? [\"*\"] : [])");
    assert!(lint(&always).iter().any(|it| line(it) == "high critical wildcard_action"));
}

#[test]
fn two_cases_that_exclude_each_other_are_not_joined() {
    let text =
        of_role("Action = var.b ? \"*\" : \"s3:GetObject\", Resource = var.b ? \"arn:aws:s3:::reports/*\" : \"*\"");
    expect(&text, &["low low wildcard_action only if `var.b`", "low medium data_any_resource only if not `var.b`"]);
    // In one and the same case they are.
    let same = text.replace(
        "Resource = var.b ? \"arn:aws:s3:::reports/*\" : \"*\"",
        "Resource = var.b ? \"*\" : \"arn:aws:s3:::reports/*\"",
    );
    expect(&same, &["low critical full_administrator only if `var.b`"]);
}

#[test]
fn what_two_statements_grant_by_one_literal_is_told_with_the_case_of_each() {
    let statement = |name: &str, case: &str| {
        format!("{case} ? [{{ Sid = \"{name}\", Effect = \"Allow\", Action = local.all, Resource = \"*\" }}] : []")
    };
    let text = |first: &str, second: &str| {
        format!(
            "locals {{\n  all = [\"sqs:*\"]\n}}\nresource \"aws_iam_role_policy\" \"p\" {{\n  role = \"r\"\n  policy = \
             jsonencode({{ Version = \"2012-10-17\", Statement = concat({}, {}) }})\n}}\n",
            statement("A", first),
            statement("B", second)
        )
    };
    let cases = |text: &str| {
        let found = lint(text).into_iter().find(|it| it.rule == "wildcard_action").expect("it is found");
        let labels = found.labels.into_iter().map(|it| it.message);
        (found.confidence, labels.filter(|it| it.contains("if ")).collect::<Vec<_>>())
    };
    let both = ["only if `var.b`".to_owned(), "or if `var.c`".to_owned()].to_vec();
    assert_eq!(cases(&text("var.b", "var.c")), (Confidence::Low, both));
    // Where there is the one there is the other.
    assert_eq!(cases(&text("var.b != \"y\"", "var.b == \"x\"")).1, ["only if `var.b != \"y\"`"]);
    // What is there in every case needs no case.
    assert_eq!(cases(&text("var.b", "true")), (Confidence::High, vec![]));
}

#[test]
fn a_key_that_is_one_of_two_is_each_of_them_in_its_case() {
    let trust = |principal: &str| {
        format!(
            "resource \"aws_iam_role\" \"r\" {{\n  assume_role_policy = jsonencode({{ Version = \"2012-10-17\", Statement = [{{ \
             Effect = \"Allow\", Action = \"sts:AssumeRole\", Principal = {{ {principal} }} }}] }})\n}}\n"
        )
    };
    let key = "(var.b ? \"AWS\" : \"Service\")";
    let open = ["low critical open_trust only if `var.b`"];
    expect(&trust(&format!("{key} = var.b ? \"*\" : \"lambda.amazonaws.com\"")), &open);
    expect(&trust("\"${var.b ? \"AWS\" : \"Service\"}\" = var.b ? [\"*\"] : [\"ec2.amazonaws.com\"]"), &open);
    // What hangs on the same condition is not joined with what it is in the other case.
    expect(&trust(&format!("{key} = var.b ? \"{USER}\" : \"lambda.amazonaws.com\"")), &[]);
    // Beside it, what is there in every case is.
    let other =
        "(var.b ? \"Service\" : \"Federated\") = var.b ? \"ec2.amazonaws.com\" : \"cognito-identity.amazonaws.com\"";
    let found = lint(&trust(&format!("AWS = \"*\", {other}")));
    assert!(found.iter().any(|it| line(it) == "high critical open_trust"), "{found:?}");
    // The last one of equal keys counts.
    let over = of_role(
        "Action = \"sqs:SendMessage\", Resource = { a = \"*\", (var.b ? \"a\" : \"c\") = \"arn:aws:sqs:eu-west-1:111122223333:q\" }.a",
    );
    expect(&over, &["low medium wildcard_resource only if not `var.b`"]);
    let element =
        of_role("Action = \"s3:GetObject\", (var.b ? \"Resource\" : \"NotResource\") = \"arn:aws:s3:::reports/*\"");
    expect(&element, &["low medium not_resource_allow only if not `var.b`"]);
    let two = of_role(
        "(var.c ? \"Action\" : \"NotAction\") = \"s3:GetObject\", (var.b ? \"Resource\" : \"NotResource\") = \"arn:aws:s3:::reports/*\"",
    );
    let each = [
        "low critical full_administrator only if not `var.b` and not `var.c`",
        "low low not_action_allow only if `var.b` and not `var.c`",
        "low medium not_resource_allow only if not `var.b` and `var.c`",
    ];
    expect(&two, &each);
}

#[test]
fn what_all_of_several_cases_grant_is_certain_whatever_is_put_beside_it() {
    let locals =
        "locals {\n  e = { x = [\"sqs:*\"], y = [\"sqs:*\", \"sns:Publish\"], z = [\"sqs:*\", \"iam:GetRole\"] }\n}\n";
    let list = "var.c ? [\"iam:GetRole\"] : [], var.c == \"d\" ? [\"iam:GetUser\"] : []";
    let nested =
        "var.b == \"x\" ? [\"sqs:*\"] : var.b == \"y\" ? [\"sqs:*\", \"sns:Publish\"] : [\"sqs:*\", \"iam:GetRole\"]";
    for action in [
        format!("concat(local.e[var.b], {list})"),
        format!("flatten([local.e[var.b], {list}])"),
        format!("setunion(local.e[var.b], {list})"),
        format!("distinct(concat(local.e[var.b], {list}))"),
        format!("concat({nested}, {list})"),
    ] {
        let found = lint(&format!("{locals}{}", of_role(&format!("Action = {action}, Resource = \"*\""))));
        let broad: Vec<String> = found.iter().filter(|it| it.rule == "wildcard_action").map(line).collect();
        assert_eq!(broad, ["high high wildcard_action"], "{action}");
    }
    // What stands in one case only does so beside them.
    let wide = of_role(
        "Action = concat(local.e[var.b], var.c ? [\"iam:*\"] : [], var.c == \"d\" ? [\"iam:GetUser\"] : []), Resource = \"*\"",
    );
    let found = lint(&format!("{locals}{wide}"));
    let broad: Vec<String> = found.iter().filter(|it| it.message.contains("`iam:*`")).map(line).collect();
    assert_eq!(broad, ["low high wildcard_action only if `var.c`"]);
    let merged = |last: &str| {
        let role = "resource \"aws_iam_role_policy\" \"p\" {\n  role = \"r\"\n";
        let first = "{ Effect = \"Allow\", Resource = \"*\" }, { Action = local.e[var.b] }";
        let choices =
            "{ x = { Note = 1 }, y = { Note = 2 }, z = { Note = 3 } }[var.b], var.c == \"d\" ? { Sid = \"A\" } : {}";
        let statement = format!("merge({first}, {choices}, var.c ? {last} : {{}})");
        let text = format!(
            "{locals}{role}  policy = jsonencode({{ Version = \"2012-10-17\", Statement = [{statement}] }})\n}}\n"
        );
        let found = lint(&text);
        found.iter().filter(|it| it.rule == "wildcard_action").map(line).collect::<Vec<_>>()
    };
    assert_eq!(merged("{ Sid = \"B\" }"), ["high high wildcard_action"]);
    assert_eq!(merged("{ Effect = \"Deny\" }"), ["low high wildcard_action only if not `var.c`"]);
    assert_eq!(merged("{ Action = \"sqs:SendMessage\" }"), ["low high wildcard_action only if not `var.c`"]);
}

#[test]
fn a_choice_in_a_text_goes_with_another_choice_by_the_same_thing() {
    let resource = "{ x = \"arn:aws:s3:::reports/*\", y = \"*\" }[var.b]";
    let text = of_role(&format!("Action = \"s3:${{var.b == \"x\" ? \"*\" : \"GetObject\"}}\", Resource = {resource}"));
    let found =
        ["low low wildcard_action only if `var.b` is `x`", "low medium data_any_resource only if `var.b` is `y`"];
    expect(&text, &found);
}

#[test]
fn what_is_repeated_for_an_element_of_several_cases_is_there_in_any_of_them() {
    let maps = "locals {\n  m = { x = { one = \"sqs:*\" }, y = { one = \"sqs:SendMessage\" }, z = { two = \"sns:*\" } }\n  s = { x = \
                [\"glue:*\"], y = [\"glue:*\", \"iam:GetRole\"], z = [] }\n}\n";
    // A choice within a choice is in both cases.
    let block = "data \"aws_iam_policy_document\" \"d\" {\n  dynamic \"statement\" {\n    for_each = merge(local.m[var.b], var.c ? { one = \
                 \"sqs:GetQueueUrl\" } : {})\n    content {\n      actions   = [statement.value]\n      resources = [\"*\"]\n    }\n  }\n}\n\
                 resource \"aws_iam_policy\" \"p\" {\n  policy = data.aws_iam_policy_document.d.json\n}\n";
    let found = lint(&format!("{maps}{block}"));
    let broad: Vec<String> = found.iter().filter(|it| it.rule == "wildcard_action").map(line).collect();
    let wanted = [
        "low high wildcard_action only if `var.b` is `x` and not `var.c`",
        "low high wildcard_action only if `var.b` is `z`",
    ];
    assert_eq!(broad, wanted);
    let resource = "resource \"aws_iam_policy\" \"p\" {\n  for_each = toset(local.s[var.b])\n  policy = jsonencode({ Version = \"2012-10-17\", \
                    Statement = [{ Effect = \"Allow\", Action = each.key, Resource = \"*\" }] })\n}\n";
    let found = lint(&format!("{maps}{resource}"));
    let broad = found.iter().find(|it| it.rule == "wildcard_action").expect("it is found");
    let there = "`aws_iam_policy.p[\"glue:*\"]` is there only if `var.b` is one of `x`, `y`";
    assert!(broad.labels.iter().any(|it| it.message == there), "{:?}", broad.labels);
}

#[test]
fn what_is_granted_in_each_of_two_cases_is_certain() {
    for action in ["var.b ? \"kms:*\" : \"kms:Decrypt\"", "\"kms:${var.b ? \"*\" : \"Decrypt\"}\""] {
        let text = of_role(&format!("Action = {action}, Resource = \"*\""));
        expect(&text, &["high high kms_any_key", "low high kms_wildcard_action only if `var.b`"]);
    }
    let text = of_role("Action = [\"s3:${var.b ? \"Get*\" : \"GetObject\"}\"], Resource = \"*\"");
    expect(&text, &["high medium data_any_resource"]);
    // Neither of the two holds the other.
    let text = of_role("Action = var.b ? \"iam:*\" : \"s3:*\", Resource = \"*\"");
    let cases = ["low critical wildcard_action only if `var.b`", "low high wildcard_action only if not `var.b`"];
    expect(&text, &cases);
}

#[test]
fn what_two_choices_come_to_is_certain_where_every_way_has_it() {
    let text = of_role(
        "Action = var.b ? [\"s3:GetObject\", \"s3:Foo\"] : [\"s3:GetObject\"], Resource = var.c ? \"*\" : \"arn:aws:s3:::reports/*\"",
    );
    let data = |it: &Finding| it.rule == "data_any_resource";
    let found = lint(&text);
    let said: Vec<String> = found.iter().filter(|it| data(it)).map(line).collect();
    assert_eq!(said, ["low medium data_any_resource only if `var.c`"]);
}

#[test]
fn what_is_written_in_each_of_two_cases_is_there_in_every_case() {
    let text = of_role("Action = \"s3:GetObject\", Resource = var.b ? [\"*\"] : [\"*\", \"arn:aws:s3:::reports/*\"]");
    let found = lint(&text);
    let said: Vec<String> = found.iter().filter(|it| it.rule == "data_any_resource").map(line).collect();
    assert_eq!(said, ["high medium data_any_resource"]);
}

#[test]
fn a_statement_beside_one_that_is_there_in_one_case_only_is_there_in_every_case() {
    let (own, beside) = (
        "{ Effect = \"Allow\", Action = \"s3:GetObject\", Resource = \"*\" }",
        "{ Effect = \"Allow\", Action = \"ec2:StartInstances\", Resource = \"*\" }",
    );
    for statements in
        [format!("concat([{own}], var.b ? [{beside}] : [])"), format!("concat(var.b ? [{beside}] : [], [{own}])")]
    {
        let text = format!(
            "resource \"aws_iam_role_policy\" \"p\" {{\n  role = \"r\"\n  policy = jsonencode({{ Version = \
             \"2012-10-17\", Statement = {statements} }})\n}}\n"
        );
        expect(&text, &["high medium data_any_resource", "low medium wildcard_resource only if `var.b`"]);
    }
}

#[test]
fn what_is_there_in_fewer_cases_makes_nothing_needless_that_is_there_in_more() {
    let text = of_role(
        "Action = var.b ? \"kms:*\" : \"kms:Decrypt\", Resource = var.c ? \"*\" : \"arn:aws:kms:eu-west-1:111122223333:key/x\"",
    );
    let found: Vec<String> = lint(&text).iter().map(line).collect();
    assert!(found.contains(&"low high kms_any_key only if `var.c`".to_owned()), "{found:?}");
}

#[test]
fn of_two_choices_the_one_that_makes_no_difference_is_not_told() {
    let queue = "arn:aws:sqs:eu-west-1:111122223333:q";
    let statement = format!(
        "{{ Effect = \"Allow\", Principal = \"*\", Action = var.c ? \"sqs:*\" : \"sqs:SendMessage\", Resource = var.b ? \"*\" : \"{queue}\" }}"
    );
    let text = format!(
        "resource \"aws_sqs_queue_policy\" \"q\" {{\n  queue_url = \"q\"\n  policy = jsonencode({{ Version = \
         \"2012-10-17\", Statement = [{statement}] }})\n}}\n"
    );
    let mut said: Vec<String> = lint(&text).iter().filter(|it| it.rule == "public_resource_policy").map(line).collect();
    said.sort_unstable();
    assert_eq!(said, ["high high public_resource_policy", "low critical public_resource_policy only if `var.c`"]);
}

#[test]
fn everybody_may_do_in_each_case_what_that_case_allows() {
    let whole = of_bucket("Action = var.b ? \"s3:GetObject\" : \"s3:PutObject\"");
    expect(&whole, &["low critical public_bucket only if not `var.b`", "low high public_bucket only if `var.b`"]);
    let more = of_bucket("Action = var.b ? [\"s3:GetObject\", \"s3:PutObject\"] : [\"s3:GetObject\"]");
    expect(&more, &["low critical public_bucket only if `var.b`", "medium high public_bucket"]);
}

#[test]
fn a_choice_in_a_text_of_a_condition_is_judged_in_each_case() {
    let bound = |test: &str| of_bucket(&format!("Action = \"s3:GetObject\", Condition = {{ {test} }}"));
    let open = |case: &str| format!("low high public_bucket only if {case}");
    for (test, case) in [
        (r#"IpAddress = { "aws:SourceIp" = "203.0.113.0/${var.b ? "24" : "0"}" }"#, "not `var.b`"),
        (r#""StringEquals${var.b ? "IfExists" : ""}" = { "aws:PrincipalOrgID" = "o-1234567890" }"#, "`var.b`"),
        (r#"StringEquals = { "aws:${var.b ? "PrincipalOrgID" : "UserAgent"}" = "o-1234567890" }"#, "not `var.b`"),
        (r#"ArnLike = { "aws:PrincipalArn" = "arn:aws:iam::${var.b ? "111122223333" : "*"}:role/x" }"#, "not `var.b`"),
    ] {
        let found: Vec<String> = lint(&bound(test)).iter().filter(|it| it.rule == "public_bucket").map(line).collect();
        assert_eq!(found, [open(case)], "{test}");
    }
    // Closed in each case, and open in each.
    let closed = bound(r#"IpAddress = { "aws:SourceIp" = "203.0.113.0/${var.b ? "24" : "25"}" }"#);
    assert!(!lint(&closed).iter().any(|it| it.rule == "public_bucket"));
    let open = bound(r#"StringLike = { "aws:UserAgent" = "${var.b ? "" : "o"}*" }"#);
    let found = lint(&open);
    let finding = found.iter().find(|it| line(it) == "medium high public_bucket").unwrap();
    assert!(
        finding.labels.iter().any(|it| it.message.ends_with("its value is only a wildcard, if `var.b`")),
        "{finding:?}"
    );
}

#[test]
fn what_is_needed_in_one_case_is_not_needless_in_the_other() {
    let text = of_role("Action = \"s3:GetObject\", Resource = concat([\"arn:aws:s3:::a/*\"], var.b ? [\"*\"] : [])");
    expect(&text, &["low medium data_any_resource only if `var.b`"]);
    let text = of_role(
        "Action = [\"s3:GetObject\", \"s3:ListAllMyBuckets\"], Resource = var.b ? \"*\" : \"arn:aws:s3:::a/*\"",
    );
    expect(&text, &["low medium data_any_resource only if `var.b`"]);
}

#[test]
fn a_boundary_that_leaves_everything_in_one_case_bounds_in_the_other() {
    let role = |boundary: &str| {
        format!(
            r#"
resource "aws_iam_role" "r" {{
  name                 = "r"
  assume_role_policy   = jsonencode({{ Version = "2012-10-17", Statement = [{{ Effect = "Allow", Principal = {{ Service = "ec2.amazonaws.com" }}, Action = "sts:AssumeRole" }}] }})
  permissions_boundary = {boundary}
}}
resource "aws_iam_role_policy_attachment" "r" {{
  role       = aws_iam_role.r.name
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}}
resource "aws_iam_policy" "b" {{
  name   = "b"
  policy = jsonencode({{ Version = "2012-10-17", Statement = [{{ Effect = "Allow", Action = var.b ? "s3:GetObject" : "*", Resource = "*" }}] }})
}}"#
        )
    };
    let (own, all) =
        (r#""arn:aws:iam::111122223333:policy/other""#, r#""arn:aws:iam::aws:policy/AdministratorAccess""#);
    for (boundary, case) in [
        ("aws_iam_policy.b.arn".to_owned(), Some("`var.b`")),
        (format!("var.b ? {own} : {all}"), Some("`var.b`")),
        (format!("var.b ? {all} : {own}"), Some("not `var.b`")),
        (all.to_owned(), None),
    ] {
        let found = lint(&role(&boundary));
        let finding = found.iter().find(|it| it.rule == "workload_administrator").unwrap();
        let said = finding.labels.iter().find_map(|it| it.message.strip_prefix("a boundary leaves less of it if "));
        let confidence = if case.is_some() { Confidence::Low } else { Confidence::High };
        assert_eq!((said, finding.confidence), (case, confidence), "{boundary}");
        assert_eq!(finding.severity, Severity::High);
    }
}

#[test]
fn each_of_several_cases_is_judged_by_itself() {
    let of = |action: &str, resource: &str| of_role(&format!("Action = {action}, Resource = {resource}"));
    let action = r#"{ dev = "*", stage = "s3:GetObject", prod = "s3:PutObject" }[var.b]"#;
    let each = [
        "low critical full_administrator only if `var.b` is `dev`",
        "low medium data_any_resource only if `var.b` is `stage`",
        "low medium wildcard_resource only if `var.b` is `prod`",
    ];
    expect(&of(action, r#""*""#), &each);
    let last = r#"lookup({ dev = "*", prod = "s3:PutObject" }, var.b, "s3:GetObject")"#;
    let with_default = each.map(|it| it.replace("`var.b` is `stage`", "`var.b` is none of `dev`, `prod`"));
    expect(&of(last, r#""*""#), &with_default.each_ref().map(|it| &**it));
    let by_place = r#"["*", "s3:GetObject", "s3:PutObject"][var.b]"#;
    let places = [("dev", "0"), ("stage", "1"), ("prod", "2")];
    let places = each.map(|it| places.iter().fold(it.to_owned(), |it, (name, place)| it.replace(name, place)));
    expect(&of(by_place, r#""*""#), &places.each_ref().map(|it| &**it));
    // What is harmless in each case is.
    expect(&of(r#"{ dev = "s3:GetObject", stage = "s3:PutObject" }[var.b]"#, r#""arn:aws:s3:::reports/*""#), &[]);
}

#[test]
fn cases_of_which_no_two_hold_are_never_joined() {
    let action = r#"{ dev = "iam:*", stage = "s3:GetObject", prod = "s3:PutObject" }[var.b]"#;
    let of = |resource: &str| of_role(&format!("Action = {action}, Resource = {resource}"));
    let (user, objects) = (format!("\"{USER}\""), "\"arn:aws:s3:::reports/*\"");
    let apart = format!("{{ dev = {user}, stage = {objects}, prod = {objects} }}[var.b]");
    expect(&of(&apart), &["low medium wildcard_action only if `var.b` is `dev`"]);
    let joined = format!("{{ dev = \"*\", stage = {objects}, prod = {objects} }}[var.b]");
    expect(&of(&joined), &["low critical wildcard_action only if `var.b` is `dev`"]);
    // So it is where one of them is asked for by a comparison.
    expect(
        &of(&format!("var.b == \"dev\" ? {user} : {objects}")),
        &["low medium wildcard_action only if `var.b` is `dev`"],
    );
}

#[test]
fn what_is_granted_in_every_one_of_several_cases_is_certain() {
    let of = |action: &str| of_role(&format!("Action = {action}, Resource = \"*\""));
    expect(
        &of(r#"{ dev = "s3:GetObject", stage = "s3:GetObject", prod = "s3:GetObject" }[var.b]"#),
        &["high medium data_any_resource"],
    );
    expect(
        &of(r#"{ dev = "kms:*", stage = "kms:Decrypt", prod = "kms:Decrypt" }[var.b]"#),
        &["high high kms_any_key", "low high kms_wildcard_action only if `var.b` is `dev`"],
    );
    let nested = r#"var.b ? "kms:*" : var.c ? "kms:Decrypt" : "kms:Decrypt""#;
    expect(&of(nested), &["high high kms_any_key", "low high kms_wildcard_action only if `var.b`"]);
    // What several cases come to is told at once.
    let several = of(r#"{ dev = "kms:*", stage = "kms:*", prod = "kms:Decrypt" }[var.b]"#);
    let wanted =
        ["`var.b` is `dev`", "`var.b` is `stage`"].map(|it| format!("low high kms_wildcard_action only if {it}"));
    expect(&several, &["high high kms_any_key", &wanted[0], &wanted[1]]);
    let shared = r#""s3:*", Resource = { dev = "*", stage = "*", prod = "arn:aws:s3:::reports/*" }[var.b]"#;
    let wanted = ["high low wildcard_action", "low high wildcard_action only if `var.b` is one of `dev`, `stage`"];
    expect(&of_role(&format!("Action = {shared}")), &wanted);
    // In all but one it is not.
    let found = lint(&of(r#"{ dev = "kms:Decrypt", stage = "kms:Decrypt", prod = "s3:GetObject" }[var.b]"#));
    assert!(found.iter().all(|it| it.confidence == Confidence::Low), "{found:?}");
}

#[test]
fn a_condition_that_bounds_in_every_one_of_several_cases_bounds() {
    let of = |prod: &str| {
        let value = format!(r#"{{ dev = "o-1234567890", stage = "o-1234567891", prod = "{prod}" }}[var.b]"#);
        let test = format!("StringLike = {{ \"aws:PrincipalOrgID\" = {value} }}");
        lint(&of_bucket(&format!("Action = \"s3:GetObject\", Condition = {{ {test} }}")))
    };
    assert!(!of("o-1234567892").iter().any(|it| it.rule == "public_bucket"));
    let found = of("*");
    let open = found.iter().find(|it| it.rule == "public_bucket").unwrap();
    assert!(open.labels.iter().any(|it| it.message.contains("only if `var.b` is `prod`")), "{open:?}");
}

#[test]
fn a_condition_and_its_contrary_are_one() {
    let text =
        of_role("Action = !var.b ? \"*\" : \"s3:GetObject\", Resource = var.b ? \"*\" : \"arn:aws:s3:::reports/*\"");
    expect(&text, &["low low wildcard_action only if not `var.b`", "low medium data_any_resource only if `var.b`"]);
    // What is switched on where nothing is wide is not wide.
    let counted = |count: &str| {
        let text = of_role("Action = var.b ? \"*\" : \"s3:GetObject\", Resource = \"arn:aws:s3:::reports/*\"");
        text.replace("role = \"r\"", &format!("role = \"r\"\n  count = {count} ? 1 : 0"))
    };
    expect(&counted("!var.b"), &[]);
    expect(&counted("(!(!var.b))"), &["high low wildcard_action"]);
}

#[test]
fn a_condition_of_a_loop_is_another_one_for_each_element() {
    let of = |first: &str, second: &str| {
        let list = |of: &str, with: &str| format!("[for f in [\"x\", \"y\"] : {of} if contains(var.c, f) == {with}]");
        let (wide, narrow) = (list("f == \"x\" ? \"iam:*\" : \"s3:GetObject\"", first), list("\"*\"", second));
        lint(&of_role(&format!("Action = {wide}, Resource = {narrow}")))
    };
    let found = of("true", "true");
    let said = found.iter().find(|it| it.rule == "wildcard_action").unwrap();
    assert!(said.labels.iter().any(|it| it.message.contains("for `f` = `x`")), "{said:?}");
    // Nothing is known of how the one hangs together with the other.
    let each = of_role(
        "Action = [for f in [\"x\", \"y\"] : contains(var.c, f) ? \"kms:*\" : \"kms:Decrypt\"], Resource = \"*\"",
    );
    let found: Vec<String> = lint(&each).iter().map(line).collect();
    assert!(found.iter().any(|it| it.ends_with("for `f` = `x`")), "{found:?}");
}

#[test]
fn what_a_loop_over_something_unknown_falls_back_to_is_judged() {
    let wide = ["low high wildcard_action only if `var.b` has such an element"];
    let of_values = ["low high wildcard_action only if `values(var.b)` has such an element"];
    for (action, wanted) in [
        ("[for it in var.b : it.wide ? \"iam:*\" : it.action]", &wide[..]),
        ("flatten([for it in var.b : [it.action, \"iam:*\"]])", &wide),
        ("flatten([for it in var.b : [for action in [\"iam:*\"] : action]])", &wide),
        ("[for it in values(var.b) : try(it.action, \"iam:*\")]", &of_values),
        ("[for it in var.b : lookup(it, \"action\", \"iam:*\")]", &wide),
        ("[for it in var.b : it.wide ? \"iam:GetRole\" : it.action]", &[]),
        ("[for it in var.b : it.action]", &[]),
    ] {
        expect(&of_role(&format!("Action = {action}, Resource = \"*\"")), wanted);
    }
}

#[test]
fn what_every_element_says_is_certain_whichever_one_it_is() {
    let module = |options: &str| {
        format!(
            "locals {{\n  one = {{ prod = {{ wide = true }} }}\n  two = {{ prod = {{ all = true }}, test = {{ all = true }} }}\n  \
             none = {{ prod = {{}}, test = {{}} }}\n}}\nmodule \"m\" {{\n  source = \"./m\"\n  options = {options}\n}}\n"
        )
    };
    let called = "variable \"options\" {\n  type = object({ all = optional(bool, false), wide = optional(bool, false) })\n}\n\
                  resource \"aws_iam_role_policy\" \"a\" {\n  count = var.options.all ? 1 : 0\n  role = \"r\"\n  policy = \
                  jsonencode({ Version = \"2012-10-17\", Statement = [{ Effect = \"Allow\", Action = \"*\", Resource = \
                  \"*\" }] })\n}\n";
    let found = |options: &str| {
        let texts = [("main.tf", &*module(options)), ("m/main.tf", called)];
        let workspace = Workspace::of_texts(texts);
        let rules = rules::all().iter().filter(|it| it.runs_by_default()).collect();
        let report = lint::check(&workspace, &Options { rules, ..Options::default() }, 1, &|_, _| {});
        assert_eq!(report.errors, [], "{options}");
        report.findings.iter().map(|it| it.instances.join(" ")).collect::<Vec<_>>()
    };
    let certain = ["module.m.aws_iam_role_policy.a[0]"];
    assert_eq!(found("local.one[terraform.workspace]"), [""; 0], "the only element does not switch it on");
    assert_eq!(found("merge({ wide = false }, local.none[terraform.workspace])"), [""; 0]);
    assert_eq!(found("local.two[terraform.workspace]"), certain);
    assert_eq!(
        found("merge({ all = true }, local.none[terraform.workspace], local.one[terraform.workspace])"),
        certain
    );
}

#[test]
fn a_folder_that_is_not_there_may_have_files_where_terraform_runs() {
    let each = |folder: &str| {
        let document = "jsonencode({ Version = \"2012-10-17\", Statement = [{ Effect = \"Allow\", Action = \"*\", \
                        Resource = \"*\" }] })";
        format!(
            "resource \"aws_iam_role_policy\" \"p\" {{\n  for_each = fileset(\"{folder}\", \"*.json\")\n  role = each.key\n  \
             policy = {document}\n}}\n"
        )
    };
    expect(&each("./generated"), &["high critical full_administrator"]);
    expect(&each("."), &[]);
}

#[test]
fn two_arguments_that_are_one_value_of_the_caller_are_one_condition() {
    let module =
        of_role(&format!("Action = var.x ? \"iam:*\" : \"s3:GetObject\", Resource = var.y ? \"{USER}\" : \"*\""));
    let of = |x: &str, y: &str| {
        let call = format!("variable \"on\" {{}}\nmodule \"m\" {{\n  source = \"./m\"\n  x = {x}\n  y = {y}\n}}\n");
        let module = format!("variable \"x\" {{}}\nvariable \"y\" {{}}\n{module}");
        let workspace = Workspace::of_texts([("main.tf", &*call), ("m/main.tf", &*module)]);
        let rules = rules::all().iter().filter(|it| it.runs_by_default()).collect();
        let report = lint::check(&workspace, &Options { rules, ..Options::default() }, 1, &|_, _| {});
        let broad = report.findings.iter().filter(|it| it.rule == "wildcard_action");
        let mut found: Vec<String> = broad.map(line).collect();
        found.sort_unstable();
        found
    };
    assert_eq!(of("var.on", "var.on"), ["low medium wildcard_action only if `var.on`"]);
    assert_eq!(of("var.on", "!var.on"), ["low critical wildcard_action only if `var.on`"]);
}

#[test]
fn a_condition_beside_what_decides_nothing_is_that_condition() {
    let locals = "variable \"create\" {\n  default = true\n}\nlocals {\n  made = var.create && var.b\n}\n";
    for count in [
        "var.create && var.b",
        "(var.b && var.create)",
        "local.made",
        "!var.create || var.b",
        "!(!var.b || !var.create)",
    ] {
        let text = of_role("Action = var.b ? \"sqs:*\" : \"sqs:SendMessage\", Resource = var.b ? \"*\" : \"\"");
        let text = text.replace("role = \"r\"", &format!("role = \"r\"\n  count = {count} ? 1 : 0"));
        let found = lint(&format!("{locals}{text}"));
        let broad: Vec<String> = found.iter().filter(|it| it.rule == "wildcard_action").map(line).collect();
        assert_eq!(broad, ["high high wildcard_action"], "{count}");
        assert!(!found.iter().any(|it| it.rule == "empty_element"), "{count}");
    }
    // Beside another condition it is part of what is asked only.
    let both = of_role("Action = var.b && var.c ? \"sqs:*\" : \"sqs:SendMessage\", Resource = \"*\"");
    let found = lint(&both);
    let broad: Vec<String> = found.iter().filter(|it| it.rule == "wildcard_action").map(line).collect();
    assert_eq!(broad, ["low high wildcard_action only if `var.b && var.c`"]);
}

#[test]
fn what_is_asked_of_a_choice_is_what_the_choice_asks() {
    let statement = |case: &str| {
        format!(
            "resource \"aws_iam_policy\" \"p\" {{\n  policy = jsonencode({{ Version = \"2012-10-17\", Statement = concat([{{ Effect = \
             \"Allow\", Action = \"sqs:ListQueues\", Resource = \"*\" }}], {case} ? [{{ Effect = \"Allow\", Action = \"s3:GetObject\", \
             Resource = var.arn }}] : []) }})\n}}\n"
        )
    };
    let root = "variable \"env\" {}\nvariable \"on\" {}\nlocals {\n  on  = var.env == \"prod\"\n  arn = var.on ? \
                \"arn:aws:s3:::reports/*\" : \"\"\n  of  = { dev = \"arn:aws:s3:::dev/*\", test = \"arn:aws:s3:::test/*\", prod = \"\" }\n}\n";
    let of = |create: &str, arn: &str, case: &str| {
        let call = format!("{root}module \"m\" {{\n  source = \"./m\"\n  create = {create}\n  arn    = {arn}\n}}\n");
        let module = format!("variable \"create\" {{}}\nvariable \"arn\" {{}}\n{}", statement(case));
        let workspace = Workspace::of_texts([("main.tf", &*call), ("m/main.tf", &*module)]);
        let rules = vec![rules::by_name("empty_element").unwrap()];
        let report = lint::check(&workspace, &Options { rules, ..Options::default() }, 1, &|_, _| {});
        report.findings.iter().map(line).collect::<Vec<_>>()
    };
    let chosen = "local.on ? \"arn:aws:s3:::reports/*\" : \"\"";
    for (create, arn, case) in [
        ("local.on", chosen, "var.create"),
        ("local.on", "var.env == \"prod\" ? \"arn:aws:s3:::reports/*\" : \"\"", "var.create"),
        ("local.arn != \"\"", "local.arn", "var.create"),
        ("length(local.arn) > 0", "local.arn", "var.create"),
        ("true", "local.arn", "var.arn != \"\""),
        ("true", chosen, "!(var.arn == \"\")"),
        ("true", "local.of[var.env]", "var.arn != \"\""),
    ] {
        assert_eq!(of(create, arn, case), [""; 0], "{create}, {arn}, {case}");
    }
    // By another switch it may be empty, and where it is there for being empty it is.
    assert_eq!(
        of("var.on", chosen, "var.create"),
        ["low low empty_element only if `var.on`, only if `var.on` and not `var.env == \"prod\"`"]
    );
    assert_eq!(of("true", "local.arn", "var.arn == \"\""), ["low low empty_element only if not `var.on`"]);
}

#[test]
fn one_thing_or_another_among_what_is_allowed_is_judged_in_each_case() {
    for action in [
        "[\"kms:ListKeys\", var.b ? \"kms:*\" : \"kms:Decrypt\"]",
        "concat([\"kms:ListKeys\"], var.b ? [\"kms:*\"] : [\"kms:Decrypt\"])",
    ] {
        let text = of_role(&format!("Action = {action}, Resource = \"*\""));
        expect(&text, &["high high kms_any_key", "low high kms_wildcard_action only if `var.b`"]);
    }
    // What stands in one list only where the other is narrow is narrow.
    let apart = of_role(&format!(
        "Action = concat([\"ec2:DescribeVpcs\"], var.b ? [\"iam:*\"] : [\"iam:GetRole\"]), Resource = [var.b ? \"{USER}\" : \"*\"]"
    ));
    expect(&apart, &["low medium wildcard_action only if `var.b`"]);
}

#[test]
fn who_is_let_in_is_held_against_the_conditions_of_the_same_case() {
    let of = |principal: &str, condition: &str| {
        let statement = format!(
            "{{ Effect = \"Allow\", Action = \"sqs:SendMessage\", Resource = \"arn:aws:sqs:eu-west-1:111122223333:q\", \
             Principal = {principal}, Condition = {condition} }}"
        );
        let text = format!(
            "resource \"aws_sqs_queue_policy\" \"q\" {{\n  queue_url = \"q\"\n  policy = jsonencode({{ Version = \
             \"2012-10-17\", Statement = [{statement}] }})\n}}\n"
        );
        lint(&text).iter().filter(|it| it.rule == "public_resource_policy").map(line).collect::<Vec<_>>()
    };
    let bound = r#"{ StringEquals = { "aws:PrincipalOrgID" = "o-1234567890" } }"#;
    let account = "arn:aws:iam::111122223333:root";
    for principal in [
        format!("{{ AWS = var.b ? \"*\" : \"{account}\" }}"),
        format!("var.b ? \"*\" : {{ AWS = \"{account}\" }}"),
        format!("{{ AWS = concat([\"{account}\"], var.b ? [\"*\"] : [\"arn:aws:iam::444455556666:root\"]) }}"),
    ] {
        assert_eq!(of(&principal, &format!("var.b ? {bound} : {{}}")), [""; 0], "{principal}");
        let open = of(&principal, &format!("var.b ? {{}} : {bound}"));
        assert_eq!(open, ["low high public_resource_policy only if `var.b`"], "{principal}");
    }
}

#[test]
fn a_directive_that_is_one_too_many_leaves_the_policy_partly_resolved() {
    let report = |directives: usize| {
        let variables: String = (0..directives).map(|n| format!("variable \"v{n}\" {{}}\n")).collect();
        let actions: String = (0..directives).map(|n| format!("%{{ if var.v{n} }}, \"iam:*\"%{{ endif }}")).collect();
        let statement =
            format!("{{ \"Effect\": \"Allow\", \"Action\": [\"kms:Decrypt\"{actions}], \"Resource\": \"*\" }}");
        let text = format!(
            "{variables}resource \"aws_iam_role_policy\" \"p\" {{\n  role   = \"r\"\n  policy = <<-EOT\n    {{ \"Version\": \
             \"2012-10-17\", \"Statement\": {statement} }}\n  EOT\n}}\n"
        );
        let workspace = Workspace::of_texts([("main.tf", &*text)]);
        let rules = rules::all().iter().filter(|it| it.runs_by_default()).collect();
        lint::check(&workspace, &Options { rules, ..Options::default() }, 1, &|_, _| {})
    };
    for directives in [3, 4, 6, 7] {
        let report = report(directives);
        // What stands beside them is as sure, and it is told that there may be more.
        assert!(report.findings.iter().any(|it| line(it) == "high high kms_any_key"), "{:?}", report.findings);
        assert_eq!(report.summary.resolved, 0);
        let is_told = report.unresolved.iter().any(|it| it.hole.reference.contains("%{ if"));
        assert_eq!(is_told, directives > 6, "{:?}", report.unresolved);
    }
}
