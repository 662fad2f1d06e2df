//! hcl-edit is the judge: what it accepts is read, and is read as it reads it, each node at the same place.
//!
//! It is a lenient judge of some things and a wrong one of others: what it refuses of what Terraform accepts stands in
//! the table of the other tests, and how literals are dedented and trimmed is asked of Terraform itself.

use hcl_edit::Span as _;
use hcl_edit::expr::{Expression, ObjectKey, TraversalOperator, UnaryOperator};
use hcl_edit::structure::Body;
use hcl_edit::template::{Directive, Element, Template};

use super::*;

fn at(range: Option<std::ops::Range<usize>>) -> String {
    range.map_or("nowhere".to_owned(), |it| format!("{}..{}", it.start, it.end))
}

fn node(name: &str, range: Option<std::ops::Range<usize>>, inner: &[String]) -> String {
    format!("({name} {} {})", at(range), inner.join(" "))
}

/// The tree of hcl-edit, with places.
fn judged(expression: &Expression) -> String {
    let (name, inner) = match expression {
        Expression::Null(_) => ("null".to_owned(), vec![]),
        Expression::Bool(it) => (it.value().to_string(), vec![]),
        Expression::Number(it) => (Number(it.value().as_f64().unwrap()).to_string(), vec![]),
        Expression::String(it) => (format!("{:?}", it.as_str()), vec![]),
        Expression::Array(it) => ("list".to_owned(), it.iter().map(judged).collect()),
        Expression::Object(it) => {
            let items = it.iter().flat_map(|(key, value)| {
                let key = match key {
                    ObjectKey::Ident(name) => node(&format!("{:?}", name.as_str()), name.span(), &[]),
                    // A keyword is a name as well where a key stands.
                    ObjectKey::Expression(key @ Expression::Null(_)) => node("\"null\"", key.span(), &[]),
                    ObjectKey::Expression(key @ Expression::Bool(it)) => {
                        node(&format!("\"{}\"", it.value()), key.span(), &[])
                    }
                    ObjectKey::Expression(key) => judged(key),
                };
                [key, judged(value.expr())]
            });
            ("object".to_owned(), items.collect())
        }
        Expression::StringTemplate(it) => ("template".to_owned(), it.iter().map(judged_element).collect()),
        Expression::HeredocTemplate(it) => return judged_heredoc(&it.template, expression.span()),
        Expression::Parenthesis(it) => ("paren".to_owned(), vec![judged(it.inner())]),
        Expression::Variable(it) => (it.as_str().to_owned(), vec![]),
        Expression::Conditional(it) => {
            ("?".to_owned(), [&it.cond_expr, &it.true_expr, &it.false_expr].into_iter().map(judged).collect())
        }
        Expression::FuncCall(it) => {
            let mut names: Vec<_> = it.name.namespace.iter().map(|it| it.as_str()).collect();
            names.push(it.name.name.as_str());
            let expand = if it.args.expand_final() { "..." } else { "" };
            (format!("call {}{expand}", names.join("::")), it.args.iter().map(judged).collect())
        }
        Expression::Traversal(it) => {
            let accessors = it.operators.iter().map(|operator| match operator.value() {
                TraversalOperator::AttrSplat(_) => node(".*", operator.span(), &[]),
                TraversalOperator::FullSplat(_) => node("[*]", operator.span(), &[]),
                TraversalOperator::GetAttr(name) => node(&format!(".{}", name.as_str()), name.span(), &[]),
                TraversalOperator::Index(index) => judged(index),
                TraversalOperator::LegacyIndex(index) => node(&index.value().to_string(), index.span(), &[]),
            });
            ("access".to_owned(), std::iter::once(judged(&it.expr)).chain(accessors).collect())
        }
        Expression::UnaryOp(it) => {
            let name = match it.operator.value() {
                UnaryOperator::Neg => "Negate",
                UnaryOperator::Not => "Not",
            };
            (name.to_owned(), vec![judged(&it.expr)])
        }
        Expression::BinaryOp(it) => {
            (it.operator.value().as_str().to_owned(), vec![judged(&it.lhs_expr), judged(&it.rhs_expr)])
        }
        Expression::ForExpr(it) => {
            let key = it.intro.key_var.as_ref().map_or("_", |name| name.as_str());
            let grouping = if it.grouping { "..." } else { "" };
            let name = format!("for {key} {}{grouping}", it.intro.value_var.as_str());
            let all = [Some(&it.intro.collection_expr), it.key_expr.as_ref(), Some(&it.value_expr)];
            let all = all.into_iter().flatten().chain(it.cond.as_ref().map(|it| &it.expr));
            (name, all.map(judged).collect())
        }
    };
    node(&name, expression.span(), &inner)
}

