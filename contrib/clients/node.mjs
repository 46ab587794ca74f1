// Creates a lead and lists leads with the official Node.js SDK. Reads what a development server writes with --env-file.
import * as ZOHOCRMSDK from "@zohocrm/nodejs-sdk-8.0";

const server = process.env.CRM_BASE_URL;
const token = new ZOHOCRMSDK.OAuthBuilder()
  .clientId(process.env.CRM_CLIENT_ID)
  .clientSecret(process.env.CRM_CLIENT_SECRET)
  .refreshToken(process.env.CRM_REFRESH_TOKEN)
  .build();
await (await new ZOHOCRMSDK.InitializeBuilder())
  .environment(ZOHOCRMSDK.DataCenter.setEnvironment(server, `${server}/oauth/v2/token`, server))
  .token(token)
  .store(new ZOHOCRMSDK.FileStore("tokens.txt"))
  .initialize();

const { BodyWrapper, GetRecordsParam, Record, RecordOperations } = ZOHOCRMSDK.Record;
const leads = new RecordOperations("Leads");

const lead = new Record();
lead.addKeyValue("Last_Name", "Lovelace");
lead.addKeyValue("Company", "Analytical Engines");
const body = new BodyWrapper();
body.setData([lead]);
const created = await leads.createRecords(body, new ZOHOCRMSDK.HeaderMap());
const [done] = created.getObject().getData();
console.log(`created ${created.getStatusCode()} ${done.getDetails().get("id")}`);

const params = new ZOHOCRMSDK.ParameterMap();
await params.add(GetRecordsParam.FIELDS, "Last_Name,Company");
const listed = await leads.getRecords(params, new ZOHOCRMSDK.HeaderMap());
const names = listed.getObject().getData().map((record) => record.getKeyValue("Last_Name"));
console.log(`listed ${listed.getStatusCode()} ${names.join(", ")}`);
