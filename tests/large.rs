//! Texts that are deep, large or nothing but mistakes: each is read in time in proportion to its length, one cause is
//! told once, and what stands behind it in the file is linted all the same.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::time::{Duration, Instant};

use iamlint::lint::{self, Options};
use iamlint::report::Report;
use iamlint::rules;
use iamlint::source::Workspace;

const BEHIND: &str = r#"
resource "aws_iam_role_policy" "behind" {
  role   = "r"
  policy = jsonencode({ Version = "2012-10-17", Statement = { Effect = "Allow", Action = "*", Resource = "*" } })
}
"#;

fn lint(name: &str, text: String) -> Report {
    lint_for("full_administrator", name, text)
}

fn lint_for(rule: &str, name: &str, text: String) -> Report {
    let workspace = Workspace::of_texts([(name, text)]);
    let rules = vec![rules::by_id(rule).unwrap()];
    let begun = Instant::now();
    let report = lint::check(&workspace, &Options { rules, ..Options::default() }, 1, &|_, _| {});
    assert!(begun.elapsed() < Duration::from_secs(30), "{name}");
    report
}

/// What is told of a block with this value, the block behind it being linted.
#[track_caller]
fn told(value: &str) -> Vec<String> {
    let text = format!("resource \"aws_iam_role_policy\" \"a\" {{\n  policy = {value}\n}}\n{BEHIND}");
    let report = lint("main.tf", text);
    let beginning: String = value.chars().take(12).collect();
    assert_eq!(report.findings.len(), 1, "{beginning}");
    report.errors.into_iter().map(|it| it.message).collect()
}

const MANY: usize = 100_000;

#[test]
fn nesting_without_end_is_one_mistake() {
    let beginnings = [
        "[",
        "{a=",
        "{a=\n",
        "(",
        "f(",
        "a[",
        "!",
        "-",
        "a?",
        "[for a in ",
        "\"${",
        "\"${\n",
        "([{",
        "<<E\n${",
        "\"%{if a}${",
    ];
    for beginning in beginnings {
        let told = told(&beginning.repeat(MANY));
        assert_eq!(told.len(), 1, "{beginning}: {told:?}");
        assert!(told[0].ends_with("levels deep, which is more than can be read"), "{beginning}: {told:?}");
    }
}

#[test]
fn nesting_that_is_closed_is_one_mistake() {
    for (beginning, end) in [("[", "]"), ("{a=", "}"), ("(", ")"), ("f(", ")"), ("\"${", "}\""), ("a[", "]")] {
        let told = told(&format!("{}1{}", beginning.repeat(MANY), end.repeat(MANY)));
        assert_eq!(told.len(), 1, "{beginning}: {told:?}");
    }
    let directives = format!("\"{}{}\"", "%{if a}".repeat(MANY), "%{endif}".repeat(MANY));
    assert_eq!(told(&directives), ["this is nested more than 64 levels deep, which is more than can be read"]);
    let blocks = format!("1\n{}{}", "b {\n".repeat(MANY), "}\n".repeat(MANY));
    assert_eq!(told(&blocks).len(), 1);
}

#[test]
fn chains_without_end_are_one_mistake() {
    for (first, link) in [("1", "+1"), ("a", ".b"), ("a", "[0]"), ("a", "[*]"), ("a", "?b:c")] {
        let told = told(&format!("{first}{}", link.repeat(MANY)));
        assert_eq!(told.len(), 1, "{link}: {told:?}");
        assert!(told[0].ends_with("which is more than can be read"), "{told:?}");
    }
}

#[test]
fn locals_may_refer_to_each_other_in_a_long_chain() {
    let text = |links: usize, link: &dyn Fn(String) -> String| {
        let locals: Vec<String> =
            (1..=links).map(|n| format!("  a{n} = {}\n", link(format!("local.a{}", n - 1)))).collect();
        let policy = r#"jsonencode({ Version = "2012-10-17", Statement = local.it })"#;
        format!(
            "locals {{\n  it = [{{ Effect = \"Allow\", Action = local.a{links}, Resource = \"*\" }}]\n  a0 = [\"*\"]\n{}}}\n\
             resource \"aws_iam_role_policy\" \"a\" {{\n  role = \"r\"\n  policy = {policy}\n}}\n",
            locals.concat()
        )
    };
    let same = |it| it;
    let longer = |it| format!("concat([for a in {it} : \"${{a}}\"], [])");
    for (links, link) in [(2000, &same as &dyn Fn(String) -> String), (2000, &longer), (40_000, &same)] {
        let report = lint("main.tf", text(links, link));
        assert_eq!((report.errors.len(), report.findings.len()), (0, 1), "{links}");
        // Nobody reads so many labels.
        assert!(report.findings[0].labels.len() < 40, "{links}");
    }
}

