"""Creates a lead and lists leads with the official Python SDK. Reads what a development server writes with --env-file."""

import os

from zohocrmsdk.src.com.zoho.api.authenticator import OAuthToken
from zohocrmsdk.src.com.zoho.api.authenticator.store import FileStore
from zohocrmsdk.src.com.zoho.crm.api import HeaderMap, Initializer, ParameterMap
from zohocrmsdk.src.com.zoho.crm.api.dc import DataCenter

server = os.environ["CRM_BASE_URL"]
Initializer.initialize(
    environment=DataCenter.Environment(server, server + "/oauth/v2/token", server),
    token=OAuthToken(
        client_id=os.environ["CRM_CLIENT_ID"],
        client_secret=os.environ["CRM_CLIENT_SECRET"],
        refresh_token=os.environ["CRM_REFRESH_TOKEN"],
    ),
    store=FileStore("tokens.csv"),
)

from zohocrmsdk.src.com.zoho.crm.api.record import BodyWrapper, GetRecordsParam, Record, RecordOperations

leads = RecordOperations("Leads")

lead = Record()
lead.add_key_value("Last_Name", "Lovelace")
lead.add_key_value("Company", "Analytical Engines")
body = BodyWrapper()
body.set_data([lead])
created = leads.create_records(body, HeaderMap())
done = created.get_object().get_data()[0]
print(f"created {created.get_status_code()} {done.get_details()['id']}")

params = ParameterMap()
params.add(GetRecordsParam.fields, "Last_Name,Company")
listed = leads.get_records(params, HeaderMap())
names = [record.get_key_value("Last_Name") for record in listed.get_object().get_data()]
print(f"listed {listed.get_status_code()} {', '.join(names)}")
