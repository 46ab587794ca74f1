//! The floor under everything: no parsing, no database, bytes that were ready before the first request.

use anyhow::{Context, Result};
use bytes::Bytes;

use super::record::{Answer, COLUMNS, Cell, Column, Kind, LIST_COLUMNS, Row, now};
use super::{Deals, ListQuery, PAGE_LENGTH};
use crate::model::{FIRST_ID, NewDeal, write_new_deal};

/// Answers each operation with one prepared body.
#[derive(Clone)]
pub(super) struct Fixed {
    record: Bytes,
    page: Bytes,
    stored: Bytes,
}

impl Fixed {
    pub(super) fn new() -> Result<Self> {
        let mut record = Answer::with_capacity(1024);
        push(&mut record, &COLUMNS, 0)?;
        let mut page = Answer::with_capacity(64 * 1024);
        for index in 0..PAGE_LENGTH {
            push(&mut page, &LIST_COLUMNS, index)?;
        }
        let mut stored = Answer::with_capacity(16 * 1024);
        for index in 0..100 {
            stored.push_stored(FIRST_ID + index, now(), "record added");
        }
        Ok(Self { record: record.finish(), page: page.finish(), stored: stored.finish() })
    }
}

impl Deals for Fixed {
    async fn get(&self, _id: i64) -> Result<Bytes> {
        Ok(self.record.clone())
    }

    async fn list(&self, _query: ListQuery) -> Result<Bytes> {
        Ok(self.page.clone())
    }

    async fn insert(&self, _body: Bytes) -> Result<Bytes> {
        Ok(self.stored.clone())
    }

    async fn update(&self, _body: Bytes) -> Result<Bytes> {
        Ok(self.stored.clone())
    }
}

fn push(answer: &mut Answer, columns: &[Column], index: i64) -> Result<()> {
    let mut source = Vec::new();
    write_new_deal(&mut source, index.unsigned_abs());
    let deal = serde_json::from_slice(&source).context("reading a generated record")?;
    answer.push(columns, &Generated { columns, id: FIRST_ID + index, deal })
}

/// A generated record that reads like a row.
struct Generated<'a> {
    columns: &'a [Column],
    id: i64,
    deal: NewDeal<'a>,
}

impl Row for Generated<'_> {
    fn cell(&self, position: usize, _kind: Kind) -> Result<Cell<'_>> {
        let deal = &self.deal;
        Ok(match self.columns[position].name {
            "id" => Cell::Id(self.id),
            "Deal_Name" => Cell::Text(deal.Deal_Name),
            "Amount" => Cell::Decimal(deal.Amount),
            "Stage" => Cell::Text(deal.Stage),
            "Closing_Date" => Cell::Text(deal.Closing_Date),
            "Account_Ref" => Cell::Id(deal.Account_Ref),
            "Contact_Ref" => Cell::Id(deal.Contact_Ref),
            "Owner" => Cell::Id(deal.owner()),
            "Probability" => Cell::Integer(deal.Probability.into()),
            "Expected_Revenue" => Cell::Decimal(deal.expected_revenue()),
            "Type" => Cell::Text(deal.Type),
            "Lead_Source" => Cell::Text(deal.Lead_Source),
            "Next_Step" => Cell::Text(deal.Next_Step),
            "Campaign_Ref" => Cell::Id(deal.Campaign_Ref),
            "Description" => Cell::Text(deal.Description),
            "Currency_Code" => Cell::Text(deal.Currency_Code),
            "Rate" => Cell::Decimal(deal.Rate),
            "Email_Address" => Cell::Text(deal.Email_Address),
            "Phone_Number" => Cell::Text(deal.Phone_Number),
            "Website_Address" => Cell::Text(deal.Website_Address),
            "Is_Won" => Cell::Flag(deal.Is_Won),
            "Score" => Cell::Integer(deal.Score.into()),
            "External_Key" => Cell::Text(deal.External_Key),
            "Region" => Cell::Text(deal.Region),
            "Created_Time" | "Modified_Time" => Cell::Time(now()),
            other => anyhow::bail!("the generator has no field {other}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_record_has_about_890_bytes() {
        let record = Fixed::new().expect("generated records can be read").record;
        assert!(
            (860..=930).contains(&record.len()),
            "{}: {}",
            record.len(),
            String::from_utf8_lossy(&record)
        );
    }
}
