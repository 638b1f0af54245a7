#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| bigcommerce::fuzz::webhook(bytes));
