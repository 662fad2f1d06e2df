use crate::frontend::Resource;
use crate::rule::Context;

pub(super) fn check(resource: &Resource, cx: &mut Context<'_>) {
    if resource.kind != "aws_ssoadmin_permission_set" {
        return;
    }
    for duration in resource.texts("session_duration") {
        let raw = duration.value.raw();
        if minutes(raw).is_some_and(|it| it > 8 * 60) {
            cx.report(&duration.place, format!("`{raw}` is more than eight hours"))
                .about(raw)
                .help("ask for less, `PT1H` say");
        }
    }
}

/// A duration of ISO 8601 in days, hours and minutes, `P1DT2H30M`.
fn minutes(duration: &str) -> Option<u32> {
    let mut sum: u32 = 0;
    let mut digits = String::new();
    for character in duration.strip_prefix('P')?.chars() {
        let factor = match character {
            '0'..='9' => {
                digits.push(character);
                continue;
            }
            'T' => continue,
            'D' => 24 * 60,
            'H' => 60,
            'M' => 1,
            'S' => 0,
            _ => return None,
        };
        sum = sum.checked_add(digits.parse::<u32>().ok()?.checked_mul(factor)?)?;
        digits.clear();
    }
    Some(sum)
}
