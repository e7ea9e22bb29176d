#![no_main]

libfuzzer_sys::fuzz_target!(|target: &[u8]| proof::parsers::link(target));
