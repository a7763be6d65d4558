//! Lists of products: a department, a category, the offers, a search. One page for all,
//! over the index in memory; the cards are read by id, so the number of queries is the
//! same however large the catalogue.

mod asked;
mod facets;

use super::card::Card;
use super::layout::{Layout, breadcrumbs, json_ld, thousands};
use super::shop::Shop;
use super::visit::Visit;
use crate::catalog::browse::Answer;
use crate::catalog::{self, Category, Department, Item, Tree};
use crate::error::AppError;
use crate::ids::Slug;
use crate::web::{Effort, Head, render};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use diesel::PgConnection;

pub(super) use asked::Asked;
use facets::Group;

/// Cards on a page.
pub(super) const PAGE: usize = 24;
/// Addresses longer than this are not worth keeping.
const LONGEST_KEPT: usize = 300;

#[derive(Template)]
#[template(path = "shop/listing.html")]
struct ListingPage {
    layout: Layout,
    title: String,
    /// Something to know about the list, such as that a word was taken for mistyped.
    said: Option<String>,
    crumbs: Vec<(String, String)>,
    chips: Vec<Chip>,
    action: String,
    query: String,
    sort: String,
    sorts: &'static [(&'static str, &'static str)],
    groups: Vec<Group>,
    /// The choices made, each with the address without it.
    on: Vec<Chip>,
    filters_on: usize,
    /// What a change of sorting keeps.
    kept: Vec<(String, String)>,
    count_words: String,
    shown_words: String,
    cards: Vec<Card>,
    next: Option<String>,
    clear: String,
}

pub(super) struct Chip {
    pub(super) name: String,
    pub(super) href: String,
    pub(super) on: bool,
}

/// What a list is of: where it is found, and what stands above it.
pub(super) struct Scope {
    pub(super) path: String,
    pub(super) title: String,
    pub(super) description: String,
    pub(super) department: Option<u16>,
    pub(super) category: Option<u16>,
    pub(super) crumbs: Vec<(String, String)>,
    pub(super) chips: Vec<Chip>,
    pub(super) said: Option<String>,
    /// Whether search engines should know it.
    pub(super) public: bool,
}

pub(super) async fn department(
    shop: Data<Shop>,
    request: HttpRequest,
    visit: Visit,
    path: Path<Slug>,
) -> Result<HttpResponse, AppError> {
    let tree = shop.shelf.tree();
    let department = tree.department(path.as_ref().as_ref()).ok_or(AppError::NotFound)?;
    list(&shop, &request, &visit, department_scope(department, None)).await
}

pub(super) async fn category(
    shop: Data<Shop>,
    request: HttpRequest,
    visit: Visit,
    path: Path<(Slug, Slug)>,
) -> Result<HttpResponse, AppError> {
    let tree = shop.shelf.tree();
    let department = tree.department(path.0.as_ref()).ok_or(AppError::NotFound)?;
    let category =
        department.categories.iter().find(|c| c.slug == path.1.as_ref()).ok_or(AppError::NotFound)?;
    list(&shop, &request, &visit, department_scope(department, Some(category))).await
}

pub(super) async fn offers(
    shop: Data<Shop>,
    request: HttpRequest,
    visit: Visit,
) -> Result<HttpResponse, AppError> {
    let scope = Scope {
        path: "/offers".into(),
        title: "Offers this week".into(),
        description: "Everything that costs less at the moment, with the dates.".into(),
        department: None,
        category: None,
        crumbs: vec![("Home".into(), "/".into())],
        chips: Vec::new(),
        said: None,
        public: true,
    };
    list(&shop, &request, &visit, scope).await
}

fn department_scope(department: &Department, category: Option<&Category>) -> Scope {
    let home = ("Home".to_owned(), "/".to_owned());
    let path = format!("/d/{}", department.slug);
    let chip = |c: &Category| Chip {
        name: c.name.clone(),
        href: format!("{path}/{}", c.slug),
        on: category.is_some_and(|on| on.id == c.id),
    };
    let all = Chip { name: "All".into(), href: path.clone(), on: category.is_none() };
    let chips = std::iter::once(all).chain(department.categories.iter().map(chip)).collect();
    let (title, crumbs, full_path) = match category {
        Some(c) => (
            c.name.clone(),
            vec![home, (department.name.clone(), path.clone())],
            format!("{path}/{}", c.slug),
        ),
        None => (department.name.clone(), vec![home], path),
    };
    Scope {
        description: format!("{title}, delivered in Dublin. Prices, offers and what is in stock now."),
        path: full_path,
        title,
        department: Some(department.id),
        category: category.map(|c| c.id),
        crumbs,
        chips,
        said: None,
        public: true,
    }
}

