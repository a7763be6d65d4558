//! Why an order cannot be changed like that.

use crate::lifecycle::ChangeError;

/// Why not, in plain words.
pub(super) fn words(why: &ChangeError) -> String {
    let unchanged = "Nothing has changed.";
    match why {
        ChangeError::TooLate => format!("It is being picked already. {unchanged}"),
        ChangeError::Empty => {
            format!("Nothing would be left. You can cancel the order instead. {unchanged}")
        }
        ChangeError::TooMuch => format!("At most 99 of one thing, and 200 things. {unchanged}"),
        ChangeError::NotSold => format!("One of these is not sold any more. {unchanged}"),
        ChangeError::Gone(gone) => {
            let each = gone.iter().map(|g| format!("{}: {} left, {} wanted", g.name, g.left, g.wanted));
            format!("There is not so much any more. {}. {unchanged}", each.collect::<Vec<_>>().join("; "))
        }
        ChangeError::BelowMinimum { missing } => {
            format!("The smallest order we bring needs {missing} more of goods. {unchanged}")
        }
        ChangeError::Age(age) => format!(
            "Something you added is for people aged {age} or over. Place an order of its own for it. {unchanged}"
        ),
        ChangeError::Changed { now } => {
            format!(
                "A price has changed meanwhile: it would come to {}. Look again and agree. {unchanged}",
                now.total
            )
        }
        ChangeError::More { reserved, needed } => {
            format!("Your card is reserved for {reserved}, and this needs {needed}. {unchanged}")
        }
        ChangeError::OnlyLess { paid, label } => format!(
            "You paid {paid} with {label}, so this order can only come to less. Place a second one for more. {unchanged}"
        ),
        ChangeError::Db(_) => unchanged.to_owned(),
    }
}
