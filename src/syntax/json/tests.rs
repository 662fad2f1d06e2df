//! What is JSON is judged by `serde_json`; where it stands, by reading it again from there.

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use serde_json::Value as Judge;

use super::*;

fn file(text: &str) -> Source {
    Source::new(FileId(0), PathBuf::from("policy.json"), text)
}

fn hole(reference: &str, at: usize) -> Arc<Hole> {
    Arc::new(Hole {
        kind: HoleKind::Free,
        reference: reference.into(),
        scope: "".into(),
        span: Span::new(FileId(0), at, at + reference.len() + 3),
        why: "a variable without a default".into(),
        many: false,
    })
}

/// A text as a heredoc gives it: `${…}` are holes, and the blanks that begin a line belong to the file only.
fn heredoc(written: &str) -> Text {
    let mut text = Text::default();
    let mut at = 0;
    for line in written.split_inclusive('\n') {
        let mut rest = line.trim_start_matches(' ');
        let mut from = at + line.len() - rest.len();
        while let Some((before, after)) = rest.split_once("${")
            && let Some((reference, after)) = after.split_once('}')
        {
            text.push_known(before, Span::new(FileId(0), from, from + before.len()));
            from += before.len();
            text.push_hole(hole(reference, from));
            from += reference.len() + 3;
            rest = after;
        }
        text.push_known(rest, Span::new(FileId(0), from, from + rest.len()));
        at += line.len();
    }
    text
}

fn render(node: &Node) -> String {
    let list = |parts: Vec<String>| parts.join(",");
    match &node.value {
        Value::Null => "null".to_owned(),
        Value::Bool(it) => it.to_string(),
        Value::Number(it) => it.to_string(),
        Value::Text(text) => format!("{text:?}"),
        Value::List(nodes) => format!("[{}]", list(nodes.iter().map(render).collect())),
        Value::Object(object) => {
            let entries = object.entries.iter().map(|it| format!("{:?}:{}", it.key, render(&it.node)));
            let open = object.open.iter().map(|hole| format!("..{}", hole.reference));
            format!("{{{}}}", list(entries.chain(open).collect()))
        }
        Value::OneOf(_) => "OneOf".to_owned(),
        Value::Unknown(hole) => format!("?{}", hole.reference),
    }
}

fn accepted(text: &str) -> Node {
    let parsed = parse_source(&file(text));
    assert_eq!(parsed.errors, [], "{text}");
    parsed.root.unwrap()
}

fn with_holes(written: &str) -> String {
    let parsed = parse(&heredoc(written));
    assert_eq!(parsed.errors, [], "{written}");
    render(&parsed.root.unwrap())
}

/// Each document with the place of its mistake in `«»`, the message, and the tree if there is one all the same.
#[track_caller]
fn mistake(marked: &str, message: &str, tree: Option<&str>) {
    let start = marked.find('«').unwrap();
    let end = marked.find('»').unwrap() - '«'.len_utf8();
    let text = marked.replace(['«', '»'], "");
    let place = Span::new(FileId(0), start, end);
    let source = file(&text);
    for parsed in [parse_source(&source), parse(&Text::known(&text, source.span()))] {
        assert_eq!(parsed.errors, [SyntaxError { span: place, message: message.to_owned() }], "{text}");
        assert_eq!(parsed.root.as_ref().map(render).as_deref(), tree, "{text}");
    }
}

