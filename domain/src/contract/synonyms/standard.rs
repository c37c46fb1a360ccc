//! What the ad platforms and GA4 call an event of the contract, in their own spelling.
//!
//! Source: Meta's standard events, TikTok's supported events, GA4's recommended events. What
//! stands in `CONCEPTS` as one of theirs is spelled here as they do.

use super::{
    Vendor::{self, Ga4, Meta, TikTok},
    name::Name,
    table::CONCEPTS,
};

/// Whose names are told.
const TOLD: [Vendor; 3] = [Meta, TikTok, Ga4];

/// Each platform's name of what an event means; none of those that have no such event.
#[must_use]
pub fn standard_names(event: &str) -> Vec<(Vendor, String)> {
    let concept = Name::read(event).with_meaning().concept();
    let Some(names) = concept.and_then(|at| CONCEPTS.get(at)) else { return Vec::new() };
    let of = |vendor: Vendor| {
        let (words, _) = names.iter().find(|(_, vendors)| vendors.contains(&vendor))?;
        Some((vendor, spelled(vendor, words)))
    };
    TOLD.into_iter().filter_map(of).collect()
}

/// Words as a platform writes them.
fn spelled(vendor: Vendor, words: &str) -> String {
    match (vendor, words) {
        // The same words in another order stand in the table once.
        (Ga4, "Signed Up") => "sign_up".to_owned(),
        (Ga4, "Cart Viewed") => "view_cart".to_owned(),
        (Ga4, "Promotion Viewed") => "view_promotion".to_owned(),
        (Ga4, words) => words.to_lowercase().replace(' ', "_"),
        (_, words) => words.replace(' ', ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(event: &str) -> Vec<String> {
        standard_names(event).into_iter().map(|(_, name)| name).collect()
    }

    #[test]
    fn an_event_has_the_name_that_each_platform_gave_it() {
        assert_eq!(told("Order Completed"), ["Purchase", "CompletePayment", "purchase"]);
        assert_eq!(told("added_to_cart"), ["AddToCart", "AddToCart", "add_to_cart"]);
        assert_eq!(told("Signed Up"), ["CompleteRegistration", "CompleteRegistration", "sign_up"]);
        assert_eq!(told("Cart Viewed"), ["view_cart"]);
        assert_eq!(told("Order Refunded"), ["refund"]);
        assert!(told("Quiz Completed").is_empty() && told("").is_empty());
    }

    // GA4 begins with the verb, or is one word.
    const VERBS: [&str; 10] = [
        "add", "begin", "login", "purchase", "refund", "remove", "search", "select", "sign", "view",
    ];

    #[test]
    fn every_name_of_ga4_is_one_of_its_own() {
        let of_ga4 = CONCEPTS.iter().flat_map(|names| names.iter());
        let of_ga4 = of_ga4.filter(|(_, vendors)| vendors.contains(&Ga4));
        for (words, _) in of_ga4 {
            let name = spelled(Ga4, words);
            assert!(VERBS.contains(&name.split('_').next().unwrap()), "{name}");
        }
    }
}
