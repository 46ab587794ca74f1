//! Conversion, merging, blueprints.

use super::not_yet;

not_yet! {
    "convert" Crm "{module}/{id}/actions/convert" [run] Module() V2;
    "conversion_options" Crm "{module}/{id}/__conversion_options" [get] Module() V6;
    "mass_convert" Crm "{module}/actions/mass_convert" [run status] Branch("zohocrm.mass_convert") V4;
    "merge" Crm "{module}/{id}/actions/merge" [run status] Module() V6;
    "blueprint" Crm "{module}/{id}/actions/blueprint" [get update] Module() V2;
}
