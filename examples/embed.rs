//! An application with routes and a login of its own, and Maestro under `/automation` for those who are logged in.
//!
//! Run it, then ask as somebody: `curl -H 'cookie: user=ada' http://127.0.0.1:4401/automation/api/orchestras`

use axum::{
    Router,
    extract::Request,
    http::{header, request::Parts},
    middleware::{Next, from_fn},
    response::Response,
    routing::get,
};
use maestro::{
    Context, Maestro, MemoryStore, NewOrchestra, Node, Score, Skill, StepError,
    http::{Denial, Principal, Role},
};

/// Somebody who is logged in, as this application knows them.
#[derive(Clone)]
struct User {
    name: String,
}

/// The login of the application. A real one looks a signed session up instead of believing a cookie.
async fn log_in(mut request: Request, next: Next) -> Response {
    let cookie = request.headers().get(header::COOKIE).and_then(|cookie| cookie.to_str().ok());
    if let Some(name) = cookie.and_then(|cookie| cookie.strip_prefix("user=")) {
        let user = User { name: name.to_owned() };
        request.extensions_mut().insert(user);
    }
    next.run(request).await
}

/// What its users may do with Maestro.
fn may(request: &Parts) -> Result<Principal, Denial> {
    let user = request.extensions.get::<User>().ok_or_else(|| Denial::login_at("/login"))?;
    let role = if user.name == "ada" { Role::Admin } else { Role::Viewer };
    Ok(Principal::new(&user.name, role))
}

async fn greet(_ctx: Context, name: String) -> Result<String, StepError> {
    Ok(format!("Hello, {name}!"))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let words = Skill::new("words").operation("greet", greet);
    let maestro = Maestro::builder(MemoryStore::new()).skill(words).build().await?;
    let workspace = maestro.default_workspace();
    let score = Score::builder("Greetings").node(Node::operation("greet", "words.greet")).build()?;
    let score = workspace.ensure_score(score).await?;
    workspace.ensure_orchestra(NewOrchestra::new("Greetings", &score.id).cron("0 9 * * *")).await?;

    let app = Router::new()
        .route("/", get(|| async { "the application" }))
        .route("/login", get(|| async { "set the cookie `user`" }))
        .merge(maestro::http::router(maestro.clone(), may).base("/automation"))
        .layer(from_fn(log_in));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:4401").await?;
    println!("the application listens on http://{}", listener.local_addr()?);
    let leave = async { drop(tokio::signal::ctrl_c().await) };
    axum::serve(listener, app).with_graceful_shutdown(leave).await?;
    maestro.shutdown(std::time::Duration::from_secs(5)).await;
    Ok(())
}
