#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| proof::parsers::limits(text));