#[test]
fn a_mistake_that_leaves_no_doubt_costs_only_itself() {
    mistake("[1«,»]", "a comma after the last item is not allowed in JSON", Some("[1]"));
    mistake("{\"a\": 1«,»\n}", "a comma after the last item is not allowed in JSON", Some("{\"a\":1}"));
    mistake("[1, «,» 2]", "a value is missing before this comma", Some("[1,2]"));
    mistake("[«,» 1]", "a value is missing before this comma", Some("[1]"));
    mistake("[1 «2»]", "a comma is missing before this", Some("[1,2]"));
    mistake("{\"a\": 1\n «\"»b\": 2}", "a comma is missing before this", Some("{\"a\":1,\"b\":2}"));
    mistake("{\"a\" «[»]}", "a `:` is missing before this", Some("{\"a\":[]}"));
    mistake("{\"a\" «=» 1}", "JSON has `:` between key and value, not `=`", Some("{\"a\":1}"));
    mistake("[1, «// one»\n 2]", "comments are not allowed in JSON", Some("[1,2]"));
    mistake("«# one»\n[1 /* two */]", "comments are not allowed in JSON", Some("[1]"));
    mistake("[1 «/* two\n */»]", "comments are not allowed in JSON", Some("[1]"));
    mistake("{«Effect»: \"Allow\"}", "the key `Effect` needs double quotes", Some("{\"Effect\":\"Allow\"}"));
    mistake("[«'a\"b'»]", "a string needs double quotes in JSON", Some("[\"a\\\"b\"]"));
    mistake("[«True»]", "`True` is not a JSON value, but `true` is", Some("[true]"));
    mistake("[«None»]", "`None` is not a JSON value, but `null` is", Some("[null]"));
    mistake("[«012»]", "`012` is not a number in JSON: a number cannot begin with `0`", Some("[12]"));
    mistake("[«-00.5»]", "`-00.5` is not a number in JSON: a number cannot begin with `0`", Some("[-0.5]"));
    mistake("[«+1»]", "`+1` is not a number in JSON: a number cannot begin with `+`", Some("[1]"));
    mistake("[«.5»]", "`.5` is not a number in JSON: a `.` needs a digit on either side", Some("[0.5]"));
    mistake("[«1.»]", "`1.` is not a number in JSON: a `.` needs a digit on either side", Some("[1]"));
    mistake("[\"a«\t»b\"]", "this control character must be written as `\\t`", Some("[\"a\\tb\"]"));
    mistake("[\"«\u{1}»\"]", "this control character must be written as `\\u0001`", Some("[\"\\u{1}\"]"));
    mistake("[\"a«\\*»\"]", "`\\*` is not an escape in JSON: `\\` itself is written `\\\\`", Some("[\"a\\\\*\"]"));
    mistake("[\"«\\é»\"]", "`\\é` is not an escape in JSON: `\\` itself is written `\\\\`", Some("[\"\\\\é\"]"));
    mistake("[\"«\\u12»g4\"]", "`\\u` needs four hexadecimal digits", Some("[\"\\\\u12g4\"]"));
    mistake("[\"«\\\n»\"]", "a line cannot be continued with `\\` in JSON", Some("[\"\\\\\\n\"]"));
    let half = "`\\ud83d` is half a character, and the other half is missing";
    mistake("[\"«\\ud83d»\"]", half, Some("[\"\u{FFFD}\"]"));
    mistake("[\"«\\ud83d»\\u0041\"]", half, Some("[\"\u{FFFD}A\"]"));
    let half = "`\\ude00` is half a character, and the other half is missing";
    mistake("[\"«\\ude00»\\ud83d\\ude00\"]", half, Some("[\"\u{FFFD}😀\"]"));
    mistake("{\"a\": [1, 2«}»", "a `]` is missing before this", Some("{\"a\":[1,2]}"));
    mistake("[{\"a\": 1«]»", "a `}` is missing before this", Some("[{\"a\":1}]"));
}

#[test]
fn after_a_mistake_that_leaves_doubt_there_is_no_tree() {
    mistake("«  »", "there is no JSON here", None);
    mistake("{} «{»}", "the document ends before this", None);
    mistake("{}«}»", "this `}` closes nothing", None);
    mistake("[1«}»", "`}` cannot close what `[` opened", None);
    mistake("{\"a\": 1, «[»]}", "a key in double quotes is needed here, not `[`", None);
    mistake("[1, «{»", "this `{` is never closed", None);
    mistake("«{»\"a\": [1]", "this `{` is never closed", None);
    mistake("{\"a\"«:»", "a value is missing at the end", None);
    mistake("{\"a\": «}»", "a value is missing before this", None);
    mistake("{\"a\"«}»", "a `:` and a value are missing before this", None);
    mistake("[1«:» 2]", "`:` cannot stand in a list", None);
    mistake("[«;»]", "a value is needed here, not `;`", None);
    mistake("[«Allow»]", "`Allow` is not a JSON value: text needs double quotes", None);
    mistake("[«NaN»]", "`NaN` is not a JSON value: text needs double quotes", None);
    mistake("[«-inf»]", "`-inf` is not a number", None);
    mistake("[«0x1F»]", "`0x1F` is not a number", None);
    mistake("[«1e»]", "`1e` is not a number", None);
    mistake("[«1e999»]", "the number `1e999` is too large", None);
    mistake("[«“»a”]", "a string needs straight double quotes in JSON", None);
    mistake("[«\u{A0}»1]", "the character U+00A0 cannot stand here: blanks, tabs and line ends can", None);
    mistake("[«\"a»\n]", "this string is not closed on its line", None);
    mistake("[«\"a]»", "this string is never closed", None);
    mistake("[«\"a\\»", "this string is never closed", None);
    mistake("[1 «/*» 2]", "this comment is never closed", None);
}

