//! Currencies: exactly one is the default (currencies.v2.yml).

use crate::data::{Data, SINGLE};
use crate::json::{self, Members, quote};
use crate::serve::{Answer, Failure};
use crate::write::{self, Draft, invalid, value};

/// Members of the store that follow from its default currency.
const OF_STORE: &[(&str, &str)] = &[
    ("currency_code", "currency"),
    ("token", "currency_symbol"),
    ("decimal_token", "decimal_separator"),
    ("thousands_token", "thousands_separator"),
    ("decimal_places", "decimal_places"),
    ("token_location", "currency_symbol_location"),
];

fn flag(text: &str, name: &str) -> bool {
    Members::read(text).is_some_and(|members| members.get(name) == Some("true"))
}

fn code(text: &str) -> String {
    let members = Members::read(text);
    members
        .and_then(|members| members.get("currency_code"))
        .map(|raw| json::plain(raw).into_owned())
        .unwrap_or_default()
}

/// The code of the default currency.
pub(super) fn default_code(data: &Data) -> String {
    let records = data.table("currencies").records();
    let default = records.iter().find(|record| flag(&record.text, "is_default")).or(records.first());
    default.map_or_else(|| "USD".into(), |record| code(&record.text))
}

/// Whether a currency is there and enabled.
pub(super) fn is_enabled(data: &Data, wanted: &str) -> bool {
    let records = data.table("currencies").records().iter();
    records.filter(|record| flag(&record.text, "enabled")).any(|record| code(&record.text) == wanted)
}

/// Checks a currency.
pub(super) fn prepare(draft: &mut Draft) -> Result<(), Failure> {
    let was = draft.old_value("is_default").as_deref() == Some("true");
    if was && draft.given("is_default") == Some("false") {
        return Err(invalid("is_default", "The default currency changes by making another one the default."));
    }
    if let Some(sent) = draft.given("currency_exchange_rate") {
        let rate = value::decimal(sent).filter(|rate| !rate.is_sign_negative() && !rate.is_zero());
        let rate = rate.ok_or_else(|| invalid("currency_exchange_rate", "The rate must be above 0."))?;
        let text = format!("{:.10}", rate.round_dp(10));
        draft.set_text("currency_exchange_rate", &text);
    }
    if let Some(sent) = draft.given("currency_code").and_then(json::string) {
        if !sent.chars().all(|c| c.is_ascii_alphabetic()) {
            return Err(invalid("currency_code", "The code must be three letters."));
        }
        let upper = sent.to_uppercase();
        draft.set_text("currency_code", &upper);
    }
    Ok(())
}

/// There is one default; the store tells of it.
pub(super) fn stored(data: &mut Data, draft: &Draft) {
    if draft.get("is_default").as_deref() != Some("true") {
        return;
    }
    if draft.given("is_default") == Some("true") {
        let records = data.table("currencies").records().iter();
        let others: Vec<i64> =
            records.filter(|r| r.id != draft.id && flag(&r.text, "is_default")).map(|r| r.id).collect();
        for id in others {
            write::touch(data, "currencies", id, &[("is_default", "false".into())]);
        }
    }
    let Some(text) = data.text("currencies", draft.id).map(str::to_owned) else { return };
    let Some(members) = Members::read(&text) else { return };
    let changes: Vec<(&str, String)> =
        OF_STORE.iter().filter_map(|(own, store)| Some((*store, members.get(own)?.to_owned()))).collect();
    write::touch(data, "store", SINGLE, &changes);
}

/// The default currency stays.
pub(super) fn deleting(data: &Data, id: i64) -> Result<(), Failure> {
    match data.text("currencies", id) {
        Some(text) if flag(text, "is_default") => {
            Err(Failure::new(400, format!("The default currency {} cannot be deleted.", quote(&code(text)))))
        }
        _ => Ok(()),
    }
}

/// DELETE of all currencies but the default one.
pub(super) fn delete_all(data: &mut Data) -> Result<Answer, Failure> {
    let records = data.table("currencies").records().iter();
    let ids: Vec<i64> = records.filter(|r| !flag(&r.text, "is_default")).map(|r| r.id).collect();
    for id in ids {
        data.remove("currencies", id);
    }
    Ok(Answer::nothing())
}
