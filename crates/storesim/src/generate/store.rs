//! The store itself: one row.

use super::record::Record;
use super::shape;
use super::{Sink, Spec};

pub(super) fn rows(spec: &Spec, sink: &mut Sink) {
    let domain = format!("store-{}.mybigcommerce.com", spec.store_hash);
    let address = format!("https://{domain}");
    let mut record = Record::new(shape::STORE, 1600);
    record.text("id", &spec.store_hash).text("domain", &domain).text("secure_url", &address);
    record.text("control_panel_base_url", &address);
    sink.row("store", None, record.finish());
}
