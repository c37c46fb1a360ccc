//! Changes of the configuration that a second person approves before they take effect.
//!
//! Which changes those are is [`needs_second`]; a further kind of row gets a field in [`Edit`],
//! in [`Base`] and in [`Proposal::changes`].

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    access::{
        Actor, Role,
        trail::{Line, lines},
    },
    configuration::{
        Configuration,
        plan::{Change, Row, Table, differences},
    },
    contract::request::{Decision, State},
    ids::ProposalId,
    key::Key,
    mappings::{MappingSpec, gates::Pass},
    suppression::SuppressionSpec,
    time::{Instant, Span},
};

/// Whoever approves later approves something that nobody has in mind any more.
pub const OPEN_FOR: Span = Span::from_hours(14 * 24);

/// The setting that asks for a second person.
pub const SECOND_PERSON: &str = "second_person";

/// What shall become of rows of the configuration.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Edit {
    /// Mappings as they shall be.
    pub mappings: Vec<MappingSpec>,
    /// Suppressions as they shall be.
    pub suppressions: Vec<SuppressionSpec>,
    /// Suppressions that shall go.
    pub retired: Vec<Key>,
    /// Whether a second person shall be asked from now on.
    pub second_person: Option<bool>,
    /// Gates that its mappings pass, with their reasons.
    pub passes: Vec<Pass>,
}

impl Edit {
    /// The edit that makes these changes; nothing if others are among them.
    #[must_use]
    pub fn of(changes: &[Change]) -> Option<Self> {
        let mut edit = Self::default();
        for change in changes {
            match change {
                Change::Create(Row::Mapping(spec)) | Change::Update(Row::Mapping(spec), _) => {
                    edit.mappings.push(spec.clone());
                }
                Change::Create(Row::Suppression(spec))
                | Change::Update(Row::Suppression(spec), _) => edit.suppressions.push(spec.clone()),
                Change::Retire(Table::Suppression, key) => edit.retired.push(key.clone()),
                Change::Set(field) if field.field == SECOND_PERSON => {
                    edit.second_person = field.after.as_bool();
                }
                _ => return None,
            }
        }
        Some(edit)
    }
}

/// What an edit's rows were when it was proposed; those that weren't there are left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Base {
    /// Its mappings, also those that pass a gate.
    pub mappings: Vec<MappingSpec>,
    /// Its suppressions, also those that shall go.
    pub suppressions: Vec<SuppressionSpec>,
    /// The setting, if it shall be another.
    pub second_person: Option<bool>,
}

impl Base {
    /// What is stored of what an edit touches.
    #[must_use]
    pub fn of(edit: &Edit, stored: &Configuration) -> Self {
        let mappings = stored.mappings.iter().map(|one| &one.spec);
        let suppressions = stored.suppressions.iter().map(|one| &one.spec);
        let is_touched = |key: &Key| {
            edit.retired.contains(key) || edit.suppressions.iter().any(|one| one.key == *key)
        };
        let is_named = |key: &Key| {
            edit.mappings.iter().any(|one| one.key == *key)
                || edit.passes.iter().any(|one| one.mapping == *key)
        };
        Self {
            mappings: mappings.filter(|one| is_named(&one.key)).cloned().collect(),
            suppressions: suppressions.filter(|one| is_touched(&one.key)).cloned().collect(),
            second_person: edit.second_person.map(|_| stored.settings.second_person),
        }
    }
}

/// An edit that somebody proposes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Proposal {
    /// Its identity.
    pub id: ProposalId,
    /// Who proposes it.
    pub author: String,
    /// When.
    pub at: Instant,
    /// What shall be.
    pub edit: Edit,
    /// What was.
    pub base: Base,
    /// How far it has come; never a draft.
    pub state: State,
    /// Who decided, when, and what they said.
    pub decision: Option<Decision>,
}

/// What a proposal does to one row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    /// Of which table.
    pub table: Table,
    /// Its name.
    pub key: Key,
    /// What becomes of it.
    pub deed: Deed,
    /// Its fields, as far as they change or are new.
    pub lines: Vec<Line>,
}

/// What becomes of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    /// It is new.
    Create,
    /// It becomes another.
    Update,
    /// It goes.
    Retire,
}

impl Proposal {
    /// Whether it waits for somebody.
    #[must_use]
    pub fn is_open(&self, now: Instant) -> bool {
        self.state == State::Open && now.since(self.at) < OPEN_FOR
    }

    /// Whether somebody may approve it: never its author, and that nobody is asked any more is
    /// for admins.
    #[must_use]
    pub fn may_be_approved_by(&self, actor: &Actor) -> bool {
        let role = if self.edit.second_person.is_some() { Role::Admin } else { Role::Approver };
        actor.role >= role && actor.name != self.author
    }

    /// What it does, row by row.
    #[must_use]
    pub fn changes(&self) -> Vec<Changed> {
        let Self { edit, base, .. } = self;
        let mappings = edit.mappings.iter().map(|after| {
            let before = base.mappings.iter().find(|one| one.key == after.key);
            changed(Table::Mapping, &after.key, before, after)
        });
        let suppressions = edit.suppressions.iter().map(|after| {
            let before = base.suppressions.iter().find(|one| one.key == after.key);
            changed(Table::Suppression, &after.key, before, after)
        });
        let retired = edit.retired.iter().map(|key| Changed {
            table: Table::Suppression,
            key: key.clone(),
            deed: Deed::Retire,
            lines: Vec::new(),
        });
        mappings.chain(suppressions).chain(retired).collect()
    }
}

