//! `/api/v1/people`: who may use the console, and what they may do.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{CLI, Changed, FILE, PeopleChange, Person, Role, SERVER, WELCOME_LIFE};
use utoipa::ToSchema;

use crate::access::LOCAL;
use crate::body;
use crate::calls::HANGUP_BODY_BYTES;
use crate::desk::Desk;
use crate::password;
use crate::query::{Nothing, Query};
use crate::session;
use crate::{Author, Problem};

/// The longest name, in characters.
const NAME: usize = 64;

/// Who may use the console, by name.
#[derive(Serialize, ToSchema)]
pub struct People {
    /// The people.
    pub people: Vec<PersonView>,
}

/// Somebody who may use the console.
#[derive(Serialize, ToSchema)]
pub struct PersonView {
    /// The name that they sign in with.
    pub name: String,
    /// `viewer` looks; `author` also changes flows, sends callouts again, places and ends calls; `admin` also says who may.
    pub role: &'static str,
    /// Since when they may, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub created: Timestamp,
}

/// Somebody who is to use the console.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPerson {
    /// The name, of 64 characters at most.
    name: String,
    /// `viewer`, `author` or `admin`; the first one is an admin.
    role: String,
    /// The password, of ten characters at least. Without it they come in by a link, and choose one; the first one needs it.
    #[serde(default)]
    password: Option<String>,
}

/// What somebody is to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Appointment {
    /// `viewer`, `author` or `admin`.
    role: String,
}

/// A link by which somebody comes in.
#[derive(Serialize, ToSchema)]
pub struct LinkView {
    /// Its secret, which is told once: `POST /api/v1/welcome` takes it, and so does the console at `/console/welcome#TOKEN;NAME`.
    pub token: String,
    /// Until when it is good, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub expires: Timestamp,
}

impl From<Person> for PersonView {
    fn from(Person { name, role, created }: Person) -> Self {
        Self { name, role: role.as_str(), created }
    }
}

/// Lists the people who may use the console.
#[utoipa::path(
    get, path = "/api/v1/people", operation_id = "listPeople", tag = "people",
    responses(
        (status = 200, body = People, description = "The people, by name."),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem."),
    )
)]
pub(crate) async fn list(State(desk): State<Arc<Desk>>, _: Query<Nothing>) -> Result<Json<People>, Problem> {
    let people = desk.ask(|reader, tenant| reader.people(tenant)).await?;
    Ok(Json(People { people: people.into_iter().map(PersonView::from).collect() }))
}

/// Lets somebody use the console.
///
/// From the first one on everybody signs in, on this machine too.
#[utoipa::path(
    post, path = "/api/v1/people", operation_id = "addPerson", tag = "people", request_body = NewPerson,
    responses(
        (status = 201, body = PersonView, description = "They may sign in now."),
        (status = 409, body = Problem, content_type = "application/problem+json",
         description = "There is somebody of that name, or the first one is no admin with a password."),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem."),
    )
)]
pub(crate) async fn add(
    State(desk): State<Arc<Desk>>,
    Author(by): Author,
    _: Query<Nothing>,
    body: Result<Bytes, BytesRejection>,
) -> Result<(StatusCode, Json<PersonView>), Problem> {
    let NewPerson { name, role, password } = body::read(body, HANGUP_BODY_BYTES)?;
    check_name(&name)?;
    let role = read_role(&role)?;
    let password = match password {
        Some(password) => {
            password::check(&password)?;
            desk.passwords.hash(password).await?
        }
        None => String::new(),
    };
    match desk.change_people(PeopleChange::Add { by, name: name.clone(), role, password }).await? {
        Changed::Taken => Err(Problem::person_taken(&name)),
        Changed::NoAdmin => {
            Err(Problem::no_admin("the first person must be an admin, with a password; add one, then the others"))
        }
        Changed::Done | Changed::Absent => {
            let created = (desk.api.recordings.now)();
            Ok((StatusCode::CREATED, Json(Person { name, role, created }.into())))
        }
    }
}

