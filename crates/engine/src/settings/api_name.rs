//! Names for things that people label: made from the label, or checked when they are given.

use dealwright_wire::Code;

/// Longest name, as for modules.
const LONGEST: usize = 50;

/// Names that records, answers or line items use for something else.
const RESERVED: [&str; 18] = [
    "id",
    "data",
    "info",
    "tags",
    "owner",
    "created_by",
    "created_time",
    "modified_by",
    "modified_time",
    "layout",
    "tag",
    "parent_id",
    "record_image",
    "se_module",
    "territories",
    "product_details",
    "pricing_details",
    "participants",
];

/// A name from a label: spaces become underscores, other characters than letters and digits go, and what stands
/// before the first letter too. A number is added while `is_taken` says so.
pub(super) fn derive(label: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let mut name = String::new();
    for c in label.chars() {
        match c {
            'a'..='z' | 'A'..='Z' | '0'..='9' if !name.is_empty() || c.is_ascii_alphabetic() => name.push(c),
            ' ' | '_' | '-' if !name.is_empty() && !name.ends_with('_') => name.push('_'),
            _ => {}
        }
    }
    // Room for a number, and no underscore at the end.
    name.truncate(LONGEST - 4);
    name.truncate(name.trim_end_matches('_').len());
    if name.is_empty() {
        "field".clone_into(&mut name);
    }
    let free = |name: &String| !is_taken(name) && !is_reserved(name);
    if free(&name) {
        return name;
    }
    // Three digits fit, and no module has as many fields of one label.
    let numbered = (1..1000).map(|number| format!("{name}{number}")).find(free);
    numbered.unwrap_or(name)
}

/// Why a given name cannot be used.
pub(super) fn refusal(name: &str) -> Option<Code> {
    let well_formed = name.len() <= LONGEST
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !name.contains("__")
        && !name.ends_with('_');
    match (well_formed, is_reserved(name)) {
        (false, _) => Some(Code::InvalidData),
        (true, true) => Some(Code::ReservedKeyword),
        (true, false) => None,
    }
}

fn is_reserved(name: &str) -> bool {
    RESERVED.contains(&name.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::{derive, refusal};

    #[test]
    fn labels_become_names() {
        let free = |_: &str| false;
        for (label, name) in [
            ("Favourite Colour", "Favourite_Colour"),
            ("2nd e-mail (private)", "nd_e_mail_private"),
            ("  Größe  ", "Gre"),
            ("色", "field"),
            ("Owner", "Owner1"),
            ("a - b_", "a_b"),
        ] {
            assert_eq!(derive(label, free), name, "{label}");
            assert_eq!(refusal(&derive(label, free)), None, "{label}");
        }
        assert_eq!(derive("Colour", |name| name == "Colour" || name == "Colour1"), "Colour2");
        assert!(derive(&"x".repeat(200), free).len() <= 50);
    }

    #[test]
    fn given_names_are_checked() {
        for bad in ["", "1a", "_a", "a__b", "a_", "a b", "ä"] {
            assert!(refusal(bad).is_some(), "{bad}");
        }
        assert_eq!(refusal("Created_Time"), Some(dealwright_wire::Code::ReservedKeyword));
        assert_eq!(refusal("Size_2"), None);
    }
}