#[test]
fn a_kind_of_mistake_is_reported_once_and_only_a_few_kinds() {
    let parsed = parse_source(&file("[1,, 2,, 3, /* a */ 4 /* b */]"));
    assert_eq!(parsed.errors.len(), 2);
    let keys: String = (0..100).map(|it| format!("k{it}: {it}, ")).collect();
    let parsed = parse_source(&file(&format!("{{{keys}")));
    assert_eq!(parsed.errors.len(), MISTAKES + 1);
    assert_eq!(parsed.errors[MISTAKES].message, "this `{` is never closed");
}

#[test]
fn the_empty_text_has_neither_a_tree_nor_a_place_for_an_error() {
    let parsed = parse(&Text::default());
    assert!(parsed.root.is_none() && parsed.errors.is_empty());
    assert_eq!(parse_source(&file("")).errors.len(), 1);
}

#[test]
fn a_long_word_is_not_repeated_in_full() {
    let parsed = parse_source(&file(&"x".repeat(1_000)));
    assert!(parsed.errors[0].message.len() < 120, "{}", parsed.errors[0].message);
}

#[test]
fn duplicate_keys_and_their_order_are_kept() {
    let root = accepted(r#"{"b": 1, "a": 2, "b": 3}"#);
    assert_eq!(render(&root), r#"{"b":1,"a":2,"b":3}"#);
    let spans: Vec<_> = root.as_object().unwrap().entries.iter().map(|it| it.key_span.range()).collect();
    assert_eq!(spans, [1..4, 9..12, 17..20]);
}

#[test]
fn an_escape_is_a_part_of_its_own() {
    let root = accepted(r#"["s3:\u0047et\/😀\ud83d\ude00x"]"#);
    let text = root.as_list().unwrap()[0].as_text().unwrap();
    assert_eq!(text.raw(), "s3:Get/😀😀x");
    let place = |range| text.span(range).unwrap().range();
    assert_eq!(place(0..3), 2..5);
    assert_eq!(place(3..4), 5..11);
    assert_eq!(place(4..6), 11..13);
    assert_eq!(place(6..7), 13..15);
    assert_eq!(place(11..15), 19..31);
    assert_eq!(place(15..16), 31..32);
    assert_eq!(root.as_list().unwrap()[0].span.range(), 1..33);
}

#[test]
fn a_byte_order_mark_is_skipped() {
    let root = accepted("\u{FEFF}[1]");
    assert_eq!(root.span.range(), 3..6);
}

#[test]
fn the_character_that_stands_for_holes_is_no_hole_in_a_file() {
    let root = accepted(&format!("[\"a{HOLE}b\", \"a\\udbff\\udffdb\"]"));
    for node in root.as_list().unwrap() {
        assert_eq!(node.as_str(), Some("a\u{FFFD}b"));
    }
    assert!(parse_source(&file(&format!("[{HOLE}]"))).root.is_none());
}

#[test]
fn a_hole_stands_for_any_stretch() {
    assert_eq!(with_holes("${a}"), "?a");
    assert_eq!(with_holes("${a}${b}"), "?${a}${b}");
    assert_eq!(with_holes("${a}\n{\"b\": 1}\n${c}"), "{\"b\":1}");
    assert_eq!(with_holes("{\"Action\": ${jsonencode(x)}}"), "{\"Action\":?jsonencode(x)}");
    assert_eq!(with_holes("[${join(\",\", x)}]"), "[?join(\",\", x)]");
    assert_eq!(with_holes("[\"a\", ${x}]"), "[\"a\",?x]");
    assert_eq!(with_holes("[\"a\"${x}]"), "[\"a\",?x]");
    assert_eq!(with_holes("[${x} \"a\" ${y} ${z}, 1]"), "[?x,\"a\",?y,?z,1]");
    assert_eq!(with_holes("{${x}}"), "{..x}");
    assert_eq!(with_holes("{\"a\": 1 ${x} \"b\": 2}"), "{\"a\":1,\"b\":2,..x}");
    assert_eq!(with_holes("{\"a\": ${x} \"b\": 2}"), "{\"a\":?x,\"b\":2}");
    assert_eq!(with_holes("{\"a\" ${x}, \"b\": 2}"), "{\"a\":?x,\"b\":2}");
    assert_eq!(with_holes("{\"a\": ${x} ${y}}"), "{\"a\":?x,..y}");
    assert_eq!(with_holes("{${x}: 1, \"${y}s\": 2}"), "{\"${x}\":1,\"${y}s\":2}");
    assert_eq!(with_holes("[1${x}, tr${x}, -${x}0]"), "[?1${x},?tr${x},?-${x}0]");
    assert_eq!(with_holes("[\"${x}/*\", \"\\${x}\"]"), "[\"${x}/*\",\"\\\\${x}\"]");
}

#[test]
fn a_hole_does_not_excuse_what_it_cannot_mend() {
    let parsed = parse(&heredoc("[\n  \"a\",\n  ${x},\n]"));
    assert_eq!(parsed.errors[0].message, "a comma after the last item is not allowed in JSON");
    assert_eq!(parsed.errors[0].span.range(), 15..16);
    assert!(parse(&heredoc("{\"a\": [${x}}")).errors[0].message.contains("missing"));
    assert!(parse(&heredoc("[${x}")).root.is_none());
}

#[test]
fn what_came_some_way_says_so() {
    let mut text = Text::known("[\"s3:", Span::new(FileId(0), 10, 15));
    let way = Origin::HERE.then(Span::new(FileId(0), 20, 30), "local.action");
    text.push_text(&Text::known("Get\\n", Span::new(FileId(1), 0, 5)), &way);
    text.push_known("*\", ", Span::new(FileId(0), 30, 34));
    text.push_text(&Text::known("7", Span::new(FileId(1), 7, 8)), &way);
    text.push_known("]", Span::new(FileId(0), 34, 35));
    let root = parse(&text).root.unwrap();
    let [action, number] = root.as_list().unwrap() else { panic!("{}", render(&root)) };
    let parts: Vec<_> = action.as_text().unwrap().origins().map(|(span, _)| (span.file.0, span.range())).collect();
    assert_eq!(parts, [(1, 0..3), (1, 3..5)]);
    assert_eq!(number.origin.steps().next().unwrap().words.as_ref(), "local.action");
    assert_eq!((root.span.file, root.span.range()), (FileId(0), 10..35));
}

#[test]
fn a_text_that_encodes_a_tree_gives_that_tree() {
    let tree = accepted("[1]");
    let text = Text::encoding(Arc::new(tree), Text::default);
    assert_eq!(render(&parse(&text).root.unwrap()), "[1]");
}

#[test]
fn hostile_documents_are_refused_before_they_cost() {
    let many = 20_000_000;
    for (text, message) in [
        ("[".repeat(many), "nested deeper than 127 lists and objects, so it was not read"),
        ("{\"a\":".repeat(many / 5), "nested deeper than 127 lists and objects, so it was not read"),
        (format!("[{}1]", "1,".repeat(many / 2)), "there are too many values before this, so it was not read"),
        (format!("[\"{}\"]", "\\n".repeat(many / 2)), "there are too many values before this, so it was not read"),
    ] {
        let parsed = parse_source(&file(&text));
        assert!(parsed.root.is_none());
        assert_eq!(parsed.errors.last().unwrap().message, message);
    }
}

#[test]
fn only_what_may_be_a_policy_looks_like_one() {
    for yes in [r#"{"Statement":[]}"#, r#"{ "statement" : {}}"#, r#"{"Statements":[]}"#, r#"{"STATEMENT":[]}"#] {
        assert!(looks_like_policy(yes), "{yes}");
    }
    for no in ["", "{}", r#"{"a": "Statement of work"}"#, r#"{"MyStatement": 1}"#, "Statement", "tatement\""] {
        assert!(!looks_like_policy(no), "{no}");
    }
}

/// Whether the trees are the same; of keys written twice the judge keeps the last value.
fn agree(node: &Node, judge: &Judge) -> bool {
    match (&node.value, judge) {
        (Value::Null, Judge::Null) => true,
        (Value::Bool(a), Judge::Bool(b)) => a == b,
        // The judge rounds the last digits otherwise, and the smallest numbers have no others.
        (Value::Number(Number(a)), Judge::Number(b)) => {
            b.as_f64().is_some_and(|b| *a == b || (a - b).abs() <= b.abs() * 1e-15 + f64::MIN_POSITIVE)
        }
        (Value::Text(a), Judge::String(b)) => a.as_known() == Some(b),
        (Value::List(a), Judge::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| agree(a, b)),
        (Value::Object(a), Judge::Object(b)) => {
            a.open.is_none()
                && a.entries.iter().all(|it| b.contains_key(it.key.raw()))
                && b.iter().all(|(key, b)| a.get(key).is_some_and(|a| agree(a, b)))
        }
        _ => false,
    }
}

/// What differs from the judge, in words; nothing when both refuse or both read the same.
fn disagreement(text: &str) -> Option<String> {
    let parsed = parse_source(&file(text));
    let judge = serde_json::from_str::<Judge>(text.strip_prefix('\u{FEFF}').unwrap_or(text));
    match (parsed.errors.first(), judge) {
        (None, Err(error)) => Some(format!("accepted, but {error}")),
        (Some(error), Ok(_)) => Some(format!("{} at {:?}", error.message, error.span.range())),
        (None, Ok(judge)) => match parsed.root {
            Some(root) if agree(&root, &judge) => None,
            root => Some(format!("{:?} instead of {judge}", root.as_ref().map(render))),
        },
        (Some(_), Err(_)) => None,
    }
}

/// Calls `visit` with every node.
fn each_node(node: &Node, visit: &mut dyn FnMut(&Node)) {
    visit(node);
    node.as_list().unwrap_or_default().iter().for_each(|it| each_node(it, visit));
    node.as_object().iter().flat_map(|it| &it.entries).for_each(|it| each_node(&it.node, visit));
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-zA-Z:*/]{0,8}", "[\u{0}-\u{20}\"\\\\/a\u{7F}é\u{FFFD}😀]{0,6}", any::<String>()]
        .prop_map(|it| it.replace(HOLE, ""))
}

fn json() -> impl Strategy<Value = Judge> {
    let leaf = prop_oneof![
        Just(Judge::Null),
        any::<bool>().prop_map(Judge::from),
        any::<i64>().prop_map(Judge::from),
        any::<f64>().prop_map(Judge::from),
        text().prop_map(Judge::from),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Judge::from),
            prop::collection::vec((text(), inner), 0..6).prop_map(|it| Judge::Object(it.into_iter().collect())),
        ]
    })
}

