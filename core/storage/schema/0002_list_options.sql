-- How lists are made beside the weights, and what a stored run was made from, so that it can be replayed.
ALTER TABLE weight_sets ADD COLUMN options JSON DEFAULT '{}';
ALTER TABLE recommendation_runs ADD COLUMN data_version VARCHAR DEFAULT ''; -- '': not known
ALTER TABLE recommendation_runs ADD COLUMN lists_hash VARCHAR DEFAULT ''; -- SHA-256 over the run's lists
