//! E-mails of records: sending, listing, drafts, mail merge.
