//! Stages and pipelines of deals: each pipeline has its stages.
//!
//! The pipelines stand in the module's metadata, under `pipelines`. Source: "Pipelines", and the error
//! `MAPPING_MISMATCH` of "Insert records".

use dealwright_schema::Cell;
use dealwright_wire::{ApiError, Code};
use serde_json::Value;

use crate::records::draft::Draft;
use crate::records::writing::Writing;

/// Refuses a stage that the deal's pipeline does not have. `old` gives stored values of fields that were not sent.
///
/// In lenient mode a stage that no pipeline has is kept, as one is that no picklist has.
pub(crate) fn check(
    writing: &Writing,
    draft: &Draft,
    old: Option<&[Option<Cell<'static>>]>,
) -> Result<(), ApiError> {
    let module = &*writing.module;
    let Some(pipelines) = module.described.get("pipelines").and_then(Value::as_array) else { return Ok(()) };
    let (Some(stage_at), Some(pipeline_at)) = (module.field_index("Stage"), module.field_index("Pipeline"))
    else {
        return Ok(());
    };
    if draft.cells[stage_at].is_none() && draft.cells[pipeline_at].is_none() {
        return Ok(());
    }
    let text = |at: usize| {
        let cell = draft.cells[at].as_ref().or_else(|| old.and_then(|old| old[at].as_ref()));
        cell.and_then(Cell::as_text)
    };
    let (Some(stage), Some(pipeline)) = (text(stage_at), text(pipeline_at)) else { return Ok(()) };
    // Whether there is such a pipeline was asked when its field was read.
    let Some(own) = pipelines.iter().find(|known| known["actual_value"] == pipeline) else { return Ok(()) };
    let has = |pipeline: &Value| {
        pipeline["stages"].as_array().is_some_and(|stages| stages.iter().any(|known| known == stage))
    };
    if has(own) || (writing.is_lenient && !pipelines.iter().any(has)) {
        return Ok(());
    }
    let stage = &module.fields()[stage_at];
    Err(ApiError::new(Code::MappingMismatch)
        .detail("mapped_field", "Pipeline")
        .field(&stage.api_name, draft.path_of(stage)))
}
