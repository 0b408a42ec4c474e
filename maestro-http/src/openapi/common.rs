//! What operations have in common: how they are refused, in which workspace they work, from which revision they edit.

use serde_json::{Value, json};

/// Operations whose body may be left out.
const MAY_HAVE_NO_BODY: [&str; 5] = ["run_now", "cancel_run", "retry_run", "approve_step", "reject_step"];

/// Adds to every operation what it shares with others.
pub(super) fn add(document: &mut Value) {
    document["components"]["securitySchemes"] = json!({
        "bearer": {"type": "http", "scheme": "bearer", "description": "Or whatever else the host application asks for."},
    });
    document["components"]["parameters"] = json!({
        "workspace": {
            "name": "workspace", "in": "query", "required": false, "schema": {"type": "string", "maxLength": 128},
            "description": "The workspace that is meant. Default: the first that the caller has.",
        },
        "if_match": {
            "name": "if-match", "in": "header", "required": false, "schema": {"type": "string", "pattern": "^\"[0-9]+\"$"},
            "description": "The `ETag` of what was read: the edit is refused (412) when somebody else was faster.",
        },
    });
    document["components"]["responses"] = json!({
        "problem": {
            "description": "A problem document.",
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        },
    });
    add_schemas(document);
    let Some(paths) = document["paths"].as_object_mut() else { return };
    for (path, item) in paths {
        let Some(item) = item.as_object_mut() else { continue };
        for (method, operation) in item {
            extend(path, method, operation);
        }
    }
}

fn extend(path: &str, method: &str, operation: &mut Value) {
    let id = operation["operationId"].as_str().unwrap_or_default().to_owned();
    let has_body = operation.get("requestBody").is_some();
    let has_revision = matches!(method, "put" | "patch" | "delete") && path != "/api/model-pricing";
    if has_body {
        operation["requestBody"]["required"] = json!(!MAY_HAVE_NO_BODY.contains(&id.as_str()));
    }
    if !operation["parameters"].is_array() {
        operation["parameters"] = json!([]);
    }
    if let Some(parameters) = operation["parameters"].as_array_mut() {
        parameters.push(json!({"$ref": "#/components/parameters/workspace"}));
        if has_revision {
            parameters.push(json!({"$ref": "#/components/parameters/if_match"}));
        }
    }
    let mut refusals = vec!["401", "403", "404", "422", "500", "503"];
    if has_body {
        refusals.extend(["400", "408", "413", "415"]);
    }
    if has_revision {
        refusals.extend(["400", "412"]);
    }
    if method != "get" {
        refusals.push("409");
    }
    for status in refusals {
        operation["responses"][status] = json!({"$ref": "#/components/responses/problem"});
    }
}

/// Adds the shapes that only refusals and parameters have, which are not read off the routes.
fn add_schemas(document: &mut Value) {
    use utoipa::{PartialSchema, ToSchema};
    let mut schemas = Vec::new();
    crate::problem::Document::schemas(&mut schemas);
    schemas.push(("Problem".to_owned(), crate::problem::Document::schema()));
    schemas.push(("CostsBy".to_owned(), crate::wire::CostsBy::schema()));
    for (name, schema) in schemas {
        document["components"]["schemas"][name] = serde_json::to_value(schema).unwrap_or_default();
    }
}
