//! Hooks: which ones the streams need, and what is to be done so that the store has them.

use std::collections::BTreeMap;

use bigcommerce::{Client, Paging, Request};
use futures::TryStreamExt;
use serde::{Deserialize, Serialize};

use super::Error;
use crate::model::event;
use crate::model::stream::Stream;

/// The path of hooks. Source: BigCommerce reference/webhooks.v3.yml.
const PATH: &str = "/v3/hooks";

/// A hook as the store has it; only hooks of the same client are visible.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hook {
    /// Its id.
    pub id: i64,
    /// The events that it is for.
    pub scope: String,
    /// Where they are sent.
    pub destination: String,
    /// Whether they are sent at all: the store switches hooks off that fail for long.
    #[serde(default)]
    pub is_active: bool,
}

/// What is to be done so that the store's hooks are as needed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "action")]
pub enum Step {
    /// A hook is missing.
    Create {
        /// The events that it is to be for.
        scope: String,
    },
    /// A hook is switched off.
    SwitchOn {
        /// The hook.
        hook: Hook,
    },
    /// A hook of ours is for events that no stream needs, or stands twice.
    Delete {
        /// The hook.
        hook: Hook,
    },
}

/// Compares the hooks that `streams` need at `destination` with those that the store has. Hooks with another
/// destination are somebody else's.
pub fn plan(streams: &[&'static Stream], destination: &str, present: &[Hook]) -> Vec<Step> {
    let mut ours: BTreeMap<&str, Vec<&Hook>> = BTreeMap::new();
    for hook in present.iter().filter(|hook| hook.destination == destination) {
        ours.entry(&hook.scope).or_default().push(hook);
    }
    let mut steps = Vec::new();
    for scope in event::scopes(streams) {
        match ours.remove(scope) {
            None => steps.push(Step::Create { scope: scope.to_owned() }),
            Some(hooks) => {
                for (place, hook) in hooks.into_iter().enumerate() {
                    if place > 0 {
                        steps.push(Step::Delete { hook: hook.clone() });
                    } else if !hook.is_active {
                        steps.push(Step::SwitchOn { hook: hook.clone() });
                    }
                }
            }
        }
    }
    steps.extend(ours.into_values().flatten().map(|hook| Step::Delete { hook: hook.clone() }));
    steps
}

/// The hooks that the store has of this client.
pub async fn list(client: &Client) -> Result<Vec<Hook>, Error> {
    let mut hooks = Vec::new();
    let mut pages = std::pin::pin!(client.pages(Request::get(PATH), Paging::Offset, 250));
    while let Some(page) = pages.try_next().await? {
        hooks.extend(page.decode::<Hook>()?);
    }
    Ok(hooks)
}

/// Carries out one step.
pub async fn carry_out(client: &Client, step: &Step, destination: &str) -> Result<(), Error> {
    #[derive(Serialize)]
    struct New<'a> {
        scope: &'a str,
        destination: &'a str,
        is_active: bool,
    }
    #[derive(Serialize)]
    struct On {
        is_active: bool,
    }
    let request = match step {
        // A doubled hook is refused by the store, so that creating it again does no harm.
        Step::Create { scope } => {
            Request::post(PATH).json(&New { scope, destination, is_active: true }).idempotent(true)
        }
        Step::SwitchOn { hook } => Request::put(format!("{PATH}/{}", hook.id)).json(&On { is_active: true }),
        Step::Delete { hook } => Request::delete(format!("{PATH}/{}", hook.id)),
    };
    match client.send(request).await {
        Ok(_) => Ok(()),
        Err(error) if error.status().is_some_and(|status| status.as_u16() == 422) => {
            // Somebody else of this account, such as a running `baxter serve`, may have made it just now.
            let Step::Create { scope } = step else { return Err(error.into()) };
            let is_it =
                |hook: &Hook| hook.scope == *scope && hook.destination == destination && hook.is_active;
            if list(client).await?.iter().any(is_it) { Ok(()) } else { Err(error.into()) }
        }
        Err(error) => Err(error.into()),
    }
}

/// What was done so that the store's hooks are as needed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kept {
    /// Steps that were carried out.
    pub done: Vec<Step>,
    /// Steps that the store refused, and its words.
    pub refused: Vec<(Step, String)>,
}

impl Kept {
    /// Whether events may have been lost: something that was needed was not there, or silent.
    pub fn were_silent(&self) -> bool {
        !self.done.is_empty()
    }
}

/// Creates the hooks that `streams` need at `destination` where they are missing, and switches silent ones on. One that
/// is not needed is left for a person: it costs nothing, and may be needed elsewhere. A step that the store refuses, such as one beyond its
/// bound of hooks for a scope, stops none of the others; only what would stop all of them is an error.
pub async fn keep(client: &Client, streams: &[&'static Stream], destination: &str) -> Result<Kept, Error> {
    let present = list(client).await?;
    let mut kept = Kept::default();
    let steps = plan(streams, destination, &present).into_iter();
    for step in steps.filter(|step| !matches!(step, Step::Delete { .. })) {
        match carry_out(client, &step, destination).await {
            Ok(()) => kept.done.push(step),
            Err(Error::Store(error))
                if error.status().is_some_and(|status| matches!(status.as_u16(), 400 | 404 | 409 | 422)) =>
            {
                kept.refused.push((step, error.to_string()));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::stream::named;

    fn hook(id: i64, scope: &str, destination: &str, is_active: bool) -> Hook {
        Hook { id, scope: scope.to_owned(), destination: destination.to_owned(), is_active }
    }

    #[test]
    fn missing_hooks_are_made_silent_ones_switched_on_and_others_left_alone() {
        let ours = "https://a.example.com/webhooks";
        let present = [
            hook(1, "store/order/created", ours, true),
            hook(2, "store/order/updated", ours, false),
            hook(3, "store/order/archived", "https://b.example.com", true),
            hook(4, "store/cart/created", ours, true),
            hook(5, "store/order/created", ours, true),
        ];
        let steps = plan(&[named("orders").unwrap()], ours, &present);
        let create = |scope: &str| Step::Create { scope: scope.to_owned() };
        assert_eq!(
            steps,
            [
                create("store/order/archived"),
                Step::Delete { hook: present[4].clone() },
                create("store/order/refund/created"),
                create("store/order/statusUpdated"),
                Step::SwitchOn { hook: present[1].clone() },
                Step::Delete { hook: present[3].clone() },
            ]
        );
    }
}
