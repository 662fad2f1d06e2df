//! Comments that answer for findings, from files to the report.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use iamlint::config::Config;
use iamlint::lint::{self, Options};
use iamlint::report::Report;
use iamlint::report::human::{self, Style};
use iamlint::rule::Finding;
use iamlint::rules;
use iamlint::source::Workspace;
use iamlint::suppress::Date;

const RULES: [&str; 3] = ["invalid_ignore", "unused_ignore", "wildcard_action"];

fn lint(text: &str, config: Config) -> (Workspace, Report) {
    let workspace = Workspace::of_texts([("main.tf", text)]);
    let rules = rules::all().iter().filter(|it| RULES.contains(&it.id)).collect();
    let today = Date::parse("2026-06-15").unwrap();
    let options = Options { rules, config, today, ..Options::default() };
    let report = lint::check(&workspace, &options, 1, &|_, _| {});
    assert_eq!(report.errors, [], "{text}");
    (workspace, report)
}

/// Line and subject of the wildcards that stand, of those answered for, and the messages about comments with their lines.
fn check(text: &str) -> (Vec<String>, Vec<String>, Vec<String>) {
    let (workspace, report) = lint(text, Config::default());
    let line = |it: &Finding| workspace.source(it.span.file).position(it.span.start as usize).line;
    let wild = |it: &&Finding| it.rule == "wildcard_action";
    let name = |it: &Finding| format!("{} {}", line(it), it.subject);
    let standing = report.findings.iter().filter(wild).map(name).collect();
    let answered = report.suppressed.iter().map(|it| name(&it.finding)).collect();
    let said =
        report.findings.iter().filter(|it| !wild(it)).map(|it| format!("{}: {}", line(it), it.message)).collect();
    (standing, answered, said)
}

#[track_caller]
fn expect(text: &str, standing: &[&str], answered: &[&str], said: &[&str]) {
    let found = check(text);
    let owned = |it: &[&str]| it.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(found, (owned(standing), owned(answered), owned(said)), "{text}");
}

/// A document of two statements, with a comment put where `place` says.
fn document(place: &str, comment: &str) -> String {
    let text = r#"@resource
data "aws_iam_policy_document" "a" { @resource_end
  @statement
  statement { @statement_end
    @list
    actions = [ @list_end
      @element
      "s3:*", @element_end
      "sqs:*",
    ]
    resources = ["*"]
  } @closing

  statement {
    actions   = ["sns:*"]
    resources = ["*"]
  }
}
"#;
    let text = text.replace(&format!("@{place}\n"), &format!("{comment}\n"));
    let names = [
        "resource_end",
        "resource",
        "statement_end",
        "statement",
        "list_end",
        "list",
        "element_end",
        "element",
        "closing",
    ];
    let text = names.iter().fold(text, |text, name| text.replace(&format!("@{name}\n"), "\n"));
    assert!(text.contains(comment) && !text.contains('@'), "{text}");
    text
}

#[test]
fn a_comment_covers_what_it_stands_on_or_above_and_nothing_beside() {
    let (s3, sqs, sns) = ("8 s3:*", "9 sqs:*", "15 sns:*");
    for (place, standing, answered) in [
        ("element", vec![sqs, sns], vec![s3]),
        ("element_end", vec![sqs, sns], vec![s3]),
        ("list", vec![sns], vec![s3, sqs]),
        ("list_end", vec![sns], vec![s3, sqs]),
        ("statement", vec![sns], vec![s3, sqs]),
        ("statement_end", vec![sns], vec![s3, sqs]),
        ("resource", vec![], vec![s3, sqs, sns]),
        ("resource_end", vec![], vec![s3, sqs, sns]),
    ] {
        for comment in ["# iamlint: ignore[wildcard_action]", "// iamlint: ignore[Wildcard-Action] reason=\"x\""] {
            expect(&document(place, comment), &standing, &answered, &[]);
        }
    }
}

