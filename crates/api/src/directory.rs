//! `/api/v1/directory`: who and what the configuration knows: numbers and their flows, users, groups, trunks.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Problem;
use crate::desk::Desk;
use crate::query::{Nothing, Query};

/// Who and what can be rung, as the configuration has it.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    /// The numbers that start flows.
    pub numbers: Vec<Number>,
    /// Users with phones that register.
    pub users: Vec<User>,
    /// Several parties under one name.
    pub groups: Vec<Group>,
    /// Trunks.
    pub trunks: Vec<Trunk>,
}

/// A number, as the configuration has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Number {
    /// The number, as it is written there.
    pub number: String,
    /// The flow that it starts.
    pub flow: String,
}

/// A user, as the configuration has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The name: `sip:NAME` rings them.
    pub name: String,
    /// Where they read e-mail.
    pub email: Option<String>,
}

/// A group, as the configuration has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Group {
    /// The name: `group:NAME` rings it.
    pub name: String,
    /// Who is in it.
    pub members: Vec<String>,
    /// Whose turn it is: `sequential`, `round-robin`, `longest-idle`.
    pub order: String,
}

/// A trunk, as the configuration has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Trunk {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub host: String,
    /// Rules for the dialled numbers that go out here: regular expressions.
    pub numbers: Vec<String>,
    /// The number that is shown to those who are called by it.
    pub caller_id: Option<String>,
    /// Whether this server registers there.
    pub register: bool,
}

/// A user, and whether their phone is there.
#[derive(Serialize, ToSchema)]
pub struct UserView {
    /// The name: `sip:NAME` rings them.
    pub name: String,
    /// Where they read e-mail.
    pub email: Option<String>,
    /// Whether a phone of theirs is registered now.
    pub registered: bool,
}

/// Who and what the configuration knows.
#[derive(Serialize, ToSchema)]
pub struct DirectoryView {
    /// The numbers that start flows.
    pub numbers: Vec<Number>,
    /// The users.
    pub users: Vec<UserView>,
    /// The groups.
    pub groups: Vec<Group>,
    /// The trunks.
    pub trunks: Vec<Trunk>,
}

/// Shows who and what the configuration knows.
#[utoipa::path(
    get, path = "/api/v1/directory", operation_id = "showDirectory", tag = "server",
    responses(
        (status = 200, body = DirectoryView, description = "Numbers, users, groups and trunks."),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem."),
    )
)]
pub(crate) async fn show(State(desk): State<Arc<Desk>>, _: Query<Nothing>) -> Result<Json<DirectoryView>, Problem> {
    let registered = desk.registered().await?;
    let Directory { numbers, users, groups, trunks } = desk.api.directory.clone();
    let view = |User { name, email }: User| UserView { registered: registered.contains(&name), name, email };
    Ok(Json(DirectoryView { numbers, users: users.into_iter().map(view).collect(), groups, trunks }))
}
