//! The matrix: audiences down, destinations across, the mappings where they meet.

use serde::{Deserialize, Serialize};

use super::MappingRow;
use crate::{
    audiences::AudienceRow,
    destinations::{DestinationRow, Profile},
    key::Key,
};

/// Every promoted audience against every destination.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Matrix {
    /// Its columns, by key.
    pub destinations: Vec<MatrixColumn>,
    /// Its rows, by key.
    pub audiences: Vec<MatrixLine>,
}

/// A destination.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MatrixColumn {
    /// Its key.
    pub key: Key,
    /// The platform.
    pub profile: Profile,
}

/// An audience, and where it goes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MatrixLine {
    /// The audience.
    pub audience: AudienceRow,
    /// The mappings to each destination, in the order of the columns and by key: one audience
    /// may go to one place for several uses.
    pub cells: Vec<Vec<MappingRow>>,
}

impl Matrix {
    /// Puts each mapping where its audience and its destination meet.
    #[must_use]
    pub fn of(
        mut audiences: Vec<AudienceRow>,
        destinations: Vec<DestinationRow>,
        mappings: &[MappingRow],
    ) -> Self {
        audiences.sort_by(|a, b| a.spec.key.cmp(&b.spec.key));
        let mut destinations: Vec<MatrixColumn> = destinations
            .into_iter()
            .map(|row| MatrixColumn { key: row.spec.key, profile: row.spec.profile })
            .collect();
        destinations.sort_by(|a, b| a.key.cmp(&b.key));
        let audiences = audiences
            .into_iter()
            .map(|audience| {
                let cell = |column: &MatrixColumn| {
                    let meets = |row: &&MappingRow| {
                        row.spec.audience == audience.spec.key && row.spec.destination == column.key
                    };
                    let mut cell: Vec<_> = mappings.iter().filter(meets).cloned().collect();
                    cell.sort_by(|a, b| a.spec.key.cmp(&b.spec.key));
                    cell
                };
                let cells = destinations.iter().map(cell).collect();
                MatrixLine { audience, cells }
            })
            .collect();
        Self { destinations, audiences }
    }

    /// How many audiences go nowhere: promoted, and not in use.
    #[must_use]
    pub fn unmapped(&self) -> u64 {
        let nowhere = |line: &&MatrixLine| line.cells.iter().all(Vec::is_empty);
        self.audiences.iter().filter(nowhere).count() as u64
    }
}
