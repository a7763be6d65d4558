use crate::db::db_enum;

db_enum! {
    /// What goes by itself in a demonstration, or by hand.
    pub enum Part {
        Picking = "picking",
        Dispatch = "dispatch",
        Riding = "riding",
    }
}

db_enum! {
    /// What goes wrong with an order on purpose.
    pub enum Trouble {
        /// Its rider gets no farther than half the way.
        Stuck = "rider_stuck",
        /// The next thing to be picked is not there.
        Missing = "item_missing",
        /// Its rider does not find the door.
        WrongAddress = "wrong_address",
    }
}
