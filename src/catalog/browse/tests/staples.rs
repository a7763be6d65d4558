//! Everyday questions to a part of the demonstration shop: the staple comes before what is made of it.

use super::super::nouns::heads;
use super::*;

/// Name, kind, category and popularity.
const SHELVES: [(&str, &str, &str, u16); 75] = [
    ("Banana Muffin", "Baked Goods", "Doughnuts, Muffins & Scones", 268),
    ("Cavendish Bananas", "Fruits", "Fruit", 1000),
    ("Apple Danish", "Pastries", "Cakes & Pastries", 372),
    ("Premium Apple Juice", "Juices", "Juice & Squash", 371),
    ("Apple Turnover", "Baked Goods", "Doughnuts, Muffins & Scones", 339),
    ("Gala Apples", "Fruits", "Fruit", 870),
    ("Red Delicious Apples", "Fruits", "Fruit", 620),
    ("Butter Croissant", "Pastries", "Cakes & Pastries", 640),
    ("Salted Butter", "Butter", "Butter & Spreads", 900),
    ("Butter Shortbread", "Cookies", "Cookies", 344),
    ("Plain Butter Cookies", "Cookies", "Cookies", 237),
    ("Strawberry Yogurt", "Yogurt", "Yoghurt", 507),
    ("Strawberry Lollipops", "Candies", "Sweets & Chocolate", 286),
    ("Strawberry Ice Cream", "Ice Cream", "Ice Cream", 370),
    ("Organic Strawberries", "Fruits", "Fruit", 850),
    ("Breaded Calamari", "Seafood Products", "Prepared Fish", 229),
    ("Breaded Fish Fingers", "Fresh and Frozen Fish", "Fish", 354),
    ("Premium Garlic Bread Bites", "Ready-to-eat Items", "Frozen Snacks", 208),
    ("White Bread", "Fresh Breads", "Bread & Rolls", 955),
    ("Sourdough Loaf", "Fresh Breads", "Bread & Rolls", 690),
    ("Whole Milk", "Milk", "Milk", 985),
    ("Organic Whole Milk", "Milk", "Milk", 434),
    ("Everyday Milk Chocolate", "Chocolates", "Sweets & Chocolate", 286),
    ("Classic Milk Chocolate Bar", "Chocolates", "Sweets & Chocolate", 680),
    ("Mild Cheddar", "Cheese", "Cheese", 780),
    ("Blue Cheese", "Cheese", "Cheese", 384),
    ("Cheese & Onion Crisps", "Chips", "Crisps & Snacks", 740),
    ("Cheese Scone", "Baked Goods", "Doughnuts, Muffins & Scones", 215),
    ("Free-Range Eggs", "Eggs", "Eggs", 930),
    ("Chicken Breast", "Chicken", "Chicken & Poultry", 890),
    ("Premium Chicken Nuggets", "Ready-to-eat Items", "Frozen Snacks", 291),
    ("Everyday Black Tea", "Tea", "Tea & Coffee", 810),
    ("Herbal Stress Relief Tea", "Wellness Items", "Wellness", 204),
    ("Everyday Instant Coffee", "Coffee", "Tea & Coffee", 540),
    ("Coffee Cake", "Cakes", "Cakes & Pastries", 114),
    ("Sparkling Water with Lime", "Soft Drinks", "Fizzy Drinks", 244),
    ("Sparkling Water", "Bottled Water", "Water, Sports & Energy", 429),
    ("Premium Tonic Water", "Soft Drinks", "Fizzy Drinks", 248),
    ("Orange Juice", "Juices", "Juice & Squash", 650),
    ("Orange Soda", "Soft Drinks", "Fizzy Drinks", 306),
    ("Valencia Oranges", "Fruits", "Fruit", 699),
    ("Potatoes", "Vegetables", "Vegetables", 915),
    ("Classic Potato Chips", "Chips", "Crisps & Snacks", 515),
    ("Organic Sweet Potato", "Chips", "Crisps & Snacks", 365),
    ("White Onions", "Vegetables", "Vegetables", 800),
    ("Sour Cream & Onion", "Chips", "Crisps & Snacks", 493),
    ("Cherry Tomatoes", "Vegetables", "Vegetables", 900),
    ("Cheese & Tomato Pizza", "Meals", "Frozen Ready Meals", 600),
    ("Single Cream", "Cream", "Cream", 454),
    ("Vanilla Ice Cream", "Ice Cream", "Ice Cream", 363),
    ("Mango Sorbet", "Ice Cream", "Ice Cream", 420),
    ("Premium Cookies & Cream", "Ice Cream", "Ice Cream", 295),
    ("Mixed Bell Peppers", "Vegetables", "Vegetables", 780),
    ("Everyday Black Pepper", "Spices", "Herbs & Spices", 262),
    ("Black Pepper & Seaweed", "Chips", "Crisps & Snacks", 364),
    ("Tuna in Brine", "Canned Goods", "Tins & Cans", 476),
    ("Frozen Tuna Steak", "Fresh and Frozen Fish", "Fish", 313),
    ("Lemon Drizzle Cake", "Cakes", "Cakes & Pastries", 146),
    ("Lemons", "Fruits", "Fruit", 690),
    ("Craft Root Beer", "Soft Drinks", "Fizzy Drinks", 291),
    ("Wheat Beer", "Beer", "Beer", 290),
    ("Premium IPA", "Beer", "Beer", 364),
    ("Everyday White Sugar", "Dry Goods", "Beans, Grains & Pulses", 560),
    ("Vanilla Sugar Cookies", "Cookies", "Cookies", 380),
    ("Sugar Donut", "Baked Goods", "Doughnuts, Muffins & Scones", 352),
    ("Classic Olive Oil", "Oils", "Cooking Oil", 580),
    ("Handcrafted Olive Oil Crackers", "Savory Snacks", "Crisps & Snacks", 146),
    ("Chocolate Layer Cake", "Cakes", "Cakes & Pastries", 193),
    ("Chocolate Muffin", "Pastries", "Cakes & Pastries", 357),
    ("Premium Fruit Gummies", "Candies", "Sweets & Chocolate", 212),
    ("Everyday Kitchen Roll", "Paper Products", "Toilet Roll & Tissues", 369),
    ("Classic Kitchen Roll Holder", "Kitchen Supplies", "Foil, Wraps & Bags", 231),
    ("Everyday White Rice", "Rice", "Rice", 660),
    ("Coriander / Cilantro", "Herbs", "Fresh Herbs", 375),
    ("Whole Coriander Seeds", "Spices", "Herbs & Spices", 107),
];

