use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::web::{self, FormConfig, ServiceConfig};

use crate::common::{self, Asset, shelf};
use crate::page::Page;
use crate::visitor::Guest;
use crate::{cart, devices, failure, login};

pub(crate) fn routes(config: &mut ServiceConfig) {
    let resource =
        |path: &str| web::resource(path.to_owned()).default_service(web::to(failure::not_allowed));
    config
        .app_data(FormConfig::default().error_handler(failure::unreadable))
        .service(resource("/").get(page))
        .service(resource("/cart").get(cart::page))
        .service(resource("/cart/add").post(cart::add))
        .service(resource("/cart/remove").post(cart::remove))
        .service(resource("/login").get(login::page).post(login::log_in))
        .service(resource("/logout").post(login::log_out))
        .service(resource("/devices").get(devices::page))
        .service(resource("/devices/end").post(devices::end))
        .service(resource("/devices/end-others").post(devices::end_others))
        .service(resource("/style.css").get(style))
        .service(resource("/favicon.ico").get(icon))
        .default_service(web::to(failure::not_found));
}

async fn page(Guest(visitor): Guest) -> Page {
    Page(shelf::page(&visitor))
}

async fn style() -> HttpResponse {
    asset(&common::STYLE)
}

async fn icon() -> HttpResponse {
    asset(&common::ICON)
}

fn asset(Asset { content_type, text }: &Asset) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, *content_type))
        .insert_header((CACHE_CONTROL, "public, max-age=300"))
        .body(*text)
}
