//! Everything a step is made from: the basket and what it comes to, the draft, the window.

use super::draft::{Draft, Typed};
use super::fields::{self, Problem, Spotted};
use super::gone::{self, GoneLine};
use super::store;
use super::ways::{self, Offers};
use crate::cashier::{self, CardFields};
use crate::clock;
use crate::delivery::{self, Held, Window};
use crate::error::AppError;
use crate::ids::{BasketId, CustomerId};
use crate::lifecycle::{Reckoned, reckon};
use crate::orders::{self, Contact};
use crate::storefront::{Notice, Shop, Viewer, Visit};
use crate::web::redirect;
use actix_web::HttpResponse;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use diesel::prelude::*;

pub(super) struct Till {
    pub(super) viewer: Viewer,
    pub(super) customer: Option<CustomerId>,
    pub(super) draft: Draft,
    pub(super) reckoned: Reckoned,
    /// What the basket holds, even when its time is over and nobody has taken it yet.
    pub(super) held: Option<Held>,
    /// The window that was chosen.
    pub(super) chosen: Option<Window>,
    /// All that can be chosen, on the step where one chooses.
    pub(super) windows: Vec<Window>,
    pub(super) spotted: Spotted,
    pub(super) gone: Vec<GoneLine>,
    pub(super) offers: Offers,
    pub(super) fields: CardFields,
    /// On delivery, in percent.
    pub(super) vat: i32,
    pub(super) now: DateTime<Utc>,
    pub(super) zone: Tz,
}

/// Which step it is for: each needs a little more than the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Delivery,
    Payment,
    Review,
}

/// What is needed to read a till where there is a connection.
#[derive(Clone)]
struct Setting {
    id: Option<BasketId>,
    customer: Option<CustomerId>,
    ways: Vec<crate::config::WayToPay>,
    fields: CardFields,
    vat: i32,
    days: i64,
    zone: Tz,
    now: DateTime<Utc>,
}

impl Till {
    /// Reads the till anew.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(super) async fn read(shop: &Shop, visit: &Visit, step: Step) -> Result<Self, AppError> {
        let load = Viewer::loader(shop, visit);
        let settings = &shop.app.config.shop;
        let setting = Setting {
            id: visit.basket,
            customer: shop.customer(visit).await?,
            ways: shop.app.config.payments.ways.clone(),
            fields: cashier::card_fields(&shop.app),
            vat: settings.delivery_vat_percent,
            days: settings.window_days,
            zone: settings.zone,
            now: shop.app.clock.now(),
        };
        let work = move |conn: &mut PgConnection| {
            let viewer = load(conn)?;
            Self::load(conn, viewer, setting.clone(), step)
        };
        shop.app.read(work).await
    }

    fn load(conn: &mut PgConnection, viewer: Viewer, setting: Setting, step: Step) -> Result<Self, AppError> {
        let Setting { id, customer, ways, fields, vat, days, zone, now } = setting;
        let draft = id.map_or_else(|| Ok(Draft::new()), |id| store::draft(conn, id, now))?;
        let held = id.map_or(Ok(None), |id| delivery::held_window(conn, id))?;
        let coupon = match draft.typed().coupon.as_str() {
            "" => None,
            code => Some(orders::coupon(conn, code)?),
        };
        let reckoned = reckon(&viewer.basket, coupon, vat, now);
        let in_zone = viewer.spot().map(|s| s.quote.zone_id);
        let windows = match in_zone {
            Some(zone) if step == Step::Delivery => {
                delivery::windows_between(conn, zone, now, now + chrono::Duration::days(days))?
            }
            Some(_) | None => Vec::new(),
        };
        let chosen = match draft.typed().window_id() {
            Some(id) => delivery::window(conn, id)?.filter(|w| Some(w.zone_id) == in_zone),
            None => None,
        };
        let saved = customer.map_or_else(|| Ok(Vec::new()), |id| cashier::saved_cards(conn, id))?;
        let code = if ways.iter().any(|w| !w.zones.is_empty()) {
            delivery::all_zones(conn)?.into_iter().find(|z| Some(z.id) == in_zone).map(|z| z.code)
        } else {
            None
        };
        let with_gateway = fields != CardFields::None;
        Ok(Self {
            offers: ways::offers(&ways, with_gateway, code.as_deref(), reckoned.maximum, saved),
            spotted: fields::spot(conn, draft.typed())?,
            gone: gone::lines(conn, &viewer.basket, now)?,
            viewer,
            customer,
            draft,
            reckoned,
            held,
            chosen,
            windows,
            fields,
            vat,
            now,
            zone,
        })
    }

    /// Where somebody with nothing to order is sent: the order they have just placed, or the basket.
    pub(super) fn nothing_to_order(&self, shop: &Shop, step: Step) -> Option<HttpResponse> {
        if !self.viewer.basket.is_empty() {
            return None;
        }
        if step != Step::Delivery
            && let Some(sent) = &self.draft.content.sent
        {
            return Some(redirect(&format!("/orders/{}", sent.number), []));
        }
        Some(redirect("/basket", [shop.notice_cookie(&Notice::NothingToOrder)]))
    }

    pub(super) fn typed(&self) -> &Typed {
        self.draft.typed()
    }

    /// Who it goes to, or what is wrong with what was typed.
    pub(super) fn contact(&self) -> Result<Contact, Vec<Problem>> {
        let contact = fields::contact(self.typed(), &self.spotted)?;
        // What is for grown-ups is handed to one.
        let leave_at = if self.minimum_age() > 0 { String::new() } else { contact.leave_at };
        Ok(Contact { leave_at, ..contact })
    }

    pub(super) fn minimum_age(&self) -> i32 {
        self.viewer.basket.lines.iter().map(|l| l.item.article.minimum_age).max().unwrap_or(0)
    }

    /// What is wrong on the first step, the window first.
    pub(super) fn delivery_problems(&self) -> Vec<Problem> {
        let mut problems: Vec<Problem> = self.window_problem().into_iter().collect();
        problems.extend(self.contact().err().unwrap_or_default());
        problems
    }

    fn window_problem(&self) -> Option<Problem> {
        self.viewer.spot()?;
        let words = match (&self.chosen, self.hold()) {
            (None, _) => "Choose a time for your delivery.".to_owned(),
            (Some(_), Hold::Running(_)) => return None,
            (Some(window), _) if window.cutoff_at <= self.now => format!(
                "One could order for {} until {}. Choose another time.",
                window.label(self.zone),
                clock::time_label(self.zone, window.cutoff_at)
            ),
            (Some(window), Hold::None) if window.is_full() => {
                format!("{} has filled up meanwhile. Choose another time.", window.label(self.zone))
            }
            (Some(_), Hold::Over | Hold::None) => return None,
        };
        Some(Problem::new("window", words))
    }

    /// How the chosen window stands.
    pub(super) fn hold(&self) -> Hold {
        match (&self.held, &self.chosen) {
            (Some(held), Some(chosen)) if held.window.id == chosen.id => {
                if held.until > self.now {
                    Hold::Running(held.until)
                } else {
                    Hold::Over
                }
            }
            _ => Hold::None,
        }
    }

    pub(super) fn below_minimum(&self) -> bool {
        self.reckoned.totals.until_minimum.is_some_and(|left| !left.is_zero())
    }
}

/// Whether the chosen window is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hold {
    Running(DateTime<Utc>),
    /// Its time is over, and nobody has taken it yet.
    Over,
    None,
}
