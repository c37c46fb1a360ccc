//! Changes of the configuration that wait for a second person, and whether one is asked.

use domain::{
    access::{Actor, Role},
    approvals::proposal::{Changed, Deed, OPEN_FOR, Proposal},
    configuration::plan::Table as Rows,
    time::Instant,
};
use leptos::prelude::*;

use super::api::{ApproveProposal, AskSecondPerson, RejectProposal, WithdrawProposal};
use crate::{
    access::trail::change_list,
    form::{FormError, answered},
    format,
    ui::{Button, ButtonKind, Column, Moment, Section, Table},
};

/// What can be done with them, made once for the page's life.
#[derive(Clone, Copy)]
pub struct Actions {
    approve: ServerAction<ApproveProposal>,
    reject: ServerAction<RejectProposal>,
    withdraw: ServerAction<WithdrawProposal>,
    ask: ServerAction<AskSecondPerson>,
}

impl Actions {
    /// Ready to be used.
    #[must_use]
    pub fn new() -> Self {
        Self {
            approve: ServerAction::new(),
            reject: ServerAction::new(),
            withdraw: ServerAction::new(),
            ask: ServerAction::new(),
        }
    }

    /// Grows with each answer.
    #[must_use]
    pub fn version(self) -> usize {
        self.approve.version().get()
            + self.reject.version().get()
            + self.withdraw.version().get()
            + self.ask.version().get()
    }
}

impl Default for Actions {
    fn default() -> Self {
        Self::new()
    }
}

/// What went wrong.
pub fn errors(actions: Actions) -> AnyView {
    view! {
        <FormError answered=answered(actions.approve) fields=&[] title="Nothing was approved" />
        <FormError answered=answered(actions.reject) fields=&[] title="Nothing was turned away" />
        <FormError answered=answered(actions.withdraw) fields=&[] title="Nothing was taken back" />
        <FormError answered=answered(actions.ask) fields=&[] title="It stays as it was" />
    }
    .into_any()
}

/// Those that wait.
pub fn section(proposals: Vec<Proposal>, now: Instant, actor: &Actor, actions: Actions) -> AnyView {
    let columns = vec![
        Column::words("Change"),
        Column::actions("Approve or turn away"),
        Column::words("Proposed by"),
        Column::words("Waits since"),
    ];
    let rows = proposals.iter().map(|one| row(one, now, actor, actions)).collect_view();
    view! {
        <Section title="Mappings and suppressions">
            <p class="reading">
                "Nothing of it has happened yet. Whoever proposed it can't approve it. What changed meanwhile can't be approved, and what nobody decides within "
                {format::duration(OPEN_FOR)} " is gone."
            </p>
            <Table caption="Proposed changes of mappings and suppressions" columns>
                {rows}
            </Table>
        </Section>
    }
    .into_any()
}

fn row(proposal: &Proposal, now: Instant, actor: &Actor, actions: Actions) -> AnyView {
    let id = proposal.id.to_string();
    let is_own = proposal.author == actor.name;
    let mut changes = proposal.changes().into_iter().map(change).collect::<Vec<_>>();
    if let Some(asked) = proposal.edit.second_person {
        let words =
            if asked { "A second person is asked" } else { "No second person is asked any more" };
        changes.push(view! { <li>{words}</li> }.into_any());
    }
    let passes = proposal.edit.passes.iter().map(|pass| {
        let words = format!(
            "{} passes the gate {} though {}: {}",
            pass.mapping,
            pass.gate.as_str(),
            pass.evidence,
            pass.reason
        );
        view! { <li class="late">{words}</li> }.into_any()
    });
    changes.extend(passes);
    view! {
        <tr data-decision="" id=id.clone()>
            <th scope="row" class="wrap">
                <ul class="plain">{changes}</ul>
            </th>
            <td class="tight">{decide(proposal, actor, actions)}</td>
            <td>{if is_own { "you".to_owned() } else { proposal.author.clone() }}</td>
            <td>
                <Moment at=proposal.at now />
            </td>
        </tr>
    }
    .into_any()
}

fn change(changed: Changed) -> AnyView {
    let Changed { table, key, deed, lines } = changed;
    let page = match table {
        Rows::Mapping => format!("/mappings/{key}"),
        _ => format!("/suppression/rules/{key}"),
    };
    let verb = match deed {
        Deed::Create => "New ",
        Deed::Update => "Change ",
        Deed::Retire => "Retire ",
    };
    let name = if deed == Deed::Create {
        key.to_string().into_any()
    } else {
        view! { <a href=page>{key.to_string()}</a> }.into_any()
    };
    let lines = (!lines.is_empty()).then(|| change_list(lines));
    view! { <li>{verb} {table.as_str()} " " {name} {lines}</li> }.into_any()
}

fn decide(proposal: &Proposal, actor: &Actor, actions: Actions) -> AnyView {
    let is_own = proposal.author == actor.name;
    let id = proposal.id.to_string();
    let (approve, reject, withdraw) = (id.clone(), id.clone(), id);
    let approves = proposal.may_be_approved_by(actor).then(|| {
        view! {
            <ActionForm action=actions.approve>
                <input type="hidden" name="proposal" value=approve />
                <Button busy=actions.approve.pending() attr:data-verdict="approve">"Approve"</Button>
            </ActionForm>
        }
    });
    let rejects = (!is_own && actor.role >= Role::Approver).then(|| {
        view! {
            <ActionForm action=actions.reject>
                <input type="hidden" name="proposal" value=reject />
                <Button kind=ButtonKind::Quiet busy=actions.reject.pending() attr:data-verdict="reject">
                    "Turn away"
                </Button>
            </ActionForm>
        }
    });
    let own = is_own.then(|| {
        view! {
            <ActionForm action=actions.withdraw>
                <input type="hidden" name="proposal" value=withdraw />
                <Button kind=ButtonKind::Quiet busy=actions.withdraw.pending() attr:data-verdict="reject">
                    "Take back"
                </Button>
            </ActionForm>
        }
    });
    view! { <div class="buttons">{approves} {rejects} {own}</div> }.into_any()
}

/// Whether a second person is asked, and for an admin the switch.
pub fn switch(is_asked: bool, actor: &Actor, actions: Actions) -> AnyView {
    let words = if is_asked {
        "A second person approves whatever starts a mapping, changes what one is for, or changes who is kept out. What stops one is anybody's, and segue apply on the host takes effect at once."
    } else {
        "Whoever may change mappings and suppressions does so alone. With a second person, starting a mapping, changing what it is for and changing who is kept out wait here for somebody else."
    };
    let form = (actor.role == Role::Admin).then(|| {
        let asked = if is_asked { "" } else { "yes" };
        let label = if is_asked { "Ask nobody else any more" } else { "Ask a second person" };
        view! {
            <ActionForm action=actions.ask>
                <input type="hidden" name="asked" value=asked />
                <Button busy=actions.ask.pending()>{label}</Button>
            </ActionForm>
        }
    });
    view! {
        <Section title="Second person">
            <p class="reading">{words}</p>
            {form}
        </Section>
    }
    .into_any()
}
