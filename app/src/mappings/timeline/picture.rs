//! The axis of one flow, drawn on the server.
//!
//! Places along the axis are percentages and heights are pixels, so that shapes stretch with the
//! page and words keep their size.

use domain::{
    mappings::timeline::{FlowView, Paid},
    time::Span,
};
use leptos::prelude::*;

use super::words;
use crate::format;

/// Heights in pixels.
const MESSAGES: i64 = 52;
const LANE: i64 = 44;
const SCALE: i64 = 24;

/// Steps of the scale, in hours; the axis has at most this many of one.
const STEPS: [i64; 11] = [1, 2, 4, 6, 12, 24, 48, 168, 336, 720, 2_160];
const MOST_STEPS: i64 = 8;

/// What is on the axis, and how long it is.
struct Axis {
    step: Span,
    length: Span,
}

impl Axis {
    /// As long as what happens on it, and a little longer.
    fn of(flow: &FlowView) -> Self {
        let touches = flow.spec.touches.iter().map(|touch| touch.at);
        let ads = flow.paid.iter().map(|paid| paid.begins_at);
        let last = touches.chain(ads).max().unwrap_or_default().max(Span::from_hours(6));
        let needed = last.0 + last.0 / 8;
        let fits = |hours: &&i64| Span::from_hours(**hours).0 * MOST_STEPS >= needed;
        let step = Span::from_hours(*STEPS.iter().find(fits).unwrap_or(&2_160));
        let steps = needed.div_euclid(step.0) + 1;
        Self { step, length: Span(step.0 * steps) }
    }

    fn place(&self, at: Span) -> String {
        percent(at.0.clamp(0, self.length.0), self.length.0)
    }

    fn width(&self, from: Span, to: Option<Span>) -> String {
        let to = to.map_or(self.length.0, |to| to.0.min(self.length.0));
        percent((to - from.0).max(0), self.length.0)
    }

    /// Where a label stands so that it stays inside.
    fn anchor(&self, at: Span) -> &'static str {
        if at.0 * 4 > self.length.0 * 3 { "end" } else { "start" }
    }
}

/// A share in hundredths of a percent, as an SVG length.
fn percent(part: i64, whole: i64) -> String {
    let hundredths = part.saturating_mul(10_000) / whole.max(1);
    format!("{}.{:02}%", hundredths / 100, hundredths % 100)
}

/// The picture.
pub(super) fn picture(flow: &FlowView) -> AnyView {
    let axis = Axis::of(flow);
    let lanes = i64::try_from(flow.paid.len()).unwrap_or(0);
    let bottom = MESSAGES + lanes * LANE;
    let height = (bottom + SCALE).to_string();
    let label = format!("When messages and ads of {} come", flow.spec.key);
    let (zones, ticks) = (zones(flow, &axis, bottom), ticks(&axis, bottom));
    let (touches, paid) = (touches(flow, &axis), paid(flow, &axis));
    view! {
        <svg class="timeline" width="100%" height=height role="img" aria-label=label>
            {ticks}
            {zones}
            {touches}
            {paid}
        </svg>
    }
    .into_any()
}

fn ticks(axis: &Axis, bottom: i64) -> AnyView {
    let steps = axis.length.0 / axis.step.0;
    (0..=steps)
        .map(|step| {
            let at = Span(axis.step.0 * step);
            let x = axis.place(at);
            let anchor = match step {
                0 => "start",
                last if last == steps => "end",
                _ => "middle",
            };
            let words = if step == 0 { "0".to_owned() } else { format::duration(at) };
            view! {
                <line class="tick" x1=x.clone() x2=x.clone() y1="0" y2=bottom.to_string() />
                <text class="scale" x=x y=(bottom + 16).to_string() text-anchor=anchor>
                    {words}
                </text>
            }
        })
        .collect_view()
        .into_any()
}

