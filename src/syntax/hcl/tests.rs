//! What Terraform accepts is read, each byte with its place; what it rejects is said at its place and costs no more
//! than it must. The `terraform` binary is the judge of both where there is one.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};

mod judge;

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;

use super::*;
use crate::source::{FileId, Source};
use crate::syntax::SyntaxError;
use crate::value::{Entry, Node, Number, Object, Text, Value};

fn source(text: &str) -> Source {
    Source::new(FileId(0), "main.tf".into(), text)
}

/// All blocks and attributes of a file, and all errors.
fn read(source: &Source) -> (Vec<Block>, Vec<Attribute>, Vec<SyntaxError>) {
    let cuts = cut(source);
    let mut errors = cuts.errors;
    let mut blocks = Vec::new();
    for cut in &cuts.blocks {
        let (block, more) = parse_block(source, cut);
        blocks.extend(block);
        errors.extend(more);
    }
    let (mut attributes, mut left) = (Vec::new(), MOST_NODES);
    for span in cuts.attributes {
        let (body, more) = parse_attributes(source, span, &mut left);
        attributes.extend(body.attributes);
        errors.extend(more);
    }
    (blocks, attributes, errors)
}

/// `line:column text under the span: message`, one a line.
fn told(source: &Source, errors: &[SyntaxError]) -> String {
    let mut out = String::new();
    for error in errors {
        let at = source.position(error.span.range().start);
        let under = source.slice(error.span).replace('\n', "\\n");
        writeln!(out, "{}:{} `{under}`: {}", at.line, at.column, error.message).unwrap();
    }
    out
}

/// The value of `x = …`.
fn value(text: &str) -> (Source, Expr) {
    let source = source(&format!("x = {text}\n"));
    let (_, attributes, errors) = read(&source);
    assert_eq!(told(&source, &errors), "", "in {text}");
    let value = attributes.into_iter().next().unwrap().value;
    (source, value)
}

/// The tree in brackets, names and texts as they are.
fn shape(expr: &Expr) -> String {
    let list = |exprs: &[Expr]| exprs.iter().map(shape).collect::<Vec<_>>().join(" ");
    match &expr.kind {
        ExprKind::Null => "null".to_owned(),
        ExprKind::Bool(it) => it.to_string(),
        ExprKind::Number(it) => it.to_string(),
        ExprKind::Text(it) => format!("{it:?}"),
        ExprKind::Template(parts) => format!("\"{}\"", parts_shape(parts)),
        ExprKind::List(it) => format!("[{}]", list(it)),
        ExprKind::Object(items) => {
            let items: Vec<_> =
                items.iter().map(|item| format!("{}={}", shape(&item.key), shape(&item.value))).collect();
            format!("{{{}}}", items.join(" "))
        }
        ExprKind::Variable(it) => it.to_string(),
        ExprKind::Access(it) => {
            let mut out = shape(&it.base);
            for accessor in &it.accessors {
                match accessor {
                    Accessor::Attribute(name) => write!(out, ".{}", name.text).unwrap(),
                    Accessor::Index(index) => write!(out, "[{}]", shape(index)).unwrap(),
                    Accessor::FullSplat(_) => out.push_str("[*]"),
                    Accessor::AttributeSplat(_) => out.push_str(".*"),
                }
            }
            out
        }
        ExprKind::Call(call) => {
            format!("{}({}{})", call.name.text, list(&call.arguments), if call.expand { "..." } else { "" })
        }
        ExprKind::Conditional(it) => format!("(? {})", list(&it[..])),
        ExprKind::Unary(operator, it) => format!("({operator:?} {})", shape(it)),
        ExprKind::Binary(operator, it) => format!("({operator:?} {})", list(&it[..])),
        ExprKind::For(it) => {
            let mut out =
                format!("(for {} {} in {} :", it.key.as_deref().unwrap_or("_"), it.value, shape(&it.collection));
            if let Some(key) = &it.result_key {
                write!(out, " {} =>", shape(key)).unwrap();
            }
            write!(out, " {}{}", shape(&it.result), if it.grouping { "..." } else { "" }).unwrap();
            if let Some(condition) = &it.condition {
                write!(out, " if {}", shape(condition)).unwrap();
            }
            out + ")"
        }
        ExprKind::Paren(it) => format!("({})", shape(it)),
        ExprKind::Unread => "unread".to_owned(),
    }
}

fn parts_shape(parts: &[Part]) -> String {
    let parts = parts.iter().map(|part| match part {
        Part::Literal(text) => format!("{text:?}"),
        Part::Interpolation(it) => format!("<{}>", shape(it)),
        Part::If { condition, then, otherwise, .. } => {
            format!("<if {} {} else {}>", shape(condition), parts_shape(then), parts_shape(otherwise))
        }
        Part::For { key, value, collection, body, .. } => {
            let key = key.as_deref().unwrap_or("_");
            format!("<for {key} {value} in {} {}>", shape(collection), parts_shape(body))
        }
    });
    parts.collect::<Vec<_>>().join(" ")
}

