//! What a conflict is called.

use domain::mappings::timeline::{Conflict, FlowView, Rule, Touch};

use crate::format;

/// A message with its time.
pub(super) fn message(touch: Touch) -> String {
    format!("{} at {}", touch.channel.noun(), format::duration(touch.at))
}

/// What meets what, as a sentence without its end.
pub(super) fn conflict(one: &Conflict, flow: &FlowView) -> String {
    let at = format::duration(one.from);
    let touch = one.meeting.touch.map(message).unwrap_or_default();
    let paid = flow.paid.iter().find(|paid| one.meeting.mapping.as_ref() == Some(&paid.mapping));
    let starts = paid.map(|paid| format::duration(paid.sent_at)).unwrap_or_default();
    match one.meeting.rule {
        Rule::AdsBeforeMessage => format!("Ads at {at} run before the {touch}"),
        Rule::AdsBesideMessage => format!("Ads at {starts} begin beside the {touch}"),
        Rule::AdsAfterWindow => format!(
            "Ads reach nobody: people leave the audience after {at}, and the platform uses no entry before {}",
            paid.map(|paid| format::duration(paid.begins_at)).unwrap_or_default()
        ),
        Rule::MessagesClose => format!("The {touch} comes within an hour of another message"),
        Rule::NoPurchaseEnd => "No suppression takes buyers out of these ads".to_owned(),
    }
}

/// Why that is a conflict.
pub(super) const fn why(rule: Rule) -> &'static str {
    match rule {
        Rule::AdsBeforeMessage => {
            "The message would have come for next to nothing, and the ad takes the credit."
        }
        Rule::AdsBesideMessage => {
            "Within an hour of each other nobody can tell which of them worked."
        }
        Rule::AdsAfterWindow => {
            "Whoever the platform would show the ad to is out of the audience by then."
        }
        Rule::MessagesClose => {
            "Two messages within an hour annoy, and the second one measures nothing."
        }
        Rule::NoPurchaseEnd => "Whoever buys goes on seeing the ad for what they bought.",
    }
}

/// The page's first sentence.
pub(super) fn sentence(flows: &[FlowView]) -> String {
    let open: u64 = flows.iter().map(|flow| flow.open().count() as u64).sum();
    let first = flows.iter().find_map(|flow| Some((flow.open().next()?, flow)));
    match (flows.len() as u64, first) {
        (0, _) => "No flow is on the timeline yet: nobody knows whether ads come before messages."
            .to_owned(),
        (_, Some((one, flow))) => {
            let by =
                one.meeting.mapping.as_ref().map(|key| format!(" ({key})")).unwrap_or_default();
            let more = match open - 1 {
                0 => String::new(),
                1 => " One more conflict.".to_owned(),
                several => format!(" {several} more conflicts."),
            };
            format!("{}{by}.{more}", conflict(one, flow))
        }
        (several, None) => {
            format!("No ad competes with a message in {}.", format::count(several, "flow", "flows"))
        }
    }
}
