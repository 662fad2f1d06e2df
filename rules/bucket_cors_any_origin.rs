use crate::frontend::{Aspect, Bucket, Resource};
use crate::rule::{Context, quoted};

pub(super) fn check(bucket: &Bucket, cx: &mut Context<'_>) {
    for cors in bucket.companions(Aspect::Cors) {
        for rule in cors.at("cors_rule") {
            let rule = Resource { place: rule.place, body: rule.value, ..cors.clone() };
            let methods: Vec<_> = rule.texts("allowed_methods").into_iter().map(|it| it.value).collect();
            let writes: Vec<_> = methods.iter().filter(|it| matches!(it.raw(), "PUT" | "POST" | "DELETE")).collect();
            let origins = rule.texts("allowed_origins");
            let Some(origin) = origins.iter().find(|it| it.value.raw() == "*").filter(|_| !writes.is_empty()) else {
                continue;
            };
            let writes = quoted(&writes);
            cx.report(&origin.place, format!("`{}` lets scripts of every site use {writes} here", origin.value))
                .on(&cors.address)
                .about(format!("{writes} from {}", origin.value))
                .help("name the origins whose scripts write here");
        }
    }
}