async fn list(
    shop: &Data<Shop>,
    request: &HttpRequest,
    visit: &Visit,
    scope: Scope,
) -> Result<HttpResponse, AppError> {
    let asked = Asked::read(request.query_string())?;
    let address = asked.address(&scope.path);
    let effort = if asked.is_plain() { Effort::Best } else { Effort::Quick };
    let keep = address.len() <= LONGEST_KEPT;
    let make = {
        let (shop, on_offer) = (shop.clone(), scope.path == "/offers");
        move |conn: &mut PgConnection| {
            let answer = shop.shelf.browse(&asked.ask(&shop, &scope, on_offer));
            let items = items_in_order(&shop, conn, &answer.ids)?;
            page(&shop, &asked, scope, &answer, &items)
        }
    };
    if keep {
        return shop.page(request, visit, &address, effort, make).await;
    }
    let html = shop.app.db(make).await?;
    let sheet = crate::web::Sheet::new(&html, Effort::Quick);
    shop.answer(request, visit, actix_web::http::StatusCode::OK, &sheet).await
}

/// The products of an answer, in its order.
pub(super) fn items_in_order(
    shop: &Shop,
    conn: &mut PgConnection,
    ids: &[i64],
) -> Result<Vec<Item>, AppError> {
    let mut items = catalog::by_ids(conn, ids, shop.app.clock.now())?;
    items.sort_by_key(|item| ids.iter().position(|id| *id == item.article.id.0));
    Ok(items)
}

/// The finished page of a list.
///
/// # Errors
/// When the template fails.
pub(super) fn page(
    shop: &Shop,
    asked: &Asked,
    scope: Scope,
    answer: &Answer,
    items: &[Item],
) -> Result<String, AppError> {
    let tree = shop.shelf.tree();
    let groups = facets::groups(shop, &tree, asked, &scope, answer);
    let on = facets::chosen(&groups, asked, &scope.path);
    let next = answer.next.map(|key| asked.with("after", &key.to_string()).address(&scope.path));
    render(&ListingPage {
        layout: layout(shop, &tree, asked, &scope),
        said: scope.said,
        crumbs: scope.crumbs,
        chips: scope.chips,
        action: scope.path.clone(),
        query: asked.text.clone(),
        sort: asked.sort.clone(),
        sorts: if asked.text.is_empty() { &asked::SORTS } else { &asked::SEARCH_SORTS },
        filters_on: on.len(),
        on,
        groups,
        kept: asked.kept(),
        count_words: count_words(answer.total),
        shown_words: format!("{} of {}", items.len(), thousands(answer.total)),
        cards: Card::all(items),
        next,
        clear: asked.cleared().address(&scope.path),
        title: scope.title,
    })
}

fn count_words(total: usize) -> String {
    if total == 1 { "1 product".to_owned() } else { format!("{} products", thousands(total)) }
}

fn layout(shop: &Shop, tree: &Tree, asked: &Asked, scope: &Scope) -> Layout {
    let path = if scope.public && asked.is_plain() { scope.path.as_str() } else { "" };
    let mut head: Head = shop.head(&format!("{} · SmartShop", scope.title), &scope.description, path);
    if !path.is_empty() {
        let here = [(scope.title.clone(), scope.path.clone())];
        let crumbs: Vec<(String, String)> =
            scope.crumbs.iter().chain(&here).map(|(name, path)| (name.clone(), shop.whole(path))).collect();
        head.json_ld = json_ld(&breadcrumbs(&crumbs));
    }
    let department = scope.department.filter(|id| tree.department_by_id(*id).is_some());
    let mut layout = Layout::in_department(shop, head, department);
    layout.query.clone_from(&asked.text);
    layout
}