/// Lets somebody do something else.
///
/// What they ask next is answered by it.
#[utoipa::path(
    put, path = "/api/v1/people/{name}", operation_id = "changeRole", tag = "people", request_body = Appointment,
    params(("name" = String, Path, description = "The name.")),
    responses(
        (status = 204, description = "They are that now."),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "There is nobody of that name."),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "They are the last admin."),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem."),
    )
)]
pub(crate) async fn appoint(
    State(desk): State<Arc<Desk>>,
    Author(by): Author,
    Path(name): Path<String>,
    _: Query<Nothing>,
    body: Result<Bytes, BytesRejection>,
) -> Result<StatusCode, Problem> {
    let Appointment { role } = body::read(body, HANGUP_BODY_BYTES)?;
    let role = read_role(&role)?;
    match desk.change_people(PeopleChange::Appoint { by, name: name.clone(), role }).await? {
        Changed::Absent | Changed::Taken => Err(Problem::no_such_person(&name)),
        Changed::NoAdmin => {
            Err(Problem::no_admin("the last admin with a password stays one; let another one come in first"))
        }
        Changed::Done => Ok(StatusCode::NO_CONTENT),
    }
}

/// Makes a link by which somebody comes in, and chooses a password.
///
/// It is good once, and for an hour. With it somebody comes in who was added without a password, or has lost theirs; their sessions
/// end, their role stays.
#[utoipa::path(
    post, path = "/api/v1/people/{name}/link", operation_id = "makeLink", tag = "people",
    params(("name" = String, Path, description = "The name.")),
    responses(
        (status = 201, body = LinkView, description = "The link."),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "There is nobody of that name."),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem."),
    )
)]
pub(crate) async fn invite(
    State(desk): State<Arc<Desk>>,
    Author(by): Author,
    Path(name): Path<String>,
    _: Query<Nothing>,
) -> Result<(StatusCode, Json<LinkView>), Problem> {
    let (token, expires) = (session::secret(&desk)?, (desk.api.recordings.now)() + WELCOME_LIFE);
    match desk.change_people(PeopleChange::Invite { by, name: name.clone(), token: token.clone() }).await? {
        Changed::Done => Ok((StatusCode::CREATED, Json(LinkView { token, expires }))),
        _ => Err(Problem::no_such_person(&name)),
    }
}

fn read_role(role: &str) -> Result<Role, Problem> {
    let wrong = || Problem::bad_body(&format!("role: `{role}` is none of viewer, author and admin"));
    Role::from_name(role).ok_or_else(wrong)
}

/// Lets somebody no longer use the console.
///
/// Their sessions end at once.
#[utoipa::path(
    delete, path = "/api/v1/people/{name}", operation_id = "removePerson", tag = "people",
    params(("name" = String, Path, description = "The name.")),
    responses(
        (status = 204, description = "They may no longer."),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "There is nobody of that name."),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "They are the last admin."),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "A problem."),
    )
)]
pub(crate) async fn remove(
    State(desk): State<Arc<Desk>>,
    Author(by): Author,
    Path(name): Path<String>,
    _: Query<Nothing>,
) -> Result<StatusCode, Problem> {
    match desk.change_people(PeopleChange::Remove { by, name: name.clone() }).await? {
        Changed::Absent | Changed::Taken => Err(Problem::no_such_person(&name)),
        Changed::NoAdmin => Err(Problem::no_admin("the last admin cannot be removed; add another one first")),
        Changed::Done => Ok(StatusCode::NO_CONTENT),
    }
}

/// What is wrong with a name.
pub(crate) fn check_name(name: &str) -> Result<(), Problem> {
    let good = !name.is_empty() && name.chars().count() <= NAME && name.trim() == name;
    if !good || name.chars().any(|c| c.is_control() || c == '/') {
        let why =
            format!("name: it is no name of 1 to {NAME} characters, without slashes and without spaces around it");
        return Err(Problem::bad_body(&why));
    }
    if [LOCAL, "key", CLI, FILE, SERVER].contains(&name) || name.starts_with("key ") {
        return Err(Problem::bad_body(&format!("name: `{name}` stands for what nobody signs in for; take another")));
    }
    Ok(())
}
