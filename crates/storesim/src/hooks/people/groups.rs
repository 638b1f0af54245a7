//! Customer groups (customers.v2.yml): who sees which categories at which discount.

use crate::data::Data;
use crate::declare;
use crate::json::{self, Members, object};
use crate::serve::Failure;
use crate::write::{self, Draft, invalid, value};

/// Flags that one group has at most.
const ONLY_ONE: &[&str] = &["is_default", "is_group_for_guests"];

/// Checks a group and brings its rules into the form in which they are served.
pub(super) fn prepare(data: &Data, draft: &mut Draft) -> Result<(), Failure> {
    if let Some(sent) = draft.given("category_access").map(str::to_owned) {
        let access = access(data, &sent).map_err(|why| invalid("category_access", why))?;
        draft.set("category_access", access);
    }
    if let Some(sent) = draft.given("discount_rules").map(str::to_owned) {
        let rules = rules(data, &sent).map_err(|why| invalid("discount_rules", why))?;
        draft.set("discount_rules", rules);
    }
    Ok(())
}

fn access(data: &Data, raw: &str) -> Result<String, String> {
    let members = Members::read(raw).ok_or("it must be an object")?;
    match members.get("type") {
        Some(kind @ ("\"all\"" | "\"none\"")) => Ok(format!("{{\"type\":{kind}}}")),
        Some("\"specific\"") => {
            let categories = members.get("categories").and_then(value::integers);
            let categories = categories.ok_or("a specific access needs categories")?;
            if let Some(unknown) = categories.iter().find(|id| data.table("categories").get(**id).is_none()) {
                return Err(format!("category {unknown} does not exist"));
            }
            let categories: Vec<String> = categories.iter().map(i64::to_string).collect();
            Ok(format!("{{\"type\":\"specific\",\"categories\":[{}]}}", categories.join(",")))
        }
        _ => Err("its type must be all, specific or none".into()),
    }
}

fn rules(data: &Data, raw: &str) -> Result<String, String> {
    let entries = json::entries(raw).ok_or("they must be an array")?;
    let mut rules = Vec::with_capacity(entries.len());
    let mut whole = 0;
    for entry in &entries {
        let members = Members::read(entry).ok_or("a rule must be an object")?;
        let kind = members.get("type").map(|raw| json::plain(raw).into_owned()).unwrap_or_default();
        let named = |member: &str, table: &str| -> Result<String, String> {
            let id = members.get(member).and_then(json::integer);
            let id = id.ok_or_else(|| format!("a rule of type {kind} needs {member}"))?;
            match declare::number(table).is_none_or(|at| data.tables()[at].get(id).is_some()) {
                true => Ok(id.to_string()),
                false => Err(format!("{member} {id} does not exist")),
            }
        };
        if kind == "price_list" {
            if entries.len() > 1 {
                return Err("a price list is the only rule of a group".into());
            }
            let id = named("price_list_id", "price_lists")?;
            rules.push(object([("type", "\"price_list\""), ("price_list_id", &id)].into_iter()));
            continue;
        }
        let method = members.get("method").unwrap_or_default();
        if !matches!(method, "\"percent\"" | "\"fixed\"" | "\"price\"") {
            return Err("the method of a rule must be percent, fixed or price".into());
        }
        let amount = members.get("amount").and_then(value::decimal).filter(|a| !a.is_sign_negative());
        let amount = value::amount(amount.ok_or("a rule needs an amount")?);
        let kind_text = json::quote(&kind);
        let mut rule = vec![("type", kind_text.as_str()), ("method", method), ("amount", amount.as_str())];
        let id = match kind.as_str() {
            "category" => Some(("category_id", named("category_id", "categories")?)),
            "product" => Some(("product_id", named("product_id", "products")?)),
            "all" => {
                whole += 1;
                None
            }
            _ => return Err("the type of a rule must be price_list, category, product or all".into()),
        };
        if let Some((member, id)) = &id {
            rule.push((member, id));
        }
        rules.push(object(rule.into_iter()));
    }
    if whole > 1 {
        return Err("a group has at most one rule for everything".into());
    }
    Ok(format!("[{}]", rules.join(",")))
}

/// Only one group is the default, and only one is for guests.
pub(super) fn stored(data: &mut Data, draft: &Draft) {
    for flag in ONLY_ONE.iter().filter(|flag| draft.given(flag) == Some("true")) {
        let has = |text: &str| Members::read(text).is_some_and(|members| members.get(flag) == Some("true"));
        let records = data.table("customer_groups").records().iter();
        let others: Vec<i64> =
            records.filter(|r| r.id != draft.id && has(&r.text)).map(|record| record.id).collect();
        for id in others {
            write::touch(data, "customer_groups", id, &[(flag, "false".into())]);
        }
    }
}

/// The group that new customers get.
pub(super) fn of_new_customers(data: &Data) -> Option<i64> {
    let is_default = |text: &str| Members::read(text).and_then(|m| m.get("is_default")) == Some("true");
    data.table("customer_groups").records().iter().find(|record| is_default(&record.text)).map(|r| r.id)
}

/// The customers of a group are in none when it goes.
pub(super) fn deleting(data: &mut Data, group: i64) {
    let of =
        |text: &str| Members::read(text).and_then(|m| m.get("customer_group_id").and_then(json::integer));
    let records = data.table("customers").records().iter();
    let ids: Vec<i64> = records.filter(|r| of(&r.text) == Some(group)).map(|r| r.id).collect();
    for id in ids {
        write::touch(data, "customers", id, &[("customer_group_id", "0".into())]);
    }
}
