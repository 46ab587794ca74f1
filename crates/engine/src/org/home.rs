//! Where an org is at home.

/// The money of a new org, and the country and locale that it starts with. Without a choice it counts in US dollars.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    /// ISO 4217, such as `EUR`.
    pub currency_code: String,
    pub currency_name: String,
    pub currency_symbol: String,
    /// ISO 3166 code of two letters, and name.
    pub country: Option<(String, String)>,
    /// Of the first administrator, such as `de_DE`.
    pub locale: Option<String>,
}

impl Default for Home {
    fn default() -> Self {
        Self {
            currency_code: "USD".to_owned(),
            currency_name: "US Dollar".to_owned(),
            currency_symbol: "$".to_owned(),
            country: None,
            locale: None,
        }
    }
}
