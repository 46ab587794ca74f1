<?php
// Creates a lead and lists leads with the official PHP SDK. Reads what a development server writes with --env-file.
require getenv("CRM_SDK_AUTOLOAD") ?: "vendor/autoload.php";

use com\zoho\api\authenticator\OAuthBuilder;
use com\zoho\api\authenticator\store\FileStore;
use com\zoho\crm\api\HeaderMap;
use com\zoho\crm\api\InitializeBuilder;
use com\zoho\crm\api\ParameterMap;
use com\zoho\crm\api\dc\DataCenter;
use com\zoho\crm\api\record\BodyWrapper;
use com\zoho\crm\api\record\GetRecordsParam;
use com\zoho\crm\api\record\Record;
use com\zoho\crm\api\record\RecordOperations;

$server = getenv("CRM_BASE_URL");
$token = (new OAuthBuilder())
    ->clientId(getenv("CRM_CLIENT_ID"))
    ->clientSecret(getenv("CRM_CLIENT_SECRET"))
    ->refreshToken(getenv("CRM_REFRESH_TOKEN"))
    ->build();
(new InitializeBuilder())
    ->environment(DataCenter::setEnvironment($server, "$server/oauth/v2/token", $server))
    ->token($token)
    ->store(new FileStore(__DIR__ . "/tokens.csv"))
    ->resourcePath(__DIR__)
    ->initialize();

$leads = new RecordOperations("Leads");

$lead = new Record();
$lead->addKeyValue("Last_Name", "Lovelace");
$lead->addKeyValue("Company", "Analytical Engines");
$body = new BodyWrapper();
$body->setData([$lead]);
$created = $leads->createRecords($body, new HeaderMap());
$done = $created->getObject()->getData()[0];
echo "created {$created->getStatusCode()} {$done->getDetails()["id"]}\n";

$params = new ParameterMap();
$params->add(GetRecordsParam::fields(), "Last_Name,Company");
$listed = $leads->getRecords($params, new HeaderMap());
$names = array_map(fn($record) => $record->getKeyValue("Last_Name"), $listed->getObject()->getData());
echo "listed {$listed->getStatusCode()} " . implode(", ", $names) . "\n";
