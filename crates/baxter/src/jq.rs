//! jq for `--jq`, behind a fence: a filter sees its input and nothing else (no environment, no files, no
//! halting, no writing past the printer), and neither its nesting nor its output is unbounded.

use std::thread;

use jaq_core::load::lex::StrPart;
use jaq_core::load::parse::{BinaryOp, Pattern, Term};
use jaq_core::load::{self, Arena, File, Loader};
use jaq_core::path::Part;
use jaq_core::{Compiler, Ctx, Vars, data, unwrap_valr};
use jaq_json::Val;
use tokio::sync::oneshot;

use crate::failure::{Code, Failure};

/// The longest filter.
const FILTER_MAX: usize = 16 * 1024;
/// The most outputs of one input.
const OUTPUTS_MAX: usize = 1_000_000;
/// The most bytes of outputs of one input.
const BYTES_MAX: usize = 256 * 1024 * 1024;
/// Filters nest as deep as their text is long; the parser recurses that deep.
const STACK: usize = 256 * 1024 * 1024;

/// Native functions that reach outside of the input.
const OUTSIDE: [&str; 7] =
    ["env", "halt", "input", "inputs", "debug_empty", "stderr_empty", "input_filename"];
/// Definitions that need those.
const OUTSIDE_DEFINITIONS: [&str; 4] = ["halt", "halt_error", "stderr", "debug"];
/// Definitions that need never end; `..` and `recurse` walk their input and do.
const ENDLESS: [&str; 4] = ["repeat", "while", "until", "recurse"];

/// A filter that was checked and can be run often.
#[derive(Clone)]
pub struct Jq(std::sync::Arc<jaq_core::Filter<data::JustLut<Val>>>);

impl Jq {
    /// Checks and compiles a filter.
    pub async fn compile(text: &str) -> Result<Self, Failure> {
        let refused = |reason: String| {
            Failure::new(Code::QueryRefused, format!("the jq filter is not usable: {reason}"))
                .did("sent nothing")
                .hint("filters are jq as jaq reads it, without env, input, debug, halt, repeat, while, until and recursion")
        };
        if text.len() > FILTER_MAX {
            return Err(refused(format!("it is longer than {FILTER_MAX} bytes")));
        }
        let text = text.to_owned();
        on_a_deep_stack(move || compile(&text)).await?.map_err(refused)
    }

    /// Runs the filter over one JSON text. Each output is a line: a string as it is, all else as JSON.
    pub async fn run(&self, json: bytes::Bytes) -> Result<Vec<String>, Failure> {
        let filter = self.clone();
        on_a_deep_stack(move || filter.outputs(&json))
            .await?
            .map_err(|reason| Failure::new(Code::QueryRefused, format!("the jq filter failed: {reason}")))
    }

    fn outputs(&self, json: &[u8]) -> Result<Vec<String>, String> {
        // jaq's reader recurses without a bound; serde_json's refuses nesting beyond 128.
        serde_json::from_slice::<serde_json::Value>(json)
            .map_err(|error| format!("the answer is not JSON: {error}"))?;
        let input = jaq_json::read::parse_single(json).map_err(|error| error.to_string())?;
        let context = Ctx::<data::JustLut<Val>>::new(&self.0.lut, Vars::new([]));
        let mut outputs = Vec::new();
        let mut bytes = 0;
        for output in self.0.id.run((context, input)).map(unwrap_valr) {
            let line = match output.map_err(|error| error.to_string())? {
                Val::TStr(text) => String::from_utf8_lossy(&text).into_owned(),
                other => other.to_string(),
            };
            bytes += line.len();
            if outputs.len() == OUTPUTS_MAX || bytes > BYTES_MAX {
                return Err("it puts out more than is sensible".into());
            }
            outputs.push(line);
        }
        Ok(outputs)
    }
}

/// Runs `work` on a thread of its own that is abandoned when nobody waits any more.
async fn on_a_deep_stack<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
    let (done, result) = oneshot::channel();
    let failed = |reason: String| Failure::new(Code::Internal, format!("jq could not be run: {reason}"));
    thread::Builder::new()
        .name("jq".into())
        .stack_size(STACK)
        .spawn(move || done.send(work()).ok())
        .map_err(|error| failed(error.to_string()))?;
    result.await.map_err(|_| failed("its thread ended".into()))
}

