//! The store itself: one row.

use super::record::Record;
use super::shape;
use super::{Sink, Spec};

pub(super) fn rows(spec: &Spec, sink: &mut Sink) {
    sink.row("store", None, record(&spec.store_hash));
}

/// The profile of a store with this hash.
pub(crate) fn record(store_hash: &str) -> String {
    let domain = format!("store-{store_hash}.mybigcommerce.com");
    let address = format!("https://{domain}");
    let mut record = Record::new(shape::STORE, 1600);
    record.text("id", store_hash).text("domain", &domain).text("secure_url", &address);
    record.text("control_panel_base_url", &address);
    record.finish()
}
