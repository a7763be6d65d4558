//! Everything a step is made from: the basket and what it comes to, the draft, the window.

use super::draft::{Draft, Typed};
use super::fields::{self, Problem, Spotted};
use super::gone::{self, GoneLine};
use super::store::{self, Standing};
use super::ways::{self, Offers};
use crate::cashier::{self, CardFields};
use crate::clock;
use crate::delivery::{self, Atlas, Held, Upcoming, Window};
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
use std::sync::Arc;

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
    pub(super) windows: Arc<Vec<Window>>,
    pub(super) spotted: Spotted,
    pub(super) gone: Vec<GoneLine>,
    pub(super) offers: Offers,
    pub(super) fields: CardFields,
    /// On delivery, in percent.
    pub(super) vat: i32,
    /// Of what so few would be left, it is asked what may stand in.
    pub(super) few_left: i32,
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
    atlas: Arc<Atlas>,
    upcoming: Arc<Upcoming>,
    ways: Vec<crate::config::WayToPay>,
    fields: CardFields,
    vat: i32,
    few_left: i32,
    days: i64,
    zone: Tz,
    now: DateTime<Utc>,
}

impl Step {
    /// The name of the form that goes on from here.
    pub(super) const fn form(self) -> &'static str {
        match self {
            Self::Delivery => "delivery",
            Self::Payment => "payment",
            Self::Review => "order",
        }
    }
}

fn is_of(held: &Option<Held>, window: &Window) -> bool {
    held.as_ref().is_some_and(|held| held.window.id == window.id)
}

impl Till {
    /// Reads the till anew.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(super) async fn read(shop: &Shop, visit: &Visit, step: Step) -> Result<Self, AppError> {
        let read = Self::reader(shop, visit, step).await?;
        shop.app.read(move |conn| read(conn, None)).await
    }

    /// What reads a till, to be run where there is a connection: behind what has changed it, say, and
    /// knows how it stands.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(super) async fn reader(
        shop: &Shop,
        visit: &Visit,
        step: Step,
    ) -> Result<
        impl Fn(&mut PgConnection, Option<Standing>) -> Result<Self, AppError> + Send + Sync + 'static,
        AppError,
    > {
        let load = Viewer::loader_at(shop, visit);
        let settings = &shop.app.config.shop;
        let setting = Setting {
            id: visit.basket,
            customer: shop.customer(visit).await?,
            atlas: Arc::clone(&shop.atlas),
            upcoming: Arc::clone(&shop.upcoming),
            ways: shop.app.config.payments.ways.clone(),
            fields: cashier::card_fields(&shop.app),
            vat: settings.delivery_vat_percent,
            few_left: settings.few_left,
            days: settings.window_days,
            zone: settings.zone,
            now: shop.app.clock.now(),
        };
        Ok(move |conn: &mut PgConnection, known: Option<Standing>| {
            let standing = match (known, setting.id) {
                (Some(known), _) => known,
                (None, Some(id)) => store::standing(conn, id, setting.now)?,
                (None, None) => Standing::nothing(),
            };
            let viewer = load(conn, standing.version)?;
            Self::load(conn, viewer, standing, setting.clone(), step)
        })
    }

    fn load(
        conn: &mut PgConnection,
        viewer: Viewer,
        standing: Standing,
        setting: Setting,
        step: Step,
    ) -> Result<Self, AppError> {
        let Setting { customer, atlas, upcoming, ways, fields, vat, few_left, days, zone, now, .. } = setting;
        let Standing { draft, held, .. } = standing;
        let held = match held {
            Some((window, until)) => upcoming.one(conn, window, now)?.map(|window| Held { window, until }),
            None => None,
        };
        let area = atlas.area(conn)?;
        let coupon = match draft.typed().coupon.as_str() {
            "" => None,
            code => Some(orders::coupon(conn, code)?),
        };
        let reckoned = reckon(&viewer.basket, coupon, vat, now);
        let in_zone = viewer.spot().map(|s| s.quote.zone_id);
        let chosen = match (draft.typed().window_id(), &held) {
            (Some(id), Some(held)) if held.window.id == id => Some(held.window.clone()),
            (Some(id), _) => delivery::window(conn, id)?,
            (None, _) => None,
        };
        let chosen = chosen.filter(|w| Some(w.zone_id) == in_zone);
        let windows = match in_zone {
            Some(zone) if step == Step::Delivery => {
                // Who is told that a time is taken sees it taken, however short ago that was.
                if draft.content.said.is_some() || chosen.as_ref().is_some_and(|w| !is_of(&held, w)) {
                    upcoming.forget(zone);
                }
                upcoming.calendar(conn, zone, now, days)?
            }
            Some(_) | None => Arc::default(),
        };
        let saved = customer.map_or_else(|| Ok(Vec::new()), |id| cashier::saved_cards(conn, id))?;
        let code = in_zone.and_then(|id| area.zone(id)).map(|z| z.code.as_str());
        let with_gateway = fields != CardFields::None;
        Ok(Self {
            offers: ways::offers(&ways, with_gateway, code, reckoned.maximum, saved),
            spotted: fields::spot(conn, &area, draft.typed())?,
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
            few_left,
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