/// Writes a tree with the blanks and escapes that `choices` asks for, one after the other.
fn write(tree: &Judge, choices: &mut impl Iterator<Item = u8>, out: &mut String) {
    fn blank(choices: &mut impl Iterator<Item = u8>, out: &mut String) {
        out.push_str(["", "", "", " ", "\n    ", "\t", "\r\n  "][usize::from(choices.next().unwrap_or(0)) % 7]);
    }
    fn string(text: &str, choices: &mut impl Iterator<Item = u8>, out: &mut String) {
        out.push('"');
        for it in text.chars() {
            if it.is_control() || matches!(it, '"' | '\\') || choices.next().is_some_and(|it| it < 64) {
                for unit in it.encode_utf16(&mut [0; 2]) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            } else {
                out.push(it);
            }
        }
        out.push('"');
    }
    blank(choices, out);
    match tree {
        Judge::String(text) => string(text, choices, out),
        Judge::Array(nodes) => {
            out.push('[');
            for (index, node) in nodes.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { "," });
                write(node, choices, out);
            }
            out.push(']');
        }
        Judge::Object(entries) => {
            out.push('{');
            for (index, (key, node)) in entries.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { "," });
                blank(choices, out);
                string(key, choices, out);
                blank(choices, out);
                out.push(':');
                write(node, choices, out);
            }
            out.push('}');
        }
        other => out.push_str(&other.to_string()),
    }
    blank(choices, out);
}

