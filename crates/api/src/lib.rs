//! The HTTP API of the server: it reads the store, follows the live event stream, asks the switch, has callouts sent again, and
//! decides nothing.
//!
//! [`router`] gives the routes; the server puts them on a socket. A resource is a file, with its wire types: what is on
//! the wire is spelled there and nowhere else. A route is registered once, and the OpenAPI document comes from the same
//! registration. Whatever goes wrong is a [`Problem`] (RFC 9457). Beside it stands the v1 API, which speaks as Exotel's does.
#![forbid(unsafe_code)]
#![allow(unused_qualifications, reason = "the macro that documents a route qualifies what it is given")]

mod access;
mod address;
mod applets;
mod attempts;
mod audit;
mod author;
mod body;
mod callout;
mod callouts;
mod calls;
mod compile;
mod desk;
mod diagnostic;
mod directory;
mod draft;
mod exposition;
mod flow;
mod flows;
mod guard;
mod health;
mod journal;
mod keys;
mod live;
mod metrics;
mod openapi;
mod password;
mod people;
mod phone;
mod problem;
mod publish;
mod query;
mod recordings;
mod rehearsals;
mod replay;
mod session;
mod settings;
mod sip_messages;
mod stats;
mod switchboard;
mod v1;
mod versions;
mod workshop;

use std::sync::{Arc, Mutex};

use axum::extract::DefaultBodyLimit;
use axum::{Router, middleware};
use exotel::account::Account;
use model::{CallEvent, Tenant};
use tokio::sync::{Notify, broadcast};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use access::{Access, LOCAL};
pub use applets::{AppletList, AppletView};
pub use audit::{AuditLine, AuditPage};
pub use author::Author;
pub use callout::{AnswerView, AttemptView, BodyView, CalloutView, Field, Phases, RequestView};
pub use callouts::{Callout, CalloutPage};
pub use calls::{Call, CallPage, CauseView, HangingUp};
pub use compile::{Compiled, ExitView, NodeView};
pub use diagnostic::DiagnosticView;
pub use directory::{Directory, DirectoryView, Group, Number, Trunk, User, UserView};
pub use draft::DraftSaved;
pub use flow::{DraftView, FlowView, PublishedView};
pub use flows::{FlowList, FlowSummary};
pub use health::Health;
pub use journal::{Event, Journal};
pub use keys::{KeyList, KeyView, NewKeyView};
pub use live::{Lost, SUBSCRIBERS};
pub use metrics::{HOSTS, Metrics, URLS};
pub use people::{LinkView, People, PersonView};
pub use phone::{Dialled, Dialling, Heard, Line, PHONES, Phones, Said, Wish};
pub use problem::Problem;
pub use publish::PublishedAs;
pub use recordings::{RecordedView, RecordingList, RecordingPage, RecordingView, Recordings, Shelf, Shelved};
pub use rehearsals::{RehearsalView, RequestedView, StepView};
pub use replay::{ReplayView, ReplaysView};
pub use session::SessionView;
pub use settings::{Advice, AdviceList, SettingsView, Weight};
pub use sip_messages::{SipMessageView, SipMessages};
pub use stats::{GroupView, PhaseQuantiles, QuantilesView, StatsView, TimeStepView};
pub use switchboard::{BoxFuture, Gauge, STREAMS, STREAMS_LIMIT, StartFailure, Switchboard};
pub use versions::{VersionList, VersionView, VersionWhole};
pub use workshop::{Asked, Played, Publication, Script, Stride, Unpublished, Workshop};

pub use callout::BODY_BYTES;
pub use callouts::CALLOUTS_BY_DEFAULT;
pub use calls::{CALLS_BY_DEFAULT, HANGUP_BODY_BYTES};
pub use compile::DOCUMENT_BODY_BYTES;
pub use desk::{BENCHES, QUESTIONS, READS, SWITCH_PATIENCE};
pub use keys::NOTE_CHARS;
pub use publish::PUBLISHER_PATIENCE;
pub use query::QUERY_BYTES;
pub use rehearsals::{REHEARSALS, SCRIPT_ITEMS};
pub use replay::{REPLAY_BODY_BYTES, REPLAYS};
pub use v1::{FORM_BYTES, FORM_FIELDS};

use desk::Desk;

