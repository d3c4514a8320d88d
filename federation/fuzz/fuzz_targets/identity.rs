#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| conntext_fuzz::identity::run(data));
