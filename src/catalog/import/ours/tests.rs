use super::super::report::ImportError;
use super::super::source::Source;
use super::*;

const HEADER: &str = "sku,name,price,department,category";

fn today() -> NaiveDate {
    "2026-11-21".parse().expect("a day")
}

type Lines = Vec<(u64, Result<NewProduct, String>)>;

fn read_all(file: impl AsRef<[u8]>) -> Result<Lines, ImportError> {
    let mut source = Source::open(file.as_ref(), today())?;
    let (mut record, mut lines) = (csv::StringRecord::new(), Vec::new());
    while let Some(line) = source.next_line(&mut record)? {
        lines.push((line.number, line.product));
    }
    Ok(lines)
}

/// The product of a row with these columns beside the needed ones.
fn with(columns: &str, cells: &str) -> Result<NewProduct, String> {
    let file = format!("{HEADER},{columns}\nA1,Milk,1.20,Dairy,Milk,{cells}\n");
    read_all(file).expect("a file").remove(0).1
}

fn refusal(file: impl AsRef<[u8]>) -> String {
    read_all(file).expect_err("no file of ours").to_string()
}

#[test]
fn a_row_with_only_the_needed_columns_gets_the_usual_rest() {
    let lines = read_all(format!("{HEADER}\nA1,Milk,1.20,Dairy,Milks\n")).expect("a file");
    let product = lines[0].1.as_ref().expect("a product");
    assert_eq!((product.price_cents, product.vat_percent, product.storage), (120, 23, "ambient"));
    assert_eq!((product.size_text.as_str(), product.size_amount, product.size_unit), ("each", 1, "each"));
    assert_eq!((product.kind.as_str(), product.slug.as_str()), ("Milks", "milk-a1"));
    assert_eq!((product.picture.as_str(), product.picture_fit), (NEUTRAL_PICTURE, "fresh"));
    assert_eq!((product.stock, product.back_on, product.minimum_age), (None, None, 0));
}

#[test]
fn a_whole_row_is_read() {
    let product = with(
        "brand,subcategory,size,size_value,size_unit,image,icon,picture,allergens,kcal,salt_g,fat_g,vat_rate,age_restricted,storage,labels,stock,back_on,popularity",
        "Farm,Whole,1l,1000.0,ml,packs/S1.svg,milk,pack, milk ; soya;,131.0,0.50,,0,1,chilled,organic;vegan,0,3,250",
    )
    .expect("a product");
    assert_eq!(
        (product.brand.as_str(), product.kind.as_str(), product.storage),
        ("Farm", "Whole", "chilled")
    );
    assert_eq!((product.size_text.as_str(), product.size_amount, product.size_unit), ("1l", 1000, "ml"));
    assert_eq!((product.picture.as_str(), product.picture_fit), ("packs/S1.svg", "pack"));
    assert_eq!((product.allergens.as_str(), product.labels.as_str()), ("milk;soya", "organic;vegan"));
    let nutrition: Vec<_> = product.nutrition.iter().map(|(k, v)| (*k, v.as_str())).collect();
    assert_eq!(nutrition, [("kcal", "131"), ("salt_g", "0.5")]);
    assert_eq!((product.vat_percent, product.minimum_age, product.popularity), (0, 18, 250));
    assert_eq!((product.stock, product.back_on), (Some(0), "2026-11-24".parse().ok()));
}

#[test]
fn a_file_may_have_a_mark_semicolons_windows_line_ends_and_any_order() {
    let file = "\u{FEFF}Name;SKU;category;Price;department\r\n\"Milk; whole\";A1;Milk;1,20;Dairy\r\n\r\n;;;;\r\nB;B1;Milk;2;Dairy\r\n";
    let lines = read_all(file).expect("a file");
    assert_eq!(lines.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [2, 5]);
    let product = lines[0].1.as_ref().expect("a product");
    assert_eq!((product.name.as_str(), product.price_cents), ("Milk; whole", 120));
}

