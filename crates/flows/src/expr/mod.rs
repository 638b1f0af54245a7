//! Expressions: the jq of `where` and `map` and of whoever else filters JSON, behind a fence.
//!
//! An expression sees its input, the clock that it is given and the mirror, and nothing else: no environment, no
//! files, no halting, no output of its own. It cannot recurse or generate without end, what it puts out is
//! bounded, and it runs on a thread that can be abandoned. [`fence`] says what may be written, [`decimal`]
//! and [`natives`] are the functions of our own.

mod decimal;
mod fence;
mod natives;

use std::cell::Cell;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use baxter_engine::storage::Reader;
use jaq_core::load::{self, Arena, File, Loader};
use jaq_core::{Compiler, Ctx, DataT, Lut, Vars, data::HasLut, unwrap_valr};
use jaq_json::Val;
use jiff::Timestamp;
use tokio::sync::oneshot;

/// The longest expression, in bytes.
pub const LONGEST: usize = 16 * 1024;
/// How deep JSON may nest that is handed to an expression: its reader recurses.
const NESTING_MAX: usize = 256;
/// Steps of ranges and look-ups that one input may take.
const STEPS_MAX: u32 = 1_000_000;
/// Expressions nest as deep as their text is long; reading one recurses that deep. Only what is used is taken.
pub(crate) const STACK: usize = 256 * 1024 * 1024;

/// What jq has and its implementation here does not.
const DEFINITIONS: &str = "def IN(s): . as $x | any(s; . == $x); def IN(src; s): any(src | IN(s); .);";

/// What is wrong with an expression, and where in its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What is wrong.
    pub what: String,
    /// The bytes of the expression that it is about.
    pub at: Range<usize>,
}

/// How much one input may become.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The most outputs.
    pub outputs: usize,
    /// The most bytes of all outputs together.
    pub bytes: usize,
}

/// What texts outputs become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// Compact JSON; what jq knows and JSON does not, such as nan, is refused.
    Json,
    /// Strings as they are; all else is refused.
    Strings,
    /// Strings as they are, all else as jq prints it.
    Printed,
}

/// A jq expression that was checked and can be run often.
#[derive(Clone)]
pub struct Expression(Arc<jaq_core::Filter<Jq>>);

impl std::fmt::Debug for Expression {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str("Expression(…)")
    }
}

/// What an expression can reach besides its input.
pub(crate) struct Scope<'a> {
    now: Timestamp,
    mirror: Option<&'a Reader>,
    /// Stream and key of the record that the input is about.
    record: Option<(&'a str, &'a str)>,
    steps: Cell<u32>,
    stop: &'a AtomicBool,
}

impl<'a> Scope<'a> {
    /// The scope of a message about the record `key` of `stream`; when `stop` is set, it ends at its next step.
    pub(crate) fn new(
        now: Timestamp,
        mirror: Option<&'a Reader>,
        stream: &'a str,
        key: &'a str,
        stop: &'a AtomicBool,
    ) -> Self {
        Scope { mirror, record: Some((stream, key)), ..Scope::alone(now, stop) }
    }

    /// The scope of an input that is about no record and has no mirror beside it.
    fn alone(now: Timestamp, stop: &'a AtomicBool) -> Self {
        Scope { now, mirror: None, record: None, steps: Cell::new(STEPS_MAX), stop }
    }

    /// Takes a step, or tells why no more may be taken.
    fn step(&self) -> Result<(), String> {
        if self.stop.load(Ordering::Relaxed) {
            return Err("it was stopped".to_owned());
        }
        let left = self.steps.get();
        if left == 0 {
            return Err(format!("it takes more than {STEPS_MAX} steps"));
        }
        self.steps.set(left - 1);
        Ok(())
    }
}

/// What jq works on here: JSON values, with the scope at hand of our own functions.
pub(crate) struct Jq;

impl DataT for Jq {
    type V<'a> = Val;
    type Data<'a> = Surroundings<'a>;
}