fn zones(flow: &FlowView, axis: &Axis, bottom: i64) -> AnyView {
    flow.conflicts
        .iter()
        .map(|one| {
            let class = if one.meant.is_some() { "zone meant" } else { "zone" };
            view! {
                <rect
                    class=class
                    x=axis.place(one.from)
                    width=axis.width(one.from, one.to)
                    y="0"
                    height=bottom.to_string()
                />
            }
        })
        .collect_view()
        .into_any()
}

fn touches(flow: &FlowView, axis: &Axis) -> AnyView {
    flow.spec
        .touches
        .iter()
        .enumerate()
        .map(|(place, touch)| {
            let (x, anchor) = (axis.place(touch.at), axis.anchor(touch.at));
            // Neighbours stand on two rows.
            let y = if place % 2 == 0 { 16 } else { 34 };
            let nudge = if anchor == "end" { "-6" } else { "6" };
            view! {
                <line class="touch" x1=x.clone() x2=x.clone() y1=(y - 12).to_string() y2=MESSAGES.to_string() />
                <text class="label" x=x dx=nudge y=y.to_string() text-anchor=anchor>
                    {words::message(*touch)}
                </text>
            }
        })
        .collect_view()
        .into_any()
}

fn paid(flow: &FlowView, axis: &Axis) -> AnyView {
    (0_i64..)
        .zip(&flow.paid)
        .map(|(place, paid)| lane(paid, axis, MESSAGES + place * LANE))
        .collect_view()
        .into_any()
}

/// One mapping: its name, from when Segue sends until the platform uses it, and the ads.
fn lane(paid: &Paid, axis: &Axis, top: i64) -> AnyView {
    let (text, bar) = ((top + 16).to_string(), (top + 24).to_string());
    let class = if paid.is_active { "ads use-retarget" } else { "ads paused" };
    let ends = paid.ends_at.filter(|end| *end > axis.length);
    let until = match (paid.ends_at, ends) {
        (_, Some(end)) => format!(", until {}", format::duration(end)),
        (None, _) => ", no end stated".to_owned(),
        _ => String::new(),
    };
    let paused = if paid.is_active { "" } else { " (paused)" };
    let words =
        format!("{}{paused}: ads from {}{until}", paid.mapping, format::duration(paid.sent_at));
    view! {
        <text class="label" x="0" y=text>
            {words}
        </text>
        <rect
            class="floor"
            x=axis.place(paid.sent_at)
            width=axis.width(paid.sent_at, Some(paid.begins_at))
            y=bar.clone()
            height="12"
        />
        <rect
            class=class
            x=axis.place(paid.begins_at)
            width=axis.width(paid.begins_at, paid.ends_at)
            y=bar
            height="12"
        />
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::mappings::timeline::FlowSpec;

    fn flow(touches: &[&str]) -> FlowView {
        let touches = touches.iter().map(|text| text.parse().expect("a touch")).collect();
        let key = |text: &str| text.parse().expect("a key");
        let spec = FlowSpec { key: key("f"), audience: key("a"), touches };
        FlowView { spec, joins_at: Span(0), paid: vec![], conflicts: vec![] }
    }

    #[test]
    fn the_axis_holds_everything_with_few_steps() {
        for (touches, step, length) in [
            (vec![], 1, 7),
            (vec!["sms 4h", "email 20h"], 4, 24),
            (vec!["email 90d"], 336, 336 * 8),
        ] {
            let axis = Axis::of(&flow(&touches));
            let hours = |span: Span| span.0 / Span::from_hours(1).0;
            assert_eq!((hours(axis.step), hours(axis.length)), (step, length), "{touches:?}");
            assert!(axis.length.0 / axis.step.0 <= MOST_STEPS + 1);
        }
        let axis = Axis::of(&flow(&["email 20h"]));
        assert_eq!(axis.place(Span::from_hours(6)), "25.00%");
        assert_eq!(axis.place(Span::from_hours(600)), "100.00%");
        assert_eq!(axis.width(Span::from_hours(12), None), "50.00%");
    }
}
