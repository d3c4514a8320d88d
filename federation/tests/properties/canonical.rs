use conntext_federation::{Code, canonical, content::Content};
use proptest::prelude::*;
use serde_json::{Map, Value};

/// Any value of the strict profile, up to a few levels deep.
pub fn value() -> impl Strategy<Value = Value> {
    let integer = -(canonical::MAX_INTEGER as i64)..=canonical::MAX_INTEGER as i64;
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        integer.prop_map(Value::from),
        any::<String>().prop_map(|text| Value::String(text.replace('\0', ""))),
    ];
    leaf.prop_recursive(4, 48, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::Array),
            prop::collection::btree_map("[a-z0-9_]{1,12}", inner, 0..6)
                .prop_map(|members| Value::Object(Map::from_iter(members))),
        ]
    })
}

proptest! {
    #[test]
    fn canonical_text_reads_back_and_is_its_own_canonical_form(value in value()) {
        let text = canonical::to_vec(&value).unwrap();
        prop_assert_eq!(canonical::check(&text), Ok(value.clone()));
        prop_assert_eq!(canonical::to_vec(&canonical::parse(&text).unwrap()).unwrap(), text);
    }

    #[test]
    fn two_implementations_write_the_same_bytes(value in value()) {
        prop_assert_eq!(canonical::to_string(&value).unwrap(), serde_jcs::to_string(&value).unwrap());
    }

    #[test]
    fn spaced_text_says_the_same_but_is_not_canonical(value in value()) {
        let (pretty, text) = (serde_json::to_vec_pretty(&value).unwrap(), canonical::to_vec(&value).unwrap());
        prop_assert_eq!(canonical::parse(&pretty), Ok(value));
        let expected = if pretty == text { None } else { Some(Code::NotCanonical) };
        prop_assert_eq!(canonical::check(&pretty).err(), expected);
    }

    #[test]
    fn no_bytes_upset_the_reader(bytes in prop::collection::vec(any::<u8>(), 0..200), jsonish in "[\\[\\]{}:,\"\\\\u0-9a-e.+ -]{0,60}") {
        for text in [&bytes[..], jsonish.as_bytes()] {
            if let Ok(value) = canonical::parse(text) {
                prop_assert!(canonical::check(&canonical::to_vec(&value).unwrap()).is_ok());
            }
        }
    }

    #[test]
    fn a_key_twice_is_refused_wherever_it_stands(key in "[a-z_]{1,8}", value in value(), depth in 0usize..6) {
        let inner = canonical::to_string(&value).unwrap();
        let text = format!("{}{{\"{key}\":1,\"{key}\":{inner}}}{}", "[".repeat(depth), "]".repeat(depth));
        prop_assert_eq!(canonical::parse(text.as_bytes()), Err(Code::BadJson));
    }

    #[test]
    fn no_content_upsets_any_type(value in value(), kind in prop::sample::select(KINDS.to_vec())) {
        let _ = Content::parse(kind, &value);
    }
}

const KINDS: [&str; 16] = [
    "instance.keys",
    "server.create",
    "server.update",
    "channel.create",
    "channel.update",
    "role.create",
    "role.update",
    "member.join",
    "member.update",
    "member.timeout",
    "invite.create",
    "instance.ban",
    "message.create",
    "message.edit",
    "reaction.add",
    "poll.create",
];
