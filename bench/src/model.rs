//! The record of the benchmark: a deal with an id and 25 typed fields, about 890 bytes as JSON.
//!
//! A record is a pure function of its index, so every system stores the same data in every run.

use std::io::Write;

use anyhow::{Context, Result};
use serde::{Deserialize, Deserializer};

/// The first id a floor gives out; nineteen digits, as in the API.
pub(crate) const FIRST_ID: i64 = 4_000_000_000_000_000_000;
/// Eighteen digits, the most a `bigint` field takes.
const FIRST_REFERENCE: u64 = 100_000_000_000_000_000;
pub(crate) const MAX_AMOUNT: u64 = 1_000_000;

pub(crate) const STAGES: [&str; 10] = [
    "Qualification",
    "Needs Analysis",
    "Value Proposition",
    "Identify Decision Makers",
    "Proposal/Price Quote",
    "Negotiation/Review",
    "Closed Won",
    "Closed Lost",
    "Closed Lost to Competition",
    "On Hold",
];
const TYPES: [&str; 2] = ["Existing Business", "New Business"];
const LEAD_SOURCES: [&str; 6] =
    ["Advertisement", "Cold Call", "Employee Referral", "External Referral", "Online Store", "Trade Show"];
const CURRENCIES: [&str; 5] = ["CHF", "EUR", "JPY", "SEK", "USD"];
const REGIONS: [&str; 5] = ["Alps", "Baltics", "Benelux", "Iberia", "Pacific"];
const FIRMS: [&str; 20] = [
    "Aldertree",
    "Brightwater",
    "Copperfield",
    "Dunmore",
    "Eastbank",
    "Foxglove",
    "Greenhill",
    "Hazelwood",
    "Ironbridge",
    "Jasper",
    "Kingsway",
    "Larkspur",
    "Millbrook",
    "Northgate",
    "Oakridge",
    "Pinecrest",
    "Quarrybank",
    "Rosemount",
    "Silverdale",
    "Thornbury",
];
const GOODS: [&str; 20] = [
    "awnings",
    "batteries",
    "cables",
    "dampers",
    "engines",
    "filters",
    "gaskets",
    "hinges",
    "inverters",
    "jackets",
    "kettles",
    "lanterns",
    "motors",
    "nozzles",
    "ovens",
    "pumps",
    "racks",
    "sensors",
    "turbines",
    "valves",
];
const OCCASIONS: [&str; 10] = [
    "tender",
    "reorder",
    "trial",
    "lease",
    "refit",
    "extension",
    "overhaul",
    "delivery",
    "contract",
    "survey",
];

/// `SplitMix64`: small, seedable, and its output function is a bijection.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(scramble(seed))
    }

    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        scramble(self.0) % limit
    }

    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }
}

fn scramble(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}

/// The three words a `Deal_Name` starts with: one of 4 000, hence 0.025 % of the records each.
pub(crate) fn three_words(random: &mut Random) -> String {
    format!("{} {} {}", random.pick(&FIRMS), random.pick(&GOODS), random.pick(&OCCASIONS))
}

/// Appends record `index` as a client sends it: the 21 fields that are not the server's own to set.
pub(crate) fn write_new_deal(out: &mut Vec<u8>, index: u64) {
    let random = &mut Random::new(index);
    let name = three_words(random);
    let firm = name.split(' ').next().unwrap_or_default();
    let domain = firm.to_lowercase();
    let cents = random.below(MAX_AMOUNT * 100);
    let day = random.below(1200);
    let mut write =
        |arguments: std::fmt::Arguments<'_>| out.write_fmt(arguments).expect("a Vec takes every byte");
    write(format_args!(
        r#"{{"Deal_Name":"{name} {index}","Amount":{}.{:02},"Stage":"{}","Closing_Date":"{}-{:02}-{:02}""#,
        cents / 100,
        cents % 100,
        random.pick(&STAGES),
        2025 + day / 400,
        1 + day / 28 % 12,
        1 + day % 28,
    ));
    write(format_args!(
        r#","Account_Ref":"{}","Contact_Ref":"{}","Probability":{},"Type":"{}","Lead_Source":"{}""#,
        FIRST_REFERENCE + random.below(5_000),
        FIRST_REFERENCE + 1_000_000 + random.below(20_000),
        5 * random.below(21),
        random.pick(&TYPES),
        random.pick(&LEAD_SOURCES),
    ));
    write(format_args!(
        r#","Next_Step":"Send {firm} the {} offer","Campaign_Ref":"{}","Description":"{firm} wants {} and {} within {} weeks, {} first; the last {} went well. Quote order {}.""#,
        random.pick(&GOODS),
        FIRST_REFERENCE + 2_000_000 + random.below(200),
        random.pick(&GOODS),
        random.pick(&GOODS),
        2 + random.below(30),
        random.pick(&GOODS),
        random.pick(&OCCASIONS),
        10_000 + random.below(90_000),
    ));
    write(format_args!(
        r#","Currency_Code":"{}","Rate":1.{:03},"Email_Address":"desk{}@{domain}.example","Phone_Number":"+1-555-{:03}-{:04}","Website_Address":"https://www.{domain}{}.example""#,
        random.pick(&CURRENCIES),
        random.below(1_000),
        random.below(1_000_000),
        random.below(1_000),
        random.below(10_000),
        random.below(10_000),
    ));
    write(format_args!(
        r#","Is_Won":{},"Score":{},"External_Key":"KEY-{:016X}","Region":"{}"}}"#,
        random.below(4) == 0,
        random.below(1_000),
        scramble(!index),
        random.pick(&REGIONS),
    ));
}