/// JSON in many layouts.
fn document() -> impl Strategy<Value = String> {
    (json(), prop::collection::vec(any::<u8>(), 1..20)).prop_map(|(tree, choices)| {
        let mut out = String::new();
        write(&tree, &mut choices.into_iter().cycle(), &mut out);
        out
    })
}

/// What is put into a document to spoil it.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        "[\\[\\]{},:\"'\\\\/#*\n\t 0-9eE.+ntfu\u{0}\u{A0}-]{1,3}",
        prop::sample::select(vec![
            "null", "true", "\\ud800", "\\udc00", "\\u00e9", "1e5", "-0", "//", "\u{FEFF}", "${x}"
        ])
        .prop_map(str::to_owned),
        any::<char>().prop_filter("it would be replaced", |it| *it != HOLE).prop_map(String::from),
    ]
}

/// A document with a few pieces of it put in place of others.
fn spoiled() -> impl Strategy<Value = String> {
    let edit = (any::<prop::sample::Index>(), 0..4_usize, prop_oneof![Just(String::new()), piece()]);
    (document(), prop::collection::vec(edit, 1..4)).prop_map(|(mut document, edits)| {
        for (index, length, piece) in edits {
            let mut starts: Vec<_> = document.char_indices().map(|(at, _)| at).collect();
            starts.push(document.len());
            let from = index.index(starts.len());
            let to = (from + length).min(starts.len() - 1);
            document.replace_range(starts[from]..starts[to], &piece);
        }
        document
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn json_in_any_layout_is_read_as_the_judge_reads_it(document in document()) {
        prop_assert_eq!(disagreement(&document), None);
    }

    #[test]
    fn spoiled_json_is_refused_where_the_judge_refuses_it(document in spoiled()) {
        prop_assert_eq!(disagreement(&document), None);
    }

    #[test]
    fn a_jumble_of_tokens_is_refused_where_the_judge_refuses_it(pieces in prop::collection::vec(piece(), 0..12)) {
        prop_assert_eq!(disagreement(&pieces.concat()), None);
    }

    #[test]
    fn a_place_says_again_what_was_read_there(document in document()) {
        each_node(&accepted(&document), &mut |node| {
            assert_eq!(render(&accepted(&document[node.span.range()])), render(node));
        });
    }

    #[test]
    fn what_is_read_in_a_heredoc_stands_in_the_file(document in document()) {
        let text = heredoc(&document);
        // `${…}` in a generated string is a hole here.
        prop_assume!(!text.has_holes());
        let parsed = parse(&text);
        prop_assert_eq!(&parsed.errors, &[]);
        let root = parsed.root.unwrap();
        prop_assert_eq!(render(&root), render(&accepted(&document)));
        each_node(&root, &mut |node| {
            assert_eq!(render(&accepted(&document[node.span.range()])), render(node));
        });
    }

    #[test]
    fn json_in_a_json_string_stands_in_the_file(document in document()) {
        let outer = format!(" {}", Judge::from(document.as_str()));
        let string = accepted(&outer);
        let parsed = parse(string.as_text().unwrap());
        prop_assert_eq!(&parsed.errors, &[]);
        let root = parsed.root.unwrap();
        prop_assert_eq!(render(&root), render(&accepted(&document)));
        each_node(&root, &mut |node| {
            let written: String = serde_json::from_str(&format!("\"{}\"", &outer[node.span.range()])).unwrap();
            assert_eq!(render(&accepted(&written)), render(node));
        });
    }

    #[test]
    fn every_stretch_of_a_list_may_be_a_hole(before in prop::collection::vec(json(), 1..3), commas in any::<[bool; 2]>()) {
        let items: Vec<_> = before.iter().map(|it| it.to_string().replace("${", "$ {")).collect();
        let [first, second] = commas.map(|it| if it { "," } else { "" });
        let list = format!("[{}{first} ${{x}} {second}{}]", items.join(","), items.join(","));
        let parsed = parse(&heredoc(&list));
        prop_assert_eq!(&parsed.errors, &[]);
        prop_assert_eq!(parsed.root.unwrap().as_list().unwrap().len(), 2 * items.len() + 1);
    }

    #[test]
    fn any_text_with_holes_gives_a_tree_or_an_error_in_the_file(document in spoiled()) {
        let text = heredoc(&document);
        let parsed = parse(&text);
        prop_assert!(parsed.root.is_some() || !parsed.errors.is_empty() || text.is_empty());
        for error in &parsed.errors {
            prop_assert!(document.get(error.span.range()).is_some_and(|it| !it.is_empty()), "{:?}", error);
        }
    }
}

/// The files of a corpus at hand, named by `IAMLINT_CORPUS`.
fn corpus() -> Vec<PathBuf> {
    let Some(root) = std::env::var_os("IAMLINT_CORPUS") else {
        eprintln!("skipped: IAMLINT_CORPUS names no folder");
        return Vec::new();
    };
    let files = walkdir::WalkDir::new(Path::new(&root)).into_iter().filter_map(std::result::Result::ok);
    files.map(walkdir::DirEntry::into_path).filter(|it| it.extension().is_some_and(|it| it == "json")).collect()
}

#[test]
fn real_files_are_read_as_the_judge_reads_them() {
    for path in corpus() {
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        assert_eq!(disagreement(&text), None, "{}", path.display());
    }
}