fn compile(text: &str) -> Result<Jq, String> {
    let arena = Arena::default();
    let definitions = jaq_core::defs()
        .chain(jaq_std::defs().filter(|def| !OUTSIDE_DEFINITIONS.contains(&def.name)))
        .chain(jaq_json::defs());
    let modules = Loader::new(definitions)
        .load(&arena, File { code: text, path: () })
        .map_err(|errors| describe_load(errors, text))?;
    let term = load::parse(text, |parser| parser.term()).ok_or("modules are not available")?;
    fence(&term, &mut Vec::new())?;
    let functions = jaq_core::funs()
        .chain(jaq_std::funs())
        .chain(jaq_json::funs())
        .filter(|(name, _, _)| !OUTSIDE.contains(name));
    let filter = Compiler::default().with_funs(functions).compile(modules).map_err(|errors| {
        let undefined = errors.into_iter().flat_map(|(_, errors)| errors);
        let words: Vec<_> =
            undefined.take(3).map(|(name, kind)| format!("there is no {} `{name}`", kind.as_str())).collect();
        words.join("; ")
    })?;
    Ok(Jq(filter.into()))
}

/// What could not be read, in words.
fn describe_load(errors: load::Errors<&str, ()>, text: &str) -> String {
    let at = |part: &str| {
        if part.is_empty() { "at its end".to_owned() } else { format!("at `{}`", head(part)) }
    };
    let mut words = Vec::new();
    for (file, error) in errors {
        if !std::ptr::eq(file.code, text) {
            continue;
        }
        match error {
            load::Error::Io(errors) => {
                words.extend(errors.iter().map(|(path, error)| format!("{path}: {error}")));
            }
            load::Error::Lex(errors) => {
                words.extend(
                    errors.iter().map(|(wanted, part)| format!("{} is needed {}", wanted.as_str(), at(part))),
                );
            }
            load::Error::Parse(errors) => {
                words.extend(
                    errors.iter().map(|(wanted, part)| format!("{} is needed {}", wanted.as_str(), at(part))),
                );
            }
        }
    }
    words.truncate(3);
    words.join("; ")
}

fn head(text: &str) -> String {
    text.chars().take(20).collect()
}

/// Refuses endless definitions and definitions that call themselves; `enclosing` are the names of the
/// definitions around the term.
fn fence<'s>(term: &Term<&'s str>, enclosing: &mut Vec<&'s str>) -> Result<(), String> {
    match term {
        Term::Id | Term::Recurse | Term::Num(_) | Term::Var(_) | Term::Break(_) => Ok(()),
        Term::Str(_, parts) => parts.iter().try_for_each(|part| match part {
            StrPart::Term(term) => fence(term, enclosing),
            StrPart::Str(_) | StrPart::Char(_) => Ok(()),
        }),
        Term::Arr(inner) => inner.iter().try_for_each(|term| fence(term, enclosing)),
        Term::Obj(members) => members.iter().try_for_each(|(key, value)| {
            fence(key, enclosing)?;
            value.iter().try_for_each(|term| fence(term, enclosing))
        }),
        Term::Neg(inner) | Term::Label(_, inner) => fence(inner, enclosing),
        Term::BinOp(left, op, right) => {
            fence(left, enclosing)?;
            if let BinaryOp::Pipe(Some(pattern)) = op {
                fence_pattern(pattern, enclosing)?;
            }
            fence(right, enclosing)
        }
        Term::Fold(_, source, pattern, rest) => {
            fence(source, enclosing)?;
            fence_pattern(pattern, enclosing)?;
            rest.iter().try_for_each(|term| fence(term, enclosing))
        }
        Term::TryCatch(tried, caught) => {
            fence(tried, enclosing)?;
            caught.iter().try_for_each(|term| fence(term, enclosing))
        }
        Term::IfThenElse(branches, otherwise) => {
            branches.iter().try_for_each(|(condition, then)| {
                fence(condition, enclosing)?;
                fence(then, enclosing)
            })?;
            otherwise.iter().try_for_each(|term| fence(term, enclosing))
        }
        Term::Def(definitions, rest) => {
            for definition in definitions {
                enclosing.push(definition.name);
                fence(&definition.body, enclosing)?;
                enclosing.pop();
            }
            fence(rest, enclosing)
        }
        Term::Call(name, arguments) => {
            if enclosing.contains(name) {
                return Err(format!("`{name}` calls itself"));
            }
            let endless = ENDLESS.contains(name) && !(*name == "recurse" && arguments.is_empty());
            if endless || OUTSIDE.contains(name) {
                return Err(format!("`{name}` is not available"));
            }
            arguments.iter().try_for_each(|term| fence(term, enclosing))
        }
        Term::Path(from, path) => {
            fence(from, enclosing)?;
            path.0.iter().try_for_each(|(part, _)| match part {
                Part::Index(term) => fence(term, enclosing),
                Part::Range(from, to) => from.iter().chain(to).try_for_each(|term| fence(term, enclosing)),
            })
        }
    }
}

