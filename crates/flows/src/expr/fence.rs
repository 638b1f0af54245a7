//! What may not be written: functions that reach outside of the input or need never end, and definitions that
//! call themselves.

use jaq_core::load::lex::StrPart;
use jaq_core::load::parse::{BinaryOp, Pattern, Term};
use jaq_core::path::Part;

/// Functions and definitions that reach outside of the input.
const OUTSIDE: [&str; 11] = [
    "env",
    "halt",
    "halt_error",
    "input",
    "inputs",
    "input_filename",
    "debug",
    "debug_empty",
    "stderr",
    "stderr_empty",
    "get_search_list",
];
/// Definitions that need never end, or grow beyond all measure; `..` and `recurse` walk their input and do end.
const ENDLESS: [&str; 5] = ["repeat", "while", "until", "recurse", "combinations"];

/// Whether the function or definition `name` is taken away.
pub(super) fn is_outside(name: &str) -> bool {
    OUTSIDE.contains(&name)
}

/// Why a term is refused, and the part of the text that is to blame.
type Refusal<'s> = (String, &'s str);

/// Refuses what is not available and definitions that call themselves.
pub(super) fn check<'s>(term: &Term<&'s str>) -> Result<(), Refusal<'s>> {
    walk(term, &mut Vec::new())
}

/// `enclosing` are the definitions around the term, by name and number of arguments.
fn walk<'s>(term: &Term<&'s str>, enclosing: &mut Vec<(&'s str, usize)>) -> Result<(), Refusal<'s>> {
    match term {
        Term::Id | Term::Recurse | Term::Num(_) | Term::Var(_) | Term::Break(_) => Ok(()),
        Term::Str(_, parts) => parts.iter().try_for_each(|part| match part {
            StrPart::Term(term) => walk(term, enclosing),
            StrPart::Str(_) | StrPart::Char(_) => Ok(()),
        }),
        Term::Arr(inner) => inner.iter().try_for_each(|term| walk(term, enclosing)),
        Term::Obj(members) => members.iter().try_for_each(|(key, value)| {
            walk(key, enclosing)?;
            value.iter().try_for_each(|term| walk(term, enclosing))
        }),
        Term::Neg(inner) | Term::Label(_, inner) => walk(inner, enclosing),
        Term::BinOp(left, op, right) => {
            walk(left, enclosing)?;
            if let BinaryOp::Pipe(Some(pattern)) = op {
                walk_pattern(pattern, enclosing)?;
            }
            walk(right, enclosing)
        }
        Term::Fold(_, source, pattern, rest) => {
            walk(source, enclosing)?;
            walk_pattern(pattern, enclosing)?;
            rest.iter().try_for_each(|term| walk(term, enclosing))
        }
        Term::TryCatch(tried, caught) => {
            walk(tried, enclosing)?;
            caught.iter().try_for_each(|term| walk(term, enclosing))
        }
        Term::IfThenElse(branches, otherwise) => {
            branches.iter().try_for_each(|(condition, then)| {
                walk(condition, enclosing)?;
                walk(then, enclosing)
            })?;
            otherwise.iter().try_for_each(|term| walk(term, enclosing))
        }
        Term::Def(definitions, rest) => {
            for definition in definitions {
                enclosing.push((definition.name, definition.args.len()));
                walk(&definition.body, enclosing)?;
                enclosing.pop();
            }
            walk(rest, enclosing)
        }
        Term::Call(name, arguments) => {
            if enclosing.contains(&(name, arguments.len())) {
                return Err((format!("`{name}` calls itself"), *name));
            }
            let endless = ENDLESS.contains(name) && !(*name == "recurse" && arguments.is_empty());
            if endless || is_outside(name) {
                return Err((format!("`{name}` is not available"), *name));
            }
            arguments.iter().try_for_each(|term| walk(term, enclosing))
        }
        Term::Path(from, path) => {
            walk(from, enclosing)?;
            path.0.iter().try_for_each(|(part, _)| match part {
                Part::Index(term) => walk(term, enclosing),
                Part::Range(from, to) => from.iter().chain(to).try_for_each(|term| walk(term, enclosing)),
            })
        }
    }
}

fn walk_pattern<'s>(
    pattern: &Pattern<&'s str>,
    enclosing: &mut Vec<(&'s str, usize)>,
) -> Result<(), Refusal<'s>> {
    match pattern {
        Pattern::Var(_) => Ok(()),
        Pattern::Arr(inner) => inner.iter().try_for_each(|pattern| walk_pattern(pattern, enclosing)),
        Pattern::Obj(members) => members.iter().try_for_each(|(key, pattern)| {
            walk(key, enclosing)?;
            walk_pattern(pattern, enclosing)
        }),
    }
}
