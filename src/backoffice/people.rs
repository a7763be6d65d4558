//! Who works here, who would like to, and what an admin decides about it.

use super::sessions::{Line, SHOWN, lines};
use crate::error::AppError;
use crate::ids::{StaffId, StaffSessionId};
use crate::staff::{self, Access, Decided, Member};
use crate::staffroom::{Area, Role, Room, Said, Staffer, answer, done, moment};
use crate::storefront::Shop;
use crate::web::paging;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Form as Sent, Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;

const LIST: &str = "/staff/people";
const A_PAGE: usize = 50;
/// Who waits to be let in; at once there are a few.
const MOST_WAITING: i64 = 50;

/// Somebody in words.
struct Person {
    id: StaffId,
    name: String,
    email: String,
    role: Option<Role>,
    state: Access,
    version: i32,
    /// When they asked, or when it was last decided about them.
    since: String,
}

impl Person {
    fn of(shop: &Shop, member: Member) -> Self {
        Self {
            since: moment(shop, member.decided_at.unwrap_or(member.made_at)),
            id: member.id,
            name: member.name,
            email: member.email,
            role: member.role,
            state: member.state,
            version: member.version,
        }
    }

    fn role_name(&self) -> &'static str {
        self.role.map_or("", Role::name)
    }

    fn is_waiting(&self) -> bool {
        self.state == Access::Verified
    }

    fn is_active(&self) -> bool {
        self.state == Access::Active
    }

    fn has(&self, role: &Role) -> bool {
        self.role == Some(*role)
    }
}

#[derive(Template)]
#[template(path = "staff/people.html")]
struct PeoplePage {
    room: Room,
    waiting: Vec<Person>,
    people: Vec<Person>,
    roles: &'static [Role],
    /// Where the list goes on.
    next: Option<StaffId>,
    is_first: bool,
}

#[derive(Deserialize)]
pub(super) struct Behind {
    after: Option<StaffId>,
}

pub(super) async fn list(
    shop: Data<Shop>,
    request: HttpRequest,
    who: Staffer,
    behind: Query<Behind>,
) -> Result<HttpResponse, AppError> {
    who.may(Area::People)?;
    let after = behind.after;
    let read = move |conn: &mut diesel::PgConnection| {
        let waiting = if after.is_none() { staff::waiting(conn, MOST_WAITING)? } else { Vec::new() };
        Ok::<_, AppError>((waiting, staff::members(conn, after, paging::with_one_more(A_PAGE))?))
    };
    let (waiting, mut members) = shop.app.read(read).await?;
    let next = paging::cut(&mut members, A_PAGE, |last| last.id);
    let words = |members: Vec<Member>| members.into_iter().map(|m| Person::of(&shop, m)).collect();
    let page = PeoplePage {
        room: who.room(Some(Area::People), "People"),
        next,
        waiting: words(waiting),
        people: words(members),
        roles: Role::ALL,
        is_first: after.is_none(),
    };
    answer(&shop, &request, StatusCode::OK, &page)
}

#[derive(Template)]
#[template(path = "staff/person.html")]
struct PersonPage {
    room: Room,
    person: Person,
    /// Who decided last, if it was somebody.
    by: Option<String>,
    roles: &'static [Role],
    sessions: Vec<Line>,
    end_at: String,
    has_open: bool,
    is_me: bool,
}

pub(super) async fn person(
    shop: Data<Shop>,
    request: HttpRequest,
    who: Staffer,
    id: Path<StaffId>,
) -> Result<HttpResponse, AppError> {
    who.may(Area::People)?;
    let id = id.into_inner();
    let read = move |conn: &mut diesel::PgConnection| {
        let member = staff::by_id(conn, id)?;
        let by = member.decided_by.map(|by| staff::by_id(conn, by)).transpose()?;
        Ok::<_, AppError>((member, by, staff::sessions_of(conn, id, SHOWN)?))
    };
    let (member, by, sessions) = shop.app.read(read).await?;
    let sessions = lines(&shop, sessions, who.session);
    let page = PersonPage {
        room: who.room(Some(Area::People), &member.name),
        person: Person::of(&shop, member),
        by: by.map(|by| by.name),
        roles: Role::ALL,
        has_open: sessions.iter().any(|s| s.is_open),
        sessions,
        end_at: format!("{LIST}/{id}/sessions"),
        is_me: id == who.id,
    };
    answer(&shop, &request, StatusCode::OK, &page)
}