#[test]
fn a_closing_bracket_is_no_place_and_the_comment_says_so() {
    expect(
        &document("closing", "# iamlint: ignore[wildcard_action]"),
        &["8 s3:*", "9 sqs:*", "15 sns:*"],
        &[],
        &["12: `wildcard_action` reports nothing here; the nearest finding is on line 9"],
    );
}

#[test]
fn statements_in_one_list_are_told_apart() {
    let text = |first: &str, second: &str| {
        format!(
            r#"
resource "aws_iam_policy" "a" {{
  policy = jsonencode({{
    Version = "2012-10-17"
    Statement = [{{ {first}
      Effect = "Allow"
      Action = "s3:*"
      Resource = "arn:aws:s3:::logs"
    }}, {{ {second}
      Effect = "Allow"
      Action = "sqs:*"
      Resource = "arn:aws:sqs:us-east-1:123456789012:q"
    }}]
  }})
}}
"#
        )
    };
    let comment = "# iamlint: ignore[wildcard_action]";
    expect(&text(comment, ""), &["11 sqs:*"], &["7 s3:*"], &[]);
    expect(&text("", comment), &["7 s3:*"], &["11 sqs:*"], &[]);
    // Within the braces it stands above `Effect`, and covers no more than that.
    expect(
        &text(&format!("\n    {comment}"), ""),
        &["8 s3:*", "12 sqs:*"],
        &[],
        &["6: `wildcard_action` reports nothing here; the nearest finding is on line 8"],
    );
}

#[test]
fn two_elements_on_one_line_with_the_comment_behind_an_element() {
    let text = r#"
data "aws_iam_policy_document" "a" {
  statement {
    actions = ["s3:*", # iamlint: ignore[wildcard_action]
    "sqs:*"]
    resources = ["*"]
  }
}
"#;
    expect(text, &["5 sqs:*"], &["4 s3:*"], &[]);
}

#[test]
fn the_way_of_a_value_counts_and_the_statement_beside_does_not() {
    let text = |local: &str, first: &str| {
        format!(
            r#"
locals {{
  wide = ["s3:*"] {local}
}}
data "aws_iam_policy_document" "a" {{
  {first}
  statement {{
    actions   = local.wide
    resources = ["*"]
  }}
}}
data "aws_iam_policy_document" "b" {{
  statement {{
    actions   = local.wide
    resources = ["*"]
  }}
}}
"#
        )
    };
    let comment = "# iamlint: ignore[wildcard_action]";
    expect(&text(comment, ""), &[], &["3 s3:*"], &[]);
    // The statement of `b` still stands, though both grant by the same literal.
    expect(&text("", comment), &["3 s3:*"], &["3 s3:*"], &[]);
}

#[test]
fn what_ended_does_not_silence_and_says_so() {
    let comment = |until: &str| document("element", &format!("# iamlint: ignore[wildcard_action] until={until}"));
    let rest = ["9 sqs:*", "15 sns:*"];
    expect(&comment("2026-06-15"), &rest, &["8 s3:*"], &[]);
    expect(
        &comment("2026-06-14"),
        &["8 s3:*", rest[0], rest[1]],
        &[],
        &["7: this ignore ended on 2026-06-14, so a finding stands again"],
    );
    // What covers the statement of a finding and the finding itself still covers one.
    let above = document("statement", "# iamlint: ignore[wildcard_action] until=2026-06-14");
    let said = "3: this ignore ended on 2026-06-14, so 2 findings stand again";
    expect(&above, &["8 s3:*", rest[0], rest[1]], &[], &[said]);
}

