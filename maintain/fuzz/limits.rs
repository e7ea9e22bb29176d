#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| system_tests::properties::limits(text));