#[test]
fn brackets_that_close_nothing_are_one_mistake() {
    assert_eq!(told(&"]".repeat(MANY)), ["`]` closes nothing"]);
    assert_eq!(told(&"\n]  )".repeat(MANY)).len(), 2);
    let report = lint("main.tf", format!("{}{BEHIND}", "]\n".repeat(MANY)));
    assert_eq!((report.errors.len(), report.findings.len()), (1, 1));
}

#[test]
fn of_many_mistakes_not_all_are_told() {
    for line in ["a = = 1\n", "\"\n", "b c\n", "e = \"\\q\"\n"] {
        let told = told(&format!("1\n{}", line.repeat(MANY)));
        assert_eq!(told.len(), 101, "{line}");
    }
    let block = "resource \"aws_iam_policy\" \"r\" {\n  policy = \"{\"\n}\n";
    let report = lint("main.tf", block.repeat(1000));
    assert_eq!(report.errors.len(), 101);
    assert_eq!(report.errors[100].message, "900 more errors of this file are not told");
}

#[test]
fn a_block_of_more_values_than_can_be_read_costs_no_other() {
    const MORE: usize = 2_200_000;
    let too_many = "this holds more than 2,097,152 values, which is more than can be read";
    assert_eq!(told(&format!("[{}]", "1,".repeat(MORE))), [too_many]);
    assert_eq!(told(&format!("\"{}\"", "${a}".repeat(MORE))), [too_many]);
    assert_eq!(told(&format!("1\n{}", "b {}\n".repeat(MORE))), [too_many]);
}

