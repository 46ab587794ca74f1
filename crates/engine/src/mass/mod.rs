//! One change of many records: by their ids at once, by a view as a job.
