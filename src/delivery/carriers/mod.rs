//! What was asked of outside carriers, and what they have said of it.
//!
//! Owns `carrier_bookings` and `carrier_words`.

mod alike;
mod bookings;
mod model;
mod words;

pub use alike::{cover_words_alike, covered_words_count, forget_words_alike, see_carrier_word};
pub use bookings::{
    booking, booking_named, booking_of_drop, bookings_to_ask, claim_booking, insert_booking, live_booking,
    lock_booking, newest_bookings, set_booking, set_collected, stop_asking,
};
pub use model::{Booking, BookingState, CarrierWord, WordDecision};
pub use words::{
    decide_carrier_word, keep_carrier_word, lock_waiting_carrier_word, strange_words, strange_words_count,
    waiting_carrier_words,
};
