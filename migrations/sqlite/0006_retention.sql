-- What retention looks for, and what a deletion checks for references to its row.

CREATE INDEX part_folded ON part (decided_at) WHERE folded;
CREATE INDEX part_by_order ON part (order_id);
CREATE INDEX sync_order_by_time ON sync_order (decided_at);
CREATE INDEX sync_order_by_run ON sync_order (run_id);
CREATE INDEX dead_letter_resolved ON dead_letter (resolved_at) WHERE resolved_at IS NOT NULL;