#[test]
fn what_will_stand_again_before_long_is_told_ahead() {
    let said = |until: &str| {
        let comment = format!("# iamlint: ignore[wildcard_action] reason=\"so\" until={until}");
        let (workspace, report) = lint(&document("element", &comment), Config::default());
        let mut out = Vec::new();
        let style = Style { suppressed: true, ..Style::PLAIN };
        human::write(&report, &workspace, style, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    };
    let soon = said("2026-06-29");
    let told = "1 suppressed finding stands again before long, after 2026-06-29: `iamlint check --show-suppressed` lists what is suppressed\n";
    assert!(soon.ends_with(told), "{soon}");
    assert!(soon.contains("(by comment until 2026-06-29: so)"), "{soon}");
    assert!(!said("2026-06-30").contains("before long"));
}

#[test]
fn only_keeps_what_is_wider_standing() {
    expect(
        &document("list", "# iamlint: ignore[wildcard_action] only(s3:*)"),
        &["9 sqs:*", "15 sns:*"],
        &["8 s3:*"],
        &[],
    );
    expect(
        &document("element", "# iamlint: ignore[wildcard_action] only(s3:Get*)"),
        &["8 s3:*", "9 sqs:*", "15 sns:*"],
        &[],
        &["7: `only` does not cover `s3:*`, so the finding stands"],
    );
}

#[test]
fn a_comment_that_is_wrong_silences_nothing() {
    let all = ["8 s3:*", "9 sqs:*", "15 sns:*"];
    expect(
        &document("element", "# iamlint: ignore[wildcard_actoin]"),
        &all,
        &[],
        &["7: there is no rule `wildcard_actoin`; did you mean `wildcard_action`?"],
    );
    // What is right of it holds.
    expect(
        &document("element", "# iamlint: ignore[nonsense, wildcard_action]"),
        &all[1..],
        &all[..1],
        &["7: there is no rule `nonsense`"],
    );
    let text = document("element", "# iamlint: ignore[wildcard_action]");
    let (_, report) = lint(&text, Config { require_reason: true, ..Config::default() });
    assert!(report.suppressed.is_empty());
    assert!(report.findings.iter().any(|it| it.message.starts_with("a reason is required")));
}

#[test]
fn a_comment_for_a_rule_that_was_not_run_is_not_called_unused() {
    let text = document("element", "# iamlint: ignore[wildcard_action]");
    let workspace = Workspace::of_texts([("main.tf", text)]);
    let rules = rules::all().iter().filter(|it| it.id == "unused_ignore").collect();
    let report = lint::check(&workspace, &Options { rules, ..Options::default() }, 1, &|_, _| {});
    assert_eq!(report.findings.len(), 0);
}

#[test]
fn the_reason_is_kept() {
    let text = document("element", "# iamlint: ignore[wildcard_action] reason=\"the vendor's bucket\"");
    let (_, report) = lint(&text, Config::default());
    assert_eq!((report.suppressed[0].reason.as_str(), report.suppressed[0].by), ("the vendor's bucket", "comment"));
}

#[test]
fn comments_in_a_row_stand_above_the_same_code() {
    let text = document(
        "element",
        "# iamlint: ignore[unused_ignore]\n      # why\n\n      /* more */ # iamlint: ignore[wildcard_action]",
    );
    let (standing, answered, _) = check(&text);
    assert_eq!((standing.len(), answered.len()), (2, 1));
    expect(
        "locals {}\n# iamlint: ignore[wildcard_action]\n",
        &[],
        &[],
        &["2: `wildcard_action` reports nothing here, so this ignore silences nothing"],
    );
}

#[test]
fn ten_times_the_comments_take_ten_times_as_long() {
    let time = |count: usize| {
        let comments = "# iamlint: ignore[wildcard_action]\n".repeat(count);
        let begun = std::time::Instant::now();
        assert_eq!(check(&format!("{comments}locals {{}}\n")).2.len(), count);
        begun.elapsed().as_secs_f64()
    };
    // Comments that were each held against all others would take a hundred times as long.
    let (few, many) = (time(4_000), time(40_000));
    assert!(many < 50.0 * few, "{few} s, then {many} s");
}

/// What is silenced by comments for other linters, with the reasons; every other wildcard stands.
#[track_caller]
fn honoured(place: &str, comment: &str, answered: &[(&str, &str)]) {
    let text = document(place, comment);
    let config = Config::parse("honour = [\"checkov\", \"trivy\", \"tfsec\", \"kics\"]").unwrap();
    let (workspace, report) = lint(&text, config);
    let line = |it: &Finding| workspace.source(it.span.file).position(it.span.start as usize).line;
    let found: Vec<_> = report
        .suppressed
        .iter()
        .map(|it| (format!("{} {}", line(&it.finding), it.finding.subject), it.reason.clone()))
        .collect();
    let expected: Vec<_> = answered.iter().map(|(it, reason)| (it.to_string(), reason.to_string())).collect();
    assert_eq!(found, expected, "{text}");
    assert_eq!(report.findings.len() + answered.len(), 3, "nothing is said of comments for others: {text}");
    let (_, alone) = lint(&text, Config::default());
    assert_eq!(alone.findings.len(), 3, "unless it is asked for: {text}");
}

#[test]
fn comments_for_other_linters_count_where_they_are_honoured() {
    let (s3, sqs, sns) = ("8 s3:*", "9 sqs:*", "15 sns:*");
    let checkov = "checkov:skip=CKV_AWS_111, which is `iamlint: ignore[wildcard_action] reason=\"ours\"` here";
    // The whole block around it, and nothing when it stands outside of one.
    honoured("list", "#checkov:skip=CKV_AWS_111:ours", &[(s3, checkov), (sqs, checkov), (sns, checkov)]);
    honoured("resource", "#checkov:skip=CKV_AWS_111:ours", &[]);
    honoured("element", "#checkov:skip=CKV_AWS_20:ours", &[]);
    let tfsec = "tfsec:ignore:aws-iam-no-policy-wildcards, which is `iamlint: ignore[wildcard_action]` here";
    honoured("element", "#tfsec:ignore:aws-iam-no-policy-wildcards", &[(s3, tfsec)]);
    honoured("element_end", "#tfsec:ignore:aws-iam-no-policy-wildcards", &[(s3, tfsec)]);
    honoured("statement", "#tfsec:ignore:aws-iam-no-policy-wildcards", &[(s3, tfsec), (sqs, tfsec)]);
    let trivy = "trivy:ignore:AVD-AWS-0057, which is `iamlint: ignore[wildcard_action] until=2026-06-15` here";
    honoured("element", "# trivy:ignore:AVD-AWS-0057:exp:2026-06-15", &[(s3, trivy)]);
    honoured("element", "# trivy:ignore:AVD-AWS-0057:exp:2026-06-14", &[]);
    let kics = |verb: &str| format!("kics-scan {verb}, which is `iamlint: ignore[wildcard_action]` here");
    honoured("list", "// kics-scan ignore-block", &[(s3, &kics("ignore-block")), (sqs, &kics("ignore-block"))]);
    honoured("list", "// kics-scan ignore-line", &[]);
    honoured("element", "// kics-scan ignore-line", &[(s3, &kics("ignore-line"))]);
}

#[test]
fn a_comment_at_a_module_call_covers_what_is_in_the_module_and_not_its_other_calls() {
    let module = "resource \"aws_iam_policy\" \"p\" {\n  policy = jsonencode({ Version = \"2012-10-17\", Statement = [{ Effect = \"Allow\", Action = \"s3:*\", Resource = \"*\" }] })\n}\n";
    let inner = "module \"inner\" {\n  source = \"../m\"\n}\n";
    let call = |name: &str| format!("module \"{name}\" {{\n  source = \"./outer\"\n}}\n");
    let root = format!("# iamlint: ignore[wildcard_action]\n{}{}", call("a"), call("b"));
    let workspace = Workspace::of_texts([("main.tf", &*root), ("outer/main.tf", inner), ("m/main.tf", module)]);
    let rules = rules::all().iter().filter(|it| RULES.contains(&it.id)).collect();
    let report = lint::check(&workspace, &Options { rules, ..Options::default() }, 1, &|_, _| {});
    let instances = |it: &Finding| it.instances.iter().map(ToString::to_string).collect::<Vec<_>>();
    let standing: Vec<_> = report.findings.iter().map(|it| (it.rule, instances(it))).collect();
    assert_eq!(standing, [("wildcard_action", vec!["module.b.module.inner.aws_iam_policy.p".to_owned()])]);
    let answered: Vec<_> = report.suppressed.iter().flat_map(|it| instances(&it.finding)).collect();
    assert_eq!(answered, ["module.a.module.inner.aws_iam_policy.p"]);
}
