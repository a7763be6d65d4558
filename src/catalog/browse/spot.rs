//! Where in a product's text a word stands, packed into the few bits a posting has to spare.

/// Where a word stands; the first place wins. Fits three bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(super) enum Place {
    First,
    Second,
    Third,
    LaterInName,
    Kind,
    Brand,
    Department,
}

impl Place {
    const ALL: [Self; 7] = [
        Self::First,
        Self::Second,
        Self::Third,
        Self::LaterInName,
        Self::Kind,
        Self::Brand,
        Self::Department,
    ];

    /// The place of the nth content word of a name, counted from 0.
    pub(super) fn in_name(position: usize) -> Self {
        match position {
            0 => Self::First,
            1 => Self::Second,
            2 => Self::Third,
            _ => Self::LaterInName,
        }
    }

    pub(super) fn is_in_name(self) -> bool {
        self <= Self::LaterInName
    }
}

/// How much a word says about the kind of product. Fits two bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(super) enum KindWord {
    #[default]
    None,
    /// One of several things ("Tea & Coffee"), or it only says which ("Fresh Breads").
    Part,
    /// The thing itself: "Fresh Breads".
    Head,
    /// The whole name of the kind: "Butter".
    Whole,
}

impl KindWord {
    const ALL: [Self; 4] = [Self::None, Self::Part, Self::Head, Self::Whole];
}

/// All that a posting tells about a word in a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spot {
    pub place: Place,
    /// The word says what the thing is: the last one of "Salted Butter".
    pub head: bool,
    pub kind: KindWord,
    /// Written in the plural.
    pub plural: bool,
}

impl Spot {
    pub(super) const BITS: u32 = 7;
    /// As many as there are codes, the unused ones among them.
    pub(super) const CODES: usize = 1 << Self::BITS;

    pub(super) fn code(self) -> u32 {
        self.place as u32 | u32::from(self.head) << 3 | (self.kind as u32) << 4 | u32::from(self.plural) << 6
    }

    /// None for a code never given out.
    pub(super) fn of(code: usize) -> Option<Self> {
        let place = *Place::ALL.get(code & 7)?;
        Some(Self { place, head: code & 8 != 0, kind: KindWord::ALL[code >> 4 & 3], plural: code & 64 != 0 })
    }
}
