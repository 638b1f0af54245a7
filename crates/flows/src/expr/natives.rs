//! Functions of our own in jq: decimals, look-ups in the mirror, the clock, and bounded forms of jq's own.

use baxter_engine::model::stream;
use jaq_core::box_iter::box_once;
use jaq_core::native::{Filter, Fun, bome, run, v};
use jaq_core::{Cv, Exn, RunPtr, ValT, ValXs};
use jaq_json::{Error, Val};
use rust_decimal::Decimal;

use super::{Jq, Scope, decimal};

/// Functions of jq's library that stand here in another form.
pub(super) const REPLACED: [&str; 3] = ["range", "now", "fromjson"];

type Answer = Result<Val, String>;

/// All of them.
pub(super) fn all() -> impl Iterator<Item = Fun<Jq>> {
    functions().into_vec().into_iter().map(|(name, arity, f)| run::<Jq>((name, arity, f)))
}

fn functions() -> Box<[Filter<RunPtr<Jq>>]> {
    Box::new([
        ("dadd", v(2), |cv| two(cv, |a, b| decimal::add(a, b).map(text))),
        ("dsub", v(2), |cv| two(cv, |a, b| decimal::sub(a, b).map(text))),
        ("dmul", v(2), |cv| two(cv, |a, b| decimal::mul(a, b).map(text))),
        ("dcmp", v(2), |cv| two(cv, |a, b| Ok(Val::from(decimal::cmp(a, b))))),
        ("dneg", v(0), |cv| answer(decimal::of(&cv.1).and_then(decimal::neg).map(text))),
        ("dabs", v(0), |cv| answer(decimal::of(&cv.1).and_then(decimal::abs).map(text))),
        ("dsum", v(0), |cv| answer(sum(&cv.1))),
        ("dround", v(2), |mut cv| {
            let (places, x) = (cv.0.pop_var(), cv.0.pop_var());
            answer(decimal::of(&x).and_then(|x| decimal::round(x, &places)).map(text))
        }),
        ("lookup", v(2), |mut cv| {
            let (key, stream) = (cv.0.pop_var(), cv.0.pop_var());
            answer(lookup(cv.0.data().scope, &stream, &key))
        }),
        ("children", v(1), |mut cv| {
            let stream = cv.0.pop_var();
            answer(children(cv.0.data().scope, &stream))
        }),
        ("now", v(0), |cv| {
            let now = cv.0.data().scope.now;
            // Whole microseconds of this century are exact in a float, and jq's time functions take it.
            bome(Val::from_num(&format!("{}.{:06}", now.as_second(), now.subsec_microsecond())))
        }),
        ("fromjson", v(0), |cv| {
            answer(match &cv.1 {
                Val::TStr(text) => super::read(&String::from_utf8_lossy(text)),
                other => Err(format!("cannot use {other} as string")),
            })
        }),
        ("range", v(3), range),
    ])
}

fn answer<'a>(result: Answer) -> ValXs<'a, Val> {
    bome(result.map_err(Error::str))
}

fn text(decimal: Decimal) -> Val {
    Val::from(decimal.to_string())
}

fn two<'a>(mut cv: Cv<'a, Jq>, f: impl Fn(Decimal, Decimal) -> Answer) -> ValXs<'a, Val> {
    let (b, a) = (cv.0.pop_var(), cv.0.pop_var());
    answer(decimal::of(&a).and_then(|a| f(a, decimal::of(&b)?)))
}

fn sum(values: &Val) -> Answer {
    let Val::Arr(values) = values else {
        return Err("dsum wants an array of decimals".to_owned());
    };
    let mut sum = Decimal::ZERO;
    for value in values.iter() {
        sum = decimal::add(sum, decimal::of(value)?)?;
    }
    Ok(text(sum))
}

fn stream_of(value: &Val) -> Result<&'static stream::Stream, String> {
    let found = match value {
        Val::TStr(name) => std::str::from_utf8(name).ok().and_then(stream::named),
        _ => None,
    };
    found.ok_or_else(|| {
        let names: Vec<&str> = stream::all().iter().map(|stream| stream.name.as_str()).collect();
        format!("{value} is no stream; there are {}", names.join(", "))
    })
}

const NO_MIRROR: &str = "there is no mirror to look into";

fn lookup(scope: &Scope, stream: &Val, key: &Val) -> Answer {
    scope.step()?;
    let stream = stream_of(stream)?;
    let key = match key {
        Val::TStr(key) => String::from_utf8_lossy(key).into_owned(),
        Val::Num(key) => key.to_string(),
        other => return Err(format!("{other} is no key")),
    };
    let mirror = scope.mirror.ok_or(NO_MIRROR)?;
    match mirror.record(stream, &key).map_err(|error| error.to_string())? {
        Some(record) => super::read(&record),
        None => Ok(Val::Null),
    }
}

fn children(scope: &Scope, child: &Val) -> Answer {
    scope.step()?;
    let child = stream_of(child)?;
    let (parent, key) = scope.record.ok_or("there is no record to look from")?;
    if child.parent_stream().is_none_or(|stream| stream.name != parent) {
        return Err(format!("records of {} do not belong to {parent}", child.name));
    }
    let mirror = scope.mirror.ok_or(NO_MIRROR)?;
    let records = mirror.children(child, key).map_err(|error| error.to_string())?;
    records.iter().map(|record| super::read(record)).collect()
}

/// jq's `range`, in steps that are counted.
fn range(mut cv: Cv<Jq>) -> ValXs<Val> {
    let (by, to, from) = (cv.0.pop_var(), cv.0.pop_var(), cv.0.pop_var());
    let scope = cv.0.data().scope;
    let rising = by > Val::from(0usize);
    if !rising && by >= Val::from(0usize) {
        return box_once(Err(Exn::from(Error::str("range does not end by steps of zero"))));
    }
    let mut next = Some(from);
    Box::new(std::iter::from_fn(move || {
        let value = next.take().filter(|value| if rising { *value < to } else { *value > to })?;
        if let Err(reason) = scope.step() {
            return Some(Err(Exn::from(Error::str(reason))));
        }
        match value.clone() + by.clone() {
            Ok(following) => next = Some(following),
            Err(error) => return Some(Err(Exn::from(error))),
        }
        Some(Ok(value))
    }))
}
