//! The v1 API: the routes that applications written for Exotel call, in the vendor's shapes (`exotel.md` 4). What those look
//! like is `exotel`'s; here is who may ask, and what is asked of the store and the switch.

mod account;
mod calls;
mod centre;
pub(crate) mod door;
mod form;
mod path;
mod query;
pub(crate) mod rate;
mod records;
mod reply;

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::desk::Desk;

pub use form::{FORM_BYTES, FORM_FIELDS};

pub(crate) fn routes() -> OpenApiRouter<Arc<Desk>> {
    OpenApiRouter::new()
        .routes(routes!(calls::connect))
        .routes(routes!(calls::start, records::list))
        .routes(routes!(records::one))
        .routes(routes!(account::show))
        .routes(routes!(account::number))
        .routes(routes!(account::streams))
        .routes(routes!(account::heartbeat))
        .routes(routes!(account::our_numbers))
        .routes(routes!(account::our_number))
        .routes(routes!(centre::users))
        .routes(routes!(centre::user))
        .routes(routes!(centre::trunks))
        .routes(routes!(centre::campaigns, centre::start_campaign))
        .routes(routes!(centre::send_sms))
        .layer(DefaultBodyLimit::max(FORM_BYTES))
}
