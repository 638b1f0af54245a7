//! Promotions and their coupon codes (promotions.v3.yml).

use super::marketing::is_code;
use crate::data::Data;
use crate::declare::Action;
use crate::json::{self, Members, quote};
use crate::serve::{Answer, Failure, Query, Version};
use crate::write::{self, Draft, read_object};

const INVALID: &str = "The request payload was invalid.";

/// What a rule can do.
const ACTIONS: &[&str] = &["cart_value", "cart_items", "gift_item", "fixed_price_set", "shipping"];

fn refuse(name: &str, reason: &str) -> Failure {
    Failure::new(422, INVALID).field(name, reason)
}

/// Checks a promotion. How it is redeemed is settled when it is made.
pub(super) fn prepare(draft: &mut Draft) -> Result<(), Failure> {
    for name in ["redemption_type", "coupon_type"] {
        if let (Some(given), Some(held)) = (draft.given(name), draft.old_value(name))
            && given != held
        {
            return Err(refuse(name, &format!("{name} cannot be changed.")));
        }
    }
    if let Some(rules) = draft.given("rules") {
        let rules = json::entries(rules).unwrap_or_default();
        let acts = |rule: &&str| {
            let action = Members::read(rule).and_then(|rule| rule.get("action")).and_then(Members::read);
            action.is_some_and(|action| action.0.iter().any(|(name, _)| ACTIONS.contains(&name.as_ref())))
        };
        if rules.is_empty() || !rules.iter().all(acts) {
            return Err(refuse("rules", &format!("Every rule needs an action: {}.", ACTIONS.join(", "))));
        }
        let whole: Vec<String> = rules
            .iter()
            .map(|rule| {
                let mut changes = Vec::new();
                let held = Members::read(rule);
                for (name, usual) in [("apply_once", "true"), ("stop", "false")] {
                    if held.as_ref().is_some_and(|rule| rule.get(name).is_none()) {
                        changes.push((name, usual));
                    }
                }
                json::edit(rule, &changes)
            })
            .collect();
        draft.set("rules", format!("[{}]", whole.join(",")));
    }
    let coupon = draft.get("redemption_type").as_deref() == Some("\"COUPON\"");
    if draft.old.is_none() && coupon {
        if draft.given("coupon_type").is_none() {
            draft.set_text("coupon_type", "SINGLE");
        }
        let several = draft.given("coupon_type") == Some("\"BULK\"");
        draft.set("multiple_codes", format!("{{\"has_multiple_codes\":{several}}}"));
    }
    Ok(())
}

/// Makes the code that a new promotion came with.
pub(super) fn stored(data: &mut Data, draft: &Draft) -> Result<(), Failure> {
    let Some(sent) = draft.extra("codes").filter(|_| draft.old.is_none()) else { return Ok(()) };
    let resource = data.table("promotion_codes").resource;
    let codes = match sent.starts_with('[') {
        true => json::entries(sent).unwrap_or_default(),
        false => vec![sent],
    };
    for code in codes.into_iter().filter(|code| code.starts_with('{')) {
        write::create(data, resource, Some(draft.id), &read_object(code)?, Version::V3)?;
    }
    Ok(())
}

/// Refuses to remove a promotion that has codes.
pub(super) fn deleting(data: &Data, promotion: i64) -> Result<(), Failure> {
    match data.table("promotion_codes").children(promotion) {
        [] => Ok(()),
        _ => Err(refuse("code", "Some relating codes are still present.")),
    }
}

/// Checks a code: its promotion has to take codes, and a single one takes one.
pub(super) fn prepare_code(data: &Data, draft: &mut Draft) -> Result<(), Failure> {
    let kind = |name: &str| member(data, draft.parent, name);
    if draft.old.is_none() {
        if kind("redemption_type").as_deref() != Some("\"COUPON\"") {
            return Err(refuse("promotion_id", "The promotion is not redeemed with a coupon."));
        }
        let held = data.table("promotion_codes").children(draft.parent).len();
        if kind("coupon_type").as_deref() == Some("\"SINGLE\"") && held > 0 {
            return Err(refuse("code", "The promotion has its code already."));
        }
    }
    match draft.given("code").and_then(json::string) {
        Some(code) if !is_code(&code) => {
            Err(refuse("code", "Only letters, digits, spaces, underscores and hyphens are allowed."))
        }
        _ => Ok(()),
    }
}

fn member(data: &Data, promotion: i64, name: &str) -> Option<String> {
    Members::read(data.text("promotions", promotion)?)?.get(name).map(str::to_owned)
}

