#![no_main]

libfuzzer_sys::fuzz_target!(|text: &[u8]| proof::parsers::list(text));