#[derive(Deserialize)]
pub(super) struct RoleForm {
    #[serde(default)]
    role: String,
    version: i32,
}

/// Lets somebody in, or gives them another role.
pub(super) async fn give_role(
    shop: Data<Shop>,
    who: Staffer,
    id: Path<StaffId>,
    form: Sent<RoleForm>,
) -> Result<HttpResponse, AppError> {
    who.may(Area::People)?;
    let id = id.into_inner();
    let Ok(role) = form.role.parse::<Role>() else {
        return Ok(done(&shop, &address(id), &Said::bad("Nothing was changed: choose a role first.")));
    };
    let (seen, now) = ((id, form.version), shop.app.clock.now());
    let url = shop.app.config.server.public_url.clone();
    let decided = shop.app.db(move |conn| staff::give_role(conn, seen, role, who.id, &url, now)).await?;
    Ok(tell(&shop, id, &decided, |member| format!("{} has the role {} now.", member.name, role.name())))
}

#[derive(Deserialize)]
pub(super) struct EndForm {
    version: i32,
}

/// Refuses a request, or ends somebody's access and with it their sessions.
pub(super) async fn end_access(
    shop: Data<Shop>,
    who: Staffer,
    id: Path<StaffId>,
    form: Sent<EndForm>,
) -> Result<HttpResponse, AppError> {
    who.may(Area::People)?;
    let id = id.into_inner();
    let (seen, now) = ((id, form.version), shop.app.clock.now());
    let decided = shop.app.db(move |conn| staff::end_access(conn, seen, who.id, now)).await?;
    Ok(tell(&shop, id, &decided, |member| format!("{} has no access any more.", member.name)))
}

fn address(id: StaffId) -> String {
    format!("{LIST}/{id}")
}

fn tell(shop: &Shop, id: StaffId, decided: &Decided, words: impl Fn(&Member) -> String) -> HttpResponse {
    let said = match decided {
        Decided::Done(member) => Said::good(words(member)),
        Decided::Gone => {
            return done(shop, LIST, &Said::good("The request is refused. Nothing is kept of it."));
        }
        Decided::Outdated => {
            return done(
                shop,
                LIST,
                &Said::bad(
                    "Nothing was changed: somebody else has decided meanwhile. This is how it stands.",
                ),
            );
        }
        Decided::LastAdmin => Said::bad(
            "Nothing was changed: this is the last admin, and without one nobody could decide about access. Make somebody else an admin first.",
        ),
    };
    done(shop, &address(id), &said)
}

/// Ends one session of somebody.
pub(super) async fn end_session(
    shop: Data<Shop>,
    who: Staffer,
    ids: Path<(StaffId, StaffSessionId)>,
) -> Result<HttpResponse, AppError> {
    who.may(Area::People)?;
    let ((id, session), now) = (ids.into_inner(), shop.app.clock.now());
    shop.app.db(move |conn| staff::end_session(conn, id, session, now)).await?;
    Ok(done(&shop, &address(id), &Said::good("That session has ended.")))
}

/// Ends all sessions of somebody.
pub(super) async fn end_sessions(
    shop: Data<Shop>,
    who: Staffer,
    id: Path<StaffId>,
) -> Result<HttpResponse, AppError> {
    who.may(Area::People)?;
    let (id, now) = (id.into_inner(), shop.app.clock.now());
    shop.app.db(move |conn| staff::end_others(conn, id, None, now)).await?;
    Ok(done(&shop, &address(id), &Said::good("All sessions have ended.")))
}
