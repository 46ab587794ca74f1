//! A page of what full text finds: group by group, the newest record first, as far as the page needs.

use std::sync::Arc;

use dealwright_store::full_text::{Appetite, Hit};

use crate::access::Grant;
use crate::cx::Cx;
use crate::error::Error;
use crate::explain;
use crate::records::filter::Filter;
use crate::records::list_query::{ListQuery, Ranked};
use crate::records::page::{Page, Rows};
use crate::records::reading::{Reading, Statement};
use crate::records::selection::Selection;

/// Records that are looked for at once when the first ones did not fill the page, because most of them do not pass.
const MOST: usize = 4_000;

pub(crate) async fn fetch(
    cx: &Cx,
    grant: &Grant,
    query: &ListQuery,
    mut filter: Filter,
    selection: Arc<Selection>,
    ranked: Ranked,
) -> Result<Page, Error> {
    let by = query.order.by.clone();
    let dialect = cx.org.store.dialect();
    let reading = Reading::new(dialect, grant, &selection, &by, true, &mut filter, cx.ceilings);
    let wanted = query.per_page as usize;
    let mut to_skip = query.offset() as usize;
    // Where every record that is found is shown, those before the page need not be read.
    let passes_all = reading.passes_all();
    let mut at_once = if passes_all { to_skip + wanted + 1 } else { wanted + 1 };
    if cx.explains() {
        let mut rows = reading.of_ids(&filter, Vec::new());
        let Statement { sql, args } = rows.with_room(wanted + 1);
        explain::note(cx, sql, args).await?;
    }
    let snapshot = Arc::clone(&cx.snapshot);
    let index = Arc::clone(&cx.org.full_text);
    let module = grant.module.id;
    let page = cx.org.store.read_state(move |conn| {
        Box::pin(async move {
            let mut rows = Rows::new(wanted);
            let mut finding = index.find(conn, &ranked.text, &ranked.tiers, Appetite::Page).await?;
            let mut hits: Vec<Hit> = Vec::new();
            loop {
                hits.clear();
                let goes_on = finding.next(conn, at_once, &mut hits).await?;
                let skipped = if passes_all { to_skip.min(hits.len()) } else { 0 };
                to_skip -= skipped;
                for group in hits[skipped..].chunk_by(|one, other| one.tier == other.tier) {
                    let left = (wanted + 1).saturating_sub(rows.len());
                    if left == 0 {
                        break;
                    }
                    let mut found = reading.of_ids(&filter, group.iter().map(|hit| hit.id).collect());
                    let Statement { sql, args } = found.with_room(to_skip + left);
                    conn.each(sql, args, &mut |row| {
                        if to_skip > 0 {
                            to_skip -= 1;
                            return Ok(());
                        }
                        rows.start(by.spot(row, selection.width)?);
                        selection.write(row, &snapshot, &mut rows.text)
                    })
                    .await?;
                }
                if rows.len() > wanted || !goes_on {
                    break;
                }
                at_once = (at_once * 4).clamp(wanted, MOST);
            }
            Ok(rows.into_page(module, wanted, None, false))
        })
    });
    page.await
}