fn judged_heredoc(template: &Template, span: Option<std::ops::Range<usize>>) -> String {
    let elements: Vec<_> = template.iter().collect();
    match elements.as_slice() {
        [] | [Element::Literal(_)] => node("heredoc", span, &[]),
        elements => node("template", span, &elements.iter().map(|it| judged_element(it)).collect::<Vec<_>>()),
    }
}

fn judged_element(element: &Element) -> String {
    let nested = |template: &Template| template.iter().map(judged_element).collect::<Vec<_>>().join(" ");
    match element {
        Element::Literal(_) => "literal".to_owned(),
        Element::Interpolation(it) => judged(&it.expr),
        Element::Directive(it) => match it.as_ref() {
            Directive::If(it) => {
                let otherwise = it.else_expr.as_ref().map_or_else(String::new, |it| nested(&it.template));
                format!("(if {} {} else {otherwise})", judged(&it.if_expr.cond_expr), nested(&it.if_expr.template))
            }
            Directive::For(it) => {
                let it = &it.for_expr;
                let key = it.key_var.as_ref().map_or("_", |name| name.as_str());
                format!(
                    "(for {key} {} {} {})",
                    it.value_var.as_str(),
                    judged(&it.collection_expr),
                    nested(&it.template)
                )
            }
        },
    }
}

/// Our tree in the same form.
fn ours(source: &Source, expr: &Expr) -> String {
    let all = |exprs: &[Expr]| exprs.iter().map(|it| ours(source, it)).collect::<Vec<_>>();
    let range = Some(expr.span.range());
    let (name, inner) = match &expr.kind {
        ExprKind::Null => ("null".to_owned(), vec![]),
        ExprKind::Bool(it) => (it.to_string(), vec![]),
        ExprKind::Number(it) => (it.to_string(), vec![]),
        ExprKind::Text(_) if source.slice(expr.span).starts_with("<<") => ("heredoc".to_owned(), vec![]),
        ExprKind::Text(it) => (format!("{:?}", it.raw()), vec![]),
        ExprKind::Template(parts) => ("template".to_owned(), parts.iter().map(|it| our_part(source, it)).collect()),
        ExprKind::List(it) => ("list".to_owned(), all(it)),
        ExprKind::Object(items) => {
            let items = items.iter().flat_map(|it| [ours(source, &it.key), ours(source, &it.value)]);
            ("object".to_owned(), items.collect())
        }
        ExprKind::Paren(it) => ("paren".to_owned(), vec![ours(source, it)]),
        ExprKind::Unread => ("unread".to_owned(), Vec::new()),
        ExprKind::Variable(it) => (it.to_string(), vec![]),
        ExprKind::Conditional(it) => ("?".to_owned(), all(&it[..])),
        ExprKind::Call(it) => {
            (format!("call {}{}", it.name.text, if it.expand { "..." } else { "" }), all(&it.arguments))
        }
        ExprKind::Access(it) => {
            let accessors = it.accessors.iter().map(|accessor| match accessor {
                Accessor::AttributeSplat(span) => node(".*", Some(span.range()), &[]),
                Accessor::FullSplat(span) => node("[*]", Some(span.range()), &[]),
                Accessor::Attribute(name) => node(&format!(".{}", name.text), Some(name.span.range()), &[]),
                Accessor::Index(index) => ours(source, index),
            });
            ("access".to_owned(), std::iter::once(ours(source, &it.base)).chain(accessors).collect())
        }
        ExprKind::Unary(operator, it) => (format!("{operator:?}"), vec![ours(source, it)]),
        ExprKind::Binary(operator, it) => {
            use BinaryOp as Op;
            let name = match operator {
                Op::Equal => "==",
                Op::NotEqual => "!=",
                Op::Less => "<",
                Op::LessOrEqual => "<=",
                Op::Greater => ">",
                Op::GreaterOrEqual => ">=",
                Op::Add => "+",
                Op::Subtract => "-",
                Op::Multiply => "*",
                Op::Divide => "/",
                Op::Modulo => "%",
                Op::And => "&&",
                Op::Or => "||",
            };
            (name.to_owned(), all(&it[..]))
        }
        ExprKind::For(it) => {
            let grouping = if it.grouping { "..." } else { "" };
            let name = format!("for {} {}{grouping}", it.key.as_deref().unwrap_or("_"), it.value);
            let exprs = [Some(&it.collection), it.result_key.as_ref(), Some(&it.result), it.condition.as_ref()];
            (name, exprs.into_iter().flatten().map(|it| ours(source, it)).collect())
        }
    };
    node(&name, range, &inner)
}

