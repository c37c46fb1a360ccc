//! What the vendors call things, and which verbs make an event another one.

use std::sync::LazyLock;

use super::Vendor::{self, CustomerIo, Ga4, Meta, Shopify, TikTok, Twilio};

/// Names of one concept, each with whose it is. Names of the same words stand here once.
pub(super) type Concept = &'static [(&'static str, &'static [Vendor])];

/// What the vendors' names mean. One that stands alone is nothing else here.
pub(super) const CONCEPTS: &[Concept] = &[
    &[
        ("Order Completed", &[CustomerIo, Twilio]),
        ("Purchase", &[Ga4, Meta]),
        ("Complete Payment", &[TikTok]),
        ("Checkout Completed", &[Shopify]),
    ],
    // TikTok keeps the order apart from its payment.
    &[("Place An Order", &[TikTok])],
    &[("Order Refunded", &[CustomerIo, Twilio]), ("Refund", &[Ga4])],
    &[("Order Cancelled", &[CustomerIo, Twilio])],
    &[("Order Updated", &[CustomerIo, Twilio])],
    &[
        ("Product Added", &[CustomerIo, Twilio]),
        ("Add To Cart", &[Ga4, Meta, TikTok]),
        ("Product Added To Cart", &[Shopify]),
    ],
    &[
        ("Product Removed", &[CustomerIo, Twilio]),
        ("Remove From Cart", &[Ga4]),
        ("Product Removed From Cart", &[Shopify]),
    ],
    &[
        ("Product Added To Wishlist", &[CustomerIo, Twilio]),
        ("Add To Wishlist", &[Ga4, Meta, TikTok]),
    ],
    &[("Product Removed From Wishlist", &[CustomerIo, Twilio])],
    &[("Wishlist Product Added To Cart", &[CustomerIo, Twilio])],
    &[
        ("Product Viewed", &[CustomerIo, Shopify, Twilio]),
        ("View Content", &[Meta, TikTok]),
        ("View Item", &[Ga4]),
    ],
    &[("Product Clicked", &[CustomerIo, Twilio]), ("Select Item", &[Ga4])],
    &[
        ("Product List Viewed", &[CustomerIo, Twilio]),
        ("View Item List", &[Ga4]),
        ("Collection Viewed", &[Shopify]),
    ],
    &[
        ("Products Searched", &[CustomerIo, Twilio]),
        ("Search", &[Ga4, Meta, TikTok]),
        ("Search Submitted", &[Shopify]),
    ],
    &[("Cart Viewed", &[CustomerIo, Ga4, Shopify, Twilio])],
    &[
        ("Checkout Started", &[CustomerIo, Shopify, Twilio]),
        ("Initiate Checkout", &[Meta, TikTok]),
        ("Begin Checkout", &[Ga4]),
    ],
    &[
        ("Payment Info Entered", &[CustomerIo, Twilio]),
        ("Add Payment Info", &[Ga4, Meta, TikTok]),
        ("Payment Info Submitted", &[Shopify]),
    ],
    &[("Add Shipping Info", &[Ga4]), ("Checkout Shipping Info Submitted", &[Shopify])],
    &[("Promotion Viewed", &[CustomerIo, Ga4, Twilio])],
    &[("Promotion Clicked", &[CustomerIo, Twilio]), ("Select Promotion", &[Ga4])],
    &[("Signed Up", &[Ga4, Twilio]), ("Complete Registration", &[Meta, TikTok])],
    &[("Signed In", &[Twilio]), ("Login", &[Ga4])],
    // Of a paid one, at Meta; at TikTok also to follow somebody.
    &[("Subscription Started", &[]), ("Subscribe", &[Meta])],
];

/// Words that say nothing.
pub(super) const FILLERS: &[&str] = &["a", "an", "event", "events", "the"];

/// Words that belong to the next one: to the cart isn't from it.
pub(super) const PREPOSITIONS: &[&str] =
    &["at", "by", "for", "from", "into", "of", "off", "on", "to", "via", "with", "without"];

/// Forms that no rule leads back.
pub(super) const IRREGULAR: &[(&str, &str)] = &[
    ("began", "begin"),
    ("begun", "begin"),
    ("bought", "buy"),
    ("left", "leave"),
    ("paid", "pay"),
    ("sent", "send"),
    ("sold", "sell"),
];

/// What takes something back, ends it or says that it wasn't: one more or less is another event.
///
/// Verbs stand between commas, each with its stems: wherever in a word, or after `=` the whole.
pub(super) const UNDOES: &str = "\
    refund rückerst erstatt rembours reembols rimbors, return retour devol, chargeback =back, \
    revers, revert, undo undid undon, void, repay repaid, reimburs, credit gutschrift, rebate, \
    clawback, exchang, replac, swap, cancel storn annul, revok, rescind, withdr, terminat, abort, \
    fail, declin, denied =deny, reject, refus, error, unsuccess, =ko, disput, fraud, complain, \
    flag, incomplet uncomplet unfinish notcomplet, unpaid notpaid, =not, =no, =non, =never, \
    =without, =un, pending, \
    attempt =try tried, request, intend intent, almost, partial, remov, delet, =drop dropped, \
    clear, empt, detach, exit, =leave =left, =end ended, churn, =quit, expir, laps, overdue, \
    timeout =timed, =close closed, =stop stopped, archiv, =lost, paus, suspend, \
    =hold =held onhold, delay, postpon, skip, deactiv, disabl, block, =ban banned, abandon, \
    unsubscri, unfollow, optout optedout, =out, logout loggedout, signout signedout, uninstall, \
    downgrad, decreas, reduc, bounc, undeliver, =test testing, =fake, dummy, sandbox, simulat, \
    duplic, incorrect, unlike, unlink, uncheck, untag";

/// What somebody does. Names that do different things are different events.
pub(super) const DOES: &str = "\
    start begin began begun initiat, resum, restart, renew, reactiv, reopen, repeat, reorder, \
    again, complet finish =done succe, updat edit chang modif adjust amend correct, creat, \
    =add added adding =put, =view =views viewed viewing =see =seen =saw impress shown display, \
    click =tap tapped select press, search, filter, =sort sorted, share sharing, \
    review =rate =rated rating, =ship shipped, dispatch, fulfil, deliver, receiv, =send =sent, \
    =open opened, approv, accept, upgrad, increas, install";

/// What else makes an event another one, of which names may be silent.
pub(super) const TELLS: &str = "\
    place placing, =pay paid payment billed billing invoic, charge charging, confirm, verif, appl, \
    enter, submit, subscri, activ, enabl, wish, favo, save saving, =list, categor, collection, \
    step, stage, coupon voucher, discount, promo, campaign, banner, trial, gift, \
    shipping shipment, address, quot, estimat, draft, mail, =sms, =push, message, notif, =in, \
    login loggedin, signin signedin, regist, signup signedup, account, ticket, support, \
    audience, loyal, point, reward, remind, schedul";

/// Of each of these three, the verbs, and of each verb its stems.
pub(super) static VERBS: LazyLock<[Vec<Vec<&str>>; 3]> = LazyLock::new(|| {
    [UNDOES, DOES, TELLS]
        .map(|verbs| verbs.split(',').map(|stems| stems.split_whitespace().collect()).collect())
});
