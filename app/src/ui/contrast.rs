//! Reads `style/tokens.css` and computes the contrast of what stands on what, in both themes.

const TOKENS: &str = include_str!("../../../style/tokens.css");

/// Text, by what it stands on: 4.5 at least.
const TEXT: &[(&str, &[&str])] = &[
    ("ink", &["page", "rail", "sunken", "raised", "accent-wash", "failing-wash", "late-wash"]),
    ("ink-quiet", &["page", "rail", "sunken", "raised", "accent-wash"]),
    ("accent", &["page", "rail", "sunken", "raised", "failing-wash", "late-wash"]),
    ("accent-strong", &["page", "sunken"]),
    ("accent-ink", &["accent", "accent-strong"]),
    ("failing", &["page", "sunken", "raised", "failing-wash"]),
    ("late", &["page", "sunken", "late-wash"]),
    ("failing-ink", &["failing"]),
    ("page", &["ink", "waiting"]),
];

/// Marks and the edges of controls, by what they stand on: 3 at least.
const MARKS: &[(&str, &[&str])] = &[
    ("retarget", &["page", "sunken"]),
    ("suppress", &["page", "sunken"]),
    ("lookalike", &["page", "sunken"]),
    ("analytics", &["page", "sunken"]),
    ("ok", &["page", "sunken"]),
    ("waiting", &["page", "sunken"]),
    ("paused", &["page", "sunken"]),
    ("mute", &["page"]),
    ("series-1", &["page", "sunken"]),
    ("series-2", &["page", "sunken"]),
    ("series-3", &["page", "sunken"]),
    ("series-4", &["page", "sunken"]),
    ("series-5", &["page", "sunken"]),
    ("failing", &["page"]),
    ("late", &["page"]),
    ("edge-control", &["page", "raised"]),
];

/// The light and the dark colour of a token.
fn token(name: &str) -> [u32; 2] {
    let start = format!("\n  --{name}: light-dark(");
    let at = TOKENS.find(&start).unwrap_or_else(|| panic!("no token {name}")) + start.len();
    let pair = TOKENS[at..].split(')').next().unwrap();
    let mut colours = pair.split(',').map(|one| {
        u32::from_str_radix(one.trim().strip_prefix('#').expect("#rrggbb"), 16).expect("#rrggbb")
    });
    [colours.next().unwrap(), colours.next().unwrap()]
}

/// Relative luminance by WCAG 2.2.
fn luminance(colour: u32) -> f64 {
    let channel = |shift: u32| {
        let value = f64::from((colour >> shift) & 0xff) / 255.0;
        if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * channel(16) + 0.7152 * channel(8) + 0.0722 * channel(0)
}

fn contrast(one: u32, other: u32) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

#[test]
fn everything_can_be_read_in_both_themes() {
    let mut faint = Vec::new();
    for (pairs, least) in [(TEXT, 4.5), (MARKS, 3.0)] {
        for (front, grounds) in pairs {
            for ground in *grounds {
                for (theme, name) in ["light", "dark"].into_iter().enumerate() {
                    let found = contrast(token(front)[theme], token(ground)[theme]);
                    if found < least {
                        faint.push(format!("{front} on {ground}, {name}: {found:.2} < {least}"));
                    }
                }
            }
        }
    }
    assert!(faint.is_empty(), "{}", faint.join("\n"));
}

#[test]
fn the_formula_agrees_with_known_values() {
    assert!((contrast(0x00_0000, 0xff_ffff) - 21.0).abs() < 0.01);
    assert!((contrast(0x77_7777, 0xff_ffff) - 4.48).abs() < 0.01);
}
