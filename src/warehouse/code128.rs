//! Code 128, set B, as every hand scanner reads it: from a label's text to bars.
//!
//! ISO/IEC 15417. Small and closed, so no crate is needed for it.

/// Widths of bars and gaps, in modules, of each value; the last one is the stop.
const WIDTHS: [&str; 107] = [
    "212222", "222122", "222221", "121223", "121322", "131222", "122213", "122312", "132212", "221213",
    "221312", "231212", "112232", "122132", "122231", "113222", "123122", "123221", "223211", "221132",
    "221231", "213212", "223112", "312131", "311222", "321122", "321221", "312212", "322112", "322211",
    "212123", "212321", "232121", "111323", "131123", "131321", "112313", "132113", "132311", "211313",
    "231113", "231311", "112133", "112331", "132131", "113123", "113321", "133121", "313121", "211331",
    "231131", "213113", "213311", "213131", "311123", "311321", "331121", "312113", "312311", "332111",
    "314111", "221411", "431111", "111224", "111422", "121124", "121421", "141122", "141221", "112214",
    "112412", "122114", "122411", "142112", "142211", "241211", "221114", "413111", "241112", "134111",
    "111242", "121142", "121241", "114212", "124112", "124211", "411212", "421112", "421211", "212141",
    "214121", "412121", "111143", "111341", "131141", "114113", "114311", "411113", "411311", "113141",
    "114131", "311141", "411131", "211412", "211214", "211232", "2331112",
];
const START_B: usize = 104;
const STOP: usize = 106;
const MODULUS: usize = 103;
/// White beside the bars, without which scanners do not find them.
const QUIET: u32 = 10;
const HEIGHT: u32 = 36;

/// A picture of a code, for a label: an SVG's measures and the path of its bars.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bars {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) path: String,
}

/// `None`: the text has a sign that set B has not.
pub(super) fn bars(text: &str) -> Option<Bars> {
    let (mut at, mut path) = (QUIET, String::new());
    for value in values(text)? {
        for (i, width) in WIDTHS[value].bytes().map(|b| u32::from(b - b'0')).enumerate() {
            if i % 2 == 0 {
                path.push_str(&format!("M{at} 0h{width}v{HEIGHT}h-{width}z"));
            }
            at += width;
        }
    }
    Some(Bars { width: at + QUIET, height: HEIGHT, path })
}

/// Start, signs, check, stop.
fn values(text: &str) -> Option<Vec<usize>> {
    let mut values = vec![START_B];
    for sign in text.bytes() {
        values.push(usize::from(sign).checked_sub(32).filter(|value| *value < 96)?);
    }
    let weighted = values.iter().enumerate().map(|(place, value)| place.max(1) * value);
    let check = weighted.sum::<usize>() % MODULUS;
    values.extend([check, STOP]);
    Some(values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_table_is_the_standards() {
        let parts = |widths: &str| widths.bytes().map(|b| u32::from(b - b'0')).collect::<Vec<_>>();
        for widths in &WIDTHS[..STOP] {
            let widths = parts(widths);
            assert_eq!(widths.iter().sum::<u32>(), 11, "eleven modules a sign");
            assert_eq!(widths.iter().step_by(2).sum::<u32>() % 2, 0, "an even number of them dark");
        }
        assert_eq!(parts(WIDTHS[STOP]).iter().sum::<u32>(), 13);
        assert_eq!(WIDTHS.iter().collect::<BTreeSet<_>>().len(), WIDTHS.len());
    }

    #[test]
    fn a_text_is_checked_as_the_standard_says() {
        // The usual example in set B: start, P J J 1 2 3 C; the signs by their places, by 103.
        assert_eq!(values("PJJ123C").expect("set B"), [104, 48, 42, 42, 17, 18, 19, 35, 55, 106]);
        assert_eq!(values("é"), None);
    }

    #[test]
    fn bars_are_as_long_as_their_signs() {
        let bars = bars("7K3M-9QX3-01").expect("set B");
        assert_eq!(bars.width, 2 * QUIET + 11 * 14 + 13);
        assert!(bars.path.starts_with("M10 0h2v36h-2zM13 0h1v36h-1zM16 0h1v36h-1z"), "{}", bars.path);
        assert_eq!(bars.path.matches('M').count(), 3 * 14 + 4);
    }
}
