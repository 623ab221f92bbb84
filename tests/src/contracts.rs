//! What the code promises of itself: documents, route tables, layers.

use std::path::Path;

/// `UPDATE_OPENAPI=1 cargo test -p tests` writes the file anew.
#[test]
#[expect(clippy::disallowed_methods, reason = "asks whether to write the file")]
fn the_committed_openapi_document_is_that_of_the_code() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/openapi/user-service.json");
    let document = user_service::openapi().to_pretty_json().expect("a document") + "\n";
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::write(&file, &document).expect("the file can be written");
    }
    assert_eq!(std::fs::read_to_string(file).expect("the committed document"), document);
}
