//! Settings that an org has before anybody makes one. An org of an earlier release gets those of a kind that it has never
//! had; what people took away stays away.

use dealwright_wire::Id;
use serde_json::json;

use super::{By, Org, meta};
use crate::documents::{Document as _, Keys, Setting};
use crate::error::Error;

/// What an org has of a kind of settings.
pub(crate) struct Stock {
    pub(crate) kind: &'static str,
    pub(crate) documents: fn() -> Vec<Keys>,
}

/// All of them, as the page names them.
pub(crate) struct Stocks(pub(crate) &'static [&'static Stock]);

/// Key in `_meta`: the kinds that the org was given.
const GIVEN: &str = "stock";

impl Org {
    /// Gives the org what it lacks. Reads one row where that is nothing.
    pub(super) async fn give_stock(&self) -> Result<(), Error> {
        let Some(Stocks(all)) = self.areas.plug() else { return Ok(()) };
        let given = meta(&self.store, GIVEN).await?.unwrap_or_default();
        let is_given = |stock: &&&Stock| given.split(' ').any(|kind| kind == stock.kind);
        let lacking: Vec<&Stock> = all.iter().filter(|stock| !is_given(stock)).copied().collect();
        if lacking.is_empty() {
            return Ok(());
        }
        let mint = self.mint.clone();
        self.change(By::Server, |change| {
            for stock in &lacking {
                for mut keys in (stock.documents)() {
                    let id: Id = mint.next();
                    keys.insert("id".to_owned(), json!(id));
                    keys.insert("kind".to_owned(), json!(stock.kind));
                    change.put(Setting::of(keys)?)?;
                }
            }
            let kinds: Vec<&str> = all.iter().map(|stock| stock.kind).collect();
            change.exec("DELETE FROM {_meta} WHERE key = ?1", vec![GIVEN.into()]);
            let args = vec![GIVEN.into(), kinds.join(" ").into()];
            change.exec("INSERT INTO {_meta} (key, value) VALUES (?1, ?2)", args);
            Ok(())
        })
        .await
    }
}
