//! A label as a PDF of one small page: plain text, written by hand, and marked as a sandbox's.

use super::model::Shipment;

/// A6, in points.
const PAGE: &str = "0 0 298 420";

pub(super) fn pdf(shipment: &Shipment) -> Vec<u8> {
    let to = &shipment.wanted.to;
    let lines = [
        (18, "SANDBOX - NOT A REAL LABEL".to_owned()),
        (26, shipment.id.clone()),
        (12, format!("Order {}, {} bags", shipment.wanted.reference, shipment.wanted.bags)),
        (14, to.name.clone()),
        (14, to.line.clone()),
        (14, format!("{} {}", to.town, to.eircode)),
        (10, "Nothing is brought by the sandbox carrier.".to_owned()),
    ];
    let mut text = String::from("BT 20 380 Td\n");
    for (size, line) in lines {
        text.push_str(&format!("/F1 {size} Tf ({}) Tj 0 -{} Td\n", plain(&line), size + 14));
    }
    text.push_str("ET");
    write(&[
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [{PAGE}] /Contents 4 0 R \
             /Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>"
        ),
        format!("<< /Length {} >>\nstream\n{text}\nendstream", text.len()),
    ])
}

/// What a PDF's own string may hold; letters beyond ASCII become `?`.
fn plain(line: &str) -> String {
    let mut out = String::new();
    for c in line.chars().take(60) {
        match c {
            '(' | ')' | '\\' => out.extend(['\\', c]),
            ' '..='~' => out.push(c),
            _ => out.push('?'),
        }
    }
    out
}

/// Numbers the objects and adds the table of where each begins.
fn write(objects: &[String]) -> Vec<u8> {
    let (mut out, mut spots) = (String::from("%PDF-1.4\n"), Vec::new());
    for (number, object) in (1..).zip(objects) {
        spots.push(out.len());
        out.push_str(&format!("{number} 0 obj\n{object}\nendobj\n"));
    }
    let table = out.len();
    out.push_str(&format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1));
    for spot in spots {
        out.push_str(&format!("{spot:010} 00000 n \n"));
    }
    out.push_str(&format!(
        "trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n",
        objects.len() + 1
    ));
    out.into_bytes()
}
