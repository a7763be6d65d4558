use super::super::report::ImportError;
use super::super::source::Source;
use super::*;

const HEADER: &str = "Handle,Title,Body (HTML),Vendor,Product Category,Type,Tags,Published,Option1 Name,Option1 Value,Variant SKU,Variant Grams,Variant Inventory Qty,Variant Price,Variant Compare At Price,Image Src,Status";

fn read_all(rows: &str) -> Vec<Result<NewProduct, String>> {
    try_read(&format!("{HEADER}\n{rows}")).expect("a file")
}

fn try_read(file: &str) -> Result<Vec<Result<NewProduct, String>>, ImportError> {
    let mut source = Source::open(file.as_bytes(), "2026-11-21".parse().expect("a day"))?;
    let (mut record, mut products) = (csv::StringRecord::new(), Vec::new());
    while let Some(line) = source.next_line(&mut record)? {
        products.push(line.product);
    }
    Ok(products)
}

#[test]
fn a_product_of_one_kind_keeps_its_title() {
    let rows = "bread,Sour Bread,<p>Crisp &amp; dark</p>,Mill,Food > Bakery > Bread,Loaf,\"organic, new\",TRUE,Title,Default Title,B-1,750,12,4.50,5.00,https://cdn.example.com/b.jpg?v=1,active\n";
    let product = read_all(rows).remove(0).expect("a product");
    assert_eq!((product.sku.as_str(), product.name.as_str()), ("B-1", "Sour Bread"));
    assert_eq!(
        (product.department.as_str(), product.category.as_str(), product.kind.as_str()),
        ("Food", "Bread", "Loaf")
    );
    assert_eq!((product.brand.as_str(), product.description.as_str()), ("Mill", "Crisp & dark"));
    assert_eq!((product.price_cents, product.stock, product.vat_percent), (450, Some(12), 23));
    assert_eq!((product.size_text.as_str(), product.size_amount, product.size_unit), ("750g", 750, "g"));
    assert_eq!(
        (product.picture.as_str(), product.picture_fit),
        ("https://cdn.example.com/b.jpg?v=1", "pack")
    );
    assert_eq!((product.labels.as_str(), product.withdrawn), ("organic", false));
}

#[test]
fn variants_are_products_and_pictures_are_none() {
    let rows = "tee,Tee,,Mill,,Shirts,,true,Size,S,,0,-3,10,,,active\n\
                tee,,,,,,,,,M,,0,4,11,,,\n\
                tee,,,,,,,,,,,,,,,https://cdn.example.com/2.jpg,\n\
                ,,,,,,,,,L,T-L,0,,12,,,\n";
    let products: Vec<NewProduct> = read_all(rows).into_iter().map(|p| p.expect("a product")).collect();
    let told: Vec<_> = products.iter().map(|p| (p.sku.as_str(), p.name.as_str(), p.stock)).collect();
    assert_eq!(told, [("tee-1", "Tee S", Some(0)), ("tee-2", "Tee M", Some(4)), ("T-L", "Tee L", None)]);
    assert!(products.iter().all(|p| p.department == "Shirts" && p.category == "Shirts" && p.brand == "Mill"));
    assert!(products.iter().all(|p| p.picture == NEUTRAL_PICTURE && p.size_text == "each"));
}

#[test]
fn what_shopify_does_not_show_is_withdrawn() {
    for (published, status, withdrawn) in [
        ("true", "active", false),
        ("FALSE", "active", true),
        ("true", "draft", true),
        ("", "archived", true),
        ("", "", false),
    ] {
        let row = format!("a,A,,,,,,{published},,,A,,,1,,,{status}\n");
        let product = read_all(&row).remove(0).expect("a product");
        assert_eq!(product.withdrawn, withdrawn, "{published} {status}");
    }
}

#[test]
fn a_product_without_type_and_category_is_under_more() {
    let product = read_all("a,A,,,,,,,,,A,,,1,,http://plain.example/a.jpg,\n").remove(0).expect("a product");
    assert_eq!((product.department.as_str(), product.category.as_str()), ("More", "More"));
    assert_eq!(product.picture, NEUTRAL_PICTURE);
}

#[test]
fn a_bad_row_says_what_is_wrong() {
    for (rows, reason) in [
        (
            "a,A,,,,,,,,,A 1,,,1,,,\n",
            "variant sku: “A 1” will not do; an article number has 1 to 40 letters, digits, - _ .",
        ),
        ("a,A,,,,,,,,,A,,,,,,\n", "variant price: missing; write it like 12.40"),
        ("a,A,,,,,,,,,A,x,,1,,,\n", "variant grams: “x” is no weight; write grams like 500"),
        (
            "a,A,,,,,,,,,A,,many,1,,,\n",
            "variant inventory qty: “many” is not a whole number from -1000000 to 1000000",
        ),
        (
            "a,,,,,,,,,,A,,,1,,,\n",
            "title: missing, and the row does not continue the product above; repeat its Handle",
        ),
        ("a,A,,,,,,maybe,,,A,,,1,,,\n", "published: “maybe” is not known; write true, false"),
    ] {
        assert_eq!(read_all(rows), [Err(reason.into())], "{rows}");
    }
}

#[test]
fn a_bad_product_takes_its_variants_with_it() {
    let rows = "a,A,,,,,,,,S,A,,,x,,,wrong\na,,,,,,,,,M,B,,,2,,,\n";
    let products = read_all(rows);
    let why = products[1].as_ref().expect_err("bad");
    assert!(why.starts_with("title: the product it belongs to will not do (status: “wrong”"), "{why}");
}

#[test]
fn a_price_that_is_bad_spoils_only_its_own_variant() {
    let products = read_all("a,A,,,,,,,,S,A,,,x,,,\na,,,,,,,,,M,B,,,2,,,\n");
    assert!(products[0].is_err());
    assert!(products[1].is_ok());
}

#[test]
fn the_newer_exports_names_are_known() {
    let file = "Title,URL handle,Description,Vendor,SKU,Price,Inventory quantity,Weight value (grams),Published on online store,Status\n\
                Tea,tea,<b>Black</b>,Hill,TEA,3.20,4,1500,TRUE,Active\n";
    let product = try_read(file).expect("a file").remove(0).expect("a product");
    assert_eq!(
        (product.sku.as_str(), product.description.as_str(), product.stock),
        ("TEA", "Black", Some(4))
    );
    assert_eq!(product.size_text, "1.5kg");
}

#[test]
fn a_number_made_from_a_handle_is_short_and_its_own() {
    assert_eq!(from_handle("tea", 2), "tea-2");
    let long = from_handle(&"very-long-handle-".repeat(5), 12);
    assert!(long.len() <= 40 && long.ends_with("-12"), "{long}");
    assert!(Sku::try_from(from_handle("お茶", 1)).is_ok());
    assert_ne!(from_handle("お茶", 1), from_handle("お水", 1));
}
