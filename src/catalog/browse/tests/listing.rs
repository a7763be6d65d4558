//! Facets against counting by hand, and paging while the shop changes.

use super::*;

const SORTS: [Sort; 4] = [Sort::Best, Sort::PriceUp, Sort::UnitPriceUp, Sort::Name];

fn some(dice: &mut Dice, of: u16) -> Vec<u16> {
    (0..dice.number(3)).map(|_| dice.number(of)).collect()
}

fn random_filter(dice: &mut Dice) -> Filter {
    Filter {
        scope_department: (dice.number(3) == 0).then(|| dice.number(3)),
        scope_category: (dice.number(5) == 0).then(|| dice.number(7)),
        departments: some(dice, 3),
        categories: some(dice, 7),
        brands: some(dice, 4).into_iter().map(|brand| brand + 1).collect(),
        price: some(dice, 4).into_iter().map(|band| PriceBand::ALL[usize::from(band)]).collect(),
        on_offer: dice.number(4) == 0,
        in_stock: dice.number(3) == 0,
        without: if dice.number(2) == 0 { 1 << dice.number(4) } else { 0 },
        labels: if dice.number(2) == 0 { 1 << dice.number(3) } else { 0 },
    }
}

/// The meaning of a filter, written as plainly as possible.
fn count(index: &Index, shop: &[Entry<'_>], f: &Filter) -> u32 {
    let any = |chosen: &[u16], value: u16| chosen.is_empty() || chosen.contains(&value);
    let brand = |e: &Entry<'_>| index.brand_named(e.brand).unwrap_or(0);
    let hits = shop.iter().filter(|e| {
        f.scope_department.is_none_or(|d| d == e.department)
            && f.scope_category.is_none_or(|c| c == e.category)
            && any(&f.departments, e.department)
            && any(&f.categories, e.category)
            && any(&f.brands, brand(e))
            && (f.price.is_empty() || f.price.contains(&PriceBand::of(e.price_cents)))
            && (e.on_offer || !f.on_offer)
            && (e.in_stock || !f.in_stock)
            && e.allergens & f.without == 0
            && e.labels & f.labels == f.labels
    });
    u32::try_from(hits.count()).expect("a small shop")
}

#[test]
fn every_facet_counts_what_choosing_it_would_show() {
    let mut dice = Dice(42);
    let shop: Vec<_> = (0..400).map(|id| random_product(&mut dice, id)).collect();
    let mut index = Index::new();
    shop.iter().for_each(|entry| index.put(entry));
    let milk: Vec<_> = shop.iter().copied().filter(|entry| entry.name.contains("Milk")).collect();
    for round in 0..300 {
        let filter = random_filter(&mut dice);
        let (text, shop) = if round % 2 == 0 { ("", &shop) } else { ("milk", &milk) };
        let ask = Ask { text: text.to_owned(), filter: filter.clone(), limit: 10, ..Ask::default() };
        check_facets(&index, shop, &filter, &index.browse(&ask));
    }
}

fn check_facets(index: &Index, shop: &[Entry<'_>], f: &Filter, answer: &Answer) {
    let count = |f: Filter| count(index, shop, &f);
    let facets = &answer.facets;
    assert_eq!(answer.total, count(f.clone()) as usize);
    let listed =
        |list: &[(u16, u32)], number: u16| list.iter().find(|(n, _)| *n == number).map_or(0, |(_, c)| *c);
    for number in 0..8 {
        let departments = count(Filter { departments: vec![number], ..f.clone() });
        assert_eq!(listed(&facets.departments, number), departments);
        let categories = count(Filter { categories: vec![number], ..f.clone() });
        assert_eq!(listed(&facets.categories, number), categories);
        let brands = if number == 0 { 0 } else { count(Filter { brands: vec![number], ..f.clone() }) };
        assert_eq!(listed(&facets.brands, number), brands);
    }
    for (at, band) in PriceBand::ALL.into_iter().enumerate() {
        assert_eq!(facets.price[at], count(Filter { price: vec![band], ..f.clone() }));
    }
    for bit in 0..16 {
        assert_eq!(facets.without[bit], count(Filter { without: f.without | 1 << bit, ..f.clone() }));
        assert_eq!(facets.labels[bit], count(Filter { labels: f.labels | 1 << bit, ..f.clone() }));
    }
    assert_eq!(facets.on_offer, count(Filter { on_offer: true, ..f.clone() }));
    assert_eq!(facets.in_stock, count(Filter { in_stock: true, ..f.clone() }));
}

#[test]
fn twenty_brands_are_listed_and_the_chosen_ones_always() {
    let mut index = Index::new();
    let names: Vec<String> = (10..60).map(|n| format!("Brand {n}")).collect();
    for (id, brand) in (1..).zip(names.iter().chain(&names[..30])) {
        index.put(&Entry { brand, ..product(id, "Thing") });
    }
    let last = index.brand_named("BRAND 59").expect("a brand");
    let filter = Filter { brands: vec![last], departments: vec![77], ..Filter::default() };
    let facets = index.browse(&Ask { filter, ..Ask::default() }).facets;
    assert!(facets.departments.contains(&(77, 0)));
    let filter = Filter { brands: vec![last, 999], ..Filter::default() };
    let brands = index.browse(&Ask { filter, ..Ask::default() }).facets.brands;
    assert_eq!(brands.len(), 20);
    assert_eq!((index.brand_name(brands[0].0), brands[0].1), ("Brand 10", 2));
    assert_eq!(brands[19], (last, 1));
}

#[test]
fn paging_visits_every_product_once_in_every_order() {
    let mut dice = Dice(3);
    let mut index = Index::new();
    (0..301).for_each(|id| index.put(&random_product(&mut dice, id)));
    for (sort, text) in SORTS.into_iter().flat_map(|sort| [(sort, ""), (sort, "oat m")]) {
        let whole = index.browse(&Ask { sort, text: text.to_owned(), limit: 400, ..Ask::default() });
        let mut ask = Ask { sort, text: text.to_owned(), limit: 7, ..Ask::default() };
        let paged = all_pages(&mut ask, |ask| index.browse(ask));
        assert_eq!(paged, whole.ids, "{sort:?}");
        assert!(whole.next.is_none() && paged.len() == whole.total && whole.total > 20);
    }
}

#[test]
fn paging_misses_and_repeats_nothing_while_products_come_and_go() {
    for sort in SORTS {
        let mut dice = Dice(8);
        let mut index = Index::new();
        (0..300).for_each(|id| index.put(&random_product(&mut dice, id * 2)));
        let mut ask = Ask { sort, limit: 9, ..Ask::default() };
        let mut turn = 0;
        let seen = all_pages(&mut ask, |ask| {
            turn += 1;
            // Odd ids come, multiples of six go: all others must be seen.
            (0..5).for_each(|n| index.put(&random_product(&mut dice, turn * 10 + n * 2 + 1)));
            (0..3).for_each(|n| index.remove((turn * 3 + n) * 6));
            index.browse(ask)
        });
        let mut stayed: Vec<i64> = seen.iter().copied().filter(|id| id % 2 == 0 && id % 6 != 0).collect();
        stayed.sort_unstable();
        assert_eq!(stayed, (0..300).map(|n| n * 2).filter(|id| id % 6 != 0).collect::<Vec<_>>(), "{sort:?}");
    }
}

/// Follows the keys as an address would carry them: as text.
fn all_pages(ask: &mut Ask, mut page: impl FnMut(&Ask) -> Answer) -> Vec<i64> {
    let mut ids = Vec::new();
    loop {
        let answer = page(ask);
        ids.extend(answer.ids);
        let Some(next) = answer.next else { return ids };
        ask.after = Some(next.to_string().parse().expect("a key can be read back"));
    }
}

#[test]
fn a_key_survives_an_address_and_nonsense_does_not_become_one() {
    let index = shop(&["Żubrówka Biała Extra Long Name", "Zwieback"]);
    let next =
        index.browse(&Ask { sort: Sort::Name, limit: 1, ..Ask::default() }).next.expect("a second page");
    assert!(next.to_string().chars().all(|c| c.is_ascii_alphanumeric() || c == '-'));
    assert_eq!(next.to_string().parse(), Ok(next));
    for nonsense in ["", "-", "b", "b-", "bx-1", "é1-1", "b1-1-1", "q1-1"] {
        assert_eq!(nonsense.parse::<Key>(), Err(BadKey), "{nonsense}");
    }
    let other = index.browse(&Ask { sort: Sort::PriceUp, after: Some(next), limit: 9, ..Ask::default() });
    assert_eq!(other.ids.len(), 2, "a key of another order begins at the start");
}
