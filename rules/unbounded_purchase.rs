use super::wildcard_action;
use crate::catalog;
use crate::policy::{Action, Condition, Effect, Guard, Policy, Quantifier, Statement};
use crate::rule::{Context, listed, quoted};

pub(super) fn check(policy: &Policy, cx: &mut Context<'_>) {
    if !policy.kind.is_identity() {
        return;
    }
    for statement in policy.allow_statements() {
        let buying = || statement.actions.only().iter().filter(|it| it.reached().iter().any(|it| buys(it, statement)));
        // A product, a kind of instance, or who buys by which way: somebody has said what may be bought.
        if buying().next().is_none()
            || statement.guarded_by(&[Guard::Principal, Guard::Resource, Guard::Path]).is_some()
            || statement.gives_everything()
        {
            continue;
        }
        let is_denied = policy.always_denied(statement);
        // Of all that a pattern holds, what says so in its name shows best what is meant.
        let bought = |it: &Action| {
            let all =
                it.reached().iter().filter(|it| buys(*it, statement) && !is_denied(*it) && !is_chosen(policy, *it));
            all.min_by_key(|it| ["Purchase", "Reserved"].map(|word| !it.name().contains(word)))
        };
        // All there is is another matter. All of a service stands by itself where another rule speaks of that.
        let bought = buying().filter(|it| !it.covers_every_action()).filter_map(|it| Some((it, bought(it)?)));
        let is_whole = |(it, _): &(&Action, catalog::Action)| wildcard_action::speaks_of(policy, statement, it);
        let (whole, named): (Vec<_>, Vec<_>) = bought.partition(is_whole);
        for found in whole.chunks(1).chain([&named[..]]) {
            report(statement, found, cx);
        }
    }
}

fn report(statement: &Statement, found: &[(&Action, catalog::Action)], cx: &mut Context<'_>) {
    let [(first, _), ..] = found else { return };
    let shown = |(entry, buys): &(&Action, catalog::Action)| match entry.has_wildcard() {
        true => format!("`{entry}` (`{buys}`)"),
        false => format!("`{entry}`"),
    };
    let actions: Vec<&Action> = found.iter().map(|(it, _)| *it).collect();
    let verb = if found.len() == 1 { "lets" } else { "let" };
    let what = listed(&found.iter().map(shown).collect::<Vec<_>>());
    cx.report(&first.place, format!("{what} {verb} its holder buy in the name of the account, whatever it costs"))
        .acting(&actions)
        .of(statement, quoted(&actions))
        .help(help(found));
}

/// What of an entry buys, by a statement that does not say what.
pub(super) fn bought_by(statement: &Statement, entry: &Action) -> Option<catalog::Action> {
    let is_open = statement.guarded_by(&[Guard::Principal, Guard::Resource, Guard::Path]).is_none();
    entry.reached().iter().find(|it| is_open && buys(*it, statement))
}

fn buys(action: catalog::Action, statement: &Statement) -> bool {
    let reaches = || match action.takes_only_star() {
        true => statement.may_reach(action),
        false => statement.reaches_account_of(action),
    };
    action.buys() && statement.admits(action) && reaches()
}

/// Whether the policy denies to buy all but products that somebody has chosen.
fn is_chosen(policy: &Policy, action: catalog::Action) -> bool {
    let spares_products = |it: &Condition| {
        it.operator.negated
            && it.operator.quantifier != Some(Quantifier::ForAllValues)
            && it.is_on("aws-marketplace:productid")
            && it.is_fixed()
            && it.case().is_none()
    };
    policy.statements.iter().any(|deny| {
        deny.effect == Effect::Deny
            && deny.place.given.is_none()
            && !deny.conditions.is_empty()
            && deny.conditions.iter().all(spares_products)
            && deny.star_resources().next().is_some()
            && deny.certainly_holds(action)
    })
}

fn help(found: &[(&Action, catalog::Action)]) -> String {
    let patterns: Vec<&Action> = found.iter().map(|(it, _)| *it).filter(|it| it.has_wildcard()).collect();
    let is_subscribed = found.iter().any(|(it, buys)| !it.has_wildcard() && buys.full_name() == SUBSCRIBE);
    let role = "to a role that somebody takes on to buy";
    match &patterns[..] {
        // A subscription is the account's, whoever has made it.
        [] if is_subscribed => format!(
            "leave it {role}, since what the account has subscribed to once needs it no more; or put `{SUBSCRIBE}` in a \
             statement of its own, and there require `aws-marketplace:ProductId` to be the products that are meant"
        ),
        [] => format!("leave it {role}"),
        _ => format!("name what is called in place of {}, and leave what buys {role}", quoted(&patterns)),
    }
}

const SUBSCRIBE: &str = "aws-marketplace:Subscribe";
