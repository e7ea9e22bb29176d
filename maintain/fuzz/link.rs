#![no_main]

libfuzzer_sys::fuzz_target!(|target: &[u8]| system_tests::properties::link(target));
