//! The scopes of hooks and events, and which event a hook is for.

const DECLARED: &str = include_str!("../../resources/webhook_scopes.txt");

/// Whether a hook may have this scope.
pub(super) fn is_known(scope: &str) -> bool {
    let declared = DECLARED.lines().filter(|line| !line.starts_with('#'));
    let number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    declared.into_iter().any(|declared| {
        let (mut known, mut asked) = (declared.split('/'), scope.split('/'));
        loop {
            match (known.next(), asked.next()) {
                (None, None) => return true,
                (Some("{channel_id}"), Some(asked)) if number(asked) => {}
                (Some(known), Some(asked)) if known == asked && !known.starts_with('{') => {}
                _ => return false,
            }
        }
    })
}

/// Whether a hook with scope `hook` is told of an event with scope `event`.
///
/// `store/order/*` means everything of orders but their metafields, which have a family of their own;
/// `store/channel/*` means channels themselves, not what happens in one.
pub(super) fn covers(hook: &str, event: &str) -> bool {
    if hook == event {
        return true;
    }
    let rest = hook.strip_suffix('*').and_then(|stem| event.strip_prefix(stem));
    match rest {
        None => false,
        Some(rest) if hook == "store/channel/*" => !rest.contains('/'),
        Some(rest) => hook.ends_with("metafield/*") || !rest.contains("metafield/"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_those_of_the_reference() {
        for scope in [
            "store/order/created",
            "store/order/*",
            "store/channel/7/order/*",
            "store/channel/*",
            "store/channel/*/inventory/product/stock_changed",
        ] {
            assert!(is_known(scope), "{scope}");
        }
        for scope in ["", "#", "store/order", "store/orders/created", "store/channel/x/order/*", "store/*"] {
            assert!(!is_known(scope), "{scope}");
        }
    }

    #[test]
    fn a_wildcard_covers_its_family() {
        assert!(covers("store/cart/*", "store/cart/lineItem/created"));
        assert!(covers("store/product/*", "store/product/inventory/updated"));
        assert!(!covers("store/product/*", "store/product/metafield/created"));
        assert!(covers("store/product/metafield/*", "store/product/metafield/created"));
        assert!(!covers("store/order/*", "store/customer/created"));
        assert!(!covers("store/order/created", "store/order/createdX"));
        assert!(covers("store/channel/*", "store/channel/updated"));
        assert!(!covers("store/channel/*", "store/channel/*/inventory/product/stock_changed"));
    }
}