fn changed<S: Serialize>(table: Table, key: &Key, before: Option<&S>, after: &S) -> Changed {
    let (deed, lines) = match before {
        None => (Deed::Create, lines(&json!(after).to_string())),
        Some(before) => (Deed::Update, lines(&json!(differences(before, after)).to_string())),
    };
    Changed { table, key: key.clone(), deed, lines }
}

/// Whether one of these changes is for two people to decide, where a workspace wants that: what
/// starts a mapping, what a mapping is for, every rule of who is kept out, and this setting.
#[must_use]
pub fn needs_second(changes: &[Change]) -> bool {
    changes.iter().any(|change| match change {
        Change::Create(Row::Mapping(spec)) => spec.active,
        Change::Update(Row::Mapping(spec), fields) => fields
            .iter()
            .any(|one| one.field == "use_case" || (one.field == "active" && spec.active)),
        // A list that is made holds nobody.
        Change::Create(Row::Suppression(spec)) => !spec.list,
        Change::Update(Row::Suppression(_), _) | Change::Retire(Table::Suppression, _) => true,
        Change::Set(field) => field.field == SECOND_PERSON,
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapping(active: bool, use_case: &str) -> MappingSpec {
        let fields = serde_json::json!({"key": "m", "audience": "a", "destination": "d",
            "use_case": use_case, "active": active});
        serde_json::from_value(fields).unwrap()
    }

    fn update(before: &MappingSpec, after: &MappingSpec) -> Vec<Change> {
        vec![Change::Update(Row::Mapping(after.clone()), differences(before, after))]
    }

    #[test]
    fn what_starts_or_lets_people_through_is_for_two() {
        let (paused, active) = (mapping(false, "retarget"), mapping(true, "retarget"));
        assert!(needs_second(&update(&paused, &active)));
        assert!(needs_second(&update(&active, &mapping(true, "suppress"))));
        assert!(needs_second(&update(&paused, &mapping(false, "suppress"))));
        assert!(needs_second(&[Change::Create(Row::Mapping(active.clone()))]));
        let rule = SuppressionSpec::new("bought".parse().unwrap(), "purchase");
        assert!(needs_second(&[Change::Create(Row::Suppression(rule.clone()))]));
        let list = SuppressionSpec { list: true, ..rule.clone() };
        assert!(!needs_second(&[Change::Create(Row::Suppression(list))]));
        assert!(needs_second(&[Change::Update(Row::Suppression(rule), vec![])]));
        assert!(needs_second(&[Change::Retire(Table::Suppression, "bought".parse().unwrap())]));
        // What stops or waits is anybody's.
        assert!(!needs_second(&update(&active, &paused)));
        assert!(!needs_second(&[Change::Create(Row::Mapping(paused.clone()))]));
        let slower = MappingSpec { every: Span::from_hours(1), ..active.clone() };
        assert!(!needs_second(&update(&active, &slower)));
        assert!(!needs_second(&[Change::Retire(Table::Mapping, "m".parse().unwrap())]));
    }

    #[test]
    fn an_edit_makes_the_changes_that_it_is_of() {
        let (paused, active) = (mapping(false, "retarget"), mapping(true, "retarget"));
        let gone = Change::Retire(Table::Suppression, "bought".parse().unwrap());
        let mut changes = update(&paused, &active);
        changes.push(gone);
        let edit = Edit::of(&changes).unwrap();
        assert_eq!((edit.mappings, edit.retired.len()), (vec![active], 1));
        changes.push(Change::Retire(Table::Mapping, "m".parse().unwrap()));
        assert_eq!(Edit::of(&changes), None);
    }

    #[test]
    fn a_proposal_says_what_it_does_and_ends_by_itself() {
        let edit = Edit {
            mappings: vec![mapping(true, "retarget"), {
                let key = "new".parse().unwrap();
                MappingSpec { key, ..mapping(true, "retarget") }
            }],
            retired: vec!["bought".parse().unwrap()],
            ..Edit::default()
        };
        let base = Base { mappings: vec![mapping(false, "retarget")], ..Base::default() };
        let proposal = Proposal {
            id: ProposalId(uuid::Uuid::nil()),
            author: "ana@example.com".to_owned(),
            at: Instant(0),
            edit,
            base,
            state: State::Open,
            decision: None,
        };
        let changes = proposal.changes();
        let [resumed, created, retired] = &changes[..] else { panic!("{changes:?}") };
        let line = |name: &str, before: &str, after: &str| Line {
            name: name.to_owned(),
            before: Some(before.to_owned()),
            after: Some(after.to_owned()),
        };
        assert_eq!(
            (resumed.deed, &resumed.lines),
            (Deed::Update, &vec![line("active", "false", "true")])
        );
        assert_eq!((created.deed, retired.deed), (Deed::Create, Deed::Retire));
        assert!(created.lines.iter().any(|one| one.name == "audience"), "{created:?}");
        assert!(proposal.is_open(Instant(0).plus(OPEN_FOR).minus(Span(1))));
        assert!(!proposal.is_open(Instant(0).plus(OPEN_FOR)));
        assert!(!Proposal { state: State::Rejected, ..proposal }.is_open(Instant(0)));
    }
}