fn our_part(source: &Source, part: &Part) -> String {
    let nested = |parts: &[Part]| parts.iter().map(|it| our_part(source, it)).collect::<Vec<_>>().join(" ");
    match part {
        Part::Literal(_) => "literal".to_owned(),
        Part::Interpolation(it) => ours(source, it),
        Part::If { condition, then, otherwise, .. } => {
            format!("(if {} {} else {})", ours(source, condition), nested(then), nested(otherwise))
        }
        Part::For { key, value, collection, body, .. } => {
            let key = key.as_deref().unwrap_or("_");
            format!("(for {key} {value} {} {})", ours(source, collection), nested(body))
        }
    }
}

/// Every attribute with its value, those of a block behind those around it.
fn judged_body(body: &Body, out: &mut Vec<String>) {
    out.extend(body.attributes().map(|it| format!("{} = {}", it.key.as_str(), judged(&it.value))));
    body.blocks().for_each(|it| judged_body(&it.body, out));
}

fn our_body(source: &Source, attributes: &[Attribute], blocks: &[Block], out: &mut Vec<String>) {
    out.extend(attributes.iter().map(|it| format!("{} = {}", it.name.text, ours(source, &it.value))));
    blocks.iter().for_each(|it| our_body(source, &it.body.attributes, &it.body.blocks, out));
}

/// Whether hcl-edit accepts a file; what it accepts is read alike.
pub(super) fn agrees(source: &Source) -> bool {
    let Ok(body) = hcl_edit::parser::parse_body(&source.text) else { return false };
    // It takes a raw new line in a string, and a heredoc whose last line does not end, for something that can be meant.
    let (blocks, attributes, errors) = read(source);
    let is_lenient = |it: &SyntaxError| it.message.contains("not closed") || it.message.contains("must end with");
    if errors.iter().any(is_lenient) {
        return false;
    }
    assert_eq!(
        told(source, &errors),
        "",
        "{}\n{}",
        source.path.display(),
        if source.text.len() < 1000 { &source.text } else { "" }
    );
    let (mut judged, mut own) = (Vec::new(), Vec::new());
    judged_body(&body, &mut judged);
    our_body(source, &attributes, &blocks, &mut own);
    for (judged, own) in judged.iter().zip(&own) {
        assert_eq!(judged, own, "{}", source.path.display());
    }
    assert_eq!(judged.len(), own.len(), "{}", source.path.display());
    true
}

