//! `GET /{module}/{id}/actions/download_fields_attachment`: a file of a file or image upload field.

use dealwright_schema::Form;
use dealwright_store::{Row, Weight};
use dealwright_wire::{ApiError, Code, Id};

use crate::cx::Cx;
use crate::error::Error;
use crate::files::stored_file::StoredFile;
use crate::files::{download, held};
use crate::records::{get as record, page};
use crate::request::{Answer, Reply, Request};

/// The file of the row that `fields_attachment_id` names.
pub fn field_attachment<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        const PARAM: &str = "fields_attachment_id";
        let grant = page::grant_to_view(cx, request.segment(0))?;
        let record = record::parse_id(request.segment(1))?;
        let given = request.params.get(PARAM).ok_or_else(|| ApiError::missing_param(PARAM))?;
        let unknown =
            || ApiError::new(Code::InvalidData).message("the id given seems to be invalid").param(PARAM);
        let row: Id = given.parse().map_err(|_| unknown())?;
        let shown = |field: &&dealwright_schema::FieldDef| {
            field.data_type.get().form == Form::Files && grant.shows(field)
        };
        let columns: Vec<String> = grant
            .module
            .fields()
            .iter()
            .filter(shown)
            .filter_map(|field| field.column.as_deref())
            .map(|column| format!("t.\"{column}\""))
            .collect();
        let count = columns.len();
        let list = std::iter::once("t.id".to_owned()).chain(columns).collect::<Vec<_>>().join(", ");
        let (sql, args) = grant.one(&list, record);
        let found = cx
            .org
            .store
            .read(Weight::Point, move |conn| {
                Box::pin(async move {
                    let read = |found: &Row<'_>| {
                        for at in 1..=count {
                            let rows = found.text(at)?.map(held::rows).unwrap_or_default();
                            if let Some(held) = rows.iter().find(|held| held.id == row) {
                                return Ok(Some(held.file));
                            }
                        }
                        Ok(None)
                    };
                    let Some(file) = conn.first(&sql, &args, read).await? else {
                        return Ok(Found::NoRecord);
                    };
                    let Some(file) = file else { return Ok(Found::NoFile) };
                    Ok::<_, Error>(StoredFile::by_id(conn, file).await?.map_or(Found::NoFile, Found::File))
                })
            })
            .await?;
        match found {
            Found::File(file) => Ok(Reply::file(download(cx, file).await?)),
            Found::NoFile => Err(unknown().into()),
            Found::NoRecord => Err(ApiError::new(Code::InvalidData)
                .message("the id given seems to be invalid")
                .detail("resource_path_index", 1)
                .into()),
        }
    })
}

enum Found {
    NoRecord,
    NoFile,
    File(StoredFile),
}