const FIRST: [(&str, &str); 33] = [
    ("bananas", "Cavendish Bananas"),
    ("apples", "Gala Apples"),
    ("apple juice", "Premium Apple Juice"),
    ("butter", "Salted Butter"),
    ("strawberries", "Organic Strawberries"),
    ("bread", "White Bread"),
    ("milk", "Whole Milk"),
    ("milk chocolate", "Classic Milk Chocolate Bar"),
    ("cheese", "Blue Cheese"),
    ("eggs", "Free-Range Eggs"),
    ("chicken", "Chicken Breast"),
    ("tea", "Everyday Black Tea"),
    ("coffee", "Everyday Instant Coffee"),
    ("water", "Sparkling Water"),
    ("orange juice", "Orange Juice"),
    ("oranges", "Valencia Oranges"),
    ("potatoes", "Potatoes"),
    ("onions", "White Onions"),
    ("tomatoes", "Cherry Tomatoes"),
    ("cream", "Single Cream"),
    ("ice cream", "Strawberry Ice Cream"),
    ("peppers", "Mixed Bell Peppers"),
    ("pepper", "Everyday Black Pepper"),
    ("tuna", "Tuna in Brine"),
    ("lemon", "Lemons"),
    ("beer", "Wheat Beer"),
    ("sugar", "Everyday White Sugar"),
    ("olive oil", "Classic Olive Oil"),
    ("chocolate cake", "Chocolate Layer Cake"),
    ("chocolate", "Classic Milk Chocolate Bar"),
    ("kitchen roll", "Everyday Kitchen Roll"),
    ("rice", "Everyday White Rice"),
    ("cilantro", "Coriander / Cilantro"),
];

fn staples() -> Index {
    let mut index = Index::new();
    for (id, &(name, kind, category_name, popularity)) in (0..).zip(&SHELVES) {
        index.put(&Entry { kind, category_name, popularity, ..product(id, name) });
    }
    index
}

fn names(index: &Index, text: &str) -> Vec<&'static str> {
    found(index, text).iter().map(|&id| SHELVES[usize::try_from(id).expect("a row")].0).collect()
}

#[test]
fn the_staple_comes_first() {
    let index = staples();
    for (text, first) in FIRST {
        assert_eq!(names(&index, text).first(), Some(&first), "{text}: {:?}", names(&index, text));
    }
}

#[test]
fn all_bread_comes_before_anything_breaded() {
    let index = staples();
    let bread = ["White Bread", "Sourdough Loaf", "Premium Garlic Bread Bites"];
    assert_eq!(names(&index, "bread"), [&bread[..], &["Breaded Fish Fingers", "Breaded Calamari"]].concat());
}

#[test]
fn among_equals_the_spelling_as_typed_decides_then_popularity() {
    let mut index = shop(&["Toffee Apple", "Gala Apples", "Green Apples", "Apple Tart"]);
    index.put(&Entry { popularity: 900, ..product(3, "Green Apples") });
    assert_eq!(found(&index, "apples"), [3, 2, 1, 4]);
    assert_eq!(found(&index, "apple"), [1, 3, 2, 4]);
}

#[test]
fn the_noun_of_a_name_is_what_the_thing_is() {
    let of = |name: &str| heads(name).join(" ");
    for (name, noun) in [
        ("Cavendish Bananas", "banana"),
        ("Tuna in Brine", "tuna"),
        ("Vitamin C 500 mg", "vitamin"),
        ("Beans, Baked", "bean"),
        ("Coriander / Cilantro", "coriander cilantro"),
        ("Sour Cream & Onion", ""),
        ("Apple & Mango Juice", "juice"),
        ("With Love", "love"),
        ("7 Up", "up"),
        ("The", ""),
        ("", ""),
    ] {
        assert_eq!(of(name), noun, "{name}");
    }
}
