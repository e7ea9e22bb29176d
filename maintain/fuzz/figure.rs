#![no_main]

libfuzzer_sys::fuzz_target!(|input: (&str, &str)| system_tests::properties::figure(
    input.0, input.1
));