fn fence_pattern<'s>(pattern: &Pattern<&'s str>, enclosing: &mut Vec<&'s str>) -> Result<(), String> {
    match pattern {
        Pattern::Var(_) => Ok(()),
        Pattern::Arr(inner) => inner.iter().try_for_each(|pattern| fence_pattern(pattern, enclosing)),
        Pattern::Obj(members) => members.iter().try_for_each(|(key, pattern)| {
            fence(key, enclosing)?;
            fence_pattern(pattern, enclosing)
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn run(filter: &str, json: &str) -> Result<Vec<String>, String> {
        let filter = Jq::compile(filter).await.map_err(|failure| failure.what().to_owned())?;
        filter.run(json.to_owned().into()).await.map_err(|failure| failure.what().to_owned())
    }

    #[tokio::test]
    async fn keeps_decimal_tokens_and_prints_strings_bare() {
        let json = r#"{"data":[{"id":1,"price":1.10,"name":"a \"b\""}]}"#;
        assert_eq!(run(".data[].price", json).await.unwrap(), ["1.10"]);
        assert_eq!(run(".data[] | .name, {id}", json).await.unwrap(), ["a \"b\"", r#"{"id":1}"#]);
        assert_eq!(run(".data | map(.id) | add", json).await.unwrap(), ["1"]);
        assert_eq!(run("[recurse | numbers] | length", json).await.unwrap(), ["2"]);
    }

    #[tokio::test]
    async fn stays_behind_the_fence() {
        for (filter, reason) in [
            ("env", "`env` is not available"),
            ("$ENV", "there is no variable `$ENV`"),
            ("input", "`input` is not available"),
            ("halt", "`halt` is not available"),
            ("debug", "there is no filter `debug`"),
            ("[repeat(1)]", "`repeat` is not available"),
            ("recurse(.)", "`recurse` is not available"),
            ("def f: [f]; f", "`f` calls itself"),
            ("def f: def g: f; g; f", "`f` calls itself"),
            ("\"\\(env)\"", "`env` is not available"),
            (".a as {(env): $x} | $x", "`env` is not available"),
            ("nope(1)", "there is no filter `nope`"),
            ("include \"x\"; .", "module loading"),
            (".[", "is needed at"),
        ] {
            let found = run(filter, "{}").await.unwrap_err();
            assert!(found.contains(reason), "{filter}: {found}");
        }
        let failed = run("range(infinite)", "{}").await.unwrap_err();
        assert!(failed.contains("more than is sensible"), "{failed}");
    }

    #[tokio::test]
    async fn survives_deep_nesting() {
        let deep = "(".repeat(8000) + "." + &")".repeat(8000);
        assert_eq!(run(&deep, "1").await.unwrap(), ["1"]);
        let deep = "[".repeat(100_000) + &"]".repeat(100_000);
        assert!(run(".", &deep).await.unwrap_err().contains("recursion"));
    }
}