#[test]
fn a_policy_that_aws_would_never_take_is_not_judged() {
    let statement = r#"{ "Effect": "Allow", "Action": "*", "Resource": "*" }"#;
    let policy =
        |statements: &[&str]| format!(r#"{{ "Version": "2012-10-17", "Statement": [{}] }}"#, statements.join(","));
    let report = lint("a.json", policy(&vec![statement; 2048]));
    assert_eq!((report.errors.len(), report.findings.len() > 1), (0, true));
    let report = lint("a.json", policy(&vec![statement; 2049]));
    let said = "this policy has 2049 statements with 4098 entries, more than AWS takes, so it was not judged";
    assert_eq!((&*report.errors[0].message, report.errors.len(), report.findings.len()), (said, 1, 0));
    let actions = vec![r#""s3:*""#; 20_000].join(",");
    let one = format!(r#"{{ "Effect": "Allow", "Action": [{actions}], "Resource": "*" }}"#);
    assert_eq!(lint("a.json", policy(&[&one])).errors.len(), 1);
}

#[test]
fn json_without_end_is_one_mistake() {
    for beginning in ["[", "{\"Statement\":", "[{\"a\":"] {
        for (name, text) in [
            ("a.json", format!("{{\"Version\":\"2012-10-17\",\"Statement\":{}", beginning.repeat(MANY))),
            ("a.tf.json", format!("{{\"resource\":{}", beginning.repeat(MANY))),
        ] {
            assert_eq!(lint(name, text).errors.len(), 1, "{name} {beginning}");
        }
    }
}

#[test]
fn a_text_of_nothing_but_variables_is_gone_over_once() {
    let policy = |resource: String| {
        format!(
            r#"{{ "Version": "2012-10-17", "Statement": [{{ "Effect": "Allow", "Action": "*", "Resource": "{resource}" }}] }}"#
        )
    };
    let closed = policy("${aws:username}".repeat(MANY));
    assert_eq!(lint("a.json", closed).errors, []);
    let open = policy("${".repeat(MANY / 2));
    let report = lint_for("malformed_policy_variable", "a.json", open);
    assert_eq!((report.errors.len(), report.findings.len()), (0, 1));
}

#[test]
fn loops_within_loops_are_refused_before_they_cost_what_stands_beside_them() {
    let nested = (0..8).fold("\"*\"".to_owned(), |inner, n| format!("flatten([for it{n} in range(10) : {inner}])"));
    let text = format!(
        r#"resource "aws_iam_policy" "nested" {{
  policy = jsonencode({{
    Version   = "2012-10-17"
    Statement = [{{ Effect = "Allow", Action = "s3:GetObject", Resource = {nested} }}]
  }})
}}
resource "aws_iam_policy" "beside" {{
  policy = jsonencode({{ Version = "2012-10-17", Statement = [{{ Effect = "Allow", Action = "*", Resource = "*" }}] }})
}}
"#
    );
    let report = lint("main.tf", text);
    assert_eq!(report.summary.policies, 2);
    assert!(report.findings.iter().any(|it| it.carrier.address.ends_with("beside")), "{:?}", report.findings);
}

#[test]
fn a_bucket_that_is_opened_many_times_is_told_of_in_time_in_proportion() {
    let statement =
        |n| format!(r#"{{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::reports/{n}/*"}}"#);
    let statements: Vec<String> = (0..2_000).map(statement).collect();
    let text = format!(
        "resource \"aws_s3_bucket\" \"b\" {{\n  bucket = \"reports\"\n}}\n\
         resource \"aws_s3_bucket_policy\" \"b\" {{\n  bucket = aws_s3_bucket.b.id\n  policy = <<EOT\n\
         {{\"Version\":\"2012-10-17\",\"Statement\":[{}]}}\nEOT\n}}\n",
        statements.join(",")
    );
    let report = lint_for("public_bucket", "main.tf", text.clone());
    assert_eq!((report.findings.len(), report.findings[0].labels.len()), (1, 2_001));
    let told: usize = report.needless.iter().map(|it| it.labels.len()).sum();
    assert!(report.needless.len() == 1_999 && told < 10_000, "{told} labels");
    assert!(lint_for("wildcard_action", "main.tf", text).findings.is_empty());
}

#[test]
fn a_template_with_many_holes_is_read_in_time_in_proportion() {
    let action = "%{ if a }".repeat(2 * MANY);
    let statement = |action: &str| format!(r#"{{ "Effect": "Allow", "Action": "{action}", "Resource": "*" }}"#);
    let text = format!(r#"{{ "Version": "2012-10-17", "Statement": [{}, {}] }}"#, statement(&action), statement("*"));
    let report = lint("policy.json", text);
    assert_eq!((report.findings.len(), report.summary.partly_resolved), (1, 1));
}

/// Documents of which each is made of the one before it, forty deep, and what stands behind them.
fn chain(document: impl Fn(usize) -> String, first: &str) -> String {
    let documents: Vec<String> = (1..40).map(|n| block(n, &document(n - 1))).collect();
    let variables: Vec<String> = (0..40).map(|n| format!("variable \"v{n}\" {{}}\n")).collect();
    let policy = "resource \"aws_iam_role_policy\" \"a\" {\n  role   = \"a\"\n  policy = data.aws_iam_policy_document.d39.json\n}\n";
    [&variables.concat(), &block(0, first), &documents.concat(), policy, BEHIND].concat()
}

fn block(n: usize, body: &str) -> String {
    format!("data \"aws_iam_policy_document\" \"d{n}\" {{\n{body}\n}}\n")
}

#[test]
fn documents_that_are_made_of_each_other_say_no_more_than_a_policy_may() {
    let of = |n: usize| format!("data.aws_iam_policy_document.d{n}.json");
    let first = |sid: &str| format!("statement {{\n{sid}actions = [\"ec2:StartInstances\"]\nresources = [\"*\"]\n}}");
    let doubled = chain(|n| format!("source_policy_documents = [{0}, {0}]", of(n)), &first(""));
    // Each case is another one of each statement before it.
    let overridden = chain(
        |n| {
            let perhaps = format!("var.v{n} ? {} : \"\"", of(n));
            format!("source_policy_documents = [{}]\noverride_policy_documents = [{perhaps}]", of(n))
        },
        &first("sid = \"A\"\n"),
    );
    for text in [doubled, overridden] {
        let report = lint("main.tf", text);
        assert_eq!((report.summary.resolved, report.summary.partly_resolved), (1, 1));
        assert_eq!((report.errors.len(), report.findings.len()), (0, 1));
        let are_too_large = ["more than AWS takes of any", "more documents of this size than iamlint reads"];
        assert!(report.unresolved.iter().any(|it| are_too_large.iter().any(|why| it.hole.why.contains(why))));
    }
}

#[test]
fn loops_within_a_document_end_where_it_says_more_than_a_policy_may() {
    let looped = |kind: &str, content: &str| {
        format!("dynamic \"{kind}\" {{\nfor_each = range(400)\ncontent {{\n{content}\n}}\n}}")
    };
    let test = "test = \"StringEquals\"\nvariable = \"aws:PrincipalTag/${condition.value}\"\nvalues = range(400)";
    let actions = "actions = [\"ec2:StartInstances\"]\nresources = [\"*\"]\n";
    let document = looped("statement", &(actions.to_owned() + &looped("condition", test)));
    let policy = "resource \"aws_iam_role_policy\" \"a\" {\n  role   = \"a\"\n  policy = data.aws_iam_policy_document.d0.json\n}\n";
    let report = lint("main.tf", block(0, &document) + policy + BEHIND);
    assert_eq!((report.summary.resolved, report.findings.len()), (1, 1));
    assert!(report.unresolved.iter().any(|it| it.hole.why.contains("more than AWS takes of any")));
}

#[test]
fn a_text_that_is_encoded_again_and_again_is_no_longer_followed() {
    for (encode, first) in
        [("jsonencode", "s3:GetObject"), ("yamlencode", "s3:GetObject"), ("yamlencode", "a\\n\\t\\\"b\\\"")]
    {
        let locals: Vec<String> =
            (1..60).map(|n| format!("  s{n} = {encode}([local.s{0}, local.s{0}])\n", n - 1)).collect();
        let text = format!(
            "locals {{\n  s0 = \"{first}\"\n{}}}\nresource \"aws_iam_role_policy\" \"a\" {{\n  role   = \"a\"\n  policy = local.s59\n}}\n{BEHIND}",
            locals.concat()
        );
        let report = lint("main.tf", text);
        assert_eq!((report.summary.resolved, report.findings.len()), (1, 1), "{encode} {first}");
    }
}

#[test]
fn large_objects_are_compared_for_as_long_as_there_is_time() {
    let locals: Vec<String> =
        (1..15).map(|n| format!("  o{n} = {{ a = local.o{0}, b = local.o{0} }}\n", n - 1)).collect();
    let lists =
        ["{ n = n, it = local.o14 }", "{ it = local.o14, n = n }"].map(|it| format!("[for n in range(1000) : {it}]"));
    let [some, others] = &lists;
    for value in [
        format!("matchkeys(range(1000), {some}, {others})"),
        format!("length(setsubtract({some}, {others}))"),
        format!("contains({some}, {{ n = 1, it = 2 }})"),
        format!("length(toset({some}))"),
    ] {
        let text = format!(
            "locals {{\n  o0 = {{}}\n{}}}\nresource \"aws_iam_role_policy\" \"a\" {{\n  role   = \"a\"\n  policy = jsonencode({{ Statement = {value} }})\n}}\n{BEHIND}",
            locals.concat()
        );
        let report = lint("main.tf", text);
        assert!(report.findings.iter().any(|it| it.carrier.address.ends_with("behind")), "{value}");
    }
}

#[test]
fn statements_that_are_alike_are_judged_in_time_in_proportion() {
    let statement = r#"{ "Effect": "Allow", "Action": "iam:*", "Resource": "*" }"#;
    let text = format!(r#"{{ "Version": "2012-10-17", "Statement": [{}] }}"#, vec![statement; 2000].join(","));
    assert_eq!(lint_for("passrole_any_role", "a.json", text).findings.len(), 2000);
}
