//! Who else may see a record, who may not change it, whose territory it is in.