/// What the API stands on. All of it is one tenant's.
pub struct Api {
    /// Answers from the store.
    pub reader: store::Reader,
    /// Takes callouts that are to be sent again, and says whether the store still takes what is to be written.
    pub writer: store::Writer,
    /// Rung when such a callout has come into the outbox.
    pub bell: Arc<Notify>,
    /// Whose calls are shown.
    pub tenant: Tenant,
    /// Where the journal's lines pass by as they become durable; this tenant's alone.
    pub live: broadcast::Sender<CallEvent>,
    /// The running switch.
    pub switch: Arc<dyn Switchboard>,
    /// Where flows are made.
    pub workshop: Arc<dyn Workshop>,
    /// What recordings are fetched by.
    pub recordings: Recordings,
    /// What is counted; the scribe feeds it.
    pub metrics: Arc<Metrics>,
    /// The account that the v1 API is of.
    pub account: Account,
    /// Who and what can be rung.
    pub directory: Directory,
    /// Requests of the v1 API that are served a minute.
    pub rate_limit: u32,
    /// Where it is reached from.
    pub access: Access,
    /// The softphones that pages play.
    pub phones: Arc<dyn Phones>,
    /// The configuration as TOML, without its secrets.
    pub settings: String,
    /// The keys of the v1 API.
    pub keys: Arc<Mutex<store::Keys>>,
    /// Bytes that nobody can predict, for a key or a session; `None` if the system gives none.
    pub random: fn() -> Option<[u8; store::KEY_BYTES]>,
}

/// The routes, ready to be served. Requests carry who sent them as `ConnectInfo<SocketAddr>`, and handlers hear in whose name they are served
/// as an [`Author`].
pub fn router(state: Api) -> Router {
    let (router, document) = routes().split_for_parts();
    let desk = Arc::new(Desk::new(state, &document));
    let routes = router
        .method_not_allowed_fallback(problem::wrong_method)
        .route_layer(middleware::from_fn_with_state(desk.clone(), access::admit))
        .fallback(problem::no_such_path)
        .layer(DefaultBodyLimit::max(HANGUP_BODY_BYTES))
        .with_state(desk.clone());
    // The door reads paths anew, so it stands before the router that goes by them.
    Router::new()
        .fallback_service(routes)
        .layer(middleware::from_fn_with_state(desk, v1::door::enter))
        .layer(middleware::from_fn(guard::guard))
}

/// All routes. Who may ask each is in the table of [`access`].
fn routes() -> OpenApiRouter<Arc<Desk>> {
    OpenApiRouter::with_openapi(openapi::Document::openapi())
        .routes(routes!(calls::list))
        .routes(routes!(calls::one))
        .routes(routes!(calls::hang_up))
        .routes(routes!(journal::page))
        .routes(routes!(sip_messages::list))
        .routes(routes!(callouts::list))
        .routes(routes!(callouts::of_call))
        .routes(routes!(callout::one))
        .routes(routes!(stats::show))
        .routes(routes!(recordings::list))
        .routes(routes!(recordings::page))
        .routes(routes!(recordings::fetch))
        .routes(routes!(live::follow))
        .routes(routes!(flows::list))
        .routes(routes!(flow::one))
        .routes(routes!(versions::list))
        .routes(routes!(versions::one))
        .routes(routes!(applets::list))
        .routes(routes!(audit::list))
        .routes(routes!(session::show, session::sign_in, session::sign_out))
        .routes(routes!(session::welcome))
        .routes(routes!(people::list, people::add))
        .routes(routes!(people::appoint, people::remove))
        .routes(routes!(people::invite))
        .routes(routes!(phone::play))
        .routes(routes!(directory::show))
        .routes(routes!(settings::show))
        .routes(routes!(settings::advise))
        .routes(routes!(keys::list, keys::make))
        .routes(routes!(keys::revoke))
        .routes(routes!(openapi::document))
        .routes(routes!(health::health))
        .routes(routes!(health::ready))
        .routes(routes!(exposition::scrape))
        .merge(replays())
        .merge(documents())
        .merge(v1::routes())
}

/// The routes whose bodies may be longer.
fn replays() -> OpenApiRouter<Arc<Desk>> {
    let routes = OpenApiRouter::new().routes(routes!(replay::one)).routes(routes!(replay::many));
    routes.layer(DefaultBodyLimit::max(REPLAY_BODY_BYTES))
}

/// The routes whose bodies hold a document.
fn documents() -> OpenApiRouter<Arc<Desk>> {
    OpenApiRouter::new()
        .routes(routes!(compile::compile))
        .routes(routes!(draft::create))
        .routes(routes!(draft::save, draft::discard))
        .routes(routes!(publish::publish))
        .routes(routes!(versions::restore))
        .routes(routes!(rehearsals::rehearse))
        .layer(DefaultBodyLimit::max(DOCUMENT_BODY_BYTES))
}