/// A record as [`write_new_deal`] writes it. Strings are borrowed, so an escape in one is an error.
#[derive(Deserialize)]
#[expect(non_snake_case, reason = "the fields bear their API names")]
pub(crate) struct NewDeal<'a> {
    pub Deal_Name: &'a str,
    pub Amount: f64,
    pub Stage: &'a str,
    pub Closing_Date: &'a str,
    #[serde(deserialize_with = "digits")]
    pub Account_Ref: i64,
    #[serde(deserialize_with = "digits")]
    pub Contact_Ref: i64,
    pub Probability: i32,
    pub Type: &'a str,
    pub Lead_Source: &'a str,
    pub Next_Step: &'a str,
    #[serde(deserialize_with = "digits")]
    pub Campaign_Ref: i64,
    pub Description: &'a str,
    pub Currency_Code: &'a str,
    pub Rate: f64,
    pub Email_Address: &'a str,
    pub Phone_Number: &'a str,
    pub Website_Address: &'a str,
    pub Is_Won: bool,
    pub Score: i32,
    pub External_Key: &'a str,
    pub Region: &'a str,
}

impl NewDeal<'_> {
    pub(crate) fn expected_revenue(&self) -> f64 {
        (self.Amount * f64::from(self.Probability)).round() / 100.0
    }

    /// One of fifty users, as the server would set one.
    pub(crate) fn owner(&self) -> i64 {
        FIRST_ID + 900_000_000 + i64::from(self.Score % 50)
    }
}

/// The fields an update carries; two of the four are indexed.
#[derive(Deserialize)]
#[expect(non_snake_case, reason = "the fields bear their API names")]
pub(crate) struct ChangedDeal<'a> {
    #[serde(deserialize_with = "digits")]
    pub id: i64,
    pub Amount: f64,
    pub Stage: &'a str,
    pub Next_Step: &'a str,
    pub Score: i32,
}

#[derive(Deserialize)]
struct Body<T> {
    data: Vec<T>,
}

/// The records of a request body `{"data":[…]}`.
pub(crate) fn parse_body<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<Vec<T>> {
    Ok(serde_json::from_slice::<Body<T>>(body).context("reading the records of the request")?.data)
}

fn digits<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    <&str>::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_read_back_as_it_was_written() {
        let mut body = b"{\"data\":[".to_vec();
        write_new_deal(&mut body, 4321);
        body.extend_from_slice(b"]}");
        let deals: Vec<NewDeal<'_>> = parse_body(&body).expect("the generator writes what the floors read");
        assert!(deals[0].Deal_Name.ends_with(" 4321"));
        assert!(deals[0].Account_Ref < 1_000_000_000_000_000_000);
    }

    #[test]
    fn two_records_in_a_thousand_match_a_search() {
        let (mut body, count) = (Vec::new(), 20_000);
        let mut matches = 0;
        for index in 0..count {
            body.clear();
            write_new_deal(&mut body, index);
            let deal: NewDeal<'_> = serde_json::from_slice(&body).expect("one record");
            matches += u32::from(deal.Stage == STAGES[3] && (400_000.0..=420_000.0).contains(&deal.Amount));
        }
        assert!((20..=60).contains(&matches), "{matches} of {count}");
    }
}