/// What Terraform accepts, and how it is read.
const ACCEPTED: &[(&str, &str)] = &[
    // What hcl-edit itself refuses.
    ("{ a = 1, a = 2 }", r#"{"a"=1 "a"=2}"#),
    ("(a\n ? b\n : c)", "((? a b c))"),
    ("[a\n ? b : c]", "[(? a b c)]"),
    ("{for k, v in x : k =>\n v}", "(for k v in x : k => v)"),
    ("{for k, v in x :\n k\n =>\n (v)\n ? a : b\n if\n c}", "(for k v in x : k => (? (v) a b) if c)"),
    ("<<EOT\nEOTX\n EOT-1\nEOT)\n EOT EOT\nEOT", r#""EOTX\n EOT-1\nEOT)\n EOT EOT\n""#),
    ("<<EOT\n${a}\nEOT x\n  EOT", r#""<a> "\nEOT x\n"""#),
    // References and calls.
    ("aws_instance.x.0.y", "aws_instance.x[0].y"),
    ("x.*.y", "x.*.y"),
    ("x[*].y[0]", "x[*].y[0]"),
    ("x [ \"a\" ] . b", r#"x["a"].b"#),
    ("provider::aws::arn_parse(x)", "provider::aws::arn_parse(x)"),
    ("concat(a, b...)", "concat(a b...)"),
    ("f(\n  a,\n  b, # c\n)", "f(a b)"),
    ("f()[0]", "f()[0]"),
    ("[]", "[]"),
    ("{}", "{}"),
    // Objects.
    ("{ a = 1, \"b\" : 2, (c) = 3, \"${d}\" = 4, null = 5, 6 = 7 }", r#"{"a"=1 "b"=2 (c)=3 "<d>"=4 "null"=5 6=7}"#),
    (
        "{\n\n a = 1 // x\n # y\n b = a == c ? d : e\n\n c : [\n1,\n2]\n}",
        r#"{"a"=1 "b"=(? (Equal a c) d e) "c"=[1 2]}"#,
    ),
    ("{ a = { b = x ? { c = 1 } : {} } }", r#"{"a"={"b"=(? x {"c"=1} {})}}"#),
    ("{\r\n a = <<EOT\r\n x\r\nEOT\r\n b = 1\r\n}", r#"{"a"=" x\r\n" "b"=1}"#),
    ("{ a = provider::x::f(1), b = 2 }", r#"{"a"=provider::x::f(1) "b"=2}"#),
    ("{ /* x */ a /* y */ = /* z */ 1 /* , */ }", r#"{"a"=1}"#),
    ("{ format = 1, form = 2 }", r#"{"format"=1 "form"=2}"#),
    // Operators.
    ("1 + 2 * 3 - -4", "(Subtract (Add 1 (Multiply 2 3)) -4)"),
    ("!a && b || c != d", "(Or (And (Not a) b) (NotEqual c d))"),
    ("a <= b == (c >= d)", "(Equal (LessOrEqual a b) ((GreaterOrEqual c d)))"),
    ("a ? b : c ? d : e", "(? a b (? c d e))"),
    ("1.5e3", "1500"),
    ("a % b / c", "(Divide (Modulo a b) c)"),
    // For.
    ("[for x in y : x.z if x.a]", "(for _ x in y : x.z if x.a)"),
    ("{for k, v in y : k => v...}", "(for k v in y : k => v...)"),
    ("[ # c\n for x in y:x]", "(for _ x in y : x)"),
    // Strings and templates.
    (r#""a\n\t\"\\\u00e9\U0001F600""#, r#""a\n\t\"\\é😀""#),
    (r#""$${a} %%{b} $a % $$$${c}""#, r#""${a} %{b} $a % $$${c}""#),
    (r#""${"x"}""#, r#""<"x">""#),
    (r#""a${b}c${"d${e}"}""#, r#"""a" <b> "c" <""d" <e>">""#),
    (r#""${\n a\n}""#, ""),
    ("\"${f({\n a = 1\n b = 2\n})}\"", r#""<f({"a"=1 "b"=2})>""#),
    (r#""%{ if a }b%{ else }c%{ endif }""#, r#""<if a "b" else "c">""#),
    (r#""%{ for k, v in a ~}  x ${~ v }%{ endfor }""#, r#""<for k v in a "x" <v>>""#),
    (r#""${"}"}" "#, r#""<"}">""#),
    ("\"${ /* } */ a }\"", r#""<a>""#),
    ("<<EOT\nEOT", r#""""#),
    ("<<EOT\n\nEOT", r#""\n""#),
    ("<<-EOT\n    a\n      b\n\n    c\n  EOT", r#""a\n  b\n\nc\n""#),
    ("<<-EOT\n    a ${x}\n   ${y} b\n  EOT", r#""" a " <x> "\n" <y> " b\n"""#),
    ("<<EOT\n%{ if a ~}\n  b \\n $${c}\n%{~ endif }\nEOT", r#""<if a "  b \\n ${c}" else > "\n"""#),
    ("<<EOT\n${<<EOS\ninner\nEOS\n}\nEOT", r#""<"inner\n"> "\n"""#),
    ("[<<A\na\nA\n, <<B\nb\nB\n]", r#"["a\n" "b\n"]"#),
];

#[test]
fn what_terraform_accepts_is_read() {
    for (text, expected) in ACCEPTED {
        // One case is a file that only looks escaped in this table.
        let text = if expected.is_empty() { "\"${\n a\n}\"" } else { text };
        let expected = if expected.is_empty() { r#""<a>""# } else { expected };
        assert_eq!(shape(&value(text).1), expected, "{text}");
    }
}

/// What Terraform rejects as the value of `x`, and what is said of it.
const REJECTED: &[(&str, &str)] = &[
    ("", "1:5 ``: expected a value, found the end of the line"),
    ("[1, 2 3]", "1:11 `3`: expected `,` or `]`, found `3`"),
    ("f(1 2)", "1:9 `2`: expected `,` or `)`, found `2`"),
    ("f(a,, b)", "1:9 `,`: expected a value, found `,`"),
    ("{ a = 1 b = 2 }", "1:13 `b`: expected a new line, `,` or `}`, found `b`"),
    ("{ a 1 }", "1:9 `1`: expected `=` and a value after this key, found `1`"),
    ("{ a = }", "1:11 `}`: expected a value before `}`"),
    ("{ a =\n 1 }", "1:10 ``: expected a value after `=`, found the end of the line"),
    ("{ a }", "1:9 `}`: expected `=` and a value after this key, found `}`"),
    ("{ = 1 }", "1:7 `=`: expected a key before `=`"),
    ("{ a = 1,, b = 2 }", "1:13 `,`: expected a key, found `,`"),
    ("'abc'", "1:5 `'`: `'` does not begin a string, only `\"` does"),
    ("a +", "1:8 ``: expected a value, found the end of the line"),
    ("(a + )", "1:10 `)`: expected a value, found `)`"),
    ("a ? b", "1:10 ``: expected `:`, found the end of the line"),
    ("? 1 : 2", "1:5 `?`: expected a value, found `?`"),
    ("a b", "1:7 `b`: expected the end of the value, found `b`"),
    ("a.", "1:7 ``: expected a name, a number or `*`, found the end of the line"),
    ("\"${a b}\"", "1:10 `b`: expected `}`, found `b`"),
    ("\"${aws:username}\"", "1:11 `:`: expected `}`, found `:`; a `${` that is to stay in the text is written `$${`"),
    ("\"${a", "1:6 `${`: `${` is never closed"),
    ("\"${a\"", "1:6 `${`: `${` is never closed"),
    ("\"abc", "1:5 `\"abc`: this string is not closed before its line ends"),
    (
        "\"a\nb\"",
        "1:5 `\"a`: this string is not closed before its line ends\n2:2 `\"`: this string is not closed before its line ends",
    ),
    ("[\"s3:Get, \"s3:Put\"]", "1:22 `\"]`: this string is not closed before its line ends"),
    ("\"a\\qb\"", "1:7 `\\q`: `\\q` is not an escape sequence"),
    ("\"\\u12\"", "1:6 `\\u`: `\\u` is not an escape sequence"),
    ("(1 + 2", "1:5 `(`: `(` is never closed"),
    ("[1, (2]", "1:9 `(`: `(` is never closed"),
    ("1 + 2)", "1:10 `)`: `)` closes nothing"),
    ("[for x y : a]", "1:12 `y`: expected `in`, found `y`"),
    ("[for x in y a]", "1:17 `a`: expected `:`, found `a`"),
    ("[for x in y : ]", "1:19 `]`: expected a value, found `]`"),
    ("{for x in y : a}", "1:20 `}`: expected `=>` and a value, found `}`"),
    ("\"%{ if a }b\"", "1:6 `%{`: `%{ if }` is never closed by `%{ endif }`"),
    ("\"%{ for a in b }c%{ endif }\"", "1:25 `endif`: `%{ endif }` does not belong to the directive that is open here"),
    ("\"%{ endif }\"", "1:6 `%{`: `%{ endif }` belongs to no directive here"),
    ("\"%{ foo }\"", "1:6 `%{`: expected `if`, `for`, `else`, `endif` or `endfor` in a directive"),
    ("<<EOT\na\n", "1:5 `<<EOT`: this heredoc is never closed by a line that says `EOT`"),
    (
        "<<~EOT\nEOT",
        "2:4 `\\n`: expected `=` or `{` after `EOT`, found the end of the line\n1:7 `~`: a heredoc begins with `<<` or `<<-` and a name",
    ),
    ("1 /* a", "1:7 `/*`: this comment is never closed by `*/`"),
];

#[test]
fn what_terraform_rejects_is_said_at_its_place() {
    let mut wrong = String::new();
    for (text, expected) in REJECTED {
        let source = source(&format!("x = {text}\n"));
        let told = told(&source, &read(&source).2);
        if !told.starts_with(expected) {
            writeln!(wrong, "{text}\nexpected {expected}\nfound    {told}").unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn a_heredoc_must_end_with_a_new_line() {
    let source = source("x = <<EOT\na\n EOT");
    let (_, _, errors) = read(&source);
    let expected = "1:5 `<<EOT`: the line `EOT` that closes this heredoc must end with a new line\n";
    assert_eq!(told(&source, &errors), expected);
}

/// Runs `terraform`; none when it is not installed.
fn terraform(arguments: &[&str], folder: &std::path::Path, input: &str) -> Option<std::process::Output> {
    let child = Command::new("terraform")
        .args(arguments)
        .current_dir(folder)
        .env("CHECKPOINT_DISABLE", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else {
        eprintln!("skipped: terraform is not installed");
        return None;
    };
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    Some(child.wait_with_output().unwrap())
}

#[test]
fn terraform_agrees_on_what_is_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let accepts = |text: &str| Some(terraform(&["fmt", "-"], folder.path(), text)?.status.success());
    for (text, _) in ACCEPTED.iter().filter(|(_, expected)| !expected.is_empty()) {
        match accepts(&format!("x = {text}\n")) {
            Some(accepted) => assert!(accepted, "terraform rejects {text}"),
            None => return,
        }
    }
    for (text, _) in REJECTED {
        assert_eq!(accepts(&format!("x = {text}\n")), Some(false), "terraform accepts {text}");
    }
}

#[test]
fn expressions_have_their_places() {
    let text = "{ a = [b.c[0].d, \"x${ e }y\"], \"k\" = f(1, -g) ? (h) : i * 2 }";
    let (source, expr) = value(text);
    assert_eq!(source.slice(expr.span), text);
    let ExprKind::Object(items) = &expr.kind else { panic!() };
    assert_eq!(source.slice(items[0].key.span), "a");
    assert_eq!(source.slice(items[1].key.span), "\"k\"");
    let ExprKind::List(list) = &items[0].value.kind else { panic!() };
    assert_eq!(source.slice(list[0].span), "b.c[0].d");
    let ExprKind::Access(access) = &list[0].kind else { panic!() };
    assert_eq!(source.slice(access.base.span), "b");
    let [Accessor::Attribute(c), Accessor::Index(zero), Accessor::Attribute(d)] = access.accessors.as_slice() else {
        panic!()
    };
    assert_eq!([source.slice(c.span), source.slice(zero.span), source.slice(d.span)], ["c", "0", "d"]);
    let ExprKind::Template(parts) = &list[1].kind else { panic!() };
    let [Part::Literal(x), Part::Interpolation(e), Part::Literal(y)] = parts.as_slice() else { panic!() };
    assert_eq!(source.slice(x.span(0..1).unwrap()), "x");
    assert_eq!(source.slice(e.span), "e");
    assert_eq!(source.slice(y.span(0..1).unwrap()), "y");
    let ExprKind::Conditional(arms) = &items[1].value.kind else { panic!() };
    assert_eq!(arms.each_ref().map(|arm| source.slice(arm.span)), ["f(1, -g)", "(h)", "i * 2"]);
    let ExprKind::Call(call) = &arms[0].kind else { panic!() };
    assert_eq!(source.slice(call.name.span), "f");
    assert_eq!(source.slice(call.arguments[1].span), "-g");
}

#[test]
fn directives_have_their_places() {
    let (source, expr) = value("\"%{ if a }b%{ endif }%{ for c in d ~} e%{ endfor }\"");
    let ExprKind::Template(parts) = &expr.kind else { panic!() };
    let [Part::If { span: first, .. }, Part::For { span: second, .. }] = parts.as_slice() else { panic!() };
    assert_eq!(source.slice(*first), "%{ if a }");
    assert_eq!(source.slice(*second), "%{ for c in d ~}");
}

#[test]
fn blocks_are_cut_with_their_heads() {
    let source = source(
        "\u{feff}# iamlint: here\nresource \"aws_x\" \"y\" { # c\n  a = \"}\" /* } */\n  b {\n  }\n}\r\n\r\nlocals {}\n\
         moved {\n  from = <<-EOT\n}\n  EOT\n}\nmodule m { x = 1 } // trivy:ignore\n",
    );
    let cuts = cut_with_comments(&source);
    assert_eq!(told(&source, &cuts.errors), "");
    let heads: Vec<_> = cuts.blocks.iter().map(|it| source.slice(it.head)).collect();
    assert_eq!(heads, ["resource \"aws_x\" \"y\"", "locals", "moved", "module m"]);
    let labels: Vec<_> = cuts.blocks[0].labels.iter().map(|it| source.slice(*it)).collect();
    assert_eq!(labels, ["aws_x", "y"]);
    assert!(source.slice(cuts.blocks[0].span).ends_with("  b {\n  }\n}"));
    let comments: Vec<_> = cuts.comments.iter().map(|it| (it.text.as_str(), source.slice(it.span))).collect();
    assert_eq!(comments, [("iamlint: here", "# iamlint: here"), ("trivy:ignore", "// trivy:ignore")]);
}

#[test]
fn comments_are_told_from_texts() {
    let source = source(
        "resource \"a\" \"b\" {\n  a = \"# iamlint: no\"\n  b = <<EOT\n# iamlint: no\n${x /* iamlint: yes */}\nEOT\n  \
         c = [ # checkov:skip=CKV_1:yes\n  ]\n  /* tfsec:ignore:a\n  */\n}\n",
    );
    let texts: Vec<_> = cut_with_comments(&source).comments.into_iter().map(|it| it.text).collect();
    assert_eq!(texts, ["iamlint: yes", "checkov:skip=CKV_1:yes", "tfsec:ignore:a"]);
}

#[test]
fn nested_blocks_and_labels_are_read() {
    let source = source(
        "resource \"a\" b {\n  x = 1 # c\n  one { y = 2 }\n  dynamic \"two\" {\n    content {}\n  }\n  one {\n  }\n}\n",
    );
    let (blocks, _, errors) = read(&source);
    assert_eq!(told(&source, &errors), "");
    let block = &blocks[0];
    assert_eq!(source.slice(block.head()), "resource \"a\" b");
    assert_eq!(block.body.blocks_named("one").len(), 2);
    assert!(block.body.blocks_named("one")[0].body.attribute("y").is_some());
    let dynamic = &block.body.blocks_named("dynamic")[0];
    assert_eq!(&*dynamic.labels[0].text, "two");
    assert_eq!(source.slice(dynamic.span), "dynamic \"two\" {\n    content {}\n  }");
}

/// Broken files: what is still found in them, and what is said.
#[test]
fn a_broken_block_costs_itself_alone() {
    let good = "resource \"good\" \"one\" {\n  a = 1\n}\n";
    let cases = [
        ("data \"a\" \"b\" {\n  x = 1\n", "1:14 `{`: `{` is never closed\n"),
        ("data \"a\" \"b\" {\n  statement {\n    x = 1\n}\n", "2:13 `{`: `{` is never closed\n"),
        ("data \"a\" \"b\" {\n  x = [1, 2\n}\n", "2:7 `[`: `[` is never closed\n"),
        ("data \"a\" \"b\" {\n  x = \"a\n}\n", "2:7 `\"a`: this string is not closed before its line ends\n"),
        ("data \"a\" \"b\" {\n  x = \"${a\"\n}\n", "2:8 `${`: `${` is never closed\n"),
        (
            "data \"a\" \"b\" {\n  x = <<EOT\n}\n",
            "2:7 `<<EOT`: this heredoc is never closed by a line that says `EOT`\n",
        ),
        (
            "data \"a\" \"b\" {\n  x = f(<<EOT\n${\nEOT\n)\n}\n",
            "2:9 `<<EOT`: this heredoc is never closed by a line that says `EOT`\n5:1 `)`: `)` closes nothing\n",
        ),
        ("data \"a\" \"b\" {\n}}\n", "2:2 `}`: `}` closes nothing\n"),
        (
            "data \"a\" \"b\"\n{\n  x = 1\n}\n",
            "1:13 `\\n`: expected `{` after `data \"a\" \"b\"`, found the end of the line\n",
        ),
        ("data \"a {\n  x = 1\n}\n", "1:6 `\"a {`: this string is not closed before its line ends\n"),
        ("/* data \"a\" \"b\" {\n}\n", "1:1 `/*`: this comment is never closed by `*/`\n"),
        ("data ! {\n  x = 1\n}\n", "1:6 `!`: expected `=` or `{` after `data`, found `!`\n"),
        ("@@@ [\n 1\n]\n", "1:1 `@`: `@` does not belong at the top level\n"),
        ("data \"a\" \"b\" {\n  x = [1 2]\n}\n", "2:10 `2`: expected `,` or `]`, found `2`\n"),
        ("data \"a\" \"b\" { x = 1, y = 2 }\n", "1:21 `,`: expected the end of the value, found `,`\n"),
        ("data \"a\" \"b\" {} locals {}\n", "1:17 `locals`: expected a new line after `}`, found `locals`\n"),
        ("data \"a\" \"b\" {\n  x = 1\n  x = 2\n}\n", "3:3 `x`: `x` is set twice\n"),
        ("data \"a\" \"b\" {\n  \"x\" = 1\n}\n", "2:3 `\"`: expected an argument or a block, found a string\n"),
        (
            "data \"a\" \"b\" {\n  x\n  y = 1\n}\n",
            "2:4 `\\n`: expected `=` or `{` after `x`, found the end of the line\n",
        ),
    ];
    for (bad, expected) in cases {
        for text in [format!("{bad}{good}"), format!("{good}{bad}{good}")] {
            let source = source(&text);
            let (blocks, _, errors) = read(&source);
            let found = blocks.iter().filter(|block| source.slice(block.span) == good.trim_end()).count();
            assert_eq!(found, text.matches(good).count(), "{text}\n{}", told(&source, &errors));
        }
        let source = source(&format!("{bad}{good}"));
        assert_eq!(told(&source, &read(&source).2), expected, "{bad}");
    }
}

#[test]
fn a_mistake_in_an_attribute_costs_the_value_of_that_attribute() {
    let source = source("data \"a\" \"b\" {\n  x = [1 2]\n  y = 1\n  c {\n    z = ?\n    w = 2\n  }\n}\n");
    let (blocks, _, errors) = read(&source);
    assert_eq!(errors.len(), 2);
    assert!(matches!(blocks[0].body.attribute("x").unwrap().value.kind, ExprKind::Unread));
    assert!(blocks[0].body.attribute("y").is_some());
    assert!(blocks[0].body.blocks[0].body.attribute("w").is_some());
}

#[test]
fn a_check_holds_a_data_block_at_column_0() {
    let source = source("check \"a\" {\ndata \"b\" \"c\" {\n}\n}\n");
    let (blocks, _, errors) = read(&source);
    assert_eq!(told(&source, &errors), "");
    assert_eq!(blocks.len(), 1);
}

#[test]
fn variable_files_are_read() {
    let source = source("a = 1\n\n# c\nb = [\n  2,\n]\nc = <<EOT\nx\nEOT\n");
    let (_, attributes, errors) = read(&source);
    assert_eq!(told(&source, &errors), "");
    let names: Vec<_> = attributes.iter().map(|it| &*it.name.text).collect();
    assert_eq!(names, ["a", "b", "c"]);
}

#[test]
fn nothing_is_too_deep_or_too_long_for_the_stack_and_the_clock() {
    let deep = 50_000;
    let many = 5_000;
    for (open, close) in [("[", "]"), ("(", ")"), ("{a=", "}"), ("f(", ")"), ("\"${", "}\""), ("-", ""), ("a?b:", "")] {
        let source = source(&format!("x = {}1{}\n", open.repeat(deep), close.repeat(deep)));
        let (_, _, errors) = read(&source);
        assert_eq!(errors.len(), 1, "{open}");
        let message = &errors[0].message;
        assert!(message.ends_with(" levels deep, which is more than can be read"), "{message}");
    }
    for text in [
        "a {\n".repeat(deep),
        "{[(".repeat(deep),
        "x = \"${".repeat(deep),
        "x = <<A\n".repeat(deep),
        "x = <<A\n${".repeat(deep),
        "/* ".repeat(deep),
        "resource \"a\" \"b\" {\n x = <<E\n".repeat(deep),
        "\"".repeat(deep),
        "}".repeat(deep),
        "data \"a\" \"b\" {\n".repeat(deep),
    ] {
        let source = source(&text);
        assert!(!read(&source).2.is_empty());
    }
    let chain = format!("x = 1{}\n", " + 1".repeat(deep));
    let source_of_chain = source(&chain);
    let message = &read(&source_of_chain).2[0].message;
    assert_eq!(message, "this is a chain of more than 128 operators, which is more than can be read");
    let large = format!("x = {{\n{}}}\n", "  \"key\" = \"${a}\"\n".repeat(many));
    let (_, attributes, errors) = read(&source(&large));
    assert!(errors.is_empty());
    let ExprKind::Object(items) = &attributes[0].value.kind else { panic!() };
    assert_eq!(items.len(), many);
}

/// Every character of a literal is found where it says, unless it was written as an escape.
fn places_hold(source: &Source, text: &Text) {
    for (at, character) in text.raw().char_indices() {
        let span = text.span(at..at + character.len_utf8()).unwrap();
        let written = source.slice(span);
        let escaped = written.starts_with('\\') || written == "$${" || written == "%%{";
        assert!(written == character.to_string() || escaped, "{character:?} at {at} is written {written:?}");
    }
}

fn each_text_of_body<'e>(body: &'e Body, visit: &mut dyn FnMut(&'e Text)) {
    body.attributes.iter().for_each(|it| each_text(&it.value, visit));
    body.blocks.iter().for_each(|it| each_text_of_body(&it.body, visit));
}

/// Every literal, however deep.
fn each_text<'e>(expr: &'e Expr, visit: &mut dyn FnMut(&'e Text)) {
    match &expr.kind {
        ExprKind::Null | ExprKind::Bool(_) | ExprKind::Number(_) | ExprKind::Variable(_) | ExprKind::Unread => {}
        ExprKind::Text(text) => visit(text),
        ExprKind::Template(parts) => each_text_of_parts(parts, visit),
        ExprKind::List(it) => it.iter().for_each(|it| each_text(it, visit)),
        ExprKind::Object(items) => items.iter().flat_map(|it| [&it.key, &it.value]).for_each(|it| each_text(it, visit)),
        ExprKind::Access(it) => {
            each_text(&it.base, visit);
            for accessor in &it.accessors {
                if let Accessor::Index(it) = accessor {
                    each_text(it, visit);
                }
            }
        }
        ExprKind::Call(call) => call.arguments.iter().for_each(|it| each_text(it, visit)),
        ExprKind::Conditional(it) => it.iter().for_each(|it| each_text(it, visit)),
        ExprKind::Binary(_, it) => it.iter().for_each(|it| each_text(it, visit)),
        ExprKind::Unary(_, it) | ExprKind::Paren(it) => each_text(it, visit),
        ExprKind::For(it) => {
            let optional = [&it.result_key, &it.condition];
            [&it.collection, &it.result]
                .into_iter()
                .chain(optional.into_iter().flatten())
                .for_each(|it| each_text(it, visit));
        }
    }
}

fn each_text_of_parts<'e>(parts: &'e [Part], visit: &mut dyn FnMut(&'e Text)) {
    for part in parts {
        match part {
            Part::Literal(text) => visit(text),
            Part::Interpolation(it) => each_text(it, visit),
            Part::If { then, otherwise, .. } => {
                each_text_of_parts(then, visit);
                each_text_of_parts(otherwise, visit);
            }
            Part::For { body, .. } => each_text_of_parts(body, visit),
        }
    }
}

/// What a template of known texts comes to.
fn render(expr: &Expr) -> String {
    match &expr.kind {
        ExprKind::Text(text) => text.raw().to_owned(),
        ExprKind::Template(parts) => render_parts(parts),
        _ => panic!("{expr:?} is no known text"),
    }
}

fn render_parts(parts: &[Part]) -> String {
    let parts = parts.iter().map(|part| match part {
        Part::Literal(text) => text.raw().to_owned(),
        Part::Interpolation(it) => render(it),
        Part::If { condition, then, otherwise, .. } => {
            let ExprKind::Bool(holds) = condition.kind else { panic!() };
            render_parts(if holds { then } else { otherwise })
        }
        Part::For { collection, body, .. } => {
            let ExprKind::List(list) = &collection.kind else { panic!() };
            render_parts(body).repeat(list.len())
        }
    });
    parts.collect()
}

/// What may stand in a quoted string.
fn quoted_piece() -> impl Strategy<Value = String> {
    let fixed = [
        "\\n",
        "\\r",
        "\\t",
        "\\\"",
        "\\\\",
        "\\u00e9",
        "\\U0001F600",
        "$${",
        "%%{",
        "$",
        "%",
        "$$",
        "%%",
        " ",
        "  ",
        "\t",
        "é",
        "#",
        "//",
        "'",
        "{",
        "}",
        "[",
        "/*",
    ];
    prop_oneof![prop::sample::select(fixed.to_vec()).prop_map(str::to_owned), "[a-zA-Z0-9:*/._-]{1,6}"]
}

/// What may stand in a heredoc.
fn bare_piece() -> impl Strategy<Value = String> {
    let fixed = [
        "\n",
        "\n",
        "\n  ",
        "\n    ",
        "\n\t",
        "\n\u{a0} ",
        "\n      \n",
        "\\n",
        "\"",
        "$${",
        "%%{",
        "$",
        "%",
        " ",
        "  ",
        "é",
        "\nEOTX ",
        "\n EOT.",
        "{",
        "}",
    ];
    prop_oneof![prop::sample::select(fixed.to_vec()).prop_map(str::to_owned), "[a-zA-Z0-9:*/._-]{1,6}"]
}

fn sequence() -> impl Strategy<Value = String> {
    let fixed = [
        "${\"x\"}",
        "${~ \"x\" }",
        "${ \"x\" ~}",
        "${~\"\\t\"~}",
        "${\"a${ \"b\" }\"}",
        "%{ if true }",
        "%{~ if false ~}",
        "%{ else }",
        "%{~ else ~}",
        "%{ endif }",
        "%{ endif ~}",
        "%{ for x in [1, 2] }",
        "%{ endfor ~}",
        "%{~ endfor }",
    ];
    prop::sample::select(fixed.to_vec()).prop_map(str::to_owned)
}

/// Leaves out the directives that do not belong where they stand, and closes those that are open.
fn balance(pieces: &[String]) -> String {
    let mut open: Vec<&str> = Vec::new();
    let mut out = String::new();
    for piece in pieces {
        let keyword = piece.strip_prefix("%{").map(|it| it.trim_start_matches(['~', ' ']).split(' ').next().unwrap());
        let fits = match keyword {
            Some("if") => {
                open.push("if");
                true
            }
            Some("for") => {
                open.push("for");
                true
            }
            Some("else") => {
                let fits = open.last() == Some(&"if");
                if fits {
                    *open.last_mut().unwrap() = "else";
                }
                fits
            }
            Some("endif") => {
                let fits = matches!(open.last(), Some(&("if" | "else")));
                if fits {
                    open.pop();
                }
                fits
            }
            Some("endfor") => {
                let fits = open.last() == Some(&"for");
                if fits {
                    open.pop();
                }
                fits
            }
            _ => true,
        };
        // A `$` before a `{` would make a sequence of what is none.
        let joins = out.ends_with(['$', '%']) && piece.starts_with(['{', '$', '%']);
        if fits && !joins {
            out.push_str(piece);
        } else if fits {
            out.push('x');
            out.push_str(piece);
        }
    }
    for kind in open.into_iter().rev() {
        if out.ends_with(['$', '%']) {
            out.push('x');
        }
        out.push_str(if kind == "for" { "%{ endfor }" } else { "%{ endif }" });
    }
    out
}

fn template(piece: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    prop::collection::vec(prop_oneof![3 => piece, 1 => sequence()], 0..12).prop_map(|pieces| balance(&pieces))
}

fn literal() -> impl Strategy<Value = String> {
    prop_oneof![
        template(quoted_piece()).prop_map(|it| format!("\"{it}\"")),
        template(bare_piece()).prop_map(|it| format!("<<EOT\n{it}\nEOT")),
        template(bare_piece()).prop_map(|it| format!("<<-EOT\n{it}\n  EOT")),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_character_of_a_literal_has_its_place(text in literal(), crlf: bool) {
        let text = if crlf { text.replace('\n', "\r\n") } else { text };
        let (source, expr) = value(&text);
        prop_assert_eq!(source.slice(expr.span), text.as_str());
        each_text(&expr, &mut |text| places_hold(&source, text));
    }

    #[test]
    fn a_template_of_another_text_has_its_places(text in template(bare_piece()), skip in 0..5_usize) {
        // The text as it might have come out of a JSON string: in two stretches with a gap between them.
        let source = source(&format!("{}{text}", "-".repeat(skip)));
        let half = (0..=text.len() / 2).rev().find(|at| text.is_char_boundary(*at)).unwrap();
        let mut ground = Text::known(&text[..half], Span::new(FileId(0), skip, skip + half));
        ground.push_known(&text[half..], Span::new(FileId(0), skip + half, skip + text.len()));
        let expr = parse_template(&ground, source.span()).unwrap();
        each_text(&expr, &mut |text| places_hold(&source, text));
    }

    #[test]
    fn whatever_is_broken_the_last_block_is_found(
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0..24_usize), 1..6),
    ) {
        let tokens = [
            "", "\"", "{", "}", "[", "]", "(", ")", "${", "%{", "$", "#", "//", "<<EOT\n", "<<-X\n", "\n", "\\", "=", ",", ":", "?", "é",
            "data \"x\" \"y\" {", "\r",
        ];
        let mut text = "resource \"a\" \"b\" {\n  x = [\"a\", \"b${c}\"]\n  y = { a = 1, b = f(2) }\n  z = <<EOT\n  a ${b}\nEOT\n  \
            w {\n    v = a ? b : c\n  }\n}\n\nlocals {\n  a = \"%{ if b }c%{ endif }\"\n}\n".to_owned();
        for (index, token) in edits {
            let at = index.index(text.len());
            if text.is_char_boundary(at) && text.is_char_boundary(at + 1) {
                text.replace_range(at..=at, tokens[token]);
            }
        }
        text.push_str("\nresource \"last\" \"one\" {\n}\n");
        let source = source(&text);
        let (blocks, _, errors) = read(&source);
        for error in &errors {
            prop_assert!(source.text.get(error.span.range()).is_some(), "{:?}", error);
            prop_assert!(!error.message.ends_with('.') && !error.message.contains('\n'));
        }
        let last = blocks.last().map(|block| source.slice(block.head()).to_owned());
        prop_assert_eq!(last.as_deref(), Some("resource \"last\" \"one\""), "{}\n{}", text, told(&source, &errors));
    }
}

#[test]
fn terraform_agrees_on_what_templates_come_to() {
    let folder = tempfile::tempdir().unwrap();
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut texts: Vec<String> = (0..400).map(|_| literal().new_tree(&mut runner).unwrap().current()).collect();
    texts.extend(texts.clone().iter().map(|text| text.replace('\n', "\r\n")));
    let mut file = "locals {\n".to_owned();
    for (index, text) in texts.iter().enumerate() {
        writeln!(file, "  c{index} = {text}").unwrap();
    }
    file.push_str("}\n");
    std::fs::write(folder.path().join("main.tf"), file).unwrap();
    let names: Vec<_> = (0..texts.len()).map(|index| format!("local.c{index}")).collect();
    let input = format!("base64encode(jsonencode([{}]))\n", names.join(", "));
    let Some(output) = terraform(&["console"], folder.path(), &input) else { return };
    let shown = String::from_utf8(output.stdout).unwrap();
    let coded = shown.split('"').nth(1).unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    let values: Vec<serde_json::Value> = serde_json::from_slice(&decode_base64(coded)).unwrap();
    for (text, expected) in texts.iter().zip(values) {
        // What is but one sequence keeps its type, so a number may come back.
        let expected = expected.as_str().map_or_else(|| expected.to_string(), str::to_owned);
        assert_eq!(render(&value(text).1), expected, "{text}");
    }
}

fn decode_base64(text: &str) -> Vec<u8> {
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bits, mut count, mut out) = (0_u32, 0, Vec::new());
    for letter in text.chars().filter(|it| *it != '=') {
        bits = bits << 6 | u32::try_from(alphabet.find(letter).unwrap()).unwrap();
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count & 0xff) as u8);
        }
    }
    out
}

#[test]
fn a_text_of_its_own_is_parsed_as_an_expression() {
    let source = source("-- aws_x.y[0] --");
    let span = Span::new(FileId(0), 3, 13);
    let text = Text::known(source.slice(span), span);
    let expr = parse_expression(&text, span).unwrap();
    assert_eq!(shape(&expr), "aws_x.y[0]");
    assert_eq!(source.slice(expr.span), "aws_x.y[0]");
    let error = parse_expression(&Text::known("a b", Span::new(FileId(0), 3, 6)), span).unwrap_err();
    assert_eq!((error.span.start, error.message.as_str()), (5, "expected the end of the value, found `b`"));
    let error = parse_expression(&Text::default(), span).unwrap_err();
    assert_eq!(error.message, "expected a value, found the end");
}

fn node(value: Value, start: usize) -> Node {
    Node::new(value, Span::new(FileId(0), start, start + 1))
}

fn object(entries: &[(&str, Node)]) -> Node {
    let entry = |(at, (key, node)): (usize, &(&str, Node))| Entry {
        key: Text::known(key, Span::new(FileId(0), at, at + key.len())),
        key_span: Span::new(FileId(0), at, at + key.len()),
        node: node.clone(),
    };
    let entries = entries.iter().enumerate().map(entry).collect();
    node(Value::Object(std::sync::Arc::new(Object { entries, open: None })), 90)
}

fn text(text: &str) -> Node {
    Node::text(text, Span::new(FileId(0), 50, 50 + text.len()))
}

#[test]
fn the_json_form_is_the_same_tree() {
    let list = |nodes: Vec<Node>| node(Value::List(nodes.into()), 91);
    let statement = object(&[("effect", text("Allow")), ("actions", list(vec![text("s3:${var.x}")]))]);
    let dynamic = object(&[("statement", object(&[("for_each", text("${var.all}")), ("content", object(&[]))]))]);
    let document = object(&[
        ("//", text("a comment")),
        ("statement", list(vec![statement.clone(), statement])),
        ("dynamic", dynamic),
        ("count", node(Value::Number(Number(1.0)), 92)),
    ]);
    let file = object(&[
        ("data", list(vec![object(&[("aws_iam_policy_document", object(&[("a", document)]))])])),
        ("variable", object(&[("v", object(&[("default", text("${plain}"))]))])),
        ("locals", object(&[("l", text("${"))])),
        ("foo", object(&[])),
    ]);
    let (blocks, errors) = from_json(&file);
    let messages: Vec<_> = errors.iter().map(|it| it.message.as_str()).collect();
    assert_eq!(messages, ["`${` is never closed", "`foo` is no block of Terraform"]);
    let heads: Vec<_> = blocks
        .iter()
        .map(|it| std::iter::once(&it.kind).chain(&it.labels).map(|it| &*it.text).collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(heads, ["data aws_iam_policy_document a", "variable v", "locals"]);
    let body = &blocks[0].body;
    assert!(body.json && body.attribute("//").is_none());
    let statements = body.blocks_named("statement");
    assert_eq!(statements.len(), 2);
    assert_eq!(
        shape(&statements[1].body.attribute("actions").unwrap().value),
        r#"["s3:" <var.x>"]"#.replace("[\"", "[\"\"")
    );
    let dynamic = &body.blocks_named("dynamic")[0];
    assert_eq!(&*dynamic.labels[0].text, "statement");
    assert_eq!(dynamic.body.blocks_named("content").len(), 1);
    assert_eq!(shape(&blocks[1].body.attribute("default").unwrap().value), r#""${plain}""#);
}

/// Reads every Terraform file below the folder that `IAMLINT_CORPUS` names: what we reject, Terraform rejects as well.
#[test]
fn a_corpus_is_read_as_terraform_reads_it() {
    let Ok(folder) = std::env::var("IAMLINT_CORPUS") else {
        eprintln!("skipped: IAMLINT_CORPUS names no folder");
        return;
    };
    let (mut files, mut blocks, mut judged, mut exceptions) = (0, 0, 0, Vec::new());
    for entry in walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().filter_map(Result::ok) {
        if entry.path().extension().is_none_or(|it| it != "tf" && it != "tfvars") {
            continue;
        }
        let Ok(text) = std::fs::read_to_string(entry.path()) else { continue };
        files += 1;
        let source = Source::new(FileId(0), entry.path().to_owned(), text);
        let (found, attributes, errors) = read(&source);
        blocks += found.len();
        attributes.iter().for_each(|attribute| each_text(&attribute.value, &mut |text| places_hold(&source, text)));
        for block in &found {
            each_text_of_body(&block.body, &mut |text| places_hold(&source, text));
        }
        judged += usize::from(judge::agrees(&source));
        if errors.is_empty() {
            continue;
        }
        let verdict = terraform(&["fmt", "-"], std::path::Path::new("."), &source.text);
        if verdict.is_some_and(|it| it.status.success()) {
            exceptions.push(format!("{}:{}", entry.path().display(), told(&source, &errors)));
        }
    }
    eprintln!("{files} files, {blocks} blocks; hcl-edit accepts {judged} files and reads them alike");
    assert!(exceptions.is_empty(), "{}", exceptions.join("\n"));
}