/// What jq carries along.
#[derive(Clone, Copy)]
pub(crate) struct Surroundings<'a> {
    lut: &'a Lut<Jq>,
    scope: &'a Scope<'a>,
}

impl<'a> HasLut<'a, Jq> for Surroundings<'a> {
    fn lut(&self) -> &'a Lut<Jq> {
        self.lut
    }
}

impl Expression {
    /// Checks and compiles `text`.
    pub fn compile(text: &str) -> Result<Self, Fault> {
        if text.len() > LONGEST {
            return Err(Fault { what: format!("it is longer than {LONGEST} bytes"), at: 0..1 });
        }
        let compiled = std::thread::scope(|threads| {
            let thread = std::thread::Builder::new().name("jq".to_owned()).stack_size(STACK);
            let compiling = thread.spawn_scoped(threads, || compile(text));
            compiling.ok().and_then(|compiling| compiling.join().ok())
        });
        compiled.unwrap_or_else(|| Err(Fault { what: "it could not be read".to_owned(), at: 0..1 }))
    }

    /// What jq prints for one JSON text that is about no record: strings as they are, all else as compact JSON.
    /// There is no mirror to look into. A string in `Err` says what went wrong.
    ///
    /// It takes as long as the expression does, on a thread of its own; a future that is dropped leaves the thread
    /// alone, to end at its next step.
    pub async fn print(&self, json: String, now: Timestamp, limits: Limits) -> Result<Vec<String>, String> {
        let (done, outputs) = oneshot::channel();
        let stop = Arc::new(AtomicBool::new(false));
        let _abandoned = StopOnDrop(Arc::clone(&stop));
        let expression = self.clone();
        std::thread::Builder::new()
            .name("jq".to_owned())
            .stack_size(STACK)
            .spawn(move || {
                let scope = Scope::alone(now, &stop);
                let outputs =
                    read(&json).and_then(|input| texts(expression.run(input, &scope), Form::Printed, limits));
                done.send(outputs).ok()
            })
            .map_err(|error| format!("there is no thread for it: {error}"))?;
        outputs.await.unwrap_or_else(|_| Err("its thread ended".to_owned()))
    }

    /// The outputs for `input`, one after the other; a string in `Err` says what went wrong.
    pub(crate) fn run<'a>(
        &'a self,
        input: Val,
        scope: &'a Scope,
    ) -> impl Iterator<Item = Result<Val, String>> + 'a {
        let context = Ctx::<Jq>::new(Surroundings { lut: &self.0.lut, scope }, Vars::new([]));
        self.0.id.run((context, input)).map(|output| unwrap_valr(output).map_err(words))
    }

    /// Whether the first output for `input` is neither `false` nor `null`.
    pub(crate) fn holds(&self, input: Val, scope: &Scope) -> Result<bool, String> {
        let first = self.run(input, scope).next().transpose()?;
        Ok(!matches!(first, None | Some(Val::Null | Val::Bool(false))))
    }
}

/// Stops a run that nobody waits for any more.
struct StopOnDrop(Arc<AtomicBool>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// An error as a person reads it: what `error("…")` was given stands bare.
fn words(error: jaq_json::Error) -> String {
    match error.into_val() {
        Val::TStr(text) => String::from_utf8_lossy(&text).into_owned(),
        other => other.to_string(),
    }
}

/// The value of a JSON text that nests no deeper than can be read safely.
pub(crate) fn read(json: &str) -> Result<Val, String> {
    let (mut depth, mut inside, mut escaped) = (0usize, false, false);
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if inside => escaped = true,
            b'"' => inside = !inside,
            b'[' | b'{' if !inside => depth += 1,
            b']' | b'}' if !inside => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > NESTING_MAX {
            return Err(format!("JSON nests deeper than {NESTING_MAX}"));
        }
    }
    jaq_json::read::parse_single(json.as_bytes()).map_err(|error| format!("no JSON: {error}"))
}