/// Deletes what it can, and tells by index what it could not: promotions, or codes of one.
pub(super) fn delete_many(
    data: &mut Data,
    action: &Action,
    table: &str,
    parent: Option<i64>,
    query: &Query,
) -> Result<Answer, Failure> {
    const TYPE: &str = "https://developer.bigcommerce.com/api-docs/getting-started/api-status-codes";
    let failed = |title: &str, errors: &str, [total, success, failed]: [usize; 3]| {
        format!(
            "{{\"errors\":[{{\"status\":422,\"title\":\"{title}\",\"type\":\"{TYPE}\"{errors}}}],\"meta\":{{\"total\":{total},\"success\":{success},\"failed\":{failed}}}}}"
        )
    };
    let ids: Option<Vec<i64>> = query
        .list("id:in")
        .filter(|ids| !ids.is_empty())
        .map(|ids| ids.into_iter().map(str::parse).collect::<Result<_, _>>().ok())
        .unwrap_or_default();
    let Some(ids) = ids else {
        return Ok(Answer::new(422, failed("Parameter id:in is required", "", [0, 0, 0])));
    };
    if let Some(most) = action.batch.filter(|most| ids.len() > *most) {
        return Ok(Answer::new(
            422,
            failed(&format!("At most {most} ids are allowed"), "", [ids.len(), 0, ids.len()]),
        ));
    }
    let resource = data.table(table).resource;
    let mut errors = Vec::new();
    for (at, id) in ids.iter().enumerate() {
        let found =
            data.table(table).get(*id).is_some_and(|r| parent.is_none_or(|parent| r.parent == parent));
        let result = match found {
            false => Err(("id", "not found")),
            true => write::delete(data, resource, *id)
                .map_err(|_| ("code", "some relating codes are still present")),
        };
        if let Err((name, reason)) = result {
            errors.push(format!("\"{at}.{name}\":\"Failed for id={id}. Error: {reason}.\""));
        }
    }
    if errors.is_empty() {
        return Ok(Answer::nothing());
    }
    let counts = [ids.len(), ids.len() - errors.len(), errors.len()];
    let errors = format!(",\"errors\":{{{}}}", errors.join(","));
    Ok(Answer::new(422, failed("Errors occurred in bulk delete action.", &errors, counts)))
}

/// Makes a batch of random codes for a promotion of many.
pub(super) fn generate(data: &mut Data, promotion: i64, body: &str) -> Result<Answer, Failure> {
    let input = read_object(body)?;
    if member(data, promotion, "coupon_type").as_deref() != Some("\"BULK\"") {
        return Err(Failure::new(405, "Codes can be generated only for promotions of coupon type BULK."));
    }
    let number = |name: &str, low: i64, high: i64, usual: Option<i64>| match input.get(name) {
        None => usual.ok_or_else(|| refuse(name, &format!("{name} is required."))),
        Some(raw) => json::integer(raw)
            .filter(|number| !raw.starts_with('"') && (low..=high).contains(number))
            .ok_or_else(|| refuse(name, &format!("{name} must be between {low} and {high}."))),
    };
    let size = number("batch_size", 1, 250, None)?;
    let length = number("code_length", 6, 16, Some(16))?;
    let uses = number("max_uses", 0, 100_000, Some(1))?;
    let per_customer = number("max_uses_per_customer", 0, 100_000, Some(1))?;
    let text = |name: &str, most: usize, also: &[char]| -> Result<String, Failure> {
        let text = input.get(name).map(|raw| json::plain(raw).into_owned()).unwrap_or_default();
        let fits = |c: char| also.contains(&c) || c.is_ascii_uppercase() || c.is_ascii_digit();
        match text.chars().count() <= most && text.chars().all(fits) {
            true => Ok(text),
            false => Err(refuse(name, &format!("{name} is not valid."))),
        }
    };
    let (prefix, suffix) = (text("prefix", 20, &['_', '-'])?, text("suffix", 20, &['_', '-'])?);
    let delimiter = match input.get("delimiter").map(json::plain).as_deref() {
        None | Some("") => "",
        Some("_") => "_",
        Some("-") => "-",
        Some(_) => return Err(refuse("delimiter", "delimiter must be _ or -.")),
    };
    let excluded = input.get("exclude_characters").and_then(json::entries).unwrap_or_default();
    let excluded: String = excluded.into_iter().map(json::plain).collect();
    let signs: Vec<char> = ('A'..='Z').chain('0'..='9').filter(|sign| !excluded.contains(*sign)).collect();
    if signs.is_empty() {
        return Err(refuse("exclude_characters", "No character is left."));
    }
    let parts = |part: &str, before: bool| match (part.is_empty(), before) {
        (true, _) => String::new(),
        (false, true) => format!("{part}{delimiter}"),
        (false, false) => format!("{delimiter}{part}"),
    };
    let (head, tail) = (parts(&prefix, true), parts(&suffix, false));
    if head.len() + tail.len() + length as usize > 50 {
        return Err(refuse("code_length", "A code is at most 50 characters long."));
    }
    let resource = data.table("promotion_codes").resource;
    let mut chance = crate::chance::Chance::new(data.claim_extra() as u64);
    let (mut codes, mut failures) = (Vec::new(), 0);
    while codes.len() < size as usize {
        let random: String = (0..length).filter_map(|_| chance.pick(&signs).copied()).collect();
        let code = format!("{head}{random}{tail}");
        if data.table("promotion_codes").holder("code", &code).is_some() {
            failures += 1;
            if failures > 1_000 {
                return Err(refuse("code_length", "There are not so many different codes."));
            }
            continue;
        }
        let body = format!(
            "{{\"code\":{},\"max_uses\":{uses},\"max_uses_per_customer\":{per_customer}}}",
            quote(&code)
        );
        write::create(data, resource, Some(promotion), &read_object(&body)?, Version::V3)?;
        codes.push(format!("{{\"code\":{}}}", quote(&code)));
    }
    let created = crate::dates::Form::Offset.write(data.clock.now());
    let text = format!(
        "{{\"max_uses\":{uses},\"max_uses_per_customer\":{per_customer},\"created\":\"{created}\",\"batch_size\":{size},\"codes\":[{}]}}",
        codes.join(",")
    );
    Ok(Answer::data(201, &text))
}
