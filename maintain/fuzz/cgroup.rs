#![no_main]

libfuzzer_sys::fuzz_target!(|text: &[u8]| system_tests::properties::cgroup(text));
