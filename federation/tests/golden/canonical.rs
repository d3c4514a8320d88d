//! JSON text and its canonical form, or the code that refuses it.

use conntext_federation::canonical;
use serde_json::{Map, Value, json};

const GOOD: [(&str, &str, &str); 19] = [
    ("empty object", "{}", "{}"),
    ("empty array", " [ ] ", "[]"),
    ("null", "null", "null"),
    ("white space goes", "{ \"a\" : [ 1 , 2 ] ,\n\t\"b\" : true }", r#"{"a":[1,2],"b":true}"#),
    ("keys are sorted", r#"{"b":1,"a":2,"c":3}"#, r#"{"a":2,"b":1,"c":3}"#),
    (
        "digits, underscore, letters",
        r#"{"b":1,"_":2,"1":3,"a1":4,"a":5,"a_":6}"#,
        r#"{"1":3,"_":2,"a":5,"a1":4,"a_":6,"b":1}"#,
    ),
    ("nested keys are sorted", r#"{"z":{"b":[{"d":1,"c":2}],"a":0}}"#, r#"{"z":{"a":0,"b":[{"c":2,"d":1}]}}"#),
    ("arrays keep their order", "[3,1,2]", "[3,1,2]"),
    ("largest integer", r#"{"n":9007199254740991}"#, r#"{"n":9007199254740991}"#),
    ("smallest integer", r#"{"n":-9007199254740991}"#, r#"{"n":-9007199254740991}"#),
    ("zero", "[0]", "[0]"),
    ("needless escapes go", r#""\u0041\u00e9\/""#, "\"Aé/\""),
    ("needed escapes stay", r#""\"\\\b\f\n\r\t""#, r#""\"\\\b\f\n\r\t""#),
    ("control characters in lower-case hexadecimal", r#""\u001F\u0001""#, r#""\u001f\u0001""#),
    ("delete and line separators are literal", "\"\\u007f\\u2028\\u2029\"", "\"\u{7f}\u{2028}\u{2029}\""),
    ("a surrogate pair is one character", r#""\ud83d\ude00""#, "\"😀\""),
    ("no Unicode normalisation", "[\"e\u{301}\",\"é\"]", "[\"e\u{301}\",\"é\"]"),
    ("sixteen levels", "[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]", "[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]"),
    (
        "an action as it is signed",
        r#"{"v":1,"type":"message.create","exp":1800000000000,"ats":1799999999000}"#,
        r#"{"ats":1799999999000,"exp":1800000000000,"type":"message.create","v":1}"#,
    ),
];

const BAD: [(&str, &str); 22] = [
    ("duplicate key", r#"{"a":1,"a":1}"#),
    ("duplicate key by escape", "{\"a\":1,\"\\u0061\":2}"),
    ("duplicate key below", r#"{"x":[{"a":1,"a":2}]}"#),
    ("integer beyond 2^53-1", r#"{"n":9007199254740992}"#),
    ("integer that parsers round", r#"{"n":9007199254740993}"#),
    ("negative integer beyond", r#"{"n":-9007199254740992}"#),
    ("integer beyond 64 bits", r#"{"n":18446744073709551616}"#),
    ("fraction", "[1.5]"),
    ("fraction of zero", "[1.0]"),
    ("exponent", "[1e2]"),
    ("negative zero", "[-0]"),
    ("leading zero", "[01]"),
    ("upper-case key", r#"{"A":1}"#),
    ("empty key", r#"{"":1}"#),
    ("key with a hyphen", r#"{"a-b":1}"#),
    ("key of 65 characters", r#"{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa":1}"#),
    ("U+0000", r#"{"a":"\u0000"}"#),
    ("lone high surrogate", r#""\ud800""#),
    ("lone low surrogate", r#""\udc00x""#),
    ("seventeen levels", "[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]"),
    ("trailing comma", "[1,]"),
    ("two values", "{} {}"),
];

pub fn make() -> Vec<Value> {
    let good = GOOD.iter().map(|(name, input, output)| json!({"name": name, "input": input, "output": output}));
    let bad = BAD.iter().map(|(name, input)| json!({"name": name, "input": input, "error": "bad_json"}));
    good.chain(bad).collect()
}

pub fn judge(case: &Value, _: &[Value]) -> Map<String, Value> {
    let input = case["input"].as_str().unwrap();
    match canonical::parse(input.as_bytes()).and_then(|value| canonical::to_string(&value)) {
        Ok(output) => Map::from_iter([("output".to_owned(), output.into())]),
        Err(code) => Map::from_iter([("error".to_owned(), code.as_str().into())]),
    }
}

/// Another implementation of RFC 8785 writes the same bytes.
#[test]
fn an_independent_implementation_agrees() {
    for (name, input, output) in GOOD {
        let value: Value = serde_json::from_str(input).unwrap();
        assert_eq!(serde_jcs::to_string(&value).unwrap(), output, "{name}");
    }
}