/// Text of an expression, in which `new` is what stands between words.
fn expression() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        prop::sample::select(vec![
            "a",
            "b-c",
            "_d",
            "é1",
            "null",
            "true",
            "for_each",
            "format",
            "if",
            "in",
            "0",
            "17",
            "1.5",
            "2e3",
            "4.25E-1",
            "-3",
            "- 3",
            "\"\"",
            "\"x y\"",
            "\"\\n\\u00e9\\\"\"",
            "\"$${a}%%{b}$%\"",
            "\"{}[]()#//\"",
        ])
        .prop_map(str::to_owned),
        prop::sample::select(vec!["<<EOT\nx ${a}\n\n$${\nEOT\n", "<<-E\n    x\n  y ${ b } z\n  E\n",])
            .prop_map(|it| format!("f({it})")),
    ];
    leaf.prop_recursive(5, 40, 4, |inner| {
        let space = || prop::sample::select(vec!["", " ", "\t ", "/* c */", " /* } */ "]);
        let wide = || prop::sample::select(vec!["", " ", "\n", "\r\n  ", " # c ) ]\n", "// } \"\n\t", "/* \n */"]);
        let operator =
            prop::sample::select(vec!["==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", "&&", "||"]);
        let accessor = prop_oneof![
            prop::sample::select(vec![".x", ".0", ".*", "[*]", "[0]", " . y", "[ \"k\" ]", ".*.z", ".1.w"])
                .prop_map(str::to_owned),
            (wide(), inner.clone(), wide()).prop_map(|(a, it, b)| format!("[{a}{it}{b}]")),
        ];
        let list = |open: &'static str, close: &'static str| {
            (prop::collection::vec((wide(), inner.clone(), wide()), 0..4), wide(), any::<bool>()).prop_map(
                move |(elements, end, comma)| {
                    let elements: Vec<_> = elements.iter().map(|(a, it, b)| format!("{a}{it}{b}")).collect();
                    let comma = if comma && !elements.is_empty() { "," } else { "" };
                    format!("{open}{}{comma}{end}{close}", elements.join(","))
                },
            )
        };
        let key = prop_oneof![
            prop::sample::select(vec!["k", "null", "\"q\"", "(a)", "\"${a}\"", "7"]).prop_map(str::to_owned),
            inner.clone().prop_map(|it| format!("({it})")),
        ];
        let item = (space(), key, space(), prop::sample::select(vec!["=", ":"]), space(), inner.clone(), space());
        let ends = prop::sample::select(vec![",", "\n", "\r\n", " # c\n", ",\n\n", " // }\n"]);
        let object = (wide(), prop::collection::vec((item, ends, 0..1000_u32), 0..4)).prop_map(|(begin, items)| {
            let items: Vec<_> = items
                .iter()
                // A key that is written twice is refused by the judge.
                .map(|((a, key, b, is, c, value, d), ends, n)| {
                    format!("{a}{}{b}{is}{c}{value}{d}{ends}", if key == "k" { format!("k{n}") } else { key.clone() })
                })
                .collect();
            format!("{{{begin}{}}}", items.join(""))
        });
        let template = prop::collection::vec(
            prop_oneof![
                prop::sample::select(vec!["x", " ", "$", "%%", "$${", "\\\"", "é", "}"]).prop_map(str::to_owned),
                (wide(), inner.clone(), wide()).prop_map(|(a, it, b)| format!(".${{{a}{it}{b}}}")),
                inner.clone().prop_map(|it| format!(".${{~ {it} ~}}")),
                inner.clone().prop_map(|it| format!(".%{{ if {it} }}y%{{ else ~}}%{{ endif }}")),
                inner.clone().prop_map(|it| format!(".%{{ for k, v in {it} ~}} ${{k}}%{{~ endfor }}")),
            ],
            1..4,
        )
        .prop_map(|it| format!("\"{}\"", it.join("")));
        let repeat = (wide(), inner.clone(), inner.clone(), prop::option::of(inner.clone()), any::<bool>());
        prop_oneof![
            (inner.clone(), space(), operator, space(), inner.clone())
                .prop_map(|(a, b, operator, c, d)| format!("{a}{b} {operator} {c}{d}")),
            (prop::sample::select(vec!["-", "!", "! "]), inner.clone()).prop_map(|(a, b)| format!("{a}({b})")),
            (inner.clone(), space(), inner.clone(), space(), inner.clone())
                .prop_map(|(a, b, c, d, e)| format!("{a} ?{b}{c} :{d} {e}")),
            (wide(), inner.clone(), wide()).prop_map(|(a, it, b)| format!("({a}{it}{b})")),
            (prop::sample::select(vec!["a", "f()", "(b)", "[c]", "a.b"]), prop::collection::vec(accessor, 1..3))
                .prop_map(|(base, accessors)| format!("{base}{}", accessors.join(""))),
            list("[", "]"),
            list("f(", ")"),
            list("provider::x::g (", ")"),
            object,
            template,
            repeat.clone().prop_map(|(blank, a, b, c, _)| {
                let condition = c.map_or(String::new(), |it| format!(" if {it}"));
                format!("[{blank}for x in {a} : {b}{blank}{condition}]")
            }),
            repeat.prop_map(|(blank, a, b, c, many)| {
                let condition = c.map_or(String::new(), |it| format!("{blank}if {it}"));
                format!("{{{blank}for k, v in {a} : {b} => {a}{}{condition}}}", if many { "..." } else { " " })
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn hcl_edit_reads_the_same(text in expression()) {
        agrees(&source(&format!("x = {text}\ny {{\n  z = {text} # c\n}}\n")));
    }
}

#[test]
fn most_of_what_is_generated_is_judged() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let texts = (0..300).map(|_| expression().new_tree(&mut runner).unwrap().current());
    let judged = texts.filter(|text| agrees(&source(&format!("x = {text}\n")))).count();
    assert!(judged > 200, "{judged} of 300");
}
