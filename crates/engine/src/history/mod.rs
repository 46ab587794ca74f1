//! What records were: their timeline, and bringing an earlier state back.
