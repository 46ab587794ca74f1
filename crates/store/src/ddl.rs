//! Record tables from the difference of two schemas. Steps come from `dealwright_schema`; text from here.
