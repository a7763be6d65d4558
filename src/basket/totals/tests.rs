use super::*;
use crate::basket::Spot;
use crate::basket::model::Row;
use crate::basket::model::Seen;
use crate::catalog::{Article, Item, Offer, OfferKind, PictureFit, SizeUnit, SoldBy, StockRow};
use crate::delivery::{Place, Quote, Terms};
use crate::ids::{BasketId, PlaceId, ProductId, QuoteId, ZoneId};
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// Numbers that are the same at each run, so that a failure can be looked at again (splitmix64).
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> i64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        i64::try_from((z ^ (z >> 31)) % end).expect("small")
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
}

fn offer(random: &mut Random) -> Option<Offer> {
    let (id, kind, percent, n, amount) = match random.below(6) {
        0 => (1, OfferKind::Percent, Some(15), None, None),
        1 => (2, OfferKind::NFor, None, Some(2), Some(390)),
        2 => (3, OfferKind::NFor, None, Some(3), Some(999)),
        3 => (4, OfferKind::BuyNSave, None, Some(2), Some(200)),
        _ => return None,
    };
    let (amount_cents, ends_at) = (amount.map(Money), DateTime::<Utc>::MAX_UTC);
    Some(Offer { id, kind, percent, n, amount_cents, label: format!("offer {id}"), ends_at })
}

fn item(random: &mut Random, id: i64) -> Item {
    let weighed = random.one_in(5);
    let article = Article {
        id: ProductId(id),
        sku: format!("T-{id}"),
        slug: format!("t-{id}"),
        name: format!("Thing {id}"),
        brand: String::new(),
        category_id: 1,
        price_cents: Money(1 + random.below(3_000)),
        sold_by: if weighed { SoldBy::Weight } else { SoldBy::Each },
        per_kg_cents: weighed.then_some(Money(1_999)),
        over_percent: weighed.then_some(10),
        size_text: "400g".into(),
        size_amount: 400,
        size_unit: SizeUnit::Gram,
        picture: String::new(),
        picture_fit: PictureFit::Pack,
        vat_percent: [0, 9, 13, 23][usize::try_from(random.below(4)).expect("small")],
        minimum_age: 0,
    };
    let on_hand = i32::try_from(random.below(40)).expect("small");
    Item { article, stock: Some(StockRow { on_hand, held: 0, back_on: None }), offer: offer(random) }
}

fn spot(random: &mut Random) -> Spot {
    let at = DateTime::<Utc>::UNIX_EPOCH;
    let quote = Quote {
        id: QuoteId(Uuid::nil()),
        place_id: PlaceId(1),
        zone_id: ZoneId(1),
        eircode: None,
        fee_cents: Money(random.below(700)),
        free_from_cents: Money(1 + random.below(12_000)),
        minimum_cents: Money(random.below(4_000)),
        given_at: at,
        valid_until: at,
    };
    let place = Place {
        id: PlaceId(1),
        routing_key: "D06".into(),
        area: String::new(),
        short_name: String::new(),
        latitude: 0.0,
        longitude: 0.0,
        zone_id: Some(ZoneId(1)),
    };
    Spot { quote, place, zone: String::new() }
}

/// A basket with offers over several lines, weighed goods, amounts above the stock, prices
/// and amounts that were others when they were last seen, and perhaps a place.
fn basket(random: &mut Random) -> Basket {
    let rows = (0..random.below(12)).map(|id| {
        let item = item(random, id);
        let quantity = 1 + i32::try_from(random.below(20)).expect("small");
        let seen_quantity = if random.one_in(4) { 1 } else { quantity.min(item.available()) };
        let seen_price_cents = if random.one_in(4) { Money(77) } else { item.unit_price() };
        let offer = item.offer.clone();
        (item, Seen { quantity, seen_price_cents, seen_quantity }, offer)
    });
    let rows: Vec<Row> = rows.collect();
    let spot = (!random.one_in(3)).then(|| spot(random));
    let of_now = spot.as_ref().map(|s| s.quote.terms());
    let seen = if random.one_in(4) { of_now.map(|t| Terms { fee: Money(290), ..t }) } else { of_now };
    Basket::new(BasketId(Uuid::nil()), spot, seen, rows)
}

/// P32: no amount is ever a fraction of a cent or a cent off, whatever is in the basket.
#[test]
fn the_block_adds_up_for_a_hundred_thousand_baskets() {
    let mut random = Random(7);
    for _ in 0..100_000 {
        let basket = basket(&mut random);
        let totals = Totals::of(&basket, 23);
        let fee = totals.delivery.unwrap_or_default();
        let off: Money = totals.offers.iter().map(|(_, off)| *off).sum();
        let lines: Money = basket.lines.iter().map(Line::sum).sum();
        assert_eq!(totals.items - off, totals.goods);
        assert_eq!(lines + fee, totals.total, "lines and fee are the charge");
        assert_eq!(totals.items - off + fee, totals.total, "and so is the block");
        assert!(basket.lines.iter().all(|l| l.off >= Money::ZERO && l.sum() >= Money::ZERO));
        assert!(totals.most >= totals.total);
        check_terms(&basket, &totals);
        check_tax(&basket, &totals, fee);
    }
}

fn check_terms(basket: &Basket, totals: &Totals) {
    let Some(spot) = &basket.spot else {
        assert_eq!((totals.delivery, totals.until_free, totals.until_minimum), (None, None, None));
        return;
    };
    let free = basket.count() > 0 && totals.goods >= spot.quote.free_from_cents;
    assert_eq!(totals.delivery, Some(if free { Money::ZERO } else { spot.quote.fee_cents }));
    let missing = totals.until_free.expect("known with the place");
    assert_eq!(missing.is_zero(), totals.goods >= spot.quote.free_from_cents);
    assert_eq!((totals.goods + missing).max(spot.quote.free_from_cents), totals.goods + missing);
}

/// Rounded once for each rate, and for no line.
fn check_tax(basket: &Basket, totals: &Totals, fee: Money) {
    for tax in &totals.tax {
        let of_rate: Money =
            basket.lines.iter().filter(|l| l.item.article.vat_percent == tax.percent).map(Line::sum).sum();
        let gross = if tax.percent == 23 { of_rate + fee } else { of_rate };
        let exact = gross.cents() * i64::from(tax.percent);
        let rounded = tax.amount.cents() * i64::from(100 + tax.percent);
        assert!((exact - rounded).abs() * 2 <= i64::from(100 + tax.percent), "{tax:?} of {gross}");
    }
    assert!(totals.tax_sum() <= totals.total);
}

#[test]
fn an_old_total_is_shown_only_when_something_is_not_as_it_was_seen() {
    let mut random = Random(7);
    for _ in 0..20_000 {
        let basket = basket(&mut random);
        let totals = Totals::of(&basket, 23);
        let as_seen = !basket.lines.iter().any(Line::has_changed) && basket.old_terms().is_none();
        assert!(!as_seen || totals.before(&basket).is_none());
        assert_ne!(totals.before(&basket), Some(totals.total));
    }
}