#[test]
fn a_row_is_named_by_the_line_an_editor_shows() {
    for end in ["\n", "\r\n", "\r"] {
        let lines = [HEADER, "", "A,A,1,D,C", "", "B,\"B", "b\",1,D,C", "C,C,1,D,C"].join(end);
        let numbers: Vec<u64> = read_all(lines).expect("a file").iter().map(|(line, _)| *line).collect();
        assert_eq!(numbers, [3, 5, 7], "{end:?}");
    }
}

#[test]
fn a_quote_that_is_never_closed_is_found_where_it_opens() {
    for (end, good) in
        [("\"oops\nB,B,1,D,C,\n", false), ("\"oops", false), ("\"fine\n\"", true), ("\"fine\n\"\n", true)]
    {
        let lines = read_all(format!("{HEADER},description\n\nA,A,1,D,C,{end}")).expect("a file");
        let why = Err("a quote (\") that is opened here is never closed".to_owned());
        assert_eq!((lines.len(), lines[0].0), (1, 3), "{end}");
        assert_eq!(lines[0].1.is_ok(), good, "{end}");
        assert!(good || lines[0].1 == why, "{lines:?}");
    }
}

#[test]
fn a_text_over_several_lines_is_one_line_and_the_next_row_is_counted_right() {
    let file = format!("{HEADER},description\nA,A,1,D,C,\"one\ntwo\"\nB,B,x,D,C,\n");
    let lines = read_all(file).expect("a file");
    assert_eq!(lines[0].1.as_ref().map(|p| p.description.clone()), Ok("one two".into()));
    assert_eq!(lines[1].0, 4);
}

#[test]
fn fresh_food_stands_on_its_plate_as_an_icon() {
    let product = with("image,icon,picture", "packs/S1.svg,red-apple,icon").expect("a product");
    assert_eq!((product.picture.as_str(), product.picture_fit), ("icons/red-apple.webp", "fresh"));
}

#[test]
fn what_is_weighed_costs_what_its_weight_costs() {
    let columns = "sold_by,price_per_kg,size,size_value,size_unit,over_percent";
    let read = |price: &str, cells: &str| {
        let file = format!("{HEADER},{columns}\nA1,Beef,{price},Meat,Beef,{cells}\n");
        read_all(file).expect("a file").remove(0).1
    };
    let beef = read("12.99", "weight,32.48,400g,400,g,").expect("a product");
    assert_eq!((beef.sold_by, beef.per_kg_cents, beef.over_percent), ("weight", Some(3248), Some(10)));
    let wrong = read("12.98", "weight,32.48,400g,400,g,5").expect_err("a cent off");
    assert_eq!(wrong, "price: “12.98” does not fit: 400 g at 32.48 a kg is 12.99");
    let no_grams = read("12.99", "weight,32.48,1,1,each,").expect_err("no grams");
    assert_eq!(no_grams, "size_unit: what is sold by weight needs its estimated weight in g");
    let no_price = read("12.99", "weight,,400g,400,g,").expect_err("no price");
    assert_eq!(no_price, "price_per_kg: missing; write it like 12.40");
    let each = read("12.99", "each,32.48,400g,400,g,10").expect("a product");
    assert_eq!((each.per_kg_cents, each.over_percent), (None, None));
}

