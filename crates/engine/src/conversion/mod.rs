//! Records that become other records: leads, quotes, orders; merging; blueprints.
