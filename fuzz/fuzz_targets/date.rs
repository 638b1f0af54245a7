#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| bigcommerce::fuzz::date(bytes));
