//! What the console does with audiences.

use std::sync::Arc;

use crate::{
    access::Actor,
    configuration::service::ConfigurationService,
    error::{Error, Result},
};

use super::{
    AudienceRow, AudienceSpec, SegmentRow,
    port::{MirrorStore, SegmentSource},
};

/// Lists and promotes.
pub struct AudienceService {
    configuration: Arc<ConfigurationService>,
    mirrors: Arc<dyn MirrorStore>,
    segments: Arc<dyn SegmentSource>,
}

impl AudienceService {
    /// Over these.
    pub fn new(
        configuration: Arc<ConfigurationService>,
        mirrors: Arc<dyn MirrorStore>,
        segments: Arc<dyn SegmentSource>,
    ) -> Self {
        Self { configuration, mirrors, segments }
    }

    /// All audiences, by key.
    pub async fn list(&self) -> Result<Vec<AudienceRow>> {
        self.mirrors.audience_rows().await
    }

    /// One audience.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is none of that key.
    pub async fn get(&self, key: &str) -> Result<AudienceRow> {
        let rows = self.mirrors.audience_rows().await?;
        let row = rows.into_iter().find(|row| row.spec.key.as_str() == key);
        row.ok_or_else(|| Error::NotFound(format!("audience {key}")))
    }

    /// Changes what is said of an audience.
    pub async fn update(&self, spec: AudienceSpec, actor: &Actor) -> Result<()> {
        self.configuration.update_audience(spec, actor).await
    }

    /// All segments of the workspace, asked of Customer.io now, by name.
    pub async fn segments(&self) -> Result<Vec<SegmentRow>> {
        let stored = self.configuration.load().await?;
        let mut rows: Vec<SegmentRow> = self
            .segments
            .segments()
            .await?
            .into_iter()
            .map(|segment| SegmentRow {
                promoted_as: stored
                    .audiences
                    .iter()
                    .find(|audience| audience.spec.segment == segment.id)
                    .map(|audience| audience.spec.key.clone()),
                segment,
            })
            .collect();
        rows.sort_by(|a, b| a.segment.name.cmp(&b.segment.name));
        Ok(rows)
    }

    /// Promotes a segment for export.
    pub async fn promote(&self, spec: AudienceSpec, actor: &Actor) -> Result<()> {
        self.configuration.create_audience(spec, actor).await
    }
}
