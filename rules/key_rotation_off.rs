use crate::frontend::Key;
use crate::rule::Context;

pub(super) fn check(key: &Key, cx: &mut Context<'_>) {
    let resource = &key.resource;
    // https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html: symmetric keys that AWS has made, only.
    let says_other = |name: &str, plain: &str| resource.texts(name).iter().any(|it| it.value.raw() != plain);
    let cannot = resource.kind != "aws_kms_key"
        || says_other("key_usage", "ENCRYPT_DECRYPT")
        || says_other("customer_master_key_spec", "SYMMETRIC_DEFAULT")
        || !resource.at("custom_key_store_id").is_empty();
    let rotation = resource.switches("enable_key_rotation");
    if cannot || rotation.iter().any(|it| it.value != Some(false)) {
        return;
    }
    let place = rotation.first().map_or(&resource.place, |it| &it.place);
    cx.report(place, "this key is not rotated").about("no rotation").help("set `enable_key_rotation = true`");
}
