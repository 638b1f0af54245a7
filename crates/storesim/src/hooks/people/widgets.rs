//! Widgets and their placements (widgets.v3.yml).

use crate::data::Data;
use crate::write::Draft;

/// Shows what a new widget or placement is made of.
pub(super) fn prepare(data: &Data, draft: &mut Draft) {
    let (table, member) = match draft.resource.name.as_str() {
        "widgets" => ("widget_templates", "widget_template"),
        _ => ("widgets", "widget"),
    };
    if draft.old.is_none()
        && let Some(text) = data.text(table, draft.parent).map(str::to_owned)
    {
        draft.set(member, text);
    }
}