/// The texts of `outputs`, which are taken no further than `limits`.
pub(crate) fn texts(
    outputs: impl IntoIterator<Item = Result<Val, String>>,
    form: Form,
    limits: Limits,
) -> Result<Vec<String>, String> {
    let mut bytes = 0;
    let mut texts = Vec::new();
    for output in outputs {
        if texts.len() == limits.outputs {
            return Err(format!("it puts out more than {} values", limits.outputs));
        }
        let text = match output? {
            Val::TStr(text) if form != Form::Json => String::from_utf8_lossy(&text).into_owned(),
            other => form.checked(other.to_string())?,
        };
        bytes += text.len();
        if bytes > limits.bytes {
            return Err(format!("it puts out more than {} bytes", limits.bytes));
        }
        texts.push(text);
    }
    Ok(texts)
}

impl Form {
    /// `text`, as jq writes a value, if it may stand for it.
    fn checked(self, text: String) -> Result<String, String> {
        match self {
            Form::Printed => Ok(text),
            Form::Strings => Err(format!("the output is no string: {}", head(&text, 80))),
            Form::Json => match serde_json::from_str::<serde::de::IgnoredAny>(&text) {
                Ok(_) => Ok(text),
                Err(_) => Err(format!("the output is no JSON: {}", head(&text, 80))),
            },
        }
    }
}

/// The first `most` characters.
pub(crate) fn head(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

fn compile(text: &str) -> Result<Expression, Fault> {
    let arena = Arena::default();
    // A text of our own, and a test reads it.
    let ours = load::parse(DEFINITIONS, |parser| parser.defs()).unwrap_or_default();
    let definitions = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs()).chain(ours);
    let modules = Loader::new(definitions.filter(|definition| !fence::is_outside(definition.name)))
        .load(&arena, File { code: text, path: () })
        .map_err(|errors| unreadable(errors, text))?;
    let term = load::parse(text, |parser| parser.term())
        .ok_or(Fault { what: "modules are not available".to_owned(), at: 0..1 })?;
    fence::check(&term).map_err(|(what, part)| Fault { what, at: span(text, part) })?;
    let functions = jaq_core::funs()
        .chain(jaq_std::funs())
        .chain(jaq_json::funs())
        .filter(|(name, _, _)| !fence::is_outside(name) && !natives::REPLACED.contains(name))
        .chain(natives::all());
    let filter = Compiler::default().with_funs(functions).compile(modules).map_err(|errors| {
        let first = errors.into_iter().flat_map(|(_, errors)| errors).next();
        first.map_or(Fault { what: "it is not usable".to_owned(), at: 0..1 }, |(name, kind)| Fault {
            what: format!("there is no {} `{name}`", kind.as_str()),
            at: span(text, name),
        })
    })?;
    Ok(Expression(filter.into()))
}

/// What could not be read, in words.
fn unreadable(errors: load::Errors<&str, ()>, text: &str) -> Fault {
    for (file, error) in errors {
        if !std::ptr::eq(file.code, text) {
            continue;
        }
        let (wanted, part) = match &error {
            load::Error::Io(errors) => match errors.first() {
                Some((path, error)) => return Fault { what: error.clone(), at: span(text, path) },
                None => continue,
            },
            load::Error::Lex(errors) => match errors.first() {
                Some((wanted, part)) => (wanted.as_str(), *part),
                None => continue,
            },
            load::Error::Parse(errors) => match errors.first() {
                Some((wanted, part)) => (wanted.as_str(), *part),
                None => continue,
            },
        };
        let place =
            if part.is_empty() { "at its end".to_owned() } else { format!("at `{}`", head(part, 20)) };
        return Fault { what: format!("{wanted} is needed {place}"), at: span(text, part) };
    }
    Fault { what: "it could not be read".to_owned(), at: 0..1 }
}

/// Where `part` stands in `text`; the beginning when it is no part of it.
fn span(text: &str, part: &str) -> Range<usize> {
    let bounds = text.as_bytes().as_ptr_range();
    let found = part.as_bytes().as_ptr_range();
    if found.start < bounds.start || found.end > bounds.end {
        return 0..1;
    }
    load::span(text, part)
}

#[cfg(test)]
mod tests;
