//! Rules and what they do.

use super::not_yet;

not_yet! {
    "workflow_rules" Crm "settings/automation/workflow_rules" [list create update_many delete_many] Fixed("zohocrm.settings.workflow_rules") V8;
    "workflow_rules" Crm "settings/automation/workflow_rules/{id}" [get update_one delete_one] Fixed("zohocrm.settings.workflow_rules") V8;
    "workflow_rules_reorder" Crm "settings/automation/workflow_rules/actions/reorder" [update] Fixed("zohocrm.settings.workflow_rules") V8;
    "workflow_rules_actions_count" Crm "settings/automation/workflow_rules/actions/actions_count" [get] Fixed("zohocrm.settings.workflow_rules") V8;
    "workflow_rules_module_count" Crm "settings/automation/workflow_rules/actions/module_specific_count" [get] Fixed("zohocrm.settings.workflow_rules") V8;
    "workflow_rules_count" Crm "settings/automation/workflow_rules/actions/rules_count" [get] Fixed("zohocrm.settings.workflow_rules") V8;
    "workflow_rules_usage" Crm "settings/automation/workflow_rules/{id}/actions/usage" [get] Fixed("zohocrm.settings.workflow_rules") V8;
    "workflow_configurations" Crm "workflow_configurations" [get] Fixed("zohocrm.settings.workflow_rules") V8;
    "field_updates" Crm "settings/automation/field_updates" [list create update_many delete_many] Fixed("zohocrm.settings.automation_actions") V8;
    "field_updates" Crm "settings/automation/field_updates/{id}" [get update_one delete_one] Fixed("zohocrm.settings.automation_actions") V8;
    "automation_tasks" Crm "settings/automation/tasks" [list create update_many delete_many] Fixed("zohocrm.settings.automation_actions") V8;
    "automation_tasks" Crm "settings/automation/tasks/{id}" [get update_one delete_one] Fixed("zohocrm.settings.automation_actions") V8;
    "email_notifications" Crm "settings/automation/email_notifications" [list create update_many delete_many] Fixed("zohocrm.settings.automation_actions") V8;
    "email_notifications" Crm "settings/automation/email_notifications/{id}" [get update_one delete_one] Fixed("zohocrm.settings.automation_actions") V8;
    "webhooks" Crm "settings/automation/webhooks" [list create update_many delete_many] Fixed("zohocrm.settings.automation_actions") V8;
    "webhooks" Crm "settings/automation/webhooks/{id}" [get update_one delete_one] Fixed("zohocrm.settings.automation_actions") V8;
    "webhooks_usage" Crm "settings/automation/webhooks/actions/usage_reports" [get] Fixed("zohocrm.settings.automation_actions") V8;
    "webhooks_modules" Crm "settings/automation/webhooks/actions/associated_modules" [list] Fixed("zohocrm.settings.automation_actions") V8;
    "webhook_failures" Crm "settings/automation/webhook_failures" [list] Fixed("zohocrm.settings.automation_actions") V8;
    "scoring_rules" Crm "settings/automation/scoring_rules" [list create update_many delete_many] Fixed("zohocrm.settings.scoring_rules") V3;
    "scoring_rules" Crm "settings/automation/scoring_rules/{id}" [get update_one delete_one] Fixed("zohocrm.settings.scoring_rules") V3;
    "scoring_rules" Crm "settings/automation/scoring_rules/{id}/actions/activate" [activate deactivate] Fixed("zohocrm.settings.scoring_rules") V3;
    "scoring_rules_clone" Crm "settings/automation/scoring_rules/{id}/actions/clone" [run] Fixed("zohocrm.settings.scoring_rules") V3;
    "assignment_rules" Crm "settings/automation/assignment_rules" [list] Fixed("zohocrm.settings.assignment_rules") V2_1;
    "assignment_rules" Crm "settings/automation/assignment_rules/{id}" [get] Fixed("zohocrm.settings.assignment_rules") V2_1;
}
