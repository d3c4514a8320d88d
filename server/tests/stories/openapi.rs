//! The API's document in the repository is the one that the program serves.

use std::path::Path;

#[tokio::test]
async fn i5_the_api_document_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/openapi.json");
    let config = conntext_server::config::Config::default();
    let mut now = serde_json::to_string_pretty(&conntext_server::routes::openapi(&config)).unwrap();
    now.push('\n');
    if std::env::var("UPDATE_SNAPSHOTS").is_ok_and(|v| v == "1") {
        std::fs::write(&path, &now).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == now, "docs/openapi.json is out of date: run the tests once with UPDATE_SNAPSHOTS=1");
}

#[tokio::test]
async fn i5_the_served_document_names_every_schema_once() {
    let a = crate::kit::TestInstance::new("a.test").await;
    let answer = a.client().get("/openapi.json").await.expect_status(200);
    assert_eq!(answer.json["openapi"], "3.1.0");
    let text = answer.json.to_string();
    for reference in text.split("#/components/schemas/").skip(1) {
        let name = reference.split('"').next().unwrap();
        assert!(!answer.json["components"]["schemas"][name].is_null(), "no schema {name}");
    }
    let operations = answer.json["paths"].as_object().expect("paths").values().filter_map(|p| p.as_object());
    let names: Vec<_> = operations.flat_map(|p| p.values()).filter_map(|o| o["operationId"].as_str()).collect();
    let unique: std::collections::BTreeSet<_> = names.iter().collect();
    assert_eq!(unique.len(), names.len(), "every operation has a name of its own");
    a.client().send(axum::http::Method::GET, "/api/docs", None, vec![]).await.expect_status(200);
}