#[test]
fn a_bad_cell_is_named_with_what_to_write_instead() {
    for (columns, cells, reason) in [
        ("currency", "USD", "currency: “USD” is not our money; prices are in EUR"),
        ("vat_rate", "4.8", "vat_rate: “4.8” is not a whole number from 0 to 50"),
        ("vat_rate", "51", "vat_rate: “51” is not a whole number from 0 to 50"),
        ("storage", "cold", "storage: “cold” is not known; write ambient, chilled, frozen, fresh"),
        ("age_restricted", "maybe", "age_restricted: “maybe” is not known; write 0, 1, no, yes, false, true"),
        ("stock", "-1", "stock: “-1” is not a whole number from 0 to 1000000"),
        ("stock", "many", "stock: “many” is not a whole number from 0 to 1000000"),
        ("back_on", "400", "back_on: “400” is not a whole number from 0 to 366"),
        ("kcal", "lots", "kcal: “lots” is not a number; write it like 0.5, or nothing"),
        ("size_value,size_unit", "12,oz", "size_value: “12” of “oz” is no size; write 500 and g, ml or each"),
        ("sold_by", "metre", "sold_by: “metre” is not known; write each, weight"),
        ("picture,icon", "icon,", "icon: “” is no icon; write a name such as red-apple"),
        (
            "image",
            "../etc/passwd",
            "image: “../etc/passwd” is no picture; write packs/S0001.svg or an address with https://",
        ),
        (
            "image",
            "javascript:alert(1)",
            "image: “javascript:alert(1)” is no picture; write packs/S0001.svg or an address with https://",
        ),
        ("Stock", "x,y", "7 cells where the header has 6; put a text with a comma in it in \"quotes\""),
    ] {
        assert_eq!(with(columns, cells), Err(reason.into()), "{columns} = {cells}");
    }
}

#[test]
fn a_needed_cell_is_asked_for() {
    let long = "x".repeat(121);
    for (row, reason) in [
        ("A1,Milk,,D,C", "price: missing; write it like 12.40"),
        ("A1,Milk,\"1,2,3\",D,C", "price: “1,2,3” is not a price; write it like 12.40"),
        ("A1,Milk,0,D,C", "price: “0” is out of range; a price is 0.01 to 100000.00"),
        ("A1,Milk,100000.01,D,C", "price: “100000.01” is out of range; a price is 0.01 to 100000.00"),
        ("A 1,Milk,1,D,C", "sku: “A 1” will not do; an article number has 1 to 40 letters, digits, - _ ."),
        (",Milk,1,D,C", "sku: missing"),
        ("A1, ,1,,", "category: missing; name: missing; department: missing"),
        (&format!("A1,{long},1,D,C"), "name: 121 characters; 120 at most"),
        ("A1,Milk,1,D", "4 cells where the header has 5; put a text with a comma in it in \"quotes\""),
    ] {
        let found = read_all(format!("{HEADER}\n{row}\n")).expect("a file").remove(0).1;
        assert_eq!(found, Err(reason.into()), "{row}");
    }
}

#[test]
fn what_is_no_file_of_ours_is_refused_in_one_sentence() {
    let needed = "sku, name, price, department, category";
    let no_file = "this is no product file of ours or Shopify's: columns are missing in the header: ";
    assert_eq!(refusal(""), "the file is empty");
    assert_eq!(refusal("Dear shop,\nplease\n"), format!("{no_file}{needed}"));
    assert_eq!(refusal("sku,name,cost,department\n"), format!("{no_file}price, category"));
    assert_eq!(
        refusal("sku,name,price,department,category,Name\n"),
        "the header has the column “name” twice"
    );
    assert_eq!(refusal([0xFF, 0xFE, b's', 0]), "the file is UTF-16; save it as “CSV UTF-8”");
    assert_eq!(refusal(b"PK\x03\x04\0\0"), "this is not a CSV file; save the sheet as “CSV UTF-8”");
    let latin = [HEADER.as_bytes(), b"\nA,Milk,1,D,C\nB,Cr\xE8me,1,D,C\n"].concat();
    assert_eq!(refusal(latin), "line 3 is not UTF-8 text; save the file as “CSV UTF-8”");
    let shopify = "this is a Shopify export, but columns are missing in the header: variant price";
    assert_eq!(refusal("Handle,Title,Vendor\n"), shopify);
}

#[test]
fn control_characters_and_overlong_spaces_do_not_come_in() {
    let product = with("description", "\"a\u{202E}b\u{0007}   c\"").expect("a product");
    assert_eq!(product.description, "ab c");
}
